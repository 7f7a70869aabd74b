#include "weights.h"

#include "positions.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 256u /* the largest that a device may ask of an offset */

/* What goes through the functions below. */
struct loader {
  struct vit_weights *weights;
  const struct vit_folder *folder;
  const struct vit_device *device;
  struct vit_upload *upload;
  struct vit_error *error;
  bool texels;
  float *vectors; /* those so far */
  size_t count, capacity;
};

/* ---- Vectors ---- */

/* Room for more vectors; NULL if there is no memory. Those made before may move. */
static float *reserve(struct loader *loader, size_t count, uint32_t *first) {
  if (!loader->vectors || loader->count + count > loader->capacity) {
    size_t capacity = (loader->count + count) * 2 + 1024;
    float *vectors = realloc(loader->vectors, capacity * sizeof *vectors);
    if (!vectors) {
      vit_fail(loader->error, "no memory for vectors of %zu elements", capacity);
      return NULL;
    }
    loader->vectors = vectors;
    loader->capacity = capacity;
  }
  float *room = loader->vectors + loader->count;
  memset(room, 0, count * sizeof *room);
  *first = (uint32_t)loader->count;
  loader->count += count;
  return room;
}

/* A tensor as vectors, or zeros in its place. */
static bool add_vector(struct loader *loader, const struct safetensors_tensor *tensor, size_t count, uint32_t *first) {
  float *room = reserve(loader, count, first);
  if (room && tensor)
    safetensors_decode(tensor, 0, count, room);
  return room;
}

static bool add_norm(struct loader *loader, uint32_t layer, const char *name, struct vit_norm_vectors *norm) {
  uint32_t width = loader->folder->config.hidden;
  return add_vector(loader, vit_folder_tensor(loader->folder, layer, name, ".weight"), width, &norm->weight) &&
         add_vector(loader, vit_folder_tensor(loader->folder, layer, name, ".bias"), width, &norm->bias);
}

static void add_to(float *values, const struct safetensors_tensor *tensor, uint64_t first, size_t count) {
  for (size_t i = 0; tensor && i < count; i++) {
    float value;
    safetensors_decode(tensor, first + i, 1, &value);
    values[i] += value;
  }
}

/* CLS, distillation and register tokens; the first ones have positions. */
static bool add_prefix(struct loader *loader) {
  const struct vit_config *config = &loader->folder->config;
  const struct vit_family *family = config->family;
  const char *const names[] = {family->class_token, family->distillation_token, family->registers};
  const uint32_t counts[] = {1, 1, config->register_count};
  size_t width = config->hidden, at = 0;
  float *room = reserve(loader, config->prefix * width, &loader->weights->prefix_tokens);
  for (int i = 0; room && i < 3; i++)
    if (names[i]) {
      add_to(room + at, vit_folder_tensor(loader->folder, VIT_NO_LAYER, names[i], ""), 0, counts[i] * width);
      at += counts[i] * width;
    }
  if (room)
    add_to(room, vit_folder_tensor(loader->folder, VIT_NO_LAYER, family->positions, ""), 0,
        config->position_tokens * width);
  return room;
}

static bool add_positions(struct loader *loader, uint32_t across) {
  const struct vit_config *config = &loader->folder->config;
  uint32_t trained = config->image_size / config->patch_size;
  size_t width = config->hidden, tokens = (size_t)across * across, count = (size_t)trained * trained * width;
  const struct safetensors_tensor *tensor =
      vit_folder_tensor(loader->folder, VIT_NO_LAYER, config->family->positions, "");
  float *room = reserve(loader, tokens * width, &loader->weights->positions);
  float *from = malloc(count * sizeof *from);
  if (room && !from)
    vit_fail(loader->error, "no memory for %zu position embeddings", count);
  bool done = room && from;
  if (done) {
    safetensors_decode(tensor, config->position_tokens * width, count, from);
    if (across == trained)
      memcpy(room, from, count * sizeof *from);
    else if (!vit_interpolate(from, trained, room, across, config->hidden, config->family->antialias))
      done = vit_fail(loader->error, "no memory for the interpolation of %zu position embeddings", count);
  }
  free(from);
  const struct safetensors_tensor *bias =
      vit_folder_tensor(loader->folder, VIT_NO_LAYER, config->family->patches, ".bias");
  for (size_t i = 0; done && i < tokens; i++)
    add_to(room + i * width, bias, 0, width);
  return done;
}

/* Where they are asked for, in elements of four. */
static bool make_view(struct loader *loader, VkBuffer buffer, enum safetensors_type type, uint64_t offset,
    uint64_t bytes, VkBufferView *texels) {
  const VkBufferViewCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
      .buffer = buffer,
      .format = type == SAFETENSORS_F32 ? VK_FORMAT_R32G32B32A32_SFLOAT : VK_FORMAT_R32G32_UINT,
      .offset = offset,
      .range = bytes};
  VkResult result = loader->texels ? vkCreateBufferView(loader->device->device, &info, NULL, texels) : VK_SUCCESS;
  return result ? vit_fail(loader->error, "vkCreateBufferView: VkResult %d", (int)result) : true;
}

static bool make_buffer(struct loader *loader, const char *name, uint64_t bytes, struct vit_buffer *buffer) {
  loader->weights->bytes += bytes;
  return vit_buffer_create(loader->device, name, bytes,
      VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
          (loader->texels ? VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT : 0),
      false, buffer, loader->error);
}

static bool upload_vectors(struct loader *loader) {
  uint64_t bytes = loader->count * sizeof *loader->vectors;
  struct vit_buffer *buffer = &loader->weights->vectors;
  if (bytes > loader->device->limits.maxStorageBufferRange)
    return vit_fail(loader->error, "biases and position embeddings take %llu bytes; a storage buffer has at most %u",
        (unsigned long long)bytes, loader->device->limits.maxStorageBufferRange);
  return make_buffer(loader, "vectors", bytes, buffer) &&
         make_view(loader, buffer->buffer, SAFETENSORS_F32, 0, bytes, &loader->weights->vector_texels) &&
         vit_upload_write(loader->upload, buffer, 0, loader->vectors, bytes, loader->error);
}

/* ---- Matrices ---- */

static uint64_t element_bytes(enum safetensors_type type) {
  return type == SAFETENSORS_F32 ? 4 : 2;
}

static bool make_matrix_view(struct loader *loader, struct vit_matrix *matrix) {
  return make_view(loader, matrix->buffer, matrix->type, matrix->offset, matrix->bytes, &matrix->texels);
}

/* The matrices of a product, one below the other. */
struct parts {
  const struct safetensors_tensor *tensors[3];
  uint32_t count;
};

static bool find_parts(struct loader *loader, uint32_t layer, struct parts parts[VIT_PRODUCT_COUNT]) {
  const struct vit_family *family = loader->folder->config.family;
  const char *const names[VIT_PRODUCT_COUNT][3] = {
      [VIT_QKV] = {family->query, family->key, family->value},
      [VIT_OUTPUT] = {family->output},
      [VIT_FC1] = {family->fc1},
      [VIT_FC2] = {family->fc2},
  };
  for (int i = 0; i < VIT_PRODUCT_COUNT; i++)
    for (parts[i].count = 0; parts[i].count < 3 && names[i][parts[i].count]; parts[i].count++) {
      const struct safetensors_tensor *tensor =
          vit_folder_tensor(loader->folder, layer, names[i][parts[i].count], ".weight");
      parts[i].tensors[parts[i].count] = tensor;
      if (tensor->type != parts[i].tensors[0]->type)
        return vit_fail(loader->error, "tensor %s has dtype %s, and %s has %s: query, key and value must have one type",
            tensor->name, tensor->dtype, parts[i].tensors[0]->name, parts[i].tensors[0]->dtype);
    }
  return true;
}

static bool add_matrices(struct loader *loader, uint32_t index) {
  struct vit_layer *layer = &loader->weights->layers[index];
  struct parts parts[VIT_PRODUCT_COUNT];
  uint64_t bytes = 0;
  if (!find_parts(loader, index, parts))
    return false;
  for (int i = 0; i < VIT_PRODUCT_COUNT; i++) {
    const struct safetensors_tensor *first = parts[i].tensors[0];
    struct vit_matrix *matrix = &layer->matrices[i];
    *matrix = (struct vit_matrix){.type = first->type,
        .columns = (uint32_t)first->dims[first->rank - 2] * parts[i].count,
        .depth = (uint32_t)first->dims[first->rank - 1],
        .offset = bytes};
    matrix->bytes = element_bytes(matrix->type) * matrix->columns * matrix->depth;
    bytes += (matrix->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
  if (!make_buffer(loader, "matrices of a layer", bytes, &layer->buffer))
    return false;
  for (int i = 0; i < VIT_PRODUCT_COUNT; i++) {
    struct vit_matrix *matrix = &layer->matrices[i];
    matrix->buffer = layer->buffer.buffer;
    uint64_t at = matrix->offset;
    for (uint32_t j = 0; j < parts[i].count; j++) {
      uint64_t part = parts[i].tensors[j]->end - parts[i].tensors[j]->begin;
      if (!vit_upload_write(loader->upload, &layer->buffer, at, parts[i].tensors[j]->data, part, loader->error))
        return false;
      at += part;
    }
    if (!make_matrix_view(loader, matrix))
      return false;
  }
  return true;
}

static void describe_patches(struct loader *loader) {
  const struct vit_config *config = &loader->folder->config;
  enum safetensors_type type =
      vit_folder_tensor(loader->folder, VIT_NO_LAYER, config->family->patches, ".weight")->type;
  uint32_t depth = (3 * config->patch_size * config->patch_size + 15) / 16 * 16;
  loader->weights->patches = (struct vit_matrix){.type = type,
      .columns = config->hidden,
      .depth = depth,
      .bytes = (uint64_t)config->hidden * depth * element_bytes(type)};
}

static bool add_patches(struct loader *loader) {
  const struct vit_config *config = &loader->folder->config;
  const struct safetensors_tensor *tensor =
      vit_folder_tensor(loader->folder, VIT_NO_LAYER, config->family->patches, ".weight");
  struct vit_matrix *matrix = &loader->weights->patches;
  size_t size = element_bytes(tensor->type), depth = 3 * config->patch_size * config->patch_size,
         padded = matrix->depth;
  unsigned char *rows = calloc((size_t)config->hidden * padded, size);
  if (!rows)
    return vit_fail(loader->error, "no memory for the patch embedding's %llu bytes", (unsigned long long)matrix->bytes);
  for (size_t i = 0; i < config->hidden; i++)
    memcpy(rows + i * padded * size, tensor->data + i * depth * size, depth * size);
  bool done = make_buffer(loader, "patch embedding", matrix->bytes, &loader->weights->patch_buffer) &&
              vit_upload_write(loader->upload, &loader->weights->patch_buffer, 0, rows, matrix->bytes, loader->error);
  matrix->buffer = loader->weights->patch_buffer.buffer;
  free(rows);
  return done && make_matrix_view(loader, matrix);
}

/* ---- All of it ---- */

static bool add_layer_vectors(struct loader *loader, uint32_t index) {
  const struct vit_config *config = &loader->folder->config;
  const struct vit_family *family = config->family;
  struct vit_layer *layer = &loader->weights->layers[index];
  const struct {
    const char *name;
    enum vit_product product;
    uint32_t width;
  } biases[] = {
      {family->query, VIT_QKV, config->hidden},
      {family->key, VIT_PRODUCT_COUNT, config->hidden},
      {family->value, VIT_PRODUCT_COUNT, config->hidden},
      {family->output, VIT_OUTPUT, config->hidden},
      {family->fc1, VIT_FC1, config->intermediate},
      {family->fc2, VIT_FC2, config->hidden},
  };
  for (size_t i = 0; i < sizeof biases / sizeof *biases; i++) {
    uint32_t first;
    if (!add_vector(loader, vit_folder_tensor(loader->folder, index, biases[i].name, ".bias"), biases[i].width, &first))
      return false;
    if (biases[i].product < VIT_PRODUCT_COUNT) /* those of key and value follow the query's */
      layer->biases[biases[i].product] = first;
  }
  if (family->scale1 && (!add_vector(loader, vit_folder_tensor(loader->folder, index, family->scale1, ""),
                             config->hidden, &layer->scales[VIT_OUTPUT]) ||
                            !add_vector(loader, vit_folder_tensor(loader->folder, index, family->scale2, ""),
                                config->hidden, &layer->scales[VIT_FC2])))
    return false;
  return add_norm(loader, index, family->norm1, &layer->norms[0]) &&
         add_norm(loader, index, family->norm2, &layer->norms[1]);
}

static uint64_t upload_bytes(struct loader *loader) {
  uint64_t bytes = 0;
  struct parts parts[VIT_PRODUCT_COUNT];
  for (uint32_t i = 0; i < loader->weights->layer_count; i++)
    if (find_parts(loader, i, parts))
      for (int j = 0; j < VIT_PRODUCT_COUNT; j++)
        for (uint32_t k = 0; k < parts[j].count; k++)
          bytes += parts[j].tensors[k]->end - parts[j].tensors[k]->begin;
  return bytes + loader->weights->patches.bytes + loader->count * sizeof *loader->vectors;
}

static bool load(struct loader *loader, uint32_t across) {
  struct vit_weights *weights = loader->weights;
  const struct vit_family *family = loader->folder->config.family;
  if (!add_prefix(loader) || !add_positions(loader, across) ||
      (family->pre_norm && !add_norm(loader, VIT_NO_LAYER, family->pre_norm, &weights->pre_norm)) ||
      !add_norm(loader, VIT_NO_LAYER, family->post_norm, &weights->post_norm))
    return false;
  for (uint32_t i = 0; i < weights->layer_count; i++)
    if (!add_layer_vectors(loader, i))
      return false;
  describe_patches(loader);
  loader->upload->total = upload_bytes(loader);
  if (!upload_vectors(loader) || !add_patches(loader))
    return false;
  for (uint32_t i = 0; i < weights->layer_count; i++)
    if (!add_matrices(loader, i))
      return false;
  return true;
}

bool vit_weights_create(struct vit_weights *weights, const struct vit_folder *folder, const struct vit_device *device,
    uint32_t layer_count, uint32_t across, bool texels, struct vit_upload *upload, struct vit_error *error) {
  *weights = (struct vit_weights){.layer_count = layer_count};
  weights->layers = calloc(layer_count, sizeof *weights->layers);
  if (!weights->layers)
    return vit_fail(error, "no memory for %u layers", layer_count);
  struct loader loader = {weights, folder, device, upload, error, texels, NULL, 0, 0};
  bool done = load(&loader, across) && safetensors_are_whole(&folder->weights, error);
  free(loader.vectors);
  return done;
}

void vit_weights_destroy(struct vit_weights *weights, const struct vit_device *device) {
  for (uint32_t i = 0; weights->layers && i < weights->layer_count; i++) {
    for (int j = 0; j < VIT_PRODUCT_COUNT; j++)
      vkDestroyBufferView(device->device, weights->layers[i].matrices[j].texels, NULL);
    vit_buffer_destroy(device, &weights->layers[i].buffer);
  }
  vkDestroyBufferView(device->device, weights->patches.texels, NULL);
  vkDestroyBufferView(device->device, weights->vector_texels, NULL);
  vit_buffer_destroy(device, &weights->patch_buffer);
  vit_buffer_destroy(device, &weights->vectors);
  free(weights->layers);
  *weights = (struct vit_weights){0};
}
