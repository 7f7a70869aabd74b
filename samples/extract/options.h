/* The command line. */
#ifndef EXTRACT_OPTIONS_H
#define EXTRACT_OPTIONS_H

#include "photograph.h"
#include "preset.h"
#include "progress.h"
#include "shard.h"
#include "vit.h"

#define MAX_SCALES PRESET_MAX_SCALES
#define MAX_KEPT 16

struct options {
  char **inputs; /* images, folders, lists and tar files */
  uint32_t input_count;
  bool many; /* false: one photograph, into one .npy file */
  bool tars; /* the inputs are tar files */
  const char *output;
  const char *picture;
  bool no_picture;
  const char *model; /* folder of a vision transformer; NULL: the descriptor */
  int32_t device;    /* 0: the best one */
  bool list;

  double scales[MAX_SCALES];
  s2vk_size img_sizes[MAX_SCALES]; /* used if img_size_count is not 0 */
  uint32_t scale_count;
  uint32_t img_size_count;
  uint32_t max_split_size; /* 0: the side that the model's image processor returns */
  s2vk_split_mode split_mode;
  s2vk_grid_policy grid;
  s2vk_filter filter;
  int32_t resize_output_to_idx;
  s2vk_output_shape output_shape;
  bool split_forward;
  uint32_t tiles_per_call; /* 0: the number that fits into one storage buffer; at least batch */
  uint32_t patch;
  s2vk_type type;
  bool has_scales, has_filter, has_output; /* these options were given */

  /* The preprocessing that a model was trained with. Without img_sizes, scales are then multiples of a tile's side. */
  bool has_preset;
  enum preset preset;
  bool dynamic_s2;
  uint32_t max_tiles; /* of the last scale; 0: preset_max_tiles() */

  /* The order of the output. */
  bool blocks, by_columns;
  uint32_t downsample, repeat; /* 0: 1 */
  s2vk_prefix_tokens prefix_tokens;
  bool prefix_only;

  /* For a vision transformer. */
  int32_t layer; /* as vit_options.layer */
  bool without_cls;
  enum vit_norm norm;
  uint32_t image_side;
  uint32_t runs;

  /* For photographs. */
  struct photograph_options images;

  /* For many images. */
  bool nul_separated; /* lists */
  uint32_t batch;
  uint32_t decoders; /* threads */
  struct shard shard;
  uint32_t shards; /* the number of shards, if the environment gives only the index; 0: not given */
  bool overwrite;
  bool stats;
  bool read_tar;              /* - is a tar file */
  const char *kept[MAX_KEPT]; /* keys of a tar's samples that stay with their features */
  char *kept_text;
  uint32_t kept_count;

  /* Messages. */
  bool quiet, json, describe;
  bool to_stdout; /* an output is, so that no line is */
  enum when progress;
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };

/* OPTIONS_DONE: --help or a similar option was printed. OPTIONS_WRONG: the reason is on stderr. */
enum options_result options_parse(struct options *options, int argc, char **argv);

/* The preset without a model's processor. */
static inline struct preset_choice options_preset(const struct options *o) {
  return (struct preset_choice){.given = o->has_preset,
      .preset = o->preset,
      .img_sizes = o->img_sizes,
      .img_size_count = o->img_size_count,
      .scales = o->scales,
      .scale_count = o->scale_count,
      .dynamic_s2 = o->dynamic_s2,
      .max_tiles = o->max_tiles};
}

/* Describes everything that features depend on besides the images, in a line that ends with \n. identity: a hash of the
 * model. */
void options_describe(const struct options *options, const char *identity, char *text, size_t bytes);

/* Checks options against each other, and sets defaults that depend on other options. Prints the reason on stderr. */
bool options_check(struct options *options);

bool has_ending(const char *path, const char *ending);

#endif
