#include "moved.h"

#include "pixels.h"

#include <math.h>
#include <stdlib.h>

/* Marks the input rows that a scale of some height reads. */
static void mark_rows(const s2vk_plan_info *info, uint32_t height, bool *rows) {
  const double ratio = (double)info->height / height;
  for (uint32_t y = 0; y < height; y++) {
    const double at = (y + 0.5) * ratio - 0.5, below = floor(at), fraction = at - below;
    double first = below, last = fraction > 1e-6 ? below + 1 : below;
    if (info->filter == S2VK_FILTER_NEAREST)
      first = last = floor(at + 0.5);
    else if (info->filter == S2VK_FILTER_BICUBIC && fraction > 1e-6) {
      first--;
      last++;
    }
    for (double i = fmax(first, 0); i <= fmin(last, info->height - 1.0); i++)
      rows[(uint32_t)i] = true;
  }
}

static uint32_t rows_read(const s2vk_plan_info *info, const s2vk_plan *plan) {
  const bool antialiased = info->filter != S2VK_FILTER_BICUBIC && info->filter != S2VK_FILTER_BILINEAR &&
                           info->filter != S2VK_FILTER_NEAREST;
  bool *rows = antialiased ? NULL : calloc(info->height, sizeof *rows);
  uint32_t count = 0;
  if (!rows)
    return info->height;
  for (uint32_t i = 0; i < info->scale_count; i++) {
    s2vk_scale_layout scale = {.struct_size = sizeof scale};
    s2vk_plan_get_scale(plan, i, &scale);
    mark_rows(info, scale.image.height, rows);
  }
  for (uint32_t y = 0; y < info->height; y++)
    count += rows[y];
  free(rows);
  return count;
}

struct moved moved_find(const struct shape *shape, const s2vk_plan *plan) {
  const s2vk_plan_info *info = &shape->info;
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_plan_get_layout(plan, &layout);
  const uint64_t pixel = info->pixels ? pixels_bytes(shape) : info->channels * s2vk_type_size(info->input_type);
  struct moved moved = {
      .input = pixel * info->batch * info->width * rows_read(info, plan), .output = layout.output_bytes};
  for (uint32_t i = 0; i < layout.call_count; i++) {
    s2vk_call_layout call = {.struct_size = sizeof call};
    s2vk_plan_get_call(plan, i, &call);
    moved.tiles += call.tiles_bytes;
    moved.features += call.features_bytes;
  }
  return moved;
}

uint64_t moved_bytes(const struct moved *moved) {
  return moved->input + moved->tiles + moved->features + moved->output;
}
