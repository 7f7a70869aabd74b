/* Buffers for a binding. Each tensor is in the middle of a larger buffer, which is filled with NaN, in every type. An
 * element that was not written therefore shows in the result. The bytes around the tensors must not change. */
#ifndef TESTS_GUARD_H
#define TESTS_GUARD_H

#include "gpu.h"

enum { GUARD_COUNT = 6 };

struct guard {
  struct gpu_buffer buffers[GUARD_COUNT];
  s2vk_buffer regions[GUARD_COUNT]; /* as s2vk_binding_info has them; those that the plan does not need are empty */
  unsigned char *maps[GUARD_COUNT]; /* of tiles and output: where their elements are, layout_map() */
  size_t map_bytes[GUARD_COUNT];
};

/* usage: the buffers are created with it, and it is given in s2vk_buffer.usage. */
void guard_create(struct guard *guard, struct gpu *gpu, const s2vk_plan *plan, VkBufferUsageFlags usage);
/* Makes guard_breach() also check the gaps of tiles and output. */
void guard_gaps(struct guard *guard, const s2vk_plan *plan, const s2vk_plan_info *info);
void guard_destroy(struct guard *guard, struct gpu *gpu);

s2vk_binding_info guard_binding(const struct guard *guard);

/* Returns the name of a tensor if something was written beside it or into one of its gaps, else NULL. All work must be
 * done. For tiles it checks the gaps of the last call. */
const char *guard_breach(const struct guard *guard, struct gpu *gpu);

/* Fills memory with NaN: of f32, and of f16 and bf16 from an even address on. */
void guard_poison(void *memory, size_t bytes);

#endif
