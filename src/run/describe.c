#include "run/describe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct writer {
  const struct s2_geometry *geometry;
  const struct s2_schedule *schedule;
  bool *seen; /* for each range of a pass: whether it is counted; room for any pass */
  void (*line)(void *user, const char *text);
  void *user;
};

static void write_line(const struct writer *writer, const char *format, ...) S2_PRINTF(2, 3);
static void write_line(const struct writer *writer, const char *format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  writer->line(writer->user, text);
}

/* The part of a job that one pipeline does, or that copies do. */
struct work {
  uint32_t dispatches, calls, ranges;
  uint64_t groups;
};

static struct work count_work(const struct writer *writer, const struct s2_pass *pass, uint32_t job, uint32_t key) {
  struct work work = {0};
  if (pass->range_count > 0)
    memset(writer->seen, 0, pass->range_count * sizeof *writer->seen);
  for (uint32_t call = 0; pass->first && call < writer->geometry->call_count; call++) {
    const uint32_t before = work.dispatches;
    for (uint32_t i = pass->first[call]; i < pass->first[call + 1]; i++) {
      const struct s2_dispatch *d = &pass->dispatches[i];
      if (d->job != job || d->key != key)
        continue;
      work.dispatches++;
      if (key == S2_NO_KEY)
        continue;
      work.groups += (uint64_t)d->groups[0] * d->groups[1] * d->groups[2];
      work.ranges += !writer->seen[d->ranges];
      writer->seen[d->ranges] = true;
    }
    work.calls += work.dispatches > before;
  }
  return work;
}

static void write_work(const struct writer *writer, uint32_t job, uint32_t key) {
  const struct s2_pass *pass = &writer->schedule->passes[job % S2_PASS_COUNT];
  const struct s2_choice *choice = &writer->schedule->choices[job / S2_PASS_COUNT][job % S2_PASS_COUNT];
  const struct work work = count_work(writer, pass, job, key);
  if (work.dispatches == 0)
    return;
  if (key == S2_NO_KEY) {
    write_line(writer, "    %s: calls %u, copies %u", choice->copy->name, work.calls, work.dispatches);
    return;
  }
  const struct s2_pipeline_key *k = &pass->keys[key];
  const bool fallback = k->shader != choice->config.key.shader;
  const struct s2_config *config = fallback ? &choice->fallback_config : &choice->config;
  write_line(writer,
      "    %s, %s: columns %u, rows %u, channels %u an invocation; calls %u, dispatches %u, workgroups %" PRIu64
      ", ranges %u",
      (fallback ? choice->fallback : choice->kernel)->name, s2_permutation_name(k->permutation), config->columns,
      config->rows, config->channels, work.calls, work.dispatches, work.groups, work.ranges);
}

static void write_pass(const struct writer *writer, uint32_t scale, int pass, uint64_t in, uint64_t out) {
  static const char *const names[S2_PASS_COUNT] = {"split", "merge", "resize first", "resize second"};
  const uint32_t job = scale * S2_PASS_COUNT + (uint32_t)pass;
  write_line(writer, "  %s: bytes in %" PRIu64 ", out %" PRIu64, names[pass], in, out);
  for (uint32_t key = 0; key < writer->schedule->passes[pass].key_count; key++)
    write_work(writer, job, key);
  write_work(writer, job, S2_NO_KEY);
}

static void write_scale(const struct writer *writer, uint32_t index) {
  const struct s2_geometry *g = writer->geometry;
  const struct s2_scale *s = &g->scales[index];
  const s2vk_shape output = s2_output_shape(g);
  uint64_t outputs = 1;
  for (uint32_t i = 0; i < output.rank; i++)
    outputs *= output.dims[i];
  write_line(writer, "scale %u: image %u x %u, padded to %u x %u, %u x %u tiles of %u", index, s->image.height,
      s->image.width, s->padded.height, s->padded.width, s->tiles.height, s->tiles.width, s->tile_side);
  if (index < g->pre.resample_count) {
    const struct s2_middle_image *middle = &writer->schedule->middles[index];
    const struct s2_pixels *resized = &g->pre.resamples[index].pixels;
    const uint64_t between = middle->pixels.image_stride * g->batch;
    write_pass(writer, index, S2_PASS_FIRST, g->input_bytes, between);
    write_pass(writer, index, S2_PASS_SECOND, between, resized->image_stride * g->batch);
  }
  write_pass(
      writer, index, S2_PASS_SPLIT, g->input_bytes, s2_tensor_bytes(s->tile_count * s->tile_elements, g->tile_type));
  write_pass(writer, index, S2_PASS_MERGE, s2_tensor_bytes(s->tile_count * s->feature_elements, g->feature_type),
      s2_tensor_bytes(outputs, g->output_type) / g->scale_count);
}

s2vk_result s2_describe(const struct s2_env *env, const struct s2_geometry *geometry,
    const struct s2_schedule *schedule, void (*line)(void *user, const char *text), void *user) {
  struct writer writer = {.geometry = geometry, .schedule = schedule, .line = line, .user = user};
  uint32_t ranges = 1;
  for (int pass = 0; pass < S2_PASS_COUNT; pass++)
    if (schedule->passes[pass].range_count > ranges)
      ranges = schedule->passes[pass].range_count;
  writer.seen = s2_alloc(env, ranges, sizeof *writer.seen);
  if (!writer.seen)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory to describe a plan");
  write_line(&writer,
      "plan: input %u x %u x %u x %u, %u scales, %u tiles in %u calls; tables of %zu bytes, accumulator of %" PRIu64
      " bytes",
      geometry->batch, geometry->channels, geometry->input.height, geometry->input.width, geometry->scale_count,
      geometry->tile_count, geometry->call_count, schedule->entry_count * sizeof *schedule->entries,
      schedule->accumulator_bytes);
  for (uint32_t i = 0; i < geometry->scale_count; i++)
    write_scale(&writer, i);
  s2_free(env, writer.seen);
  return S2VK_SUCCESS;
}
