/* What a shape costs the first time it is used: plans of photographs that are all of another size. */
#ifndef BENCH_FIRST_USE_H
#define BENCH_FIRST_USE_H

#include "machine.h"
#include "options.h"

/* Streams by name; NULL if there is none. */
struct stream;
uint32_t stream_count(void);
const struct stream *stream_at(uint32_t index);
const struct stream *stream_find(const char *name, size_t length);
const char *stream_name(const struct stream *stream);
const char *stream_text(const struct stream *stream);

/* Makes each plan with its binding in one context, runs it twice, destroys it, and prints what that took. */
bool first_use_run(struct device *device, const struct machine *machine, const struct options *options);

#endif
