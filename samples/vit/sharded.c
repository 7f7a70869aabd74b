/* Weights in several files: model.safetensors.index.json maps each tensor to the file that it is in. */
#include "safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATH_BYTES 4096

/* Returns a file beside the index, and opens it the first time. */
static struct safetensors *open_part(
    const char *index, const char *name, const char **names, struct safetensors *all, struct vit_error *error) {
  for (size_t i = 0; i < all->part_count; i++)
    if (strcmp(names[i], name) == 0)
      return &all->parts[i];
  char path[MAX_PATH_BYTES];
  const char *slash = strrchr(index, '/');
  int folder = slash ? (int)(slash - index) + 1 : 0;
  if (!*name || strpbrk(name, "/\\") ||
      snprintf(path, sizeof path, "%.*s%s", folder, index, name) >= (int)sizeof path) {
    vit_fail(error, "%s: %.60s is not the name of a file beside it", index, name);
    return NULL;
  }
  if (!safetensors_open(path, &all->parts[all->part_count], error))
    return NULL;
  names[all->part_count] = name;
  return &all->parts[all->part_count++];
}

static bool open_parts(const char *index, const cJSON *map, struct safetensors *all, struct vit_error *error) {
  size_t entries = (size_t)cJSON_GetArraySize(map);
  const char **names = calloc(entries + 1, sizeof *names);
  all->parts = calloc(entries + 1, sizeof *all->parts);
  bool done = names && all->parts;
  if (!done)
    vit_fail(error, "%s: no memory for its %zu tensors", index, entries);
  for (const cJSON *entry = map->child; done && entry; entry = entry->next) {
    if (!cJSON_IsString(entry)) {
      done = vit_fail(error, "%s: the file of tensor %s is not a name", index, entry->string);
      break;
    }
    const struct safetensors *part = open_part(index, entry->valuestring, names, all, error);
    done = part;
    if (part && !safetensors_find(part, entry->string))
      done =
          vit_fail(error, "%s: tensor %s is not in %s, where it should be", index, entry->string, entry->valuestring);
  }
  free(names);
  return done;
}

/* Collects the tensors of all files, and compares them with the map. */
static bool gather(const char *index, const cJSON *map, struct safetensors *all, struct vit_error *error) {
  size_t count = 0;
  for (size_t i = 0; i < all->part_count; i++)
    count += all->parts[i].count;
  all->tensors = calloc(count + 1, sizeof *all->tensors);
  if (!all->tensors)
    return vit_fail(error, "%s: no memory for its %zu tensors", index, count);
  for (size_t i = 0; i < all->part_count; i++) {
    const struct safetensors *part = &all->parts[i];
    for (size_t j = 0; j < part->count; j++)
      if (!cJSON_GetObjectItemCaseSensitive(map, part->tensors[j].name))
        return vit_fail(
            error, "%s: does not have tensor %s, which is in one of its files", index, part->tensors[j].name);
    if (part->count)
      memcpy(all->tensors + all->count, part->tensors, part->count * sizeof *part->tensors);
    all->count += part->count;
  }
  return safetensors_sort(index, all, error);
}

bool safetensors_open_index(const char *path, struct safetensors *all, struct vit_error *error) {
  *all = (struct safetensors){0};
  all->header = vit_file_json(path, error);
  if (!all->header)
    return false;
  const cJSON *map = cJSON_GetObjectItemCaseSensitive(all->header, "weight_map");
  if (!cJSON_IsObject(map))
    vit_fail(error, "%s: has no weight_map", path);
  else if (open_parts(path, map, all, error) && gather(path, map, all, error))
    return true;
  safetensors_close(all);
  return false;
}
