#include "buffers.h"

#include <stdbool.h>
#include <stdlib.h>

#define MAPPED (VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)

struct buffers_block {
  struct buffers_block *next;
  VkDeviceMemory memory;
  VkDeviceSize bytes, used; /* `used`: bytes from the start that were given away at least once */
  uint32_t type, pieces;
  char *host;
};

struct buffers {
  VkDevice device;
  VkPhysicalDeviceMemoryProperties types;
  VkDeviceSize granularity; /* between buffers and images */
  struct buffers_block *blocks;
};

struct buffers *buffers_create(VkPhysicalDevice physical_device, VkDevice device) {
  struct buffers *buffers = calloc(1, sizeof *buffers);
  VkPhysicalDeviceProperties properties;
  if (!buffers)
    return NULL;
  buffers->device = device;
  vkGetPhysicalDeviceMemoryProperties(physical_device, &buffers->types);
  vkGetPhysicalDeviceProperties(physical_device, &properties);
  buffers->granularity = properties.limits.bufferImageGranularity;
  return buffers;
}

static void free_block(struct buffers *buffers, struct buffers_block *block) {
  struct buffers_block **link = &buffers->blocks;
  while (*link != block)
    link = &(*link)->next;
  *link = block->next;
  vkFreeMemory(buffers->device, block->memory, NULL);
  free(block);
}

void buffers_destroy(struct buffers **buffers) {
  while (*buffers && (*buffers)->blocks)
    free_block(*buffers, (*buffers)->blocks);
  free(*buffers);
  *buffers = NULL;
}

/* ---- Types ---- */

static uint32_t find_type(const struct buffers *buffers, uint32_t allowed, VkMemoryPropertyFlags flags) {
  for (uint32_t i = 0; i < buffers->types.memoryTypeCount; i++)
    if (allowed >> i & 1 && (buffers->types.memoryTypes[i].propertyFlags & flags) == flags)
      return i;
  return UINT32_MAX;
}

static uint32_t type_for(const struct buffers *buffers, uint32_t allowed, enum buffer_place place) {
  static const VkMemoryPropertyFlags best[] = {
      [BUFFER_DEVICE] = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
      [BUFFER_UPLOAD] = MAPPED,
      [BUFFER_READBACK] = MAPPED | VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
  };
  const uint32_t type = find_type(buffers, allowed, best[place]);
  return type < UINT32_MAX ? type : find_type(buffers, allowed, place == BUFFER_DEVICE ? 0 : MAPPED);
}

/* ---- Pieces ---- */

static VkDeviceSize align(VkDeviceSize value, VkDeviceSize alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

static VkResult add_block(
    struct buffers *buffers, VkDeviceSize bytes, uint32_t type, bool mapped, struct buffers_block **added) {
  struct buffers_block *block = calloc(1, sizeof *block);
  const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = bytes, .memoryTypeIndex = type};
  void *host = NULL;
  VkResult result =
      block ? vkAllocateMemory(buffers->device, &info, NULL, &block->memory) : VK_ERROR_OUT_OF_HOST_MEMORY;
  if (!result && mapped && (result = vkMapMemory(buffers->device, block->memory, 0, VK_WHOLE_SIZE, 0, &host)))
    vkFreeMemory(buffers->device, block->memory, NULL);
  if (result) {
    free(block);
    return result;
  }
  block->bytes = bytes;
  block->type = type;
  block->host = host;
  block->next = buffers->blocks;
  *added = buffers->blocks = block;
  return VK_SUCCESS;
}

VkResult buffers_take(
    struct buffers *buffers, const VkMemoryRequirements *needs, enum buffer_place place, struct buffers_piece *piece) {
  const uint32_t type = type_for(buffers, needs->memoryTypeBits, place);
  const bool mapped = place != BUFFER_DEVICE;
  const VkDeviceSize alignment =
      needs->alignment > buffers->granularity ? needs->alignment : buffers->granularity; /* both are powers of two */
  struct buffers_block *block = buffers->blocks;
  VkResult result = VK_SUCCESS;
  *piece = (struct buffers_piece){0};
  if (type == UINT32_MAX)
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  while (block &&
         (block->type != type || !block->host == mapped || align(block->used, alignment) + needs->size > block->bytes))
    block = block->next;
  if (!block)
    result =
        add_block(buffers, needs->size > BUFFERS_BLOCK_BYTES ? needs->size : BUFFERS_BLOCK_BYTES, type, mapped, &block);
  if (result)
    return result;
  const VkDeviceSize offset = align(block->used, alignment);
  block->used = offset + needs->size;
  block->pieces++;
  *piece = (struct buffers_piece){block, block->memory, offset, block->host ? block->host + offset : NULL};
  return VK_SUCCESS;
}

void buffers_give(struct buffers *buffers, struct buffers_piece *piece) {
  if (piece->block && !--piece->block->pieces)
    free_block(buffers, piece->block);
  *piece = (struct buffers_piece){0};
}

/* ---- Buffers ---- */

VkResult buffers_make(struct buffers *buffers, VkDeviceSize bytes, VkBufferUsageFlags usage, enum buffer_place place,
    struct buffer *buffer) {
  *buffer = (struct buffer){.bytes = bytes, .usage = usage};
  const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = bytes, .usage = usage};
  VkMemoryRequirements needs;
  VkResult result = vkCreateBuffer(buffers->device, &info, NULL, &buffer->buffer);
  if (!result) {
    vkGetBufferMemoryRequirements(buffers->device, buffer->buffer, &needs);
    result = buffers_take(buffers, &needs, place, &buffer->piece);
  }
  if (!result)
    result = vkBindBufferMemory(buffers->device, buffer->buffer, buffer->piece.memory, buffer->piece.offset);
  buffer->host = buffer->piece.host;
  if (result)
    buffers_drop(buffers, buffer);
  return result;
}

void buffers_drop(struct buffers *buffers, struct buffer *buffer) {
  if (buffer->buffer)
    vkDestroyBuffer(buffers->device, buffer->buffer, NULL);
  buffers_give(buffers, &buffer->piece);
  *buffer = (struct buffer){0};
}
