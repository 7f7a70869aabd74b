/* Replays files through a fuzz target, for compilers without libFuzzer: PROGRAM FILE-OR-FOLDER... */
#define _POSIX_C_SOURCE 200809L /* scandir */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned replayed;

static bool replay_file(const char *path) {
  FILE *file = fopen(path, "rb");
  long bytes = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  uint8_t *data = bytes >= 0 && fseek(file, 0, SEEK_SET) == 0 ? malloc((size_t)bytes + 1) : NULL;
  bool done = data && fread(data, 1, (size_t)bytes, file) == (size_t)bytes;
  if (done) {
    printf("%s\n", path);
    fflush(stdout); /* the last line printed is the file that it ends at */
    LLVMFuzzerTestOneInput(data, (size_t)bytes);
    replayed++;
  } else {
    fprintf(stderr, "%s cannot be read\n", path);
  }
  free(data);
  if (file)
    fclose(file);
  return done;
}

static bool replay(const char *path) {
  struct stat status;
  if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
    return replay_file(path);
  struct dirent **entries;
  int count = scandir(path, &entries, NULL, alphasort);
  bool done = count >= 0;
  for (int i = 0; i < count; i++) {
    char name[4096];
    snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
    if (entries[i]->d_name[0] != '.')
      done = replay(name) && done;
    free(entries[i]);
  }
  if (count >= 0)
    free(entries);
  return done;
}

int main(int argc, char **argv) {
  bool done = true;
  for (int i = 1; i < argc; i++)
    done = replay(argv[i]) && done;
  printf("%u inputs replayed\n", replayed);
  return done && replayed ? 0 : 1;
}
