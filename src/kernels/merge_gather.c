/* The general merge. shaders/merge.glsl describes its tables. */
#include "kernels/kernels.h"
#include "kernels/merge.h"

/* ---- Tables ------------------------------------------------------------------------------------------------------ */

static bool begins_segment(const struct s2_axis *axis, uint32_t j, uint32_t k, uint32_t side) {
  return k == axis->first[j] || axis->taps[k].index / side != axis->taps[k - 1].index / side;
}

/* Writes coordinates, then segments, then taps. shaders/merge.glsl describes them. Returns the entry of the first
 * coordinate. */
static uint32_t write_windows(const struct s2_axis *axis, uint32_t side, struct s2_writer *writer) {
  size_t segments = 0;
  for (uint32_t j = 0; j < axis->out; j++)
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++)
      segments += begins_segment(axis, j, k, side);
  const uint32_t begin = (uint32_t)writer->count, taps_begin = begin + axis->out + (uint32_t)segments;
  struct s2_entry *entries = s2_write(writer, axis->out + segments + axis->first[axis->out]);
  uint32_t segment = axis->out;
  for (uint32_t j = 0; entries && j < axis->out; j++) {
    const uint32_t low = axis->taps[axis->first[j]].index, high = axis->taps[axis->first[j + 1] - 1].index;
    const uint32_t first = segment;
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++) {
      const struct s2_tap *tap = &axis->taps[k];
      if (begins_segment(axis, j, k, side))
        entries[segment++] = (struct s2_entry){{tap->index / side, taps_begin + k}};
      if (tap->weight != 0)
        entries[segment - 1].words[2] = taps_begin + k + 1;
      entries[taps_begin - begin + k] = (struct s2_entry){{tap->index % side, s2_float_bits((float)tap->weight)}};
    }
    entries[j] = (struct s2_entry){{begin + first, begin + segment, low / side, high / side}};
  }
  return begin;
}

struct s2_entry *s2_merge_tables(const struct s2_job *job, size_t own, struct s2_writer *writer) {
  const struct s2_scale *scale = job->scale;
  struct s2_entry *entries = s2_write(writer, 1 + own);
  const uint32_t rows = write_windows(&job->axes[0], scale->features.height, writer);
  const uint32_t columns = write_windows(&job->axes[1], scale->features.width, writer);
  if (!entries)
    return NULL;
  const double tiles = (double)scale->tile_count / job->geometry->batch;
  entries[0] = (struct s2_entry){{rows, columns, s2_float_bits((float)(1 / tiles))}};
  return entries + 1;
}

struct s2_entry *s2_merge_write_taps(const struct s2_axis *axis, uint32_t taps, uint32_t side, uint64_t tile,
    uint64_t coordinate, struct s2_entry *entries) {
  const uint32_t each = (taps + 1) / 2;
  for (uint32_t j = 0; j < axis->out; j++)
    for (uint32_t i = 0; i < taps; i++) {
      const uint32_t count = axis->first[j + 1] - axis->first[j];
      const struct s2_tap *tap = &axis->taps[axis->first[j] + (i < count ? i : count - 1)];
      uint32_t *words = entries[j * each + i / 2].words + i % 2 * 2;
      words[0] = (uint32_t)(tap->index / side * tile + tap->index % side * coordinate);
      words[1] = i < count ? s2_float_bits((float)tap->weight) : 0;
    }
  return entries + (size_t)axis->out * each;
}

/* ---- The kernel -------------------------------------------------------------------------------------------------- */

struct s2_pipeline_key s2_merge_key(const struct s2_job *job, uint32_t shader) {
  struct s2_pipeline_key key = {.shader = shader};
  key.constants[S2_LOCAL_SIZE_Y] = 1;
  key.constants[S2_SOURCE_TYPE] = (uint32_t)job->geometry->feature_type;
  key.constants[S2_TARGET_TYPE] = (uint32_t)job->geometry->output_type;
  key.constants[S2_SOURCE_TEXELS] = job->source_texels;
  key.constants[S2_UNPACK_HALVES] = job->target->unpack_halves;
  return key;
}

uint32_t s2_merge_taps(const struct s2_axis *axis) {
  uint32_t taps = 0;
  for (uint32_t j = 0; j < axis->out; j++)
    if (axis->first[j + 1] - axis->first[j] > taps)
      taps = axis->first[j + 1] - axis->first[j];
  return taps;
}

/* The most segments of an output, and the most taps of a segment. */
struct segments {
  uint64_t count, taps;
};

static struct segments segments_of(const struct s2_axis *axis, uint32_t side) {
  struct segments most = {0};
  for (uint32_t j = 0; j < axis->out; j++) {
    uint64_t count = 0, taps = 0;
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++) {
      const bool begins = begins_segment(axis, j, k, side);
      count += begins;
      taps = begins ? 1 : taps + 1;
      most.taps = taps > most.taps ? taps : most.taps;
    }
    most.count = count > most.count ? count : most.count;
  }
  return most;
}

/* Four loops: segments of rows, segments of columns, rows of a tile, columns of a tile. A loop also begins the round in
 * which it ends. Invocations run together, so that each loop is as long as the longest one among them. */
uint64_t s2_merge_gather_rounds(const struct s2_job *job) {
  const struct segments rows = segments_of(&job->axes[0], job->scale->features.height);
  const struct segments columns = segments_of(&job->axes[1], job->scale->features.width);
  const uint64_t tiles = rows.count * columns.count;
  return 1 + rows.count + rows.count * (columns.count + 1) + tiles * (rows.taps + 1) +
         tiles * rows.taps * (columns.taps + 1);
}

bool s2_merge_reads_fours(const struct s2_job *job) {
  const struct s2_strides *in = &job->scale->feature_strides;
  const bool blocks = in->block > 1;
  const uint64_t all = in->item | in->row | in->column | (blocks ? in->channel : job->geometry->feature_channels);
  const bool fours = job->geometry->feature_type == S2VK_TYPE_F32 ||
                     !job->target->texels; /* else a four could be half of a cut texel */
  return job->geometry->layout == S2VK_OUTPUT_BCHW && (blocks || in->channel == 1) && all % (fours ? 4 : 8) == 0;
}

static struct s2_pipeline_key key_of(const struct s2_job *job, uint32_t columns, bool prefix) {
  struct s2_pipeline_key key = s2_merge_key(job, S2_SHADER_MERGE_GATHER);
  key.constants[S2_LAYOUT] = (uint32_t)job->geometry->layout;
  key.constants[S2_LOCAL_SIZE_X] = job->target->cpu ? 8 : 64;
  key.constants[S2_COLUMNS] = columns;
  key.constants[S2_ACCUMULATOR] = job->accumulator;
  key.constants[S2_PREFIX] = prefix;
  key.constants[S2_SOURCE_ROWS] = s2_merge_reads_fours(job) ? S2_ROWS_QUADS : S2_ROWS_WORDS;
  return key;
}

/* Channels of an invocation. Those of a token are read and stored at once if they begin at multiples of their number.
 * Four halves are half a texel; they are not read by texels, because the end of the features may cut the last texel. */
static uint32_t columns_of(const struct s2_job *job) {
  const struct s2_strides *in = &job->scale->feature_strides, *out = &job->geometry->output_strides;
  const uint64_t channels = job->geometry->feature_channels | in->item | in->column | out->item | out->column;
  const bool fours = job->geometry->feature_type == S2VK_TYPE_F32 || !job->target->texels;
  return job->geometry->layout == S2VK_OUTPUT_BCHW || (channels % 8 == 4 && fours) ? 4 : channels % 8 == 0 ? 8 : 1;
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  const uint32_t columns = columns_of(job);
  *config = (struct s2_config){
      .key = key_of(job, columns, job->prefix),
      .columns = 1,
      .rows = 1,
      .channels = columns,
      .step_x = 1,
      .step_y = 1,
      .step_channels = columns,
  };
  const uint64_t means = job->geometry->prefix_each ? 1 : job->scale->tile_count / job->geometry->batch;
  const uint64_t rounds = job->prefix ? means + 1 : s2_merge_gather_rounds(job);
  return rounds <= job->target->loop_rounds;
}

static double cost(const struct s2_job *job, const struct s2_config *config) {
  const double taps = (double)s2_merge_taps(&job->axes[0]) * s2_merge_taps(&job->axes[1]);
  return config->key.constants[S2_COLUMNS] < 4 || job->geometry->layout == S2VK_OUTPUT_BCHW ? 40 + 20 * taps
                                                                                            : 20 + 10 * taps;
}

static void tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer) {
  (void)config;
  s2_merge_tables(job, 1, writer);
}

static void groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  const uint64_t places = (uint64_t)(box->y_end - box->y_begin) * (box->x_end - box->x_begin);
  const uint64_t channels = s2_ceil_div(box->channel_end - box->channel_begin, config->channels);
  const bool maps = job->geometry->layout == S2VK_OUTPUT_BCHW;
  groups[0] = s2_ceil_div(maps ? places : channels, config->key.constants[S2_LOCAL_SIZE_X]);
  groups[1] = maps ? channels : places;
}

/* Keys differ in columns, in prefix or not, and in whether sums go on in another dispatch. */
static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  const bool maps = job->geometry->layout == S2VK_OUTPUT_BCHW, given = maps || job->geometry->feature_channels;
  const uint32_t columns[] = {given ? columns_of(job) : 4, 8, 1};
  const uint32_t lasting = job->geometry->output_type == S2VK_TYPE_F32 ? S2_ACCUMULATOR_OUTPUT : S2_ACCUMULATOR_BUFFER;
  size_t count = 0;
  for (uint32_t i = 0; i < (given ? 1 : 3); i++)
    for (uint32_t prefix = 0; prefix < (maps ? 1 : 2); prefix++)
      for (int sums = 0; sums < 2; sums++) {
        struct s2_job other = *job;
        other.accumulator = sums ? lasting : S2_ACCUMULATOR_NONE;
        if (count < room)
          keys[count] = key_of(&other, columns[i], prefix);
        count++;
      }
  return count;
}

const struct s2_kernel s2_merge_gather = {
    .name = "merge_gather",
    .pass = S2_PASS_MERGE,
    .general = true,
    .configure = configure,
    .cost = cost,
    .tables = tables,
    .groups = groups,
    .keys = keys,
};
