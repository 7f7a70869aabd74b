/* Measures families of plans in turn with the reference (cases.h), and prints the results. */
#ifndef BENCH_CASES_RUN_H
#define BENCH_CASES_RUN_H

#include "machine.h"
#include "options.h"

/* Returns false if a case could not be measured. Otherwise sets *status: 3 if a case differs from the double-precision
 * reference (--verify), 4 if one is over its bound (--strict), else 0. */
bool cases_run(struct device *device, const struct machine *machine, const struct options *options, int *status);

#endif
