/* The expected results of a plan without a device, computed from docs/semantics.md and include/s2vk/s2vk.h alone, in
 * integers of 128 bits. */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include "adversary.h"

#define EXPECT_MAX_ERRORS 64

struct expected {
  /* A result for each rule that the plan breaks. Any of them is right. If there is none, the plan is legal, and the
   * other members are valid. */
  s2vk_result errors[EXPECT_MAX_ERRORS];
  uint32_t error_count;
  s2vk_plan_layout layout; /* without table_bytes, accumulator_bytes and fields that depend on the device */
  s2vk_scale_layout scales[ADVERSARY_MAX_SCALES];
};

void expect(const s2vk_plan_info *info, struct expected *expected);

/* Computes the next model call of a legal plan. `call` has the call before, or is empty ahead of the first one. */
void expect_next_call(const s2vk_plan_info *info, const struct expected *expected, uint32_t k, s2vk_call_layout *call);

bool expect_error(const struct expected *expected, s2vk_result result);

#endif
