/* The split for wide supports. A walk goes down the input rows of a tile once. Each row is filtered along x once and
 * added to all rows of the tile whose supports contain it.
 * - A pixel costs the width of its support times the height divided by the overlap of neighbours. The general gather
 *   costs width times height.
 * - No intermediate image is written and read again.
 * A strip is the columns of one invocation. Its columns share what is read, so that a strip reads as much as one wider
 * column.
 *
 * The ends of supports must not decrease down a tile, nor may their begins. Supports that do not have this order are
 * extended to the smallest ones that do: a row's begins no later than those of the rows below it in its tile, and ends
 * no earlier than those above it.
 *
 * Tables:
 * - Entry 1: (first entry of rows, of strips, of rows of tiles; spans of weights of a column). A span is the inputs
 *   that are read at once.
 * - A row of the padded scale: (begin of its support, end, row that a walk from that begin starts with). That is the
 *   first row whose support ends after the begin of its group of input rows.
 * - A strip: (first input, sum of weights of each column), then weights: for each span those of each column.
 * - A row of tiles: (the entry where the weights of input row 0 would be).
 * - An input row of a tile: its weights, first the one in the row whose support ends next after the begin of a group of
 *   input rows, then those in the rows after it. Groups begin at multiples of their size, S2_GROUP.
 * The lowest bit of a weight is set if the weight is a sum of weights of both signs. */
#include "kernels/common.h"
#include "kernels/kernels.h"

/* On a CPU driver: columns of a strip, and input rows of a group. */
#define COLUMNS 4
#define GROUP 4

/* Overlaps that have pipelines. A higher one only occurs if a few pixels are enlarged again. */
static const uint32_t overlaps[] = {4, 8, 16};
#define MAX_OVERLAP 16
/* The same on CPU drivers, for input rows in groups. Where overlaps are higher, there are no groups. */
static const uint32_t group_overlaps[] = {6, 10};
#define MAX_GROUP_OVERLAP 10

/* The span: 16 bytes of a tensor, or four pixels. */
static uint32_t span_of(const struct s2_job *job) {
  const struct s2_geometry *g = job->geometry;
  return g->pixels.source == S2_SOURCE_TENSOR && g->input_type != S2VK_TYPE_F32 ? 8 : 4;
}

static uint32_t columns_of(const struct s2_job *job) {
  return job->target->long_lines && job->target->unrolls ? COLUMNS : 1;
}

/* Whether rows of the source are read in one way, so that there are fewer pipelines. */
static bool has_one_source(const struct s2_job *job) {
  const struct s2_geometry *g = job->geometry;
  return columns_of(job) > 1 && g->pixels.source == S2_SOURCE_TENSOR && g->input_type != S2VK_TYPE_F32;
}

/* S2_ROWS_QUADS if rows, and therefore spans, begin at multiples of 16 bytes. */
static uint32_t source_rows_of(const struct s2_job *job) {
  const struct s2_geometry *g = job->geometry;
  const struct s2_pixels *p = &g->pixels;
  if (has_one_source(job))
    return S2_ROWS_WORDS;
  if (p->source == S2_SOURCE_TENSOR)
    return s2_rows_of(g->input_type, g->input.width) == S2_ROWS_QUADS ? S2_ROWS_QUADS : S2_ROWS_WORDS;
  /* The width must be a multiple, too: the last span ends where the row does. */
  const bool words = p->source == S2_SOURCE_PIXELS && p->component_bytes == 1 && p->pixel_bytes == 4;
  return words && g->input.width % 4 == 0 && p->row_stride % 16 == 0 && p->image_stride % 16 == 0 &&
                 s2_pixels_row(p, 0, 0) % 16 == 0
             ? S2_ROWS_QUADS
             : S2_ROWS_WORDS;
}

/* What an invocation does at once: input rows share each weight along x, and channels share each pixel. */
struct form {
  uint32_t lines, channels;
};

/* Registers of an invocation: sums of rows, filtered rows with what is read of each, pixels' components, weights, and
 * about 12 for the rest. A compiler begins the reads of all input rows before it uses one of them. */
static uint32_t registers_of(const struct s2_job *job, uint32_t overlap, struct form form) {
  const uint32_t read = s2_split_is_wide(job) ? 16 : 8;
  return overlap * form.channels + form.lines * (form.channels + read) + 4 * form.channels + span_of(job) + 12;
}

/* Many input rows save reads of weights, many channels reads of pixels. A read of a pixel is the dearer one. Wide
 * pixels of two rows are as many bytes in flight as others of four. */
static struct form form_of(const struct s2_job *job, uint32_t overlap) {
  const uint32_t all = s2_split_channels(job);
  const struct form forms[] = {{4, all}, {2, all}, {1, all}, {4, 1}, {2, 1}, {1, 1}};
  if (job->target->long_lines)
    return forms[0];
  if (!job->target->unrolls) /* then arrays are short, and there are modules for that */
    return forms[5];
  size_t i = s2_split_is_wide(job) ? 1 : 0;
  while (i < 5 && registers_of(job, overlap, forms[i]) > job->target->registers)
    i++;
  return forms[i];
}

/* False where even one row in one channel is too much: the general gather is slow, but spilled sums are slower. */
static bool fits(const struct s2_job *job, uint32_t overlap) {
  return job->target->long_lines || registers_of(job, overlap, form_of(job, overlap)) <= job->target->registers;
}

/* Whether columns of 16 bits can be stored by words of two elements. */
static bool stores_words(const struct s2_job *job) {
  const uint32_t rows = s2_split_target_rows(job, job->scale->tile_side);
  return rows == S2_ROWS_QUADS || rows == S2_ROWS_WORDS;
}

/* What pipelines are made for: overlap, input rows of a group, S2_TARGET_ROWS. */
struct way {
  uint32_t overlap, group, target_rows;
};

/* Lists all of them, lower overlaps first, and returns their number. On CPU drivers words are stored only for input
 * rows in groups. Elements of 16 bits that are stored one by one take so long that high overlaps are enough for them.
 * More ways would be more pipelines. */
static size_t list_ways(const struct s2_job *job, struct way ways[4]) {
  const bool strips = columns_of(job) > 1, f32 = job->geometry->tile_type == S2VK_TYPE_F32;
  const uint32_t rows = f32 ? S2_ROWS_APART : S2_ROWS_WORDS;
  size_t count = 0;
  for (size_t i = 0; i < sizeof group_overlaps / sizeof *group_overlaps && strips; i++)
    ways[count++] = (struct way){group_overlaps[i], GROUP, rows};
  if (strips && !f32)
    ways[count++] = (struct way){MAX_GROUP_OVERLAP, GROUP, S2_ROWS_APART};
  if (strips)
    ways[count++] = (struct way){MAX_OVERLAP, 1, S2_ROWS_APART};
  for (size_t i = 0; i < sizeof overlaps / sizeof *overlaps && !strips && fits(job, overlaps[i]); i++)
    ways[count++] = (struct way){overlaps[i], 1, S2_ROWS_APART};
  return count;
}

static struct s2_pipeline_key key_of(const struct s2_job *job, const struct way *way, uint32_t source_rows) {
  const struct form form = form_of(job, way->overlap);
  struct s2_pipeline_key key = s2_split_key(job, S2_SHADER_SPLIT_SCATTER);
  key.constants[S2_LOCAL_SIZE_X] = columns_of(job) > 1 ? 8 : 64;
  key.constants[S2_SOURCE_ROWS] = source_rows;
  key.constants[S2_TARGET_ROWS] = way->target_rows;
  key.constants[S2_COLUMNS] = columns_of(job);
  key.constants[S2_QUADS] = span_of(job) / 4;
  key.constants[S2_CHANNELS] = form.channels;
  key.constants[S2_LINES] = form.lines;
  key.constants[S2_OVERLAP] = way->overlap;
  key.constants[S2_GROUP] = way->group;
  return key;
}

/* ---- Supports ---------------------------------------------------------------------------------------------------- */

/* A coordinate's own support, [low, high). */
static uint32_t low_of(const struct s2_axis *axis, uint32_t j) {
  return axis->taps[axis->first[j]].index;
}

static uint32_t high_of(const struct s2_axis *axis, uint32_t j) {
  return axis->taps[axis->first[j + 1] - 1].index + 1;
}

/* The end of a tile's coordinates without the padding. */
static uint32_t tile_end(const struct s2_axis *axis, uint32_t begin, uint32_t side) {
  return s2_min(axis->out, begin + side);
}

static void footprint_of(
    const struct s2_axis *axis, uint32_t side, uint32_t begin, uint32_t end, uint32_t *low, uint32_t *high) {
  begin = s2_min(begin, axis->out - 1);
  end = s2_max(s2_min(end, axis->out), begin + 1);
  *low = axis->in;
  *high = 0;
  const uint32_t tile = begin / side * side;
  for (uint32_t j = begin; j < tile_end(axis, tile, side); j++)
    *low = s2_min(*low, low_of(axis, j));
  for (uint32_t j = tile; j < end; j++)
    *high = s2_max(*high, high_of(axis, j));
}

/* Strips of a tile. The last one may have columns of the one before it. */
static uint32_t strips_of(const struct s2_job *job) {
  return (uint32_t)s2_ceil_div(job->scale->tile_side, columns_of(job));
}

/* The first column of a strip, counted from the scale's first. */
static uint32_t strip_begin(const struct s2_job *job, uint32_t strip) {
  const uint32_t strips = strips_of(job), side = job->scale->tile_side, columns = columns_of(job);
  return strip / strips * side + s2_min(strip % strips * columns, side - columns);
}

/* The most rows of a tile whose supports contain some of a group of input rows, counted from the row whose support ends
 * next after the begin of the group. */
static uint32_t overlap_of(const struct s2_job *job, uint32_t group) {
  const struct s2_axis *axis = &job->axes[0];
  const uint32_t side = job->scale->tile_side;
  uint32_t overlap = 1;
  for (uint32_t tile = 0; tile < axis->out; tile += side) {
    const uint32_t inside = tile_end(axis, tile, side);
    uint32_t low, high;
    footprint_of(axis, side, tile, inside, &low, &high);
    for (uint32_t j = tile, end = high_of(axis, j), begin = low / group * group; begin < high; begin += group) {
      while (end <= begin)
        end = s2_max(end, high_of(axis, ++j));
      for (uint32_t n = j; n < inside && n < j + MAX_OVERLAP + 8; n++)
        if (low_of(axis, n) < begin + group && high_of(axis, n) > begin)
          overlap = s2_max(overlap, n - j + 1);
    }
  }
  return overlap;
}

/* The most input rows that `rows` rows of a tile read. */
static uint32_t lines_of(const struct s2_axis *axis, uint32_t side, uint32_t rows) {
  uint32_t most = 0;
  for (uint32_t j = 0; j < axis->out; j++) {
    const uint32_t last = s2_min(tile_end(axis, j / side * side, side), j + rows) - 1;
    const uint32_t high = high_of(axis, last), low = low_of(axis, j);
    most = s2_max(most, high > low ? high - low : 0);
  }
  return most;
}

/* The inputs [*low, *high) of a strip, counted from the scale's first. Returns false if all of it is padding. */
static bool strip_footprint(const struct s2_job *job, uint32_t strip, uint32_t *low, uint32_t *high) {
  const struct s2_axis *axis = &job->axes[1];
  const uint32_t begin = strip_begin(job, strip), end = s2_min(begin + columns_of(job), axis->out);
  *low = axis->in;
  *high = 0;
  for (uint32_t j = begin; j < end; j++) {
    *low = s2_min(*low, low_of(axis, j));
    *high = s2_max(*high, high_of(axis, j));
  }
  return begin < end;
}

/* Where a strip's spans begin at least. If rows are aligned that is a multiple of a span. */
static uint32_t strip_aligned(const struct s2_job *job, uint32_t low) {
  const uint32_t span = span_of(job);
  return source_rows_of(job) == S2_ROWS_QUADS ? low / span * span : low;
}

/* Spans that are enough for the inputs of every strip. */
static uint32_t spans_of(const struct s2_job *job) {
  uint32_t most = 1, low, high;
  for (uint32_t strip = 0; strip < strips_of(job) * job->scale->tiles.width; strip++)
    if (strip_footprint(job, strip, &low, &high))
      most = s2_max(most, high - strip_aligned(job, low));
  return (uint32_t)s2_ceil_div(most, span_of(job));
}

/* ---- The kernel -------------------------------------------------------------------------------------------------- */

/* Loop rounds of prefetching: of a group of input rows, whose lines of 64 bytes are read by twos; and of rows of the
 * tile, by eights. */
static uint64_t prefetch_rounds_of(const struct s2_job *job, uint64_t lines, uint32_t rows, uint32_t channels) {
  const struct s2_geometry *g = job->geometry;
  const uint32_t bytes = g->pixels.source == S2_SOURCE_TENSOR   ? (uint32_t)s2vk_type_size(g->input_type)
                         : g->pixels.source == S2_SOURCE_PIXELS ? g->pixels.pixel_bytes
                                                                : 4;
  const uint64_t strips = 8 * columns_of(job) * (uint64_t)job->axes[1].in / job->axes[1].out;
  const uint64_t inputs = strips + (uint64_t)spans_of(job) * span_of(job);
  const uint64_t across = 8 * columns_of(job) * job->scale->tile_strides.column;
  return (lines / GROUP + 1) * (inputs * bytes / 128 + 1) + (rows / 8 + 1) * channels * (across / 16 + 1);
}

/* Loop rounds of an invocation: of its walk, and of making its rows again, each one alone, because the input has values
 * that are not finite. */
static uint64_t rounds_of(const struct s2_job *job, uint32_t rows, const struct s2_pipeline_key *key) {
  const struct s2_axis *axis = &job->axes[0];
  const uint32_t at_once = key->constants[S2_LINES], overlap = key->constants[S2_OVERLAP], spans = spans_of(job);
  const uint64_t lines = lines_of(axis, job->scale->tile_side, rows) + at_once;
  const uint64_t alone = lines_of(axis, job->scale->tile_side, 1);
  return rows + overlap + lines / at_once * (2 + at_once + spans) +
         prefetch_rounds_of(job, lines, rows + overlap, key->constants[S2_CHANNELS]) +
         rows * (1 + overlap + alone * (2 + spans * (span_of(job) / 4)));
}

/* With pixels, SwiftShader's compiler takes minutes for this shader. */
static bool compiles_too_long(const struct s2_job *job) {
  return job->target->long_lines && !job->target->unrolls && job->geometry->pixels.source != S2_SOURCE_TENSOR;
}

/* The first way that has the overlap of its groups. False if there is none. */
static bool choose_way(const struct s2_job *job, struct way *way) {
  struct way ways[4];
  const size_t count = list_ways(job, ways);
  uint32_t overlap = 0;
  for (size_t i = 0; i < count; i++) {
    if (i == 0 || ways[i].group != way->group)
      overlap = overlap_of(job, ways[i].group);
    *way = ways[i];
    if (way->overlap >= overlap && (way->target_rows == S2_ROWS_APART || stores_words(job)))
      return true;
  }
  return false;
}

static bool configure(const struct s2_job *job, struct s2_config *config) {
  struct way way;
  if (compiles_too_long(job) || job->scale->tile_side < columns_of(job))
    return false;
  if (!s2_split_has_room(job) || job->axes[1].in < span_of(job) * spans_of(job) || !choose_way(job, &way))
    return false;
  const struct s2_pipeline_key key = key_of(job, &way, source_rows_of(job));
  uint32_t rows = s2_split_run(job, 1, job->target->cpu ? 32 : 16, 0);
  while (rows > 1 && rounds_of(job, rows, &key) > job->target->loop_rounds)
    rows /= 2;
  *config = (struct s2_config){
      .key = key,
      .columns = columns_of(job),
      .rows = rows,
      .channels = key.constants[S2_CHANNELS],
      .step_y = 1,
  };
  return rounds_of(job, rows, &key) <= job->target->loop_rounds;
}

/* In the unit of split_polyphase.c. The first input rows of a walk are also read by the walk of the run above it. */
static double cost(const struct s2_job *job, const struct s2_config *config) {
  const double fetch = 0.4 * job->target->fetch, channels = config->channels, columns = config->columns;
  const double lines = (double)lines_of(&job->axes[0], job->scale->tile_side, config->rows) / config->rows;
  const double spans = spans_of(job), overlap = config->key.constants[S2_OVERLAP];
  const double floats = job->geometry->pixels.source == S2_SOURCE_TENSOR ? 0 : 4 * channels;
  const double read =
      fetch + fetch * columns / config->key.constants[S2_LINES] + floats + 1.6 * channels * columns; /* of a span */
  const double walks = s2_split_channels(job) / channels / columns;
  return walks *
         (lines * (spans * read + fetch + 0.4 * overlap * channels * columns) + channels * columns * fetch + 20);
}

static uint32_t tagged(const struct s2_tap *tap) {
  return (s2_float_bits((float)tap->weight) & ~1u) | (tap->negative != 0);
}

/* Entries of a strip ahead of its weights. */
static uint32_t head_of(uint32_t columns) {
  return (columns + 4) / 4;
}

static uint32_t strip_entries(const struct s2_job *job, uint32_t spans) {
  return head_of(columns_of(job)) + columns_of(job) * spans * (span_of(job) / 4);
}

static void write_column(const struct s2_job *job, uint32_t j, uint32_t x, uint32_t first, struct s2_entry *strip) {
  const struct s2_axis *axis = &job->axes[1];
  const uint32_t columns = columns_of(job), span = span_of(job), quads = span / 4;
  double sum = 0;
  for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++) {
    const uint32_t place = axis->taps[k].index - first;
    const uint32_t quad = (place / span * columns + x) * quads + place % span / 4;
    strip[head_of(columns) + quad].words[place % 4] = tagged(&axis->taps[k]);
    sum += axis->taps[k].weight;
  }
  strip[(1 + x) / 4].words[(1 + x) % 4] = s2_float_bits((float)sum);
}

static void write_strips(const struct s2_job *job, uint32_t spans, struct s2_entry *entries) {
  const struct s2_axis *axis = &job->axes[1];
  for (uint32_t n = 0; n < strips_of(job) * job->scale->tiles.width; n++) {
    struct s2_entry *strip = entries + (size_t)n * strip_entries(job, spans);
    uint32_t low, high;
    if (!strip_footprint(job, n, &low, &high))
      continue;
    const uint32_t first = s2_min(strip_aligned(job, low), axis->in - span_of(job) * spans);
    strip->words[0] = first;
    for (uint32_t x = 0, j = strip_begin(job, n); x < columns_of(job) && j < axis->out; x++, j++)
      write_column(job, j, x, first, strip);
  }
}

static void write_rows(const struct s2_job *job, uint32_t group, uint32_t tile, struct s2_entry *rows) {
  const struct s2_axis *axis = &job->axes[0];
  const uint32_t side = job->scale->tile_side, inside = tile_end(axis, tile, side);
  for (uint32_t j = tile, end = 0; j < tile + side; j++) {
    end = j < inside ? s2_max(end, high_of(axis, j)) : end;
    rows[j] = (struct s2_entry){{end, end, j}};
  }
  for (uint32_t j = inside, begin = axis->in; j-- > tile;)
    rows[j].words[0] = begin = s2_min(begin, low_of(axis, j));
  for (uint32_t j = tile, from = tile; j < inside; j++) {
    while (rows[from].words[1] <= rows[j].words[0] / group * group)
      from++;
    rows[j].words[2] = from;
  }
}

/* Writes the weights of input rows from `low` on. */
static void write_lines(const struct s2_job *job, const uint32_t *constants, const struct s2_entry *rows, uint32_t tile,
    uint32_t low, struct s2_entry *weights) {
  const struct s2_axis *axis = &job->axes[0];
  const uint32_t overlap = constants[S2_OVERLAP], each = (overlap + 3) / 4, group = constants[S2_GROUP];
  const uint32_t inside = tile_end(axis, tile, job->scale->tile_side);
  for (uint32_t n = tile; n < inside; n++) {
    uint32_t j = n - s2_min(n - tile, overlap - 1); /* the row that ends next */
    for (uint32_t k = axis->first[n]; k < axis->first[n + 1]; k++) {
      const uint32_t line = axis->taps[k].index;
      while (rows[j].words[1] <= line / group * group)
        j++;
      weights[(size_t)(line - low) * each + (n - j) / 4].words[(n - j) % 4] = tagged(&axis->taps[k]);
    }
  }
}

static void tables(const struct s2_job *job, const struct s2_config *config, struct s2_writer *writer) {
  const struct s2_axis *axis = &job->axes[0];
  const uint32_t side = job->scale->tile_side, overlap = config->key.constants[S2_OVERLAP];
  const uint32_t spans = spans_of(job), height = job->scale->tiled.height, each = (overlap + 3) / 4;
  const uint32_t group = config->key.constants[S2_GROUP];
  struct s2_entry *records = s2_write(writer, 2);
  const uint32_t rows_at = (uint32_t)writer->count;
  struct s2_entry *rows = s2_write(writer, height);
  const uint32_t strips_at = (uint32_t)writer->count;
  struct s2_entry *strips =
      s2_write(writer, (size_t)strips_of(job) * job->scale->tiles.width * strip_entries(job, spans));
  const uint32_t tiles_at = (uint32_t)writer->count;
  struct s2_entry *tiles = s2_write(writer, job->scale->tiles.height);
  if (records) {
    records[1] = (struct s2_entry){{rows_at, strips_at, tiles_at, spans}};
    write_strips(job, spans, strips);
  }
  for (uint32_t tile = 0; tile < height; tile += side) {
    uint32_t low, high;
    footprint_of(axis, side, tile, tile + side, &low, &high);
    low = low / group * group;
    const uint32_t at = (uint32_t)writer->count;
    struct s2_entry *lines = s2_write(writer, (size_t)(high - low) * each);
    if (!lines)
      continue;
    tiles[tile / side].words[0] = at - low * each; /* modulo 2^32 */
    write_rows(job, group, tile, rows);
    write_lines(job, config->key.constants, rows, tile, low, lines);
  }
}

static void groups(
    const struct s2_job *job, const struct s2_config *config, const struct s2_box *box, uint64_t groups[2]) {
  const uint64_t planes = config->channels > 1 ? 1 : box->channel_end - box->channel_begin;
  groups[0] = s2_ceil_div(strips_of(job) * planes, config->key.constants[S2_LOCAL_SIZE_X]) *
              s2_ceil_div(box->y_end - box->y_begin, config->rows);
  groups[1] = 1;
}

static void footprint(const struct s2_job *job, const struct s2_config *config, uint32_t begin, uint32_t end,
    uint32_t *low, uint32_t *high) {
  (void)config;
  footprint_of(&job->axes[0], job->scale->tile_side, begin, end, low, high);
}

static size_t keys(const struct s2_job *job, struct s2_pipeline_key *keys, size_t room) {
  if (compiles_too_long(job))
    return 0;
  struct way ways[4];
  const size_t way_count = list_ways(job, ways);
  size_t count = 0;
  for (size_t i = 0; i < way_count; i++)
    for (uint32_t rows = has_one_source(job) ? S2_ROWS_WORDS : S2_ROWS_QUADS; rows <= S2_ROWS_WORDS; rows++, count++)
      if (count < room)
        keys[count] = key_of(job, &ways[i], rows);
  return s2_split_other_forms(job, keys, count, room);
}

const struct s2_kernel s2_split_scatter = {
    .name = "split_scatter",
    .pass = S2_PASS_SPLIT,
    .configure = configure,
    .cost = cost,
    .tables = tables,
    .groups = groups,
    .footprint = footprint,
    .keys = keys,
};
