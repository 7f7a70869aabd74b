/* Prints a run on stdout: lines for people or, with --json, an object on each line. Any thread. */
#ifndef EXTRACT_TELL_H
#define EXTRACT_TELL_H

#include "options.h"
#include "sources.h"

#include <cJSON.h>

/* A line for people: neither with --quiet nor with --json. */
void tell(const struct options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* With --json. The object stays the caller's. */
void tell_json(const struct options *options, const cJSON *object);

/* An image that cannot be read: on stderr, and with --json on stdout, too. */
void tell_broken(const struct options *options, const struct source *source, const char *reason);

#endif
