/* What the option --preset says in a plan, for the programs that have it. */
#ifndef SAMPLES_PRESET_H
#define SAMPLES_PRESET_H

#include "vit.h"

#define PRESET_MAX_SCALES 16
#define PRESET_REASON_BYTES 256

/* By the index of their names. */
enum preset { PRESET_CLIP, PRESET_SIGLIP, PRESET_LLAVA, PRESET_BUNNY, PRESET_NVILA, PRESET_COUNT };

/* A preset with the options that go with it. */
struct preset_choice {
  bool given; /* false: there is no preset */
  enum preset preset;
  const s2vk_size *img_sizes; /* of --img-sizes */
  uint32_t img_size_count;
  const double *scales; /* multiples of a tile's side, if there are no sizes */
  uint32_t scale_count;
  bool dynamic_s2;
  uint32_t max_tiles;                     /* of --dynamic-s2; 0: preset_max_tiles() */
  const struct vit_preprocess *processor; /* the model's; NULL: the preset's own mean and standard deviation */
};

/* The side of a tile, in pixels, and the scales, in tiles, that the preset's own model has. */
uint32_t preset_side(enum preset preset);
uint32_t preset_scales(enum preset preset, double scales[PRESET_MAX_SCALES]);
s2vk_filter preset_filter(enum preset preset);

/* The sizes of the scales with tiles of that side; with dynamic_s2 those that sizes of an image are chosen from. How
 * many. */
uint32_t preset_sizes(const struct preset_choice *choice, uint32_t side, s2vk_size sizes[PRESET_MAX_SCALES]);

/* The most tiles of the last scale with dynamic_s2. */
uint32_t preset_max_tiles(const struct preset_choice *choice);

/* Checks options against each other. max_split_size: of a tile. has_scales: --scales was given. filter: the value of
 * --filter, or NULL. On failure returns false and the reason. */
bool preset_check(const struct preset_choice *choice, uint32_t max_split_size, bool has_scales, const char *filter,
    char reason[PRESET_REASON_BYTES]);

/* What a plan's info points at while the plan is made. */
struct preset_parts {
  s2vk_size sizes[PRESET_MAX_SCALES];
  s2vk_pixels_info pixels;
  s2vk_preprocessing_info preprocessing;
};

/* Fills in what the preset says of images of info's height and width; parts must live until the plan is made. A
 * model's own mean and standard deviation take the place of the preset's. resize_output_to_idx stays as it is. The
 * context's log has the reason of an error. */
s2vk_result preset_apply(
    const s2vk_context *context, const struct preset_choice *choice, s2vk_plan_info *info, struct preset_parts *parts);

/* The mean and standard deviation that a preset's pixels are normalised by, for values from 0 to 1. */
void preset_colours(const s2vk_pixels_info *pixels, float mean[3], float std[3]);

/* The part of a photograph that the preset leaves: its middle, or a square around it. False: it leaves all of it. */
bool preset_has_view(enum preset preset);

/* A new image of that part. NULL: there is no memory. */
unsigned char *preset_view(
    enum preset preset, const struct vit_preprocess *processor, const unsigned char *pixels, s2vk_size *size);

#endif
