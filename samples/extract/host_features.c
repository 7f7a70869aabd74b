#include "host_features.h"

#include "half.h"
#include "npy.h"
#include "output.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool features_allocate(
    struct features *features, const s2vk_plan_layout *layout, s2vk_type type, s2vk_output_shape shape) {
  size_t tokens = (size_t)layout->output_grid.height * layout->output_grid.width;
  uint32_t channels = layout->output.dims[shape == S2VK_OUTPUT_BNC ? 2 : 1];
  *features = (struct features){
      .bytes = (size_t)layout->output_bytes,
      .type = type,
      .shape = layout->output,
      .grid = layout->output_grid,
      .block = layout->output_block,
      .prefix = layout->output_prefix,
      .scale_count = layout->scale_count,
      .channels = channels / layout->scale_count,
      .token_stride = shape == S2VK_OUTPUT_BNC ? channels : 1,
      .channel_stride = shape == S2VK_OUTPUT_BNC ? 1 : tokens,
  };
  features->data = malloc(features->bytes);
  return features->data;
}

static float element(const struct features *features, size_t index) {
  switch (features->type) {
  case S2VK_TYPE_F16:
    return half_decode(((const uint16_t *)features->data)[index]);
  case S2VK_TYPE_BF16:
    return bfloat16_decode(((const uint16_t *)features->data)[index]);
  default:
    return ((const float *)features->data)[index];
  }
}

/* The place in the output of the token of a row and column of the grid. */
static size_t place_of(const struct features *features, size_t row, size_t column) {
  const s2vk_size block = features->block, grid = features->grid;
  if (!block.height)
    return row * grid.width + column;
  const size_t index = row / block.height * (grid.width / block.width) + column / block.width;
  return (index * block.height + row % block.height) * block.width + column % block.width;
}

float *features_decode(const struct features *features, uint32_t first_channel, uint32_t channel_count) {
  size_t tokens = (size_t)features->grid.height * features->grid.width;
  float *values = calloc(tokens * channel_count, sizeof *values);
  for (size_t token = 0; values && token < tokens; token++) {
    const size_t place = place_of(features, token / features->grid.width, token % features->grid.width);
    for (size_t channel = 0; channel < channel_count; channel++)
      values[token * channel_count + channel] = element(features,
          (features->prefix + place) * features->token_stride + (first_channel + channel) * features->channel_stride);
  }
  return values;
}

bool features_write(const struct features *features, const char *path) {
  static const char *const types[] = {[S2VK_TYPE_F32] = "f4", [S2VK_TYPE_F16] = "f2", [S2VK_TYPE_BF16] = "u2"};
  struct npy array = {.rank = features->shape.rank, .data = features->data};
  strcpy(array.type, types[features->type]);
  for (unsigned i = 0; i < array.rank; i++)
    array.dims[i] = features->shape.dims[i];
  char reason[OUTPUT_REASON_BYTES];
  if (!npy_write(path, &array, reason, sizeof reason)) {
    message_print("--output %s: %s", path, reason);
    return false;
  }
  if (features->type == S2VK_TYPE_BF16)
    message_print("NumPy has no bf16: %s holds the bits as uint16", path);
  return true;
}

void features_free(struct features *features) {
  free(features->data);
  *features = (struct features){0};
}
