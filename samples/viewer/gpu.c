#include "gpu.h"

#include "devices.h"

#include <stdio.h>
#include <string.h>

#define MAX_DEVICES 64
#define MAX_EXTENSIONS 512

/* ---- Instance ---------------------------------------------------------------------------------------------------- */

static bool has(const VkExtensionProperties *extensions, uint32_t count, const char *name) {
  for (uint32_t i = 0; i < count; i++)
    if (strcmp(extensions[i].extensionName, name) == 0)
      return true;
  return false;
}

bool gpu_open_instance(struct gpu *gpu, const char *const *extensions, uint32_t extension_count) {
  *gpu = (struct gpu){0};
  if (volkInitialize()) {
    fprintf(stderr, "viewer: no Vulkan loader is installed\n");
    return false;
  }
  static VkExtensionProperties offered[MAX_EXTENSIONS];
  uint32_t offered_count = MAX_EXTENSIONS;
  if (vkEnumerateInstanceExtensionProperties(NULL, &offered_count, offered) < 0)
    offered_count = 0;
  const char *names[16];
  uint32_t count = 0;
  for (; count < extension_count && count < 14; count++)
    names[count] = extensions[count];
  gpu->debug_utils = has(offered, offered_count, VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
  if (gpu->debug_utils)
    names[count++] = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
  const bool portability = has(offered, offered_count, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME);
  if (portability)
    names[count++] = VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME;
  const VkApplicationInfo application = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .pApplicationName = "s2vk viewer", .apiVersion = VK_API_VERSION_1_1};
  const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .flags = portability ? VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR : 0,
      .pApplicationInfo = &application,
      .enabledExtensionCount = count,
      .ppEnabledExtensionNames = names,
  };
  const VkResult result = vkCreateInstance(&info, NULL, &gpu->instance);
  if (result) {
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
      fprintf(stderr, "viewer: no Vulkan driver is installed: Debian has those of Mesa in mesa-vulkan-drivers\n");
    else
      fprintf(stderr, "viewer: no Vulkan instance can be made: VkResult %d\n", result);
    gpu->instance = VK_NULL_HANDLE;
    return false;
  }
  volkLoadInstance(gpu->instance);
  return true;
}

/* ---- Device ------------------------------------------------------------------------------------------------------ */

/* Returns a queue family that draws, computes and presents, or UINT32_MAX. */
static uint32_t find_family(VkPhysicalDevice device, VkSurfaceKHR surface, bool *timestamps) {
  VkQueueFamilyProperties families[64];
  uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, NULL);
  count = count < 64 ? count : 64;
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families);
  const VkQueueFlags both = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
  for (uint32_t i = 0; i < count; i++) {
    VkBool32 presents = VK_TRUE;
    if ((families[i].queueFlags & both) != both ||
        (surface && (vkGetPhysicalDeviceSurfaceSupportKHR(device, i, surface, &presents) || !presents)))
      continue;
    *timestamps = families[i].timestampValidBits > 0;
    return i;
  }
  return UINT32_MAX;
}

static int rank(VkPhysicalDeviceType type) {
  switch (type) {
  case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
    return 4;
  case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
    return 3;
  case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
    return 2;
  default:
    return 1;
  }
}

static bool choose_device(struct gpu *gpu, int32_t index, VkSurfaceKHR surface) {
  VkPhysicalDevice devices[MAX_DEVICES];
  uint32_t count = MAX_DEVICES;
  int best = 0;
  if (vkEnumeratePhysicalDevices(gpu->instance, &count, devices) < 0)
    count = 0;
  for (uint32_t i = 0; i < count; i++) {
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(devices[i], &properties);
    bool timestamps;
    if (properties.apiVersion < VK_API_VERSION_1_1 || (index && (uint32_t)index != i + 1) ||
        rank(properties.deviceType) <= best)
      continue;
    const uint32_t family = find_family(devices[i], surface, &timestamps);
    if (family == UINT32_MAX)
      continue;
    best = rank(properties.deviceType);
    gpu->physical_device = devices[i];
    gpu->properties = properties;
    gpu->queue_family = family;
    gpu->timestamps = timestamps;
  }
  if (!best && index)
    fprintf(
        stderr, "viewer: --device %d: none that draws and computes has this number; --list lists the devices\n", index);
  else if (!best)
    fprintf(stderr, "viewer: no Vulkan 1.1 device here has a queue that draws%s and computes\n",
        surface ? ", presents" : "");
  return best;
}

bool gpu_open_device(struct gpu *gpu, int32_t index, VkSurfaceKHR surface) {
  if (!choose_device(gpu, index, surface))
    return false;
  static VkExtensionProperties offered[MAX_EXTENSIONS];
  uint32_t offered_count = MAX_EXTENSIONS;
  if (vkEnumerateDeviceExtensionProperties(gpu->physical_device, NULL, &offered_count, offered) < 0)
    offered_count = 0;
  const char *extensions[2];
  uint32_t extension_count = 0;
  if (surface)
    extensions[extension_count++] = VK_KHR_SWAPCHAIN_EXTENSION_NAME;
  if (has(offered, offered_count, "VK_KHR_portability_subset"))
    extensions[extension_count++] = "VK_KHR_portability_subset";
  VkPhysicalDeviceFeatures features;
  vkGetPhysicalDeviceFeatures(gpu->physical_device, &features);
  gpu->shader_int64 = features.shaderInt64 && gpu->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  const VkPhysicalDeviceFeatures enabled = {.shaderInt64 = gpu->shader_int64};
  const float priority = 1;
  const VkDeviceQueueCreateInfo queue = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = gpu->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
  };
  const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue,
      .enabledExtensionCount = extension_count,
      .ppEnabledExtensionNames = extensions,
      .pEnabledFeatures = &enabled,
  };
  const VkResult result = vkCreateDevice(gpu->physical_device, &info, NULL, &gpu->device);
  if (result) {
    fprintf(stderr, "viewer: %s cannot be opened: VkResult %d\n", gpu->properties.deviceName, result);
    gpu->device = VK_NULL_HANDLE;
    return false;
  }
  volkLoadDevice(gpu->device);
  vkGetDeviceQueue(gpu->device, gpu->queue_family, 0, &gpu->queue);
  gpu->buffers = buffers_create(gpu->physical_device, gpu->device);
  if (!gpu->buffers)
    fprintf(stderr, "viewer: no memory for the device\n");
  return gpu->buffers;
}

bool gpu_list(const struct gpu *gpu) {
  struct gpu best = *gpu;
  return choose_device(&best, 0, VK_NULL_HANDLE) && devices_print(gpu->instance, best.physical_device);
}

void gpu_close(struct gpu *gpu) {
  buffers_destroy(&gpu->buffers);
  if (gpu->device)
    vkDestroyDevice(gpu->device, NULL);
  if (gpu->instance)
    vkDestroyInstance(gpu->instance, NULL);
  *gpu = (struct gpu){0};
}
