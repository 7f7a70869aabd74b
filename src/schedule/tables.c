#include "schedule/tables.h"

#include <string.h>

#define RECORD_ENTRIES (sizeof(struct s2_scale_record) / sizeof(struct s2_entry))

uint32_t s2_float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* ---- Axes ---------------------------------------------------------------------------------------------------- */

static s2vk_result compose(const struct s2_env *env, struct s2_axis *axis, struct s2_axis *next) {
  s2vk_result result = s2_axis_compose(env, axis, next);
  s2_axis_destroy(env, next);
  return result;
}

/* One axis of a scale, of the sizes that s2_scale has names for. */
struct side {
  uint32_t image, padded, tiles, tile_side, features, shared, grid, own;
};

static struct side side_of(const struct s2_scale *s, bool width) {
  if (width)
    return (struct side){s->image.width, s->padded.width, s->tiles.width, s->tile_side, s->features.width,
        s->shared.width, s->grid.width, s->own.width};
  return (struct side){s->image.height, s->padded.height, s->tiles.height, s->tile_side, s->features.height,
      s->shared.height, s->grid.height, s->own.height};
}

/* Steps 1 to 3 of docs/semantics.md along one axis. */
static s2vk_result split_axis(
    const struct s2_env *env, const struct s2_geometry *g, uint32_t in, const struct side *s, struct s2_axis *axis) {
  struct s2_axis next;
  s2vk_result result = s2_axis_filter(env, g->filter, in, s->image, axis);
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
static s2vk_result own_axis(const struct s2_env *env, const struct side *s, bool crop, struct s2_axis *axis) {
  return crop ? s2_axis_crop(env, s->grid, s->own, axis) : s2_axis_area(env, s->grid, s->own, axis);
}

/* Steps 7 to 9 along one axis. */
static s2vk_result merge_axis(
    const struct s2_env *env, const struct side *s, uint32_t out, bool crop, struct s2_axis *axis) {
  struct s2_axis next;
  s2vk_result result;
  if (s->shared == 0 || s->tiles == 1) {
    result = own_axis(env, s, crop, axis);
  } else if (!(result = s2_axis_blend(env, s->tiles, s->features, s->shared, axis))) {
    result = own_axis(env, s, crop, &next);
    result = result ? result : compose(env, axis, &next);
  }
  if (result || s->own == out)
    return result;
  result = s2_axis_area(env, s->own, out, &next);
  return result ? result : compose(env, axis, &next);
}

static bool reaches_over_tiles(const struct s2_axis *axis, uint32_t side) {
  for (uint32_t j = 0; j < axis->out; j++)
    if (axis->taps[axis->first[j]].index / side != axis->taps[axis->first[j + 1] - 1].index / side)
      return true;
  return false;
}

static s2vk_result make_axes(
    const struct s2_env *env, const struct s2_geometry *g, const struct s2_scale *s, struct s2_scale_axes *axes) {
  const bool pad = g->split_mode == S2VK_SPLIT_PAD;
  const struct side height = side_of(s, false), width = side_of(s, true);
  const bool same = memcmp(&height, &width, sizeof height) == 0; /* as most often: then one axis is worked out */
  s2vk_result result = split_axis(env, g, g->input.height, &height, &axes->split[0]);
  if (!result && same && g->input.height == g->input.width)
    result = s2_axis_copy(env, &axes->split[0], &axes->split[1]);
  else if (!result)
    result = split_axis(env, g, g->input.width, &width, &axes->split[1]);
  if (!result)
    result = merge_axis(env, &height, g->output_grid.height, pad, &axes->merge[0]);
  if (!result && same && g->output_grid.height == g->output_grid.width)
    result = s2_axis_copy(env, &axes->merge[0], &axes->merge[1]);
  else if (!result)
    result = merge_axis(env, &width, g->output_grid.width, pad, &axes->merge[1]);
  if (result)
    return result;
  axes->over_tiles[0] = reaches_over_tiles(&axes->merge[0], s->features.height);
  axes->over_tiles[1] = reaches_over_tiles(&axes->merge[1], s->features.width);
  return S2VK_SUCCESS;
}

/* ---- Shapes ---------------------------------------------------------------------------------------------------- */

static bool any_alone(const struct s2_tables *tables, uint32_t first, uint32_t count) {
  for (uint32_t i = first; i < first + count; i++)
    if (tables->split[i].mode == S2_SPLIT_WALK || tables->split[i].mode == S2_SPLIT_STRAIGHT)
      return true;
  return false;
}

/* Scales that a call crosses have one shape on a GPU, and so one dispatch, unless one is better off alone. On a CPU each has what
 * suits it best. Either way a scale's bits are the same. */
static void take_shapes(const struct s2_target *target, const struct s2_geometry *g, struct s2_tables *tables) {
  for (uint32_t i = 0; i < g->scale_count; i++)
    tables->split[i] = s2_split_shape(target, g, &g->scales[i], &tables->axes[i], 1);
  for (uint32_t k = 0; !target->cpu && k < g->call_count; k++) {
    const uint32_t first = g->calls[k].scale, count = g->calls[k].scale_count;
    if (count == 1 || any_alone(tables, first, count))
      continue;
    const struct s2_split_shape shape = s2_split_shape(target, g, &g->scales[first], &tables->axes[first], count);
    for (uint32_t i = 0; i < count; i++)
      tables->split[first + i] = shape;
  }
  tables->merge = s2_merge_shape(target, g, tables->axes);
  for (uint32_t i = 0; i < g->scale_count; i++)
    tables->straight[i] = s2_straight_shape(target, g, &g->scales[i], &tables->axes[i]);
}

/* ---- Entries ------------------------------------------------------------------------------------------------- */

static struct s2_scale_record new_record(const struct s2_geometry *g, const struct s2_scale *scale) {
  return (struct s2_scale_record){
      .first_tile = scale->first_tile,
      .tile_count = scale->tile_count,
      .tile_columns = scale->tiles.width,
      .feature_height = scale->features.height,
      .feature_width = scale->features.width,
      .feature_elements = (uint32_t)scale->feature_elements,
      .prefix_weight = 1.0f / (float)(scale->tile_count / g->batch),
  };
}

/* The entries of one pass of scale i, from entry `at` of the section on, and how many there are. */
static size_t write_pass(const struct s2_geometry *g, const struct s2_tables *tables, uint32_t i,
    enum s2_pass_index pass, struct s2_entry *section, size_t at, struct s2_scale_record *record) {
  const struct s2_scale *scale = &g->scales[i];
  const bool blocks = g->layout == S2VK_OUTPUT_BCHW && tables->merge.width == 4;
  if (pass == S2_PASS_SPLIT)
    return s2_tables_split(scale, &tables->axes[i], &tables->split[i], section, at, record);
  return s2_tables_merge(
      scale, &tables->axes[i], blocks ? &tables->merge : NULL, &tables->straight[i], section, at, record);
}

/* All entries as one section; with tables->entries NULL only their count. */
static size_t write_whole(const struct s2_geometry *g, struct s2_tables *tables) {
  size_t at = g->scale_count * RECORD_ENTRIES;
  for (uint32_t i = 0; i < g->scale_count; i++) {
    struct s2_scale_record record = new_record(g, &g->scales[i]);
    for (int pass = 0; pass < S2_PASS_COUNT; pass++)
      at += write_pass(g, tables, i, (enum s2_pass_index)pass, tables->entries, at, &record);
    if (tables->entries)
      memcpy(tables->entries + i * RECORD_ENTRIES, &record, sizeof record);
  }
  for (uint32_t i = 0; i < g->scale_count; i++)
    for (int pass = 0; pass < S2_PASS_COUNT; pass++)
      tables->sections[i][pass] = (struct s2_section){0, at};
  return at;
}

/* A section for each pass of each scale. */
static size_t write_sections(const struct s2_target *target, const struct s2_geometry *g, struct s2_tables *tables) {
  const size_t alignment = (target->alignment + sizeof(struct s2_entry) - 1) / sizeof(struct s2_entry);
  size_t end = 0;
  for (uint32_t i = 0; i < g->scale_count; i++)
    for (int pass = 0; pass < S2_PASS_COUNT; pass++) {
      const size_t first = (end + alignment - 1) / alignment * alignment, at = g->scale_count * RECORD_ENTRIES;
      struct s2_entry *section = tables->entries ? tables->entries + first : NULL;
      struct s2_scale_record record = new_record(g, &g->scales[i]);
      end = first + at + write_pass(g, tables, i, (enum s2_pass_index)pass, section, at, &record);
      tables->sections[i][pass] = (struct s2_section){first, end - first};
      if (section)
        memcpy(section + i * RECORD_ENTRIES, &record, sizeof record);
    }
  return end;
}

static size_t write_entries(const struct s2_target *target, const struct s2_geometry *g, struct s2_tables *tables) {
  return tables->sectioned ? write_sections(target, g, tables) : write_whole(g, tables);
}

/* Counts entries: as one section, or where that is over the limit as many; where one of these still is, without the dense
 * weights of its split. */
static size_t count_entries(const struct s2_target *target, const struct s2_geometry *g, struct s2_tables *tables) {
  size_t count = write_entries(target, g, tables);
  tables->sectioned = count * sizeof *tables->entries > target->range;
  if (!tables->sectioned)
    return count;
  write_entries(target, g, tables);
  for (uint32_t i = 0; i < g->scale_count; i++)
    if (tables->split[i].mode != S2_SPLIT_WALK &&
        tables->sections[i][S2_PASS_SPLIT].count * sizeof *tables->entries > target->range)
      tables->split[i].mode = S2_SPLIT_TAPS;
  return write_entries(target, g, tables);
}

static s2vk_result fill_tables(const struct s2_env *env, const struct s2_target *target,
    const struct s2_geometry *geometry, struct s2_tables *tables) {
  tables->axes = s2_alloc(env, geometry->scale_count, sizeof *tables->axes);
  tables->split = s2_alloc(env, geometry->scale_count, sizeof *tables->split);
  tables->straight = s2_alloc(env, geometry->scale_count, sizeof *tables->straight);
  tables->sections = s2_alloc(env, geometry->scale_count, sizeof *tables->sections);
  if (!tables->axes || !tables->split || !tables->straight || !tables->sections)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u scales", geometry->scale_count);
  tables->scale_count = geometry->scale_count;
  for (uint32_t i = 0; i < geometry->scale_count; i++) {
    s2vk_result result = make_axes(env, geometry, &geometry->scales[i], &tables->axes[i]);
    if (result)
      return result;
  }
  take_shapes(target, geometry, tables);
  const size_t count = count_entries(target, geometry, tables);
  if (count > UINT32_C(1) << 30)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "the tables of %u scales need %zu entries; at most 2^30 can be addressed",
        geometry->scale_count, count);
  tables->entries = s2_alloc(env, count, sizeof *tables->entries);
  if (!tables->entries)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for tables of %zu entries", count);
  tables->entry_count = count;
  write_entries(target, geometry, tables);
  return S2VK_SUCCESS;
}

s2vk_result s2_tables_create(const struct s2_env *env, const struct s2_target *target,
    const struct s2_geometry *geometry, struct s2_tables *tables) {
  *tables = (struct s2_tables){0};
  s2vk_result result = fill_tables(env, target, geometry, tables);
  if (result)
    s2_tables_destroy(env, tables);
  return result;
}

void s2_tables_destroy(const struct s2_env *env, struct s2_tables *tables) {
  for (uint32_t i = 0; i < tables->scale_count; i++)
    for (int k = 0; k < 2; k++) {
      s2_axis_destroy(env, &tables->axes[i].split[k]);
      s2_axis_destroy(env, &tables->axes[i].merge[k]);
    }
  s2_free(env, tables->axes);
  s2_free(env, tables->split);
  s2_free(env, tables->straight);
  s2_free(env, tables->sections);
  s2_free(env, tables->entries);
  *tables = (struct s2_tables){0};
}
