/* Resampling along x: every outcome is summed from its inputs, four at a time. resample.h describes the tables. */
#include "kernels/kernels.h"
#include "kernels/resample.h"

/* ---- Shared ------------------------------------------------------------------------------------------------------ */

/* Rounds halves away from 0. */
uint32_t s2_resample_weight(double weight) {
  return (uint32_t)(int32_t)(weight < 0 ? weight * (1 << 22) - 0.5 : weight * (1 << 22) + 0.5);
}

void s2_resample_taps(const struct s2_job *job, uint32_t j, uint32_t *begin, uint32_t *end) {
  const struct s2_resampling *r = &job->resampling;
  const struct s2_axis *axis = &job->axes[r->across];
  const uint32_t count = r->across ? r->readable.width : r->readable.height;
  *begin = axis->first[j];
  *end = axis->first[j + 1];
  while (*begin < *end && axis->taps[*begin].index < r->begin)
    ++*begin;
  while (*begin < *end && axis->taps[*end - 1].index - r->begin >= count)
    --*end;
}

uint32_t s2_resample_filled(const struct s2_job *job, uint32_t j) {
  const struct s2_axis *axis = &job->axes[job->resampling.across];
  uint32_t begin, end, fixed = 0;
  double sum = 0;
  s2_resample_taps(job, j, &begin, &end);
  for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++)
    if (k < begin || k >= end) {
      fixed += s2_resample_weight(axis->taps[k].weight);
      sum += axis->taps[k].weight;
    }
  return job->resampling.floats ? s2_float_bits((float)sum) : fixed;
}

/* Writes an outcome's entry and its weights. */
static void write_outcome(const struct s2_job *job, uint32_t j, struct s2_entry *outcome, struct s2_writer *writer) {
  const struct s2_resampling *r = &job->resampling;
  const struct s2_axis *axis = &job->axes[r->across];
  uint32_t begin, end;
  s2_resample_taps(job, j, &begin, &end);
  const uint32_t first = begin < end ? axis->taps[begin].index : r->begin, at = (uint32_t)writer->count;
  const uint32_t fours = begin < end ? (axis->taps[end - 1].index - first) / 4 + 1 : 0;
  struct s2_entry *weights = s2_write(writer, fours);
  if (!outcome)
    return;
  *outcome = (struct s2_entry){{first - r->begin, fours, at, s2_resample_filled(job, j)}};
  for (uint32_t k = begin; k < end; k++) {
    const uint32_t place = axis->taps[k].index - first;
    const double weight = axis->taps[k].weight;
    weights[place / 4].words[place % 4] = r->floats ? s2_float_bits((float)weight) : s2_resample_weight(weight);
  }
}

void s2_resample_tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer) {
  (void)config;
  const uint32_t count = job->axes[job->resampling.across].out;
  struct s2_entry *record = s2_write(writer, 2);
  const uint32_t at = (uint32_t)writer->count;
  struct s2_entry *outcomes = s2_write(writer, count);
  if (record)
    record->words[0] = at;
  for (uint32_t j = 0; j < count; j++)
    write_outcome(job, j, outcomes ? &outcomes[j] : NULL, writer);
}

/* The number of stored components up to the last one that a channel is made from. */
static uint32_t components_of(const struct s2_geometry *g) {
  uint32_t most = 0;
  for (uint32_t c = 0; c < g->channels; c++)
    most = s2_max(most, g->pixels.order >> c * 8 & 255);
  return most + 1;
}

static struct s2_pipeline_key key_of(
    const struct s2_job *job, uint32_t shader, const struct s2_pixels *source, bool floats) {
  struct s2_pipeline_key key = {.shader = shader, .source = s2_key_source(source)};
  key.constants[S2_LOCAL_SIZE_X] = 64;
  key.constants[S2_LOCAL_SIZE_Y] = 1;
  key.constants[S2_TRANSFER] = source->transfer;
  if (source->source == S2_SOURCE_PIXELS)
    key.constants[S2_PIXEL_FORM] = s2_pixel_form(source);
  key.constants[S2_CHANNELS] = components_of(job->geometry);
  key.constants[S2_FLOATS] = floats;
  return key;
}

void s2_resample_configure(const struct s2_job *job, uint32_t shader, uint32_t columns, struct s2_config *config) {
  *config = (struct s2_config){
      .key = key_of(job, shader, job->resampling.source, job->resampling.floats),
      .columns = columns,
      .rows = 1,
      .channels = job->geometry->channels,
      .step_x = columns,
      .step_y = 1,
      .step_channels = job->geometry->channels,
  };
}

void s2_resample_groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  (void)job;
  groups[0] =
      s2_ceil_div(s2_ceil_div(box->x_end - box->x_begin, config->columns), config->key.constants[S2_LOCAL_SIZE_X]);
  groups[1] = s2_ceil_div(box->y_end - box->y_begin, config->rows);
}

/* Keys for the first pass, which reads the input, and for the second pass, which reads what the first one made. */
size_t s2_resample_keys(
    const struct s2_job *job, uint32_t shader, bool across, struct s2_pipeline_key *keys, size_t room) {
  const struct s2_geometry *g = job->geometry;
  size_t count = 0;
  if (g->pre.resample_count == 0)
    return 0;
  const struct s2_resample *r = &g->pre.resamples[0];
  const bool either = g->pre.either_first;
  if (across || either) {
    if (count < room)
      keys[count] = key_of(job, shader, &g->pixels, r->floats);
    count = s2_split_other_forms(job, keys, count + 1, room);
  }
  if (!across || either) {
    if (count < room)
      keys[count] = key_of(job, shader, &r->pixels, r->floats);
    count++;
  }
  return count;
}

/* ---- The kernel -------------------------------------------------------------------------------------------------- */

static bool configure(const struct s2_job *job, struct s2_config *config) {
  const uint64_t fours = s2_ceil_div(s2_axis_support(&job->axes[1]), 4);
  s2_resample_configure(job, S2_SHADER_RESAMPLE_ACROSS, 1, config);
  return job->resampling.across && 1 + (job->resampling.floats ? 4 * fours : fours) <= job->target->loop_rounds;
}

static double cost(const struct s2_job *job, const struct s2_config *config) {
  (void)config;
  return 30 + 20 * (double)s2_axis_support(&job->axes[1]);
}

static void footprint(const struct s2_job *job, const struct s2_config *config, uint32_t begin, uint32_t end,
    uint32_t *low, uint32_t *high) {
  (void)config;
  *low = begin + job->resampling.row;
  *high = end + job->resampling.row;
}

static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  return s2_resample_keys(job, S2_SHADER_RESAMPLE_ACROSS, true, keys, room);
}

const struct s2_kernel s2_resample_across = {
    .name = "resample_across",
    .pass = S2_PASS_FIRST,
    .general = true,
    .configure = configure,
    .cost = cost,
    .tables = s2_resample_tables,
    .groups = s2_resample_groups,
    .footprint = footprint,
    .keys = keys,
};
