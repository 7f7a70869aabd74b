/* The bytes that a plan's passes must move. */
#ifndef BENCH_MOVED_H
#define BENCH_MOVED_H

#include "shape.h"

/* Each tensor counts once. Rows of the input that no scale reads do not count: a filter that is not antialiased skips
 * rows if it makes an image small. */
struct moved {
  uint64_t input, tiles, features, output;
};

struct moved moved_find(const struct shape *shape, const s2vk_plan *plan);

uint64_t moved_bytes(const struct moved *moved); /* the sum */

#endif
