#include "partial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *partial_name(const char *path) {
  size_t bytes = strlen(path) + sizeof ".part";
  char *partial = malloc(bytes);
  if (partial)
    snprintf(partial, bytes, "%s.part", path);
  return partial;
}

bool partial_complete(const char *partial, const char *path) {
  return rename(partial, path) == 0;
}
