/* Measures the first use of a shape, in plans of photographs that all have different sizes. */
#ifndef BENCH_FIRST_USE_H
#define BENCH_FIRST_USE_H

#include "machine.h"
#include "options.h"

/* Finds a stream by its name; NULL: there is none. */
struct stream;
uint32_t stream_count(void);
const struct stream *stream_at(uint32_t index);
const struct stream *stream_find(const char *name, size_t length);
const char *stream_name(const struct stream *stream);
const char *stream_text(const struct stream *stream);

/* Makes plans with their bindings, one after the other in one context. Runs each twice, destroys it, and prints the
 * times. */
bool first_use_run(struct device *device, const struct machine *machine, const struct options *options);

#endif
