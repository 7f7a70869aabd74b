#include "schedule/schedule.h"

#include <string.h>

/* A box of the split's work: tiles, their channels, their rows. */
struct work {
  uint32_t tile_begin, tile_end;
  uint32_t channel_begin, channel_end;
  uint32_t row_begin, row_end;
};

static const struct s2_scale *scale_of(const struct s2_builder *b, uint32_t tile, uint32_t *index) {
  const struct s2_scale *scales = b->geometry->scales;
  *index = b->call->scale;
  while (tile - scales[*index].first_tile >= scales[*index].tile_count)
    ++*index;
  return &scales[*index];
}

/* What the work's tiles of one scale read: input rows, and images. Widens all four. */
struct reach {
  uint32_t row_begin, row_end, image_begin, image_end;
};

static void add_reach(
    const struct s2_builder *b, const struct work *w, uint32_t tile_begin, uint32_t tile_end, struct reach *r) {
  const uint32_t batch = b->geometry->batch;
  uint32_t index;
  const struct s2_scale *scale = scale_of(b, tile_begin, &index);
  const uint32_t first = tile_begin - scale->first_tile, last = tile_end - 1 - scale->first_tile;
  const bool all_images = first / batch != last / batch;
  const uint32_t image = all_images ? 0 : first % batch, image_end = all_images ? batch : last % batch + 1;
  r->image_begin = image < r->image_begin ? image : r->image_begin;
  r->image_end = image_end > r->image_end ? image_end : r->image_end;
  for (uint32_t y = first / batch / scale->tiles.width; y <= last / batch / scale->tiles.width; y++) {
    const uint32_t row = y * scale->tile_side;
    uint32_t low, high;
    s2_split_reach(
        &b->tables->axes[index].split[0], &b->tables->split[index], row + w->row_begin, row + w->row_end, &low, &high);
    r->row_begin = low < r->row_begin ? low : r->row_begin;
    r->row_end = high > r->row_end ? high : r->row_end;
  }
}

static struct s2_range input_window(const struct s2_builder *b, const struct work *w) {
  const struct s2_geometry *g = b->geometry;
  if (g->input_bytes <= b->target->range)
    return (struct s2_range){0, g->input_bytes};
  struct reach r = {.row_begin = g->input.height, .image_begin = g->batch};
  for (uint32_t tile = w->tile_begin, end; tile < w->tile_end; tile = end) {
    uint32_t index;
    const struct s2_scale *scale = scale_of(b, tile, &index);
    const uint32_t left = scale->tile_count - (tile - scale->first_tile);
    end = left < w->tile_end - tile ? tile + left : w->tile_end;
    add_reach(b, w, tile, end, &r);
  }
  if (g->pixels.source == S2_SOURCE_PIXELS)
    return s2_window_bytes(b->target, g->input_bytes, s2_pixels_row(&g->pixels, r.image_begin, r.row_begin),
        s2_pixels_row(&g->pixels, r.image_end - 1, r.row_end - 1) + (uint64_t)g->input.width * g->pixels.pixel_bytes);
  uint64_t first_plane = (uint64_t)r.image_begin * g->channels + w->channel_begin;
  uint64_t last_plane = (uint64_t)(r.image_end - 1) * g->channels + w->channel_end - 1;
  uint64_t plane = (uint64_t)g->input.height * g->input.width;
  uint64_t end = last_plane * plane + (uint64_t)r.row_end * g->input.width;
  return s2_window_range(
      b->target, g->input_bytes, g->input_type, first_plane * plane + (uint64_t)r.row_begin * g->input.width, end);
}

static struct s2_range tiles_window(const struct s2_builder *b, const struct work *w) {
  const struct s2_scale *scale = &b->geometry->scales[b->call->scale];
  uint64_t side = scale->tile_side;
  uint64_t first = (w->tile_begin - b->call->first_tile) * scale->tile_elements;
  uint64_t last = (w->tile_end - 1 - b->call->first_tile) * scale->tile_elements;
  first += w->channel_begin * side * side + w->row_begin * side;
  last += (w->channel_end - 1) * side * side + w->row_end * side;
  return s2_window_range(b->target, b->geometry->tiles_bytes, b->geometry->tile_type, first, last);
}

/* split_straight.comp's, offsets packed four to a word. */
static struct s2_pipeline_key straight_key(const struct s2_builder *b, const struct s2_split_shape *shape) {
  const struct s2_geometry *g = b->geometry;
  const struct s2_blocks *across = &shape->across, *down = &shape->down;
  static const uint32_t shaders[] = {
      [S2_SOURCE_TENSOR] = S2_SHADER_SPLIT_STRAIGHT,
      [S2_SOURCE_PIXELS] = S2_SHADER_STRAIGHT_PIXELS,
      [S2_SOURCE_IMAGE] = S2_SHADER_STRAIGHT_IMAGE,
  };
  struct s2_pipeline_key key = {
      .shader = shaders[g->pixels.source],
      .build = s2_schedule_straight_build(b, shape->factor),
      .source_texels = b->pass->texels,
      .unpack_halves = b->target->unpack_halves,
      .constants = {shape->lanes, (uint32_t)g->input_type, (uint32_t)g->tile_type, across->size, across->source / 4,
          across->taps, down->size, down->source, down->taps, down->advance, shape->blocks},
  };
  for (uint32_t i = 0; i < S2_MAX_BLOCK; i++) {
    key.constants[11 + i / 4] |= (uint32_t)across->offsets[i] << i % 4 * 8;
    key.constants[17 + i / 4] |= (uint32_t)down->offsets[i] << i % 4 * 8;
  }
  key.constants[23] = g->pixels.transfer;
  key.constants[24] = g->pixels.component_bytes;
  key.constants[25] = g->input.width % 4 == 0;
  key.constants[26] = shape->side % 4 == 0;
  return key;
}

/* The build of split.comp for a shape. */
static enum s2_build build_of(const struct s2_builder *b, const struct s2_split_shape *shape) {
  const struct s2_geometry *g = b->geometry;
  if (b->target->cpu || !b->target->keeps_branches || g->pixels.source != S2_SOURCE_TENSOR || g->input_type ||
      g->tile_type || shape->width != 4 || shape->taps_x != 4 || shape->taps_y != 4 || shape->mode == S2_SPLIT_TAPS)
    return s2_schedule_build(b);
  return shape->mode == S2_SPLIT_COPY ? S2_BUILD_FIXED_COPY : S2_BUILD_FIXED;
}

/* split_walk.comp's. */
static struct s2_pipeline_key walk_key(const struct s2_builder *b, const struct s2_split_shape *shape) {
  const struct s2_geometry *g = b->geometry;
  static const uint32_t shaders[] = {
      [S2_SOURCE_TENSOR] = S2_SHADER_SPLIT_WALK,
      [S2_SOURCE_PIXELS] = S2_SHADER_WALK_PIXELS,
      [S2_SOURCE_IMAGE] = S2_SHADER_WALK_IMAGE,
  };
  struct s2_pipeline_key key = {
      .shader = shaders[g->pixels.source],
      .build = s2_schedule_build(b),
      .source_texels = b->pass->texels,
      .unpack_halves = b->target->unpack_halves,
      .constants = {shape->lanes, (uint32_t)g->input_type, (uint32_t)g->tile_type, shape->taps_x, shape->held,
          shape->overlap, shape->rows, shape->input_width},
  };
  key.constants[22] = s2_pixels_words(&g->pixels) > 0;
  key.constants[23] = g->pixels.transfer;
  key.constants[24] = g->pixels.component_bytes;
  return key;
}

static struct s2_pipeline_key key_of(const struct s2_builder *b, uint32_t scale) {
  const struct s2_geometry *g = b->geometry;
  const struct s2_split_shape *shape = &b->tables->split[scale];
  if (shape->mode == S2_SPLIT_STRAIGHT)
    return straight_key(b, shape);
  if (shape->mode == S2_SPLIT_WALK)
    return walk_key(b, shape);
  static const uint32_t shaders[] = {
      [S2_SOURCE_TENSOR] = S2_SHADER_SPLIT,
      [S2_SOURCE_PIXELS] = S2_SHADER_SPLIT_PIXELS,
      [S2_SOURCE_IMAGE] = S2_SHADER_SPLIT_IMAGE,
  };
  struct s2_pipeline_key key = {
      .shader = shaders[g->pixels.source],
      .build = build_of(b, shape),
      .source_texels = b->pass->texels,
      .unpack_halves = b->target->unpack_halves,
      .constants = {shape->lanes, (uint32_t)g->input_type, (uint32_t)g->tile_type, shape->mode, shape->taps_x,
          shape->taps_y, shape->rows, shape->width},
  };
  key.constants[23] = g->pixels.transfer;
  key.constants[24] = g->pixels.component_bytes;
  return key;
}

/* What the shader needs to find and to normalize pixels in a window that begins with a byte. */
static void push_pixels(const struct s2_pixels *pixels, uint64_t window, struct s2_split_push *push) {
  const bool image = pixels->source == S2_SOURCE_IMAGE;
  push->input_base = (uint32_t)(window - s2_pixels_row(pixels, 0, 0));
  push->origin[0] = image ? pixels->x : (uint32_t)pixels->row_stride;
  push->origin[1] = image ? pixels->y : (uint32_t)pixels->image_stride;
  memcpy(push->scales, pixels->scale, sizeof push->scales);
  memcpy(push->biases, pixels->bias, sizeof push->biases);
  push->order = pixels->order;
  push->pixel_bytes = pixels->pixel_bytes;
}

static s2vk_result emit(
    const struct s2_builder *b, const struct work *w, const uint32_t *groups, const struct s2_window *window) {
  const struct s2_geometry *g = b->geometry;
  uint32_t index;
  const struct s2_scale *scale = scale_of(b, w->tile_begin, &index);
  struct s2_dispatch dispatch = {
      .groups = {groups[0], groups[1], groups[2]},
      .push.split =
          {
              .batch = g->batch,
              .channels = g->channels,
              .height = g->input.height,
              .width = g->input.width,
              .side = scale->tile_side,
              .call_tile = b->call->first_tile,
              .first_tile = w->tile_begin,
              .first_channel = w->channel_begin,
              .channel_count = w->channel_end - w->channel_begin,
              .first_row = w->row_begin,
              .row_count = w->row_end - w->row_begin,
              .scale = index,
              .input_base = (uint32_t)(window->source.offset / s2vk_type_size(g->input_type)),
              .tiles_base = (uint32_t)(window->target.offset / s2vk_type_size(g->tile_type)),
          },
  };
  if (g->pixels.source != S2_SOURCE_TENSOR)
    push_pixels(&g->pixels, window->source.offset, &dispatch.push.split);
  const struct s2_pipeline_key key = key_of(b, index);
  return s2_pass_add(b->env, b->pass, &key, window, &dispatch);
}

static s2vk_result cut(const struct s2_builder *b, const struct work *w);

/* Does the two halves of [*begin, *end), which belongs to *w; the first has a multiple of step. */
static s2vk_result halve(const struct s2_builder *b, struct work *w, uint32_t *begin, uint32_t *end, uint32_t step) {
  uint32_t first = *begin, last = *end, middle = first + (last - first) / step / 2 * step;
  *end = middle;
  s2vk_result result = cut(b, w);
  *begin = middle;
  *end = last;
  if (!result)
    result = cut(b, w);
  *begin = first;
  return result;
}

static s2vk_result cut(const struct s2_builder *b, const struct work *w) {
  const struct s2_target *target = b->target;
  const uint32_t tiles = w->tile_end - w->tile_begin, channels = w->channel_end - w->channel_begin;
  const uint32_t rows = w->row_end - w->row_begin;
  uint32_t scale;
  const uint32_t side = scale_of(b, w->tile_begin, &scale)->tile_side;
  const struct s2_split_shape *shape = &b->tables->split[scale];
  const bool straight = shape->mode == S2_SPLIT_STRAIGHT; /* then a workgroup may have several channels */
  const uint64_t groups = s2_split_groups(shape, side, channels, rows);
  const struct s2_window window = {
      .tables = s2_window_tables(b, scale, S2_PASS_SPLIT),
      .source = input_window(b, w),
      .target = tiles_window(b, w),
  };
  const bool seen = window.source.bytes <= target->range && window.target.bytes <= target->range;
  const bool whole = shape->mode == S2_SPLIT_WALK && b->geometry->pixels.source != S2_SOURCE_TENSOR;
  const uint32_t groups_y = straight || whole ? 1 : channels;
  const bool within = groups <= target->groups[0] && groups_y <= target->groups[1] && tiles <= target->groups[2];
  if (seen && within)
    return emit(b, w, (uint32_t[]){(uint32_t)groups, groups_y, tiles}, &window);
  struct work part = *w;
  if (tiles > 1 && (!seen || tiles > target->groups[2]))
    return halve(b, &part, &part.tile_begin, &part.tile_end, 1);
  /* Pixels have their channels side by side: fewer of them read no less. */
  const bool planar = b->geometry->pixels.source == S2_SOURCE_TENSOR || window.target.bytes > target->range;
  if (channels > 1 && (seen ? straight || groups_y > target->groups[1] : planar))
    return halve(b, &part, &part.channel_begin, &part.channel_end, 1);
  const uint32_t step = straight ? shape->rows : 1; /* blocks stay whole */
  if (rows > step)
    return halve(b, &part, &part.row_begin, &part.row_end, step);
  if (!seen)
    return s2_fail(b->env, S2VK_ERROR_LIMIT,
        "a row of a tile reads %llu bytes and writes %llu; the device's maxStorageBufferRange is %llu",
        (unsigned long long)window.source.bytes, (unsigned long long)window.target.bytes,
        (unsigned long long)target->range);
  return s2_fail(b->env, S2VK_ERROR_LIMIT,
      "a row of a tile needs %llu workgroups; the device's maxComputeWorkGroupCount is %u", (unsigned long long)groups,
      target->groups[0]);
}

/* The tiles of one scale, or of several that have one shape. */
static s2vk_result add_scales(struct s2_builder *b, uint32_t scale, const struct work *w) {
  struct s2_copy copy;
  if (s2_copy_split(b->target, b->geometry, b->call, scale, w->tile_begin, w->tile_end, &copy))
    return s2_pass_add_copy(b->env, b->pass, &copy);
  return cut(b, w);
}

static bool is_copied(const struct s2_builder *b, uint32_t i) {
  const uint32_t first = b->geometry->scales[i].first_tile;
  struct s2_copy copy;
  return s2_copy_split(b->target, b->geometry, b->call, i, first, first, &copy);
}

/* Whether scales i and k can be in one dispatch. */
static bool go_together(const struct s2_builder *b, uint32_t i, uint32_t k) {
  const struct s2_pipeline_key one = key_of(b, i);
  const struct s2_pipeline_key other = key_of(b, k);
  return !b->tables->sectioned && !is_copied(b, i) && !is_copied(b, k) && memcmp(&one, &other, sizeof one) == 0;
}

s2vk_result s2_schedule_split(struct s2_builder *b) {
  const struct s2_scale *scales = b->geometry->scales;
  const uint32_t first = b->call->scale, end = first + b->call->scale_count;
  struct work work = {
      .tile_end = b->call->first_tile,
      .channel_end = b->geometry->channels,
      .row_end = scales[first].tile_side,
  };
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = first; !result && i < end; i++) {
    while (i + 1 < end && go_together(b, i, i + 1))
      i++;
    work.tile_begin = work.tile_end;
    work.tile_end = i + 1 < end ? scales[i + 1].first_tile : b->call->first_tile + b->call->tile_count;
    result = add_scales(b, i, &work);
  }
  return result;
}
