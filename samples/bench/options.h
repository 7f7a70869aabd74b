/* The command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "cases.h"
#include "command.h"
#include "device.h"

#define FAMILY_MAX 64
#define STREAM_MAX 8

struct stream;

/* What to run. */
enum mode {
  MODE_SHAPES,
  MODE_CASES,
  MODE_FIRST_USE,
  MODE_IN_FLIGHT,
  MODE_COPIES,
  MODE_LIST,
};

struct options {
  enum mode mode;
  int32_t device; /* 0: the best one */
  s2vk_variant variant;
  bool brief;
  bool verify;
  bool verify_all;
  bool peer;
  bool plain_copies;
  bool strict;
  bool describe;
  bool quiet;
  double seconds;   /* below 0: the default of the mode */
  const char *json; /* NULL: none; "-": standard output, in place of the table */
  const struct shape *shapes[SHAPE_MAX];
  uint32_t shape_count;
  const struct family *families[FAMILY_MAX];
  uint32_t family_count;
  uint32_t draws; /* of each family, beside its examples */
  uint64_t seed;
  const struct stream *streams[STREAM_MAX];
  uint32_t stream_count;
  uint32_t count; /* shapes of a stream */
};

/* Parses the command line. Results are those of command_parse(). */
enum command_result options_parse(struct options *options, int argc, char **argv);

#endif
