/* Buffers for a binding, each tensor in the middle of a larger buffer. All of it is NaN in every type to begin with, so
 * that nothing that was not written can reach a result unseen; what is around the tensors must stay as it was. */
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

/* usage: what the buffers are created with, and said to be. */
void guard_create(struct guard *guard, struct gpu *gpu, const s2vk_plan *plan, VkBufferUsageFlags usage);
/* Has guard_breach() look at the gaps of tiles and output, too. */
void guard_gaps(struct guard *guard, const s2vk_plan *plan, const s2vk_plan_info *info);
void guard_destroy(struct guard *guard, struct gpu *gpu);

s2vk_binding_info guard_binding(const struct guard *guard);

/* The name of a tensor if something was written beside it or in one of its gaps; NULL: nothing was. All work must be
 * done. For tiles the gaps of the last call are checked. */
const char *guard_breach(const struct guard *guard, struct gpu *gpu);

/* Fills memory with NaN: of f32, and of f16 and bf16 from an even address on. */
void guard_poison(void *memory, size_t bytes);

#endif
