/* The command line. */
#ifndef EXTRACT_OPTIONS_H
#define EXTRACT_OPTIONS_H

#include "shard.h"
#include "vit.h"

#define MAX_SCALES 16

struct options {
  char **inputs; /* images, folders and lists */
  uint32_t input_count;
  bool many; /* not one photograph into one .npy file */
  const char *output;
  const char *picture;
  const char *model; /* folder of a vision transformer; NULL: the descriptor */
  int32_t device;    /* 0: the best one */
  bool list;
  bool help;

  double scales[MAX_SCALES];
  s2vk_size img_sizes[MAX_SCALES]; /* used if img_size_count is not 0 */
  uint32_t scale_count;
  uint32_t img_size_count;
  uint32_t max_split_size; /* 0: what the model's image processor returns */
  s2vk_split_mode split_mode;
  int32_t resize_output_to_idx;
  s2vk_output_shape output_shape;
  bool split_forward;
  uint32_t tiles_per_call; /* 0: what fits into one storage buffer; at least batch */
  uint32_t patch;
  s2vk_type type;

  /* Of a vision transformer. */
  int32_t layer; /* as vit_options.layer */
  bool without_cls;
  enum vit_norm norm;
  uint32_t image_side;
  uint32_t runs;

  /* Of many images. */
  uint32_t batch;
  uint32_t decoders; /* threads */
  struct shard shard;
  bool overwrite;
  bool stats;
};

/* False, with the reason on stderr, if the command line is wrong. */
bool options_parse(struct options *options, int argc, char **argv);

void options_print_help(void);

/* All that features depend on besides the images, a line that ends in \n. */
void options_describe(const struct options *options, char *text, size_t bytes);

#endif
