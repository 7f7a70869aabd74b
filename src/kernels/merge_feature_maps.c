#include "kernels/kernels.h"
#include "kernels/merge.h"

#define CHUNK_ENTRIES 5

/* ---- Configuration --------------------------------------------------------------------------------------------------- */

static uint64_t map_of(s2vk_size size) {
  return (uint64_t)size.height * size.width;
}

static uint32_t rows_at(s2vk_type type, uint64_t elements) {
  if (elements % 4 == 0)
    return S2_ROWS_QUADS;
  return type == S2VK_TYPE_F32 ? S2_ROWS_WORDS : S2_ROWS_HALVES;
}

static struct s2_pipeline_key key_of(const struct s2_job *job, uint32_t source_rows, uint32_t target_rows) {
  struct s2_pipeline_key key = s2_merge_key(job, S2_SHADER_MERGE_FEATURE_MAPS);
  key.constants[S2_LOCAL_SIZE_X] = job->target->cpu ? 8 : 64;
  key.constants[S2_RUN] = job->target->cpu ? 16 : 4;
  key.constants[S2_SOURCE_ROWS] = source_rows;
  key.constants[S2_TARGET_ROWS] = target_rows;
  return key;
}

/* Channels of a period. */
static uint32_t period_of(const struct s2_job *job, const struct s2_config *config) {
  const uint64_t out = map_of(job->geometry->output_grid), in = map_of(job->scale->features);
  uint32_t period = 1;
  while (period * out % 4 || (config->key.constants[S2_SOURCE_ROWS] == S2_ROWS_QUADS && period * in % 4))
    period *= 2;
  return period;
}

static uint64_t fours_of(const struct s2_job *job, const struct s2_config *config) {
  return period_of(job, config) * map_of(job->geometry->output_grid) / 4;
}

/* Whether the tiles of a scale, and their outputs, are never in different dispatches. */
static bool scales_are_whole(const struct s2_job *job) {
  const struct s2_geometry *g = job->geometry;
  for (uint32_t k = 0; k < g->call_count; k++) {
    const struct s2_call *call = &g->calls[k];
    const struct s2_scale *first = &g->scales[call->scale], *last = first + call->scale_count - 1;
    if (call->first_tile != first->first_tile ||
        (uint64_t)call->first_tile + call->tile_count != (uint64_t)last->first_tile + last->tile_count)
      return false;
  }
  return g->features_bytes <= job->target->range;
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  const struct s2_geometry *g = job->geometry;
  if (g->layout != S2VK_OUTPUT_BCHW || !scales_are_whole(job))
    return false;
  const uint64_t in = g->feature_channels * map_of(job->scale->features);
  const uint64_t out = g->feature_channels * map_of(g->output_grid);
  const bool words = out % 2 == 0 && out % 4;
  *config = (struct s2_config){
      .key = key_of(job, rows_at(g->feature_type, in), words ? S2_ROWS_WORDS : rows_at(g->output_type, out)),
      .columns = 4,
      .rows = 1,
      .step_x = g->output_grid.width,
      .step_y = g->output_grid.height,
      .step_channels = 4,
      .whole_scale = true};
  config->channels = config->key.constants[S2_RUN];
  const uint64_t taps = (uint64_t)s2_merge_taps(&job->axes[0]) * s2_merge_taps(&job->axes[1]);
  /* Rounds of loops: chunks, and all of them once more by the gather. A range has to have room for a chunk. */
  return 8 * taps + config->channels * 4 * (2 + s2_merge_gather_rounds(job)) <= job->target->loop_rounds &&
         job->scale->feature_elements >= 16 && fours_of(job, config) * 4 * taps < UINT32_MAX / CHUNK_ENTRIES;
}

static double cost(const struct s2_job *job, const struct s2_config *config) {
  (void)config;
  return 10 + 5 * (double)s2_merge_taps(&job->axes[0]) * s2_merge_taps(&job->axes[1]);
}

/* ---- Tables ---------------------------------------------------------------------------------------------------------- */

/* The least feature, at `first` or after it, that a four reads whose first output is number `at` of a period; INT64_MAX: there is
 * none. Features are counted from the first of the image's first tile and of the period. A chunk, if there is one, gets the
 * weights of the features [first, first + 4). */
static int64_t scan(const struct s2_job *job, int64_t at, int64_t first, struct s2_entry *chunk) {
  const struct s2_axis *rows = &job->axes[0], *columns = &job->axes[1];
  const struct s2_scale *scale = job->scale;
  const s2vk_size side = scale->features;
  const int64_t map = rows->out * (int64_t)columns->out,
                tile = (int64_t)(job->geometry->batch * scale->feature_elements);
  int64_t least = INT64_MAX;
  for (uint32_t j = 0; j < 4; j++) {
    const int64_t channel = (at + j + map) / map - 1, place = at + j - channel * map; /* channel -1 is the one before */
    const uint32_t y = (uint32_t)(place / columns->out), x = (uint32_t)(place % columns->out);
    for (uint32_t i = rows->first[y]; i < rows->first[y + 1]; i++)
      for (uint32_t k = columns->first[x]; k < columns->first[x + 1]; k++) {
        const uint32_t row = rows->taps[i].index, column = columns->taps[k].index;
        const int64_t tiles = (int64_t)(row / side.height) * scale->tiles.width + column / side.width;
        const int64_t feature =
            tiles * tile + (channel * side.height + row % side.height) * side.width + column % side.width;
        least = feature >= first && feature < least ? feature : least;
        if (chunk && feature >= first && feature < first + 4)
          chunk[1 + feature - first].words[j] =
              s2_float_bits((float)rows->taps[i].weight * (float)columns->taps[k].weight);
      }
  }
  return least;
}

/* The chunks of the fours of a period; the first of these begins with output -shift. */
static void write_fours(const struct s2_job *job, const struct s2_config *config, uint32_t shift,
    struct s2_entry *heads, struct s2_writer *writer) {
  const bool aligned = config->key.constants[S2_SOURCE_ROWS] == S2_ROWS_QUADS;
  const uint64_t fours = fours_of(job, config);
  for (uint64_t i = 0; i < fours; i++) {
    const int64_t at = (int64_t)(4 * i) - shift;
    const size_t begin = writer->count;
    int64_t first = scan(job, at, INT64_MIN, NULL);
    for (; first < INT64_MAX; first = scan(job, at, first + 4, NULL)) {
      first -= aligned ? first & 3 : 0;
      struct s2_entry *chunk = s2_write(writer, CHUNK_ENTRIES);
      if (!chunk)
        continue;
      chunk[0].words[0] = (uint32_t)first;
      scan(job, at, first, chunk);
    }
    if (heads)
      heads[i] = (struct s2_entry){{(uint32_t)begin, (uint32_t)writer->count}};
  }
}

static void tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer) {
  struct s2_entry *record = s2_merge_tables(job, 1, writer);
  const uint64_t fours = fours_of(job, config);
  const uint32_t first = (uint32_t)writer->count,
                 sets = config->key.constants[S2_TARGET_ROWS] == S2_ROWS_HALVES ? 2 : 1;
  struct s2_entry *heads = s2_write(writer, sets * fours);
  if (record)
    *record = (struct s2_entry){{first, period_of(job, config), (uint32_t)fours}};
  for (uint32_t shift = 0; shift < sets; shift++)
    write_fours(job, config, shift, heads ? heads + shift * fours : NULL, writer);
}

/* ---- Workgroups ------------------------------------------------------------------------------------------------------ */

static void groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  const bool halves = config->key.constants[S2_TARGET_ROWS] == S2_ROWS_HALVES; /* lines may begin with half a word */
  const uint64_t channels = (uint64_t)box->channel_end - box->channel_begin + halves;
  const uint64_t runs = s2_ceil_div(channels, (uint64_t)period_of(job, config) * config->channels);
  groups[0] = s2_ceil_div(runs * fours_of(job, config), config->key.constants[S2_LOCAL_SIZE_X]);
  groups[1] = 1;
}

static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  size_t count = 0;
  const s2vk_type features = job->geometry->feature_type, outputs = job->geometry->output_type;
  for (uint32_t in = S2_ROWS_QUADS; in <= S2_ROWS_HALVES; in++)
    for (uint32_t out = S2_ROWS_QUADS; out <= S2_ROWS_HALVES; out++) {
      const bool have_in = in == S2_ROWS_QUADS || (in == S2_ROWS_WORDS) == (features == S2VK_TYPE_F32);
      const bool have_out = out != S2_ROWS_HALVES || outputs != S2VK_TYPE_F32;
      if (!have_in || !have_out || job->geometry->layout != S2VK_OUTPUT_BCHW)
        continue;
      if (count < room)
        keys[count] = key_of(job, in, out);
      count++;
    }
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
