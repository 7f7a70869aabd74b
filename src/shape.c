#include "shape.h"

#include "walk.h"

#include <math.h>

/* Most invocations of a workgroup: what the smallest devices allow. */
#define MAX_INVOCATIONS 128

/* Most floats that an invocation of a GPU may hold in a straight line: enough registers are left for others to hide what memory
 * takes. */
#define MAX_HELD 112

/* Invocations that a dispatch on a GPU has at least, if there is work for as many. */
#define MIN_INVOCATIONS 16384

static uint32_t min_u32(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b) {
  return a > b ? a : b;
}

static uint32_t most_rounds(const struct s2_target *target) {
  return target->loop_rounds ? target->loop_rounds : UINT32_MAX;
}

/* Whether the driver's compiler makes straight lines of loops. */
static bool unrolls(const struct s2_target *target) {
  return target->cpu || !target->keeps_branches;
}

static uint32_t round_up(uint32_t value, uint32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

static uint64_t ceil_div(uint64_t value, uint64_t divisor) {
  return (value + divisor - 1) / divisor;
}

/* ---- Split ---------------------------------------------------------------------------------------------------------- */

uint32_t s2_window_first(const struct s2_axis *axis, uint32_t coordinate, uint32_t taps, uint32_t next_first) {
  uint32_t low, high;
  s2_axis_reach(axis, coordinate, coordinate + 1, &low, &high);
  return min_u32(min_u32(low, next_first), axis->in - taps);
}

/* Taps enough for every window: 4 or 8, or 0 if there are none such. */
static uint32_t window_taps(const struct s2_axis *axis, uint32_t side) {
  uint32_t most = 1, first = UINT32_MAX;
  for (uint32_t j = axis->out; j-- > 0;) {
    uint32_t low, high;
    s2_axis_reach(axis, j, j + 1, &low, &high);
    first = (j + 1) % side ? min_u32(first, low) : low;
    most = max_u32(most, high - first + 1);
  }
  const uint32_t taps = round_up(most, 4);
  return taps <= 8 && taps <= axis->in ? taps : 0;
}

/* ---- Straight split ------------------------------------------------------------------------------------------------- */

/* Input rows [*low, *high) of a block; those outside the input are read as the nearest one. */
static void block_reach(
    const struct s2_axis *axis, const struct s2_blocks *down, uint32_t block, uint32_t *low, uint32_t *high) {
  const int32_t last = (int32_t)axis->in - 1, first = s2_blocks_first(axis, down, block);
  const int32_t end = first + (int32_t)down->source - 1;
  *low = first < 0 ? 0 : (uint32_t)(first < last ? first : last);
  *high = end < 0 ? 0 : (uint32_t)(end < last ? end : last);
}

void s2_split_reach(const struct s2_axis *axis, const struct s2_split_shape *shape, uint32_t begin, uint32_t end,
    uint32_t *low, uint32_t *high) {
  if (shape->mode == S2_SPLIT_WALK) {
    s2_walk_reach(axis, shape->side, begin, end, low, high);
    return;
  }
  *low = axis->in;
  *high = 0;
  /* A later row whose window begins no later than these end may have theirs begin earlier. */
  uint32_t first = UINT32_MAX, last, next = end;
  s2_axis_reach(axis, end - 1, end, &first, &last);
  while (shape->mode == S2_SPLIT_WINDOWS && next % shape->side && next < axis->out &&
         axis->taps[axis->first[next]].index <= last)
    first = min_u32(first, axis->taps[axis->first[next++]].index);
  const uint32_t step = shape->mode == S2_SPLIT_STRAIGHT ? shape->rows : 1;
  for (uint32_t left = (end - begin + step - 1) / step; left > 0; left--) {
    const uint32_t j = begin + (left - 1) * step;
    if (shape->mode == S2_SPLIT_STRAIGHT) {
      block_reach(axis, &shape->down, j / step, &first, &last);
    } else if (shape->mode == S2_SPLIT_WINDOWS) {
      first = s2_window_first(axis, j, shape->taps_y, first);
      last = first + shape->taps_y - 1;
    } else {
      s2_axis_reach(axis, j, j + 1, &first, &last);
    }
    *low = min_u32(*low, first);
    *high = max_u32(*high, last + 1);
  }
}

/* What decides between blocks: instructions, about, of which a GPU's multiply-add is one, and lavapipe's two for a vector of
 * pixels. That takes 45 of them to fetch a texel, and a loop over the vector's invocations to store. */
struct straight_costs {
  double fetch, add, store; /* four elements read; a multiply-add; an element stored */
  uint32_t most;            /* multiply-adds in a line */
  uint32_t held;            /* floats */
};

static struct straight_costs costs_of(const struct s2_target *target, uint32_t strip) {
  if (!target->cpu)
    return (struct straight_costs){.fetch = 8, .add = 1, .store = 2, .most = 512, .held = MAX_HELD};
  return (struct straight_costs){.fetch = 45, .add = 2, .store = strip % 8 ? 60 : 37, .most = 1024, .held = UINT32_MAX};
}

/* Of a pixel, where an invocation does most_rows; infinite where a block would be too long a line. */
static double straight_cost(const struct straight_costs *c, const struct s2_blocks *across,
    const struct s2_blocks *down, uint32_t most_rows, uint32_t units, bool aligned) {
  const uint32_t held = across->size * (down->source + round_up(across->taps, 4)) + across->source;
  if (across->size * (across->taps * down->source + down->taps * down->size) > c->most || held > c->held)
    return INFINITY;
  const double line = (aligned ? c->fetch : c->fetch + 14) * across->source / 4 + (aligned ? 0 : c->fetch) +
                      across->source + c->add * across->size * across->taps;
  const double row = c->fetch * ((down->taps + 3) / 4) + across->size * (c->add * down->taps + c->store);
  const bool goes_on = down->advance && down->advance < down->source;
  const uint32_t kept = goes_on ? down->source - down->advance : 0, blocks = max_u32(1, most_rows / down->size);
  const double lines = (kept + (double)blocks * (down->source - kept)) / blocks;
  const double used = (double)units / round_up(units, 8);
  return ((lines * line + c->add * kept * across->size) / down->size + row) / across->size / used;
}

/* Whether an invocation can store a strip of as many columns: on a GPU 16 bytes, and neighbours' side by side. */
static bool suits(const struct s2_target *target, const struct s2_geometry *g, uint32_t side, uint32_t strip) {
  if (!target->cpu)
    return side % 4 == 0 && strip == 16 / s2vk_type_size(g->tile_type);
  return side % 4 ? g->tile_type == S2VK_TYPE_F32 : strip == 4 || strip % 8 == 0;
}

/* Blocks across of one column more each, and down of one row more each, which go on one by one or drift; as far as they divide a
 * tile's side: those that do not have size 0. */
struct all_blocks {
  struct s2_blocks across[S2_MAX_BLOCK], down[2][S2_MAX_BLOCK];
};

static void take_all_blocks(const struct s2_target *target, const struct s2_geometry *g, const struct s2_scale *scale,
    const struct s2_scale_axes *axes, struct all_blocks *all) {
  const uint32_t side = scale->tile_side, height = scale->tiled.height;
  for (uint32_t size = 1; size <= S2_MAX_BLOCK; size++) {
    struct s2_blocks *rows = &all->down[0][size - 1], *drifting = &all->down[1][size - 1];
    struct s2_blocks *columns = &all->across[size - 1];
    if (side % size || !s2_blocks_take(&axes->split[0], height, size, 1, rows))
      rows->size = 0;
    if (side % size || !s2_blocks_drift(&axes->split[0], height, size, drifting))
      drifting->size = 0;
    if (side % size || !suits(target, g, side, size) ||
        !s2_blocks_take(&axes->split[1], scale->tiled.width, size, 4, columns))
      columns->size = 0;
  }
}

static void take_straight(const struct s2_blocks *across, const struct s2_blocks *down, struct s2_split_shape *shape) {
  shape->mode = S2_SPLIT_STRAIGHT;
  shape->across = *across;
  shape->down = *down;
  shape->strip = across->size;
  shape->rows = down->size;
}

/* The best blocks that divide a tile's side, if there are any; an invocation can do most_rows. */
static void try_straight(const struct s2_target *target, const struct s2_geometry *g, const struct s2_scale *scale,
    const struct s2_scale_axes *axes, uint32_t most_rows, struct s2_split_shape *shape) {
  struct all_blocks all;
  double best = INFINITY;
  take_all_blocks(target, g, scale, axes, &all);
  for (uint32_t i = 0; i < S2_MAX_BLOCK; i++)
    for (uint32_t k = 0; all.across[i].size && k < 2 * S2_MAX_BLOCK; k++) {
      const struct s2_blocks *across = &all.across[i], *down = &all.down[k % 2][k / 2];
      if (down->size == 0 || down->size > most_rows)
        continue;
      const struct straight_costs costs = costs_of(target, across->size);
      const uint32_t units = scale->tile_side / across->size * g->channels;
      const double cost = straight_cost(&costs, across, down, most_rows, units, g->input.width % 4 == 0);
      if (cost >= best)
        continue;
      best = cost;
      take_straight(across, down, shape);
    }
}

/* Whether blocks are those of an axis made `factor` times as large, which reads a sample more at each end. */
static bool repeats(const struct s2_blocks *b, uint32_t factor, uint32_t source, uint32_t first) {
  for (uint32_t p = 0; p < b->size; p++)
    if (b->offsets[p] != first + (p + factor - 1) / factor)
      return false;
  return b->taps == 4 && b->source == source && b->advance == b->size / factor;
}

/* The builds of split_straight.comp with all constants in place. */
static void try_fixed(const struct s2_geometry *g, const struct s2_scale *scale, const struct s2_scale_axes *axes,
    struct s2_split_shape *shape) {
  const uint32_t side = scale->tile_side;
  const bool f32 = g->pixels.source == S2_SOURCE_TENSOR && !g->input_type && !g->tile_type;
  for (uint32_t factor = 2; f32 && g->input.width % 4 == 0 && factor <= 3; factor++) {
    const uint32_t strip = factor == 2 ? 16 : 12;
    struct s2_blocks across, down;
    if (side % strip || !s2_blocks_take(&axes->split[0], scale->tiled.height, factor, 1, &down) ||
        !s2_blocks_take(&axes->split[1], scale->tiled.width, strip, 4, &across))
      continue;
    if (repeats(&down, factor, 5, 0) && repeats(&across, factor, strip, 2)) {
      take_straight(&across, &down, shape);
      shape->factor = factor;
    }
  }
}

/* ---- Any split --------------------------------------------------------------------------------------------------------- */

uint64_t s2_split_rounds(const struct s2_scale_axes *axes, uint32_t strip) {
  return (uint64_t)strip * s2_axis_width(&axes->split[0]) * (1 + s2_axis_width(&axes->split[1]));
}

/* The most loop rounds that a pixel takes tap by tap. */
static uint64_t rounds_of_pixel(const struct s2_scale_axes *axes, uint32_t count) {
  uint64_t most = 1;
  for (uint32_t i = 0; i < count; i++) {
    const uint64_t rounds = s2_split_rounds(&axes[i], 1);
    most = rounds > most ? rounds : most;
  }
  return most;
}

/* Whether windows are so wide that walking pays. Straight blocks do better where they go on with the lines that they have, but
 * read pixels one component at a time. */
static bool is_wide(const struct s2_geometry *g, const struct s2_scale_axes *axes, const struct s2_split_shape *shape) {
  const uint32_t height = s2_axis_width(&axes->split[0]), width = s2_axis_width(&axes->split[1]);
  if (shape->mode == S2_SPLIT_TAPS)
    return (uint64_t)height * width > 32;
  const bool smaller = axes->split[0].in > axes->split[0].out && axes->split[1].in > axes->split[1].out;
  const bool goes_on = shape->down.advance && shape->down.advance < shape->down.source;
  const bool straight = shape->mode == S2_SPLIT_STRAIGHT && goes_on && g->pixels.source == S2_SOURCE_TENSOR;
  return shape->mode != S2_SPLIT_COPY && smaller && !straight && height > 8 && width > 8;
}

/* That an invocation goes down, if it can: the more, the fewer lines are made twice. */
static uint32_t straight_rows(
    const struct s2_target *target, const struct s2_geometry *g, const struct s2_scale *scale) {
  uint32_t rows = target->cpu ? 128 : 32;
  const uint64_t strips = (uint64_t)scale->tile_count * g->channels * ceil_div(scale->tile_side, 4);
  while (!target->cpu && rows > 4 && strips * ceil_div(scale->tile_side, rows) < MIN_INVOCATIONS)
    rows /= 2;
  return rows;
}

struct s2_split_shape s2_split_shape(const struct s2_target *target, const struct s2_geometry *g,
    const struct s2_scale *scales, const struct s2_scale_axes *axes, uint32_t count) {
  const uint32_t side = scales->tile_side;
  struct s2_split_shape shape = {
      .mode = S2_SPLIT_COPY, .side = side, .strip = 4, .taps_x = 4, .taps_y = 4, .width = side % 4 ? 1 : 4};
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t taps_x = window_taps(&axes[i].split[1], side), taps_y = window_taps(&axes[i].split[0], side);
    if (!s2_is_input(g, &scales[i]) && shape.mode == S2_SPLIT_COPY)
      shape.mode = S2_SPLIT_WINDOWS;
    if (!taps_x || !taps_y)
      shape.mode = S2_SPLIT_TAPS;
    shape.taps_x = max_u32(shape.taps_x, taps_x);
    shape.taps_y = max_u32(shape.taps_y, taps_y);
  }
  const uint64_t most = most_rounds(target) / rounds_of_pixel(axes, count);
  shape.rows = min_u32(target->cpu ? 168 : 16, max_u32(1, (uint32_t)(most / shape.strip)));
  const uint32_t most_rows = min_u32(straight_rows(target, g, scales), (uint32_t)(most / S2_MAX_BLOCK));
  const bool plain = shape.mode == S2_SPLIT_COPY && !target->cpu; /* than which nothing is straighter */
  if (count == 1 && !plain && unrolls(target))
    try_straight(target, g, scales, axes, most_rows, &shape);
  else if (count == 1 && !plain)
    try_fixed(g, scales, axes, &shape);
  if (shape.mode == S2_SPLIT_STRAIGHT) {
    const uint32_t all = side / shape.rows;
    shape.blocks = (uint32_t)ceil_div(all, ceil_div(all, max_u32(1, most_rows / shape.rows)));
  }
  if (count == 1 && is_wide(g, axes, &shape) && s2_walk_take(target, g, scales, axes, &shape))
    return shape;
  const uint64_t strips = ceil_div(side, shape.strip);
  const uint64_t units = shape.mode == S2_SPLIT_STRAIGHT ? strips * g->channels : strips;
  const uint64_t blocks = ceil_div(units, MAX_INVOCATIONS);
  shape.lanes = round_up((uint32_t)ceil_div(units, blocks), target->cpu ? 8 : 32);
  return shape;
}

uint64_t s2_split_groups(const struct s2_split_shape *shape, uint32_t side, uint32_t channels, uint32_t rows) {
  if (shape->mode == S2_SPLIT_WALK)
    return ceil_div(side, shape->lanes) * ceil_div(rows, shape->rows);
  const uint64_t strips = ceil_div(side, shape->strip);
  if (shape->mode == S2_SPLIT_STRAIGHT)
    return ceil_div(strips * channels, shape->lanes) * ceil_div(rows, (uint64_t)shape->rows * shape->blocks);
  return ceil_div(strips, shape->lanes) * ceil_div(rows, shape->rows);
}

/* ---- Merge ---------------------------------------------------------------------------------------------------------- */

/* A workgroup of units along x and, where these are few, of several tokens or channels along y. */
static void take_size(uint64_t units, uint32_t wanted, struct s2_merge_shape *shape) {
  const uint64_t blocks = ceil_div(units, MAX_INVOCATIONS);
  shape->size_x = (uint32_t)ceil_div(units, blocks);
  shape->size_y = max_u32(1, wanted / shape->size_x);
}

static struct s2_merge_shape shape_tokens(const struct s2_target *target, const struct s2_geometry *g) {
  const uint32_t channels = g->feature_channels;
  struct s2_merge_shape shape = {.width = channels < 4 ? 1 : 4,
      .aligned = channels % 4 == 0,
      .aligned_output = channels % 4 == 0,
      .run = target->cpu ? 8 : 1};
  /* Long lines only while they leave a vector full of invocations. */
  for (uint32_t width = 32; target->cpu && shape.width < 8 && width >= 8; width /= 2)
    if (channels % width == 0 && channels / width >= 8)
      shape.width = width;
  if (!target->cpu && target->keeps_branches && channels % 16 == 0)
    shape.width = 16, shape.run = 4; /* the tables are read once for all */
  take_size(ceil_div(channels, shape.width), target->cpu ? 8 : 64, &shape);
  return shape;
}

/* Four neighbours at once where their tiles are never in different dispatches. */
static bool maps_have_blocks(const struct s2_target *target, const struct s2_geometry *g) {
  if (g->features_bytes > target->range)
    return false;
  for (uint32_t i = 0; i < g->scale_count; i++)
    if (g->scales[i].features.width < 4)
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
  struct s2_merge_shape shape = {
      .width = maps_have_blocks(target, g) ? 4 : 1,
      .aligned = true,
      .aligned_output = g->output_grid.width % 4 == 0,
      .run = target->cpu || target->keeps_branches ? 8 : 4,
  };
  for (uint32_t i = 0; i < g->scale_count; i++)
    shape.aligned &= g->scales[i].features.width % 4 == 0;
  take_size(
      (uint64_t)g->output_grid.height * ceil_div(g->output_grid.width, shape.width), target->cpu ? 8 : 64, &shape);
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

/* Whether no block reads from two tiles. */
static bool stay_in_tiles(const struct s2_axis *axis, const struct s2_blocks *blocks, uint32_t side) {
  for (uint32_t j = 0; j < axis->out; j += blocks->size) {
    uint32_t low, high;
    s2_axis_reach(axis, j, j + blocks->size, &low, &high);
    if (low / side != high / side)
      return false;
  }
  return true;
}

static bool all_of(const struct s2_axis *axis, uint32_t taps) {
  for (uint32_t j = 0; j < axis->out; j++)
    if (axis->first[j + 1] - axis->first[j] != taps)
      return false;
  return true;
}

/* Takes blocks of `size` tokens; more than one only where they are whole, and in one dispatch whatever the dispatches are. */
static bool take_tokens(const struct s2_axis *axis, uint32_t side, uint32_t size, struct s2_blocks *blocks) {
  return axis->out % size == 0 && s2_blocks_take(axis, axis->out, size, 1, blocks) &&
         (size == 1 || stay_in_tiles(axis, blocks, side));
}

/* As straight_cost(), of the channels of a token that are made at once. */
static double tokens_cost(
    const struct s2_target *target, uint32_t width, const struct s2_blocks *down, const struct s2_blocks *across) {
  const struct straight_costs c = costs_of(target, width);
  const uint32_t tokens = down->size * across->size, read = down->source * across->source;
  const uint32_t sums = down->source * across->size * across->taps + tokens * down->taps;
  const uint32_t held = width * (down->source * across->size + across->source);
  if (read > 32 || sums > 128 || held > c.held)
    return INFINITY;
  const uint32_t entries = down->source * (down->size > 2 ? 2 : 1) + across->source * (across->size > 2 ? 2 : 1);
  return (c.fetch * (width / 4 * read + entries) + c.add * width * sums) / tokens;
}

static void take_best_tokens(const struct s2_target *target, const struct s2_scale *scale,
    const struct s2_scale_axes *axes, struct s2_straight_shape *shape) {
  double best = INFINITY;
  for (uint32_t height = 1; height <= 4; height++) {
    struct s2_blocks down, across;
    if (!take_tokens(&axes->merge[0], scale->features.height, height, &down))
      continue;
    for (uint32_t width = 1; width <= 4; width++) {
      if (!take_tokens(&axes->merge[1], scale->features.width, width, &across))
        continue;
      const double cost = tokens_cost(target, shape->width, &down, &across);
      if (cost < best) {
        best = cost;
        shape->down = down;
        shape->across = across;
      }
    }
  }
}

/* Of a block of a map. */
static double maps_cost(
    const struct s2_target *target, uint32_t run, const struct s2_blocks *down, const struct s2_blocks *across) {
  const struct straight_costs c = costs_of(target, across->size);
  const uint32_t elements = down->size * across->size, read = down->source * across->source / 4;
  const uint32_t sums = down->source * across->size * across->taps + elements * down->taps;
  const uint32_t weights = across->size * ((across->taps + 3) / 4);
  const uint32_t held = 4 * weights + down->source * (across->size + across->source / 4 + 2) + across->source;
  if (read > 32 || sums > 256 || held > c.held)
    return INFINITY;
  const double entries = down->source * (down->size > 2 ? 2 : 1) + weights + across->source / 8.0;
  return (c.fetch * (read + entries / run) + c.add * sums + c.store * elements) / elements;
}

/* Of 16 bytes on a GPU. */
static void take_best_maps(const struct s2_target *target, const struct s2_geometry *g, const struct s2_scale *scale,
    const struct s2_scale_axes *axes, struct s2_straight_shape *shape) {
  const uint32_t most = target->cpu || g->output_type != S2VK_TYPE_F32 ? 8 : 4;
  double best = INFINITY;
  for (uint32_t height = 1; height <= 4; height++) {
    struct s2_blocks down, across;
    if (axes->merge[0].out % height || !s2_blocks_take(&axes->merge[0], axes->merge[0].out, height, 1, &down))
      continue;
    for (uint32_t width = 4; width <= most && scale->features.width % 4 == 0; width *= 2) {
      const uint32_t out = axes->merge[1].out; /* the last block of four may be cut off */
      if ((width > 4 && out % width) || !s2_blocks_take(&axes->merge[1], round_up(out, width), width, 4, &across))
        continue;
      const double cost = maps_cost(target, shape->run, &down, &across);
      if (cost < best) {
        best = cost;
        shape->down = down;
        shape->across = across;
      }
    }
  }
}

/* Whether tokens that two tiles share are far from each other in a line of all tiles, so that a window would span many more than
 * it reads. */
static bool has_gaps(const struct s2_scale *scale) {
  return (scale->tiles.height > 1 && scale->shared.height > 1) || (scale->tiles.width > 1 && scale->shared.width > 1);
}

/* 16 bytes on a GPU, as far as elements of both types have room in them. */
static uint32_t straight_width(const struct s2_target *target, const struct s2_geometry *g) {
  const bool halves = g->feature_type != S2VK_TYPE_F32 && g->output_type != S2VK_TYPE_F32;
  return target->cpu || target->keeps_branches || halves ? 8 : 4;
}

/* The builds of merge_tokens_straight.comp with all constants in place. */
static void try_fixed_tokens(const struct s2_geometry *g, const struct s2_scale *scale,
    const struct s2_scale_axes *axes, struct s2_straight_shape *shape) {
  struct s2_blocks down, across;
  if (g->feature_type || g->output_type || g->feature_channels % 8 ||
      !take_tokens(&axes->merge[0], scale->features.height, 1, &down) ||
      !take_tokens(&axes->merge[1], scale->features.width, 1, &across))
    return;
  const bool square = down.taps == across.taps && down.source == down.taps && across.source == across.taps;
  if (!square || down.taps > 3 || !all_of(&axes->merge[0], down.taps) || !all_of(&axes->merge[1], down.taps))
    return;
  shape->down = down;
  shape->across = across;
  shape->factor = down.taps;
}

static struct s2_straight_shape straight_maps(const struct s2_target *target, const struct s2_geometry *g,
    const struct s2_scale *scale, const struct s2_scale_axes *axes) {
  struct s2_straight_shape shape = {.maps = true, .run = min_u32(4, g->feature_channels)};
  if (unrolls(target) && maps_have_blocks(target, g) && !has_gaps(scale))
    take_best_maps(target, g, scale, axes, &shape);
  if (shape.down.size == 0)
    return shape;
  shape.width = shape.across.size;
  shape.tight = all_of(&axes->merge[0], shape.down.taps) && all_of(&axes->merge[1], shape.across.taps);
  shape.size_x = MAX_INVOCATIONS;
  return shape;
}

struct s2_straight_shape s2_straight_shape(const struct s2_target *target, const struct s2_geometry *g,
    const struct s2_scale *scale, const struct s2_scale_axes *axes) {
  if (g->layout == S2VK_OUTPUT_BCHW)
    return straight_maps(target, g, scale, axes);
  struct s2_straight_shape shape = {.run = 1, .width = straight_width(target, g)};
  /* On a GPU an output's bits do not depend on which tiles are in a dispatch. */
  const bool always = !axes->over_tiles[0] && !axes->over_tiles[1];
  const uint32_t units = (uint32_t)ceil_div(g->feature_channels, shape.width);
  const bool suits = target->cpu ? g->feature_channels >= 8 : always && units >= (unrolls(target) ? 32 : 8);
  if (suits && unrolls(target) && !has_gaps(scale))
    take_best_tokens(target, scale, axes, &shape);
  else if (suits && !has_gaps(scale))
    try_fixed_tokens(g, scale, axes, &shape);
  if (shape.down.size == 0)
    return shape;
  shape.tight = all_of(&axes->merge[0], shape.down.taps) && all_of(&axes->merge[1], shape.across.taps);
  /* A longer line pays for its beginning. */
  const uint32_t read = shape.down.source * shape.across.source;
  if (target->cpu && units >= 32 && read <= 4)
    shape.run = read == 1 ? 8 : 2;
  if (shape.factor)
    shape.run = 2;
  const uint32_t runs = (uint32_t)ceil_div(units, shape.run), blocks = (uint32_t)ceil_div(runs, MAX_INVOCATIONS);
  shape.size_x = round_up((uint32_t)ceil_div(runs, blocks), target->cpu ? 8 : shape.factor ? 4 : 32);
  return shape;
}

uint64_t s2_straight_groups(const struct s2_straight_shape *shape, uint64_t channels, uint64_t rows, uint64_t columns) {
  const uint64_t blocks = rows / shape->down.size * ceil_div(columns, shape->across.size);
  if (shape->maps)
    return ceil_div(blocks * ceil_div(channels, shape->run), shape->size_x);
  return ceil_div(ceil_div(channels, shape->width), (uint64_t)shape->size_x * shape->run) * blocks;
}

uint64_t s2_merge_groups(const struct s2_merge_shape *shape, uint64_t units, uint64_t others) {
  return ceil_div(units, shape->size_x) * ceil_div(others, (uint64_t)shape->size_y * shape->run);
}
