/* The option --preset: it sets fields of a plan. Several programs have it. */
#ifndef SAMPLES_PRESET_H
#define SAMPLES_PRESET_H

#include "vit.h"

#define PRESET_MAX_SCALES 16
#define PRESET_REASON_BYTES 256

/* In the order of their names. */
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

/* The sides of the scales, for tiles of the given side. With dynamic_s2 the sizes of each image are chosen from these.
 * Returns their number. */
uint32_t preset_sizes(const struct preset_choice *choice, uint32_t side, s2vk_size sizes[PRESET_MAX_SCALES]);

/* The maximum number of tiles of the last scale with dynamic_s2. */
uint32_t preset_max_tiles(const struct preset_choice *choice);

/* Checks options against each other. max_split_size: of a tile. has_scales: --scales was given. filter: the value of
 * --filter, or NULL. On failure returns false and the reason. */
bool preset_check(const struct preset_choice *choice, uint32_t max_split_size, bool has_scales, const char *filter,
    char reason[PRESET_REASON_BYTES]);

/* Structs that a plan's info points to while the plan is made. */
struct preset_parts {
  s2vk_size sizes[PRESET_MAX_SCALES];
  s2vk_pixels_info pixels;
  s2vk_preprocessing_info preprocessing;
};

/* Sets the fields of *info that the preset determines, for images of its height and width. parts must live until the
 * plan is made. A model's own mean and standard deviation replace the preset's. resize_output_to_idx does not change.
 * The context's log gets the reason of an error. */
s2vk_result preset_apply(
    const s2vk_context *context, const struct preset_choice *choice, s2vk_plan_info *info, struct preset_parts *parts);

/* The mean and standard deviation of a preset, for values from 0 to 1. */
void preset_colours(const s2vk_pixels_info *pixels, float mean[3], float std[3]);

/* Whether the preset changes the region of a photograph: to its middle, or to a square around it. */
bool preset_has_view(enum preset preset);

/* Makes an image of that region. Returns NULL if there is no memory. */
unsigned char *preset_view(
    enum preset preset, const struct vit_preprocess *processor, const unsigned char *pixels, s2vk_size *size);

#endif
