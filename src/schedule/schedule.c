#include "schedule/schedule.h"

#include "map/chain.h"
#include "schedule/merge.h"
#include "schedule/resample.h"
#include "schedule/split.h"

#include <math.h>

#define MAX_ENTRIES (UINT32_C(1) << 30) /* the most that shaders can address */

static s2vk_result build_pass(
    struct s2_builder *b, enum s2_pass_index index, s2vk_result (*add_call)(struct s2_builder *)) {
  const struct s2_geometry *g = b->geometry;
  b->pass_index = index;
  b->pass = &b->schedule->passes[index];
  b->pass->first = s2_alloc(b->env, (size_t)g->call_count + 1, sizeof *b->pass->first);
  if (!b->pass->first)
    return s2_fail(b->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u calls", g->call_count);
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t k = 0; !result && k < g->call_count; k++) {
    b->call = &g->calls[k];
    result = add_call(b);
    b->pass->first[k + 1] = b->pass->dispatch_count;
  }
  s2_free(b->env, b->lookup.slots);
  b->lookup = (struct s2_lookup){0};
  return result;
}

/* ---- Choice of kernels ----------------------------------------------------------------------------------------- */

/* A kernel of a resampling does both of its passes. */
static bool does_pass(const struct s2_kernel *kernel, enum s2_pass_index pass) {
  return pass == S2_PASS_FIRST || pass == S2_PASS_SECOND
             ? kernel->pass == S2_PASS_FIRST || kernel->pass == S2_PASS_SECOND
             : kernel->pass == pass;
}

/* Chooses the cheapest kernel, the general one as fallback, and the one that copies if the job is a copy. */
static s2vk_result choose(const struct s2_builder *b, const struct s2_kernel *const *kernels, const struct s2_job *job,
    struct s2_choice *choice) {
  double best = INFINITY;
  for (; *kernels; kernels++) {
    const struct s2_kernel *kernel = *kernels;
    struct s2_config config = {0};
    if (!does_pass(kernel, job->pass) || !kernel->configure(job, &config))
      continue;
    if (kernel->copy) {
      choice->copy = kernel;
      continue;
    }
    const double cost = kernel->cost(job, &config);
    if (cost < best) {
      best = cost;
      choice->kernel = kernel;
      choice->config = config;
    }
    if (kernel->general) {
      choice->fallback = kernel;
      choice->fallback_config = config;
    }
  }
  if (choice->kernel && !choice->fallback &&
      !choice->config.whole_scale) { /* the general one needs too many rounds of loops */
    choice->fallback = choice->kernel;
    choice->fallback_config = choice->config;
  }
  if (choice->fallback)
    return S2VK_SUCCESS;
  return s2_fail(b->env, S2VK_ERROR_LIMIT,
      "an output of scale %u sums too many %s; the limit is %u rounds of loops, because this driver ends long loops%s",
      job->scale_index, job->pass == S2_PASS_MERGE ? "tokens" : "pixels", job->target->loop_rounds,
      job->pass == S2_PASS_SPLIT ? "; with preprocessing.rounding pixels are resized in two passes of far shorter loops"
                                 : "");
}

static bool reads_several_tiles(const struct s2_axis *axis, uint32_t side) {
  for (uint32_t j = 0; j < axis->out; j++)
    if (axis->taps[axis->first[j]].index / side != axis->taps[axis->first[j + 1] - 1].index / side)
      return true;
  return false;
}

/* Whether a scale has a pass. One resampling may serve all scales, or there is none. */
static bool has_pass(const struct s2_builder *b, uint32_t scale, int pass) {
  return (pass != S2_PASS_FIRST && pass != S2_PASS_SECOND) || scale < b->geometry->pre.resample_count;
}

static s2vk_result make_axes(const struct s2_builder *b) {
  for (uint32_t i = 0; i < b->geometry->scale_count; i++) {
    const struct s2_scale *scale = &b->geometry->scales[i];
    struct s2_choice *split = &b->schedule->choices[i][S2_PASS_SPLIT], *merge = &b->schedule->choices[i][S2_PASS_MERGE];
    s2vk_result result = s2_split_axes(b->env, s2_split_view(b->geometry, i), scale, split->axes);
    if (!result)
      result = s2_merge_axes(b->env, b->geometry, scale, merge->axes);
    if (result)
      return result;
    merge->over_tiles[0] = reads_several_tiles(&merge->axes[0], scale->features.height);
    merge->over_tiles[1] = reads_several_tiles(&merge->axes[1], scale->features.width);
  }
  return S2VK_SUCCESS;
}

/* Whether a pass can read its source as texels of 16 bytes. If the source is cut into ranges, a range begins at a
 * texel, and the rows of 16-bit elements must begin at texels, too: `unit` is the elements from one row, or tile, to
 * the next. */
static bool takes_texels(
    const struct s2_builder *b, enum s2_pass_index pass, uint64_t bytes, s2vk_type type, uint64_t unit) {
  return b->target->texels && !(b->target->no_texels >> pass & 1) && bytes >= 16 &&
         bytes / 16 <= b->target->texel_count && (type == S2VK_TYPE_F32 || unit % 8 == 0 || bytes <= b->target->range);
}

static bool input_takes_texels(
    const struct s2_builder *b, enum s2_pass_index pass, const struct s2_geometry *g, uint64_t bytes) {
  const bool pixels = g->pixels.source == S2_SOURCE_PIXELS;
  return g->pixels.source != S2_SOURCE_IMAGE &&
         takes_texels(b, pass, bytes, pixels ? S2VK_TYPE_F32 : g->input_type, g->input.width);
}

static s2vk_result choose_kernels(struct s2_builder *b, const struct s2_kernel *const *kernels) {
  const struct s2_geometry *g = b->geometry;
  struct s2_schedule *s = b->schedule;
  const struct s2_geometry *view = s2_split_view(g, 0);
  s->passes[S2_PASS_SPLIT].source_texels = input_takes_texels(b, S2_PASS_SPLIT, view, view->input_bytes);
  if (g->pre.resample_count > 0) {
    s->passes[S2_PASS_FIRST].source_texels = input_takes_texels(b, S2_PASS_FIRST, g, g->input_bytes);
    s->passes[S2_PASS_SECOND].source_texels = input_takes_texels(b, S2_PASS_SECOND, view, s->middle_bytes);
  }
  s->passes[S2_PASS_MERGE].source_texels =
      takes_texels(b, S2_PASS_MERGE, g->features_bytes, g->feature_type, g->scales->feature_strides.item);
  s->accumulator = s2_accumulator_of(b);
  if (s->accumulator == S2_ACCUMULATOR_BUFFER)
    s->accumulator_bytes = g->output_bytes / s2vk_type_size(g->output_type) * sizeof(float);
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = 0; !result && i < g->scale_count; i++)
    for (int pass = 0; !result && pass < S2_PASS_COUNT; pass++) {
      if (!has_pass(b, i, pass))
        continue;
      const struct s2_job job = s2_builder_job(b, i, (enum s2_pass_index)pass);
      result = choose(b, kernels, &job, &s->choices[i][pass]);
    }
  return result;
}

/* ---- Tables ------------------------------------------------------------------------------------------------------ */

/* Writes the sections one after another. Without entries it counts them. */
static size_t write_sections(struct s2_builder *b) {
  const size_t alignment =
      b->target->alignment > sizeof(struct s2_entry) ? b->target->alignment / sizeof(struct s2_entry) : 1;
  size_t end = 0;
  for (uint32_t i = 0; i < b->geometry->scale_count; i++)
    for (int pass = 0; pass < S2_PASS_COUNT; pass++) {
      struct s2_choice *choice = &b->schedule->choices[i][pass];
      if (!has_pass(b, i, pass))
        continue;
      const struct s2_job job = s2_builder_job(b, i, (enum s2_pass_index)pass);
      choice->first_entry = (end + alignment - 1) / alignment * alignment;
      struct s2_writer writer = {b->schedule->entries ? b->schedule->entries + choice->first_entry : NULL, 0};
      choice->kernel->tables(&job, &choice->config, &writer);
      choice->entry_count = writer.count;
      end = choice->first_entry + writer.count;
    }
  return end;
}

static s2vk_result check_section(const struct s2_builder *b, uint32_t scale, int pass) {
  static const char *const names[S2_PASS_COUNT] = {"split", "merge", "resize", "resize"};
  const uint64_t bytes = b->schedule->choices[scale][pass].entry_count * sizeof(struct s2_entry);
  if (bytes <= b->target->range)
    return S2VK_SUCCESS;
  return s2_fail(b->env, S2VK_ERROR_LIMIT,
      "the tables to %s scale %u need %llu bytes; the device's maxStorageBufferRange is %llu", names[pass], scale,
      (unsigned long long)bytes, (unsigned long long)b->target->range);
}

/* Replaces the kernel of each section of more than `most` entries by the fallback, if the fallback's section is
 * smaller. Returns the entries of all sections. */
static size_t shrink_sections(struct s2_builder *b, uint64_t most) {
  for (uint32_t i = 0; i < b->geometry->scale_count; i++)
    for (int pass = 0; pass < S2_PASS_COUNT; pass++) {
      struct s2_choice *choice = &b->schedule->choices[i][pass];
      if (choice->entry_count <= most || choice->kernel == choice->fallback)
        continue;
      const struct s2_job job = s2_builder_job(b, i, (enum s2_pass_index)pass);
      struct s2_writer writer = {NULL, 0};
      choice->fallback->tables(&job, &choice->fallback_config, &writer);
      if (writer.count >= choice->entry_count)
        continue;
      choice->kernel = choice->fallback;
      choice->config = choice->fallback_config;
    }
  return write_sections(b);
}

/* Counts the entries of all sections. Half of the remaining budget is for dispatches. Sections are bound together if
 * all are within the limit; otherwise one by one. */
static s2vk_result count_entries(struct s2_builder *b, size_t *count) {
  const uint64_t affordable = s2_affordable(b->env) / 2 / sizeof(struct s2_entry);
  const uint64_t range = b->target->range / sizeof(struct s2_entry);
  *count = write_sections(b);
  if (*count > affordable)
    *count = shrink_sections(b, affordable / b->geometry->scale_count / S2_PASS_COUNT);
  b->sectioned = *count > range;
  if (b->sectioned)
    *count = shrink_sections(b, range);
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = 0; !result && b->sectioned && i < b->geometry->scale_count; i++)
    for (int pass = 0; !result && pass < S2_PASS_COUNT; pass++)
      result = check_section(b, i, pass);
  return result;
}

static s2vk_result make_tables(struct s2_builder *b) {
  size_t count;
  s2vk_result result = count_entries(b, &count);
  if (result)
    return result;
  if (count > MAX_ENTRIES)
    return s2_fail(b->env, S2VK_ERROR_OVERFLOW, "the tables of %u scales need %zu entries; at most %u can be addressed",
        b->geometry->scale_count, count, MAX_ENTRIES);
  b->schedule->entries = s2_alloc(b->env, count, sizeof *b->schedule->entries);
  if (!b->schedule->entries)
    return s2_fail(b->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for tables of %zu entries", count);
  b->schedule->entry_count = count;
  write_sections(b);
  b->schedule->table_texels = b->target->texels && !b->sectioned && count <= b->target->texel_count;
  for (int pass = 0; pass < S2_PASS_COUNT; pass++) /* a shader reads tables and source as texels, or neither */
    b->schedule->passes[pass].source_texels &= b->schedule->table_texels;
  return S2VK_SUCCESS;
}

/* ---- All together ------------------------------------------------------------------------------------------------ */

static s2vk_result fill_schedule(struct s2_builder *b, const struct s2_kernel *const *kernels) {
  s2vk_result result = s2_resample_lay(b);
  if (!result)
    result = make_axes(b);
  if (!result)
    result = choose_kernels(b, kernels);
  if (!result)
    result = make_tables(b);
  if (!result)
    result = build_pass(b, S2_PASS_SPLIT, s2_schedule_split);
  for (int pass = S2_PASS_FIRST; !result && pass <= S2_PASS_SECOND && b->geometry->pre.resample_count > 0; pass++)
    result = build_pass(b, (enum s2_pass_index)pass, s2_schedule_resample);
  return result ? result : build_pass(b, S2_PASS_MERGE, s2_schedule_merge);
}

s2vk_result s2_schedule_create(const struct s2_env *env, const struct s2_target *target,
    const struct s2_geometry *geometry, const struct s2_kernel *const *kernels, struct s2_schedule *schedule) {
  *schedule = (struct s2_schedule){.scale_count = geometry->scale_count};
  schedule->choices = s2_alloc(env, geometry->scale_count, sizeof *schedule->choices);
  if (!schedule->choices)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u scales", geometry->scale_count);
  struct s2_builder builder = {.env = env, .target = target, .geometry = geometry, .schedule = schedule};
  s2vk_result result = fill_schedule(&builder, kernels);
  if (result)
    s2_schedule_destroy(env, schedule);
  return result;
}

void s2_schedule_trim(const struct s2_env *env, struct s2_schedule *schedule) {
  for (uint32_t i = 0; schedule->choices && i < schedule->scale_count; i++)
    for (int pass = 0; pass < S2_PASS_COUNT; pass++)
      for (int axis = 0; axis < 2; axis++)
        s2_axis_destroy(env, &schedule->choices[i][pass].axes[axis]);
  s2_free(env, schedule->entries);
  schedule->entries = NULL;
}

void s2_schedule_destroy(const struct s2_env *env, struct s2_schedule *schedule) {
  s2_schedule_trim(env, schedule);
  for (int pass = 0; pass < S2_PASS_COUNT; pass++) {
    s2_free(env, schedule->passes[pass].first);
    s2_free(env, schedule->passes[pass].dispatches);
    s2_free(env, schedule->passes[pass].ranges);
    s2_free(env, schedule->passes[pass].keys);
  }
  s2_free(env, schedule->choices);
  s2_free(env, schedule->middles);
  *schedule = (struct s2_schedule){0};
}
