/* Measures families of plans beside the reference (cases.h), and prints what came of it. */
#ifndef BENCH_CASES_RUN_H
#define BENCH_CASES_RUN_H

#include "machine.h"
#include "options.h"

/* False if a case could not be measured. Else *status is 0, 3 if one differs from the double-precision reference
 * (--verify), or 4 if one is over its bound (--strict). */
bool cases_run(struct device *device, const struct machine *machine, const struct options *options, int *status);

#endif
