/* The command line. */
#ifndef VIT_BENCH_OPTIONS_H
#define VIT_BENCH_OPTIONS_H

#include "command.h"
#include "subject.h"

#define MAX_LISTED 16

struct options {
  char *models[MAX_LISTED]; /* names of random.h, or folders */
  uint32_t model_count;
  struct scales scales[MAX_LISTED];
  uint32_t scales_count;
  uint32_t tiles_per_call[MAX_LISTED]; /* to run with; 0: all */
  uint32_t tiles_per_call_count;
  uint32_t memory[MAX_LISTED]; /* tiles per call whose memory is printed */
  uint32_t memory_count;
  s2vk_type type; /* of random weights */
  enum vit_precision precision;
  double seconds;
  uint32_t runs;
  const char *input, *output; /* .npy */
  const char *json;           /* NULL: none; "-": standard output, in place of the table */
  s2vk_variant variant;
  int32_t device; /* 0: the best one */
  bool list, quiet;
};

/* As command_parse(). It changes argv. */
enum command_result options_parse(struct options *options, int argc, char **argv);

#endif
