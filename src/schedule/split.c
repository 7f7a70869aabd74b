#include "schedule/split.h"

#include <string.h>

/* A piece of work is a box: tiles of one scale, counted from its first, with some of their channels and rows. */

static uint64_t min_u64(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

/* The input rows [*begin, *end) that the tiles of the box read. */
static void rows_read(const struct s2_choice *choice, const struct s2_job *job, const struct s2_box *box,
    uint32_t *begin, uint32_t *end) {
  const struct s2_scale *scale = job->scale;
  const uint32_t per_row = job->geometry->batch * scale->tiles.width;
  *begin = job->geometry->input.height;
  *end = 0;
  for (uint32_t y = box->tile_begin / per_row; y <= (box->tile_end - 1) / per_row; y++) {
    uint32_t low, high;
    const uint32_t row = y * scale->tile_side;
    choice->kernel->footprint(job, &choice->config, row + box->y_begin, row + box->y_end, &low, &high);
    *begin = low < *begin ? low : *begin;
    *end = high > *end ? high : *end;
  }
}

static struct s2_range input_range(const struct s2_choice *choice, const struct s2_job *job, const struct s2_box *box) {
  const struct s2_geometry *g = job->geometry;
  if (g->input_bytes <= job->target->range)
    return (struct s2_range){0, g->input_bytes};
  uint32_t row_begin, row_end;
  rows_read(choice, job, box, &row_begin, &row_end);
  const bool all_images = box->tile_begin / g->batch != (box->tile_end - 1) / g->batch;
  const uint32_t image = all_images ? 0 : box->tile_begin % g->batch;
  const uint32_t last_image = all_images ? g->batch - 1 : (box->tile_end - 1) % g->batch;
  if (g->pixels.source == S2_SOURCE_PIXELS)
    return s2_range_of_bytes(job->target, g->input_bytes, s2_pixels_row(&g->pixels, image, row_begin),
        s2_pixels_row(&g->pixels, last_image, row_end - 1) + (uint64_t)g->input.width * g->pixels.pixel_bytes);
  /* Channels that fill up a block read nothing. */
  const uint32_t channel_end = box->channel_end < g->channels ? box->channel_end : g->channels;
  const uint32_t channel_begin = box->channel_begin < channel_end ? box->channel_begin : channel_end - 1;
  const uint64_t first_plane = (uint64_t)image * g->channels + channel_begin;
  const uint64_t last_plane = (uint64_t)last_image * g->channels + channel_end - 1;
  const uint64_t plane = (uint64_t)g->input.height * g->input.width;
  return s2_range_of_elements(job->target, g->input_bytes, g->input_type,
      first_plane * plane + (uint64_t)row_begin * g->input.width,
      last_plane * plane + (uint64_t)row_end * g->input.width);
}

/* A tile's index in the call's buffer. */
static uint32_t target_tile(const struct s2_builder *b, const struct s2_job *job, uint32_t tile) {
  return job->scale->first_tile + tile - b->call->first_tile;
}

static struct s2_range tiles_range(const struct s2_builder *b, const struct s2_job *job, const struct s2_box *box) {
  const struct s2_strides *strides = &job->scale->tile_strides;
  const uint32_t last_channel = s2_strides_filled(strides, box->channel_end) - 1;
  uint64_t first = target_tile(b, job, box->tile_begin) * strides->item;
  uint64_t last = target_tile(b, job, box->tile_end - 1) * strides->item;
  first += s2_strides_channel(strides, box->channel_begin) + box->y_begin * strides->row;
  last += s2_strides_channel(strides, last_channel) + (box->y_end - 1) * strides->row +
          (job->scale->tile_side - 1) * strides->column;
  return s2_range_of_elements(b->target, b->geometry->tiles_bytes, b->geometry->tile_type, first, last + 1);
}

/* Sets the push constants to find and to normalize pixels, in a range of the buffer that begins at byte `range`. */
static void push_pixels(const struct s2_pixels *pixels, uint64_t range, struct s2_split_push *push) {
  const bool image = pixels->source == S2_SOURCE_IMAGE;
  push->input_base = (uint32_t)(range - s2_pixels_row(pixels, 0, 0));
  push->origin[0] = image ? pixels->x : (uint32_t)pixels->row_stride;
  push->origin[1] = image ? pixels->y : (uint32_t)pixels->image_stride;
  memcpy(push->scales, pixels->scale, sizeof push->scales);
  memcpy(push->biases, pixels->bias, sizeof push->biases);
  push->order = pixels->order;
  push->pixel_bytes = pixels->pixel_bytes;
}

static s2vk_result emit(struct s2_builder *b, const struct s2_job *job, const struct s2_box *box,
    const uint64_t *groups, struct s2_ranges *ranges) {
  const struct s2_geometry *g = job->geometry;
  const struct s2_choice *choice = &b->schedule->choices[job->scale_index][S2_PASS_SPLIT];
  const struct s2_strides *strides = &job->scale->tile_strides;
  const uint64_t first_tile = target_tile(b, job, box->tile_begin) * strides->item;
  struct s2_dispatch dispatch = {
      .groups = {(uint32_t)groups[0], (uint32_t)groups[1], box->tile_end - box->tile_begin},
      .job = job->scale_index * S2_PASS_COUNT + S2_PASS_SPLIT,
      .push.split =
          {
              .batch = g->batch,
              .channels = g->channels,
              .height = g->input.height,
              .width = g->input.width,
              .side = job->scale->tile_side,
              .tile_columns = job->scale->tiles.width,
              .first_tile = box->tile_begin,
              .first_channel = box->channel_begin,
              .channel_count = box->channel_end - box->channel_begin,
              .first_row = box->y_begin,
              .row_count = box->y_end - box->y_begin,
              .run = choice->config.rows,
              .input_base = (uint32_t)(ranges->source.offset / s2vk_type_size(g->input_type)),
              .tiles_base = (uint32_t)(ranges->target.offset / s2vk_type_size(g->tile_type) - first_tile),
              .tile_item = (uint32_t)strides->item,
              .tile_channel = (uint32_t)strides->channel,
              .tile_row = (uint32_t)strides->row,
              .tile_column = (uint32_t)strides->column,
              .tile_block_bits = strides->block_bits,
          },
  };
  if (g->pixels.source != S2_SOURCE_TENSOR)
    push_pixels(&g->pixels, ranges->source.offset, &dispatch.push.split);
  ranges->tables = s2_range_of_tables(b, job->scale_index, &dispatch.push.split.section);
  return s2_add_dispatch(b, &choice->config.key, ranges, &dispatch);
}

static s2vk_result cut(struct s2_builder *b, const struct s2_job *job, const struct s2_box *box);

/* Adds work in two halves of [*begin, *end), which points into *box. The first half is a multiple of step. */
static s2vk_result halve(
    struct s2_builder *b, const struct s2_job *job, struct s2_box *box, uint32_t *begin, uint32_t *end, uint32_t step) {
  const uint32_t last = *end, middle = s2_middle(*begin, last, step);
  *end = middle;
  s2vk_result result = cut(b, job, box);
  *begin = middle;
  *end = last;
  return result ? result : cut(b, job, box);
}

static s2vk_result cut(struct s2_builder *b, const struct s2_job *job, const struct s2_box *box) {
  const struct s2_target *target = b->target;
  const struct s2_choice *choice = &b->schedule->choices[job->scale_index][S2_PASS_SPLIT];
  const uint32_t tiles = box->tile_end - box->tile_begin, channels = box->channel_end - box->channel_begin;
  uint64_t groups[2];
  choice->kernel->groups(job, &choice->config, box, groups);
  struct s2_ranges ranges = {.source = input_range(choice, job, box), .target = tiles_range(b, job, box)};
  const bool seen = ranges.source.bytes <= target->range && ranges.target.bytes <= target->range;
  if (seen && groups[0] <= target->groups[0] && groups[1] <= target->groups[1] && tiles <= target->groups[2])
    return emit(b, job, box, groups, &ranges);
  struct s2_box part = *box;
  if (tiles > 1 && (!seen || tiles > target->groups[2]))
    return halve(b, job, &part, &part.tile_begin, &part.tile_end, 1);
  /* Pixels have their channels side by side: fewer channels need no smaller range. */
  const bool planar = job->geometry->pixels.source == S2_SOURCE_TENSOR || ranges.target.bytes > target->range;
  if (channels > choice->config.channels && (seen || planar))
    return halve(b, job, &part, &part.channel_begin, &part.channel_end, choice->config.channels);
  if (box->y_end - box->y_begin > choice->config.step_y)
    return halve(b, job, &part, &part.y_begin, &part.y_end, choice->config.step_y);
  if (!seen)
    return s2_fail(b->env, S2VK_ERROR_LIMIT,
        "a row of a tile reads %llu bytes and writes %llu; the device's maxStorageBufferRange is %llu",
        (unsigned long long)ranges.source.bytes, (unsigned long long)ranges.target.bytes,
        (unsigned long long)target->range);
  return s2_fail(b->env, S2VK_ERROR_LIMIT,
      "a row of a tile needs %llu workgroups; the device's maxComputeWorkGroupCount is %u",
      (unsigned long long)groups[0], target->groups[0]);
}

/* Adds one copy for all tiles, or one for each channel of each tile. */
static s2vk_result copy_tiles(struct s2_builder *b, const struct s2_job *job, const struct s2_box *box) {
  const struct s2_kernel *kernel = b->schedule->choices[job->scale_index][S2_PASS_SPLIT].copy;
  struct s2_copy copy;
  if (kernel->copy(job, b->call, box, &copy))
    return s2_add_copy(b, job->scale_index, &copy);
  s2vk_result result = S2VK_SUCCESS;
  struct s2_box part = *box;
  for (part.tile_begin = box->tile_begin; !result && part.tile_begin < box->tile_end; part.tile_begin++)
    for (part.channel_begin = box->channel_begin; !result && part.channel_begin < box->channel_end;
        part.channel_begin++) {
      part.tile_end = part.tile_begin + 1;
      part.channel_end = part.channel_begin + 1;
      result = kernel->copy(job, b->call, &part, &copy) ? s2_add_copy(b, job->scale_index, &copy) : cut(b, job, &part);
    }
  return result;
}

/* The channels that dispatches make. Those that fill up a block count as others do. If an invocation makes all
 * channels, it makes these by itself, and they do not count. */
static uint32_t channels_made(
    const struct s2_geometry *g, const struct s2_scale *scale, const struct s2_choice *choice) {
  return choice->kernel && choice->config.channels > 1 ? g->channels
                                                       : s2_strides_filled(&scale->tile_strides, g->channels);
}

s2vk_result s2_schedule_split(struct s2_builder *b) {
  const struct s2_call *call = b->call;
  const uint64_t end = (uint64_t)call->first_tile + call->tile_count;
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = call->scale; !result && i < call->scale + call->scale_count; i++) {
    const struct s2_scale *scale = &b->geometry->scales[i];
    const struct s2_job job = s2_builder_job(b, i, S2_PASS_SPLIT);
    const struct s2_choice *choice = &b->schedule->choices[i][S2_PASS_SPLIT];
    const struct s2_box box = {
        .tile_begin = call->first_tile > scale->first_tile ? call->first_tile - scale->first_tile : 0,
        .tile_end = (uint32_t)min_u64(scale->tile_count, end - scale->first_tile),
        .channel_end = channels_made(b->geometry, scale, choice),
        .y_end = scale->tile_side,
    };
    result = choice->copy ? copy_tiles(b, &job, &box) : cut(b, &job, &box);
  }
  return result;
}
