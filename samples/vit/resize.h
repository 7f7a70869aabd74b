/* Resizing of images, antialiased, one axis after the other: Pillow's Image.resize() of 8-bit images, to the bit, or the same
 * without rounding, as torchvision's of tensors of floats. */
#ifndef VIT_RESIZE_H
#define VIT_RESIZE_H

#include "preprocess.h"

struct vit_image {
  void *pixels; /* height x width x 3: bytes, or floats */
  uint32_t height, width;
  bool floats;
};

/* Bytes of a pixel's channel. */
static inline size_t vit_image_size(const struct vit_image *image) {
  return image->floats ? sizeof(float) : 1;
}

/* Replaces the image, whose pixels were made by malloc(), by its resize. False if there is no memory. */
bool vit_resize(struct vit_image *image, uint32_t height, uint32_t width, enum vit_resample resample);

#endif
