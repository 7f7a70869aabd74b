#include "devices.h"

#include <stdio.h>

#define MAX_DEVICES 64

bool devices_print(VkInstance instance, VkPhysicalDevice best) {
  static const char *const types[] = {"other", "integrated GPU", "discrete GPU", "virtual GPU", "CPU"};
  VkPhysicalDevice devices[MAX_DEVICES];
  uint32_t count = MAX_DEVICES;
  if (vkEnumeratePhysicalDevices(instance, &count, devices) < 0) {
    fprintf(stderr, "--list: the devices cannot be enumerated\n");
    return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(devices[i], &properties);
    uint32_t type = (uint32_t)properties.deviceType;
    printf("%u  %s, %s, Vulkan %u.%u%s\n", i + 1, properties.deviceName, type < 5 ? types[type] : types[0],
        VK_API_VERSION_MAJOR(properties.apiVersion), VK_API_VERSION_MINOR(properties.apiVersion),
        devices[i] == best ? " (best)" : "");
  }
  return true;
}
