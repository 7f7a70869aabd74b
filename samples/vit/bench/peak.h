/* What the device can do. */
#ifndef VIT_BENCH_PEAK_H
#define VIT_BENCH_PEAK_H

#include "bench/device.h"

/* Multiplications and additions in f32, in 10^9 a second, by a loop of nothing else. */
bool peak_measure(struct device *device, double *gflops);

#endif
