#include "adapt.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_SIDE 16384

/* Passed through the functions below. */
struct adapting {
  const char *path; /* of the configuration */
  struct vit_folder *folder;
  struct vit_error *error;
};

static const struct safetensors_tensor *find(const struct adapting *a, uint32_t layer, const char *name) {
  const struct safetensors_tensor *tensor = vit_folder_tensor(a->folder, layer, name, ".weight");
  return tensor ? tensor : vit_folder_tensor(a->folder, layer, name, "");
}

/* The tensor's dimension, counted from the last, 1; 0 if it has none. */
static uint32_t dimension(const struct safetensors_tensor *tensor, uint32_t from_last) {
  bool has = tensor && tensor->rank >= from_last && tensor->dims[tensor->rank - from_last] <= UINT32_MAX;
  return has ? (uint32_t)tensor->dims[tensor->rank - from_last] : 0;
}

/* ---- What is in the file ---- */

/* Forgets the name of a tensor that this checkpoint does not have. */
static void keep_if_there(const struct adapting *a, uint32_t layer, const char **name) {
  if (*name && !find(a, layer, *name))
    *name = NULL;
}

static bool start_family(const struct adapting *a, const char *name) {
  struct vit_folder *folder = a->folder;
  folder->family = *vit_family_named(name);
  folder->config = (struct vit_config){.family = &folder->family, .rope_theta = 100};
  for (size_t i = 0; i < 3 && folder->family.roots[i]; i++) {
    folder->root = folder->layer_root = folder->family.roots[i];
    if (find(a, VIT_NO_LAYER, folder->family.patches))
      return true;
  }
  return vit_fail(
      a->error, "%s: no tensor %s.weight is beside it, as models of %s have it", a->path, folder->family.patches, name);
}

static void read_biases(const struct adapting *a) {
  struct vit_config *config = &a->folder->config;
  for (enum vit_product i = 0; i < VIT_PRODUCT_COUNT; i++) {
    const char *const *parts = vit_config_parts(config, i);
    for (int j = 0; j < VIT_MAX_PARTS && parts[j]; j++)
      config->biases[i][j] = vit_folder_tensor(a->folder, 0, parts[j], ".bias");
  }
}

/* The map to the inside of the MLP, and whether it has a gate: in a map of its own, or in one of twice the width. */
static void read_mlp(const struct adapting *a) {
  struct vit_family *family = &a->folder->family;
  struct vit_config *config = &a->folder->config;
  config->intermediate = dimension(find(a, 0, family->parts[VIT_FC2][0]), 1);
  if (family->gated_fc1[0] && find(a, 0, family->gated_fc1[0])) {
    config->gated = true;
  } else if (dimension(find(a, 0, family->parts[VIT_FC1][0]), 2) == 2 * config->intermediate) {
    config->gated = true;
    memcpy(family->gated_fc1, family->parts[VIT_FC1], sizeof family->gated_fc1);
  }
}

/* Reads the rest of the configuration from the shapes of the tensors. The size of the image is known already. */
static bool read_tensors(const struct adapting *a) {
  struct vit_folder *folder = a->folder;
  struct vit_family *family = &folder->family;
  struct vit_config *config = &folder->config;
  const char **const tensors[] = {&family->class_token, &family->distillation_token, &family->registers,
      &family->positions, &family->pre_norm, &family->post_norm};
  for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
    keep_if_there(a, VIT_NO_LAYER, tensors[i]);
  keep_if_there(a, 0, &family->scale1);
  keep_if_there(a, 0, &family->scale2);
  for (int i = 0; i < VIT_MAX_PARTS; i++)
    keep_if_there(a, 0, &family->split_biases[i]);
  const struct safetensors_tensor *patches = find(a, VIT_NO_LAYER, family->patches);
  config->hidden = dimension(patches, 4);
  config->patch_size = dimension(patches, 1);
  family->patch_bias = vit_folder_tensor(folder, VIT_NO_LAYER, family->patches, ".bias");
  while (config->layers <= VIT_MAX_LAYERS && find(a, config->layers, family->norm1))
    config->layers++;
  if (!config->hidden || !config->patch_size || !config->layers || config->layers > VIT_MAX_LAYERS)
    return vit_fail(a->error, "%s: tensor %s has %u dimensions, and there are %u layers: not a vision transformer",
        a->path, patches->name, patches->rank, config->layers);
  read_mlp(a);
  read_biases(a);
  config->register_count = dimension(find(a, VIT_NO_LAYER, family->registers ? family->registers : "?"), 2);
  config->prefix = config->register_count + (family->class_token ? 1 : 0) + (family->distillation_token ? 1 : 0);
  uint32_t across = config->image_size / config->patch_size;
  uint32_t positions = dimension(family->positions ? find(a, VIT_NO_LAYER, family->positions) : NULL, 2);
  if (family->positions && (positions < across * across || positions - across * across > config->prefix))
    return vit_fail(a->error, "%s: images of %u pixels have %u x %u patches, and tensor %s%s has %u", a->path,
        config->image_size, across, across, folder->root, family->positions, positions);
  config->position_tokens = family->positions ? positions - across * across : 0;
  family->normed = family->normed && family->post_norm;
  return true;
}

/* ---- Fields that say again what the tensors say ---- */

struct told {
  const char *field;
  uint32_t value; /* by the tensors */
};

/* A number, or a list of one number twice. */
static bool agree(const struct adapting *a, const cJSON *object, const struct told *told, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t value = told[i].value;
    if (!vit_json_field(object, told[i].field))
      continue;
    if (!vit_json_side(a->path, object, told[i].field, MAX_SIDE, &value, a->error))
      return false;
    if (value != told[i].value)
      return vit_fail(a->error, "%s: %s is %u, and by the shapes of the tensors beside it %u", a->path, told[i].field,
          value, told[i].value);
  }
  return true;
}

/* A list with a number for each stage. */
static bool stages_agree(
    const struct adapting *a, const cJSON *object, const char *field, const uint32_t *values, uint32_t count) {
  const cJSON *list = vit_json_field(object, field), *item;
  uint32_t i = 0;
  bool same = !list || (cJSON_IsArray(list) && cJSON_GetArraySize(list) == (int)count);
  if (same)
    cJSON_ArrayForEach(item, list) {
      same = same && cJSON_IsNumber(item) && item->valuedouble == values[i];
      i++;
    }
  return same || vit_fail(a->error, "%s: %s contradicts the tensors beside it", a->path, field);
}

/* ---- Preprocessing, of torchvision on Pillow's images ---- */

static bool read_interpolation(const struct adapting *a, const cJSON *object, enum vit_resample *resample) {
  static const char *const names[] = {"nearest", "lanczos", "bilinear", "bicubic"};
  const cJSON *item = vit_json_field(object, "interpolation");
  for (int i = 0; i < 4 && item; i++)
    if (cJSON_IsString(item) && strcmp(item->valuestring, names[i]) == 0) {
      *resample = (enum vit_resample)i;
      return true;
    }
  return !item || vit_fail(a->error, "%s: interpolation is none of nearest, lanczos, bilinear and bicubic", a->path);
}

/* Preprocessing that resizes to floor(side / part) and takes the middle. squash: the image's shape is not kept. */
static bool set_preprocess(const struct adapting *a, const cJSON *object, double part, bool squash) {
  struct vit_preprocess *preprocess = &a->folder->preprocess;
  uint32_t side = a->folder->config.image_size;
  if (!(part > 0 && side / part >= 1 && side / part <= VIT_MAX_IMAGE_SIDE))
    return vit_fail(a->error, "%s: crop_pct %g leaves no image of %u pixels", a->path, part, side);
  uint32_t resized = (uint32_t)floor(side / part);
  *preprocess = (struct vit_preprocess){.resize = true,
      .crop = true,
      .rescale = true,
      .normalize = true,
      .shortest_edge = !squash,
      .height = resized,
      .width = resized,
      .crop_height = side,
      .crop_width = side,
      .resample = VIT_BICUBIC,
      .rescale_factor = 1 / 255.0,
      .mean = {0.48145466f, 0.4578275f, 0.40821073f},
      .std = {0.26862954f, 0.26130258f, 0.27577711f},
      .rounded = true};
  return read_interpolation(a, object, &preprocess->resample) &&
         vit_json_channels(a->path, object, "mean", preprocess->mean, a->error) &&
         vit_json_channels(a->path, object, "std", preprocess->std, a->error);
}

/* ---- timm ---- */

static bool has(const char *name, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strstr(name, words[i]))
      return true;
  return false;
}
#define HAS(name, words) has(name, words, sizeof(words) / sizeof *(words))

/* Refuses architectures whose tensors have the names of another architecture and a different meaning. */
static bool check_architecture(const struct adapting *a, const char *name) {
  static const char *const others[] = {"_rope", "_pe_", "_rpn_", "relpos", "resnet", "lingbot", "sapiens", "naflex",
      "_dlittle_", "_dwee_", "pwee_", "_xp_", "18x2"};
  static const char *const other_maps[] = {"_rms", "_ols"};
  const bool convnet = strncmp(name, "convnext_", 9) == 0;
  if (!convnet && strncmp(name, "vit_", 4) != 0 && strncmp(name, "deit_", 5) != 0 && strncmp(name, "deit3_", 6) != 0)
    return vit_fail(a->error,
        "%s: architecture %.80s is not supported: of timm's those named vit_, deit_, deit3_, convnext_ are", a->path,
        name);
  if (!convnet && HAS(name, others))
    return vit_fail(a->error,
        "%s: architecture %.80s is not supported: its attention or its embedding is of another kind", a->path, name);
  if (convnet && HAS(name, other_maps))
    return vit_fail(
        a->error, "%s: architecture %.80s is not supported: its stem or its norms are of another kind", a->path, name);
  return true;
}

/* Sets what only timm's source has, by the architecture's name. */
static void set_architecture(const char *name, struct vit_config *config) {
  static const char *const tanh[] = {"giantopt_", "so400m_patch16_siglip", "base_patch32_siglip",
      "large_patch16_siglip_512", "large_patch16_siglip_gap_512"};
  static const char *const wide[] = {"_clip_", "dinov3"};
  config->activation = config->gated                     ? VIT_SILU
                       : strstr(name, "_clip_quickgelu") ? VIT_QUICK_GELU
                       : HAS(name, tanh)                 ? VIT_GELU_TANH
                                                         : VIT_GELU;
  config->epsilon = config->last_epsilon = HAS(name, wide) ? 1e-5f : 1e-6f;
  config->heads = config->hidden / 64;
  const uint32_t sixteen[] = {1152, 1280, 1408, 1664};
  for (size_t i = 0; i < sizeof sixteen / sizeof *sixteen; i++)
    if (config->hidden == sixteen[i] && !strstr(name, "dinov3"))
      config->heads = 16;
  if (strstr(name, "giantopt_") || strstr(name, "vit_base_patch16_gap_"))
    config->heads = 16;
  if (strstr(name, "vit_7b_"))
    config->heads = 32;
}

/* ConvNeXt: its tensors give everything except what its norms add to the variance. */
static bool adapt_convnet(const struct adapting *a, const char *name, const cJSON *arguments) {
  struct vit_folder *folder = a->folder;
  struct vit_family *family = &folder->family;
  struct vit_config *config = &folder->config;
  const uint32_t side = config->image_size;
  if (!start_family(a, "ConvNeXt of timm"))
    return false;
  if (find(a, VIT_NO_LAYER, "norm_pre")) { /* the norm is ahead of the pooling */
    family->post_norm = "norm_pre";
    family->normed = true;
  }
  keep_if_there(a, VIT_NO_LAYER, &family->post_norm);
  keep_if_there(a, VIT_BLOCK(0, 0), &family->scale2);
  config->no_scale = !family->scale2;
  config->image_size = side;
  config->patch_size = dimension(find(a, VIT_NO_LAYER, family->patches), 1);
  config->activation = family->activation;
  for (uint32_t i = 0; i < VIT_MAX_STAGES && find(a, VIT_BLOCK(i, 0), family->norm2); i++) {
    uint32_t blocks = 0;
    while (blocks < VIT_MAX_LAYERS && find(a, VIT_BLOCK(i, blocks), family->norm2))
      blocks++;
    config->stage_channels[i] = dimension(find(a, VIT_BLOCK(i, 0), family->norm2), 1);
    config->stage_blocks[i] = blocks;
    config->layers = i + 1;
  }
  if (!config->layers || !config->patch_size)
    return vit_fail(a->error, "%s: there are no stages of blocks beside it: not a ConvNeXt", a->path);
  config->hidden = config->stage_channels[config->layers - 1];
  config->biases[VIT_FC1][0] = config->biases[VIT_FC2][0] = true;
  config->epsilon = config->last_epsilon = strstr(name, "_xxlarge") ? 1e-5f : 1e-6f;
  return stages_agree(a, arguments, "dims", config->stage_channels, config->layers) &&
         stages_agree(a, arguments, "depths", config->stage_blocks, config->layers) &&
         vit_config_check(a->path, config, a->error);
}

static bool adapt_timm(const struct adapting *a, const char *name, const cJSON *arguments) {
  struct vit_config *config = &a->folder->config;
  const char *family = strstr(name, "dinov3") ? "DINOv3 of timm" : "ViT of timm";
  uint32_t side = config->image_size;
  if (!check_architecture(a, name))
    return false;
  if (strncmp(name, "convnext_", 9) == 0)
    return adapt_convnet(a, name, arguments);
  if (!start_family(a, family))
    return false;
  config->image_size = side;
  if (!read_tensors(a))
    return false;
  set_architecture(name, config);
  const struct told told[] = {
      {"embed_dim", config->hidden}, {"depth", config->layers}, {"patch_size", config->patch_size}};
  return agree(a, arguments, told, sizeof told / sizeof *told) &&
         vit_json_count(a->path, arguments, "num_heads", 1, config->hidden, &config->heads, a->error) &&
         vit_config_check(a->path, config, a->error);
}

bool vit_is_timm(const cJSON *json) {
  return cJSON_IsString(vit_json_field(json, "architecture"));
}

bool vit_adapt_timm(const char *path, const cJSON *json, struct vit_folder *folder, struct vit_error *error) {
  const struct adapting a = {path, folder, error};
  const cJSON *object = vit_json_field(json, "pretrained_cfg"), *size, *mode;
  object = object ? object : json;
  size = vit_json_field(object, "input_size");
  mode = vit_json_field(object, "crop_mode");
  const cJSON *height = cJSON_GetArrayItem(size, 1), *width = cJSON_GetArrayItem(size, 2);
  double part = 0.875, side = cJSON_IsNumber(height) ? height->valuedouble : 0;
  if (cJSON_GetArraySize(size) != 3 || !cJSON_Compare(height, width, true) || side < 1 || side > MAX_SIDE ||
      floor(side) != side)
    return vit_fail(error, "%s: input_size is not 3, and a whole number from 1 to %d twice", path, MAX_SIDE);
  folder->config.image_size = (uint32_t)side;
  const char *how = cJSON_IsString(mode) ? mode->valuestring : "center";
  if (strcmp(how, "center") != 0 && strcmp(how, "squash") != 0)
    return vit_fail(error, "%s: crop_mode %.40s is neither center nor squash", path, how);
  return adapt_timm(&a, vit_json_field(json, "architecture")->valuestring, vit_json_field(json, "model_args")) &&
         vit_json_number(path, object, "crop_pct", &part, error) &&
         set_preprocess(&a, object, part, strcmp(how, "squash") == 0);
}

/* ---- open_clip ---- */

/* Refuses fields of towers that are not supported. */
static bool check_tower(const struct adapting *a, const cJSON *tower) {
  static const char *const fields[] = {"attentional_pool", "scaled_cosine_attn", "qk_norm", "scale_heads"};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (cJSON_IsTrue(vit_json_field(tower, fields[i])))
      return vit_fail(a->error, "%s: %s is true, which is not supported", a->path, fields[i]);
  if (cJSON_IsArray(vit_json_field(tower, "layers")))
    return vit_fail(a->error, "%s: layers is a list: a ResNet, which is not supported", a->path);
  return true;
}

static bool read_tower(const struct adapting *a, const cJSON *model, const cJSON *tower) {
  struct vit_config *config = &a->folder->config;
  bool quick = false;
  uint32_t width = 64;
  double epsilon = 1e-5;
  const cJSON *norm = vit_json_field(tower, "norm_kwargs"), *act = vit_json_field(tower, "act_kwargs");
  const cJSON *approximate = vit_json_field(act, "approximate");
  if (!vit_json_bool(a->path, model, "quick_gelu", &quick, a->error) ||
      !vit_json_count(a->path, tower, "head_width", 1, 128, &width, a->error) ||
      !vit_json_number(a->path, norm, "eps", &epsilon, a->error))
    return false;
  if (approximate && (!cJSON_IsString(approximate) || strcmp(approximate->valuestring, "tanh") != 0))
    return vit_fail(a->error, "%s: act_kwargs has an approximate other than tanh", a->path);
  config->activation = quick ? VIT_QUICK_GELU : approximate ? VIT_GELU_TANH : VIT_GELU;
  config->heads = config->hidden / width;
  config->epsilon = config->last_epsilon = (float)epsilon;
  return config->heads || vit_fail(a->error, "%s: head_width %u is more than width %u", a->path, width, config->hidden);
}

static bool adapt_tower(const struct adapting *a, const cJSON *model, const cJSON *tower) {
  struct vit_config *config = &a->folder->config;
  const uint32_t side = config->image_size;
  if (!check_tower(a, tower) || !start_family(a, "CLIP of open_clip"))
    return false;
  config->image_size = side;
  if (!read_tensors(a))
    return false;
  double ratio = (double)config->intermediate / config->hidden;
  const struct told told[] = {
      {"width", config->hidden}, {"layers", config->layers}, {"patch_size", config->patch_size}};
  if (!agree(a, tower, told, sizeof told / sizeof *told) ||
      !vit_json_number(a->path, tower, "mlp_ratio", &ratio, a->error))
    return false;
  if (!(floor(config->hidden * ratio) == config->intermediate))
    return vit_fail(a->error, "%s: mlp_ratio %g of width %u is not %u, as the tensors beside it have it", a->path,
        ratio, config->hidden, config->intermediate);
  return read_tower(a, model, tower) && vit_config_check(a->path, config, a->error);
}

bool vit_adapt_open_clip(const char *path, const cJSON *json, struct vit_folder *folder, struct vit_error *error) {
  const struct adapting a = {path, folder, error};
  const cJSON *model = vit_json_field(json, "model_cfg"), *tower = vit_json_field(model, "vision_cfg");
  const cJSON *object = vit_json_field(json, "preprocess_cfg"), *mode = vit_json_field(object, "resize_mode");
  const cJSON *name = vit_json_field(tower, "timm_model_name");
  if (!cJSON_IsObject(tower))
    return vit_fail(error, "%s: has no object model_cfg with an object vision_cfg", path);
  folder->config.image_size = 224;
  if (!vit_json_side(path, tower, "image_size", MAX_SIDE, &folder->config.image_size, error))
    return false;
  const char *how = cJSON_IsString(mode) ? mode->valuestring : "shortest";
  if (strcmp(how, "shortest") != 0 && strcmp(how, "squash") != 0)
    return vit_fail(error, "%s: resize_mode %.40s is neither shortest nor squash", path, how);
  return (cJSON_IsString(name) ? adapt_timm(&a, name->valuestring, NULL) : adapt_tower(&a, model, tower)) &&
         set_preprocess(&a, object, 1, strcmp(how, "squash") == 0);
}
