/* The recording functions of analysis.h. */
#include "analysis.h"

#define LANES 64 /* equal to the shaders' */
#define ITERATIONS 10
#define MAX_GROUPS 65535
#define ONE 0x3F800000u /* the bits of 1.0f */

/* The constants that every shader begins with. */
struct push {
  struct analysis_shape shape;
  uint32_t rest[8];
};

static void record(const struct analysis *analysis, VkCommandBuffer commands, enum analysis_shader shader, int set,
    const struct push *push, uint64_t groups) {
  analysis_dispatch(analysis->analyst, commands, shader, &analysis->sets[set], push, sizeof *push, groups);
}

/* Records everything up to the coordinates in the basis. */
static void record_basis(const struct analysis *analysis, VkCommandBuffer commands, const struct push *push) {
  const uint64_t fields = analysis->shape.scales + 1u,
                 width = (uint64_t)analysis->shape.scales * analysis->shape.channels;
  uint64_t token_groups = (analysis->shape.tokens + LANES - 1u) / LANES;
  if (token_groups * fields > MAX_GROUPS)
    token_groups = MAX_GROUPS / fields;
  record(analysis, commands, ANALYSIS_MEAN, SET_COMPONENTS, push, width);
  for (int i = 0; i < ITERATIONS; i++) {
    record(analysis, commands, ANALYSIS_PROJECT, SET_COMPONENTS, push, token_groups * fields);
    record(analysis, commands, ANALYSIS_MULTIPLY, SET_COMPONENTS, push, 2 * width);
    record(analysis, commands, ANALYSIS_ORTHONORMALISE, SET_COMPONENTS, push, fields);
  }
  record(analysis, commands, ANALYSIS_PROJECT, SET_COMPONENTS, push, token_groups * fields);
  record(analysis, commands, ANALYSIS_ROTATE, SET_COMPONENTS, push, fields);
  record(analysis, commands, ANALYSIS_PROJECT, SET_COMPONENTS, push, token_groups * fields);
}

void analysis_record_components(
    const struct analysis *analysis, VkCommandBuffer commands, const uint32_t grids[4], bool flipped) {
  const uint64_t fields = analysis->shape.scales + 1u;
  struct push push = {.shape = analysis->shape};
  uint64_t token_groups = (analysis->shape.tokens + LANES - 1u) / LANES;
  if (token_groups * fields > MAX_GROUPS)
    token_groups = MAX_GROUPS / fields;
  const VkDeviceSize weights = (VkDeviceSize)analysis->shape.tokens * sizeof(float);
  analysis_record_start(commands);
  vkCmdFillBuffer(commands, analysis->state.buffer, analysis->state.bytes - weights, weights, ONE);
  analysis_record_start(commands);
  record_basis(analysis, commands, &push);
  if (grids) {
    for (int i = 0; i < 4; i++)
      push.rest[i] = grids[i];
    push.rest[4] = flipped;
    record(analysis, commands, ANALYSIS_MASK, SET_COMPONENTS, &push, 1);
    record_basis(analysis, commands, &push);
  }
  record(analysis, commands, ANALYSIS_ALIGN, SET_COMPONENTS, &push, fields);
  record(analysis, commands, ANALYSIS_COLOUR, SET_COMPONENTS, &push, token_groups * fields);
}

void analysis_record_similarities(
    const struct analysis *analysis, VkCommandBuffer commands, const struct analysis *of, uint32_t token) {
  const struct push push = {.shape = analysis->shape};
  const VkBufferCopy row = {
      .srcOffset = of->features.offset + (VkDeviceSize)(of->shape.prefix + token) * analysis->query.bytes,
      .size = analysis->query.bytes,
  };
  analysis_record_start(commands);
  vkCmdCopyBuffer(commands, of->features.buffer, analysis->query.buffer, 1, &row);
  analysis_record_start(commands);
  record(analysis, commands, ANALYSIS_SIMILARITY, SET_SIMILARITY, &push, (analysis->shape.tokens + LANES - 1u) / LANES);
}

void analysis_record_norms(const struct analysis *analysis, VkCommandBuffer commands) {
  const struct push push = {.shape = analysis->shape};
  analysis_record_start(commands);
  record(analysis, commands, ANALYSIS_NORMS, SET_NORMS, &push, (analysis->shape.tokens + LANES - 1u) / LANES);
}

void analysis_record_segments(const struct analysis *analysis, VkCommandBuffer commands, uint32_t count) {
  const struct push push = {.shape = analysis->shape, .rest = {count < MAX_SEGMENTS ? count : MAX_SEGMENTS}};
  analysis_record_start(commands);
  record(analysis, commands, ANALYSIS_SEGMENTS, SET_SEGMENTS, &push, analysis->shape.scales + 1u);
}

void analysis_record_differences(const struct analysis *analysis, VkCommandBuffer commands, uint32_t chosen,
    const s2vk_size *grid, const s2vk_size *coarse) {
  const struct push push = {
      .shape = analysis->shape, .rest = {chosen, grid->height, grid->width, coarse->height, coarse->width}};
  analysis_record_start(commands);
  record(analysis, commands, ANALYSIS_DIFFERENCE, SET_DIFFERENCE, &push, (uint64_t)coarse->height * coarse->width);
}

void analysis_record_stats(const struct analysis *analysis, VkCommandBuffer commands, enum analysis_values values,
    const struct stats_range *range) {
  const struct {
    struct analysis_shape shape;
    struct stats_range range;
  } push = {analysis->shape, *range};
  const uint64_t fields = values == VALUES_DIFFERENCES ? 1 : analysis->shape.scales + 1u;
  analysis_record_start(commands);
  analysis_dispatch(
      analysis->analyst, commands, ANALYSIS_STATS, &analysis->sets[SET_STATS + values], &push, sizeof push, fields);
}
