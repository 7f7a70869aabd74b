/* Results of the timed jobs against the double-precision reference of the tests. */
#ifndef BENCH_VERIFY_H
#define BENCH_VERIFY_H

#include "subject.h"

struct verification {
  uint32_t images;                   /* of the batch, that were checked */
  uint64_t tile_count, output_count; /* elements */
  double tile_error, output_error; /* the largest difference; for 16-bit types, beyond half a unit in the last place */
  bool agrees;                     /* neither is over VERIFY_TOLERANCE */
};

#define VERIFY_TOLERANCE 1e-5

/* Runs the timed command buffers once more into buffers full of NaN, and split also call by call: what the timed ones
 * leave in the tiles' buffer is one over the other. The peer's results are checked with them. False if that could not
 * be done. */
bool verify(struct subject *subject, bool all_images, struct verification *verification);

#endif
