#define _POSIX_C_SOURCE 200809L /* readlink() */
#include "share.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#ifdef __linux__
#include <unistd.h>

/* The folder above that of the program, without a slash at its end. */
static bool find_prefix(char prefix[SHARE_PATH_BYTES]) {
  const ssize_t length = readlink("/proc/self/exe", prefix, SHARE_PATH_BYTES - 1);
  if (length <= 0)
    return false;
  prefix[length] = 0;
  for (int i = 0; i < 2; i++) {
    char *slash = strrchr(prefix, '/');
    if (!slash)
      return false;
    *slash = 0;
  }
  return true;
}
#else
static bool find_prefix(char prefix[SHARE_PATH_BYTES]) {
  prefix[0] = 0;
  return false;
}
#endif

static bool can_read(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file)
    fclose(file);
  return file != NULL;
}

const char *share_find(const char *built, char installed[SHARE_PATH_BYTES]) {
  char prefix[SHARE_PATH_BYTES];
  if (can_read(built) || !find_prefix(prefix))
    return built;
  const char *slash = strrchr(built, '/');
  const int length = snprintf(installed, SHARE_PATH_BYTES, "%s/share/s2vk/%s", prefix, slash ? slash + 1 : built);
  return length < SHARE_PATH_BYTES && can_read(installed) ? installed : built;
}
