/* The device, and the functions of Vulkan that measurements need. Functions print the reason of a failure on stderr. */
#ifndef BENCH_DEVICE_H
#define BENCH_DEVICE_H

#include "buffers.h"

#include <s2vk/s2vk.h>

struct device {
  s2vk_context_info info; /* with a log_user, each plan is described on stderr */
  VkPhysicalDeviceProperties properties;
  char driver[VK_MAX_DRIVER_NAME_SIZE + VK_MAX_DRIVER_INFO_SIZE + 2];
  uint32_t timestamp_bits; /* 0: the queue has no timestamps */
  VkCommandPool pool;
  VkFence fence;
  VkQueryPool queries;
  struct buffers *buffers;
};

bool device_open(struct device *device, int32_t index);

/* With what `wrapped` makes of vkGetInstanceProcAddr, such as a vkCreateDevice() that enables more; NULL: as it is. */
bool device_open_wrapped(
    struct device *device, int32_t index, PFN_vkGetInstanceProcAddr (*wrapped)(PFN_vkGetInstanceProcAddr below));
void device_close(struct device *device);

/* A context of the device. Every context of the program is made here. */
bool device_context(const s2vk_context_info *info, VkPipelineCache cache, s2vk_context **context);

/* Opens only an instance and a device. Close them by s2vk_device_close(). */
bool device_open_bare(int32_t index, s2vk_context_info *info);

/* Begins a command buffer with a timestamp, and ends it with another. */
bool device_begin(struct device *device, VkCommandBuffer *commands);
bool device_end(struct device *device, VkCommandBuffer commands);

/* Submits and waits. */
bool device_submit(struct device *device, VkCommandBuffer commands);

/* The time between the two timestamps of the command buffer that was submitted last. */
bool device_timestamps(struct device *device, double *ms);

/* Returns true for VK_SUCCESS. Otherwise prints what failed, and returns false. */
bool succeeded(VkResult result, const char *what);
bool s2vk_succeeded(s2vk_result result, const char *what);

/* Makes a buffer in device memory, or for staging in mapped memory. 0 bytes: makes none. */
bool buffer_create(struct device *device, VkDeviceSize bytes, bool staging, struct buffer *buffer);
void buffer_destroy(struct device *device, struct buffer *buffer);

bool buffer_write(struct device *device, const struct buffer *buffer, const void *data, VkDeviceSize bytes);
bool buffer_read(struct device *device, const struct buffer *buffer, void *data, VkDeviceSize bytes);
bool buffer_fill(struct device *device, const struct buffer *buffer, uint32_t word);

#endif
