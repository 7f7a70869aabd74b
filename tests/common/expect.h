/* What a plan without a device must say: worked out from docs/semantics.md and include/s2vk/s2vk.h alone, in integers
 * of 128 bits. */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include "adversary.h"

#define EXPECT_MAX_ERRORS 64

struct expected {
  /* A result for each rule that the plan breaks; any of them is right. None: the plan is legal, and the other members
   * hold. */
  s2vk_result errors[EXPECT_MAX_ERRORS];
  uint32_t error_count;
  s2vk_plan_layout layout; /* but for table_bytes, accumulator_bytes and what depends on the device */
  s2vk_scale_layout scales[ADVERSARY_MAX_SCALES];
};

void expect(const s2vk_plan_info *info, struct expected *expected);

/* Model call k of a legal plan, for k = 0, 1, ... in turn: `call` holds the call before, and nothing for the first. */
void expect_next_call(const s2vk_plan_info *info, const struct expected *expected, uint32_t k, s2vk_call_layout *call);

bool expect_error(const struct expected *expected, s2vk_result result);

#endif
