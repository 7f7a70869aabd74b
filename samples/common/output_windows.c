#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static bool fail(char *reason, const char *why) {
  snprintf(reason, OUTPUT_REASON_BYTES, "%s", why);
  return false;
}

static void clear(struct output *output) {
  free(output->path);
  free(output->partial);
  *output = (struct output){0};
}

bool output_open(struct output *output, const char *path, bool keep, char reason[OUTPUT_REASON_BYTES]) {
  DWORD attributes = GetFileAttributesA(path);
  *output = (struct output){.path = malloc(strlen(path) + 1), .partial = malloc(strlen(path) + 6), .keep = keep};
  if (output->path && output->partial) {
    strcpy(output->path, path);
    strcat(strcpy(output->partial, path), ".part");
    if (attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY)
      fail(reason, "is a folder");
    else if ((output->file = fopen(output->partial, keep ? "r+b" : "wb")) ||
             (output->file = fopen(output->partial, "w+b")))
      return true;
    else
      fail(reason, strerror(errno));
  } else {
    fail(reason, "no memory for its name");
  }
  clear(output);
  return false;
}

bool output_close(struct output *output, char reason[OUTPUT_REASON_BYTES]) {
  bool done = fflush(output->file) == 0 && !ferror(output->file);
  if (fclose(output->file) != 0 || !done)
    done = fail(reason, strerror(errno));
  if (done && !MoveFileExA(output->partial, output->path, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) {
    snprintf(reason, OUTPUT_REASON_BYTES, "Windows error %lu", GetLastError());
    done = false;
  }
  if (!done && !output->keep)
    remove(output->partial);
  clear(output);
  return done;
}

void output_abandon(struct output *output) {
  if (output->file)
    fclose(output->file);
  if (output->partial && !output->keep)
    remove(output->partial);
  clear(output);
}

bool output_write(const char *path, const void *data, size_t bytes, char reason[OUTPUT_REASON_BYTES]) {
  struct output output;
  if (!output_open(&output, path, false, reason))
    return false;
  if (!bytes || fwrite(data, bytes, 1, output.file) == 1)
    return output_close(&output, reason);
  fail(reason, strerror(errno));
  output_abandon(&output);
  return false;
}

int output_finish(const char *program, int status) {
  if (fflush(stdout) == 0 && !ferror(stdout))
    return status;
  fprintf(stderr, "%s: standard output: %s\n", program, strerror(errno));
  return status ? status : 1;
}
