#include "core.h"

#include "bench/timing.h"

#include <stdint.h>

#define CHAINS 12 /* that do not depend on one another: more than hide the latency, fewer than there are registers */
#define TIMES 5

/* The result of a loop, which keeps the compiler from removing it, and the floats of a round of a chain. */
struct loop {
  float (*run)(uint32_t rounds, float factor, float term);
  uint32_t width;
};

#ifdef __clang__
#define UNROLLED _Pragma("unroll") for (int i = 0; i < CHAINS; i++)
#else
#define UNROLLED _Pragma("GCC unroll 12") for (int i = 0; i < CHAINS; i++)
#endif
#define LOOP(name, bytes, target)                                                                                      \
  target static float name(uint32_t rounds, float factor, float term) {                                                \
    typedef float vector __attribute__((vector_size(bytes)));                                                          \
    vector x[CHAINS], sum = {0};                                                                                       \
    UNROLLED x[i] = (vector){0} + (float)i;                                                                            \
    for (uint32_t round = 0; round < rounds; round++) {                                                                \
      UNROLLED x[i] = x[i] * factor + term;                                                                            \
    }                                                                                                                  \
    UNROLLED sum += x[i];                                                                                              \
    return sum[0];                                                                                                     \
  }

LOOP(loop_any, 16, )
#if defined(__x86_64__)
LOOP(loop_avx2, 32, __attribute__((target("avx2,fma"))))
LOOP(loop_avx512, 64, __attribute__((target("avx512f,fma"))))
#endif

static struct loop choose(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return (struct loop){loop_avx512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return (struct loop){loop_avx2, 8};
#endif
  return (struct loop){loop_any, 4};
}

double core_measure(void) {
  const struct loop loop = choose();
  uint32_t rounds = 1u << 16;
  double ms = 0, best = 0;
  volatile float kept = 0;
  while (ms < 20 && rounds < 1u << 30) { /* long enough to measure */
    rounds *= 2;
    double start = process_cpu_ms();
    kept = kept + loop.run(rounds, 0.999f, 0.001f);
    ms = process_cpu_ms() - start;
  }
  for (int i = 0; i < TIMES; i++) {
    double start = process_cpu_ms();
    kept = kept + loop.run(rounds, 0.999f, 0.001f);
    ms = process_cpu_ms() - start;
    best = best > 0 && best < ms ? best : ms;
  }
  return 2.0 * CHAINS * loop.width * rounds / best / 1e6;
}
