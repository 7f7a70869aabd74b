/* The merge of tokens that are sums of few features, and of feature maps in NHWC to an output in NHWC.
 * shaders/merge_tokens.comp is its shader.
 *
 * Its section of the tables, and that of merge_blocks: the general gather has entry 0 (merge.glsl), and entry 1 is the
 * kernel's; here it is unused. From entry 2 on there are the rows of the output, then its columns.
 * - S2_TAPS > 0: a row or column has S2_TAPS taps, two to an entry.
 * - S2_TAPS == 0: a row or column has an entry (first tap, end tap). The taps follow, one to an entry: first those of
 *   all rows, then those of all columns.
 * A tap is (element of the features, weight). */
#include "kernels/kernels.h"
#include "kernels/merge.h"

/* The most taps along an axis for which the shader unrolls its sum. Shorter supports get taps with a weight of 0. */
#define MAX_TAPS 4

/* Taps of an output coordinate, on average. */
static double mean_taps(const struct s2_axis *axis) {
  return (double)axis->first[axis->out] / axis->out;
}

/* Taps along each axis of the unrolled sum; 0: the sum is a loop over the taps that the tables list. On a CPU a listed
 * tap costs a quarter more: it takes a fetch from the table in addition to four of features. V3DV reads all features of
 * an unrolled sum ahead: of 16 bits, they spill 1,472 bytes of an invocation where a loop spills none. */
uint32_t s2_merge_unrolled_taps(const struct s2_job *job) {
  const s2vk_size results = s2_result_grid(job->geometry), merged = job->geometry->merged_grid;
  if (results.height != merged.height || results.width != merged.width)
    return 0; /* outputs that are 0 read nothing */
  const uint32_t taps = s2_max(s2_merge_taps(&job->axes[0]), s2_merge_taps(&job->axes[1]));
  const double listed = 1.25 * mean_taps(&job->axes[0]) * mean_taps(&job->axes[1]);
  if (!job->target->cpu && !job->target->unrolls && job->geometry->feature_type != S2VK_TYPE_F32)
    return 0;
  return taps > MAX_TAPS || (job->target->cpu && listed < taps * taps) ? 0 : taps;
}

/* ---- Configuration ----------------------------------------------------------------------------------------------- */

/* The pipeline for tokens with `channels` channels. */
static struct s2_pipeline_key key_of(const struct s2_job *job, uint32_t channels, uint32_t taps) {
  const s2vk_type features = job->geometry->feature_type, outputs = job->geometry->output_type;
  const struct s2_strides *in = &job->scale->feature_strides, *out = &job->geometry->output_strides;
  const bool cpu = job->target->cpu;
  const uint32_t unit = 16 / (uint32_t)s2vk_type_size(outputs); /* elements of 16 bytes */
  uint32_t block = !cpu ? unit : taps ? 2 * unit : 4 * unit;    /* channels */
  while (block > unit && channels < 8 * block) /* a CPU driver runs 8 invocations at once: each shall have a block */
    block /= 2;
  const bool few_blocks = !cpu && channels < 48 * block;
  struct s2_pipeline_key key = s2_merge_key(job, S2_SHADER_MERGE_TOKENS);
  key.constants[S2_LOCAL_SIZE_X] = cpu ? 8 : few_blocks ? 16 : 64;
  key.constants[S2_LOCAL_SIZE_Y] = few_blocks ? 4 : 1;
  key.constants[S2_COLUMNS] = block;
  key.constants[S2_TAPS] = taps;
  key.constants[S2_RUN] = cpu ? 0 : 1;
  const uint64_t steps = channels | out->item | out->row | out->column;
  /* Blocks begin at multiples of 16 bytes of the output. If tokens do so, too, in the output and in the features, the
   * shader reads whole blocks. */
  key.constants[S2_SOURCE_ROWS] = s2_rows_of(features, steps | in->item | in->row | in->column);
  /* A block of eight is stored at once if it begins at a multiple of eight. */
  key.constants[S2_TARGET_ROWS] =
      block > 4 && steps % 8 ? s2_max(S2_ROWS_WORDS, s2_rows_of(outputs, steps)) : s2_rows_of(outputs, steps);
  return key;
}

/* The most blocks of a token. */
static uint32_t blocks_of(const struct s2_config *config, uint32_t channels) {
  const uint32_t unit = config->key.constants[S2_TARGET_TYPE] == S2VK_TYPE_F32 ? 4 : 8;
  const uint32_t edge = config->key.constants[S2_TARGET_ROWS] == S2_ROWS_QUADS ? 0 : unit - 1;
  return (uint32_t)s2_ceil_div((uint64_t)channels + edge, config->key.constants[S2_COLUMNS]);
}

/* Tokens, or feature maps in NHWC without gaps between channels: the places of a map are tokens then. */
static bool has_tokens(const struct s2_job *job) {
  const struct s2_strides *in = &job->scale->feature_strides, *out = &job->geometry->output_strides;
  return job->geometry->layout == S2VK_OUTPUT_BNC ||
         (in->order == S2VK_ORDER_NHWC && in->channel == 1 && out->order == S2VK_ORDER_NHWC && out->channel == 1);
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  const struct s2_geometry *g = job->geometry;
  if (!has_tokens(job) || job->prefix || g->prefix_only)
    return false;
  *config = (struct s2_config){.key = key_of(job, g->feature_channels, s2_merge_unrolled_taps(job)),
      .rows = 1,
      .step_x = 1,
      .step_y = 1,
      .step_channels = g->feature_channels,
      .whole_scale = true};
  config->columns = 1;
  config->channels = config->key.constants[S2_COLUMNS];
  /* Blocks of an invocation. In the worst case it makes all of them a second time, by the general gather. */
  const uint64_t blocks =
      s2_ceil_div(blocks_of(config, g->feature_channels), config->key.constants[S2_RUN] ? UINT32_MAX : 8);
  /* The bound range must have room for what a block reads. */
  return blocks * (2 + config->channels) * (1 + s2_merge_gather_rounds(job)) <= job->target->loop_rounds &&
         s2_features_span(g, job->scale) >= 4 * config->channels;
}

static double cost(const struct s2_job *job, const struct s2_config *config) {
  const uint32_t taps = config->key.constants[S2_TAPS];
  return 4 + (taps ? 2.0 * taps * taps : 4 * mean_taps(&job->axes[0]) * mean_taps(&job->axes[1]));
}

/* ---- Tables ------------------------------------------------------------------------------------------------------ */

/* Lists the taps of an axis. An output coordinate gets the entry (first tap, end tap); taps_begin is the index of the
 * axis's first tap. side, tile, coordinate: as for s2_merge_write_taps(). */
static void list_taps(const struct s2_axis *axis, uint32_t side, uint64_t tile, uint64_t coordinate,
    uint32_t taps_begin, struct s2_entry *coordinates, struct s2_entry *taps) {
  for (uint32_t j = 0; j < axis->out; j++) {
    const uint32_t first = axis->first[j], end = axis->taps[first].weight != 0 ? axis->first[j + 1] : first;
    coordinates[j] = (struct s2_entry){{taps_begin + first, taps_begin + end}};
  }
  for (uint32_t k = 0; k < axis->first[axis->out]; k++) {
    const uint32_t index = axis->taps[k].index;
    taps[k] = (struct s2_entry){
        {(uint32_t)(index / side * tile + index % side * coordinate), s2_float_bits((float)axis->taps[k].weight)}};
  }
}

struct s2_entry *s2_merge_tap_tables(const struct s2_job *job, uint32_t taps, struct s2_writer *writer) {
  const struct s2_scale *scale = job->scale;
  const struct s2_axis *rows = &job->axes[0], *columns = &job->axes[1];
  const uint32_t each = (taps + 1) / 2, coordinates = rows->out + columns->out, row_taps = rows->first[rows->out];
  const size_t own =
      1 + (taps ? (size_t)coordinates * each : (size_t)coordinates + row_taps + columns->first[columns->out]);
  const uint32_t begin = (uint32_t)writer->count + 2; /* after the gather's record, and entry 1 */
  struct s2_entry *record = s2_merge_tables(job, own, writer);
  if (!record)
    return NULL;
  const uint64_t tile = job->geometry->batch * scale->feature_strides.item, token = scale->feature_strides.column;
  const uint64_t tile_row = tile * scale->tiles.width, token_row = scale->feature_strides.row;
  struct s2_entry *entries = record + 1;
  if (taps == 0) {
    struct s2_entry *listed = entries + coordinates;
    list_taps(rows, scale->features.height, tile_row, token_row, begin + coordinates, entries, listed);
    list_taps(columns, scale->features.width, tile, token, begin + coordinates + row_taps, entries + rows->out,
        listed + row_taps);
    return record;
  }
  entries = s2_merge_write_taps(rows, taps, scale->features.height, tile_row, token_row, entries);
  s2_merge_write_taps(columns, taps, scale->features.width, tile, token, entries);
  return record;
}

static void tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer) {
  s2_merge_tap_tables(job, config->key.constants[S2_TAPS], writer);
}

/* ---- Workgroups -------------------------------------------------------------------------------------------------- */

static void groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  (void)job;
  const uint32_t *constants = config->key.constants;
  const uint64_t blocks = blocks_of(config, box->channel_end - box->channel_begin);
  const uint64_t each = constants[S2_RUN] ? (uint64_t)constants[S2_LOCAL_SIZE_X] * constants[S2_RUN] : blocks;
  groups[0] = s2_ceil_div(blocks, each) * s2_ceil_div(box->x_end - box->x_begin, constants[S2_LOCAL_SIZE_Y]);
  groups[1] = box->y_end - box->y_begin;
}

/* The number of channels decides the size of a block. Its remainder decides where tokens begin. */
static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  static const uint32_t counts[] = {1 << 16, 256, 128, 64, 8}, remainders[] = {0, 4, 2, 1};
  const uint32_t given = job->geometry->feature_channels;
  size_t count = 0;
  for (uint32_t i = 0; job->geometry->layout == S2VK_OUTPUT_BNC && i < (given ? 1 : 5 * 4); i++)
    for (uint32_t taps = 0; taps <= MAX_TAPS; taps++) {
      if (count < room)
        keys[count] = key_of(job, given ? given : counts[i / 4] + remainders[i % 4], taps);
      count++;
    }
  return count;
}

const struct s2_kernel s2_merge_tokens = {
    .name = "merge_tokens",
    .pass = S2_PASS_MERGE,
    .configure = configure,
    .cost = cost,
    .tables = tables,
    .groups = groups,
    .keys = keys,
};
