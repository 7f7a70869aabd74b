/* The command line of the programs that run their models with an inference engine. */
#ifndef SAMPLES_ENGINE_OPTIONS_H
#define SAMPLES_ENGINE_OPTIONS_H

#include "command.h"

#include <s2vk/s2vk.h>

#define MAX_SCALES 16

#ifdef __cplusplus
extern "C" {
#endif

struct engine_options {
  const char *image, *model, *input, *features, *output;
  double scales[MAX_SCALES];
  s2vk_size img_sizes[MAX_SCALES];
  uint32_t scale_count, img_size_count; /* of at most one of the two */
  uint32_t max_split_size;              /* 0: the model's own */
  s2vk_split_mode split_mode;
  s2vk_filter filter;
  int32_t resize_output_to_idx;
  int32_t num_prefix_token; /* -1: the smallest number for which the rest is a square */
  uint32_t tiles_per_call;
  s2vk_normalization normalization;
  bool no_normalization;
  bool f16; /* the engine stores its tensors in f16 */
  int32_t device;
  bool list;
};

/* A program, and which options it has that others lack. */
struct engine_program {
  const char *name, *summary, *details;
  const char *model_help, *model_value;
  bool names_input, chooses_storage; /* --input; --storage */
  bool one_tile;                     /* the default is one tile in a call */
};

enum command_result engine_options_parse(
    const struct engine_program *program, struct engine_options *options, int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
