#include "sink.h"

#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *sink_join(const char *folder, const char *name, const char *suffix) {
  size_t bytes = strlen(folder) + strlen(name) + strlen(suffix) + 2;
  char *path = malloc(bytes);
  if (path)
    snprintf(path, bytes, "%s/%s%s", folder, name, suffix);
  else
    message_print("no memory for a path of %zu bytes", bytes);
  return path;
}

bool sink_may_write(const struct sink_info *info, const char *path) {
  if (!sources_have(info->inputs, path))
    return true;
  message_print("--output %s: is one of the inputs", path);
  return false;
}

char *sink_shard_path(const char *stem, size_t stem_bytes, const struct shard *shard, const char *ending) {
  size_t bytes = stem_bytes + strlen(ending) + 32;
  char *path = malloc(bytes);
  if (path && shard && shard->count > 1)
    snprintf(path, bytes, "%.*s-%05u-of-%05u%s", (int)stem_bytes, stem, shard->index + 1, shard->count, ending);
  else if (path)
    snprintf(path, bytes, "%.*s%s", (int)stem_bytes, stem, ending);
  else
    message_print("no memory for a path of %zu bytes", bytes);
  return path;
}
