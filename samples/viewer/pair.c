#include "pair.h"

#include <stdio.h>
#include <stdlib.h>

bool pair_is_possible(const struct session *a, const struct session *b) {
  return a && b && a->analysis.shape.scales == b->analysis.shape.scales &&
         a->analysis.shape.channels == b->analysis.shape.channels;
}

static VkResult create(struct pair *pair) {
  const struct gpu *gpu = pair->analyst->gpu;
  const struct analysis *a = &pair->sessions[0]->analysis, *b = &pair->sessions[1]->analysis;
  const uint64_t row = a->query.bytes, tokens = (uint64_t)pair->tokens[0] + pair->tokens[1];
  if (row * tokens > gpu->properties.limits.maxStorageBufferRange)
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  VkResult result = buffer_create(&pair->features, gpu, row * tokens,
      VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT, false);
  const s2vk_tensor features = {.buffer = pair->features.buffer, .bytes = pair->features.bytes};
  struct analysis_shape shape = a->shape;
  shape.tokens = (uint32_t)tokens;
  shape.prefix = 0;
  if (!result)
    result = analysis_create(&pair->joint, pair->analyst, &features, &shape);
  if (!result)
    result =
        buffer_create(&pair->nearest, gpu, tokens * sizeof(struct match), VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, true);
  const VkDescriptorBufferInfo nearest = {pair->nearest.buffer, 0, VK_WHOLE_SIZE};
  const VkDescriptorBufferInfo buffers[2][3] = {
      {a->features, b->features, nearest}, {b->features, a->features, nearest}};
  for (int i = 0; !result && i < 2; i++)
    result = analysis_set_create(&pair->sets[i], pair->analyst, buffers[i], 3);
  return result;
}

struct pair *pair_create(
    struct analyst *analyst, const struct session *a, const struct session *b, char error[ERROR_BYTES]) {
  struct pair *pair = calloc(1, sizeof *pair);
  if (!pair) {
    snprintf(error, ERROR_BYTES, "there is no memory for two images");
    return NULL;
  }
  *pair = (struct pair){.analyst = analyst,
      .sessions = {a, b},
      .tokens = {a->analysis.shape.tokens, b->analysis.shape.tokens},
      .field = UINT32_MAX};
  const VkResult result = create(pair);
  if (!result)
    return pair;
  snprintf(error, ERROR_BYTES, "two images cannot be compared: VkResult %d", result);
  pair_destroy(&pair);
  return NULL;
}

void pair_destroy(struct pair **handle) {
  struct pair *pair = *handle;
  if (!pair)
    return;
  for (int i = 0; i < 2; i++)
    analysis_set_destroy(&pair->sets[i], pair->analyst);
  analysis_destroy(&pair->joint);
  buffer_destroy(&pair->features, pair->analyst->gpu);
  buffer_destroy(&pair->nearest, pair->analyst->gpu);
  free(pair);
  *handle = NULL;
}

static void copy_features(struct pair *pair, VkCommandBuffer commands) {
  VkDeviceSize to = 0;
  analysis_record_start(commands);
  for (int i = 0; i < 2; i++) {
    const struct analysis *from = &pair->sessions[i]->analysis;
    const VkDeviceSize row = from->query.bytes;
    const VkBufferCopy rows = {from->features.offset + from->shape.prefix * row, to, pair->tokens[i] * row};
    vkCmdCopyBuffer(commands, from->features.buffer, pair->features.buffer, 1, &rows);
    to += rows.size;
  }
  pair->copied = true;
}

void pair_record_components(struct pair *pair, VkCommandBuffer commands, bool front, bool flipped) {
  const s2vk_size a = pair->sessions[0]->layout.output_grid, b = pair->sessions[1]->layout.output_grid;
  const uint32_t grids[] = {a.height, a.width, b.height, b.width};
  if (!pair->copied)
    copy_features(pair, commands);
  analysis_record_components(&pair->joint, commands, front ? grids : NULL, flipped);
}

bool pair_record_nearest(struct pair *pair, VkCommandBuffer commands, uint32_t field, uint64_t products) {
  const struct analysis_shape *shape = &pair->sessions[0]->analysis.shape;
  const bool all = field >= shape->scales;
  const uint32_t total = pair->tokens[0] + pair->tokens[1];
  if (pair->field != field) {
    pair->field = field;
    pair->first = 0;
    pair->frame = 0;
  }
  const uint32_t side = pair->first >= pair->tokens[0],
                 channels = all ? shape->scales * shape->channels : shape->channels;
  const uint32_t begin = side ? pair->tokens[0] : 0, end = side ? total : pair->tokens[0];
  uint64_t count = products / ((uint64_t)channels * pair->tokens[!side]) + 1;
  count = count < end - pair->first ? count : end - pair->first;
  if (!count)
    return true;
  const struct {
    uint32_t width, first_channel, channel_count, from_prefix, to_prefix, first, count, others, out_at;
  } push = {shape->scales * shape->channels, all ? 0 : field * shape->channels, channels,
      pair->sessions[side]->analysis.shape.prefix, pair->sessions[!side]->analysis.shape.prefix, pair->first - begin,
      (uint32_t)count, pair->tokens[!side], pair->first};
  analysis_record_start(commands);
  analysis_dispatch(pair->analyst, commands, ANALYSIS_NEAREST, &pair->sets[side], &push, sizeof push, (uint32_t)count);
  analysis_record_end(commands);
  pair->first += (uint32_t)count;
  return pair->first == total;
}

struct match pair_match(const struct pair *pair, uint32_t side, uint32_t token) {
  return ((const struct match *)pair->nearest.host)[(side ? pair->tokens[0] : 0) + token];
}

bool pair_is_mutual(const struct pair *pair, uint32_t token) {
  const struct match match = pair_match(pair, 0, token);
  return match.token < pair->tokens[1] && pair_match(pair, 1, match.token).token == token;
}
