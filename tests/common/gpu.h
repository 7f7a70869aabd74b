/* A device for tests, under the Khronos validation layer with synchronization validation and best practices. Its
 * messages are counted, and any message fails the test. profile.h can give the device smaller limits. */
#ifndef TESTS_GPU_H
#define TESTS_GPU_H

#include <volk.h>

#include "s2vk/s2vk.h"

struct gpu_options {
  s2vk_variant variant;                   /* of the context */
  int32_t device_index;                   /* as in s2vk_device_info */
  bool no_validation;                     /* do without the layer */
  bool optional_validation;               /* ... if it is not installed */
  const VkAllocationCallbacks *allocator; /* of the context */
  PFN_vkGetInstanceProcAddr wrapped;      /* for the context; NULL: the profile's */
  PFN_vkGetInstanceProcAddr opened;       /* for s2vk_device_open(); NULL: the profile's */
};

struct gpu {
  s2vk_context_info info;
  s2vk_context *context;
  VkPhysicalDeviceProperties properties;
  VkCommandPool pool;
  VkDebugUtilsMessengerEXT messenger; /* NULL: the layer is not there */
};

/* Opens a device. If there is no device or no layer, returns false and prints the reason on stderr. */
bool gpu_open(struct gpu *gpu, const struct gpu_options *options);
void gpu_close(struct gpu *gpu);

/* Whether the driver's compiler takes seconds for a pipeline, as SwiftShader's does. Tests make fewer pipelines there,
 * and none for CPUs. */
bool gpu_compiles_slowly(const struct gpu *gpu);

/* Validation messages since the process started, and violations of the profile. */
unsigned gpu_messages(void);

/* The last line that the library logged on this thread, in any context, without lines of INFO; "" if there is none. */
const char *gpu_last_log(void);
void gpu_clear_log(void);

/* A log function that keeps the line for gpu_last_log(), unless it is INFO. */
void gpu_log(void *user, s2vk_log_level level, const char *message);

/* Begins a primary command buffer; ends, submits, waits for and frees it. */
VkCommandBuffer gpu_begin(struct gpu *gpu);
VkResult gpu_submit(struct gpu *gpu, VkCommandBuffer commands);

/* A buffer that host and device see. */
struct gpu_buffer {
  VkBuffer buffer;
  VkDeviceMemory memory;
  VkDeviceSize bytes;
  void *host;
};

/* Bytes to allocate for a buffer or image with memory of its own. The layer warns about smaller allocations. */
VkDeviceSize gpu_allocation(VkDeviceSize needed);

/* The usage of gpu_buffer_create()'s buffers: all that the library can use. */
#define GPU_BUFFER_USAGE                                                                                               \
  (VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |  \
      VK_BUFFER_USAGE_TRANSFER_DST_BIT)

struct gpu_buffer gpu_buffer_create(struct gpu *gpu, VkDeviceSize bytes);
struct gpu_buffer gpu_buffer_create_for(struct gpu *gpu, VkDeviceSize bytes, VkBufferUsageFlags usage);
void gpu_buffer_destroy(struct gpu *gpu, struct gpu_buffer *buffer);

/* Makes earlier commands and host writes visible to all later commands and, after a wait, to the host. */
void gpu_barrier(VkCommandBuffer commands);

#endif
