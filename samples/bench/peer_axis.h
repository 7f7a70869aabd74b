/* Resampling along one axis, for the peer: each output coordinate is a weighted sum of the same
 * number of neighbours. */
#ifndef BENCH_PEER_AXIS_H
#define BENCH_PEER_AXIS_H

#include <stdbool.h>
#include <stdint.h>

struct peer_axis {
  uint32_t in, out, taps;
  uint32_t *first; /* of each output coordinate's taps */
  float *weights;  /* taps of each output coordinate, side by side */
  bool identity;
};

/* Return false if there is no memory. docs/semantics.md has the formulas. */
bool peer_axis_bicubic(uint32_t in, uint32_t out, struct peer_axis *axis);
bool peer_axis_area(uint32_t in, uint32_t out, struct peer_axis *axis);
bool peer_axis_crop(uint32_t in, uint32_t out, struct peer_axis *axis);

/* Replaces axis by the product of axis and then next. Frees next. */
bool peer_axis_compose(struct peer_axis *axis, struct peer_axis *next);

void peer_axis_free(struct peer_axis *axis);

#endif
