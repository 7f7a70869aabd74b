/* The merge of a scale whose tiles have the output's own grid and type. It is a transfer. */
#include "kernels/kernels.h"
#include "kernels/merge.h"

/* Each row is a region of vkCmdCopyBuffer(). Recording a region takes 9 ns on lavapipe and 30 ns on SwiftShader. */
#define MAX_ROWS 1024

/* Whether every coordinate j is sample j alone. */
static bool is_identity(const struct s2_axis *axis) {
  bool identity = axis->in == axis->out;
  for (uint32_t j = 0; identity && j < axis->out; j++) {
    const struct s2_tap *tap = &axis->taps[axis->first[j]];
    identity = axis->first[j + 1] - axis->first[j] == 1 && tap->index == j && tap->weight == 1;
  }
  return identity;
}

/* Whether rows of a copy are evenly spaced: the tokens of all tiles, or dense feature maps. */
static bool is_regular(const struct s2_geometry *g, const struct s2_scale *s) {
  const struct s2_strides *in = &s->feature_strides, *out = &g->output_strides;
  if (g->layout == S2VK_OUTPUT_BNC) {
    const uint64_t tokens = s->feature_elements / g->feature_channels;
    return in->item == tokens * in->column && out->item == tokens * out->column;
  }
  const uint64_t width = s->features.width, map = s->features.height * width;
  return s2_strides_planar(in) && s2_strides_planar(out) && in->row == width && out->row == width &&
         in->channel == map && out->channel == map;
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  const struct s2_geometry *g = job->geometry;
  *config = (struct s2_config){.whole_scale = true};
  return s2_may_copy(job) && s2_is_plain(g) && is_regular(g, job->scale) && !job->prefix &&
         g->feature_type == g->output_type && job->scale->tile_count == g->batch && is_identity(&job->axes[0]) &&
         is_identity(&job->axes[1]);
}

static double cost(const struct s2_job *job, const struct s2_config *config) {
  (void)job, (void)config;
  return 1;
}

/* A row is one token, or all feature maps of an image. */
static bool copy(const struct s2_job *job, const struct s2_call *call, const struct s2_box *box, struct s2_copy *copy) {
  const struct s2_geometry *g = job->geometry;
  const struct s2_scale *s = job->scale;
  const struct s2_strides *in = &s->feature_strides, *out = &g->output_strides;
  const uint64_t element = s2vk_type_size(g->output_type), tiles = box->tile_end - box->tile_begin;
  const bool maps = g->layout == S2VK_OUTPUT_BCHW;
  const uint64_t row = maps ? s->feature_elements : g->feature_channels, rows = tiles * (s->feature_elements / row);
  const uint64_t from = maps ? in->item : in->column, to = maps ? out->item : out->column;
  const bool dense = from == row && to == row; /* then one region copies all rows */
  *copy = (struct s2_copy){
      .source = ((uint64_t)box->tile_begin + s->first_tile - call->first_tile) * in->item * element,
      .target = (box->tile_begin * out->item + s2_job_channel(job) * out->channel) * element,
      .source_stride = from * element,
      .target_stride = to * element,
      .bytes = (dense ? rows * row : row) * element,
      .rows = dense ? 1 : (uint32_t)rows,
  };
  return dense || rows <= MAX_ROWS;
}

const struct s2_kernel s2_merge_copy = {
    .name = "merge_copy",
    .pass = S2_PASS_MERGE,
    .configure = configure,
    .cost = cost,
    .copy = copy,
};
