/* The merge of feature maps with short supports. shaders/merge_feature_maps.comp defines the words four, period and
 * chunk.
 *
 * Tables, after the general gather's record:
 * - Entry 1: (first four, channels of a period, fours of a period, fours of a workgroup on the CPU).
 * - A four: (first chunk, end chunk), and with S2_TAPS > 1 the entry of its rows. If lines can begin at an odd half, a
 *   second set of fours follows, for fours that begin one output earlier.
 * - A chunk: (first feature), then four entries, one for each of its features: the weights in the four outputs.
 * - A row of the output, with S2_TAPS > 1: its taps (element, weight), two to an entry. */
#include "kernels/kernels.h"
#include "kernels/merge.h"

#define CHUNK_ENTRIES 5

/* ---- Configuration ----------------------------------------------------------------------------------------------- */

static uint64_t map_of(s2vk_size size) {
  return (uint64_t)size.height * size.width;
}

/* The most rows that share chunks. */
#define MAX_TAPS 4

/* On the CPU: invocations of a workgroup, fours that an invocation makes side by side, and the most fours of a
 * workgroup. */
#define CPU_LANES 8
#define CPU_RUN 8
#define MAX_FOURS 512

/* Rounds of the loops that prefetch, at most: for features, and for outputs of 16 elements to a line of a cache. */
#define PREFETCH_ROUNDS (S2_PREFETCH_ROUNDS + CPU_RUN * (MAX_FOURS * 4 / (CPU_LANES * 16) + 2))

/* Fours of an invocation on a GPU. Registers are needed for the sums, for what is read for each four, for the weights
 * of a chunk, for rows, and about 12 for the rest. */
static uint32_t run_of(const struct s2_target *target, uint32_t taps) {
  const uint32_t others = 16 + 2 * taps + 12;
  return others + 8 * 4 <= target->registers ? 4 : others + 8 * 2 <= target->registers ? 2 : 1;
}

static struct s2_pipeline_key key_of(
    const struct s2_job *job, uint32_t source_rows, uint32_t target_rows, uint32_t taps, bool partial) {
  struct s2_pipeline_key key = s2_merge_key(job, S2_SHADER_MERGE_FEATURE_MAPS);
  key.constants[S2_LOCAL_SIZE_X] = job->target->cpu ? CPU_LANES : 64;
  key.constants[S2_COLUMNS] = job->target->cpu ? 0 : 4;
  key.constants[S2_RUN] = job->target->cpu ? CPU_RUN : run_of(job->target, taps);
  key.constants[S2_TAPS] = taps;
  key.constants[S2_SOURCE_ROWS] = source_rows;
  key.constants[S2_TARGET_ROWS] = partial && target_rows == S2_ROWS_QUADS ? S2_ROWS_WORDS : target_rows;
  key.constants[S2_PARTIAL] = partial;
  return key;
}

/* Channels of a period. out: elements of a map of the output. in: elements of a map of the features; 0: they do not
 * matter. */
static uint32_t period_of(uint64_t out, uint64_t in) {
  uint32_t period = 1;
  while (period * out % 4 || period * in % 4)
    period *= 2;
  return period;
}

/* Chunks are read whole if all maps of a tile begin at multiples of four and whole texels are bound. Fours are stored
 * whole if all maps of the output begin at multiples of four. */
static struct s2_pipeline_key choose_key(const struct s2_job *job) {
  const struct s2_geometry *g = job->geometry;
  const struct s2_strides *strides = &job->scale->feature_strides;
  const uint64_t in = strides->channel, out = map_of(g->output_grid), channels = g->feature_channels;
  const uint64_t all_in = strides->item | s2_features_span(g, job->scale),
                 all_out = channels * out | g->output_strides.item;
  const bool f32_in = g->feature_type == S2VK_TYPE_F32, f32_out = g->output_type == S2VK_TYPE_F32;
  uint32_t source = all_in % (f32_in ? 4 : 8) ? S2_ROWS_WORDS : S2_ROWS_QUADS, target = S2_ROWS_QUADS;
  if (all_out % 4)
    target = f32_out || all_out % 2 == 0 ? S2_ROWS_WORDS : S2_ROWS_HALVES;
  if (channels % period_of(out, in))
    source = S2_ROWS_WORDS;
  if (source && !f32_in)
    source = S2_ROWS_HALVES;
  const bool rows = !source && !target && strides->row % 4 == 0 && g->output_grid.width % 4 == 0;
  const uint32_t taps = s2_merge_taps(&job->axes[0]);
  const bool partial = !g->calls_are_scales || g->features_bytes > job->target->range;
  return key_of(job, source, target, rows && taps <= MAX_TAPS ? taps : 1, partial);
}

/* Channels of the config's period. */
static uint32_t period(const struct s2_job *job, const struct s2_config *config) {
  const bool aligned = config->key.constants[S2_SOURCE_ROWS] == S2_ROWS_QUADS;
  return period_of(map_of(job->geometry->output_grid), aligned ? job->scale->feature_strides.channel : 0);
}

static uint64_t count_fours(const struct s2_job *job, const struct s2_config *config) {
  return period(job, config) * map_of(job->geometry->output_grid) / 4;
}

/* Fours of a workgroup on the CPU, about as many in each. The loop rounds of an invocation must stay within what the
 * driver allows even if the gather makes all its fours again. 0: not even one four is possible. */
static uint32_t part_of(const struct s2_job *job, const struct s2_config *config) {
  const uint64_t taps = (uint64_t)s2_merge_taps(&job->axes[0]) * s2_merge_taps(&job->axes[1]);
  const uint64_t each = 1 + 4 * taps + config->channels * 4 * (2 + s2_merge_gather_rounds(job));
  const uint64_t rounds = job->target->loop_rounds, lanes = config->key.constants[S2_LOCAL_SIZE_X];
  const uint64_t most = rounds > PREFETCH_ROUNDS ? lanes * ((rounds - PREFETCH_ROUNDS) / each) : 0;
  const uint64_t fours = count_fours(job, config), part = most < MAX_FOURS ? most : MAX_FOURS;
  return part ? (uint32_t)(s2_ceil_div(s2_ceil_div(fours, s2_ceil_div(fours, part)), lanes) * lanes) : 0;
}

/* The most work that tables may take. A four has about one chunk per tap, and each chunk looks through all taps. At
 * this limit the tables of all scales take about 200 ms, and their size stays far below what entries can count. */
#define MAX_TABLE_WORK (1u << 22)

/* Whether all feature maps of an image of the output are one line of elements. */
static bool has_dense_maps(const struct s2_geometry *g) {
  const struct s2_strides *strides = &g->output_strides;
  return s2_strides_planar(strides) && strides->row == g->output_grid.width &&
         strides->channel == map_of(g->output_grid);
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  const struct s2_geometry *g = job->geometry;
  if (g->layout != S2VK_OUTPUT_BCHW || !s2_strides_planar(&job->scale->feature_strides) || !has_dense_maps(g))
    return false;
  *config = (struct s2_config){.key = choose_key(job),
      .columns = 4,
      .rows = 1,
      .step_x = g->output_grid.width,
      .step_y = g->output_grid.height,
      .step_channels = 4,
      .whole_scale = true};
  config->channels = config->key.constants[S2_RUN];
  const uint64_t taps = (uint64_t)s2_merge_taps(&job->axes[0]) * s2_merge_taps(&job->axes[1]);
  /* The bound range must have room for a chunk. */
  return part_of(job, config) > 0 && s2_features_span(g, job->scale) >= 16 &&
         count_fours(job, config) * taps * taps <= MAX_TABLE_WORK / g->scale_count;
}

static double cost(const struct s2_job *job, const struct s2_config *config) {
  (void)config;
  return 10 + 5 * (double)s2_merge_taps(&job->axes[0]) * s2_merge_taps(&job->axes[1]);
}

/* ---- Tables ------------------------------------------------------------------------------------------------------ */

/* Returns the smallest feature >= first that a four reads, or INT64_MAX if there is none. `at`: the four's first output
 * in the period. Features are counted from the first of the image's first tile and of the period. If `chunk` is not
 * NULL, it gets the weights of the features [first, first + 4). Without with_rows, the four reads only row 0, with a
 * weight of 1. */
static int64_t scan(const struct s2_job *job, bool with_rows, int64_t at, int64_t first, struct s2_entry *chunk) {
  static const struct s2_tap row_0 = {.weight = 1};
  const struct s2_axis *rows = &job->axes[0], *columns = &job->axes[1];
  const struct s2_scale *scale = job->scale;
  const s2vk_size side = scale->features;
  const int64_t map = rows->out * (int64_t)columns->out,
                tile = (int64_t)(job->geometry->batch * scale->feature_strides.item);
  const int64_t maps = (int64_t)scale->feature_strides.channel, lines = (int64_t)scale->feature_strides.row;
  int64_t least = INT64_MAX;
  for (uint32_t j = 0; j < 4; j++) {
    const int64_t channel = (at + j + map) / map - 1,
                  place = at + j - channel * map; /* channel -1: that of the element ahead of the period */
    const uint32_t y = (uint32_t)(place / columns->out), x = (uint32_t)(place % columns->out);
    const uint32_t row_count = with_rows ? rows->first[y + 1] - rows->first[y] : 1;
    for (uint32_t i = 0; i < row_count; i++)
      for (uint32_t k = columns->first[x]; k < columns->first[x + 1]; k++) {
        const struct s2_tap *row = with_rows ? &rows->taps[rows->first[y] + i] : &row_0, *column = &columns->taps[k];
        const int64_t tiles = (int64_t)(row->index / side.height) * scale->tiles.width + column->index / side.width;
        const int64_t feature =
            tiles * tile + channel * maps + row->index % side.height * lines + column->index % side.width;
        least = feature >= first && feature < least ? feature : least;
        if (chunk && feature >= first && feature < first + 4)
          chunk[1 + feature - first].words[j] = s2_float_bits((float)row->weight * (float)column->weight);
      }
  }
  return least;
}

/* Writes the chunks of a four; returns (first chunk, end chunk). */
static struct s2_entry write_chunks(
    const struct s2_job *job, const struct s2_config *config, int64_t at, struct s2_writer *writer) {
  const bool aligned = config->key.constants[S2_SOURCE_ROWS] == S2_ROWS_QUADS;
  const bool with_rows = config->key.constants[S2_TAPS] == 1;
  const uint32_t begin = (uint32_t)writer->count;
  int64_t first = scan(job, with_rows, at, INT64_MIN, NULL);
  for (; first < INT64_MAX; first = scan(job, with_rows, at, first + 4, NULL)) {
    first -= aligned ? first & 3 : 0;
    struct s2_entry *chunk = s2_write(writer, CHUNK_ENTRIES);
    if (!chunk)
      continue;
    chunk[0].words[0] = (uint32_t)first;
    scan(job, with_rows, at, first, chunk);
  }
  return (struct s2_entry){{begin, (uint32_t)writer->count}};
}

/* Writes fours whose rows share chunks: one row of fours has chunks, and rows have entries of their own. */
static void write_rows(
    const struct s2_job *job, const struct s2_config *config, struct s2_entry *fours, struct s2_writer *writer) {
  const uint32_t taps = config->key.constants[S2_TAPS], each = (taps + 1) / 2, across = job->axes[1].out / 4;
  const uint32_t rows = (uint32_t)writer->count;
  const uint64_t tile = job->geometry->batch * job->scale->feature_strides.item;
  struct s2_entry *entries = s2_write(writer, (size_t)job->axes[0].out * each);
  if (entries)
    s2_merge_write_taps(&job->axes[0], taps, job->scale->features.height, tile * job->scale->tiles.width,
        job->scale->feature_strides.row, entries);
  for (uint32_t x = 0; x < across; x++) {
    const struct s2_entry chunks = write_chunks(job, config, 4 * x, writer);
    for (uint32_t y = 0; fours && y < job->axes[0].out; y++)
      fours[y * across + x] = (struct s2_entry){{chunks.words[0], chunks.words[1], rows + y * each}};
  }
}

static void tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer) {
  struct s2_entry *record = s2_merge_tables(job, 1, writer);
  const uint64_t count = count_fours(job, config);
  const uint32_t sets =
      config->key.constants[S2_TARGET_ROWS] == S2_ROWS_HALVES ? 2 : 1; /* the second set begins one output earlier */
  const uint32_t first = (uint32_t)writer->count;
  struct s2_entry *fours = s2_write(writer, sets * count);
  if (record)
    *record = (struct s2_entry){{first, period(job, config), (uint32_t)count, part_of(job, config)}};
  if (config->key.constants[S2_TAPS] > 1) {
    write_rows(job, config, fours, writer);
    return;
  }
  for (uint64_t i = 0; i < sets * count; i++) {
    const struct s2_entry chunks = write_chunks(job, config, (int64_t)(i % count * 4) - (i >= count), writer);
    if (fours)
      fours[i] = chunks;
  }
}

/* ---- Workgroups -------------------------------------------------------------------------------------------------- */

static void groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  const bool halves = config->key.constants[S2_TARGET_ROWS] == S2_ROWS_HALVES; /* lines may begin at an odd half */
  const uint64_t channels = (uint64_t)box->channel_end - box->channel_begin + halves;
  const uint64_t runs = s2_ceil_div(channels, (uint64_t)period(job, config) * config->channels);
  const uint64_t fours = count_fours(job, config);
  groups[0] = job->target->cpu ? runs : s2_ceil_div(runs * fours, config->key.constants[S2_LOCAL_SIZE_X]);
  groups[1] = job->target->cpu ? s2_ceil_div(fours, part_of(job, config)) : 1;
}

static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  const bool f32_in = job->geometry->feature_type == S2VK_TYPE_F32,
             f32_out = job->geometry->output_type == S2VK_TYPE_F32;
  const uint32_t in[] = {S2_ROWS_QUADS, f32_in ? S2_ROWS_WORDS : S2_ROWS_HALVES};
  const uint32_t outs = job->geometry->layout != S2VK_OUTPUT_BCHW ? 0 : f32_out ? 2 : 3;
  size_t count = 0;
  for (uint32_t i = 0; i < 2; i++)
    for (uint32_t out = 0; out < outs; out++)
      for (uint32_t taps = 1; taps <= (i || out ? 1 : MAX_TAPS); taps++)
        for (int partial = 0; partial < 2; partial++, count++)
          if (count < room)
            keys[count] = key_of(job, in[i], out, taps, partial);
  return count;
}

const struct s2_kernel s2_merge_feature_maps = {
    .name = "merge_feature_maps",
    .pass = S2_PASS_MERGE,
    .configure = configure,
    .cost = cost,
    .tables = tables,
    .groups = groups,
    .keys = keys,
};
