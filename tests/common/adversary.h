/* Plans that are made to be hard: fields at and beside their bounds, primes, lines of one pixel, factors just off a
 * whole number, and contradictions. What is to come of one is said by expect.h, which knows docs/semantics.md and the
 * public header alone. */
#ifndef TESTS_ADVERSARY_H
#define TESTS_ADVERSARY_H

#include "suite.h"

#define ADVERSARY_MAX_SCALES 4

struct adversary {
  s2vk_plan_info info; /* which points to what follows */
  double scales[ADVERSARY_MAX_SCALES];
  s2vk_size sizes[ADVERSARY_MAX_SCALES];
  s2vk_model_shape models[ADVERSARY_MAX_SCALES];
  s2vk_pixels_info pixels;
};

/* A plan that is legal more often than not, of tensors of some million elements at most; or, if faulty, with one field,
 * or two, changed to something that is seldom legal. */
void adversary_create(struct adversary *plan, struct noise *noise, bool faulty);

#endif
