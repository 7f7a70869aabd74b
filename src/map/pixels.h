/* An input of pixels: their places, and how they become values. Pure arithmetic on s2vk_pixels_info. */
#ifndef S2VK_PIXELS_H
#define S2VK_PIXELS_H

#include "../shaders/constants.h"
#include "base/env.h"

#define S2_MAX_PIXEL_CHANNELS 4

struct s2_pixels {
  uint32_t source; /* S2_SOURCE_* */
  bool flat;       /* of an image: its view is of type 2D */
  uint32_t x, y;   /* of the region */
  uint32_t transfer;
  uint32_t component_bytes, pixel_bytes; /* in a buffer */
  uint64_t row_stride, image_stride;     /* bytes in a buffer */
  uint64_t base;                         /* the byte that pixel (0, 0) of the first image is at */
  uint32_t order; /* of each channel, the component: a byte each, lowest first. 3 is alpha in every format with alpha */
  float scale[S2_MAX_PIXEL_CHANNELS], bias[S2_MAX_PIXEL_CHANNELS]; /* a value is scale * pixel + bias */
};

/* Checks info->pixels, which is not NULL, and the fields of info that it must agree with. batch, channels and sides
 * must be checked already. Errors: STRUCT_SIZE, ENUM, OVERFLOW, PIXELS. */
s2vk_result s2_pixels_create(const struct s2_env *env, const s2vk_plan_info *info, struct s2_pixels *pixels);

/* Converts a colour (red, green, blue, alpha) to the order of the stored components. */
void s2_pixels_fill(const s2vk_pixels_info *info, const uint8_t colour[4], uint8_t fill[4]);

/* The alignment of rows of four-byte pixels in a buffer: 4 if all rows begin at multiples of four words, 1 if they
 * begin at multiples of a word, else 0. */
uint32_t s2_pixels_words(const struct s2_pixels *pixels);

/* The byte of a buffer that row y of the region of an image begins with. */
uint64_t s2_pixels_row(const struct s2_pixels *pixels, uint32_t image, uint32_t y);

/* Bytes of a buffer up to the last pixel of the regions of all images; 0 for an image. */
uint64_t s2_pixels_end(const struct s2_pixels *pixels, uint32_t batch, s2vk_size region);

/* The same, rounded up to a multiple of 4. */
uint64_t s2_pixels_bytes(const struct s2_pixels *pixels, uint32_t batch, s2vk_size region);

#endif
