#include "schedule/schedule.h"

#include <string.h>

/* A box of the merge's work: what the tiles [tile_begin, tile_end) give to a box of the output. */
struct work {
  uint32_t tile_begin, tile_end;
  uint32_t image_begin, image_end;
  uint32_t scale_begin, scale_end;
  bool prefix; /* with the prefix tokens */
  bool loose;  /* not in straight lines, whose blocks are too far apart for a window */
  uint32_t y_begin, y_end, x_begin, x_end;
  uint32_t channel_begin, channel_end;
};

/* ---- Which tiles ---------------------------------------------------------------------------------------------- */

static struct s2_range features_window(const struct s2_builder *b, uint32_t tile_begin, uint32_t tile_end) {
  uint64_t elements = b->geometry->scales[b->call->scale].feature_elements;
  uint64_t first = tile_begin - b->call->first_tile, last = tile_end - b->call->first_tile;
  return s2_window_range(
      b->target, b->geometry->features_bytes, b->geometry->feature_type, first * elements, last * elements);
}

/* Whether a dispatch may not see the features of all these tiles at once. */
static bool too_many_tiles(const struct s2_builder *b, uint32_t tile_begin, uint32_t tile_end) {
  return tile_end - tile_begin > 1 && features_window(b, tile_begin, tile_end).bytes > b->target->range;
}

/* Whether some output sums over tiles on both sides of a cut before the given tile. */
static bool crosses(const struct s2_builder *b, uint32_t tile) {
  const struct s2_geometry *g = b->geometry;
  for (uint32_t i = 0; i < g->scale_count; i++) {
    const struct s2_scale *scale = &g->scales[i];
    if (tile <= scale->first_tile || tile - scale->first_tile >= scale->tile_count)
      continue;
    const bool *over_tiles = b->tables->axes[i].over_tiles;
    bool inside_row = (tile - scale->first_tile) % (scale->tiles.width * g->batch) != 0;
    return g->prefix > 0 ? scale->tile_count > g->batch : over_tiles[0] || (inside_row && over_tiles[1]);
  }
  return false;
}

static bool cuts_cross(const struct s2_builder *b, uint32_t tile_begin, uint32_t tile_end) {
  if (!too_many_tiles(b, tile_begin, tile_end))
    return false;
  uint32_t middle = tile_begin + (tile_end - tile_begin) / 2;
  return crosses(b, middle) || cuts_cross(b, tile_begin, middle) || cuts_cross(b, middle, tile_end);
}

enum s2_sums s2_schedule_sums(const struct s2_builder *builder) {
  struct s2_builder b = *builder;
  bool any = false;
  for (uint32_t k = 0; !any && k < b.geometry->call_count; k++) {
    b.call = &b.geometry->calls[k];
    uint32_t begin = b.call->first_tile, end = begin + b.call->tile_count;
    any = crosses(&b, begin) || cuts_cross(&b, begin, end);
  }
  if (!any)
    return S2_SUMS_NOWHERE;
  return b.geometry->output_type == S2VK_TYPE_F32 ? S2_SUMS_IN_OUTPUT : S2_SUMS_IN_BUFFER;
}

/* ---- Which outputs -------------------------------------------------------------------------------------------- */

/* The tile of the first, or the last, input coordinate that output coordinate j reads. */
static uint32_t tile_read(const struct s2_axis *axis, uint32_t side, uint32_t j, bool last) {
  return axis->taps[last ? axis->first[j + 1] - 1 : axis->first[j]].index / side;
}

/* The first output coordinate whose tile_read() is at least `tile`. Both rise along the axis. */
static uint32_t first_at_least(const struct s2_axis *axis, uint32_t side, uint64_t tile, bool last) {
  uint32_t begin = 0, end = axis->out;
  while (begin < end) {
    const uint32_t middle = begin + (end - begin) / 2;
    if (tile_read(axis, side, middle, last) < tile)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

/* Widens [*begin, *end) by the output coordinates whose windows touch tiles first to last along one axis. */
static void touched(
    const struct s2_axis *axis, uint32_t side, uint32_t first, uint32_t last, uint32_t *begin, uint32_t *end) {
  const uint32_t low = first_at_least(axis, side, first, true);
  const uint32_t high = first_at_least(axis, side, (uint64_t)last + 1, false);
  if (low >= high)
    return;
  *begin = low < *begin ? low : *begin;
  *end = high > *end ? high : *end;
}

/* Widens the box of *w by what its tiles of scale i touch. */
static void add_scale(const struct s2_builder *b, uint32_t i, struct work *w) {
  const struct s2_geometry *g = b->geometry;
  const struct s2_scale *scale = &g->scales[i];
  const struct s2_axis *axes = b->tables->axes[i].merge;
  uint32_t begin = w->tile_begin > scale->first_tile ? w->tile_begin - scale->first_tile : 0;
  uint32_t end = w->tile_end - scale->first_tile;
  end = end < scale->tile_count ? end : scale->tile_count;
  uint32_t first = begin / g->batch, last = (end - 1) / g->batch;
  uint32_t row = first / scale->tiles.width, last_row = last / scale->tiles.width;
  bool one_row = row == last_row, one_tile = first == last;
  touched(&axes[0], scale->features.height, row, last_row, &w->y_begin, &w->y_end);
  touched(&axes[1], scale->features.width, one_row ? first % scale->tiles.width : 0,
      one_row ? last % scale->tiles.width : scale->tiles.width - 1, &w->x_begin, &w->x_end);
  uint32_t image = one_tile ? begin % g->batch : 0, image_end = one_tile ? (end - 1) % g->batch + 1 : g->batch;
  w->image_begin = image < w->image_begin ? image : w->image_begin;
  w->image_end = image_end > w->image_end ? image_end : w->image_end;
}

static struct work work_of_tiles(const struct s2_builder *b, uint32_t tile_begin, uint32_t tile_end) {
  const struct s2_geometry *g = b->geometry;
  struct work w = {
      .tile_begin = tile_begin,
      .tile_end = tile_end,
      .image_begin = g->batch,
      .scale_begin = UINT32_MAX,
      .prefix = g->prefix > 0,
      .y_begin = g->output_grid.height,
      .x_begin = g->output_grid.width,
      .channel_end = g->feature_channels,
  };
  for (uint32_t i = b->call->scale; i < b->call->scale + b->call->scale_count; i++) {
    const struct s2_scale *scale = &g->scales[i];
    uint64_t scale_end = (uint64_t)scale->first_tile + scale->tile_count;
    if (tile_end <= scale->first_tile || tile_begin >= scale_end)
      continue;
    w.scale_begin = i < w.scale_begin ? i : w.scale_begin;
    w.scale_end = i + 1;
    add_scale(b, i, &w);
  }
  return w;
}

/* The first element of the box and one past its last, in the output. */
static void box_elements(const struct s2_builder *b, const struct work *w, uint64_t *begin, uint64_t *end) {
  const struct s2_geometry *g = b->geometry;
  const uint64_t channels = (uint64_t)g->scale_count * g->feature_channels;
  const uint64_t first_channel = (uint64_t)w->scale_begin * g->feature_channels + w->channel_begin;
  const uint64_t last_channel = (uint64_t)(w->scale_end - 1) * g->feature_channels + w->channel_end - 1;
  const uint64_t height = g->output_grid.height, width = g->output_grid.width;
  if (g->layout == S2VK_OUTPUT_BCHW) {
    *begin = ((w->image_begin * channels + first_channel) * height + w->y_begin) * width + w->x_begin;
    *end = (((w->image_end - 1) * channels + last_channel) * height + w->y_end - 1) * width + w->x_end;
    return;
  }
  const uint64_t tokens = g->prefix + height * width;
  const bool grid = w->y_end > w->y_begin;
  const uint64_t first = w->prefix ? 0 : g->prefix + w->y_begin * width + w->x_begin;
  const uint64_t last = grid ? g->prefix + (w->y_end - 1) * width + w->x_end - 1 : g->prefix - 1;
  *begin = (w->image_begin * tokens + first) * channels + first_channel;
  *end = ((w->image_end - 1) * tokens + last) * channels + last_channel + 1;
}

/* ---- Cutting -------------------------------------------------------------------------------------------------- */

/* Whether each output of the work's first scale reads tiles of this work only, or none of them. */
static bool sums_at_once(const struct s2_builder *b, const struct work *w) {
  const struct s2_scale *scale = &b->geometry->scales[w->scale_begin];
  const bool *over_tiles = b->tables->axes[w->scale_begin].over_tiles;
  return b->sums == S2_SUMS_NOWHERE || (!over_tiles[0] && !over_tiles[1]) ||
         (w->tile_begin <= scale->first_tile && w->tile_end - scale->first_tile >= scale->tile_count);
}

/* The straight shape of the work's scale, if the work can be done so; else NULL. */
static const struct s2_straight_shape *straight_of(const struct s2_builder *b, const struct work *w) {
  const struct s2_straight_shape *shape = &b->tables->straight[w->scale_begin];
  return shape->down.size && !w->prefix && !w->loose && sums_at_once(b, w) ? shape : NULL;
}

static bool any_straight(const struct s2_builder *b, const struct work *w) {
  for (uint32_t i = w->scale_begin; i < w->scale_end; i++)
    if (b->tables->straight[i].down.size)
      return true;
  return false;
}

static uint64_t count_groups(const struct s2_builder *b, const struct work *w) {
  const struct s2_merge_shape *shape = &b->tables->merge;
  const struct s2_straight_shape *straight = straight_of(b, w);
  const uint64_t rows = w->y_end - w->y_begin, columns = w->x_end - w->x_begin;
  const uint64_t channels = w->channel_end - w->channel_begin;
  if (straight)
    return s2_straight_groups(straight, channels, rows, columns);
  if (b->geometry->layout == S2VK_OUTPUT_BCHW)
    return s2_merge_groups(shape, rows * ((columns + shape->width - 1) / shape->width), channels);
  return s2_merge_groups(
      shape, (channels + shape->width - 1) / shape->width, (w->prefix ? b->geometry->prefix : 0) + rows * columns);
}

static uint32_t pack_offsets(const struct s2_blocks *blocks, uint32_t begin) {
  uint32_t word = 0;
  for (uint32_t i = begin; i < blocks->size && i < begin + 4; i++)
    word |= (uint32_t)blocks->offsets[i] << (i - begin) * 8;
  return word;
}

/* merge_tokens_straight.comp's, and merge_maps_straight.comp's. */
static struct s2_pipeline_key straight_key(const struct s2_builder *b, const struct s2_straight_shape *shape) {
  const struct s2_geometry *g = b->geometry;
  const struct s2_blocks *down = &shape->down, *across = &shape->across;
  struct s2_pipeline_key key = {
      .shader = shape->maps ? S2_SHADER_MAPS_STRAIGHT : S2_SHADER_TOKENS_STRAIGHT,
      .build = s2_schedule_straight_build(b, shape->factor),
      .source_texels = b->pass->texels,
      .unpack_halves = b->target->unpack_halves,
      .constants = {shape->size_x, 1, (uint32_t)g->feature_type, (uint32_t)g->output_type, shape->width, b->sums,
          shape->run, down->size},
  };
  const bool aligned = g->feature_channels % shape->width == 0;
  const uint32_t tokens[] = {across->size, down->source, across->source, down->taps, across->taps,
      pack_offsets(down, 0), pack_offsets(across, 0), shape->tight, aligned, aligned};
  const uint32_t maps[] = {down->source, across->source / 4, down->taps, across->taps, pack_offsets(down, 0),
      pack_offsets(across, 0), pack_offsets(across, 4), 0, 0, g->output_grid.width % shape->width == 0, shape->tight};
  memcpy(key.constants + 8, shape->maps ? maps : tokens, shape->maps ? sizeof maps : sizeof tokens);
  return key;
}

static struct s2_pipeline_key key_of(const struct s2_builder *b, const struct work *w) {
  const struct s2_geometry *g = b->geometry;
  const struct s2_merge_shape *shape = &b->tables->merge;
  const struct s2_straight_shape *straight = straight_of(b, w);
  const uint32_t features = (uint32_t)g->feature_type, output = (uint32_t)g->output_type;
  if (straight)
    return straight_key(b, straight);
  const bool maps = g->layout == S2VK_OUTPUT_BCHW;
  const bool fixed = !b->target->cpu && b->target->keeps_branches && !features && !output && shape->aligned &&
                     shape->aligned_output && shape->width == (maps ? 4 : 16) && shape->run == (maps ? 8 : 4) &&
                     b->sums == S2_SUMS_NOWHERE && !w->prefix;
  return (struct s2_pipeline_key){
      .shader = maps ? S2_SHADER_MERGE_MAPS : S2_SHADER_MERGE_TOKENS,
      .build = fixed ? S2_BUILD_FIXED : s2_schedule_build(b),
      .source_texels = b->pass->texels,
      .unpack_halves = b->target->unpack_halves,
      .constants = {shape->size_x, shape->size_y, features, output, shape->width, b->sums, shape->run,
          w->prefix, [16] = shape->aligned, [17] = shape->aligned_output},
  };
}

static s2vk_result emit(
    const struct s2_builder *b, const struct work *w, const uint32_t *groups, const struct s2_window *window) {
  const struct s2_geometry *g = b->geometry;
  const struct s2_dispatch dispatch = {
      .groups = {groups[0], groups[1], groups[2]},
      .push.merge =
          {
              .batch = g->batch,
              .channels = g->feature_channels,
              .prefix = g->prefix,
              .scale_count = g->scale_count,
              .out_height = g->output_grid.height,
              .out_width = g->output_grid.width,
              .call_tile = b->call->first_tile,
              .tile_begin = w->tile_begin,
              .tile_end = w->tile_end,
              .first_scale = w->scale_begin,
              .first_image = w->image_begin,
              .first_channel = w->channel_begin,
              .channel_count = w->channel_end - w->channel_begin,
              .box_prefix = w->prefix ? g->prefix : 0,
              .box_y = w->y_begin,
              .box_x = w->x_begin,
              .box_height = w->y_end - w->y_begin,
              .box_width = w->x_end - w->x_begin,
              .features_base = (uint32_t)(window->source.offset / s2vk_type_size(g->feature_type)),
              .output_base = (uint32_t)(window->target.offset / s2vk_type_size(g->output_type)),
              .sums_base = (uint32_t)(window->sums.offset / sizeof(float)),
          },
  };
  const struct s2_pipeline_key key = key_of(b, w);
  return s2_pass_add(b->env, b->pass, &key, window, &dispatch);
}

static s2vk_result cut(const struct s2_builder *b, const struct work *w);

/* Does the two halves of [*begin, *end), which belongs to *w; the first has a multiple of step. */
static s2vk_result halve(const struct s2_builder *b, struct work *w, uint32_t *begin, uint32_t *end, uint32_t step) {
  uint32_t first = *begin, last = *end, middle = first + (last - first + step - 1) / step / 2 * step;
  *end = middle;
  s2vk_result result = cut(b, w);
  *begin = middle;
  *end = last;
  /* Prefix tokens go with the first rows. */
  if (begin == &w->y_begin)
    w->prefix = false;
  return result ? result : cut(b, w);
}

static s2vk_result cut_prefix(const struct s2_builder *b, struct work *w) {
  struct work prefix = *w;
  prefix.y_end = prefix.y_begin;
  w->prefix = false;
  s2vk_result result = cut(b, &prefix);
  return result ? result : cut(b, w);
}

static s2vk_result cut(const struct s2_builder *b, const struct work *w) {
  const struct s2_target *target = b->target;
  const struct s2_geometry *g = b->geometry;
  const uint32_t images = w->image_end - w->image_begin, scales = w->scale_end - w->scale_begin;
  const bool maps = g->layout == S2VK_OUTPUT_BCHW;
  const struct s2_straight_shape *straight = straight_of(b, w);
  const uint32_t step = maps ? 1 : straight ? straight->width : b->tables->merge.width;
  const uint32_t step_y = straight ? straight->down.size : 1;
  const uint32_t step_x = straight ? straight->across.size : maps ? b->tables->merge.width : 1;
  const uint64_t groups = count_groups(b, w);
  uint64_t begin, end;
  box_elements(b, w, &begin, &end);
  const struct s2_window window = {
      .tables = s2_window_tables(b, w->scale_begin, S2_PASS_MERGE),
      .source = features_window(b, w->tile_begin, w->tile_end),
      .target = s2_window_range(target, g->output_bytes, g->output_type, begin, end),
      .sums = s2_window_range(target, b->sums_bytes, S2VK_TYPE_F32, begin, end),
  };
  const bool seen = window.target.bytes <= target->range && window.sums.bytes <= target->range;
  /* A CPU does what a branch leaves out, too: prefix tokens, and scales, have pipelines of their own there, as straight ones have. */
  const bool apart = b->target->cpu || any_straight(b, w);
  const bool mixed_tokens = apart && w->prefix && w->y_end > w->y_begin;
  const bool mixed = mixed_tokens || ((apart || b->tables->sectioned) && scales > 1);
  if (!mixed && seen && groups <= target->groups[0] && images <= target->groups[1] && scales <= target->groups[2])
    return emit(b, w, (uint32_t[]){(uint32_t)groups, images, scales}, &window);
  struct work part = *w;
  if (mixed_tokens)
    return cut_prefix(b, &part);
  if (images > 1 && (!seen || images > target->groups[1]))
    return halve(b, &part, &part.image_begin, &part.image_end, 1);
  if (scales > 1 && (mixed || !seen || scales > target->groups[2]))
    return halve(b, &part, &part.scale_begin, &part.scale_end, 1);
  const bool channels = (w->channel_end - w->channel_begin) / step > 1;
  if (channels && maps)
    return halve(b, &part, &part.channel_begin, &part.channel_end, step);
  if (w->y_end - w->y_begin > step_y)
    return halve(b, &part, &part.y_begin, &part.y_end, step_y);
  if (w->prefix && w->y_end > w->y_begin)
    return cut_prefix(b, &part);
  if (!w->prefix && w->x_end - w->x_begin > step_x)
    return halve(b, &part, &part.x_begin, &part.x_end, step_x);
  if (straight) {
    part.loose = true;
    return cut(b, &part);
  }
  if (channels)
    return halve(b, &part, &part.channel_begin, &part.channel_end, step);
  return s2_fail(b->env, S2VK_ERROR_LIMIT,
      "%s needs %llu bytes in one window and %llu workgroups; the device's maxStorageBufferRange is %llu and its "
      "maxComputeWorkGroupCount %u",
      w->prefix ? "num_prefix_token" : "a token", (unsigned long long)window.target.bytes, (unsigned long long)groups,
      (unsigned long long)target->range, target->groups[0]);
}

/* Work for tiles [begin, end), which a dispatch may see at once. */
static s2vk_result add_tiles(const struct s2_builder *b, uint32_t begin, uint32_t end) {
  if (begin == end)
    return S2VK_SUCCESS;
  const struct work work = work_of_tiles(b, begin, end);
  return cut(b, &work);
}

/* Likewise; scales that are copied are none of a dispatch's. */
static s2vk_result cut_copies(const struct s2_builder *b, uint32_t begin, uint32_t end) {
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = b->call->scale; !result && i < b->call->scale + b->call->scale_count; i++) {
    const struct s2_scale *scale = &b->geometry->scales[i];
    const uint64_t scale_end = (uint64_t)scale->first_tile + scale->tile_count;
    const uint32_t first = begin > scale->first_tile ? begin : scale->first_tile;
    const uint32_t last = end < scale_end ? end : (uint32_t)scale_end;
    struct s2_copy copy;
    if (first >= last || !s2_copy_merge(b->target, b->geometry, &b->tables->axes[i], b->call, i, first, last, &copy))
      continue;
    result = add_tiles(b, begin, first);
    begin = last;
    if (!result)
      result = s2_pass_add_copy(b->env, b->pass, &copy);
  }
  return result ? result : add_tiles(b, begin, end);
}

/* Dispatches for tiles [begin, end), in the order of tiles. */
static s2vk_result cut_tiles(const struct s2_builder *b, uint32_t begin, uint32_t end) {
  if (too_many_tiles(b, begin, end)) {
    uint32_t middle = begin + (end - begin) / 2;
    s2vk_result result = cut_tiles(b, begin, middle);
    return result ? result : cut_tiles(b, middle, end);
  }
  uint64_t bytes = features_window(b, begin, end).bytes;
  if (bytes > b->target->range)
    return s2_fail(b->env, S2VK_ERROR_LIMIT,
        "the features of one tile need %llu bytes; the device's maxStorageBufferRange is %llu",
        (unsigned long long)bytes, (unsigned long long)b->target->range);
  return cut_copies(b, begin, end);
}

s2vk_result s2_schedule_merge(struct s2_builder *builder) {
  uint32_t begin = builder->call->first_tile;
  return cut_tiles(builder, begin, begin + builder->call->tile_count);
}
