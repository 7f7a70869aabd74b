#include "device.h"

#include "progress.h"

#include <stdio.h>

static void print_log(void *describe, s2vk_log_level level, const char *message) {
  if (level != S2VK_LOG_INFO || describe)
    message_print("%s", message);
}

bool device_open(struct device *device, int32_t index, bool describe) {
  volkInitialize(); /* without a loader vkGetInstanceProcAddr stays NULL, which s2vk_device_open() reports */
  if (!vkGetInstanceProcAddr) {
    message_print("no Vulkan loader is installed");
    return false;
  }
  const s2vk_device_info info = {.struct_size = sizeof info,
      .get_instance_proc_addr = vkGetInstanceProcAddr,
      .device_index = index,
      .log = print_log,
      .log_user = describe ? device : NULL};
  if (s2vk_device_open(&info, &device->info)) {
    if (index)
      message_print("--device %d: there is no such device; --list lists them", index);
    return false;
  }
  volkLoadInstance(device->info.instance);
  vkGetPhysicalDeviceProperties(device->info.physical_device, &device->properties);
  device->buffers = buffers_create(device->info.physical_device, device->info.device);
  if (!device->buffers)
    message_print("no memory for the device");
  return device->buffers;
}

void device_close(struct device *device) {
  buffers_destroy(&device->buffers);
  s2vk_device_close(&device->info);
  *device = (struct device){0};
}

/* ---- Buffers ---- */

bool buffer_create(const struct device *device, VkDeviceSize bytes, VkBufferUsageFlags usage, enum buffer_place place,
    struct buffer *buffer) {
  VkResult result = buffers_make(device->buffers, bytes, usage, place, buffer);
  if (result)
    message_print("no memory for a buffer of %llu bytes: VkResult %d", (unsigned long long)bytes, (int)result);
  return !result;
}

void buffer_destroy(const struct device *device, struct buffer *buffer) {
  buffers_drop(device->buffers, buffer);
}
