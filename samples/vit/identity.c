#include "identity.h"

#include "folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

/* Adds a file of the folder to the hash. A missing file counts as missing. */
static bool add_file(XXH3_state_t *state, const char *folder, const char *name, struct vit_error *error) {
  char path[VIT_MAX_PATH_BYTES];
  unsigned char data[4096];
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
    return vit_fail(error, "%.60s...: its name is too long", folder);
  FILE *file = fopen(path, "rb");
  uint64_t total = file ? 0 : UINT64_MAX;
  for (size_t bytes; file && (bytes = fread(data, 1, sizeof data, file)) > 0; total += bytes)
    XXH3_128bits_update(state, data, bytes);
  bool failed = file && ferror(file);
  if (file)
    fclose(file);
  XXH3_128bits_update(state, &total, sizeof total);
  return !failed || vit_fail(error, "%s: cannot be read", path);
}

static void add_weights(XXH3_state_t *state, const struct safetensors *weights) {
  if (weights->file.data)
    XXH3_128bits_update(state, weights->file.data, (size_t)weights->file.bytes);
  for (size_t i = 0; i < weights->part_count; i++)
    add_weights(state, &weights->parts[i]);
}

bool vit_folder_identify(
    const char *path, const struct vit_folder *folder, char identity[VIT_IDENTITY_BYTES], struct vit_error *error) {
  static const char *const names[] = {
      "config.json", "open_clip_config.json", "preprocessor_config.json", "processor_config.json"};
  XXH3_state_t *state = XXH3_createState();
  if (!state)
    return vit_fail(error, "%s: no memory", path);
  XXH3_128bits_reset(state);
  bool done = true;
  for (size_t i = 0; done && i < sizeof names / sizeof *names; i++)
    done = add_file(state, path, names[i], error);
  add_weights(state, &folder->weights);
  done = done && safetensors_are_whole(&folder->weights, error);
  XXH128_hash_t hash = XXH3_128bits_digest(state);
  XXH3_freeState(state);
  snprintf(identity, VIT_IDENTITY_BYTES, "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
  return done;
}
