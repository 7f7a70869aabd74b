#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_CHANNELS 65536
#define MAX_SIDE 16384

/* ---- Families ---- */

#define TOWER_ENCODER                                                                                                  \
  .layer = "encoder.layers.", .norm1 = "layer_norm1", .norm2 = "layer_norm2",                                          \
  .parts = {                                                                                                           \
      {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}, {"self_attn.out_proj"}, {"mlp.fc1"}, {"mlp.fc2"}}

#define CLIP_TOWER                                                                                                     \
  .vision_config = "vision_config", .roots = {"vision_model.", ""}, .ignored = {"embeddings.position_ids"},            \
  .class_token = "embeddings.class_embedding", .positions = "embeddings.position_embedding.weight",                    \
  .patches = "embeddings.patch_embedding", .pre_norm = "pre_layrnorm", .post_norm = "post_layernorm", TOWER_ENCODER,   \
  .patch_size = 32, .activation = VIT_QUICK_GELU, .epsilon = 1e-5

#define VIT_EMBEDDINGS                                                                                                 \
  .positions = "embeddings.position_embeddings", .patches = "embeddings.patch_embeddings.projection",                  \
  .patch_bias = true, .post_norm = "layernorm",                                                                        \
  .ignored = {"embeddings.mask_token", "pooler.", "classifier.", "cls_classifier.", "distillation_classifier.",        \
      "decoder."},                                                                                                     \
  .normed = true, .activation = VIT_GELU

#define VIT_ATTENTION                                                                                                  \
  {"attention.attention.query", "attention.attention.key", "attention.attention.value"}, {"attention.output.dense"}

#define VIT_ENCODER                                                                                                    \
  .layer = "encoder.layer.", .norm1 = "layernorm_before", .norm2 = "layernorm_after",                                  \
  .parts = {VIT_ATTENTION, {"intermediate.dense"}, {"output.dense"}}

#define DINO_ENCODER                                                                                                   \
  .layer = "encoder.layer.", .norm1 = "norm1", .scale1 = "layer_scale1.lambda1", .norm2 = "norm2",                     \
  .scale2 = "layer_scale2.lambda1", .parts = {VIT_ATTENTION, {"mlp.fc1"}, {"mlp.fc2"}},                                \
  .gated_fc1 = {"mlp.weights_in"}, .gated_fc2 = {"mlp.weights_out"}, .ratio = true

#define TIMM_ENCODER                                                                                                   \
  .class_token = "cls_token", .registers = "reg_token", .patches = "patch_embed.proj", .post_norm = "norm",            \
  .layer = "blocks.", .norm1 = "norm1", .norm2 = "norm2",                                                              \
  .parts = {{"attn.qkv"}, {"attn.proj"}, {"mlp.fc1"}, {"mlp.fc2"}}, .gated_fc2 = {"mlp.fc2"}, .normed = true,          \
  .interpolation = VIT_CUBIC_ANTIALIASED

static const struct vit_family families[] = {
    {
        .name = "CLIP",
        .model_types = {"clip", "clip_vision_model"},
        .processor = "CLIPImageProcessor",
        CLIP_TOWER,
    },
    {
        .name = "Chinese-CLIP",
        .model_types = {"chinese_clip", "chinese_clip_vision_model"},
        .processor = "ChineseCLIPImageProcessor",
        CLIP_TOWER,
    },
    {
        .name = "AltCLIP",
        .model_types = {"altclip", "altclip_vision_model"},
        .processor = "CLIPImageProcessor",
        CLIP_TOWER,
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
        .name = "SigLIP 2, NaFlex", /* on square images */
        .model_types = {"siglip2", "siglip2_vision_model"},
        .processor = "Siglip2ImageProcessor",
        .vision_config = "vision_config",
        .roots = {"vision_model.", ""},
        .ignored = {"embeddings.position_ids", "head."},
        .positions = "embeddings.position_embedding.weight",
        .patches = "embeddings.patch_embedding",
        .patch_bias = true,
        .post_norm = "post_layernorm",
        TOWER_ENCODER,
        .normed = true,
        .interpolation = VIT_LINEAR_ANTIALIASED,
        .linear = true,
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
        .class_token = "embeddings.cls_token",
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
        .class_token = "embeddings.cls_token",
        .registers = "embeddings.register_tokens",
        .interpolation = VIT_CUBIC_ANTIALIASED,
        .patch_size = 16,
        .register_count = 4,
        .epsilon = 1e-6,
    },
    {
        .name = "DINOv3",
        .model_types = {"dinov3_vit"},
        .processor = "DINOv3ViTImageProcessor",
        .roots = {"", "model."},
        .ignored = {"embeddings.mask_token", "classifier."},
        .class_token = "embeddings.cls_token",
        .registers = "embeddings.register_tokens",
        .patches = "embeddings.patch_embeddings",
        .patch_bias = true,
        .post_norm = "norm",
        .layer = "layer.",
        .norm1 = "norm1",
        .norm2 = "norm2",
        .scale1 = "layer_scale1.lambda1",
        .scale2 = "layer_scale2.lambda1",
        .parts = {{"attention.q_proj", "attention.k_proj", "attention.v_proj"}, {"attention.o_proj"}, {"mlp.up_proj"},
            {"mlp.down_proj"}},
        .gated_fc1 = {"mlp.gate_proj", "mlp.up_proj"},
        .gated_fc2 = {"mlp.down_proj"},
        .normed = true,
        .rope = true,
        .hidden = 384,
        .intermediate = 1536,
        .heads = 6,
        .patch_size = 16,
        .activation = VIT_GELU,
        .no_key_bias = true,
        .epsilon = 1e-5,
    },
    {
        .name = "ViT",
        .model_types = {"vit"},
        .processor = "ViTImageProcessor",
        .roots = {"", "vit."},
        VIT_EMBEDDINGS,
        VIT_ENCODER,
        .class_token = "embeddings.cls_token",
        .patch_size = 16,
        .epsilon = 1e-12,
    },
    {
        .name = "InternViT", /* as transformers has InternVL's tower */
        .model_types = {"internvl", "internvl_vision"},
        .processor = "CLIPImageProcessor",
        .vision_config = "vision_config",
        .roots = {"", "model.vision_tower.", "vision_tower."},
        VIT_EMBEDDINGS,
        .maybe_normed = true,
        .layer = "encoder.layer.",
        .norm1 = "layernorm_before",
        .norm2 = "layernorm_after",
        .scale1 = "lambda_1",
        .scale2 = "lambda_2",
        .parts = {{"attention.q_proj", "attention.k_proj", "attention.v_proj"}, {"attention.projection_layer"},
            {"mlp.fc1"}, {"mlp.fc2"}},
        .class_token = "embeddings.cls_token",
        .hidden = 1024,
        .intermediate = 4096,
        .heads = 16,
        .layers = 24,
        .image_size = 448,
        .patch_size = 14,
        .no_qkv_bias = true,
        .epsilon = 1e-6,
    },
    {
        .name = "ViT-MAE", /* with all patches, in order: mask_ratio is not looked at */
        .model_types = {"vit_mae"},
        .processor = "ViTImageProcessor",
        .roots = {"", "vit."},
        VIT_EMBEDDINGS,
        VIT_ENCODER,
        .class_token = "embeddings.cls_token",
        .patch_size = 16,
        .epsilon = 1e-12,
    },
    {
        .name = "ViT-MSN",
        .model_types = {"vit_msn"},
        .processor = "ViTImageProcessor",
        .roots = {"", "vit."},
        VIT_EMBEDDINGS,
        VIT_ENCODER,
        .class_token = "embeddings.cls_token",
        .patch_size = 16,
        .epsilon = 1e-6,
    },
    {
        .name = "I-JEPA",
        .model_types = {"ijepa"},
        .processor = "ViTImageProcessor",
        .roots = {"", "ijepa."},
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
        .class_token = "embeddings.cls_token",
        .distillation_token = "embeddings.distillation_token",
        .patch_size = 16,
        .epsilon = 1e-12,
    },
    {
        .name = "ConvNeXt",
        .model_types = {"convnext"},
        .processor = "ConvNextImageProcessor",
        .roots = {"", "convnext."},
        .ignored = {"classifier.", "hidden_states_norms."},
        .patches = "embeddings.patch_embeddings",
        .patch_bias = true,
        .pre_norm = "embeddings.layernorm",
        .post_norm = "layernorm",
        .layer = "encoder.stages.",
        .down_norm = "downsampling_layer.0",
        .down = "downsampling_layer.1",
        .blocks = "layers.",
        .depthwise = "dwconv",
        .norm2 = "layernorm",
        .scale2 = "layer_scale_parameter",
        .parts = {{NULL}, {NULL}, {"pwconv1"}, {"pwconv2"}},
        .patch_size = 4,
        .activation = VIT_GELU,
        .epsilon = 1e-12,
    },
    {
        .name = "DINOv3's ConvNeXt",
        .model_types = {"dinov3_convnext"},
        .processor = "DINOv3ViTImageProcessor",
        .roots = {"", "model."},
        .patches = "stages.0.downsample_layers.0",
        .patch_bias = true,
        .pre_norm = "stages.0.downsample_layers.1",
        .post_norm = "layer_norm",
        .layer = "stages.",
        .down_norm = "downsample_layers.0",
        .down = "downsample_layers.1",
        .blocks = "layers.",
        .depthwise = "depthwise_conv",
        .norm2 = "layer_norm",
        .scale2 = "gamma",
        .parts = {{NULL}, {NULL}, {"pointwise_conv1"}, {"pointwise_conv2"}},
        .patch_size = 4,
        .activation = VIT_GELU,
        .epsilon = 1e-6,
    },
    {
        .name = "ViT of timm", /* of what it names, a checkpoint has a part: see adapt.c */
        .roots = {"", "visual.trunk."},
        .ignored = {"head.", "head_dist.", "fc_norm.", "attn_pool."},
        TIMM_ENCODER,
        .positions = "pos_embed",
        .pre_norm = "norm_pre",
        .distillation_token = "dist_token",
        .scale1 = "ls1.gamma",
        .scale2 = "ls2.gamma",
    },
    {
        .name = "DINOv3 of timm",
        .roots = {"", "visual.trunk."},
        .ignored = {"head.", "fc_norm."},
        TIMM_ENCODER,
        .scale1 = "gamma_1",
        .scale2 = "gamma_2",
        .gated_fc1 = {"mlp.fc1_g", "mlp.fc1_x"},
        .split_biases = {"attn.q_bias", "attn.k_bias", "attn.v_bias"},
        .rope = true,
    },
    {
        .name = "CLIP of open_clip",
        .roots = {"visual.", ""},
        .ignored = {"proj"},
        .class_token = "class_embedding",
        .positions = "positional_embedding",
        .patches = "conv1",
        .pre_norm = "ln_pre",
        .post_norm = "ln_post",
        .layer = "transformer.resblocks.",
        .norm1 = "ln_1",
        .norm2 = "ln_2",
        .scale1 = "ls_1.gamma",
        .scale2 = "ls_2.gamma",
        .parts = {{"attn.in_proj_"}, {"attn.out_proj"}, {"mlp.c_fc"}, {"mlp.c_proj"}},
        .interpolation = VIT_CUBIC_ANTIALIASED,
    },
};
#define FAMILY_COUNT (sizeof families / sizeof *families)

const struct vit_family *vit_family_named(const char *name) {
  for (size_t i = 0; i < FAMILY_COUNT; i++)
    if (strcmp(families[i].name, name) == 0)
      return &families[i];
  return NULL;
}

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

static const struct vit_family *find_family(const char *model_type) {
  for (size_t i = 0; i < FAMILY_COUNT; i++)
    for (size_t j = 0; j < 4 && families[i].model_types[j]; j++)
      if (strcmp(families[i].model_types[j], model_type) == 0)
        return &families[i];
  return NULL;
}

static bool refuse_family(const char *path, const char *model_type, struct vit_error *error) {
  char known[400];
  size_t length = 0;
  for (size_t i = 0; i < FAMILY_COUNT; i++)
    length +=
        (size_t)snprintf(known + length, sizeof known - length, "%s%s", i ? ", " : "", families[i].model_types[0]);
  return vit_fail(error, "%s: model_type %.60s is none of %s", path, model_type, known);
}

static bool read_activation(
    const char *path, const cJSON *object, enum vit_activation *activation, struct vit_error *error) {
  static const struct {
    const char *name;
    enum vit_activation activation;
  } names[] = {{"gelu", VIT_GELU}, {"quick_gelu", VIT_QUICK_GELU}, {"gelu_pytorch_tanh", VIT_GELU_TANH},
      {"gelu_new", VIT_GELU_TANH}, {"silu", VIT_SILU}};
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

/* Dinov2 says how many times as wide as the tokens its MLP is; with a gate two thirds of that, in eights. */
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
    config->activation = VIT_SILU; /* whatever hidden_act says */
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
        "%s: heads of %u channels (hidden_size %u, num_attention_heads %u) with rope_theta %g cannot be rotated: they must "
        "have a multiple of 8, and rope_theta be above 0",
        path, config->hidden / config->heads, config->hidden, config->heads, config->rope_theta);
  if (config->image_size < config->patch_size)
    return vit_fail(
        error, "%s: image_size %u is less than patch_size %u", path, config->image_size, config->patch_size);
  return true;
}

/* What InternViT's largest has. */
static bool refuse_others(const char *path, const cJSON *object, struct vit_error *error) {
  const cJSON *norm = vit_json_field(object, "norm_type");
  if (cJSON_IsTrue(vit_json_field(object, "use_qk_norm")))
    return vit_fail(error, "%s: use_qk_norm is true: norms of queries and keys are not supported", path);
  if (cJSON_IsString(norm) && strcmp(norm->valuestring, "layer_norm") != 0)
    return vit_fail(error, "%s: norm_type %.40s is not layer_norm", path, norm->valuestring);
  return true;
}

/* NaFlex has the number of patches that position embeddings are for, in place of an image's size. */
static bool read_patches(const char *path, const cJSON *object, struct vit_config *config, struct vit_error *error) {
  uint32_t patches = 256;
  if (!config->family->linear)
    return true;
  if (!vit_json_count(path, object, "num_patches", 1, MAX_SIDE, &patches, error))
    return false;
  uint32_t across = (uint32_t)lround(sqrt(patches));
  if (across * across != patches || across * config->patch_size > MAX_SIDE)
    return vit_fail(error, "%s: num_patches is %u, which are no square of patches of %u pixels up to %d a side", path,
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
  *config = (struct vit_config){.family = find_family(name)};
  if (!config->family)
    return refuse_family(path, name, error);
  const cJSON *object = json;
  if (config->family->vision_config && strcmp(name, config->family->model_types[0]) == 0) {
    object = vit_json_field(json, config->family->vision_config); /* not there: all as by default */
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
