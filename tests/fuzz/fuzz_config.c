/* samples/vit's readers of the JSON files of a model's folder. The first byte says which file it is: config.json, of
 * transformers or, beside the tensors below, of timm; open_clip_config.json; preprocessor_config.json. */
#include "adapt.h"
#include "fuzz.h"

#include <string.h>

/* Tensors of a tiny model as timm and as open_clip name them, without data, sorted. */
#define TENSOR(text, ...)                                                                                              \
  {                                                                                                                    \
    .name = (text), .rank = sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t), .dims = { __VA_ARGS__ }              \
  }
static struct safetensors_tensor timm[] = {TENSOR("blocks.0.attn.proj.weight", 32, 32),
    TENSOR("blocks.0.attn.qkv.weight", 96, 32), TENSOR("blocks.0.mlp.fc1.weight", 96, 32),
    TENSOR("blocks.0.mlp.fc2.weight", 32, 48), TENSOR("blocks.0.norm1.weight", 32), TENSOR("cls_token", 1, 1, 32),
    TENSOR("norm.weight", 32), TENSOR("patch_embed.proj.weight", 32, 3, 4, 4), TENSOR("pos_embed", 1, 17, 32),
    TENSOR("reg_token", 1, 2, 32), TENSOR("stages.0.blocks.0.gamma", 16), TENSOR("stages.0.blocks.0.norm.weight", 16),
    TENSOR("stages.1.blocks.0.norm.weight", 32), TENSOR("stem.0.weight", 16, 3, 4, 4)};
static struct safetensors_tensor clip[] = {TENSOR("visual.class_embedding", 32),
    TENSOR("visual.conv1.weight", 32, 3, 4, 4), TENSOR("visual.positional_embedding", 17, 32),
    TENSOR("visual.transformer.resblocks.0.attn.in_proj_weight", 96, 32),
    TENSOR("visual.transformer.resblocks.0.ln_1.weight", 32),
    TENSOR("visual.transformer.resblocks.0.mlp.c_fc.weight", 48, 32),
    TENSOR("visual.transformer.resblocks.0.mlp.c_proj.weight", 32, 48)};

static void check_preprocess(const struct vit_preprocess *p) {
  FUZZ_REQUIRE(!p->resize || (p->height > 0 && p->width > 0 && p->height <= VIT_MAX_IMAGE_SIDE));
  FUZZ_REQUIRE(!p->crop || (p->crop_height > 0 && p->crop_width > 0 && p->crop_height <= VIT_MAX_IMAGE_SIDE));
  FUZZ_REQUIRE(!p->floats || !p->resize || p->resample == VIT_BILINEAR || p->resample == VIT_BICUBIC);
}

static void check_config(const struct vit_config *config) {
  FUZZ_REQUIRE(config->family && config->layers > 0 && config->layers <= VIT_MAX_LAYERS);
  FUZZ_REQUIRE(config->patch_size > 0 && config->image_size >= config->patch_size);
  if (vit_is_convnet(config)) {
    FUZZ_REQUIRE(config->layers <= VIT_MAX_STAGES);
    for (uint32_t i = 0; i < config->layers; i++)
      FUZZ_REQUIRE(config->stage_channels[i] % 16 == 0 && config->stage_channels[i] && config->stage_blocks[i]);
    FUZZ_REQUIRE(config->image_size / config->patch_size >> (config->layers - 1) > 0);
    return;
  }
  FUZZ_REQUIRE(config->heads > 0 && config->hidden % config->heads == 0);
  FUZZ_REQUIRE(config->hidden % 16 == 0 && config->intermediate % 16 == 0);
  FUZZ_REQUIRE(!config->family->rope || (config->hidden / config->heads % 8 == 0 && config->rope_theta > 0));
  FUZZ_REQUIRE(config->prefix >= config->position_tokens);
}

/* What is read of the object, whole; false for the reason in error. */
static bool read(char kind, const char *path, const cJSON *json, struct vit_error *error) {
  static struct vit_folder folder;
  const bool is_clip = kind == 'o', is_timm = kind == 't' && vit_is_timm(json);
  memset(&folder, 0, sizeof folder);
  folder.weights.tensors = is_clip ? clip : timm;
  folder.weights.count = is_clip ? sizeof clip / sizeof *clip : sizeof timm / sizeof *timm;
  if (kind == 'p') {
    bool done = vit_preprocess_parse(path, json, "CLIPImageProcessor", &folder.preprocess, error);
    if (done)
      check_preprocess(&folder.preprocess);
    return done;
  }
  if (!(is_clip     ? vit_adapt_open_clip(path, json, &folder, error)
          : is_timm ? vit_adapt_timm(path, json, &folder, error)
                    : vit_config_parse(path, json, &folder.config, error)))
    return false;
  check_config(&folder.config);
  if (is_clip || is_timm)
    check_preprocess(&folder.preprocess);
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct vit_error error = {{0}};
  if (size == 0)
    return 0;
  const char *path = fuzz_file(data + 1, size - 1);
  cJSON *json = vit_file_json(path, &error);
  FUZZ_REQUIRE((json && read((char)data[0], path, json, &error)) || error.text[0]);
  cJSON_Delete(json);
  return 0;
}
