/* Device memory, and buffers in it. A device may have few allocations: small buffers are pieces of larger allocations,
 * and large buffers have allocations of their own. The code calls Vulkan through volk. One thread at a time. */
#ifndef SAMPLES_BUFFERS_H
#define SAMPLES_BUFFERS_H

#include <volk.h>

/* The smallest allocation. */
#define BUFFERS_BLOCK_BYTES (1u << 20)

enum buffer_place {
  BUFFER_DEVICE,   /* where the device is fast */
  BUFFER_UPLOAD,   /* mapped, for the host to write */
  BUFFER_READBACK, /* mapped, for the host to read */
};

struct buffers;
struct buffers_block;

/* A piece of an allocation. */
struct buffers_piece {
  struct buffers_block *block; /* NULL: none */
  VkDeviceMemory memory;
  VkDeviceSize offset;
  void *host; /* NULL in BUFFER_DEVICE */
};

struct buffer {
  VkBuffer buffer;
  VkDeviceSize bytes;
  VkBufferUsageFlags usage;
  void *host; /* NULL in BUFFER_DEVICE */
  struct buffers_piece piece;
};

/* Makes the allocator of a device, which must outlive it. Returns NULL if there is no memory for it. */
struct buffers *buffers_create(VkPhysicalDevice physical_device, VkDevice device);

/* Destroys the allocator and clears the handle; accepts NULL in it. Drop all buffers and pieces before. */
void buffers_destroy(struct buffers **buffers);

/* Takes a piece of memory, for example for an image. After an error the piece is empty. */
VkResult buffers_take(
    struct buffers *buffers, const VkMemoryRequirements *needs, enum buffer_place place, struct buffers_piece *piece);
void buffers_give(struct buffers *buffers, struct buffers_piece *piece);

/* Makes a buffer with its memory. After an error the buffer is empty. */
VkResult buffers_make(struct buffers *buffers, VkDeviceSize bytes, VkBufferUsageFlags usage, enum buffer_place place,
    struct buffer *buffer);

/* Destroys a buffer. Accepts an empty one. */
void buffers_drop(struct buffers *buffers, struct buffer *buffer);

#endif
