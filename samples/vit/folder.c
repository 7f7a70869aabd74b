#include "adapt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME_BYTES 256

/* ---- Names ---- */

static void tensor_name(
    const struct vit_folder *folder, uint32_t layer, const char *name, const char *suffix, char *text) {
  const size_t length = strlen(name);
  if (length && name[length - 1] == '_' && *suffix == '.')
    suffix++;
  const struct vit_family *family = folder->config.family;
  if (layer == VIT_NO_LAYER)
    snprintf(text, MAX_NAME_BYTES, "%s%s%s", folder->root, name, suffix);
  else if (family->blocks && layer >> 8)
    snprintf(text, MAX_NAME_BYTES, "%s%s%u.%s%u.%s%s", folder->layer_root, family->layer, layer & 255, family->blocks,
        (layer >> 8) - 1, name, suffix);
  else
    snprintf(text, MAX_NAME_BYTES, "%s%s%u.%s%s", folder->layer_root, family->layer, layer, name, suffix);
}

const struct safetensors_tensor *vit_folder_tensor(
    const struct vit_folder *folder, uint32_t layer, const char *name, const char *suffix) {
  char text[MAX_NAME_BYTES];
  tensor_name(folder, layer, name, suffix, text);
  return safetensors_find(&folder->weights, text);
}

/* ---- Every tensor is there, in its shape, and no other ---- */

struct check {
  const struct vit_folder *folder;
  const char *path;
  bool *known; /* of each tensor of the file */
  struct vit_error *error;
};

/* Compares shapes. Ones at the start of a shape do not count, nor do the ones at the end of a 1 x 1 convolution. */
static bool same_shape(const struct safetensors_tensor *tensor, const uint64_t *dims, uint32_t rank) {
  uint32_t skip = 0, end = tensor->rank;
  for (; rank && *dims == 1; rank--)
    dims++;
  while (skip < tensor->rank && tensor->dims[skip] == 1)
    skip++;
  while (rank && end - skip > rank && tensor->dims[end - 1] == 1)
    end--;
  return end - skip == rank && memcmp(tensor->dims + skip, dims, rank * sizeof *dims) == 0;
}

static void print_shape(const uint64_t *dims, uint32_t rank, char *text, size_t bytes) {
  size_t length = 0;
  text[0] = 0;
  for (uint32_t i = 0; i < rank && length < bytes; i++)
    length += (size_t)snprintf(text + length, bytes - length, "%s%llu", i ? " x " : "", (unsigned long long)dims[i]);
}

static bool check_tensor(
    struct check *check, uint32_t layer, const char *name, const char *suffix, uint32_t rank, const uint64_t *dims) {
  char text[MAX_NAME_BYTES], want[128], have[128];
  if (!name)
    return true;
  tensor_name(check->folder, layer, name, suffix, text);
  const struct safetensors_tensor *tensor = safetensors_find(&check->folder->weights, text);
  if (!tensor)
    return vit_fail(check->error, "%s: tensor %s is missing", check->path, text);
  if (tensor->type == SAFETENSORS_OTHER)
    return vit_fail(check->error, "%s: tensor %s has dtype %s, not F32, F16 or BF16", check->path, text, tensor->dtype);
  print_shape(dims, rank, want, sizeof want);
  print_shape(tensor->dims, tensor->rank, have, sizeof have);
  if (!same_shape(tensor, dims, rank))
    return vit_fail(check->error, "%s: tensor %s has shape %s, not %s", check->path, text, have, want);
  check->known[tensor - check->folder->weights.tensors] = true;
  return true;
}

static bool check_vector(struct check *check, uint32_t layer, const char *name, const char *suffix, uint64_t width) {
  return check_tensor(check, layer, name, suffix, 1, &width);
}

static bool check_norm(struct check *check, uint32_t layer, const char *name, uint32_t width) {
  return check_vector(check, layer, name, ".weight", width) && check_vector(check, layer, name, ".bias", width);
}

static bool check_product(struct check *check, uint32_t layer, enum vit_product product) {
  const struct vit_config *config = &check->folder->config;
  const char *const *parts = vit_config_parts(config, product);
  uint32_t count = 0;
  while (count < VIT_MAX_PARTS && parts[count])
    count++;
  for (uint32_t i = 0; i < count; i++) {
    const uint64_t dims[] = {vit_config_columns(config, product) / count, vit_config_depth(config, product)};
    if (!check_tensor(check, layer, parts[i], ".weight", 2, dims) ||
        (config->biases[product][i] && !check_vector(check, layer, parts[i], ".bias", dims[0])))
      return false;
  }
  for (int i = 0; product == VIT_QKV && i < VIT_MAX_PARTS; i++)
    if (!check_vector(check, layer, config->family->split_biases[i], "", config->hidden))
      return false;
  return true;
}

static bool check_layer(struct check *check, uint32_t layer) {
  const struct vit_config *config = &check->folder->config;
  const struct vit_family *family = config->family;
  for (enum vit_product i = 0; i < VIT_PRODUCT_COUNT; i++)
    if (!check_product(check, layer, i))
      return false;
  return check_norm(check, layer, family->norm1, config->hidden) &&
         check_norm(check, layer, family->norm2, config->hidden) &&
         check_vector(check, layer, family->scale1, "", config->hidden) &&
         check_vector(check, layer, family->scale2, "", config->hidden);
}

/* The file may have an empty tensor of registers. */
static bool check_registers(struct check *check) {
  const struct vit_config *config = &check->folder->config;
  const char *name = config->family->registers;
  if (!config->register_count && (!name || !vit_folder_tensor(check->folder, VIT_NO_LAYER, name, "")))
    return true;
  return check_tensor(check, VIT_NO_LAYER, name, "", 2, (const uint64_t[]){config->register_count, config->hidden});
}

static bool check_embeddings(struct check *check) {
  const struct vit_config *config = &check->folder->config;
  const struct vit_family *family = config->family;
  uint32_t hidden = config->hidden, patch = config->patch_size, across = config->image_size / patch;
  uint64_t positions = (uint64_t)across * across + config->position_tokens;
  return check_tensor(check, VIT_NO_LAYER, family->positions, "", 2, (const uint64_t[]){positions, hidden}) &&
         (family->linear ? check_tensor(check, VIT_NO_LAYER, family->patches, ".weight", 2,
                               (const uint64_t[]){hidden, 3 * patch * patch})
                         : check_tensor(check, VIT_NO_LAYER, family->patches, ".weight", 4,
                               (const uint64_t[]){hidden, 3, patch, patch})) &&
         (!family->patch_bias || check_vector(check, VIT_NO_LAYER, family->patches, ".bias", hidden)) &&
         check_vector(check, VIT_NO_LAYER, family->class_token, "", hidden) &&
         check_vector(check, VIT_NO_LAYER, family->distillation_token, "", hidden) && check_registers(check) &&
         (!family->pre_norm || check_norm(check, VIT_NO_LAYER, family->pre_norm, hidden)) &&
         (!family->post_norm || check_norm(check, VIT_NO_LAYER, family->post_norm, hidden));
}

/* ---- ConvNets ---- */

static bool check_map(struct check *check, uint32_t layer, const char *name, uint32_t out, uint32_t in) {
  return check_tensor(check, layer, name, ".weight", 2, (const uint64_t[]){out, in}) &&
         check_vector(check, layer, name, ".bias", out);
}

static bool check_block(struct check *check, uint32_t layer, uint32_t width) {
  const struct vit_config *config = &check->folder->config;
  const struct vit_family *family = config->family;
  return check_tensor(check, layer, family->depthwise, ".weight", 4, (const uint64_t[]){width, 1, 7, 7}) &&
         check_vector(check, layer, family->depthwise, ".bias", width) &&
         check_norm(check, layer, family->norm2, width) &&
         check_map(check, layer, family->parts[VIT_FC1][0], 4 * width, width) &&
         check_map(check, layer, family->parts[VIT_FC2][0], width, 4 * width) &&
         (config->no_scale || check_vector(check, layer, family->scale2, "", width));
}

static bool check_stage(struct check *check, uint32_t stage) {
  const struct vit_config *config = &check->folder->config;
  const struct vit_family *family = config->family;
  uint32_t width = config->stage_channels[stage], before = stage ? config->stage_channels[stage - 1] : 0;
  if (stage && (!check_norm(check, stage, family->down_norm, before) ||
                   !check_tensor(check, stage, family->down, ".weight", 4, (const uint64_t[]){width, before, 2, 2}) ||
                   !check_vector(check, stage, family->down, ".bias", width)))
    return false;
  for (uint32_t i = 0; i < config->stage_blocks[stage]; i++)
    if (!check_block(check, VIT_BLOCK(stage, i), width))
      return false;
  return true;
}

/* Checks a ConvNet. A backbone has no last norm. */
static bool check_convnet(struct check *check) {
  const struct vit_config *config = &check->folder->config;
  const struct vit_family *family = config->family;
  uint32_t width = config->stage_channels[0], patch = config->patch_size;
  if (!check_tensor(check, VIT_NO_LAYER, family->patches, ".weight", 4, (const uint64_t[]){width, 3, patch, patch}) ||
      !check_vector(check, VIT_NO_LAYER, family->patches, ".bias", width) ||
      !check_norm(check, VIT_NO_LAYER, family->pre_norm, width) ||
      (family->post_norm && !check_norm(check, VIT_NO_LAYER, family->post_norm, config->hidden)))
    return false;
  for (uint32_t i = 0; i < config->layers; i++)
    if (!check_stage(check, i))
      return false;
  return true;
}

/* Refuses unknown tensors of the model. Names that do not begin with the root belong to other models in the file. */
static bool check_unknown(struct check *check) {
  const struct vit_folder *folder = check->folder;
  const char *const *ignored = folder->config.family->ignored;
  size_t max_ignored = sizeof folder->config.family->ignored / sizeof *ignored, root = strlen(folder->root);
  for (size_t i = 0; i < folder->weights.count; i++) {
    const char *name = folder->weights.tensors[i].name;
    bool known = check->known[i] || strncmp(name, folder->root, root) != 0;
    for (size_t j = 0; !known && j < max_ignored && ignored[j]; j++)
      known = strncmp(name + root, ignored[j], strlen(ignored[j])) == 0;
    if (!known)
      return vit_fail(check->error, "%s: tensor %s is unknown in a model of %s with %u layers", check->path, name,
          folder->config.family->name, folder->config.layers);
  }
  return true;
}

/* Finds the roots of names. In some files of transformers 5, the layers are not below the model's root. */
static void find_roots(struct vit_folder *folder) {
  const struct vit_family *family = folder->config.family;
  for (size_t i = 0; i < 3 && family->roots[i]; i++) {
    folder->root = family->roots[i];
    if (vit_folder_tensor(folder, VIT_NO_LAYER, family->patches, ".weight"))
      break;
  }
  folder->layer_root = "";
  if (family->depthwise || !vit_folder_tensor(folder, 0, family->norm1, ".weight"))
    folder->layer_root = folder->root;
}

/* Gives the family the names of transformers 5 if the file has these. */
static void take_renamed(struct vit_folder *folder) {
  struct vit_family *family = &folder->family;
  const struct vit_names *names = family->renamed;
  const char *patches = names && names->patches ? names->patches : family->patches;
  for (size_t i = 0; names && i < 3 && family->roots[i]; i++) {
    const char *found = folder->root;
    folder->root = family->roots[i];
    if (!vit_folder_tensor(folder, VIT_NO_LAYER, patches, ".weight") ||
        !vit_folder_tensor(folder, VIT_NO_LAYER, names->probe, "")) {
      folder->root = found;
      continue;
    }
    folder->layer_root = folder->root;
    family->patches = patches;
    family->pre_norm = names->pre_norm ? names->pre_norm : family->pre_norm;
    family->layer = names->layer ? names->layer : family->layer;
    for (size_t product = 0; product < VIT_PRODUCT_COUNT; product++)
      if (names->parts[product][0])
        memcpy(family->parts[product], names->parts[product], sizeof(vit_parts));
    if (names->gated_fc1[0]) {
      memcpy(family->gated_fc1, names->gated_fc1, sizeof(vit_parts));
      memcpy(family->gated_fc2, names->gated_fc2, sizeof(vit_parts));
    }
    return;
  }
}

static bool check_tensors(const char *path, struct vit_folder *folder, struct vit_error *error) {
  struct check check = {folder, path, calloc(folder->weights.count + 1, sizeof(bool)), error};
  if (!check.known)
    return vit_fail(error, "%s: no memory for its %zu tensors", path, folder->weights.count);
  const bool convnet = vit_is_convnet(&folder->config);
  bool done = convnet ? check_convnet(&check) : check_embeddings(&check);
  for (uint32_t i = 0; done && !convnet && i < folder->config.layers; i++)
    done = check_layer(&check, i);
  done = done && check_unknown(&check);
  free(check.known);
  return done;
}

/* ---- The folder ---- */

/* Refuses weights that only PyTorch reads. The message has the command that converts them. */
static bool refuse_pickle(const char *folder, struct vit_error *error) {
  static const char *const endings[] = {".bin", ".pt", ".pth"};
  char name[VIT_MAX_NAME_BYTES] = "";
  for (size_t i = 0; i < 3 && !name[0]; i++)
    vit_file_find(folder, endings[i], name);
  if (!name[0])
    return vit_fail(error, "%s: has neither model.safetensors nor model.safetensors.index.json", folder);
  if (strstr(name, "-of-"))
    return vit_fail(error,
        "%.120s: has its weights in %.60s and others, which only PyTorch reads; once, in that folder:\n"
        "python3 -c \"from transformers import AutoModel; AutoModel.from_pretrained('.').save_pretrained('NEW')\"",
        folder, name);
  return vit_fail(error,
      "%.120s: has its weights in %.60s alone, which only PyTorch reads; once, in that folder:\n"
      "python3 -c \"import torch, safetensors.torch as s; w = torch.load('%.60s', 'cpu', weights_only=True); "
      "s.save_file({k: v.contiguous().clone() for k, v in w.get('state_dict', w).items()}, 'model.safetensors')\"",
      folder, name, name);
}

static const char *const weights[] = {
    "model.safetensors", "model.safetensors.index.json", "open_clip_model.safetensors"};

static bool open_weights(
    const char *folder, int first, struct vit_folder *opened, char path[VIT_MAX_PATH_BYTES], struct vit_error *error) {
  for (int i = 0; i < 3; i++) {
    const char *name = weights[(first + i) % 3];
    if (!vit_file_exists(folder, name))
      continue;
    snprintf(path, VIT_MAX_PATH_BYTES, "%s/%s", folder, name);
    return (name == weights[1] ? safetensors_open_index : safetensors_open)(path, &opened->weights, error);
  }
  return refuse_pickle(folder, error);
}

/* A checkpoint as transformers saves it. */
static bool read_transformers(
    const char *path, const char *file, const cJSON *json, struct vit_folder *folder, struct vit_error *error) {
  char weights_path[VIT_MAX_PATH_BYTES];
  if (!vit_config_parse(file, json, &folder->config, error) ||
      !vit_preprocess_read(path, folder->config.family->processor, &folder->preprocess, error) ||
      !open_weights(path, 0, folder, weights_path, error))
    return false;
  find_roots(folder);
  folder->family = *folder->config.family;
  folder->config.family = &folder->family;
  take_renamed(folder);
  if ((folder->family.depthwise || folder->family.maybe_normed) &&
      !vit_folder_tensor(folder, VIT_NO_LAYER, folder->family.post_norm, ".weight")) {
    folder->family.post_norm = NULL; /* such as a backbone */
    folder->family.normed = false;
  }
  return check_tensors(weights_path, folder, error);
}

/* One of timm's or of open_clip's. */
static bool read_foreign(
    const char *path, const char *file, const cJSON *json, struct vit_folder *folder, struct vit_error *error) {
  char weights_path[VIT_MAX_PATH_BYTES];
  const bool timm = vit_is_timm(json);
  return open_weights(path, timm ? 0 : 2, folder, weights_path, error) &&
         (timm ? vit_adapt_timm : vit_adapt_open_clip)(file, json, folder, error) &&
         check_tensors(weights_path, folder, error);
}

static bool read_folder(const char *path, struct vit_folder *folder, struct vit_error *error) {
  char file[VIT_MAX_PATH_BYTES];
  if (snprintf(file, sizeof file, "%s/model.safetensors.index.json", path) >= (int)sizeof file)
    return vit_fail(error, "%.60s...: its name is too long", path);
  const bool has_config = vit_file_exists(path, "config.json");
  bool clip = vit_file_exists(path, "open_clip_config.json");
  snprintf(file, sizeof file, "%s/%s", path, has_config || !clip ? "config.json" : "open_clip_config.json");
  cJSON *json = vit_file_json(file, error);
  if (json && has_config && clip && !vit_json_field(json, "model_type")) {
    cJSON_Delete(json);
    snprintf(file, sizeof file, "%s/open_clip_config.json", path);
    json = vit_file_json(file, error);
  } else {
    clip = clip && !has_config;
  }
  bool done = json && (clip || vit_is_timm(json) ? read_foreign : read_transformers)(path, file, json, folder, error);
  cJSON_Delete(json);
  return done;
}

bool vit_folder_open(const char *path, struct vit_folder **folder, struct vit_error *error) {
  *folder = calloc(1, sizeof **folder);
  if (!*folder)
    return vit_fail(error, "%s: no memory", path);
  if (read_folder(path, *folder, error))
    return true;
  vit_folder_close(folder);
  return false;
}

void vit_folder_close(struct vit_folder **folder) {
  if (*folder)
    safetensors_close(&(*folder)->weights);
  free(*folder);
  *folder = NULL;
}

const struct vit_config *vit_folder_config(const struct vit_folder *folder) {
  return &folder->config;
}

const struct vit_preprocess *vit_folder_preprocess(const struct vit_folder *folder) {
  return &folder->preprocess;
}
