#include "copy.h"

/* Each is a region of vkCmdCopyBuffer(), which takes 9 ns to record on lavapipe and 30 on SwiftShader. */
#define MAX_ROWS 1024

bool s2_copy_split(const struct s2_target *target, const struct s2_geometry *g, const struct s2_call *call,
    uint32_t scale, uint32_t begin, uint32_t end, struct s2_copy *copy) {
  const struct s2_scale *s = &g->scales[scale];
  if (!target->copies || g->pixels.source != S2_SOURCE_TENSOR || g->input_type != g->tile_type || !s2_is_input(g, s) ||
      s->tile_count != g->batch)
    return false;
  const uint64_t bytes = s->tile_elements * s2vk_type_size(g->tile_type);
  *copy = (struct s2_copy){
      .source = (begin - s->first_tile) * bytes,
      .target = (begin - call->first_tile) * bytes,
      .bytes = (end - begin) * bytes,
      .rows = 1,
  };
  return true;
}

/* Whether coordinate j is the sample j alone, for all of them. */
static bool is_identity(const struct s2_axis *axis) {
  bool identity = axis->in == axis->out;
  for (uint32_t j = 0; identity && j < axis->out; j++) {
    const struct s2_tap *tap = &axis->taps[axis->first[j]];
    identity = axis->first[j + 1] - axis->first[j] == 1 && tap->index == j && tap->weight == 1;
  }
  return identity;
}

/* A row is a token; or all maps of an image. */
bool s2_copy_merge(const struct s2_target *target, const struct s2_geometry *g, const struct s2_scale_axes *axes,
    const struct s2_call *call, uint32_t scale, uint32_t begin, uint32_t end, struct s2_copy *copy) {
  const struct s2_scale *s = &g->scales[scale];
  if (!target->copies || g->feature_type != g->output_type || s->tile_count != g->batch ||
      !is_identity(&axes->merge[0]) || !is_identity(&axes->merge[1]))
    return false;
  const bool maps = g->layout == S2VK_OUTPUT_BCHW;
  const uint64_t tile = s->feature_elements * s2vk_type_size(g->output_type);
  const uint64_t token = (uint64_t)g->feature_channels * s2vk_type_size(g->output_type), row = maps ? tile : token;
  const uint64_t rows = (end - begin) * (tile / row);
  const bool dense = g->scale_count == 1; /* then all of them are one */
  *copy = (struct s2_copy){
      .source = (begin - call->first_tile) * tile,
      .target = (begin - s->first_tile) * tile * g->scale_count + scale * row,
      .source_stride = row,
      .target_stride = row * g->scale_count,
      .bytes = dense ? rows * row : row,
      .rows = dense ? 1 : (uint32_t)rows,
  };
  return dense || rows <= MAX_ROWS;
}
