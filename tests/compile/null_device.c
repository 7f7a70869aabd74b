#include "null_device.h"

#include <stdlib.h>
#include <string.h>

PFN_vkCreateComputePipelines null_device_create_pipelines;
PFN_vkCreateShaderModule null_device_create_module;

static VKAPI_ATTR void VKAPI_CALL some_memory(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties *memory) {
  (void)device;
  *memory = (VkPhysicalDeviceMemoryProperties){
      .memoryTypeCount = 1,
      .memoryTypes = {{VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                           VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
          0}},
      .memoryHeapCount = 1,
      .memoryHeaps = {{(VkDeviceSize)16 << 30, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}},
  };
}

static VKAPI_ATTR void VKAPI_CALL any_type(VkDevice device, VkBuffer buffer, VkMemoryRequirements *requirements) {
  vkGetBufferMemoryRequirements(device, buffer, requirements);
  requirements->memoryTypeBits = 1;
}

/* Shims of kernels run out of what can be mapped; nothing is run, so that any memory will do. */
static VKAPI_ATTR VkResult VKAPI_CALL map_something(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset,
    VkDeviceSize size, VkMemoryMapFlags flags, void **data) {
  static void *something;
  if (vkMapMemory(device, memory, offset, size, flags, data) == VK_SUCCESS)
    return VK_SUCCESS;
  something = something ? something : calloc(1, (size_t)256 << 20);
  *data = something;
  return something ? VK_SUCCESS : VK_ERROR_MEMORY_MAP_FAILED;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_proc(VkDevice device, const char *name) {
  if (null_device_create_pipelines && strcmp(name, "vkCreateComputePipelines") == 0)
    return (PFN_vkVoidFunction)null_device_create_pipelines;
  if (null_device_create_module && strcmp(name, "vkCreateShaderModule") == 0)
    return (PFN_vkVoidFunction)null_device_create_module;
  if (strcmp(name, "vkMapMemory") == 0)
    return (PFN_vkVoidFunction)map_something;
  if (strcmp(name, "vkGetBufferMemoryRequirements") == 0)
    return (PFN_vkVoidFunction)any_type;
  return vkGetDeviceProcAddr(device, name);
}

PFN_vkVoidFunction null_device_wrapped(VkInstance instance, const char *name) {
  if (strcmp(name, "vkGetPhysicalDeviceMemoryProperties") == 0)
    return (PFN_vkVoidFunction)some_memory;
  if (strcmp(name, "vkGetDeviceProcAddr") == 0)
    return (PFN_vkVoidFunction)device_proc;
  return vkGetInstanceProcAddr(instance, name);
}

static PFN_vkCreateDevice driver_create_device;

static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
    const VkAllocationCallbacks *allocator, VkDevice *device) {
  const char *names[64];
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR feature = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
      .pNext = (void *)info->pNext,
      .pipelineExecutableInfo = VK_TRUE,
  };
  VkDeviceCreateInfo more = *info;
  for (uint32_t i = 0; i < info->enabledExtensionCount && i < 63; i++)
    names[i] = info->ppEnabledExtensionNames[i];
  names[more.enabledExtensionCount++] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
  more.ppEnabledExtensionNames = names;
  more.pNext = &feature;
  return driver_create_device(physical, &more, allocator, device);
}

PFN_vkVoidFunction null_device_opened(VkInstance instance, const char *name) {
  if (strcmp(name, "vkCreateDevice") != 0)
    return vkGetInstanceProcAddr(instance, name);
  driver_create_device = (PFN_vkCreateDevice)vkGetInstanceProcAddr(instance, name);
  return (PFN_vkVoidFunction)create_device;
}
