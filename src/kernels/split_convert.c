/* The split of a scale that is the input, from pixels: what a copy is for a tensor. shaders/split_convert.comp is its
 * shader. Its tables are those of the general gather, which makes the edges. */
#include "kernels/common.h"
#include "kernels/kernels.h"

#define COLUMNS 4

/* The most rounds of the loop that looks for the last row within whole texels: rows of four pixels of a byte. */
#define MAX_BEHIND 4

/* S2_ROWS_*: where fours of columns begin in tiles of `side` pixels. */
static uint32_t target_rows(const struct s2_job *job, uint32_t side) {
  const struct s2_strides *strides = &job->scale->tile_strides;
  const bool fours = (side | strides->row | strides->channel | strides->item) % COLUMNS == 0;
  return s2_strides_planar(strides) && fours ? S2_ROWS_QUADS : s2_split_target_rows(job, side);
}

static struct s2_pipeline_key key_of(const struct s2_job *job, uint32_t rows) {
  struct s2_pipeline_key key = s2_split_key(job, S2_SHADER_SPLIT_CONVERT);
  key.constants[S2_LOCAL_SIZE_X] = job->target->cpu ? 8 : 64;
  key.constants[S2_CHANNELS] = s2_split_channels(job);
  key.constants[S2_TARGET_ROWS] = rows;
  return key;
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  const uint32_t rows = target_rows(job, job->scale->tile_side);
  if (job->geometry->pixels.source == S2_SOURCE_TENSOR || rows > S2_ROWS_WORDS || !s2_split_has_room(job) ||
      !s2_axis_is_identity(&job->axes[0]) || !s2_axis_is_identity(&job->axes[1]))
    return false;
  const uint64_t rounds = (COLUMNS + 1) * s2_split_channels(job) * (s2_split_gather_rounds(job) + 1) + MAX_BEHIND;
  *config = (struct s2_config){
      .key = key_of(job, rows),
      .columns = COLUMNS,
      .rows = s2_split_run(job, COLUMNS, job->target->cpu ? 32 : 4, rounds),
      .channels = s2_split_channels(job),
      .step_y = 1,
  };
  return config->rows > 0;
}

/* In the unit of split_polyphase.c. */
static double cost(const struct s2_job *job, const struct s2_config *config) {
  const double fetch = 0.4 * job->target->fetch, channels = config->channels;
  return (fetch + channels * (COLUMNS * 1.4 + fetch)) / COLUMNS;
}

static void tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer) {
  (void)config;
  s2_split_gather_tables(job, writer);
}

static void groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  const uint64_t strips = s2_ceil_div(job->scale->tile_side, COLUMNS);
  const uint64_t units = strips * s2_ceil_div(box->y_end - box->y_begin, config->rows);
  groups[0] = s2_ceil_div(units, config->key.constants[S2_LOCAL_SIZE_X]);
  groups[1] = 1;
}

static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  if (job->geometry->pixels.source == S2_SOURCE_TENSOR)
    return 0;
  const uint32_t side = job->scale->tile_side, rows = target_rows(job, side);
  const uint32_t first = side ? rows : S2_ROWS_QUADS, last = side ? s2_min(rows, S2_ROWS_WORDS) : S2_ROWS_WORDS;
  size_t count = 0;
  for (uint32_t target = first; target <= last; target++, count++)
    if (count < room)
      keys[count] = key_of(job, target);
  return s2_split_other_forms(job, keys, count, room);
}

const struct s2_kernel s2_split_convert = {
    .name = "split_convert",
    .pass = S2_PASS_SPLIT,
    .configure = configure,
    .cost = cost,
    .tables = tables,
    .groups = groups,
    .footprint = s2_split_gather_footprint,
    .keys = keys,
};
