/* The machine that a measurement was made on, without the device. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

struct machine {
  char cpu[128];
  uint32_t cores;
  bool disk_caches_off; /* the driver's caches on disk are off */
};

struct machine machine_find(void);

#endif
