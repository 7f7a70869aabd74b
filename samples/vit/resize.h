/* Pillow's Image.resize() of 8-bit images, to the bit: antialiased, one axis after the other, each rounded to 8 bits. */
#ifndef VIT_RESIZE_H
#define VIT_RESIZE_H

#include "preprocess.h"

struct vit_image {
  unsigned char *pixels; /* height x width x 3 */
  uint32_t height, width;
};

/* Replaces the image, whose pixels were made by malloc(), by its resize. False if there is no memory. */
bool vit_resize(struct vit_image *image, uint32_t height, uint32_t width, enum vit_resample resample);

#endif
