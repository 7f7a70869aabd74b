#include "random.h"

#include "element.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPREAD 4096 /* elements by which the beginnings of tensors differ, at most */

static const struct {
  const char *name, *text, *config;
} models[] = {
    {"b32", "CLIP ViT-B/32: 12 layers of 768, tiles of 224",
        "{\"model_type\": \"clip_vision_model\", \"hidden_size\": 768, \"intermediate_size\": 3072, "
        "\"num_hidden_layers\": 12, \"num_attention_heads\": 12, \"image_size\": 224, \"patch_size\": 32}"},
    {"b16", "CLIP ViT-B/16: the same with patches of 16",
        "{\"model_type\": \"clip_vision_model\", \"hidden_size\": 768, \"intermediate_size\": 3072, "
        "\"num_hidden_layers\": 12, \"num_attention_heads\": 12, \"image_size\": 224, \"patch_size\": 16}"},
    {"l14", "CLIP ViT-L/14: 24 layers of 1024, tiles of 336",
        "{\"model_type\": \"clip_vision_model\", \"hidden_size\": 1024, \"intermediate_size\": 4096, "
        "\"num_hidden_layers\": 24, \"num_attention_heads\": 16, \"image_size\": 336, \"patch_size\": 14}"},
    {"tiny", "CLIP of 2 layers of 32, tiles of 16, for tests",
        "{\"model_type\": \"clip_vision_model\", \"hidden_size\": 32, \"intermediate_size\": 48, "
        "\"num_hidden_layers\": 2, \"num_attention_heads\": 2, \"image_size\": 16, \"patch_size\": 4}"},
};
#define MODEL_COUNT (sizeof models / sizeof *models)

const char *random_name(uint32_t index) {
  return index < MODEL_COUNT ? models[index].name : NULL;
}

const char *random_text(uint32_t index) {
  return index < MODEL_COUNT ? models[index].text : NULL;
}

/* ---- Tensors ---------------------------------------------------------------------------------------------------- */

struct maker {
  struct random_folder *random;
  s2vk_type type;
};

static void add(struct maker *maker, uint32_t layer, const char *name, const char *suffix, const void *values,
    uint32_t rank, const uint64_t *dims) {
  static const char *const dtypes[] = {[S2VK_TYPE_F32] = "F32", [S2VK_TYPE_F16] = "F16", [S2VK_TYPE_BF16] = "BF16"};
  static const enum safetensors_type types[] = {
      [S2VK_TYPE_F32] = SAFETENSORS_F32, [S2VK_TYPE_F16] = SAFETENSORS_F16, [S2VK_TYPE_BF16] = SAFETENSORS_BF16};
  struct vit_folder *folder = &maker->random->folder;
  struct safetensors *file = &folder->weights;
  if (!name)
    return;
  char *text = maker->random->names[file->count];
  if (layer == VIT_NO_LAYER)
    snprintf(text, sizeof *maker->random->names, "%s%s%s", folder->root, name, suffix);
  else
    snprintf(text, sizeof *maker->random->names, "%s%s%u.%s%s", folder->root, folder->config.family->layer, layer, name,
        suffix);
  struct safetensors_tensor *tensor = &file->tensors[file->count++];
  *tensor = (struct safetensors_tensor){
      .name = text, .dtype = dtypes[maker->type], .type = types[maker->type], .rank = rank, .elements = 1};
  for (uint32_t i = 0; i < rank; i++)
    tensor->elements *= tensor->dims[i] = dims[i];
  size_t bytes = s2vk_type_size(maker->type);
  tensor->end = tensor->elements * bytes;
  tensor->data = (const unsigned char *)values + file->count * 2654435761u % SPREAD * bytes;
}

static void add_vector(struct maker *maker, uint32_t layer, const char *name, const char *suffix, uint64_t width) {
  add(maker, layer, name, suffix, maker->random->weights, 1, &width);
}

static void add_norm(struct maker *maker, uint32_t layer, const char *name) {
  const uint64_t width = maker->random->folder.config.hidden;
  add(maker, layer, name, ".weight", maker->random->norms, 1, &width);
  add_vector(maker, layer, name, ".bias", width);
}

static void add_linear(struct maker *maker, uint32_t layer, const char *name, uint64_t out, uint64_t in) {
  add(maker, layer, name, ".weight", maker->random->weights, 2, (const uint64_t[]){out, in});
  add_vector(maker, layer, name, ".bias", out);
}

static void add_product(struct maker *maker, uint32_t layer, enum vit_product product) {
  const struct vit_config *config = &maker->random->folder.config;
  const char *const *parts = vit_config_parts(config, product);
  uint32_t count = 0;
  while (count < VIT_MAX_PARTS && parts[count])
    count++;
  for (uint32_t i = 0; i < count; i++)
    add_linear(maker, layer, parts[i], vit_config_columns(config, product) / count, vit_config_depth(config, product));
}

static void add_tensors(struct maker *maker) {
  const struct vit_config *config = &maker->random->folder.config;
  const struct vit_family *family = config->family;
  const uint64_t hidden = config->hidden, patch = config->patch_size;
  const uint64_t across = config->image_size / patch;
  add_vector(maker, VIT_NO_LAYER, family->class_token, "", hidden);
  add(maker, VIT_NO_LAYER, family->positions, "", maker->random->weights, 2,
      (const uint64_t[]){across * across + config->position_tokens, hidden});
  add(maker, VIT_NO_LAYER, family->patches, ".weight", maker->random->weights, 4,
      (const uint64_t[]){hidden, 3, patch, patch});
  add_norm(maker, VIT_NO_LAYER, family->pre_norm);
  add_norm(maker, VIT_NO_LAYER, family->post_norm);
  for (uint32_t i = 0; i < config->layers; i++) {
    add_norm(maker, i, family->norm1);
    add_norm(maker, i, family->norm2);
    for (enum vit_product j = 0; j < VIT_PRODUCT_COUNT; j++)
      add_product(maker, i, j);
  }
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const struct safetensors_tensor *)a)->name, ((const struct safetensors_tensor *)b)->name);
}

/* ---- The folder -------------------------------------------------------------------------------------------------- */

/* Uniform in middle - reach to middle + reach. */
static void *make_values(s2vk_type type, size_t count, double middle, double reach) {
  uint64_t state = count;
  void *values = malloc(count * s2vk_type_size(type));
  for (size_t i = 0; values && i < count; i++) {
    state = state * 6364136223846793005 + 1442695040888963407;
    element_set(type, values, i, middle + reach * ((double)(state >> 32) / 2147483648.0 - 1));
  }
  return values;
}

bool random_open(const char *name, s2vk_type type, struct random_folder *random, struct vit_error *error) {
  size_t index = 0;
  *random = (struct random_folder){0};
  while (index < MODEL_COUNT && strcmp(models[index].name, name) != 0)
    index++;
  if (index == MODEL_COUNT)
    return vit_fail(error, "no model %s", name);
  struct vit_folder *folder = &random->folder;
  cJSON *json = vit_parse_json(name, models[index].config, strlen(models[index].config), error);
  bool done = json && vit_config_parse(name, json, &folder->config, error);
  cJSON_Delete(json);
  if (!done)
    return false;
  const struct vit_config *config = &folder->config;
  size_t hidden = config->hidden, patch = config->patch_size, across = config->image_size / patch;
  size_t largest = hidden * config->intermediate, count = 8 + 16 * config->layers;
  largest = largest > hidden * 3 * patch * patch ? largest : hidden * 3 * patch * patch;
  largest = largest > hidden * (across * across + 1) ? largest : hidden * (across * across + 1);
  folder->root = folder->layer_root = config->family->roots[0];
  folder->weights.tensors = calloc(count, sizeof *folder->weights.tensors);
  random->names = calloc(count, sizeof *random->names);
  random->weights = make_values(type, largest + SPREAD, 0, 0.05);
  random->norms = make_values(type, hidden + SPREAD, 1, 0.1);
  if (!folder->weights.tensors || !random->names || !random->weights || !random->norms) {
    random_close(random);
    return vit_fail(error, "%s: no memory for its weights", name);
  }
  add_tensors(&(struct maker){random, type});
  qsort(folder->weights.tensors, folder->weights.count, sizeof *folder->weights.tensors, by_name);
  return true;
}

void random_close(struct random_folder *random) {
  safetensors_close(&random->folder.weights);
  free(random->names);
  free(random->weights);
  free(random->norms);
  *random = (struct random_folder){0};
}
