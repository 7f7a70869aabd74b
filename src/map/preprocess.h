/* What is done to an input ahead of S2: a square around it, a first resize, and rounding to bytes. Pure arithmetic on
 * s2vk_preprocessing_info. What is linear is folded into the maps of the split (map/chain.h); the rest is a list of resamplings. */
#ifndef S2VK_PREPROCESS_H
#define S2VK_PREPROCESS_H

#include "map/axis.h"
#include "map/pixels.h"

/* A resampling of the input that is an image of its own, made in two passes. */
struct s2_resample {
  uint32_t scale;          /* ahead of whose tiles it is made */
  bool floats;             /* rounds to bytes, or not */
  bool down_first;         /* along y first */
  s2vk_filter filter;      /* from canvas to resized */
  s2vk_size canvas;        /* pixels, the input with what is around it */
  uint32_t top, left;      /* of the input in it */
  s2vk_size resized, out;  /* pixels, and of these what is kept */
  uint32_t y, x;           /* from where on that is */
  struct s2_pixels pixels; /* where the outcome is, in the buffer of all outcomes */
};

struct s2_preprocess {
  s2vk_size input, base;          /* pixels: the input, and what scales are factors of */
  s2vk_size first, first_resized; /* what is cut out of what; 0 x 0: there is no first size */
  s2vk_filter first_filter;
  uint8_t fill[4]; /* of a square's rest, by stored components */
  /* What no map of the split has in it: one for the first size, or one for each scale. */
  uint32_t resample_count;
  struct s2_resample *resamples;
  uint64_t resampled_bytes; /* of all outcomes */
  bool either_first;        /* other images may be resampled along y first */
};

/* Checks info->preprocessing, which may be NULL, and fills in the sizes of *pre. Errors: STRUCT_SIZE, ENUM, ZERO_SIZE, OVERFLOW,
 * PREPROCESSING. */
s2vk_result s2_preprocess_check(const struct s2_env *env, const s2vk_plan_info *info, struct s2_preprocess *pre);

/* How many resamplings there are, of a plan of some scales. */
uint32_t s2_preprocess_count(const s2vk_plan_info *info, const struct s2_preprocess *pre);

/* Adds the next one to those that there is room for: for a scale of a size. pixels are the input's. */
void s2_preprocess_add(
    const s2vk_plan_info *info, const struct s2_pixels *pixels, s2vk_size image, struct s2_preprocess *pre);

/* Makes the maps of a resampling, from the canvas to what is kept: axes[0] for the height and axes[1] for the width, to be destroyed
 * by s2_axis_destroy() also after an error. */
s2vk_result s2_resample_axes(const struct s2_env *env, const struct s2_resample *resample, struct s2_axis *axes);

/* Pixels in rows without gaps but for whole texels, of the components of `as`, at a byte of a buffer: of bytes four a pixel, or of
 * floats. */
struct s2_pixels s2_resampled_pixels(const struct s2_pixels *as, bool floats, s2vk_size size, uint64_t base);

#endif
