#include "device.h"

#include "progress.h"

#include <stdio.h>

static void print_log(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  if (level != S2VK_LOG_INFO)
    message_print("%s", message);
}

bool device_open(struct device *device, int32_t index) {
  volkInitialize(); /* without a Vulkan loader, vkGetInstanceProcAddr is NULL */
  if (!vkGetInstanceProcAddr) {
    message_print("no Vulkan loader is installed");
    return false;
  }
  const s2vk_device_info info = {.struct_size = sizeof info,
      .get_instance_proc_addr = vkGetInstanceProcAddr,
      .device_index = index,
      .log = print_log};
  if (s2vk_device_open(&info, &device->info)) {
    if (index)
      message_print("--device %d: --list says which there are", index);
    return false;
  }
  volkLoadInstance(device->info.instance);
  vkGetPhysicalDeviceProperties(device->info.physical_device, &device->properties);
  vkGetPhysicalDeviceMemoryProperties(device->info.physical_device, &device->memory);
  return true;
}

void device_close(struct device *device) {
  s2vk_device_close(&device->info);
  *device = (struct device){0};
}

/* ---- Buffers ---- */

#define MAPPED (VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)

static uint32_t find_type(const struct device *device, uint32_t allowed, VkMemoryPropertyFlags flags) {
  for (uint32_t i = 0; i < device->memory.memoryTypeCount; i++)
    if (allowed >> i & 1 && (device->memory.memoryTypes[i].propertyFlags & flags) == flags)
      return i;
  return UINT32_MAX;
}

static VkResult allocate(const struct device *device, enum buffer_place place, struct buffer *buffer) {
  static const VkMemoryPropertyFlags best[] = {
      [BUFFER_DEVICE] = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
      [BUFFER_UPLOAD] = MAPPED,
      [BUFFER_READBACK] = MAPPED | VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
  };
  VkDevice vk = device->info.device;
  VkMemoryRequirements needs;
  vkGetBufferMemoryRequirements(vk, buffer->buffer, &needs);
  uint32_t type = find_type(device, needs.memoryTypeBits, best[place]);
  if (type == UINT32_MAX)
    type = find_type(device, needs.memoryTypeBits, place == BUFFER_DEVICE ? 0 : MAPPED);
  const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = needs.size, .memoryTypeIndex = type};
  VkResult result = vkAllocateMemory(vk, &info, NULL, &buffer->memory);
  if (!result)
    result = vkBindBufferMemory(vk, buffer->buffer, buffer->memory, 0);
  if (!result && place != BUFFER_DEVICE)
    result = vkMapMemory(vk, buffer->memory, 0, VK_WHOLE_SIZE, 0, &buffer->host);
  return result;
}

bool buffer_create(const struct device *device, VkDeviceSize bytes, VkBufferUsageFlags usage, enum buffer_place place,
    struct buffer *buffer) {
  *buffer = (struct buffer){.bytes = bytes};
  const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = bytes, .usage = usage};
  VkResult result = vkCreateBuffer(device->info.device, &info, NULL, &buffer->buffer);
  if (!result)
    result = allocate(device, place, buffer);
  if (!result)
    return true;
  message_print("no memory for a buffer of %llu bytes: VkResult %d", (unsigned long long)bytes, (int)result);
  buffer_destroy(device, buffer);
  return false;
}

void buffer_destroy(const struct device *device, struct buffer *buffer) {
  if (buffer->buffer || buffer->memory) {
    vkDestroyBuffer(device->info.device, buffer->buffer, NULL);
    vkFreeMemory(device->info.device, buffer->memory, NULL);
  }
  *buffer = (struct buffer){0};
}
