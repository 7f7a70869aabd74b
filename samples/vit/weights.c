#include "weights.h"

#include <stdlib.h>
#include <string.h>

/* ---- Vectors ---- */

float *vit_load_room(struct vit_loader *loader, size_t count, uint32_t *first) {
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

bool vit_load_vector(
    struct vit_loader *loader, const struct safetensors_tensor *tensor, size_t count, uint32_t *first) {
  float *room = vit_load_room(loader, count, first);
  if (room && tensor)
    safetensors_decode(tensor, 0, count, room);
  return room;
}

void vit_load_add(float *values, const struct safetensors_tensor *tensor, uint64_t first, size_t count) {
  for (size_t i = 0; tensor && i < count; i++) {
    float value;
    safetensors_decode(tensor, first + i, 1, &value);
    values[i] += value;
  }
}

/* ---- Buffers ---- */

/* Makes a texel view of elements of four, if the device reads through texel buffers. */
static bool make_view(
    struct vit_loader *loader, const struct buffer *buffer, enum safetensors_type type, VkBufferView *texels) {
  const VkBufferViewCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
      .buffer = buffer->buffer,
      .format = type == SAFETENSORS_F32 ? VK_FORMAT_R32G32B32A32_SFLOAT : VK_FORMAT_R32G32_UINT,
      .range = buffer->bytes};
  VkResult result =
      loader->device->texels ? vkCreateBufferView(loader->device->device, &info, NULL, texels) : VK_SUCCESS;
  return result ? vit_fail(loader->error, "vkCreateBufferView: VkResult %d", (int)result) : true;
}

static bool make_buffer(struct vit_loader *loader, const char *name, uint64_t bytes, struct buffer *buffer) {
  if (bytes > loader->device->limits.maxStorageBufferRange)
    return vit_fail(loader->error, "%s take %llu bytes; a storage buffer of this device has at most %u", name,
        (unsigned long long)bytes, loader->device->limits.maxStorageBufferRange);
  loader->weights->bytes += bytes;
  return vit_buffer_create(loader->device, name, bytes,
      VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
          (loader->device->texels ? VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT : 0),
      false, buffer, loader->error);
}

bool vit_load_end(struct vit_loader *loader) {
  uint64_t bytes = loader->count * sizeof *loader->vectors;
  struct buffer *buffer = &loader->weights->vectors;
  if (!loader->upload) {
    loader->weights->bytes += bytes;
    return true;
  }
  return make_buffer(loader, "biases and position embeddings", bytes, buffer) &&
         vit_upload_write(loader->upload, buffer, 0, loader->vectors, bytes, loader->error) &&
         make_view(loader, buffer, SAFETENSORS_F32, &loader->weights->vector_texels);
}

/* ---- Matrices ---- */

static size_t element_bytes(enum safetensors_type type) {
  return type == SAFETENSORS_F32 ? 4 : 2;
}

/* Adds an empty matrix. Returns NULL after an error. A loader that only counts makes no buffer, and does not add the
 * matrix to the weights. */
static struct vit_matrix *add_matrix(
    struct vit_loader *loader, enum safetensors_type type, uint32_t columns, uint32_t depth, uint32_t *index) {
  struct vit_weights *weights = loader->weights;
  const uint64_t elements = (uint64_t)columns * depth;
  *index = weights->matrix_count;
  loader->largest = elements > loader->largest ? elements : loader->largest;
  struct vit_matrix *more = realloc(weights->matrices, (weights->matrix_count + 1) * sizeof *more);
  if (!more) {
    vit_fail(loader->error, "no memory for %u matrices", weights->matrix_count + 1);
    return NULL;
  }
  weights->matrices = more;
  more += weights->matrix_count++;
  *more = (struct vit_matrix){.type = type, .columns = columns, .depth = depth};
  const uint64_t bytes = elements * element_bytes(type);
  if (loader->upload)
    return make_buffer(loader, "weights of a linear map", bytes, &more->buffer) ? more : NULL;
  weights->bytes += bytes;
  return more;
}

bool vit_load_matrix(struct vit_loader *loader, const struct safetensors_tensor *const *tensors, uint32_t tensor_count,
    uint32_t columns, uint32_t depth, uint32_t *index) {
  for (uint32_t i = 1; i < tensor_count; i++)
    if (tensors[i]->type != tensors[0]->type)
      return vit_fail(loader->error, "tensor %s has dtype %s, and %s has %s: maps of one product must have one type",
          tensors[i]->name, tensors[i]->dtype, tensors[0]->name, tensors[0]->dtype);
  const struct vit_matrix *matrix = add_matrix(loader, tensors[0]->type, columns, depth, index);
  if (!matrix || !loader->upload)
    return matrix;
  struct vit_matrix *made = &loader->weights->matrices[*index];
  for (uint64_t i = 0, at = 0; i < tensor_count; i++) {
    uint64_t bytes = tensors[i]->end - tensors[i]->begin;
    if (!vit_upload_write(loader->upload, &made->buffer, at, tensors[i]->data, bytes, loader->error))
      return false;
    at += bytes;
  }
  return make_view(loader, &made->buffer, made->type, &made->texels);
}

static void put_row(const unsigned char *from, const struct vit_order *order, size_t size, unsigned char *to) {
  if (!order->channels)
    memcpy(to, from, order->count * size);
  for (size_t i = 0; i < order->area; i++)
    for (size_t channel = 0; channel < order->channels; channel++)
      memcpy(to + (channel * order->area + i) * size, from + (i * order->channels + channel) * size, size);
}

bool vit_load_convolution(struct vit_loader *loader, const struct safetensors_tensor *tensor,
    const struct vit_order *order, uint32_t columns, uint32_t depth, uint32_t *index) {
  const struct vit_matrix *matrix = add_matrix(loader, tensor->type, columns, depth, index);
  if (!matrix || !loader->upload)
    return matrix;
  struct vit_matrix *made = &loader->weights->matrices[*index];
  const size_t size = element_bytes(tensor->type);
  unsigned char *rows = calloc((size_t)columns * depth, size);
  if (!rows)
    return vit_fail(loader->error, "no memory for the %zu bytes of a convolution", (size_t)columns * depth * size);
  for (size_t i = 0; i < columns; i++)
    put_row(tensor->data + i * order->count * size, order, size, rows + i * depth * size);
  bool done = vit_upload_write(loader->upload, &made->buffer, 0, rows, made->buffer.bytes, loader->error);
  free(rows);
  return done && make_view(loader, &made->buffer, made->type, &made->texels);
}

void vit_weights_destroy(struct vit_weights *weights, const struct vit_device *device) {
  for (uint32_t i = 0; i < weights->matrix_count; i++) {
    vkDestroyBufferView(device->device, weights->matrices[i].texels, NULL);
    vit_buffer_destroy(device, &weights->matrices[i].buffer);
  }
  vkDestroyBufferView(device->device, weights->vector_texels, NULL);
  vit_buffer_destroy(device, &weights->vectors);
  free(weights->matrices);
  *weights = (struct vit_weights){0};
}
