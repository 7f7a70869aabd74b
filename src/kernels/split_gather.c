/* The general split: every pixel is summed from its taps, one by one.
 *
 * Tables:
 * - Entry 0: (first entry of rows, first entry of columns).
 * - A row or column of the padded scale: (first tap, end tap).
 * - A tap: (input coordinate, weight). A tap whose weight is a sum of weights of both signs is two entries. */
#include "kernels/common.h"
#include "kernels/kernels.h"

/* A loop also begins the round in which it ends. */
uint64_t s2_split_gather_rounds(const struct s2_job *job) {
  return 1 + (uint64_t)s2_axis_width(&job->axes[0]) * (2 + (uint64_t)s2_axis_width(&job->axes[1]));
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  *config = (struct s2_config){
      .key = s2_split_key(job, S2_SHADER_SPLIT_GATHER),
      .columns = 1,
      .rows = s2_split_run(job, 1, 16, s2_split_gather_rounds(job) + 3),
      .channels = 1,
      .step_y = 1,
  };
  config->key.constants[S2_LOCAL_SIZE_X] = 64;
  return config->rows > 0;
}

/* In the unit of split_polyphase.c. A round fetches a tap and an input, and loops. */
static double cost(const struct s2_job *job, const struct s2_config *config) {
  (void)config;
  const double rounds = (double)s2_axis_width(&job->axes[0]) * (1 + s2_axis_width(&job->axes[1]));
  return (0.8 * job->target->fetch + 10) * rounds;
}

/* Writes an entry for each of `padded` coordinates, then the taps. Returns the first entry. */
static uint32_t write_taps(const struct s2_axis *axis, uint32_t padded, struct s2_writer *writer) {
  const uint32_t begin = (uint32_t)writer->count;
  struct s2_entry *coordinates = s2_write(writer, padded);
  for (uint32_t j = 0; j < axis->out; j++) {
    const uint32_t first = (uint32_t)writer->count;
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++) {
      const struct s2_tap *tap = &axis->taps[k];
      const double parts[] = {tap->weight - tap->negative, tap->negative};
      for (int part = 0; part < (tap->negative != 0 ? 2 : 1); part++) {
        struct s2_entry *entry = s2_write(writer, 1);
        if (entry)
          *entry = (struct s2_entry){{tap->index, s2_float_bits((float)parts[part])}};
      }
    }
    if (coordinates)
      coordinates[j] = (struct s2_entry){{first, (uint32_t)writer->count}};
  }
  return begin;
}

void s2_split_gather_tables(const struct s2_job *job, struct s2_writer *writer) {
  struct s2_entry *records = s2_write(writer, 2);
  const uint32_t rows = write_taps(&job->axes[0], job->scale->tiled.height, writer);
  const uint32_t columns = write_taps(&job->axes[1], job->scale->tiled.width, writer);
  if (records)
    records[0] = (struct s2_entry){{rows, columns}};
}

static void tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer) {
  (void)config;
  s2_split_gather_tables(job, writer);
}

static void groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  groups[0] = s2_ceil_div(job->scale->tile_side, config->key.constants[S2_LOCAL_SIZE_X]) *
              s2_ceil_div(box->y_end - box->y_begin, config->rows);
  groups[1] = box->channel_end - box->channel_begin;
}

static void footprint(const struct s2_job *job, const struct s2_config *config, uint32_t begin, uint32_t end,
    uint32_t *low, uint32_t *high) {
  (void)config;
  s2_axis_footprint(&job->axes[0], begin, end, low, high);
  ++*high;
}

static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  if (room > 0) {
    keys[0] = s2_split_key(job, S2_SHADER_SPLIT_GATHER);
    keys[0].constants[S2_LOCAL_SIZE_X] = 64;
  }
  return s2_split_other_forms(job, keys, 1, room);
}

const struct s2_kernel s2_split_gather = {
    .name = "split_gather",
    .pass = S2_PASS_SPLIT,
    .general = true,
    .configure = configure,
    .cost = cost,
    .tables = tables,
    .groups = groups,
    .footprint = footprint,
    .keys = keys,
};
