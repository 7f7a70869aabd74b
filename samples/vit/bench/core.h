/* The peak of a core of the host, without a driver. */
#ifndef VIT_BENCH_CORE_H
#define VIT_BENCH_CORE_H

/* Multiplications and additions in f32 in a second of one core, in 10^9, by a loop of the widest fused ones that it
 * has: of AVX-512 or AVX2 where the processor and the compiler have them, else of what the program was compiled for. */
double core_measure(void);

#endif
