#include "shape.h"

/* Most invocations of a workgroup: what the smallest devices allow. */
#define MAX_INVOCATIONS 128

static uint32_t min_u32(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b) {
  return a > b ? a : b;
}

static uint32_t most_rounds(const struct s2_target *target) {
  return target->loop_rounds ? target->loop_rounds : UINT32_MAX;
}

static uint32_t round_up(uint32_t value, uint32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

static uint64_t ceil_div(uint64_t value, uint64_t divisor) {
  return (value + divisor - 1) / divisor;
}

/* ---- Split ---------------------------------------------------------------------------------------------------------- */

/* The first and the last input coordinate that [begin, end) read. Padding reads what the last coordinate does. */
static void reach(const struct s2_axis *axis, uint32_t begin, uint32_t end, uint32_t *low, uint32_t *high) {
  begin = min_u32(begin, axis->out - 1);
  end = max_u32(min_u32(end, axis->out), begin + 1);
  *low = axis->in;
  *high = 0;
  for (uint32_t j = begin; j < end; j++) {
    *low = min_u32(*low, axis->taps[axis->first[j]].index);
    *high = max_u32(*high, axis->taps[axis->first[j + 1] - 1].index);
  }
}

uint32_t s2_window_first(const struct s2_axis *axis, uint32_t begin, uint32_t end, uint32_t taps, uint32_t align) {
  uint32_t low, high;
  reach(axis, begin, end, &low, &high);
  /* Not past the end: in and taps are multiples of align, or align is 1. */
  return min_u32(low / align * align, axis->in > taps ? axis->in - taps : 0);
}

/* Taps enough for every window of `step` coordinates within tiles of a side. */
static uint32_t window_taps(const struct s2_axis *axis, uint32_t side, uint32_t step, uint32_t align) {
  uint32_t most = 0;
  for (uint32_t tile = 0; tile < axis->out; tile += side)
    for (uint32_t j = tile; j < tile + side && j < axis->out; j += step) {
      uint32_t low, high;
      reach(axis, j, min_u32(j + step, tile + side), &low, &high);
      most = max_u32(most, high - low / align * align + 1);
    }
  return most;
}

static bool is_copy(const struct s2_geometry *g, const struct s2_scale *scale) {
  return scale->image.height == g->input.height && scale->image.width == g->input.width &&
         scale->padded.height == g->input.height && scale->padded.width == g->input.width;
}

static void take_windows(
    const struct s2_scale *scales, const struct s2_scale_axes *axes, uint32_t count, struct s2_split_shape *shape) {
  shape->taps_x = shape->taps_y = 1;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t side = scales[i].tile_side;
    shape->taps_x = max_u32(shape->taps_x, window_taps(&axes[i].split[1], side, shape->quads * 4, shape->input_width));
    shape->taps_y = max_u32(shape->taps_y, window_taps(&axes[i].split[0], side, 1, 1));
  }
  shape->taps_x = round_up(shape->taps_x, 4);
}

/* ---- Straight split ------------------------------------------------------------------------------------------------- */

int32_t s2_block_first(const struct s2_axis *axis, const struct s2_split_shape *shape, uint32_t block) {
  uint32_t low, high;
  reach(axis, block * shape->rows, (block + 1) * shape->rows, &low, &high);
  /* Above the input's first row a window is as long as anywhere else, so that rows keep their offsets. */
  return low == 0 ? (int32_t)high - (int32_t)shape->source_rows + 1 : (int32_t)low;
}

void s2_split_reach(const struct s2_axis *axis, const struct s2_split_shape *shape, uint32_t begin, uint32_t end,
    uint32_t *low, uint32_t *high) {
  *low = axis->in;
  *high = 0;
  const uint32_t step = shape->mode == S2_SPLIT_STRAIGHT ? shape->rows : 1;
  for (uint32_t j = begin; j < end; j += step) {
    uint32_t first, last;
    if (shape->mode == S2_SPLIT_STRAIGHT) {
      const int32_t block_first = s2_block_first(axis, shape, j / step);
      const int32_t block_last = block_first + (int32_t)shape->source_rows - 1;
      first = block_first < 0 ? 0 : (uint32_t)block_first;
      last = block_last < 0 ? 0 : min_u32((uint32_t)block_last, axis->in - 1);
      first = min_u32(first, axis->in - 1);
    } else if (shape->mode == S2_SPLIT_TAPS) {
      reach(axis, j, j + 1, &first, &last);
    } else {
      first = s2_window_first(axis, j, j + 1, shape->taps_y, 1);
      last = first + shape->taps_y - 1;
    }
    *low = min_u32(*low, first);
    *high = max_u32(*high, last + 1);
  }
}

/* Where the taps of row `row` of all blocks begin and end, relative to the block's first input row. */
static void row_reach(
    const struct s2_axis *axis, const struct s2_split_shape *shape, uint32_t row, int32_t *low, int32_t *high) {
  *low = (int32_t)shape->source_rows;
  *high = 0;
  for (uint32_t j = row; j < axis->out; j += shape->rows) {
    const int32_t first = s2_block_first(axis, shape, j / shape->rows);
    const int32_t begin = (int32_t)axis->taps[axis->first[j]].index - first;
    const int32_t end = (int32_t)axis->taps[axis->first[j + 1] - 1].index - first + 1;
    *low = begin < *low ? begin : *low;
    *high = end > *high ? end : *high;
  }
}

/* Takes blocks of `rows` rows, if their rows have offsets in common; false if not. */
static bool take_blocks(const struct s2_axis *axis, uint32_t padded, uint32_t rows, struct s2_split_shape *shape) {
  struct s2_split_shape s = *shape;
  s.mode = S2_SPLIT_STRAIGHT;
  s.rows = rows;
  s.source_rows = s.taps_y = 1;
  for (uint32_t begin = 0; begin < padded; begin += rows) {
    uint32_t low, high;
    reach(axis, begin, begin + rows, &low, &high);
    s.source_rows = max_u32(s.source_rows, high - low + 1);
  }
  if (s.source_rows > 20)
    return false;
  for (uint32_t round = 0; round < s.source_rows; round++) {
    for (uint32_t row = 0; row < rows; row++) {
      int32_t low, high;
      row_reach(axis, &s, row, &low, &high);
      const int32_t most = (int32_t)(s.source_rows - s.taps_y);
      const int32_t offset = low < 0 ? 0 : low < most ? low : most;
      s.offsets[row] = (uint8_t)offset;
      s.taps_y = max_u32(s.taps_y, (uint32_t)(high > offset ? high - offset : 1));
    }
  }
  for (uint32_t row = 0; row < rows; row++)
    if (s.offsets[row] > 15 || s.offsets[row] + s.taps_y > s.source_rows)
      return false;
  if (s.taps_y > 8)
    return false;
  *shape = s;
  return true;
}

static void try_straight(
    const struct s2_scale *scale, const struct s2_axis *axis, uint32_t most_rows, struct s2_split_shape *shape) {
  const uint32_t side = scale->tile_side;
  if (shape->mode != S2_SPLIT_DENSE || side % (shape->quads * 4) || shape->input_width != 4)
    return;
  for (uint32_t rows = S2_MAX_BLOCK; rows >= 4; rows /= 2)
    if (side % rows == 0 && rows <= most_rows && take_blocks(axis, scale->padded.height, rows, shape)) {
      shape->blocks = max_u32(1, min_u32(192 / rows, most_rows / rows));
      return;
    }
}

/* ---- Any split --------------------------------------------------------------------------------------------------------- */

/* The most loop rounds that a row of a strip takes tap by tap. */
static uint32_t taps_of_row(const struct s2_scale_axes *axes, uint32_t count, uint32_t strip) {
  uint32_t most = 1;
  for (uint32_t i = 0; i < count; i++)
    most = max_u32(most, strip * s2_axis_width(&axes[i].split[0]) * (1 + s2_axis_width(&axes[i].split[1])));
  return most;
}

struct s2_split_shape s2_split_shape(const struct s2_target *target, const struct s2_geometry *g,
    const struct s2_scale *scales, const struct s2_scale_axes *axes, uint32_t count) {
  const uint32_t side = scales->tile_side;
  /* Registers hold a strip's weights and its last rows; CPU drivers spill them into the first cache, at little cost. */
  const uint32_t most_weights = target->cpu ? 256 : 64, most_rows = target->cpu ? 16 : 8;
  struct s2_split_shape shape = {
      .mode = S2_SPLIT_COPY,
      .quads = target->cpu && side % 8 == 0 ? 2 : 1,
      .rows = target->cpu ? 168 : 16,
      .input_width = g->input.width % 4 == 0 ? 4 : 1,
  };
  for (uint32_t i = 0; i < count; i++)
    if (!is_copy(g, &scales[i]))
      shape.mode = S2_SPLIT_DENSE;
  take_windows(scales, axes, count, &shape);
  if (shape.mode == S2_SPLIT_DENSE && shape.quads > 1 && shape.taps_x * shape.quads * 4 > most_weights) {
    shape.quads = 1;
    take_windows(scales, axes, count, &shape);
  }
  if (shape.mode == S2_SPLIT_DENSE && (shape.taps_x * shape.quads * 4 > most_weights || shape.taps_y > most_rows))
    shape.mode = S2_SPLIT_TAPS;
  const uint32_t most = most_rounds(target) / taps_of_row(axes, count, shape.quads * 4);
  shape.rows = min_u32(shape.rows, max_u32(1, most));
  if (target->cpu && count == 1)
    try_straight(scales, &axes->split[0], most, &shape);
  if (shape.mode == S2_SPLIT_COPY && side % 4)
    shape.input_width = 1; /* strips begin anywhere */
  shape.tile_width = side % 4 ? 1 : shape.quads > 1 ? 8 : 4;
  const uint32_t strips = (uint32_t)ceil_div(side, shape.quads * 4);
  const uint32_t blocks = (uint32_t)ceil_div(strips, MAX_INVOCATIONS);
  shape.lanes = round_up((uint32_t)ceil_div(strips, blocks), target->cpu ? 8 : 32);
  return shape;
}

uint64_t s2_split_groups(const struct s2_split_shape *shape, uint32_t side, uint32_t rows) {
  const uint64_t height = (uint64_t)shape->rows * (shape->mode == S2_SPLIT_STRAIGHT ? shape->blocks : 1);
  return ceil_div(ceil_div(side, shape->quads * 4), shape->lanes) * ceil_div(rows, height);
}

/* ---- Merge ---------------------------------------------------------------------------------------------------------- */

/* A workgroup of units along x and, where these are few, of several tokens or channels along y. */
static void take_size(uint64_t units, uint32_t wanted, struct s2_merge_shape *shape) {
  const uint64_t blocks = ceil_div(units, MAX_INVOCATIONS);
  shape->size_x = (uint32_t)ceil_div(units, blocks);
  shape->size_y = max_u32(1, wanted / shape->size_x);
}

static struct s2_merge_shape shape_tokens(const struct s2_target *target, const struct s2_geometry *g) {
  struct s2_merge_shape shape = {.width = g->feature_channels % 4 ? 1 : 4, .run = target->cpu ? 8 : 1};
  /* Long lines only while they leave a vector full of invocations. */
  for (uint32_t width = 32; target->cpu && shape.width < 8 && width >= 8; width /= 2)
    if (g->feature_channels % width == 0 && g->feature_channels / width >= 8)
      shape.width = width;
  take_size(g->feature_channels / shape.width, target->cpu ? 8 : 64, &shape);
  return shape;
}

/* Four neighbours at once where their tiles are never in different dispatches. */
static bool maps_have_blocks(const struct s2_target *target, const struct s2_geometry *g) {
  if (g->output_grid.width % 4 || g->features_bytes > target->range)
    return false;
  for (uint32_t i = 0; i < g->scale_count; i++)
    if (g->scales[i].features.width % 4)
      return false;
  for (uint32_t k = 0; k < g->call_count; k++) {
    const struct s2_scale *first = &g->scales[g->calls[k].scale];
    const struct s2_scale *last = first + g->calls[k].scale_count - 1;
    if (g->calls[k].first_tile != first->first_tile ||
        (uint64_t)g->calls[k].first_tile + g->calls[k].tile_count != (uint64_t)last->first_tile + last->tile_count)
      return false;
  }
  return true;
}

static struct s2_merge_shape shape_maps(const struct s2_target *target, const struct s2_geometry *g) {
  struct s2_merge_shape shape = {.width = maps_have_blocks(target, g) ? 4 : 1, .run = target->cpu ? 8 : 1};
  take_size((uint64_t)g->output_grid.height * g->output_grid.width / shape.width, target->cpu ? 8 : 64, &shape);
  return shape;
}

uint64_t s2_merge_rounds(const struct s2_scale_axes *axes) {
  return (uint64_t)s2_axis_width(&axes->merge[0]) * (2 + s2_axis_width(&axes->merge[1]));
}

struct s2_merge_shape s2_merge_shape(
    const struct s2_target *target, const struct s2_geometry *g, const struct s2_scale_axes *axes) {
  struct s2_merge_shape shape = g->layout == S2VK_OUTPUT_BNC ? shape_tokens(target, g) : shape_maps(target, g);
  uint64_t most = 1;
  for (uint32_t i = 0; i < g->scale_count; i++) {
    const uint64_t rounds = s2_merge_rounds(&axes[i]);
    most = rounds > most ? rounds : most;
  }
  shape.run = max_u32(1, (uint32_t)(shape.run * most > most_rounds(target) ? most_rounds(target) / most : shape.run));
  return shape;
}

struct s2_straight_shape s2_straight_shape(
    const struct s2_target *target, const struct s2_geometry *g, const struct s2_scale_axes *axes) {
  const uint32_t taps_y = s2_axis_width(&axes->merge[0]), taps_x = s2_axis_width(&axes->merge[1]);
  const uint32_t units = g->feature_channels / 8;
  if (!target->cpu || g->layout == S2VK_OUTPUT_BCHW || g->feature_channels % 8 || (uint64_t)taps_y * taps_x > 16)
    return (struct s2_straight_shape){0};
  struct s2_straight_shape shape = {.taps_y = taps_y, .taps_x = taps_x, .run = 1};
  /* A longer line pays for its beginning, while drivers still make it straight: with 9 taps twice over they do not. */
  if (units >= 32 && taps_y * taps_x <= 4)
    shape.run = taps_y * taps_x == 1 ? 8 : 2;
  const uint32_t runs = (uint32_t)ceil_div(units, shape.run), blocks = (uint32_t)ceil_div(runs, MAX_INVOCATIONS);
  shape.size_x = round_up((uint32_t)ceil_div(runs, blocks), 8);
  return shape;
}

uint64_t s2_straight_groups(const struct s2_straight_shape *shape, uint64_t channels, uint64_t tokens) {
  return ceil_div(channels / 8, (uint64_t)shape->size_x * shape->run) * tokens;
}

uint64_t s2_merge_groups(const struct s2_merge_shape *shape, uint64_t units, uint64_t others) {
  return ceil_div(units, shape->size_x) * ceil_div(others, (uint64_t)shape->size_y * shape->run);
}
