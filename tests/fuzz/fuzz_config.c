/* samples/vit/config.c and preprocess.c: the JSON files of a model's folder. The first byte says which it is. */
#include "config.h"
#include "fuzz.h"
#include "preprocess.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct vit_error error = {{0}};
  if (size == 0)
    return 0;
  const char *path = fuzz_file(data + 1, size - 1);
  if (data[0] == 'p') {
    struct vit_preprocess preprocess;
    cJSON *json = vit_file_json(path, &error);
    FUZZ_REQUIRE(
        (json && vit_preprocess_parse(path, json, "CLIPImageProcessor", &preprocess, &error)) || error.text[0]);
    cJSON_Delete(json);
    return 0;
  }
  struct vit_config config;
  if (!vit_config_read(path, &config, &error)) {
    FUZZ_REQUIRE(error.text[0]);
    return 0;
  }
  FUZZ_REQUIRE(config.family && config.layers > 0 && config.layers <= VIT_MAX_LAYERS);
  FUZZ_REQUIRE(config.heads > 0 && config.hidden % config.heads == 0);
  FUZZ_REQUIRE(config.patch_size > 0 && config.image_size >= config.patch_size);
  return 0;
}
