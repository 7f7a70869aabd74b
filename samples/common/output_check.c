/* Checks of outputs: output_check.h. */
#define _POSIX_C_SOURCE 200809L

#include "output_check.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define MAX_PATH 4096

/* ---- An input ---- */

static bool is_in(const struct stat *file, const char *folder) {
  DIR *entries = opendir(folder);
  bool found = false;
  for (const struct dirent *entry; entries && !found && (entry = readdir(entries));) {
    char path[MAX_PATH];
    struct stat other;
    found = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < MAX_PATH && stat(path, &other) == 0 &&
            other.st_dev == file->st_dev && other.st_ino == file->st_ino;
  }
  if (entries)
    closedir(entries);
  return found;
}

bool output_is_input(const char *path, const char *input) {
  struct stat file, other;
  if (stat(path, &file) != 0 || !S_ISREG(file.st_mode) || stat(input, &other) != 0)
    return false;
  return S_ISDIR(other.st_mode) ? is_in(&file, input) : file.st_dev == other.st_dev && file.st_ino == other.st_ino;
}

/* ---- Named for something else ---- */

const char *output_foreign_ending(const char *path, const char *own) {
  static const char *const known[] = {".npy", ".npz", ".safetensors", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp",
      ".tif", ".tiff", ".avif", ".heic", ".ppm", ".pt", ".pth", ".h5", ".hdf5", ".parquet", ".json", ".jsonl", ".csv",
      ".txt", ".zip", ".tar"};
  const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash + 1 : path, '.');
  for (size_t i = 0; dot && i < sizeof known / sizeof *known; i++)
    if (strcasecmp(dot, known[i]) == 0) {
      const char *at = strstr(own, known[i]);
      const bool is_own = at && (!at[strlen(known[i])] || at[strlen(known[i])] == ' ');
      return is_own ? NULL : known[i];
    }
  return NULL;
}
