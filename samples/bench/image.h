/* An image on the device, as a plan reads it: it has a layer for each image of the batch. */
#ifndef BENCH_IMAGE_H
#define BENCH_IMAGE_H

#include "device.h"

struct device_image {
  VkImage image;
  struct buffers_piece piece;
  VkImageView view; /* of all layers, in SHADER_READ_ONLY_OPTIMAL */
};

/* Makes an image from pixels in a buffer of the device. Layers follow each other without gaps. */
bool image_create(struct device *device, VkFormat format, s2vk_size size, uint32_t layers, const struct buffer *pixels,
    struct device_image *image);
void image_destroy(struct device *device, struct device_image *image);

#endif
