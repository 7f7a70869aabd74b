#include "config.h"

#include <math.h>
#include <string.h>

#define MAX_CHANNELS 65536
#define MAX_SIDE 16384

/* ---- Families ---- */

#define TOWER_ENCODER                                                                                                  \
  .layer = "encoder.layers.", .norm1 = "layer_norm1", .query = "self_attn.q_proj", .key = "self_attn.k_proj",          \
  .value = "self_attn.v_proj", .output = "self_attn.out_proj", .norm2 = "layer_norm2", .fc1 = "mlp.fc1",               \
  .fc2 = "mlp.fc2"

#define VIT_EMBEDDINGS                                                                                                 \
  .class_token = "embeddings.cls_token", .positions = "embeddings.position_embeddings",                                \
  .patches = "embeddings.patch_embeddings.projection", .patch_bias = true, .post_norm = "layernorm",                   \
  .ignored = {"embeddings.mask_token", "pooler.", "classifier.", "cls_classifier.", "distillation_classifier.",        \
      "decoder."},                                                                                                     \
  .normed = true, .activation = VIT_GELU

#define VIT_ATTENTION                                                                                                  \
  .layer = "encoder.layer.", .query = "attention.attention.query", .key = "attention.attention.key",                   \
  .value = "attention.attention.value", .output = "attention.output.dense"

#define VIT_ENCODER                                                                                                    \
  VIT_ATTENTION, .norm1 = "layernorm_before", .norm2 = "layernorm_after", .fc1 = "intermediate.dense",                 \
                 .fc2 = "output.dense"

#define DINO_ENCODER                                                                                                   \
  VIT_ATTENTION, .norm1 = "norm1", .scale1 = "layer_scale1.lambda1", .norm2 = "norm2", .fc1 = "mlp.fc1",               \
                 .fc2 = "mlp.fc2", .scale2 = "layer_scale2.lambda1"

static const struct vit_family families[] = {
    {
        .name = "CLIP",
        .model_types = {"clip", "clip_vision_model"},
        .processor = "CLIPImageProcessor",
        .vision_config = "vision_config",
        .roots = {"vision_model.", ""},
        .ignored = {"embeddings.position_ids"},
        .class_token = "embeddings.class_embedding",
        .positions = "embeddings.position_embedding.weight",
        .patches = "embeddings.patch_embedding",
        .pre_norm = "pre_layrnorm",
        .post_norm = "post_layernorm",
        TOWER_ENCODER,
        .patch_size = 32,
        .activation = VIT_QUICK_GELU,
        .epsilon = 1e-5,
    },
    {
        .name = "SigLIP",
        .model_types = {"siglip", "siglip_vision_model"},
        .processor = "SiglipImageProcessor",
        .vision_config = "vision_config",
        .roots = {"vision_model.", ""},
        .ignored = {"embeddings.position_ids", "head."},
        .positions = "embeddings.position_embedding.weight",
        .patches = "embeddings.patch_embedding",
        .patch_bias = true,
        .post_norm = "post_layernorm",
        TOWER_ENCODER,
        .normed = true,
        .patch_size = 16,
        .activation = VIT_GELU_TANH,
        .epsilon = 1e-6,
    },
    {
        .name = "DINOv2",
        .model_types = {"dinov2"},
        .processor = "BitImageProcessor",
        .roots = {"", "dinov2."},
        VIT_EMBEDDINGS,
        DINO_ENCODER,
        .patch_size = 14,
        .epsilon = 1e-6,
    },
    {
        .name = "DINOv2 with registers",
        .model_types = {"dinov2_with_registers"},
        .processor = "BitImageProcessor",
        .roots = {"", "dinov2_with_registers."},
        VIT_EMBEDDINGS,
        DINO_ENCODER,
        .registers = "embeddings.register_tokens",
        .antialias = true,
        .patch_size = 16,
        .register_count = 4,
        .epsilon = 1e-6,
    },
    {
        .name = "ViT",
        .model_types = {"vit"},
        .processor = "ViTImageProcessor",
        .roots = {"", "vit."},
        VIT_EMBEDDINGS,
        VIT_ENCODER,
        .patch_size = 16,
        .epsilon = 1e-12,
    },
    {
        .name = "DeiT",
        .model_types = {"deit"},
        .processor = "DeiTImageProcessor",
        .roots = {"", "deit."},
        VIT_EMBEDDINGS,
        VIT_ENCODER,
        .distillation_token = "embeddings.distillation_token",
        .patch_size = 16,
        .epsilon = 1e-12,
    },
};

/* ---- config.json ---- */

static const struct vit_family *find_family(const char *model_type) {
  for (size_t i = 0; i < sizeof families / sizeof *families; i++)
    for (size_t j = 0; j < 2 && families[i].model_types[j]; j++)
      if (strcmp(families[i].model_types[j], model_type) == 0)
        return &families[i];
  return NULL;
}

static bool read_activation(
    const char *path, const cJSON *object, enum vit_activation *activation, struct vit_error *error) {
  static const struct {
    const char *name;
    enum vit_activation activation;
  } names[] = {{"gelu", VIT_GELU}, {"quick_gelu", VIT_QUICK_GELU}, {"gelu_pytorch_tanh", VIT_GELU_TANH},
      {"gelu_new", VIT_GELU_TANH}};
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "hidden_act");
  if (!item)
    return true;
  for (size_t i = 0; cJSON_IsString(item) && i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i].name, item->valuestring) == 0) {
      *activation = names[i].activation;
      return true;
    }
  return vit_fail(error, "%s: hidden_act %s is none of gelu, quick_gelu, gelu_pytorch_tanh and gelu_new", path,
      cJSON_IsString(item) ? item->valuestring : "of another type");
}

/* Dinov2 says how many times as wide as the tokens its MLP is, and may have another kind of MLP. */
static bool read_intermediate(
    const char *path, const cJSON *object, struct vit_config *config, struct vit_error *error) {
  bool swiglu = false;
  double ratio = 4;
  if (!config->family->scale1)
    return vit_json_count(path, object, "intermediate_size", 1, MAX_CHANNELS, &config->intermediate, error);
  if (!vit_json_bool(path, object, "use_swiglu_ffn", &swiglu, error) ||
      !vit_json_number(path, object, "mlp_ratio", &ratio, error))
    return false;
  if (swiglu)
    return vit_fail(error, "%s: use_swiglu_ffn is true: that MLP is not supported", path);
  if (!(ratio > 0 && ratio * config->hidden <= MAX_CHANNELS))
    return vit_fail(error, "%s: mlp_ratio %g gives no MLP of 1 to %d channels", path, ratio, MAX_CHANNELS);
  config->intermediate = (uint32_t)(config->hidden * ratio);
  return true;
}

/* A side in pixels, or two that are equal. */
static bool read_side(
    const char *path, const cJSON *object, const char *field, uint32_t *side, struct vit_error *error) {
  const cJSON *item = vit_json_field(object, field), *first = cJSON_GetArrayItem(item, 0);
  if (!cJSON_IsArray(item))
    return vit_json_count(path, object, field, 1, MAX_SIDE, side, error);
  const double number = cJSON_IsNumber(first) ? first->valuedouble : 0;
  if (cJSON_GetArraySize(item) != 2 || !cJSON_Compare(first, cJSON_GetArrayItem(item, 1), true) || number < 1 ||
      number > MAX_SIDE || floor(number) != number)
    return vit_fail(error, "%s: %s is a list, and not of one whole number from 1 to %d twice", path, field, MAX_SIDE);
  *side = (uint32_t)number;
  return true;
}

/* What the shaders count on. */
static bool check_shape(const char *path, const struct vit_config *config, struct vit_error *error) {
  if (config->hidden % 16 || config->intermediate % 16)
    return vit_fail(error, "%s: hidden_size %u and intermediate size %u must be multiples of 16", path, config->hidden,
        config->intermediate);
  if (config->hidden % config->heads || config->hidden / config->heads % 4 || config->hidden / config->heads > 128)
    return vit_fail(error, "%s: num_attention_heads %u must divide hidden_size %u into multiples of 4 up to 128", path,
        config->heads, config->hidden);
  if (config->image_size < config->patch_size)
    return vit_fail(
        error, "%s: image_size %u is less than patch_size %u", path, config->image_size, config->patch_size);
  return true;
}

static bool read_config(const char *path, const cJSON *object, struct vit_config *config, struct vit_error *error) {
  const struct vit_family *family = config->family;
  *config = (struct vit_config){
      .family = family,
      .hidden = 768,
      .intermediate = 3072,
      .layers = 12,
      .heads = 12,
      .image_size = 224,
      .patch_size = family->patch_size,
      .position_tokens = (family->class_token ? 1u : 0u) + (family->distillation_token ? 1u : 0u),
      .register_count = family->register_count,
      .activation = family->activation,
      .qkv_bias = true,
  };
  uint32_t channels = 3;
  double epsilon = family->epsilon;
  if (!vit_json_count(path, object, "hidden_size", 1, MAX_CHANNELS, &config->hidden, error) ||
      !vit_json_count(path, object, "num_hidden_layers", 1, VIT_MAX_LAYERS, &config->layers, error) ||
      !vit_json_count(path, object, "num_attention_heads", 1, MAX_CHANNELS, &config->heads, error) ||
      !read_side(path, object, "image_size", &config->image_size, error) ||
      !read_side(path, object, "patch_size", &config->patch_size, error) ||
      !vit_json_count(path, object, "num_channels", 3, 3, &channels, error) ||
      !vit_json_number(path, object, "layer_norm_eps", &epsilon, error) ||
      !vit_json_bool(path, object, "qkv_bias", &config->qkv_bias, error) ||
      !read_activation(path, object, &config->activation, error) || !read_intermediate(path, object, config, error))
    return false;
  if (family->registers &&
      !vit_json_count(path, object, "num_register_tokens", 0, 1024, &config->register_count, error))
    return false;
  config->prefix = config->position_tokens + config->register_count;
  config->epsilon = (float)epsilon;
  return check_shape(path, config, error);
}

bool vit_config_parse(const char *path, const cJSON *json, struct vit_config *config, struct vit_error *error) {
  const cJSON *model_type = vit_json_field(json, "model_type");
  const char *name = cJSON_IsString(model_type) ? model_type->valuestring : "(none)";
  *config = (struct vit_config){.family = find_family(name)};
  if (!config->family)
    return vit_fail(error,
        "%s: model_type %s is none of clip, clip_vision_model, siglip, siglip_vision_model, dinov2, "
        "dinov2_with_registers, vit and deit",
        path, name);
  const cJSON *object = json;
  if (config->family->vision_config && strcmp(name, config->family->model_types[0]) == 0) {
    object = vit_json_field(json, config->family->vision_config); /* not there: all as by default */
    if (object && !cJSON_IsObject(object))
      return vit_fail(error, "%s: %s is not an object", path, config->family->vision_config);
  }
  return read_config(path, object, config, error);
}

bool vit_config_read(const char *path, struct vit_config *config, struct vit_error *error) {
  cJSON *json = vit_file_json(path, error);
  bool done = json && vit_config_parse(path, json, config, error);
  cJSON_Delete(json);
  return done;
}
