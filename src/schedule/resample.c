#include "schedule/resample.h"

#include "base/checked.h"

#include <string.h>

/* ---- Images in between ----------------------------------------------------------------------------------------- */

/* The inputs [*begin, *end) that an axis reads, at least one. They are counted from `at`, and `count` of them exist. */
static void inputs_read(const struct s2_axis *axis, uint32_t at, uint32_t count, uint32_t *begin, uint32_t *end) {
  *begin = count;
  *end = 0;
  for (uint32_t k = 0; k < axis->first[axis->out]; k++) {
    const uint32_t index = axis->taps[k].index;
    if (index < at || index - at >= count)
      continue;
    *begin = index - at < *begin ? index - at : *begin;
    *end = index - at + 1 > *end ? index - at + 1 : *end;
  }
  if (*begin >= *end) {
    *begin = 0;
    *end = 1;
  }
}

/* The image between the passes. Along the axis of the second pass it has the part of the input that this pass reads. */
static struct s2_middle_image middle_of(
    const struct s2_geometry *g, const struct s2_resample *r, const struct s2_axis *axes, uint64_t base) {
  struct s2_middle_image middle = {.size = r->out};
  uint32_t end;
  if (r->down_first) {
    inputs_read(&axes[1], r->left, g->input.width, &middle.begin, &end);
    middle.size.width = end - middle.begin;
  } else {
    inputs_read(&axes[0], r->top, g->input.height, &middle.begin, &end);
    middle.size.height = end - middle.begin;
  }
  middle.pixels = s2_resampled_pixels(&g->pixels, r->floats, middle.size, base);
  return middle;
}

s2vk_result s2_resample_lay(struct s2_builder *b) {
  const struct s2_geometry *g = b->geometry;
  struct s2_schedule *s = b->schedule;
  const uint32_t count = g->pre.resample_count;
  if (count == 0)
    return S2VK_SUCCESS;
  s->middles = s2_alloc(b->env, count, sizeof *s->middles);
  if (!s->middles)
    return s2_fail(b->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u resized images", count);
  for (uint32_t i = 0; i < count; i++) {
    struct s2_axis *first = s->choices[i][S2_PASS_FIRST].axes, *second = s->choices[i][S2_PASS_SECOND].axes;
    s2vk_result result = s2_resample_axes(b->env, &g->pre.resamples[i], first);
    for (int axis = 0; !result && axis < 2; axis++)
      result = s2_axis_copy(b->env, &first[axis], &second[axis]);
    if (result)
      return result;
    s->middles[i] = middle_of(g, &g->pre.resamples[i], first, s->middle_bytes);
    s->middle_bytes = s2_add(s->middle_bytes, s2_multiply(s->middles[i].pixels.image_stride, g->batch));
  }
  if (s->middle_bytes <= S2_MAX_BYTES)
    return S2VK_SUCCESS;
  return s2_fail(
      b->env, S2VK_ERROR_OVERFLOW, "batch = %u makes more than 2^60 bytes of images resized along one axis", g->batch);
}

/* ---- Cutting ---------------------------------------------------------------------------------------------------- */

static uint64_t pixels_end(const struct s2_pixels *p, uint32_t image, uint32_t row, uint32_t width) {
  return s2_pixels_row(p, image, row) + (uint64_t)width * p->pixel_bytes;
}

static struct s2_range source_range(
    const struct s2_choice *choice, const struct s2_job *job, const struct s2_box *box) {
  const struct s2_resampling *r = &job->resampling;
  if (r->source->source == S2_SOURCE_IMAGE || r->source_bytes <= job->target->range)
    return (struct s2_range){0, r->source->source == S2_SOURCE_IMAGE ? 0 : r->source_bytes};
  uint32_t low, high;
  choice->kernel->footprint(job, &choice->config, box->y_begin, box->y_end, &low, &high);
  return s2_range_of_bytes(job->target, r->source_bytes, s2_pixels_row(r->source, box->image_begin, low),
      pixels_end(r->source, box->image_end - 1, high - 1, r->readable.width));
}

/* The shaders write four pixels at a time: a row ends at its stride. */
static struct s2_range target_range(const struct s2_job *job, const struct s2_box *box) {
  const struct s2_resampling *r = &job->resampling;
  const uint32_t width = (uint32_t)(r->target->row_stride / r->target->pixel_bytes);
  return s2_range_of_bytes(job->target, r->target_bytes, s2_pixels_row(r->target, box->image_begin, box->y_begin),
      pixels_end(r->target, box->image_end - 1, box->y_end - 1, width));
}

static s2vk_result emit(struct s2_builder *b, const struct s2_job *job, const struct s2_box *box,
    const uint64_t *groups, struct s2_ranges *ranges) {
  const struct s2_resampling *r = &job->resampling;
  const struct s2_choice *choice = &b->schedule->choices[job->scale_index][job->pass];
  const bool image = r->source->source == S2_SOURCE_IMAGE;
  const uint32_t bytes = r->target->pixel_bytes;
  struct s2_dispatch dispatch = {
      .groups = {(uint32_t)groups[0], (uint32_t)groups[1], box->image_end - box->image_begin},
      .job = job->scale_index * S2_PASS_COUNT + (uint32_t)job->pass,
      .push.resample =
          {
              .first_image = box->image_begin,
              .first_row = box->y_begin,
              .row_count = box->y_end - box->y_begin,
              .first_column = box->x_begin,
              .column_count = box->x_end - box->x_begin,
              .source_row = r->row,
              .source_column = r->column,
              .last_row = r->readable.height - 1,
              .last_column = r->readable.width - 1,
              .target_row = (uint32_t)(r->target->row_stride / bytes),
              .target_image = (uint32_t)(r->target->image_stride / bytes),
              .target_base = (uint32_t)((ranges->target.offset - r->target->base) / bytes),
              .input_base = (uint32_t)(ranges->source.offset - s2_pixels_row(r->source, 0, 0)),
              .origin = {image ? r->source->x : (uint32_t)r->source->row_stride,
                  image ? r->source->y : (uint32_t)r->source->image_stride},
              .order = r->source->order,
              .pixel_bytes = r->source->pixel_bytes,
              .run = choice->config.run,
          },
  };
  for (int i = 0; i < 4; i++)
    dispatch.push.resample.fill[i] = b->geometry->pre.fill[i];
  ranges->tables = s2_range_of_tables(b, job->scale_index, &dispatch.push.resample.section);
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
  const struct s2_choice *choice = &b->schedule->choices[job->scale_index][job->pass];
  const uint32_t images = box->image_end - box->image_begin, rows = box->y_end - box->y_begin;
  uint64_t groups[2];
  choice->kernel->groups(job, &choice->config, box, groups);
  struct s2_ranges ranges = {.source = source_range(choice, job, box), .target = target_range(job, box)};
  const bool seen = ranges.source.bytes <= target->range && ranges.target.bytes <= target->range;
  if (seen && groups[0] <= target->groups[0] && groups[1] <= target->groups[1] && images <= target->groups[2])
    return emit(b, job, box, groups, &ranges);
  struct s2_box part = *box;
  if (images > 1 && (!seen || images > target->groups[2]))
    return halve(b, job, &part, &part.image_begin, &part.image_end, 1);
  if (rows > choice->config.step_y)
    return halve(b, job, &part, &part.y_begin, &part.y_end, choice->config.step_y);
  if (seen && box->x_end - box->x_begin > choice->config.step_x)
    return halve(b, job, &part, &part.x_begin, &part.x_end, choice->config.step_x);
  return s2_fail(b->env, S2VK_ERROR_LIMIT,
      "a row of a resized image reads %llu bytes and writes %llu; the device's maxStorageBufferRange is %llu",
      (unsigned long long)ranges.source.bytes, (unsigned long long)ranges.target.bytes,
      (unsigned long long)target->range);
}

s2vk_result s2_schedule_resample(struct s2_builder *b) {
  const struct s2_geometry *g = b->geometry;
  const struct s2_call *call = b->call;
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = call->scale; !result && i < call->scale + call->scale_count && i < g->pre.resample_count; i++) {
    if (g->scales[i].first_tile < call->first_tile) /* an earlier call has done it */
      continue;
    const struct s2_job job = s2_builder_job(b, i, b->pass_index);
    const struct s2_box box = {
        .image_end = g->batch,
        .channel_end = g->channels,
        .y_end = job.resampling.out.height,
        .x_end = job.resampling.out.width,
    };
    result = cut(b, &job, &box);
  }
  return result;
}
