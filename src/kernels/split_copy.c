/* A scale that is the input, in one tile an image: its tiles are a transfer. Drivers on the CPU do that by memcpy(), in a quarter of
 * the time or less that they take for a shader. */
#include "kernels/common.h"
#include "kernels/kernels.h"

static bool configure(const struct s2_job *job, struct s2_config *config) {
  const struct s2_geometry *g = job->geometry;
  (void)config;
  return job->target->copies && g->pixels.source == S2_SOURCE_TENSOR && g->input_type == g->tile_type &&
         s2_is_input(g, job->scale) && job->scale->tile_count == g->batch;
}

static bool copy(
    const struct s2_job *job, const struct s2_call *call, const struct s2_box *box, struct s2_copy *copy) {
  const uint64_t bytes = job->scale->tile_elements * s2vk_type_size(job->geometry->tile_type);
  *copy = (struct s2_copy){
      .source = box->tile_begin * bytes,
      .target = (uint64_t)(job->scale->first_tile + box->tile_begin - call->first_tile) * bytes,
      .bytes = (box->tile_end - box->tile_begin) * bytes,
      .rows = 1,
  };
  return true;
}

const struct s2_kernel s2_split_copy = {
    .name = "split_copy", .pass = S2_PASS_SPLIT, .configure = configure, .copy = copy};
