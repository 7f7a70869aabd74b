/* The general split: every pixel is summed from its taps, one by one.
 *
 * Tables:
 * - Entry 0: (first entry of rows, first entry of columns, columns of an invocation).
 * - A row or column of the padded scale: (first tap, end tap).
 * - A tap: (input coordinate, weight). A tap whose weight is a sum of weights of both signs is two entries. */
#include "kernels/common.h"
#include "kernels/kernels.h"

/* A loop also begins the round in which it ends. */
uint64_t s2_split_gather_rounds(const struct s2_job *job) {
  return 1 + (uint64_t)s2_axis_width(&job->axes[0]) * (2 + (uint64_t)s2_axis_width(&job->axes[1]));
}

static struct s2_pipeline_key key_of(const struct s2_job *job, uint32_t channels) {
  struct s2_pipeline_key key = s2_split_key(job, S2_SHADER_SPLIT_GATHER);
  key.constants[S2_LOCAL_SIZE_X] = 64;
  key.constants[S2_CHANNELS] = channels;
  return key;
}

/* Whether rows of tiles are written four elements at once. */
static bool writes_fours(const struct s2_job *job) {
  const struct s2_strides *strides = &job->scale->tile_strides;
  return job->geometry->pixels.source != S2_SOURCE_TENSOR && s2_strides_planar(strides) &&
         (job->scale->tile_side | strides->row | strides->channel | strides->item) % 4 == 0;
}

/* Four columns have a fourth of the rows. */
static bool configure(const struct s2_job *job, struct s2_config *config) {
  const uint32_t outputs = s2_split_run(job, 1, 16, s2_split_gather_rounds(job) + 3);
  const uint32_t columns = outputs >= 4 && writes_fours(job) ? 4 : 1;
  const uint32_t channels = s2_split_has_room(job) ? s2_split_channels(job) : 1;
  *config = (struct s2_config){
      .key = key_of(job, channels),
      .columns = columns,
      .rows = outputs / columns,
      .channels = channels,
      .step_y = 1,
  };
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
  struct s2_entry *begin = writer->entries ? writer->entries + writer->count : NULL;
  s2_split_gather_tables(job, writer);
  if (begin)
    begin[0].words[2] = config->columns;
}

static void groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  const uint64_t strips = s2_ceil_div(job->scale->tile_side, config->columns);
  groups[0] = s2_ceil_div(
      strips * s2_ceil_div(box->y_end - box->y_begin, config->rows), config->key.constants[S2_LOCAL_SIZE_X]);
  groups[1] = config->channels > 1 ? 1 : box->channel_end - box->channel_begin;
}

void s2_split_gather_footprint(const struct s2_job *job, const struct s2_config *config, uint32_t begin, uint32_t end,
    uint32_t *low, uint32_t *high) {
  (void)config;
  s2_axis_footprint(&job->axes[0], begin, end, low, high);
  ++*high;
}

static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  if (room > 0)
    keys[0] = key_of(job, s2_split_channels(job));
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
    .footprint = s2_split_gather_footprint,
    .keys = keys,
};
