#include "guard.h"

#include "layout.h"

#include <stdlib.h>
#include <string.h>

/* Both halves, and the whole, are NaN; and nothing that the library would write. */
static const uint32_t poison = 0xFFF5FFF9;

void guard_poison(void *memory, size_t bytes) {
  for (size_t i = 0; i < bytes; i += sizeof poison)
    memcpy((char *)memory + i, &poison, bytes - i < sizeof poison ? bytes - i : sizeof poison);
}

static void map_gaps(struct guard *guard, int i, const s2vk_strides *strides, const s2vk_shape *shape, s2vk_type type) {
  guard->maps[i] = layout_map(strides, shape, type);
  guard->map_bytes[i] = layout_bytes(strides, shape, type);
}

/* A call of fewer tiles than others leaves what earlier ones wrote, which is no gap: all that may be written is of one
 * scale then. */
static void map_all_gaps(struct guard *guard, const s2vk_plan *plan, const s2vk_plan_info *info) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_call_layout call = {.struct_size = sizeof call}, largest = {.struct_size = sizeof largest};
  bool alike = true;
  if (s2vk_plan_get_layout(plan, &layout) || s2vk_plan_get_call(plan, 0, &largest))
    abort();
  for (uint32_t k = 1; k < layout.call_count; k++) {
    if (s2vk_plan_get_call(plan, k, &call))
      abort();
    alike = alike && call.tiles.dims[2] == largest.tiles.dims[2];
    largest = call.tile_count > largest.tile_count ? call : largest;
  }
  if (alike)
    map_gaps(guard, 1, &largest.tile_strides, &largest.tiles, info->tile_type);
  map_gaps(guard, 3, &layout.output_strides, &layout.output, info->output_type);
}

void guard_gaps(struct guard *guard, const s2vk_plan *plan, const s2vk_plan_info *info) {
  map_all_gaps(guard, plan, info);
}

void guard_create(struct guard *guard, struct gpu *gpu, const s2vk_plan *plan, VkBufferUsageFlags usage) {
  *guard = (struct guard){0};
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  if (s2vk_plan_get_layout(plan, &layout))
    abort();
  const VkDeviceSize bytes[GUARD_COUNT] = {layout.input_bytes, layout.tiles_bytes, layout.features_bytes,
      layout.output_bytes, layout.accumulator_bytes, layout.scratch_bytes};
  /* Around, not far below a row or a token of a test. */
  const VkDeviceSize margin = (1024 / layout.offset_alignment + 1) * layout.offset_alignment;
  for (int i = 0; i < GUARD_COUNT; i++) {
    if (bytes[i] == 0)
      continue;
    guard->buffers[i] = gpu_buffer_create_for(gpu, margin + bytes[i] + margin, usage);
    guard->regions[i] = (s2vk_buffer){guard->buffers[i].buffer, margin, bytes[i], usage};
    guard_poison(guard->buffers[i].host, guard->buffers[i].bytes);
  }
}

void guard_destroy(struct guard *guard, struct gpu *gpu) {
  for (int i = 0; i < GUARD_COUNT; i++) {
    gpu_buffer_destroy(gpu, &guard->buffers[i]);
    free(guard->maps[i]);
  }
}

s2vk_binding_info guard_binding(const struct guard *guard) {
  return (s2vk_binding_info){
      .struct_size = sizeof(s2vk_binding_info),
      .input = guard->regions[0],
      .tiles = guard->regions[1],
      .features = guard->regions[2],
      .output = guard->regions[3],
      .accumulator = guard->regions[4],
      .scratch = guard->regions[5],
  };
}

static bool is_intact(const struct gpu_buffer *buffer, VkDeviceSize begin, VkDeviceSize end) {
  for (VkDeviceSize i = begin; i < end; i += sizeof poison)
    if (memcmp((const char *)buffer->host + i, &poison, sizeof poison) != 0)
      return false;
  return true;
}

static bool gaps_are_intact(const struct guard *guard, int i) {
  const unsigned char *tensor = (const unsigned char *)guard->buffers[i].host + guard->regions[i].offset;
  for (size_t n = 0; guard->maps[i] && n < guard->map_bytes[i]; n++)
    if (!guard->maps[i][n] && tensor[n] != ((const unsigned char *)&poison)[n % sizeof poison])
      return false;
  return true;
}

const char *guard_breach(const struct guard *guard, struct gpu *gpu) {
  static const char *const names[GUARD_COUNT] = {"input", "tiles", "features", "output", "accumulator", "scratch"};
  if (gpu_submit(gpu, gpu_begin(gpu))) /* its barrier makes everything visible to the host */
    return "queue";
  for (int i = 0; i < GUARD_COUNT; i++) {
    const struct gpu_buffer *buffer = &guard->buffers[i];
    const s2vk_buffer *region = &guard->regions[i];
    if (buffer->host &&
        (!is_intact(buffer, 0, region->offset) || !is_intact(buffer, region->offset + region->bytes, buffer->bytes) ||
            !gaps_are_intact(guard, i)))
      return names[i];
  }
  return NULL;
}
