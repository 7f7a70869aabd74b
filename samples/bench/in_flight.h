/* Model calls one after the other, and two in flight: docs/integrating.md, "Several calls in flight". */
#ifndef BENCH_IN_FLIGHT_H
#define BENCH_IN_FLIGHT_H

#include "options.h"

/* Prints both times for each shape of the options. The model is a wait of the host, because it works elsewhere. It
 * takes as long as the passes of a call. */
bool in_flight_run(struct device *device, const struct options *options);

#endif
