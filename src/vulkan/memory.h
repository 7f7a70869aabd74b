/* Device memory in blocks that buffers share. So plans and bindings make few allocations, and none is small: many
 * devices allow 4096 (maxMemoryAllocationCount). */
#ifndef S2VK_MEMORY_H
#define S2VK_MEMORY_H

#include "base/lock.h"
#include "vulkan/vk.h"

/* The kind of memory for a buffer. */
enum s2_place {
  S2_PLACE_DEVICE,   /* device-local */
  S2_PLACE_TABLE,    /* written once by the host, read often by the device */
  S2_PLACE_UPLOAD,   /* written by the host, read once */
  S2_PLACE_DOWNLOAD, /* read by the host: cached if there is such memory */
  S2_PLACE_COUNT
};

struct s2_block; /* one VkDeviceMemory */
struct s2_slice; /* a part of a block, which buffers lie in side by side */

/* Empty if all zero. */
struct s2_memory {
  struct s2_lock lock;
  struct s2_block *blocks[S2_PLACE_COUNT];
  uint32_t block_count;
  VkDeviceSize block_bytes;        /* of all blocks */
  s2vk_memory_callbacks callbacks; /* if allocate is not NULL, memory comes from it, and there are no blocks */
};

/* A buffer in a block. */
struct s2_buffer {
  VkBuffer buffer;
  VkDeviceSize bytes;
  void *mapped; /* NULL in S2_PLACE_DEVICE */
  struct s2_slice *slice;
};

/* A buffer to make. */
struct s2_buffer_info {
  const char *name;
  VkDeviceSize bytes; /* 0: none is made */
  VkBufferUsageFlags usage;
};

/* Makes `count` buffers side by side in one slice. If that would be larger than the largest allocation, each buffer has
 * a slice of its own. On failure no buffer is left. Errors: LIMIT, OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY, VULKAN.
 * Any thread. */
s2vk_result s2_buffers_create(const struct s2_env *env, const struct s2_vk *vk, struct s2_memory *memory,
    enum s2_place place, const struct s2_buffer_info *infos, uint32_t count, struct s2_buffer *buffers);

/* Accepts buffers that are all zero, and clears them. Any thread. */
void s2_buffers_destroy(const struct s2_env *env, const struct s2_vk *vk, struct s2_memory *memory,
    struct s2_buffer *buffers, uint32_t count);

/* Frees the blocks; no buffer may be left. */
void s2_memory_destroy(const struct s2_env *env, const struct s2_vk *vk, struct s2_memory *memory);

#endif
