/* Results, as a table and as JSON. */
#ifndef VIT_BENCH_REPORT_H
#define VIT_BENCH_REPORT_H

#include "bench/machine.h"
#include "options.h"
#include "peak.h"

#define MAX_RESULTS 256

/* The results of a subject. */
struct result {
  const char *model;
  struct scales scales;
  uint32_t tiles_per_call;
  uint64_t tiles;
  uint32_t calls;
  double flops, cores;
  struct memory memory;
  struct samples host, stages[STAGE_COUNT]; /* no samples: its memory alone was looked at */
};

struct report {
  const struct device *device;
  struct machine machine;
  struct peak peak;
  char product[48]; /* what all models' products are computed in */
  struct result results[MAX_RESULTS];
  uint32_t result_count;
};

void report_print(const struct report *report);

/* False, with the reason on stderr, if the file cannot be written. "-" is standard output. */
bool report_write_json(const struct report *report, const char *path);

void report_free(struct report *report);

#endif
