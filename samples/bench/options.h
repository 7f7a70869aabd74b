/* The command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "shape.h"

struct options {
  int32_t device; /* 0: the best one */
  s2vk_variant variant;
  bool list;
  bool help;
  bool brief;
  bool peer;
  bool verify;
  bool verify_all;
  double seconds;
  const char *json; /* NULL: none; "-": standard output, in place of the table */
  const struct shape *shapes[SHAPE_MAX];
  uint32_t shape_count;
};

/* False, with the reason on stderr, if the command line is wrong. */
bool options_parse(struct options *options, int argc, char **argv);

void options_print_help(void);

#endif
