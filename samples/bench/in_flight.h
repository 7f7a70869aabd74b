/* Model calls one after the other, and two in flight: docs/integrating.md, "Several calls in flight". */
#ifndef BENCH_IN_FLIGHT_H
#define BENCH_IN_FLIGHT_H

#include "options.h"

/* Prints both times for each shape of the options. The model takes as long as the passes of a call, and works
 * elsewhere: it is a wait of the host. */
bool in_flight_run(struct device *device, const struct options *options);

#endif
