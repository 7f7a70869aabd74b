/* Images as an application has them, in any format in memory, and the tensors that they stand for: in simple code and
 * double precision. */
#ifndef TESTS_PICTURE_H
#define TESTS_PICTURE_H

#include "gpu.h"
#include "suite.h"

enum picture_storage { PICTURE_UNORM8, PICTURE_SRGB8, PICTURE_F16, PICTURE_F32, PICTURE_UNORM10 };

/* How a pixel is stored. */
struct picture_format {
  const char *components; /* letters of RGBA, or L for grey, in the order of memory; of 10 bits, from the lowest on */
  enum picture_storage storage;
};

struct picture {
  uint32_t batch, height, width;
  double *rgba; /* batch x height x width x 4: the values that a read returns */
};

/* sRGB-codes a linear value. */
double picture_to_srgb(double linear);

size_t picture_pixel_bytes(const struct picture_format *format);

/* Random pixels, put into memory that begins with the first, and into a picture to be freed. Floats are from -0.5
 * to 1.5. */
struct picture picture_make(const struct picture_format *format, uint32_t batch, s2vk_size size, size_t row_stride,
    size_t image_stride, struct noise *noise, void *memory);
void picture_free(struct picture *picture);

/* The values that a plan with pixels reads from the picture: batch x channels x height x width. */
void picture_tensor(const struct picture *picture, const s2vk_plan_info *info, float *tensor);

#endif
