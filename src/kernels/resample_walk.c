/* Resampling of bytes to a smaller image, on CPU drivers. It scatters: each input is read once and added to all
 * outcomes whose supports contain it. Where filters are as wide as four outcomes, the general kernels read each input
 * four times. Inputs are taken in groups of four, so that what is done once for a group costs little. An outcome is
 * finished after the group in which its support ends.
 *
 * The ends of supports must not decrease from outcome to outcome, nor may their begins. Supports that do not have this
 * order are extended to the smallest ones that do.
 *
 * Tables:
 * - Entry 0: (first entry of the outcomes, first entry of the weights). Entry 1 is not used.
 * - An outcome: (first input, end of its inputs, outcome that a walk from its first input's group begins with, weight
 *   of what is filled).
 * - A group: an entry for each of the outcomes from the one that ends next on, with the weights of the four inputs. */
#include "kernels/kernels.h"
#include "kernels/resample.h"

static const uint32_t overlaps[] = {5, 6, 8, 12};
#define OVERLAP_COUNT (sizeof overlaps / sizeof *overlaps)
#define MAX_OVERLAP 12
#define GROUP 4

static uint32_t inputs_of(const struct s2_job *job) {
  const struct s2_resampling *r = &job->resampling;
  return r->across ? r->readable.width : r->readable.height;
}

/* The source's inputs [*low, *high) that outcome j reads. */
static void inputs_read(const struct s2_job *job, uint32_t j, uint32_t *low, uint32_t *high) {
  const struct s2_axis *axis = &job->axes[job->resampling.across];
  uint32_t begin, end;
  s2_resample_taps(job, j, &begin, &end);
  *low = begin < end ? axis->taps[begin].index - job->resampling.begin : inputs_of(job);
  *high = begin < end ? axis->taps[end - 1].index - job->resampling.begin + 1 : 0;
}

static uint32_t whole_groups(uint32_t inputs) {
  return (uint32_t)s2_ceil_div(inputs, GROUP) * GROUP;
}

/* The most outcomes that read one group, counted from the outcome that ends next. */
static uint32_t overlap_of(const struct s2_job *job) {
  const uint32_t count = job->axes[job->resampling.across].out;
  uint32_t overlap = 1;
  for (uint32_t j = 0, end = 0; j < count && overlap <= MAX_OVERLAP; j++) {
    uint32_t low, high;
    const uint32_t begin = whole_groups(end);
    inputs_read(job, j, &low, &high);
    end = s2_max(end, high);
    for (uint32_t n = j; begin < whole_groups(end) && n < count && n <= j + MAX_OVERLAP; n++) {
      inputs_read(job, n, &low, &high);
      if (low < whole_groups(end) && high > begin)
        overlap = s2_max(overlap, n - j + 1);
    }
  }
  return overlap;
}

/* S2_ROWS_QUADS if what is read of rows begins and ends with whole texels. The image between the passes has such rows.
 */
static uint32_t source_rows_of(const struct s2_job *job) {
  const struct s2_resampling *r = &job->resampling;
  const bool whole = job->pass == S2_PASS_SECOND || (r->readable.width % 4 == 0 && r->column % 4 == 0);
  return r->source->source == S2_SOURCE_PIXELS && s2_pixels_words(r->source) == 4 && whole ? S2_ROWS_QUADS
                                                                                           : S2_ROWS_WORDS;
}

/* Loop rounds of a walk and inside it, of runs of `run` outcomes. A walk has a round for each group. An outcome that is
 * finished has three: one that finishes it, the one in which that loop ends, and one of the loop around both. A walk
 * begins with outcomes before the run, which share its first inputs. */
static uint64_t rounds_of(const struct s2_job *job, uint32_t run) {
  const struct s2_axis *axis = &job->axes[job->resampling.across];
  const uint64_t inputs = (uint64_t)run * axis->in / axis->out + s2_axis_support(axis) + 2;
  const uint64_t read = inputs < inputs_of(job) ? inputs : inputs_of(job);
  return read / GROUP + 2 + 3 * ((uint64_t)run + MAX_OVERLAP + 1);
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  const struct s2_resampling *r = &job->resampling;
  const uint32_t out = r->across ? r->out.width : r->out.height, other = r->across ? r->out.height : r->out.width;
  if (!job->target->cpu || !job->target->unrolls || r->floats || inputs_of(job) < out)
    return false;
  const uint32_t overlap = overlap_of(job);
  if (overlap > MAX_OVERLAP)
    return false;
  const uint32_t groups = (uint32_t)s2_ceil_div(other, 8 * 4) * job->geometry->batch;
  uint32_t runs = groups < 16 ? (uint32_t)s2_ceil_div(16, groups) : 1;
  while (runs < out && rounds_of(job, (uint32_t)s2_ceil_div(out, runs)) > job->target->loop_rounds)
    runs *= 2;
  const uint32_t run = (uint32_t)s2_ceil_div(out, runs);
  if (rounds_of(job, run) > job->target->loop_rounds)
    return false;
  s2_resample_configure(job, S2_SHADER_RESAMPLE_WALK, 4, config);
  config->key.constants[S2_LOCAL_SIZE_X] = 8;
  config->key.constants[S2_OVERLAP] = MAX_OVERLAP;
  for (size_t i = OVERLAP_COUNT; i-- > 0;)
    if (overlap <= overlaps[i])
      config->key.constants[S2_OVERLAP] = overlaps[i];
  config->key.constants[S2_ACROSS] = r->across;
  config->key.constants[S2_SOURCE_ROWS] = source_rows_of(job);
  config->columns = r->across ? 1 : 4;
  config->rows = r->across ? 4 : 1;
  config->step_x = 4;
  config->step_y = config->rows;
  config->run = run;
  return true;
}

static double cost(const struct s2_job *job, const struct s2_config *config) {
  return 10 + 4.0 * config->key.constants[S2_OVERLAP] * inputs_of(job) / job->axes[job->resampling.across].out;
}

/* Writes an outcome's entry. *end: the end of the inputs of all outcomes so far. */
static void write_outcome(const struct s2_job *job, uint32_t j, uint32_t *end, struct s2_entry *outcomes) {
  uint32_t low, high;
  inputs_read(job, j, &low, &high);
  *end = s2_max(*end, high);
  outcomes[j] = (struct s2_entry){{low, *end, j, s2_resample_filled(job, j)}};
}

/* Writes the weights of groups [begin, end), which the walk reads while outcome j is the one that ends next. */
static void write_weights(
    const struct s2_job *job, uint32_t j, uint32_t begin, uint32_t end, uint32_t overlap, struct s2_entry *weights) {
  const struct s2_axis *axis = &job->axes[job->resampling.across];
  for (uint32_t n = j; begin < end && n < axis->out && n < j + overlap; n++) {
    uint32_t first, last;
    s2_resample_taps(job, n, &first, &last);
    for (uint32_t k = first; k < last; k++) {
      const uint32_t at = axis->taps[k].index - job->resampling.begin;
      if (at >= begin && at < end)
        weights[at / GROUP * overlap + n - j].words[at % GROUP] = s2_resample_weight(axis->taps[k].weight);
    }
  }
}

static void tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer) {
  const uint32_t count = job->axes[job->resampling.across].out, overlap = config->key.constants[S2_OVERLAP];
  struct s2_entry *record = s2_write(writer, 2);
  const uint32_t outcomes_at = (uint32_t)writer->count;
  struct s2_entry *outcomes = s2_write(writer, count);
  const uint32_t weights_at = (uint32_t)writer->count;
  struct s2_entry *weights = s2_write(writer, (size_t)s2_ceil_div(inputs_of(job), GROUP) * overlap);
  if (!record)
    return;
  *record = (struct s2_entry){{outcomes_at, weights_at}};
  for (uint32_t j = 0, end = 0; j < count; j++) {
    const uint32_t begin = end;
    write_outcome(job, j, &end, outcomes);
    write_weights(job, j, whole_groups(begin), whole_groups(end), overlap, weights);
  }
  for (uint32_t j = count, begin = inputs_of(job) - 1; j-- > 0;) /* a walk reads at least one group */
    outcomes[j].words[0] = begin = s2_min(begin, outcomes[j].words[0]);
  for (uint32_t j = 0, from = 0; j < count; j++) {
    while (from < j && outcomes[from].words[1] <= outcomes[j].words[0] / GROUP * GROUP)
      from++;
    outcomes[j].words[2] = from;
  }
}

static void groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  const uint32_t rows = box->y_end - box->y_begin, columns = box->x_end - box->x_begin;
  const bool across = job->resampling.across;
  groups[0] = s2_ceil_div(s2_ceil_div(across ? rows : columns, 4), config->key.constants[S2_LOCAL_SIZE_X]);
  groups[1] = s2_ceil_div(across ? columns : rows, config->run);
}

/* Along y, a walk reads whole groups. It begins with the one of the run's first input. */
static void footprint(const struct s2_job *job, const struct s2_config *config, uint32_t begin, uint32_t end,
    uint32_t *low, uint32_t *high) {
  (void)config;
  if (job->resampling.across) {
    *low = begin + job->resampling.row;
    *high = end + job->resampling.row;
    return;
  }
  *low = inputs_of(job);
  *high = 0;
  for (uint32_t j = 0; j < job->axes[0].out; j++) {
    uint32_t first, last;
    inputs_read(job, j, &first, &last);
    if (j >= begin)
      *low = s2_min(*low, first);
    if (j < end)
      *high = s2_max(*high, last);
  }
  *low = s2_min(*low, inputs_of(job) - 1) / GROUP * GROUP;
  *high = s2_min(whole_groups(s2_max(*high, *low + 1)), inputs_of(job));
}

/* Keys differ in the axis, in the overlap, and in where rows of the source begin. */
static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  size_t count = 0;
  if (!job->target->cpu || !job->target->unrolls || job->geometry->pre.resample_count == 0 ||
      job->geometry->pre.resamples->floats)
    return 0;
  for (uint32_t across = 0; across < 2; across++) {
    const size_t first = count;
    count += s2_resample_keys(
        job, S2_SHADER_RESAMPLE_WALK, across, count < room ? keys + count : NULL, count < room ? room - count : 0);
    const size_t each = count - first;
    for (size_t form = 0; form < 2 * OVERLAP_COUNT; form++)
      for (size_t i = 0; i < each; i++) {
        const size_t at = first + form * each + i;
        if (at >= room)
          continue;
        keys[at] = keys[first + i];
        keys[at].constants[S2_LOCAL_SIZE_X] = 8;
        keys[at].constants[S2_ACROSS] = across;
        keys[at].constants[S2_OVERLAP] = overlaps[form / 2];
        keys[at].constants[S2_SOURCE_ROWS] = form % 2 ? S2_ROWS_QUADS : S2_ROWS_WORDS;
      }
    count = first + 2 * OVERLAP_COUNT * each;
  }
  return count;
}

const struct s2_kernel s2_resample_walk = {
    .name = "resample_walk",
    .pass = S2_PASS_FIRST,
    .configure = configure,
    .cost = cost,
    .tables = tables,
    .groups = groups,
    .footprint = footprint,
    .keys = keys,
};
