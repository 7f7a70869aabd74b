/* A plan with random input and features, the results of the double-precision reference, and the comparison. */
#ifndef TESTS_COMPARE_H
#define TESTS_COMPARE_H

#include "replay.h"
#include "suite.h"

#define COMPARE_MAX_SCALES 4

struct compare {
  s2vk_plan_info info;
  double *tiles[COMPARE_MAX_SCALES];    /* by the reference */
  double *output;                       /* by the reference */
  double *features[COMPARE_MAX_SCALES]; /* exactly as stored */
  void *input;                          /* as stored */
  size_t input_bytes, output_bytes;     /* of dense tensors */
};

/* info and what it points to must outlive the comparison. One in `special_every` values of input and features is NaN or
 * an infinity; 0: none. */
void compare_create(struct compare *compare, const s2vk_plan_info *info, struct noise *noise, uint32_t special_every);
void compare_destroy(struct compare *compare);

/* Puts the features into a replay of the plan; gaps between them are NaN. */
void compare_fill(const struct compare *compare, const s2vk_plan *plan, struct replay *replay);

/* The largest error over what rounding to the type allows (half a unit in the last place): of the tiles that a replay
 * kept, and of an output. Infinite if something is NaN or an
 * infinity where the reference's is not the same. */
double compare_tiles(const struct compare *compare, const s2vk_plan *plan, const struct replay *replay);
double compare_output(const struct compare *compare, const s2vk_plan *plan, const void *output);

/* Bytes of an output with the plan's strides, not rounded up. */
size_t compare_output_bytes(const struct compare *compare, const s2vk_plan *plan);

#endif
