#include "map/chain.h"

#include <string.h>

static s2vk_result compose(const struct s2_env *env, struct s2_axis *axis, struct s2_axis *next) {
  s2vk_result result = s2_axis_compose(env, axis, next);
  s2_axis_destroy(env, next);
  return result;
}

/* One axis of a scale, with the sizes that s2_scale names. */
struct side {
  uint32_t image, padded, tiles, tile_side, features, shared, grid, valid;
};

static struct side side_of(const struct s2_scale *s, bool width) {
  if (width)
    return (struct side){s->image.width, s->padded.width, s->tiles.width, s->tile_side, s->features.width,
        s->shared.width, s->grid.width, s->valid.width};
  return (struct side){s->image.height, s->padded.height, s->tiles.height, s->tile_side, s->features.height,
      s->shared.height, s->grid.height, s->valid.height};
}

static bool is_square(const struct s2_scale *s) {
  const struct side height = side_of(s, false), width = side_of(s, true);
  return memcmp(&height, &width, sizeof height) == 0;
}

/* Step 1, after the part of the preprocessing that is a weighted sum, too. */
static s2vk_result scale_axis(
    const struct s2_env *env, const struct s2_geometry *g, bool width, const struct side *s, struct s2_axis *axis) {
  const uint32_t in = width ? g->input.width : g->input.height,
                 first = width ? g->pre.first.width : g->pre.first.height;
  const uint32_t resized = width ? g->pre.first_resized.width : g->pre.first_resized.height;
  if (!first)
    return s2_axis_filter(env, g->filter, in, s->image, axis);
  struct s2_axis next;
  s2vk_result result = s2_axis_filter(env, g->pre.first_filter, in, resized, axis);
  if (!result && first != resized) {
    result = s2_axis_window(env, resized, (resized - first) / 2, first, &next);
    result = result ? result : compose(env, axis, &next);
  }
  if (result || first == s->image)
    return result;
  result = s2_axis_filter(env, g->filter, first, s->image, &next);
  return result ? result : compose(env, axis, &next);
}

/* Steps 1 to 3. */
static s2vk_result split_axis(
    const struct s2_env *env, const struct s2_geometry *g, bool width, const struct side *s, struct s2_axis *axis) {
  struct s2_axis next;
  s2vk_result result = scale_axis(env, g, width, s, axis);
  if (!result && g->split_mode == S2VK_SPLIT_RESIZE && s->image != s->padded) {
    result = s2_axis_bicubic(env, s->image, s->padded, &next);
    result = result ? result : compose(env, axis, &next);
  }
  if (result || g->tile_overlap == 0 || s->tiles == 1)
    return result;
  result = s2_axis_tiles(env, axis->out, s->tiles, s->tile_side, s->tile_side - g->tile_overlap, &next);
  return result ? result : compose(env, axis, &next);
}

/* Step 8. */
static s2vk_result valid_axis(const struct s2_env *env, const struct side *s, bool crop, struct s2_axis *axis) {
  return crop ? s2_axis_crop(env, s->grid, s->valid, axis) : s2_axis_area(env, s->grid, s->valid, axis);
}

/* Steps 7 to 9. */
static s2vk_result merge_axis(
    const struct s2_env *env, const struct side *s, uint32_t out, bool crop, struct s2_axis *axis) {
  struct s2_axis next;
  s2vk_result result;
  if (s->shared == 0 || s->tiles == 1) {
    result = valid_axis(env, s, crop, axis);
  } else if (!(result = s2_axis_blend(env, s->tiles, s->features, s->shared, axis))) {
    result = valid_axis(env, s, crop, &next);
    result = result ? result : compose(env, axis, &next);
  }
  if (result || s->valid == out)
    return result;
  result = s2_axis_area(env, s->valid, out, &next);
  return result ? result : compose(env, axis, &next);
}

/* A square image in a square scale has one map for both axes, which is made once. */
s2vk_result s2_split_axes(
    const struct s2_env *env, const struct s2_geometry *g, const struct s2_scale *scale, struct s2_axis *axes) {
  const struct side height = side_of(scale, false), width = side_of(scale, true);
  s2vk_result result = split_axis(env, g, false, &height, &axes[0]);
  if (result)
    return result;
  if (is_square(scale) && g->input.height == g->input.width && g->pre.first.height == g->pre.first.width)
    return s2_axis_copy(env, &axes[0], &axes[1]);
  return split_axis(env, g, true, &width, &axes[1]);
}

/* What downsampling has beyond the last row or column of each block. */
static s2vk_result fill_axis(const struct s2_env *env, uint32_t blocks, uint32_t results, struct s2_axis *axis) {
  return axis->out == results ? S2VK_SUCCESS : s2_axis_fill(env, axis, axis->out / blocks, results / blocks);
}

s2vk_result s2_merge_axes(
    const struct s2_env *env, const struct s2_geometry *g, const struct s2_scale *scale, struct s2_axis *axes) {
  const bool crop = g->split_mode == S2VK_SPLIT_PAD;
  const struct side height = side_of(scale, false), width = side_of(scale, true);
  const s2vk_size results = s2_result_grid(g), merged = g->merged_grid;
  const uint32_t rows = g->places.block_height ? g->output_grid.height / g->places.block_height : 1;
  const uint32_t columns = g->places.block_width ? g->output_grid.width / g->places.block_width : 1;
  s2vk_result result;
  if (g->prefix_only)
    return (result = s2_axis_none(env, &axes[0])) ? result : s2_axis_none(env, &axes[1]);
  result = merge_axis(env, &height, merged.height, crop, &axes[0]);
  if (!result)
    result = fill_axis(env, rows, results.height, &axes[0]);
  if (result)
    return result;
  if (is_square(scale) && merged.height == merged.width && rows == columns)
    return s2_axis_copy(env, &axes[0], &axes[1]);
  result = merge_axis(env, &width, merged.width, crop, &axes[1]);
  return result ? result : fill_axis(env, columns, results.width, &axes[1]);
}
