/* The split for short supports: rows are filtered along x once, and kept while rows of the tile need them. A strip is
 * the columns of one invocation.
 *
 * Tables:
 * - Entry 0, and tables that it leads to: those of the general gather.
 * - Entry 1: (first entry of the rows' weights, of columns, of the rows' first inputs).
 * - A row of the padded scale: S2_TAPS weights. The two lowest bits of each of the first four weights have the distance
 *   to the next row's first input.
 * - A row's first input: an entry of its own.
 * - Columns, with S2_SHARED: a strip has an entry (first input), then the weights of each of its columns.
 * - Columns, without S2_SHARED: a column has an entry (first input), then its weights. */
#include "kernels/common.h"
#include "kernels/kernels.h"

#include <math.h>

/* The longest distance from a row's first input to the next row's: two bits of each of four weights. */
#define MAX_STRIDE 255

/* Loop rounds of prefetching for a row, at most. For eight rows up to 24 input rows are read by fours, which has up to
 * 42 rounds each, and 20 pieces of the tile. */
#define PREFETCH_ROUNDS 40

/* What a pipeline fixes: columns of an invocation, the inputs that they share divided by 4 (0: none are shared), and
 * taps of a column. */
struct form {
  uint32_t columns, quads, taps;
};

/* On a CPU, many columns per invocation store fastest and share what they read. On a GPU, registers decide. */
static const struct form cpu_forms[] = {
    {16, 3, 4}, {8, 3, 4}, {8, 6, 4}, {4, 8, 4}, {8, 0, 4}, {8, 4, 8}, {4, 6, 8}, {4, 6, 12}};
static const struct form fixed_forms[] = {
    {16, 3, 4}, {8, 3, 4}, {8, 0, 4}, {8, 0, 8}}; /* those that have FIXED modules */
static const struct form gpu_forms[] = {{4, 2, 4}, {4, 0, 4}, {4, 3, 8}, {4, 0, 8}, {2, 0, 4}, {2, 0, 8}, {1, 0, 8}};
/* For pixels there are no forms of more than four shared columns. Those may read beyond the end of a row, and an image
 * has nothing to read there. */
static const struct form cpu_pixel_forms[] = {{4, 3, 4}, {4, 8, 4}, {4, 5, 8}, {4, 0, 4}};
static const struct form fixed_pixel_forms[] = {{8, 0, 4}, {4, 0, 8}};
static const struct form gpu_pixel_forms[] = {{4, 0, 4}, {2, 0, 4}, {1, 0, 4}};

/* Whether all channels of a tensor are made at once, because the tiles' are side by side. On a GPU, neighbouring
 * invocations make them. */
static bool makes_all_channels(const struct s2_job *job) {
  const struct s2_geometry *g = job->geometry;
  const struct s2_target *target = job->target;
  const uint64_t bytes = s2_tile_span(g, job->scale) * s2vk_type_size(g->tile_type);
  return target->cpu && target->unrolls && g->channels > 1 && g->channels <= 4 &&
         !s2_strides_planar(&job->scale->tile_strides) && bytes <= target->range / 8 * 7 &&
         g->input_bytes <= target->range;
}

/* S2_ROWS_*: where rows of tiles begin, if a row is in pieces of whole pixels. Elements of 16 bits are stored one by
 * one only if there is no other way: that takes two atomic operations each, and six times as long. */
static uint32_t pixel_rows(const struct s2_job *job) {
  const struct s2_strides *strides = &job->scale->tile_strides;
  const uint64_t all = strides->item | strides->row;
  if (!makes_all_channels(job))
    return S2_ROWS_APART;
  if (strides->block > 1)
    return (strides->column | all) % 4 ? S2_ROWS_APART : S2_ROWS_BLOCKS;
  const uint32_t channels = job->geometry->channels;
  if (strides->channel != 1 || strides->column != channels)
    return S2_ROWS_APART;
  const uint64_t begins = all | channels * (uint64_t)job->scale->tile_side;
  if (begins % 4 == 0)
    return S2_ROWS_PIXELS;
  if (job->geometry->tile_type == S2VK_TYPE_F32)
    return S2_ROWS_APART;
  return begins % 2 == 0 ? S2_ROWS_PIXEL_WORDS : S2_ROWS_PIXEL_HALVES;
}

static const struct form *forms_of(const struct s2_job *job, size_t *count) {
  const bool pixels = job->geometry->pixels.source != S2_SOURCE_TENSOR;
#define FORMS(list) (*count = sizeof(list) / sizeof *(list), (list))
  if (job->target->long_lines && !job->target->unrolls)
    return pixels ? FORMS(fixed_pixel_forms) : FORMS(fixed_forms);
  if (job->target->cpu)
    return pixels ? FORMS(cpu_pixel_forms) : FORMS(cpu_forms);
  return pixels ? FORMS(gpu_pixel_forms) : FORMS(gpu_forms);
#undef FORMS
}

/* Where rows of the input begin at multiples of four elements, strips on a GPU read from such multiples on. Their loads
 * are then 16 bytes wide, and they read one more group of four. */
static uint32_t source_rows(const struct s2_job *job, const struct form *form) {
  const struct s2_geometry *g = job->geometry;
  if (g->pixels.source != S2_SOURCE_TENSOR || job->target->cpu || !job->target->unrolls)
    return S2_ROWS_WORDS;
  return form->quads > 0 && g->input.width % 4 == 0 ? S2_ROWS_QUADS : S2_ROWS_WORDS;
}

static uint32_t quads_of(const struct form *form, uint32_t rows) {
  return form->quads > 0 && rows == S2_ROWS_QUADS ? form->quads + 1 : form->quads;
}

/* Channels of an invocation: all of pixels, because they are side by side; one where registers are so few that lines
 * are short. Of a tensor one, unless those of tiles are side by side. */
static uint32_t channels_of(const struct s2_job *job) {
  if (makes_all_channels(job))
    return job->geometry->channels;
  return job->target->unrolls || job->target->long_lines ? s2_split_channels(job) : 1;
}

/* Registers of an invocation: weights and first inputs of its columns, filtered rows and one more, what is read, and
 * about 12 for the rest. */
static uint32_t registers_of(const struct s2_job *job, const struct form *form, uint32_t source_rows) {
  const uint32_t channels = channels_of(job), quads = quads_of(form, source_rows);
  const uint32_t weights = form->quads ? 4 * quads : form->taps + 1;
  const uint32_t components = channels == 1 && s2_split_is_wide(job) ? 4 : channels; /* what is read has all */
  return form->columns * (weights + (form->taps + 1) * channels) + 4 * s2_max(quads, form->taps / 4) * components + 12;
}

/* Fewer than four columns are stored word by word. */
static uint32_t target_rows(const struct form *form, uint32_t rows) {
  return form->columns < 4 ? s2_max(S2_ROWS_WORDS, rows) : rows;
}

static bool is_possible(const struct s2_job *job, const struct form *form, uint32_t source_rows, uint32_t rows) {
  return registers_of(job, form, source_rows) <= job->target->registers &&
         (form->columns >= 4 || (form->columns == 2 && rows != S2_ROWS_HALVES) || rows >= S2_ROWS_APART ||
             job->geometry->tile_type == S2VK_TYPE_F32);
}

static struct s2_pipeline_key key_of(
    const struct s2_job *job, const struct form *form, uint32_t source_rows, uint32_t rows) {
  struct s2_pipeline_key key = s2_split_key(job, S2_SHADER_SPLIT_POLYPHASE);
  key.constants[S2_LOCAL_SIZE_X] = job->target->cpu ? 8 : 64;
  key.constants[S2_COLUMNS] = form->columns;
  key.constants[S2_TAPS] = form->taps;
  key.constants[S2_SHARED] = form->quads > 0;
  key.constants[S2_QUADS] = form->quads ? quads_of(form, source_rows) : form->taps / 4;
  key.constants[S2_SOURCE_ROWS] = source_rows;
  key.constants[S2_TARGET_ROWS] = target_rows(form, rows);
  key.constants[S2_CHANNELS] = channels_of(job);
  return key;
}

/* ---- Strips ------------------------------------------------------------------------------------------------------ */

/* Columns from strip to strip. The shader computes the same. */
static uint32_t stride_of(const struct s2_config *config) {
  const uint32_t rows = config->key.constants[S2_TARGET_ROWS];
  return config->columns - (rows == S2_ROWS_HALVES ? 2 : rows == S2_ROWS_PIXEL_HALVES ? 1 : 0);
}

static uint32_t strips_of(const struct s2_config *config, uint32_t side) {
  return side <= config->columns ? 1 : (side - config->columns + stride_of(config) - 1) / stride_of(config) + 1;
}

static uint32_t strip_column(const struct s2_config *config, uint32_t side, uint32_t strip) {
  return s2_min(strip * stride_of(config), side - config->columns);
}

/* Finds the first input of a strip whose columns share their inputs. Returns false if these are too few, or if a column
 * has a tap that the shader leaves out (see may_have_weight() there). A strip of more than four columns may read beyond
 * the end of its input row; its weights are 0 there. */
static bool strip_first(const struct s2_axis *axis, const struct s2_config *config, uint32_t begin, uint32_t *first) {
  const bool aligned = config->key.constants[S2_SOURCE_ROWS] == S2_ROWS_QUADS, is_long = config->columns > 4;
  const uint32_t span = config->key.constants[S2_QUADS] * 4, taps = config->key.constants[S2_TAPS];
  uint32_t low, high;
  s2_axis_footprint(axis, begin, begin + config->columns, &low, &high);
  low = aligned ? low / 4 * 4 : low;
  *first = is_long ? low : s2_min(low, axis->in - span);
  const bool enlarged = span <= config->columns + 8; /* the condition of may_have_weight() */
  for (uint32_t x = 0; x < config->columns && begin + x < axis->out; x++) {
    const uint32_t end = axis->taps[axis->first[begin + x + 1] - 1].index - *first + 1;
    if (end > span || (is_long && enlarged && end > x + taps))
      return false;
  }
  return true;
}

static bool strips_fit(const struct s2_job *job, const struct s2_config *config) {
  const uint32_t side = job->scale->tile_side, strips = strips_of(config, side);
  if (config->columns <= 4 && job->axes[1].in < config->key.constants[S2_QUADS] * 4)
    return false;
  for (uint32_t tile = 0; tile < job->scale->tiles.width; tile++)
    for (uint32_t strip = 0; strip < strips; strip++) {
      uint32_t first;
      const uint32_t begin = tile * side + strip_column(config, side, strip);
      if (begin < job->axes[1].out && !strip_first(&job->axes[1], config, begin, &first))
        return false;
    }
  return true;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

/* The first of the `taps` inputs of a row. It lies within the input. It is not after next_first, that of the row below
 * it in its tile (UINT32_MAX: there is none), because filtered rows are kept from the top down. A row right on a sample
 * has fewer taps than others; the missing ones are among those of the rows below it. */
static uint32_t row_first(const struct s2_axis *axis, uint32_t row, uint32_t taps, uint32_t next_first) {
  uint32_t low, high;
  s2_axis_footprint(axis, row, row + 1, &low, &high);
  return s2_min(s2_min(low, next_first), axis->in - taps);
}

/* Whether `taps` inputs are enough for every row, and rows are near enough to each other. */
static bool rows_fit(const struct s2_job *job, uint32_t taps) {
  const struct s2_axis *axis = &job->axes[0];
  const uint32_t side = job->scale->tile_side;
  if (axis->in < taps)
    return false;
  uint32_t first = UINT32_MAX;
  for (uint32_t j = axis->out; j-- > 0;) {
    const bool last = (j + 1) % side == 0 || j + 1 == axis->out;
    const uint32_t next = last ? UINT32_MAX : first;
    uint32_t low, high;
    s2_axis_footprint(axis, j, j + 1, &low, &high);
    first = row_first(axis, j, taps, next);
    if (high - first + 1 > taps || (!last && next - first > MAX_STRIDE))
      return false;
  }
  return true;
}

static bool columns_fit(const struct s2_job *job, uint32_t taps) {
  return job->axes[1].in >= taps && s2_axis_support(&job->axes[1]) <= taps;
}

/* ---- The kernel -------------------------------------------------------------------------------------------------- */

static bool take_form(const struct s2_job *job, const struct form *form, struct s2_config *config) {
  const uint32_t side = job->scale->tile_side;
  const bool planar = s2_strides_planar(&job->scale->tile_strides);
  const uint32_t rows = planar ? s2_split_target_rows(job, side) : pixel_rows(job);
  if (side < form->columns || !is_possible(job, form, source_rows(job, form), rows) ||
      (!form->quads && !columns_fit(job, form->taps)) || !rows_fit(job, form->taps))
    return false;
  *config = (struct s2_config){
      .key = key_of(job, form, source_rows(job, form), rows),
      .columns = form->columns,
      .channels = channels_of(job),
      .step_y = 1,
  };
  const uint64_t rounds = form->columns * config->channels * (s2_split_gather_rounds(job) + 1) + PREFETCH_ROUNDS;
  config->rows = s2_split_run(job, form->columns, job->target->cpu ? 128 : 32, rounds);
  return config->rows > 0 && (!form->quads || strips_fit(job, config));
}

/* The cost of one output in all channels of an invocation, in about nanoseconds of lavapipe for eight invocations:
 * - a multiply-add: 0.4
 * - a fetch of 16 bytes, and a store: that many multiply-adds as the target says; 10 on lavapipe
 * - a component of a pixel, made a float: 1 */
static double cost_of(const struct s2_job *job, const struct form *form) {
  const double fetch = 0.4 * job->target->fetch, channels = channels_of(job), columns = form->columns;
  const double quads = form->quads ? form->quads : columns * form->taps / 4; /* groups of four inputs that are read */
  const double fetches = form->quads ? quads + 1 : columns * (form->taps / 4 + 1);
  const double floats = job->geometry->pixels.source == S2_SOURCE_TENSOR ? 0 : 4 * channels * quads;
  const double adds = channels * columns * (form->quads ? form->quads * 4 : form->taps);
  const double stride = (double)job->axes[0].in / job->axes[0].out, lines = stride < form->taps ? stride : form->taps;
  return s2_split_channels(job) / channels *
         (lines * (fetch * fetches + floats + 0.4 * adds) + fetch * form->taps / 4 +
             channels * columns * (0.4 * form->taps + fetch)) /
         columns;
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  size_t count;
  const struct form *forms = forms_of(job, &count);
  double best = INFINITY;
  for (size_t i = 0; i < count && s2_split_has_room(job); i++) {
    struct s2_config tried;
    if (cost_of(job, &forms[i]) >= best || !take_form(job, &forms[i], &tried))
      continue;
    best = cost_of(job, &forms[i]);
    *config = tried;
  }
  return best < INFINITY;
}

static double cost(const struct s2_job *job, const struct s2_config *config) {
  const struct s2_pipeline_key *key = &config->key;
  const struct form form = {
      config->columns, key->constants[S2_SHARED] ? key->constants[S2_QUADS] : 0, key->constants[S2_TAPS]};
  return cost_of(job, &form);
}

static void write_weights(const struct s2_axis *axis, uint32_t j, uint32_t first, struct s2_entry *entries) {
  for (uint32_t k = j < axis->out ? axis->first[j] : 0; j < axis->out && k < axis->first[j + 1]; k++) {
    const uint32_t place = axis->taps[k].index - first;
    entries[place / 4].words[place % 4] = s2_float_bits((float)axis->taps[k].weight);
  }
}

static void write_rows(const struct s2_job *job, uint32_t taps, struct s2_entry *weights, struct s2_entry *firsts) {
  const struct s2_axis *axis = &job->axes[0];
  const uint32_t side = job->scale->tile_side;
  for (uint32_t j = job->scale->tiled.height, next = 0; j-- > 0;) {
    const bool last = (j + 1) % side == 0 || j + 1 >= axis->out;
    const uint32_t first = row_first(axis, j, taps, last ? UINT32_MAX : next), stride = last ? 0 : next - first;
    struct s2_entry *row = weights + (size_t)j * (taps / 4);
    write_weights(axis, j, first, row);
    for (uint32_t i = 0; i < 4; i++)
      row->words[i] = ((row->words[i] + 2) & ~3u) | (stride >> (2 * i) & 3); /* rounded, so that 1.0 stays 1.0 */
    firsts[j].words[0] = next = first;
  }
}

static void write_strips(const struct s2_job *job, const struct s2_config *config, struct s2_entry *entries) {
  const struct s2_axis *axis = &job->axes[1];
  const uint32_t side = job->scale->tile_side, strips = strips_of(config, side),
                 quads = config->key.constants[S2_QUADS];
  for (uint32_t n = 0; n < job->scale->tiles.width * strips; n++) {
    struct s2_entry *strip = entries + (size_t)n * (1 + config->columns * quads);
    const uint32_t begin = n / strips * side + strip_column(config, side, n % strips);
    if (begin >= axis->out)
      continue;
    strip_first(axis, config, begin, &strip->words[0]);
    for (uint32_t x = 0; x < config->columns; x++)
      write_weights(axis, begin + x, strip->words[0], strip + 1 + x * quads);
  }
}

static void write_columns(const struct s2_job *job, uint32_t taps, struct s2_entry *entries) {
  const struct s2_axis *axis = &job->axes[1];
  for (uint32_t j = 0; j < axis->out; j++) {
    struct s2_entry *column = entries + (size_t)j * (1 + taps / 4);
    column->words[0] = row_first(axis, j, taps, UINT32_MAX);
    write_weights(axis, j, column->words[0], column + 1);
  }
}

static void tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer) {
  const uint32_t taps = config->key.constants[S2_TAPS], quads = config->key.constants[S2_QUADS];
  const bool shared = config->key.constants[S2_SHARED];
  const uint32_t height = job->scale->tiled.height, width = job->scale->tiled.width;
  struct s2_entry *begin = writer->entries ? writer->entries + writer->count : NULL;
  s2_split_gather_tables(job, writer);
  const uint32_t rows = (uint32_t)writer->count;
  struct s2_entry *weights = s2_write(writer, (size_t)height * (taps / 4));
  const uint32_t first_rows = (uint32_t)writer->count;
  struct s2_entry *firsts = s2_write(writer, height);
  const uint32_t columns = (uint32_t)writer->count;
  const size_t strips = (size_t)job->scale->tiles.width * strips_of(config, job->scale->tile_side);
  struct s2_entry *across =
      s2_write(writer, shared ? strips * (1 + config->columns * quads) : (size_t)width * (1 + quads));
  if (!begin)
    return;
  begin[1] = (struct s2_entry){{rows, columns, first_rows}};
  write_rows(job, taps, weights, firsts);
  if (shared)
    write_strips(job, config, across);
  else
    write_columns(job, taps, across);
}

static void groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  const uint64_t planes = config->channels > 1 ? 1 : box->channel_end - box->channel_begin;
  const uint64_t units = strips_of(config, job->scale->tile_side) * planes;
  groups[0] =
      s2_ceil_div(units, config->key.constants[S2_LOCAL_SIZE_X]) * s2_ceil_div(box->y_end - box->y_begin, config->rows);
  groups[1] = 1;
}

static void footprint(const struct s2_job *job, const struct s2_config *config, uint32_t begin, uint32_t end,
    uint32_t *low, uint32_t *high) {
  const struct s2_axis *axis = &job->axes[0];
  const uint32_t taps = config->key.constants[S2_TAPS], side = job->scale->tile_side;
  /* A later row of the tile may make the rows above it begin earlier. */
  uint32_t first = UINT32_MAX;
  const uint32_t tile_end = s2_min((begin / side + 1) * side, s2_max(axis->out, end));
  *low = axis->in;
  *high = 0;
  for (uint32_t j = tile_end; j-- > begin;) {
    first = row_first(axis, j, taps, j + 1 >= axis->out ? UINT32_MAX : first);
    *low = j < end ? s2_min(*low, first) : *low;
    *high = j < end ? s2_max(*high, first + taps) : *high;
  }
}

static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  size_t form_count, count = 0;
  const struct form *forms = forms_of(job, &form_count);
  const bool halves = job->geometry->tile_type != S2VK_TYPE_F32;
  const bool aligned = job->geometry->pixels.source == S2_SOURCE_TENSOR && !job->target->cpu && job->target->unrolls;
  const uint32_t side = job->scale->tile_side, rows = s2_rows_of(job->geometry->tile_type, side);
  const uint32_t first = side ? rows : S2_ROWS_QUADS, last = side ? rows : halves ? S2_ROWS_HALVES : S2_ROWS_WORDS;
  for (size_t i = 0; i < form_count; i++)
    for (uint32_t target = first; target <= last; target++)
      for (int quads = 0; quads <= (aligned && forms[i].quads ? 1 : 0); quads++) {
        const uint32_t source = quads ? S2_ROWS_QUADS : S2_ROWS_WORDS;
        if (!is_possible(job, &forms[i], source, target))
          continue;
        if (count < room)
          keys[count] = key_of(job, &forms[i], source, target);
        count++;
      }
  return s2_split_other_forms(job, keys, count, room);
}

const struct s2_kernel s2_split_polyphase = {
    .name = "split_polyphase",
    .pass = S2_PASS_SPLIT,
    .configure = configure,
    .cost = cost,
    .tables = tables,
    .groups = groups,
    .footprint = footprint,
    .keys = keys,
};
