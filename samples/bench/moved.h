/* Bytes that a plan's passes cannot but move. */
#ifndef BENCH_MOVED_H
#define BENCH_MOVED_H

#include "shape.h"

/* Each tensor counted once and whole, but of the input the rows that no scale reads: a filter that is not antialiased
 * skips some where it makes an image small. */
struct moved {
  uint64_t input, tiles, features, output;
};

struct moved moved_find(const struct shape *shape, const s2vk_plan *plan);

uint64_t moved_bytes(const struct moved *moved); /* in all */

#endif
