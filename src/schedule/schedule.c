#include "schedule/schedule.h"

#include "walk.h"

#include <string.h>

struct s2_target s2_target_of(const struct s2_context *vk) {
  if (!vk->device)
    return (struct s2_target){
        .range = UINT64_MAX,
        .texels = UINT32_MAX,
        .texel_alignment = 4,
        .alignment = 4,
        .groups = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
    };
  const VkPhysicalDeviceLimits *limits = &vk->limits;
  return (struct s2_target){
      .cpu = vk->cpu,
      .copies = vk->copies,
      .int64 = vk->int64,
      .texels = limits->maxTexelBufferElements,
      .texel_alignment = (uint32_t)limits->minTexelBufferOffsetAlignment,
      .range = limits->maxStorageBufferRange,
      .alignment = (uint32_t)limits->minStorageBufferOffsetAlignment,
      .groups = {limits->maxComputeWorkGroupCount[0], limits->maxComputeWorkGroupCount[1],
          limits->maxComputeWorkGroupCount[2]},
      .keeps_branches = vk->quirks.keeps_branches,
      .loop_rounds = vk->quirks.loop_rounds,
      .unpack_halves = vk->cpu && vk->quirks.exact_halves,
  };
}

enum s2_build s2_schedule_build(const struct s2_builder *b) {
  if (!b->target->cpu || b->tables->entry_count > b->target->texels || b->tables->sectioned)
    return S2_BUILD_PLAIN;
  return b->target->int64 ? S2_BUILD_INT64 : S2_BUILD_TEXELS;
}

enum s2_build s2_schedule_straight_build(const struct s2_builder *b, uint32_t factor) {
  return factor ? (enum s2_build)(S2_BUILD_FIXED_ONCE + factor - 1) : s2_schedule_build(b);
}

/* Whether a pass reads its source as texels, of 16 bytes each: a tensor of whole ones, and if it is cut into windows, of parts
 * that are, `unit` elements each. Windows of f32 may begin between them. */
static bool takes_texels(const struct s2_builder *b, uint64_t bytes, s2vk_type type, uint64_t unit) {
  return s2_schedule_build(b) != S2_BUILD_PLAIN && bytes / 16 <= b->target->texels && bytes % 16 == 0 &&
         (type == S2VK_TYPE_F32 || unit % 8 == 0 || bytes <= b->target->range);
}

struct s2_range s2_window_tables(const struct s2_builder *b, uint32_t scale, enum s2_pass_index pass) {
  const struct s2_section *section = &b->tables->sections[scale][pass];
  return (struct s2_range){section->first * sizeof(struct s2_entry), section->count * sizeof(struct s2_entry)};
}

struct s2_range s2_window_bytes(const struct s2_target *target, uint64_t tensor_bytes, uint64_t begin, uint64_t end) {
  if (tensor_bytes <= target->range)
    return (struct s2_range){0, tensor_bytes};
  /* 32: the shaders read eight f32 at a time, counted from the window's begin. */
  uint64_t alignment = target->alignment > 32 ? target->alignment : 32;
  alignment = target->texel_alignment > alignment ? target->texel_alignment : alignment;
  uint64_t first = begin / alignment * alignment;
  end = (end + 15) / 16 * 16; /* whole texels */
  return (struct s2_range){first, (end < tensor_bytes ? end : tensor_bytes) - first};
}

struct s2_range s2_window_range(
    const struct s2_target *target, uint64_t tensor_bytes, s2vk_type type, uint64_t begin, uint64_t end) {
  return s2_window_bytes(target, tensor_bytes, begin * s2vk_type_size(type), end * s2vk_type_size(type));
}

/* Doubles the room of an array that is full. */
static bool grow(const struct s2_env *env, void **items, uint32_t count, uint32_t *room, size_t size) {
  if (count < *room)
    return true;
  uint32_t more = *room ? *room * 2 : 4;
  void *grown = *room <= UINT32_MAX / 2 ? s2_alloc(env, more, size) : NULL;
  if (!grown)
    return false;
  if (count)
    memcpy(grown, *items, count * size);
  s2_free(env, *items);
  *items = grown;
  *room = more;
  return true;
}

static s2vk_result add_dispatch(const struct s2_env *env, struct s2_pass *pass, const struct s2_dispatch *dispatch) {
  if (!grow(env, (void **)&pass->dispatches, pass->dispatch_count, &pass->dispatch_room, sizeof *pass->dispatches))
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u dispatches", pass->dispatch_count);
  pass->dispatches[pass->dispatch_count++] = *dispatch;
  return S2VK_SUCCESS;
}

s2vk_result s2_pass_add(const struct s2_env *env, struct s2_pass *pass, const struct s2_pipeline_key *key,
    const struct s2_window *window, const struct s2_dispatch *dispatch) {
  struct s2_dispatch added = *dispatch;
  added.window = added.key = 0;
  while (added.window < pass->window_count && memcmp(&pass->windows[added.window], window, sizeof *window) != 0)
    added.window++;
  while (added.key < pass->key_count && memcmp(&pass->keys[added.key], key, sizeof *key) != 0)
    added.key++;
  if (!grow(env, (void **)&pass->windows, pass->window_count, &pass->window_room, sizeof *pass->windows) ||
      !grow(env, (void **)&pass->keys, pass->key_count, &pass->key_room, sizeof *pass->keys))
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u windows", pass->window_count);
  if (added.window == pass->window_count)
    pass->windows[pass->window_count++] = *window;
  if (added.key == pass->key_count)
    pass->keys[pass->key_count++] = *key;
  return add_dispatch(env, pass, &added);
}

s2vk_result s2_pass_add_copy(const struct s2_env *env, struct s2_pass *pass, const struct s2_copy *copy) {
  const struct s2_dispatch added = {.key = S2_NO_KEY, .push.copy = *copy};
  return add_dispatch(env, pass, &added);
}

static s2vk_result build_pass(
    struct s2_builder *builder, struct s2_pass *pass, s2vk_result (*add)(struct s2_builder *)) {
  const struct s2_geometry *geometry = builder->geometry;
  builder->pass = pass;
  pass->first = s2_alloc(builder->env, (size_t)geometry->call_count + 1, sizeof *pass->first);
  if (!pass->first)
    return s2_fail(
        builder->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u calls", geometry->call_count);
  for (uint32_t k = 0; k < geometry->call_count; k++) {
    builder->call = &geometry->calls[k];
    s2vk_result result = add(builder);
    if (result)
      return result;
    pass->first[k + 1] = pass->dispatch_count;
  }
  return S2VK_SUCCESS;
}

static s2vk_result fill_schedule(struct s2_builder *builder, struct s2_schedule *schedule) {
  const struct s2_geometry *g = builder->geometry;
  const bool wide =
      g->pixels.source == S2_SOURCE_TENSOR || (s2_pixels_words(&g->pixels) == 4 && g->input.width % 4 == 0);
  schedule->split.texels = wide && takes_texels(builder, g->input_bytes, g->input_type, g->input.width);
  schedule->merge.texels = takes_texels(builder, g->features_bytes, g->feature_type, g->scales->feature_elements);
  schedule->texels = s2_schedule_build(builder) != S2_BUILD_PLAIN;
  s2vk_result result = build_pass(builder, &schedule->split, s2_schedule_split);
  if (result)
    return result;
  schedule->sums = s2_schedule_sums(builder);
  if (schedule->sums == S2_SUMS_IN_BUFFER)
    schedule->sums_bytes = g->output_bytes / s2vk_type_size(g->output_type) * sizeof(float);
  builder->sums = schedule->sums;
  builder->sums_bytes = schedule->sums_bytes;
  return build_pass(builder, &schedule->merge, s2_schedule_merge);
}

/* One output has to be done within the loop rounds of an invocation. */
static s2vk_result check_rounds(const struct s2_builder *b) {
  const struct s2_geometry *g = b->geometry;
  const uint32_t most = b->target->loop_rounds;
  for (uint32_t i = 0; most > 0 && i < g->scale_count; i++) {
    const uint64_t grid = s2_merge_rounds(&b->tables->axes[i]);
    const uint64_t prefix = g->prefix ? g->scales[i].tile_count / g->batch : 0;
    const uint64_t rounds = grid > prefix ? grid : prefix;
    if (rounds > most)
      return s2_fail(b->env, S2VK_ERROR_LIMIT,
          "an output of scale %u sums %llu tokens; at most %u can be summed by this driver, which ends long loops", i,
          (unsigned long long)rounds, most);
    const struct s2_split_shape *shape = &b->tables->split[i];
    const bool walks = shape->mode == S2_SPLIT_WALK;
    const uint64_t walk = walks ? s2_walk_rounds(&b->tables->axes[i], shape) : 0;
    if (walk > most)
      return s2_fail(b->env, S2VK_ERROR_LIMIT,
          "a pixel of scale %u takes %llu rounds of loops; at most %u can be done by this driver, which ends long loops",
          i, (unsigned long long)walk, most);
    const uint64_t pixels = walks ? 0 : s2_split_rounds(&b->tables->axes[i], shape->strip);
    if (pixels > most)
      return s2_fail(b->env, S2VK_ERROR_LIMIT,
          "four pixels of scale %u sum %llu pixels of the input; at most %u can be summed by this driver, which ends long "
          "loops",
          i, (unsigned long long)pixels, most);
  }
  return S2VK_SUCCESS;
}

static s2vk_result check_tables(const struct s2_builder *b) {
  static const char *const names[S2_PASS_COUNT] = {"split", "merge"};
  for (uint32_t i = 0; i < b->geometry->scale_count; i++)
    for (int pass = 0; pass < S2_PASS_COUNT; pass++) {
      const uint64_t bytes = s2_window_tables(b, i, (enum s2_pass_index)pass).bytes;
      if (bytes > b->target->range)
        return s2_fail(b->env, S2VK_ERROR_LIMIT,
            "the tables to %s scale %u need %llu bytes; the device's maxStorageBufferRange is %llu", names[pass], i,
            (unsigned long long)bytes, (unsigned long long)b->target->range);
    }
  return S2VK_SUCCESS;
}

s2vk_result s2_schedule_create(const struct s2_env *env, const struct s2_target *target,
    const struct s2_geometry *geometry, const struct s2_tables *tables, struct s2_schedule *schedule) {
  *schedule = (struct s2_schedule){0};
  struct s2_builder builder = {.env = env, .target = target, .geometry = geometry, .tables = tables};
  s2vk_result result = check_tables(&builder);
  if (!result)
    result = check_rounds(&builder);
  if (!result)
    result = fill_schedule(&builder, schedule);
  if (result)
    s2_schedule_destroy(env, schedule);
  return result;
}

static void destroy_pass(const struct s2_env *env, struct s2_pass *pass) {
  s2_free(env, pass->first);
  s2_free(env, pass->dispatches);
  s2_free(env, pass->windows);
  s2_free(env, pass->keys);
}

void s2_schedule_destroy(const struct s2_env *env, struct s2_schedule *schedule) {
  destroy_pass(env, &schedule->split);
  destroy_pass(env, &schedule->merge);
  *schedule = (struct s2_schedule){0};
}
