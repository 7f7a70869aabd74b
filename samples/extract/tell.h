/* Prints a run on stdout: lines for people or, with --json, an object on each line. Any thread. */
#ifndef EXTRACT_TELL_H
#define EXTRACT_TELL_H

#include "options.h"
#include "sources.h"

#include <cJSON.h>

/* Prints a line for people. Prints nothing with --quiet or --json. */
void tell(const struct options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints an object, with --json only. The object stays the caller's. */
void tell_json(const struct options *options, const cJSON *object);

/* What a run did; counts are of images. */
struct tell_summary {
  bool done;
  size_t images, written, broken, left_out;
  double seconds;
  const cJSON *run; /* may be NULL */
};

/* The last line of --json. */
void tell_summary(const struct options *options, const struct tell_summary *summary);

/* The largest resident set so far. */
double tell_memory_mb(void);

/* Reports an image that cannot be read: on stderr, and with --json also on stdout. */
void tell_broken(const struct options *options, const struct source *source, const char *reason);

#endif
