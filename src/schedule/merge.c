#include "schedule/merge.h"

/* A piece of work: the part of some tiles of a scale in a box of the output, or in the prefix tokens. Tiles are counted
 * from the scale's first. */
struct work {
  struct s2_job job;
  const struct s2_choice *choice;
  const struct s2_kernel *kernel;
  const struct s2_config *config;
  struct s2_box box;
};

static uint64_t min_u64(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

/* ---- Which tiles ---------------------------------------------------------------------------------------------- */

/* The features of tiles [begin, end) of the run. */
static struct s2_range features_range(
    const struct s2_builder *b, const struct s2_call *call, uint32_t begin, uint32_t end) {
  const struct s2_scale *scale = &b->geometry->scales[call->scale];
  const uint64_t item = scale->feature_strides.item, span = s2_features_span(b->geometry, scale);
  const uint64_t first = begin - call->first_tile, last = end - 1 - call->first_tile;
  return s2_range_of_elements(
      b->target, b->geometry->features_bytes, b->geometry->feature_type, first * item, last * item + span);
}

/* Whether the features of these tiles are too large for one range. */
static bool too_many_tiles(const struct s2_builder *b, const struct s2_call *call, uint32_t begin, uint32_t end) {
  return end - begin > 1 && features_range(b, call, begin, end).bytes > b->target->range;
}

/* The scale of a tile of the run: the last one that begins at or before it. */
static uint32_t scale_of_tile(const struct s2_geometry *g, uint32_t tile) {
  uint32_t begin = 0, end = g->scale_count;
  while (end - begin > 1) {
    const uint32_t middle = begin + (end - begin) / 2;
    if (g->scales[middle].first_tile <= tile)
      begin = middle;
    else
      end = middle;
  }
  return begin;
}

/* Whether an output sums over tiles on both sides of a cut. The cut is before the given tile of the run. */
static bool sums_across(const struct s2_builder *b, uint32_t tile) {
  const struct s2_geometry *g = b->geometry;
  const uint32_t i = scale_of_tile(g, tile);
  const struct s2_scale *scale = &g->scales[i];
  if (tile == scale->first_tile)
    return false;
  const bool *over_tiles = b->schedule->choices[i][S2_PASS_MERGE].over_tiles;
  const bool inside_row = (tile - scale->first_tile) % (scale->tiles.width * g->batch) != 0;
  const bool means = g->prefix > 0 && !g->prefix_each;
  return means ? scale->tile_count > g->batch : over_tiles[0] || (inside_row && over_tiles[1]);
}

/* Whether a cut that tiles [begin, end) of the run need goes through such a sum. */
static bool cuts_sum_across(const struct s2_builder *b, const struct s2_call *call, uint32_t begin, uint32_t end) {
  if (!too_many_tiles(b, call, begin, end))
    return false;
  const uint32_t middle = begin + (end - begin) / 2;
  return sums_across(b, middle) || cuts_sum_across(b, call, begin, middle) || cuts_sum_across(b, call, middle, end);
}

uint32_t s2_accumulator_of(struct s2_builder *b) {
  bool any = false;
  for (uint32_t k = 0; !any && k < b->geometry->call_count; k++) {
    const struct s2_call *call = &b->geometry->calls[k];
    any = sums_across(b, call->first_tile) ||
          cuts_sum_across(b, call, call->first_tile, call->first_tile + call->tile_count);
  }
  if (!any)
    return S2_ACCUMULATOR_NONE;
  return b->geometry->output_type == S2VK_TYPE_F32 ? S2_ACCUMULATOR_OUTPUT : S2_ACCUMULATOR_BUFFER;
}

/* ---- Which outputs -------------------------------------------------------------------------------------------- */

/* The tile that has the first, or the last, input coordinate that output coordinate j reads. */
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

/* The output coordinates [*begin, *end) that read from tiles first to last along one axis; *begin = *end if there are
 * none. */
static void touched(
    const struct s2_axis *axis, uint32_t side, uint32_t first, uint32_t last, uint32_t *begin, uint32_t *end) {
  *begin = first_at_least(axis, side, first, true);
  *end = first_at_least(axis, side, (uint64_t)last + 1, false);
  *end = *end > *begin ? *end : *begin;
}

/* The box of outputs that read from tiles [begin, end) of a scale. */
static struct s2_box box_of_tiles(const struct s2_builder *b, const struct s2_job *job, uint32_t begin, uint32_t end) {
  const struct s2_geometry *g = b->geometry;
  const struct s2_scale *scale = job->scale;
  struct s2_box box = {.tile_begin = begin, .tile_end = end, .image_end = g->batch, .channel_end = g->feature_channels};
  const uint32_t first = begin / g->batch, last = (end - 1) / g->batch;
  const uint32_t row = first / scale->tiles.width, last_row = last / scale->tiles.width;
  touched(&job->axes[0], scale->features.height, row, last_row, &box.y_begin, &box.y_end);
  touched(&job->axes[1], scale->features.width, row == last_row ? first % scale->tiles.width : 0,
      row == last_row ? last % scale->tiles.width : scale->tiles.width - 1, &box.x_begin, &box.x_end);
  if (first == last) {
    box.image_begin = begin % g->batch;
    box.image_end = (end - 1) % g->batch + 1;
  }
  return box;
}

/* The element of the first image's output where the scale begins: the scale's first channel of the first token, prefix
 * or not, or of the first feature map. */
static uint64_t first_output(const struct work *w) {
  const struct s2_geometry *g = w->job.geometry;
  return s2_job_channel(&w->job) * g->output_strides.channel +
         (w->job.prefix ? 0 : s2_output_prefix(g) * g->output_strides.column);
}

/* The element of result (y, x), or of prefix token x of tile y. The first result of a box comes before all others of
 * it, and the last one after them, in any order of tokens. */
static uint64_t output_place(const struct work *w, uint32_t y, uint32_t x) {
  const struct s2_geometry *g = w->job.geometry;
  return w->job.prefix ? ((uint64_t)y * g->prefix + x) * g->output_strides.column : s2_places_element(&g->places, y, x);
}

/* The elements [*begin, *end) of the output that the box spans. */
static void box_elements(const struct work *w, uint64_t *begin, uint64_t *end) {
  const struct s2_strides *strides = &w->job.geometry->output_strides;
  const struct s2_box *box = &w->box;
  *begin = first_output(w) + box->image_begin * strides->item + box->channel_begin * strides->channel +
           output_place(w, box->y_begin, box->x_begin);
  *end = first_output(w) + (box->image_end - 1) * strides->item + (box->channel_end - 1) * strides->channel +
         output_place(w, box->y_end - 1, box->x_end - 1) + 1;
}

/* ---- Cutting -------------------------------------------------------------------------------------------------- */

/* Adds one dispatch. */
static s2vk_result emit(struct s2_builder *b, const struct work *w, const uint64_t *groups, struct s2_ranges *ranges) {
  const struct s2_geometry *g = b->geometry;
  const struct s2_scale *scale = w->job.scale;
  const struct s2_strides *features = &scale->feature_strides;
  const struct s2_places *places = &g->places;
  const s2vk_size results = s2_result_grid(g);
  const uint64_t token = g->output_strides.column, next_tile = g->prefix_each ? g->prefix * token : 0;
  const bool prefix = w->job.prefix;
  const uint64_t first_feature = ((uint64_t)scale->first_tile - b->call->first_tile) * features->item +
                                 (prefix ? 0 : g->prefix * features->column);
  struct s2_dispatch dispatch = {
      .groups = {(uint32_t)groups[0], (uint32_t)groups[1], w->box.image_end - w->box.image_begin},
      .job = w->job.scale_index * S2_PASS_COUNT + S2_PASS_MERGE,
      .push.merge =
          {
              .batch = g->batch,
              .out_height = results.height,
              .out_width = results.width,
              .tile_columns = scale->tiles.width,
              .tile_count = scale->tile_count,
              .tile_begin = w->box.tile_begin,
              .tile_end = w->box.tile_end,
              .first_image = w->box.image_begin,
              .first_channel = w->box.channel_begin,
              .channel_count = w->box.channel_end - w->box.channel_begin,
              .box_y = w->box.y_begin,
              .box_x = w->box.x_begin,
              .box_height = w->box.y_end - w->box.y_begin,
              .box_width = w->box.x_end - w->box.x_begin,
              .feature_item = (uint32_t)features->item,
              .feature_channel = (uint32_t)features->channel,
              .feature_row = (uint32_t)features->row,
              .feature_column = (uint32_t)features->column,
              .feature_block_bits = features->block_bits,
              .output_item = (uint32_t)g->output_strides.item,
              .output_channel = (uint32_t)places->part,
              .output_row = (uint32_t)(prefix ? next_tile : places->row),
              .output_column = (uint32_t)(prefix ? token : places->column),
              .block_height = prefix ? 0 : places->block_height,
              .block_width = places->block_width,
              .block_row = (uint32_t)places->block_row,
              .block_column = (uint32_t)places->block_column,
              .square = places->square,
              .features_base = (uint32_t)(ranges->source.offset / s2vk_type_size(g->feature_type) - first_feature),
              .output_base = (uint32_t)(ranges->target.offset / s2vk_type_size(g->output_type) - first_output(w)),
              .accumulator_base = (uint32_t)(ranges->accumulator.offset / sizeof(float) - first_output(w)),
          },
  };
  ranges->tables = s2_range_of_tables(b, w->job.scale_index, &dispatch.push.merge.section);
  return s2_add_dispatch(b, &w->config->key, ranges, &dispatch);
}

static s2vk_result cut(struct s2_builder *b, const struct work *w);

/* Adds work in two halves of [*begin, *end), which points into *w. The first half is a multiple of step. */
static s2vk_result halve(struct s2_builder *b, struct work *w, uint32_t *begin, uint32_t *end, uint32_t step) {
  const uint32_t last = *end, middle = s2_middle(*begin, last, step);
  *end = middle;
  s2vk_result result = cut(b, w);
  *begin = middle;
  *end = last;
  return result ? result : cut(b, w);
}

static s2vk_result cut(struct s2_builder *b, const struct work *w) {
  const struct s2_target *target = b->target;
  const struct s2_geometry *g = b->geometry;
  const struct s2_box *box = &w->box;
  const uint32_t images = box->image_end - box->image_begin, channels = box->channel_end - box->channel_begin;
  uint64_t groups[2], begin, end;
  w->kernel->groups(&w->job, w->config, box, groups);
  box_elements(w, &begin, &end);
  const uint32_t first_tile = w->job.scale->first_tile;
  struct s2_ranges ranges = {
      .source = features_range(b, b->call, first_tile + box->tile_begin, first_tile + box->tile_end),
      .target = s2_range_of_elements(target, g->output_bytes, g->output_type, begin, end),
      .accumulator = s2_range_of_elements(target, b->schedule->accumulator_bytes, S2VK_TYPE_F32, begin, end),
  };
  const bool seen = ranges.target.bytes <= target->range && ranges.accumulator.bytes <= target->range;
  if (seen && groups[0] <= target->groups[0] && groups[1] <= target->groups[1] && images <= target->groups[2])
    return emit(b, w, groups, &ranges);
  struct work part = *w;
  if (images > 1 && (!seen || images > target->groups[2]))
    return halve(b, &part, &part.box.image_begin, &part.box.image_end, 1);
  const bool maps = g->layout == S2VK_OUTPUT_BCHW;
  if (maps && channels > w->config->step_channels)
    return halve(b, &part, &part.box.channel_begin, &part.box.channel_end, w->config->step_channels);
  if (box->y_end - box->y_begin > w->config->step_y)
    return halve(b, &part, &part.box.y_begin, &part.box.y_end, w->config->step_y);
  if (box->x_end - box->x_begin > w->config->step_x)
    return halve(b, &part, &part.box.x_begin, &part.box.x_end, w->config->step_x);
  if (channels > w->config->step_channels)
    return halve(b, &part, &part.box.channel_begin, &part.box.channel_end, w->config->step_channels);
  if (w->kernel != w->choice->fallback && !w->job.prefix) {
    part.kernel = w->choice->fallback;
    part.config = &w->choice->fallback_config;
    return cut(b, &part);
  }
  return s2_fail(b->env, S2VK_ERROR_LIMIT,
      "%s needs %llu bytes in one range and %llu workgroups; the device's maxStorageBufferRange is %llu and its "
      "maxComputeWorkGroupCount %u",
      w->job.prefix ? "num_prefix_token" : "a token", (unsigned long long)ranges.target.bytes,
      (unsigned long long)groups[0], (unsigned long long)target->range, target->groups[0]);
}

/* Whether every output that reads tiles of the box reads these tiles only. */
static bool sums_at_once(const struct s2_builder *b, const struct work *w) {
  const bool *over_tiles = w->choice->over_tiles;
  return b->schedule->accumulator == S2_ACCUMULATOR_NONE || (!over_tiles[0] && !over_tiles[1]) ||
         (w->box.tile_begin == 0 && w->box.tile_end == w->job.scale->tile_count);
}

/* Adds the prefix tokens: a row of means, or a row for each tile. The fallback computes them. Rows of tiles that the
 * scale does not have are made with the last tile of each image. */
static s2vk_result add_prefix(struct s2_builder *b, const struct work *grid) {
  const struct s2_geometry *g = b->geometry;
  struct work w = *grid;
  struct s2_config config = {0};
  w.job.prefix = true;
  w.kernel = w.choice->fallback;
  w.config = &config;
  w.box.y_begin = g->prefix_each ? w.box.tile_begin / g->batch : 0;
  w.box.y_end = g->prefix_each ? (w.box.tile_end - 1) / g->batch + 1 : 1;
  if (w.box.tile_end > w.job.scale->tile_count - g->batch)
    w.box.y_end = g->prefix_rows;
  w.box.x_begin = 0;
  w.box.x_end = g->prefix;
  if (w.kernel->configure(&w.job, &config))
    return cut(b, &w);
  return s2_fail(b->env, S2VK_ERROR_LIMIT,
      "a prefix token of scale %u is the mean of %u tiles; the limit is %u rounds of loops, because this "
      "driver ends long loops",
      w.job.scale_index, w.job.scale->tile_count / g->batch, b->target->loop_rounds);
}

/* Adds tiles [begin, end) of a scale, whose features fit into one range, to one repetition of the channels. */
static s2vk_result add_repetition(
    struct s2_builder *b, uint32_t scale, uint32_t begin, uint32_t end, uint32_t repetition) {
  const struct s2_choice *choice = &b->schedule->choices[scale][S2_PASS_MERGE];
  struct work w = {
      .job = s2_builder_job(b, scale, S2_PASS_MERGE),
      .choice = choice,
      .kernel = choice->kernel,
      .config = &choice->config,
  };
  w.job.repetition = repetition;
  w.box = box_of_tiles(b, &w.job, begin, end);
  struct s2_copy copy;
  if (choice->copy && choice->copy->copy(&w.job, b->call, &w.box, &copy))
    return s2_add_copy(b, scale, &copy);
  if (choice->config.whole_scale && !sums_at_once(b, &w)) {
    w.kernel = choice->fallback;
    w.config = &choice->fallback_config;
  }
  s2vk_result result = b->geometry->prefix ? add_prefix(b, &w) : S2VK_SUCCESS;
  const bool empty = w.box.y_begin == w.box.y_end || w.box.x_begin == w.box.x_end;
  return result || empty ? result : cut(b, &w);
}

static s2vk_result add_tiles(struct s2_builder *b, uint32_t scale, uint32_t begin, uint32_t end) {
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = 0; !result && i < b->geometry->repeat; i++)
    result = add_repetition(b, scale, begin, end, i);
  return result;
}

/* Adds tiles [begin, end) of the run, in their order. */
static s2vk_result cut_tiles(struct s2_builder *b, uint32_t begin, uint32_t end) {
  if (too_many_tiles(b, b->call, begin, end)) {
    const uint32_t middle = begin + (end - begin) / 2;
    s2vk_result result = cut_tiles(b, begin, middle);
    return result ? result : cut_tiles(b, middle, end);
  }
  const uint64_t bytes = features_range(b, b->call, begin, end).bytes;
  if (bytes > b->target->range)
    return s2_fail(b->env, S2VK_ERROR_LIMIT,
        "the features of one tile need %llu bytes; the device's maxStorageBufferRange is %llu",
        (unsigned long long)bytes, (unsigned long long)b->target->range);
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = b->call->scale; !result && i < b->call->scale + b->call->scale_count; i++) {
    const struct s2_scale *scale = &b->geometry->scales[i];
    if (end <= scale->first_tile || begin >= (uint64_t)scale->first_tile + scale->tile_count)
      continue;
    result = add_tiles(b, i, begin > scale->first_tile ? begin - scale->first_tile : 0,
        (uint32_t)min_u64(scale->tile_count, (uint64_t)end - scale->first_tile));
  }
  return result;
}

s2vk_result s2_schedule_merge(struct s2_builder *b) {
  const uint32_t begin = b->call->first_tile;
  return cut_tiles(b, begin, begin + b->call->tile_count);
}
