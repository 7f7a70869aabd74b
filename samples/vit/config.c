#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_CHANNELS 65536
#define MAX_SIDE 16384

const char *const *vit_config_parts(const struct vit_config *config, enum vit_product product) {
  const struct vit_family *family = config->family;
  if (config->gated && product == VIT_FC1)
    return family->gated_fc1;
  return config->gated && product == VIT_FC2 ? family->gated_fc2 : family->parts[product];
}

uint32_t vit_config_columns(const struct vit_config *config, enum vit_product product) {
  if (product == VIT_FC1)
    return config->intermediate * (config->gated ? 2 : 1);
  return config->hidden * (product == VIT_QKV ? 3 : 1);
}

uint32_t vit_config_depth(const struct vit_config *config, enum vit_product product) {
  return product == VIT_FC2 ? config->intermediate : config->hidden;
}

/* ---- config.json ---- */

static bool read_activation(
    const char *path, const cJSON *object, enum vit_activation *activation, struct vit_error *error) {
  static const struct {
    const char *name;
    enum vit_activation activation;
  } names[] = {{"gelu", VIT_GELU}, {"gelu_python", VIT_GELU}, {"quick_gelu", VIT_QUICK_GELU},
      {"gelu_pytorch_tanh", VIT_GELU_TANH}, {"gelu_python_tanh", VIT_GELU_TANH}, {"gelu_new", VIT_GELU_TANH},
      {"gelu_accurate", VIT_GELU_TANH}, {"gelu_fast", VIT_GELU_TANH}, {"silu", VIT_SILU}, {"swish", VIT_SILU}};
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "hidden_act");
  if (!item)
    return true;
  for (size_t i = 0; cJSON_IsString(item) && i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i].name, item->valuestring) == 0) {
      *activation = names[i].activation;
      return true;
    }
  return vit_fail(error, "%s: hidden_act %s is none of gelu, quick_gelu, gelu_pytorch_tanh, gelu_new and silu", path,
      cJSON_IsString(item) ? item->valuestring : "of another type");
}

/* DINOv2 gives the width of its MLP as a multiple of the tokens' width. With a gate it is two thirds of that, rounded
 * up to a multiple of 8. */
static bool read_mlp(const char *path, const cJSON *object, struct vit_config *config, struct vit_error *error) {
  const struct vit_family *family = config->family;
  double ratio = 4;
  const char *gate = family->ratio ? "use_swiglu_ffn" : "use_gated_mlp";
  if (family->gated_fc2[0] && !vit_json_bool(path, object, gate, &config->gated, error))
    return false;
  if (!family->ratio)
    return vit_json_count(path, object, "intermediate_size", 1, MAX_CHANNELS, &config->intermediate, error);
  if (!vit_json_number(path, object, "mlp_ratio", &ratio, error))
    return false;
  if (!(ratio > 0 && ratio * config->hidden <= MAX_CHANNELS))
    return vit_fail(error, "%s: mlp_ratio %g gives no MLP of 1 to %d channels", path, ratio, MAX_CHANNELS);
  config->intermediate = (uint32_t)(config->hidden * ratio);
  if (config->gated) {
    config->intermediate = (uint32_t)(config->intermediate * 2.0 / 3);
    config->intermediate = (config->intermediate + 7) / 8 * 8;
    config->activation = VIT_SILU; /* hidden_act does not matter */
  }
  return true;
}

static bool read_biases(const char *path, const cJSON *object, struct vit_config *config, struct vit_error *error) {
  bool qkv = !config->family->no_qkv_bias, query = true, key = !config->family->no_key_bias, value = true,
       output = true, mlp = true;
  const char *field = config->family->no_qkv_bias ? "attention_bias" : "qkv_bias";
  if (!vit_json_bool(path, object, field, &qkv, error) || !vit_json_bool(path, object, "query_bias", &query, error) ||
      !vit_json_bool(path, object, "key_bias", &key, error) ||
      !vit_json_bool(path, object, "value_bias", &value, error) ||
      !vit_json_bool(path, object, "proj_bias", &output, error) ||
      !vit_json_bool(path, object, "mlp_bias", &mlp, error))
    return false;
  const bool biases[VIT_PRODUCT_COUNT][VIT_MAX_PARTS] = {
      {qkv && query, qkv && key, qkv && value}, {output}, {mlp, mlp}, {mlp}};
  memcpy(config->biases, biases, sizeof biases);
  return true;
}

/* A list of whole numbers, one for each stage. */
static bool read_stages(const char *path, const cJSON *object, const char *field, uint32_t max, uint32_t *stages,
    uint32_t *count, struct vit_error *error) {
  const cJSON *list = vit_json_field(object, field), *item;
  if (!list)
    return true;
  *count = 0;
  cJSON_ArrayForEach(item, list) {
    double number = cJSON_IsNumber(item) ? item->valuedouble : 0;
    if (*count == VIT_MAX_STAGES || !(number >= 1 && number <= max) || floor(number) != number)
      return vit_fail(error, "%s: %s has more than %d entries, or one that is no whole number from 1 to %u", path,
          field, VIT_MAX_STAGES, max);
    stages[(*count)++] = (uint32_t)number;
  }
  return *count || vit_fail(error, "%s: %s is not a list with a number for each stage", path, field);
}

static bool check_convnet(const char *path, const struct vit_config *config, struct vit_error *error) {
  for (uint32_t i = 0; i < config->layers; i++)
    if (config->stage_channels[i] % 16)
      return vit_fail(error, "%s: stage %u has %u channels (hidden_sizes), which must be a multiple of 16", path, i,
          config->stage_channels[i]);
  if (config->patch_size > 64 || config->image_size < config->patch_size << (config->layers - 1))
    return vit_fail(error, "%s: image_size %u is too small for patch_size %u and %u stages, each half the one before",
        path, config->image_size, config->patch_size, config->layers);
  return true;
}

static bool read_convnet(const char *path, const cJSON *object, struct vit_config *config, struct vit_error *error) {
  const struct vit_family *family = config->family;
  *config = (struct vit_config){.family = family,
      .image_size = 224,
      .patch_size = family->patch_size,
      .activation = family->activation,
      .layers = 4,
      .stage_channels = {96, 192, 384, 768},
      .stage_blocks = {3, 3, 9, 3},
      .biases = {{false}, {false}, {true}, {true}},
      .epsilon = 1e-6f};
  uint32_t channels = 3, blocks = 4;
  double epsilon = family->epsilon, scale = 1;
  if (!vit_json_count(path, object, "num_channels", 3, 3, &channels, error) ||
      !vit_json_side(path, object, "image_size", MAX_SIDE, &config->image_size, error) ||
      !vit_json_side(path, object, "patch_size", MAX_SIDE, &config->patch_size, error) ||
      !vit_json_number(path, object, "layer_norm_eps", &epsilon, error) ||
      !vit_json_number(path, object, "layer_scale_init_value", &scale, error) ||
      !read_stages(path, object, "hidden_sizes", MAX_CHANNELS, config->stage_channels, &config->layers, error) ||
      !read_stages(path, object, "depths", VIT_MAX_LAYERS, config->stage_blocks, &blocks, error) ||
      !read_activation(path, object, &config->activation, error))
    return false;
  if (blocks != config->layers)
    return vit_fail(error, "%s: hidden_sizes has %u stages, and depths %u", path, config->layers, blocks);
  config->hidden = config->stage_channels[config->layers - 1];
  config->last_epsilon = (float)epsilon;
  if (strcmp(family->model_types[0], "dinov3_convnext") == 0)
    config->epsilon = (float)epsilon; /* ConvNeXt's own has 1e-6 in every norm but the last */
  config->no_scale = !(scale > 0);
  return vit_config_check(path, config, error);
}

bool vit_config_check(const char *path, const struct vit_config *config, struct vit_error *error) {
  if (vit_is_convnet(config))
    return check_convnet(path, config, error);
  if (config->hidden % 16 || config->intermediate % 16)
    return vit_fail(error, "%s: hidden_size %u and intermediate size %u must be multiples of 16", path, config->hidden,
        config->intermediate);
  if (!config->heads || config->hidden % config->heads || config->hidden / config->heads % 4 ||
      config->hidden / config->heads > 128)
    return vit_fail(error, "%s: num_attention_heads %u must divide hidden_size %u into multiples of 4 up to 128", path,
        config->heads, config->hidden);
  if (config->family->rope && (config->hidden / config->heads % 8 || !(config->rope_theta > 0)))
    return vit_fail(error,
        "%s: heads of %u channels (hidden_size %u, num_attention_heads %u) with rope_theta %g cannot be rotated: the "
        "channels must be a multiple of 8, and rope_theta must be above 0",
        path, config->hidden / config->heads, config->hidden, config->heads, config->rope_theta);
  if (config->image_size < config->patch_size)
    return vit_fail(
        error, "%s: image_size %u is less than patch_size %u", path, config->image_size, config->patch_size);
  return true;
}

/* Refuses the fields of the largest InternViT. */
static bool refuse_others(const char *path, const cJSON *object, struct vit_error *error) {
  const cJSON *norm = vit_json_field(object, "norm_type");
  if (cJSON_IsTrue(vit_json_field(object, "use_qk_norm")))
    return vit_fail(error, "%s: use_qk_norm is true: norms of queries and keys are not supported", path);
  if (cJSON_IsString(norm) && strcmp(norm->valuestring, "layer_norm") != 0)
    return vit_fail(error, "%s: norm_type %.40s is not layer_norm", path, norm->valuestring);
  return true;
}

/* NaFlex has the number of patches with position embeddings, in place of an image size. */
static bool read_patches(const char *path, const cJSON *object, struct vit_config *config, struct vit_error *error) {
  uint32_t patches = 256;
  if (!config->family->linear)
    return true;
  if (!vit_json_count(path, object, "num_patches", 1, MAX_SIDE, &patches, error))
    return false;
  uint32_t across = (uint32_t)lround(sqrt(patches));
  if (across * across != patches || across * config->patch_size > MAX_SIDE)
    return vit_fail(error,
        "%s: num_patches is %u: a square number of patches of %u pixels is supported, at most %d along a side", path,
        patches, config->patch_size, MAX_SIDE);
  config->image_size = across * config->patch_size;
  return true;
}

static bool read_config(const char *path, const cJSON *object, struct vit_config *config, struct vit_error *error) {
  const struct vit_family *family = config->family;
  *config = (struct vit_config){
      .family = family,
      .hidden = family->hidden ? family->hidden : 768,
      .intermediate = family->intermediate ? family->intermediate : 3072,
      .layers = family->layers ? family->layers : 12,
      .heads = family->heads ? family->heads : 12,
      .image_size = family->image_size ? family->image_size : 224,
      .patch_size = family->patch_size,
      .register_count = family->register_count,
      .activation = family->activation,
      .rope_theta = 100,
  };
  const uint32_t tokens = (family->class_token ? 1u : 0u) + (family->distillation_token ? 1u : 0u);
  uint32_t channels = 3;
  double epsilon = family->epsilon;
  if (!vit_json_count(path, object, "hidden_size", 1, MAX_CHANNELS, &config->hidden, error) ||
      !vit_json_count(path, object, "num_hidden_layers", 1, VIT_MAX_LAYERS, &config->layers, error) ||
      !vit_json_count(path, object, "num_attention_heads", 1, MAX_CHANNELS, &config->heads, error) ||
      !vit_json_side(path, object, "image_size", MAX_SIDE, &config->image_size, error) ||
      !vit_json_side(path, object, "patch_size", MAX_SIDE, &config->patch_size, error) ||
      !vit_json_count(path, object, "num_channels", 3, 3, &channels, error) ||
      !vit_json_number(path, object, "layer_norm_eps", &epsilon, error) ||
      !vit_json_number(path, object, "rope_theta", &config->rope_theta, error) ||
      !read_biases(path, object, config, error) || !read_activation(path, object, &config->activation, error) ||
      !read_mlp(path, object, config, error) || !read_patches(path, object, config, error) ||
      !refuse_others(path, object, error))
    return false;
  if (family->registers &&
      !vit_json_count(path, object, "num_register_tokens", 0, 1024, &config->register_count, error))
    return false;
  config->position_tokens = family->positions ? tokens : 0;
  config->prefix = tokens + config->register_count;
  config->epsilon = config->last_epsilon = (float)epsilon;
  return vit_config_check(path, config, error);
}

bool vit_config_parse(const char *path, const cJSON *json, struct vit_config *config, struct vit_error *error) {
  const cJSON *model_type = vit_json_field(json, "model_type");
  const char *name = cJSON_IsString(model_type) ? model_type->valuestring : "(none)";
  *config = (struct vit_config){.family = vit_family_of(name)};
  if (!config->family)
    return vit_family_refuse(path, name, error);
  const cJSON *object = json;
  if (config->family->vision_config && strcmp(name, config->family->model_types[0]) == 0) {
    object = vit_json_field(json, config->family->vision_config); /* if it is absent, everything has its default */
    if (object && !cJSON_IsObject(object))
      return vit_fail(error, "%s: %s is not an object", path, config->family->vision_config);
  }
  return (vit_is_convnet(config) ? read_convnet : read_config)(path, object, config, error);
}

bool vit_config_read(const char *path, struct vit_config *config, struct vit_error *error) {
  cJSON *json = vit_file_json(path, error);
  bool done = json && vit_config_parse(path, json, config, error);
  cJSON_Delete(json);
  return done;
}
