#include "dispatch.h"

#include <string.h>

struct s2_limits s2_limits_of(const struct s2_context *vk) {
  if (!vk->device)
    return (struct s2_limits){UINT64_MAX, 4, {UINT32_MAX, UINT32_MAX, UINT32_MAX}};
  const VkPhysicalDeviceLimits *limits = &vk->limits;
  return (struct s2_limits){
      .range = limits->maxStorageBufferRange,
      .alignment = (uint32_t)limits->minStorageBufferOffsetAlignment,
      .groups = {limits->maxComputeWorkGroupCount[0], limits->maxComputeWorkGroupCount[1],
          limits->maxComputeWorkGroupCount[2]},
  };
}

struct s2_range s2_window_range(
    const struct s2_limits *limits, uint64_t tensor_bytes, s2vk_type type, uint64_t begin, uint64_t end) {
  if (tensor_bytes <= limits->range)
    return (struct s2_range){0, tensor_bytes};
  /* 16: the shaders read four f32 at a time, counted from the window's begin. */
  uint64_t alignment = limits->alignment > 16 ? limits->alignment : 16;
  uint64_t first = begin * s2vk_type_size(type) / alignment * alignment;
  return (struct s2_range){first, s2_tensor_bytes(end, type) - first};
}

/* Doubles the room of an array that is full. */
static bool grow(const struct s2_host *host, void **items, uint32_t count, uint32_t *room, size_t size) {
  if (count < *room)
    return true;
  uint32_t more = *room ? *room * 2 : 4;
  void *grown = *room <= UINT32_MAX / 2 ? s2_alloc(host, more, size) : NULL;
  if (!grown)
    return false;
  if (count)
    memcpy(grown, *items, count * size);
  s2_free(host, *items);
  *items = grown;
  *room = more;
  return true;
}

s2vk_result s2_pass_add(const struct s2_host *host, struct s2_pass *pass, const struct s2_window *window,
    const struct s2_dispatch *dispatch) {
  uint32_t at = 0;
  while (at < pass->window_count && memcmp(&pass->windows[at], window, sizeof *window) != 0)
    at++;
  if (!grow(host, (void **)&pass->windows, pass->window_count, &pass->window_room, sizeof *pass->windows) ||
      !grow(host, (void **)&pass->dispatches, pass->dispatch_count, &pass->dispatch_room, sizeof *pass->dispatches))
    return s2_fail(host, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u dispatches", pass->dispatch_count);
  if (at == pass->window_count)
    pass->windows[pass->window_count++] = *window;
  struct s2_dispatch *added = &pass->dispatches[pass->dispatch_count++];
  *added = *dispatch;
  added->window = at;
  return S2VK_SUCCESS;
}

static s2vk_result build_pass(
    struct s2_builder *builder, struct s2_pass *pass, s2vk_result (*add)(struct s2_builder *)) {
  const struct s2_geometry *geometry = builder->geometry;
  builder->pass = pass;
  pass->first = s2_alloc(builder->host, (size_t)geometry->call_count + 1, sizeof *pass->first);
  if (!pass->first)
    return s2_fail(
        builder->host, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u calls", geometry->call_count);
  for (uint32_t k = 0; k < geometry->call_count; k++) {
    builder->call = &geometry->calls[k];
    s2vk_result result = add(builder);
    if (result)
      return result;
    pass->first[k + 1] = pass->dispatch_count;
  }
  return S2VK_SUCCESS;
}

static uint32_t split_width(const struct s2_geometry *geometry) {
  for (uint32_t i = 0; i < geometry->scale_count; i++)
    if (geometry->scales[i].tile_side % 4)
      return 1;
  return 4;
}

static s2vk_result fill_schedule(struct s2_builder *builder, struct s2_schedule *schedule) {
  const struct s2_geometry *g = builder->geometry;
  schedule->split.key = (struct s2_pipeline_key){
      .shader = S2_SHADER_SPLIT,
      .source_type = (uint32_t)g->input_type,
      .target_type = (uint32_t)g->tile_type,
      .width = split_width(g),
  };
  s2vk_result result = build_pass(builder, &schedule->split, s2_schedule_split);
  if (result)
    return result;
  enum s2_sums sums = s2_schedule_sums(builder);
  schedule->merge.key = (struct s2_pipeline_key){
      .shader = S2_SHADER_MERGE,
      .source_type = (uint32_t)g->feature_type,
      .target_type = (uint32_t)g->output_type,
      .width = g->layout == S2VK_OUTPUT_BNC && g->feature_channels % 4 == 0 ? 4 : 1,
      .layout = (uint32_t)g->layout,
      .sums = sums,
  };
  if (sums == S2_SUMS_IN_BUFFER)
    schedule->sums_bytes = g->output_bytes / s2vk_type_size(g->output_type) * sizeof(float);
  builder->sums_bytes = schedule->sums_bytes;
  return build_pass(builder, &schedule->merge, s2_schedule_merge);
}

s2vk_result s2_schedule_create(const struct s2_host *host, const struct s2_limits *limits,
    const struct s2_geometry *geometry, const struct s2_tables *tables, struct s2_schedule *schedule) {
  *schedule = (struct s2_schedule){0};
  uint64_t table_bytes = tables->word_count * sizeof *tables->words;
  if (table_bytes > limits->range)
    return s2_fail(host, S2VK_ERROR_LIMIT, "the tables need %llu bytes; the device's maxStorageBufferRange is %llu",
        (unsigned long long)table_bytes, (unsigned long long)limits->range);
  struct s2_builder builder = {.host = host, .limits = limits, .geometry = geometry, .tables = tables};
  s2vk_result result = fill_schedule(&builder, schedule);
  if (result)
    s2_schedule_destroy(host, schedule);
  return result;
}

static void destroy_pass(const struct s2_host *host, struct s2_pass *pass) {
  s2_free(host, pass->first);
  s2_free(host, pass->dispatches);
  s2_free(host, pass->windows);
}

void s2_schedule_destroy(const struct s2_host *host, struct s2_schedule *schedule) {
  destroy_pass(host, &schedule->split);
  destroy_pass(host, &schedule->merge);
  *schedule = (struct s2_schedule){0};
}
