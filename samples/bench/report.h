/* Prints results as a table and as JSON. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "cost.h"
#include "machine.h"
#include "options.h"
#include "verify.h"

#include <stdio.h>

/* The results of a shape. */
struct result {
  const struct shape *shape;
  s2vk_plan_layout layout;
  struct moved moved;
  struct job jobs[JOB_COUNT]; /* names, bytes and samples */
  bool taken[JOB_COUNT];
  uint32_t copy_shader;
  struct cost cost; /* without samples if it was not measured */
  bool verified;
  struct verification verification;
};

struct report {
  const struct device *device;
  struct machine machine;
  struct clock clock;
  const struct options *options;
  struct result results[SHAPE_MAX];
  uint32_t result_count;
};

/* The samples for ratios to copies. */
const struct samples *report_samples(const struct report *report, const struct job *job);

void report_print_head(const struct report *report);
void report_print_result(const struct report *report, const struct result *result);
void report_print_tail(const struct report *report);

/* Writes the results as JSON; "-": to standard output. On failure returns false and prints the reason on stderr. */
bool report_write_json(const struct report *report, const char *path);

void report_free(struct report *report);

#endif
