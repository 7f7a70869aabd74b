/* The command line of onnx. */
#ifndef ONNX_OPTIONS_H
#define ONNX_OPTIONS_H

#include "command.h"

#include <s2vk/s2vk.h>

#define MAX_SCALES 16

struct options {
  const char *image, *model, *features, *output;
  double scales[MAX_SCALES];
  s2vk_size img_sizes[MAX_SCALES];
  uint32_t scale_count, img_size_count; /* of at most one of the two */
  uint32_t max_split_size;              /* 0: the model's own */
  s2vk_split_mode split_mode;
  s2vk_filter filter;
  int32_t resize_output_to_idx;
  int32_t num_prefix_token; /* -1: as many as make the rest a square */
  uint32_t tiles_per_call;
  s2vk_normalization normalization;
  bool no_normalization;
  int32_t device;
  bool list;
};

enum command_result options_parse(struct options *options, int argc, char **argv);

#endif
