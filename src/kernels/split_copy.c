/* The split of a scale that is the input. Its tiles are a transfer of whole images, or of one row at a time. CPU
 * drivers do transfers by memcpy(), which takes a quarter of a shader's time or less. */
#include "kernels/common.h"
#include "kernels/kernels.h"

/* The most rows of a scale. Each is a region of vkCmdCopyBuffer(). Recording a region takes 9 ns on lavapipe and 30 ns
 * on SwiftShader. */
#define MAX_ROWS 16384

/* Whether each tile is a whole image, and tiles are packed. */
static bool is_whole(const struct s2_geometry *g, const struct s2_scale *s) {
  const uint64_t side = s->tile_side;
  return s->tile_count == g->batch && s->tile_strides.item == s->tile_elements &&
         s->tile_strides.channel == side * side && s->tile_strides.row == side;
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  const struct s2_geometry *g = job->geometry;
  const struct s2_scale *s = job->scale;
  const bool whole = is_whole(g, s);
  *config = (struct s2_config){.rows = whole ? 1 : s->tile_side};
  return s2_may_copy(job) && s2_strides_planar(&s->tile_strides) && g->pixels.source == S2_SOURCE_TENSOR &&
         g->input_type == g->tile_type && s2_is_input(g, s) && s2_axis_is_identity(&job->axes[0]) &&
         s2_axis_is_identity(&job->axes[1]) &&
         (whole || (uint64_t)s->tile_count * g->channels * s->tile_side <= MAX_ROWS);
}

/* If an image has several tiles, a copy is of one channel of one tile. */
static bool copy(const struct s2_job *job, const struct s2_call *call, const struct s2_box *box, struct s2_copy *copy) {
  const struct s2_geometry *g = job->geometry;
  const struct s2_scale *s = job->scale;
  const uint64_t element = s2vk_type_size(g->tile_type), tile = s->tile_strides.item * element;
  const uint64_t target = (uint64_t)(s->first_tile + box->tile_begin - call->first_tile) * tile;
  if (is_whole(g, s)) {
    const uint64_t bytes = (box->tile_end - box->tile_begin) * tile;
    *copy = (struct s2_copy){.source = box->tile_begin * tile, .target = target, .bytes = bytes, .rows = 1};
    return true;
  }
  if (box->tile_end - box->tile_begin > 1 || box->channel_end - box->channel_begin > 1)
    return false;
  const uint32_t place = box->tile_begin / g->batch, image = box->tile_begin % g->batch;
  const uint64_t plane = (uint64_t)image * g->channels + box->channel_begin;
  const uint64_t row = plane * g->input.height + (uint64_t)(place / s->tiles.width) * s->tile_side;
  const uint64_t column = (uint64_t)(place % s->tiles.width) * s->tile_side;
  *copy = (struct s2_copy){
      .source = (row * g->input.width + column) * element,
      .target = target + box->channel_begin * s->tile_strides.channel * element,
      .source_stride = g->input.width * element,
      .target_stride = s->tile_strides.row * element,
      .bytes = s->tile_side * element,
      .rows = s->tile_side,
  };
  return true;
}

const struct s2_kernel s2_split_copy = {
    .name = "split_copy", .pass = S2_PASS_SPLIT, .configure = configure, .copy = copy};
