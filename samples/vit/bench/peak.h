/* The peak of the device. */
#ifndef VIT_BENCH_PEAK_H
#define VIT_BENCH_PEAK_H

#include "bench/device.h"

/* Multiplications and additions in f32 by a loop of nothing else, in 10^9. */
struct peak {
  double second;      /* in a second, by a shader */
  double core_second; /* in a second of one of the host's cores, by its widest instructions, which a driver on the CPU
                         need not make of a shader */
};

bool peak_measure(struct device *device, struct peak *peak);

#endif
