#include "walk.h"

#define MAX_OVERLAP 40        /* more is a few pixels made large again */
#define MAX_INVOCATIONS 128   /* of a workgroup */
#define MIN_INVOCATIONS 32768 /* of a dispatch */

static uint32_t min_u32(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b) {
  return a > b ? a : b;
}

static uint64_t ceil_div(uint64_t value, uint64_t divisor) {
  return (value + divisor - 1) / divisor;
}

/* A coordinate's own window, [low, high). */
static uint32_t low_of(const struct s2_axis *axis, uint32_t j) {
  return axis->taps[axis->first[j]].index;
}

static uint32_t high_of(const struct s2_axis *axis, uint32_t j) {
  return axis->taps[axis->first[j + 1] - 1].index + 1;
}

/* A tile's coordinates, [begin, end), without its padding. */
static uint32_t tile_end(const struct s2_axis *axis, uint32_t begin, uint32_t side) {
  return min_u32(axis->out, begin + side);
}

void s2_walk_reach(
    const struct s2_axis *axis, uint32_t side, uint32_t begin, uint32_t end, uint32_t *low, uint32_t *high) {
  begin = min_u32(begin, axis->out - 1);
  end = max_u32(min_u32(end, axis->out), begin + 1);
  *low = axis->in;
  *high = 0;
  const uint32_t tile = begin / side * side;
  for (uint32_t j = begin; j < tile_end(axis, tile, side); j++)
    *low = min_u32(*low, low_of(axis, j));
  for (uint32_t j = tile; j < end; j++)
    *high = max_u32(*high, high_of(axis, j));
}

/* ---- Tables: of rows, input rows and columns --------------------------------------------------------------------- */

static size_t weight_entries(uint32_t count) {
  return (count + 3) / 4;
}

/* In its lowest bit, a weight says whether it is a sum of weights of both signs. */
static uint32_t tagged(const struct s2_tap *tap) {
  return (s2_float_bits((float)tap->weight) & ~1u) | (tap->negative != 0);
}

/* Not past the end: the input and taps_x are multiples of input_width, or that is 1. */
static uint32_t column_first(const struct s2_axis *axis, uint32_t j, const struct s2_split_shape *shape) {
  const uint32_t first = low_of(axis, j) / shape->input_width * shape->input_width;
  return min_u32(first, axis->in > shape->taps_x ? axis->in - shape->taps_x : 0);
}

/* For each column, an entry (first input column, whether it is not padding), then its weights. */
static size_t columns(const struct s2_axis *axis, const struct s2_split_shape *shape, uint32_t padded,
    struct s2_entry *entries, size_t at) {
  const size_t each = 1 + weight_entries(shape->taps_x);
  for (uint32_t j = 0; entries && j < axis->out; j++) {
    struct s2_entry *entry = entries + at + j * each;
    const uint32_t first = column_first(axis, j, shape);
    entry->words[0] = first;
    entry->words[1] = 1;
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++) {
      const uint32_t place = axis->taps[k].index - first;
      entry[1 + place / 4].words[place % 4] = tagged(&axis->taps[k]);
    }
  }
  return padded * each;
}

/* For each row of a tile, an entry (begin of its window, end, row that a walk from there begins with, whether it is not
 * padding). That row is the first whose window ends after the begin. */
static void tile_rows(const struct s2_axis *axis, uint32_t tile, uint32_t side, struct s2_entry *rows) {
  const uint32_t inside = tile_end(axis, tile, side);
  for (uint32_t j = tile, end = 0; j < tile + side; j++) {
    end = j < inside ? max_u32(end, high_of(axis, j)) : end;
    rows[j] = (struct s2_entry){{end, end, j, j < inside}};
  }
  for (uint32_t j = inside, begin = axis->in; j-- > tile;)
    rows[j].words[0] = begin = min_u32(begin, low_of(axis, j));
  for (uint32_t j = tile, from = tile; j < inside; j++) {
    while (rows[from].words[1] <= rows[j].words[0])
      from++;
    rows[j].words[2] = from;
  }
}

/* For each input row of a tile from `low` on its weights, in the row whose window is the next to end and in those after it. */
static void tile_input_rows(const struct s2_axis *axis, uint32_t tile, uint32_t side, uint32_t low, uint32_t overlap,
    struct s2_entry *weights) {
  const size_t each = weight_entries(overlap);
  const uint32_t inside = tile_end(axis, tile, side);
  for (uint32_t j = tile, end = 0; j < inside; j++) {
    /* Input rows [end, own end) are walked when row j is the next to end. */
    const uint32_t begin = end;
    end = max_u32(end, high_of(axis, j));
    for (uint32_t n = j; n < inside && n < j + overlap; n++)
      for (uint32_t k = axis->first[n]; k < axis->first[n + 1]; k++)
        if (axis->taps[k].index >= begin && axis->taps[k].index < end)
          weights[(axis->taps[k].index - low) * each + (n - j) / 4].words[(n - j) % 4] = tagged(&axis->taps[k]);
  }
}

/* For each row of tiles an entry: where weights of input row 0 would be. Then those of the input rows that they read. */
static size_t input_rows(const struct s2_axis *axis, const struct s2_split_shape *shape, uint32_t tiled,
    struct s2_entry *entries, size_t at) {
  const size_t each = weight_entries(shape->overlap), first = at;
  at += tiled / shape->side;
  for (uint32_t tile = 0; tile < tiled; tile += shape->side) {
    uint32_t low, high;
    s2_walk_reach(axis, shape->side, tile, tile + shape->side, &low, &high);
    if (entries) {
      entries[first + tile / shape->side].words[0] = (uint32_t)(at - low * each); /* modulo 2^32 */
      tile_input_rows(axis, tile, shape->side, low, shape->overlap, entries + at);
    }
    at += (high - low) * each;
  }
  return at - first;
}

size_t s2_walk_tables(const struct s2_scale *scale, const struct s2_scale_axes *axes,
    const struct s2_split_shape *shape, struct s2_entry *entries, size_t at, struct s2_scale_record *record) {
  const size_t begin = at;
  record->rows = (uint32_t)at;
  for (uint32_t tile = 0; entries && tile < scale->tiled.height; tile += shape->side)
    tile_rows(&axes->split[0], tile, shape->side, entries + at);
  at += scale->tiled.height;
  record->taps_y = (uint32_t)at;
  at += input_rows(&axes->split[0], shape, scale->tiled.height, entries, at);
  record->columns = (uint32_t)at;
  at += columns(&axes->split[1], shape, scale->tiled.width, entries, at);
  return at - begin;
}

/* ---- Shape ------------------------------------------------------------------------------------------------------------- */

/* Rows of a tile at most whose windows an input row is in, counted from the row whose window is the next to end. One right on a
 * sample reads less than its neighbours. */
static uint32_t overlap_of(const struct s2_axis *axis, uint32_t side) {
  uint32_t overlap = 1;
  for (uint32_t tile = 0; tile < axis->out; tile += side) {
    const uint32_t inside = tile_end(axis, tile, side);
    for (uint32_t j = tile, end = 0; j < inside; j++) {
      const uint32_t begin = end;
      end = max_u32(end, high_of(axis, j));
      for (uint32_t n = j; n < inside && n < j + MAX_OVERLAP + 8; n++)
        if (low_of(axis, n) < end && high_of(axis, n) > begin)
          overlap = max_u32(overlap, n - j + 1);
    }
  }
  return overlap;
}

/* Input rows that `rows` rows of a tile read, at most. */
static uint32_t lines_of(const struct s2_axis *axis, uint32_t side, uint32_t rows) {
  uint32_t most = 0;
  for (uint32_t j = 0; j < axis->out; j++) {
    const uint32_t last = min_u32(tile_end(axis, j / side * side, side), j + rows) - 1;
    const uint32_t high = high_of(axis, last), low = low_of(axis, j);
    most = max_u32(most, high > low ? high - low : 0);
  }
  return most;
}

/* Weight by weight an invocation walks a second time. */
uint64_t s2_walk_rounds(const struct s2_scale_axes *axes, const struct s2_split_shape *shape) {
  const uint64_t lines = lines_of(&axes->split[0], shape->side, shape->rows), groups = ceil_div(shape->taps_x, 4) + 1;
  return 2 * (shape->rows + shape->overlap) + lines * (2 + groups * (shape->held ? 1 : 2));
}

/* Input columns that a column reads, from a multiple of align on. */
static uint32_t taps_of(const struct s2_axis *axis, uint32_t align) {
  uint32_t most = 1;
  for (uint32_t j = 0; j < axis->out; j++)
    most = max_u32(most, high_of(axis, j) - low_of(axis, j) / align * align);
  return (most + align - 1) / align * align;
}

bool s2_walk_take(const struct s2_target *target, const struct s2_geometry *g, const struct s2_scale *scale,
    const struct s2_scale_axes *axes, struct s2_split_shape *shape) {
  const bool pixels = g->pixels.source != S2_SOURCE_TENSOR;
  struct s2_split_shape walk = {
      .mode = S2_SPLIT_WALK,
      .side = scale->tile_side,
      .strip = 1,
      .overlap = overlap_of(&axes->split[0], scale->tile_side),
      .input_width = g->input.width % 4 || (pixels && s2_pixels_words(&g->pixels) < 4) ? 1 : 4,
      .rows = target->cpu ? 32 : 16,
  };
  walk.taps_x = taps_of(&axes->split[1], walk.input_width);
  walk.held = walk.taps_x <= (target->cpu ? 128 : 64);
  if (walk.overlap > MAX_OVERLAP)
    return false;
  /* A shorter walk reads more of its rows in vain; but a GPU is to have enough of them. */
  const uint64_t walks = (uint64_t)scale->tile_side * scale->tile_count * (pixels ? 1 : g->channels);
  while (!target->cpu && walk.rows > 4 && walks * ceil_div(scale->tile_side, walk.rows) < MIN_INVOCATIONS)
    walk.rows /= 2;
  while (target->loop_rounds && walk.rows > 1 && s2_walk_rounds(axes, &walk) > target->loop_rounds)
    walk.rows /= 2;
  const uint64_t groups = ceil_div(scale->tile_side, MAX_INVOCATIONS), lanes = target->cpu ? 8 : 32;
  walk.lanes = (uint32_t)(ceil_div(ceil_div(scale->tile_side, groups), lanes) * lanes);
  *shape = walk;
  return true;
}
