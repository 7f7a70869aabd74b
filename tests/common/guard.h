/* Buffers for a binding, each tensor in the middle of a larger buffer. All of it is NaN in every type to begin with, so that
 * nothing that was not written can reach a result unseen; what is around the tensors must stay as it was. */
#ifndef TESTS_GUARD_H
#define TESTS_GUARD_H

#include "gpu.h"

enum { GUARD_COUNT = 5 };

struct guard {
  struct gpu_buffer buffers[GUARD_COUNT];
  s2vk_buffer regions[GUARD_COUNT]; /* as s2vk_binding_info has them; those that the plan does not need are empty */
};

void guard_create(struct guard *guard, struct gpu *gpu, const s2vk_plan *plan);
void guard_destroy(struct guard *guard, struct gpu *gpu);

s2vk_binding_info guard_binding(const struct guard *guard);

/* The name of a tensor if something was written outside it; NULL: none. All work must be done. */
const char *guard_breach(const struct guard *guard, struct gpu *gpu);

/* Fills memory with NaN: of f32, and of f16 and bf16 from an even address on. */
void guard_poison(void *memory, size_t bytes);

#endif
