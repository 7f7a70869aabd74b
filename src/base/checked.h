/* Arithmetic of sizes: counts of elements and bytes, computed from the caller's fields. A sum or product that does not
 * fit is S2_TOO_LARGE, and so is everything computed from it. So an expression needs one check, at its end. */
#ifndef S2VK_CHECKED_H
#define S2VK_CHECKED_H

#include <stdint.h>

#define S2_TOO_LARGE UINT64_MAX

/* The maximum of bytes of a tensor or of pixels, so small that a sum of a few needs no check. */
#define S2_MAX_BYTES (UINT64_C(1) << 60)

static inline uint64_t s2_add(uint64_t a, uint64_t b) {
  return a > S2_TOO_LARGE - b ? S2_TOO_LARGE : a + b;
}

static inline uint64_t s2_multiply(uint64_t a, uint64_t b) {
  if (a == S2_TOO_LARGE || b == S2_TOO_LARGE || (b != 0 && a > S2_TOO_LARGE / b))
    return S2_TOO_LARGE;
  return a * b;
}

static inline uint64_t s2_round_up(uint64_t a, uint64_t multiple) {
  const uint64_t rest = a % multiple;
  return a == S2_TOO_LARGE || rest == 0 ? a : s2_add(a, multiple - rest);
}

#endif
