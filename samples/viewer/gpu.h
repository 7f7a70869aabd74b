/* The application's own instance and device, with buffers and images. It does not depend on s2vk. */
#ifndef VIEWER_GPU_H
#define VIEWER_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffers.h"

#define FRAMES_IN_FLIGHT 2

struct gpu {
  VkInstance instance;
  VkPhysicalDevice physical_device;
  VkPhysicalDeviceProperties properties;
  VkDevice device;
  uint32_t queue_family; /* graphics, compute and, with a surface, presentation */
  VkQueue queue;
  struct buffers *buffers;
  bool debug_utils;
  bool timestamps;
  bool shader_int64;
};

/* These functions return false and print the reason on stderr if they fail. */
bool gpu_open_instance(struct gpu *gpu, const char *const *extensions, uint32_t extension_count);

/* Opens the device number `index` of --list; 0: the best one. surface: where frames are presented; may be NULL. */
bool gpu_open_device(struct gpu *gpu, int32_t index, VkSurfaceKHR surface);

/* The number of the device as in s2vk_device_info.device_index. */
bool gpu_list(const struct gpu *gpu);

/* Closes a device, also one that was opened only in part. */
void gpu_close(struct gpu *gpu);

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

VkResult buffer_create(
    struct buffer *buffer, const struct gpu *gpu, VkDeviceSize bytes, VkBufferUsageFlags usage, bool mapped);
void buffer_destroy(struct buffer *buffer, const struct gpu *gpu);

struct image {
  VkImage image;
  struct buffers_piece piece;
  VkImageView view; /* type 2D_ARRAY if sampled, else 2D */
  VkFormat format;
  VkExtent2D extent;
  uint32_t levels;
};

VkResult image_create(struct image *image, const struct gpu *gpu, VkFormat format, VkExtent2D extent, uint32_t levels,
    VkImageUsageFlags usage);
void image_destroy(struct image *image, const struct gpu *gpu);

/* Fills level 0 of a sampled image, derives the other levels from it, and waits for the queue. Rows have no
 * gaps. */
VkResult image_upload(const struct image *image, const struct gpu *gpu, const void *pixels, VkDeviceSize bytes);

/* ---- Commands that are waited for -------------------------------------------------------------------------------- */

struct one_time {
  VkCommandPool pool;
  VkCommandBuffer commands;
};

VkResult one_time_begin(struct one_time *one_time, const struct gpu *gpu);

/* Submits the commands, waits for them, and destroys the buffer, whatever the result. */
VkResult one_time_end(struct one_time *one_time, const struct gpu *gpu);

/* A barrier between layouts of all levels, from the commands before to the commands after. */
void image_barrier(VkCommandBuffer commands, const struct image *image, uint32_t level, uint32_t levels,
    VkImageLayout from, VkImageLayout to);

#endif
