/* The application's own instance and device, with buffers and images. It knows nothing of s2vk. */
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

/* Each is false, with the reason on stderr, if it fails. */
bool gpu_open_instance(struct gpu *gpu, const char *const *extensions, uint32_t extension_count);

/* The device numbered by index, as --list does, or for 0 the best one. surface: what is presented to; may be NULL. */
bool gpu_open_device(struct gpu *gpu, int32_t index, VkSurfaceKHR surface);

/* What s2vk_device_info.device_index would number. */
bool gpu_list(const struct gpu *gpu);

/* Accepts one that was opened in part. */
void gpu_close(struct gpu *gpu);

/* ---- Memory ---- */

VkResult buffer_create(
    struct buffer *buffer, const struct gpu *gpu, VkDeviceSize bytes, VkBufferUsageFlags usage, bool mapped);
void buffer_destroy(struct buffer *buffer, const struct gpu *gpu);

struct image {
  VkImage image;
  struct buffers_piece piece;
  VkImageView view; /* of type 2D_ARRAY if sampled, else of type 2D */
  VkFormat format;
  VkExtent2D extent;
  uint32_t levels;
};

VkResult image_create(struct image *image, const struct gpu *gpu, VkFormat format, VkExtent2D extent, uint32_t levels,
    VkImageUsageFlags usage);
void image_destroy(struct image *image, const struct gpu *gpu);

/* Fills level 0 of a sampled image, derives the other levels from it, and waits for the queue. Rows are without gaps.
 */
VkResult image_upload(const struct image *image, const struct gpu *gpu, const void *pixels, VkDeviceSize bytes);

/* ---- Commands that are waited for ---- */

struct one_time {
  VkCommandPool pool;
  VkCommandBuffer commands;
};

VkResult one_time_begin(struct one_time *one_time, const struct gpu *gpu);

/* Submits, waits, and destroys it, whatever the result. */
VkResult one_time_end(struct one_time *one_time, const struct gpu *gpu);

/* A barrier between layouts of all levels, from the commands before to the commands after. */
void image_barrier(VkCommandBuffer commands, const struct image *image, uint32_t level, uint32_t levels,
    VkImageLayout from, VkImageLayout to);

#endif
