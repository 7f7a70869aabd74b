/* The Vulkan device. */
#ifndef EXTRACT_DEVICE_H
#define EXTRACT_DEVICE_H

#include "buffers.h"

#include <s2vk/s2vk.h>

struct device {
  s2vk_context_info info;
  VkPhysicalDeviceProperties properties;
  struct buffers *buffers;
};

/* Loads Vulkan and opens a device; index 0: the best one. Every plan of the device is described on stderr if
 * `describe`. On failure returns false and prints the reason on stderr. */
bool device_open(struct device *device, int32_t index, bool describe);

/* Accepts an empty device. */
void device_close(struct device *device);

/* ---- Buffers ---- */

/* Makes a buffer. If there is no memory, returns false, prints the reason on stderr and leaves the buffer empty. */
bool buffer_create(const struct device *device, VkDeviceSize bytes, VkBufferUsageFlags usage, enum buffer_place place,
    struct buffer *buffer);

/* Accepts an empty buffer. */
void buffer_destroy(const struct device *device, struct buffer *buffer);

#endif
