/* An image of a device with pixels from host memory: one layer for each image of a batch. */
#ifndef TESTS_TEXTURE_H
#define TESTS_TEXTURE_H

#include "gpu.h"

struct texture {
  VkImage image;
  VkDeviceMemory memory;
  VkImageView view;      /* of all layers */
  VkImageView flat_view; /* of the first, of type 2D */
};

/* Whether images of a format can be sampled and copied to. */
bool texture_supported(struct gpu *gpu, VkFormat format);

/* Copies pixels, image after image without gaps, and leaves all layers in a layout, visible to compute shaders. */
struct texture texture_create(struct gpu *gpu, VkFormat format, uint32_t layers, s2vk_size size, const void *pixels,
    size_t bytes, VkImageLayout layout);
/* Waits for copies before, and makes their writes, or the layout, visible to compute shaders; or, from UNDEFINED, to
 * copies. */
void texture_transition(VkCommandBuffer commands, VkImage image, uint32_t layers, VkImageLayout from, VkImageLayout to);

void texture_destroy(struct gpu *gpu, struct texture *texture);

#endif
