/* Resizing of images, antialiased, one axis after the other: Pillow's Image.resize() of 8-bit images, to the bit, or
 * the same without rounding, as torchvision's of tensors of floats. */
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

/* A resized axis: the coordinates from `first` on, of `size`. */
struct vit_span {
  uint32_t size, first, count;
};

/* Replaces the image, whose pixels were made by malloc(), by a part of its resize. False if there is no memory. */
bool vit_resize(
    struct vit_image *image, const struct vit_span *rows, const struct vit_span *columns, enum vit_resample resample);

#endif
