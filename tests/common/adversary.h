/* Plans that are made to be hard: fields at and beside their bounds, primes, images of one row, factors just off a
 * whole number, and contradictions. expect.h computes their results from docs/semantics.md and the public header
 * alone. */
#ifndef TESTS_ADVERSARY_H
#define TESTS_ADVERSARY_H

#include "suite.h"

#define ADVERSARY_MAX_SCALES 4

struct adversary {
  s2vk_plan_info info; /* points to the fields below */
  double scales[ADVERSARY_MAX_SCALES];
  s2vk_size sizes[ADVERSARY_MAX_SCALES];
  s2vk_model_shape models[ADVERSARY_MAX_SCALES];
  s2vk_pixels_info pixels;
};

/* Makes a plan that is usually legal, with tensors of at most some million elements. faulty: one or two fields are
 * changed to values that are rarely legal. */
void adversary_create(struct adversary *plan, struct noise *noise, bool faulty);

#endif
