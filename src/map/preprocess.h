/* Preprocessing of an input ahead of S2: padding to a square, a first resize, and rounding to bytes. Pure arithmetic on
 * s2vk_preprocessing_info. Linear steps are folded into the maps of the split (map/chain.h). The others are a list of
 * resamplings. A resampling makes an image of its own in two passes, one along each axis: it resizes the canvas, which
 * is the input and its padding, and crops the result. */
#ifndef S2VK_PREPROCESS_H
#define S2VK_PREPROCESS_H

#include "map/axis.h"
#include "map/pixels.h"

struct s2_resample {
  uint32_t scale;          /* the scale ahead of whose tiles it is made */
  bool floats;             /* the outcome is floats; false: rounded to bytes */
  bool down_first;         /* the first pass is along y */
  s2vk_filter filter;      /* from canvas to resized */
  s2vk_size canvas;        /* pixels: the input with its padding */
  uint32_t top, left;      /* of the input in the canvas */
  s2vk_size resized;       /* pixels: the resized canvas */
  s2vk_size out;           /* pixels: the part of it that is kept */
  uint32_t y, x;           /* where that part begins */
  struct s2_pixels pixels; /* the outcome, in the buffer of all outcomes */
};

struct s2_preprocess {
  s2vk_size input;         /* pixels */
  s2vk_size base;          /* pixels: the size that scales are factors of */
  s2vk_size first;         /* pixels: what the first resize keeps; 0 x 0: there is no first resize */
  s2vk_size first_resized; /* pixels: what the first resize makes before it crops */
  s2vk_filter first_filter;
  uint8_t fill[4];         /* the colour of the padding, by stored components */
  uint32_t resample_count; /* one for the first resize, or one per scale */
  struct s2_resample *resamples;
  uint64_t resampled_bytes; /* of all outcomes */
  bool either_first;        /* a plan for another image size may resample along y first */
};

/* Checks info->preprocessing, which may be NULL, and sets the sizes of *pre. Errors: STRUCT_SIZE, ENUM, ZERO_SIZE,
 * OVERFLOW, PREPROCESSING. */
s2vk_result s2_preprocess_check(const struct s2_env *env, const s2vk_plan_info *info, struct s2_preprocess *pre);

/* The number of resamplings of a plan. */
uint32_t s2_preprocess_count(const s2vk_plan_info *info, const struct s2_preprocess *pre);

/* Adds a resampling to pre->resamples, which has room for it. image: the scale's size; pixels: the input's. */
void s2_preprocess_add(
    const s2vk_plan_info *info, const struct s2_pixels *pixels, s2vk_size image, struct s2_preprocess *pre);

/* Makes the maps of a resampling, from the canvas to what is kept: axes[0] for the height, axes[1] for the width. The
 * caller destroys both by s2_axis_destroy(), after an error, too. */
s2vk_result s2_resample_axes(const struct s2_env *env, const struct s2_resample *resample, struct s2_axis *axes);

/* Pixels in a buffer from byte `base` on, with the components of `as`: four bytes, or four floats, per pixel. Rows have
 * no gaps, except that they end with whole texels. */
struct s2_pixels s2_resampled_pixels(const struct s2_pixels *as, bool floats, s2vk_size size, uint64_t base);

#endif
