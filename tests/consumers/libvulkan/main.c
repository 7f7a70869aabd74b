/* A program that links the Vulkan loader and calls it by its prototypes. */
#include <vulkan/vulkan.h>

#include "../features.h"

static VkResult open_device(s2vk_context_info *info) {
  const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
  const VkInstanceCreateInfo instance_info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
  VkResult result = vkCreateInstance(&instance_info, NULL, &info->instance);
  if (result)
    return result;
  uint32_t count = 1, family_count = 16;
  VkQueueFamilyProperties families[16];
  result = vkEnumeratePhysicalDevices(info->instance, &count, &info->physical_device);
  if (result < 0 || count == 0)
    return VK_ERROR_INITIALIZATION_FAILED;
  vkGetPhysicalDeviceQueueFamilyProperties(info->physical_device, &family_count, families);
  while (info->queue_family < family_count && !(families[info->queue_family].queueFlags & VK_QUEUE_COMPUTE_BIT))
    info->queue_family++;
  const float priority = 1;
  const VkDeviceQueueCreateInfo queue_info = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = info->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority};
  const VkDeviceCreateInfo device_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .queueCreateInfoCount = 1, .pQueueCreateInfos = &queue_info};
  result = vkCreateDevice(info->physical_device, &device_info, NULL, &info->device);
  if (!result)
    vkGetDeviceQueue(info->device, info->queue_family, 0, &info->queue);
  return result;
}

int main(void) {
  s2vk_context_info info = {
      .struct_size = sizeof info, .get_instance_proc_addr = vkGetInstanceProcAddr, .log = print_line};
  VkResult opened = open_device(&info);
  if (opened) {
    fprintf(stderr, "no device: VkResult %d\n", (int)opened);
    return 1;
  }
  s2vk_context *context;
  float output[VALUES] = {0};
  s2vk_result result = s2vk_context_create(&info, &context);
  if (!result)
    result = run(context, output);
  s2vk_context_destroy(&context);
  vkDestroyDevice(info.device, NULL);
  vkDestroyInstance(info.instance, NULL);
  if (result)
    fprintf(stderr, "%s\n", s2vk_result_name(result));
  return result || check(output);
}
