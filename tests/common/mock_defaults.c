#include "mock_device.h"

#include <stdio.h>

/* Limits that most GPUs have, or more than most. */
static VkPhysicalDeviceLimits common_limits(void) {
  return (VkPhysicalDeviceLimits){
      .maxTexelBufferElements = 1u << 27,
      .maxUniformBufferRange = 65536,
      .maxStorageBufferRange = UINT32_MAX,
      .maxPushConstantsSize = 128,
      .maxMemoryAllocationCount = 4096,
      .maxBoundDescriptorSets = 8,
      .maxPerStageDescriptorUniformBuffers = 15,
      .maxPerStageDescriptorStorageBuffers = 16,
      .maxPerStageDescriptorSampledImages = 128,
      .maxPerStageDescriptorStorageImages = 8,
      .maxPerStageResources = 128,
      .maxComputeSharedMemorySize = 32768,
      .maxComputeWorkGroupCount = {65535, 65535, 65535},
      .maxComputeWorkGroupInvocations = 1024,
      .maxComputeWorkGroupSize = {1024, 1024, 64},
      .minMemoryMapAlignment = 64,
      .minTexelBufferOffsetAlignment = 16,
      .minUniformBufferOffsetAlignment = 16,
      .minStorageBufferOffsetAlignment = 16,
      .optimalBufferCopyOffsetAlignment = 1,
      .nonCoherentAtomSize = 64,
      .timestampPeriod = 1,
      .timestampComputeAndGraphics = VK_TRUE,
  };
}

static VkPhysicalDeviceMemoryProperties common_memory(bool discrete) {
  const VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
  const VkMemoryPropertyFlags coherent = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  const VkMemoryPropertyFlags cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
  const VkDeviceSize gib = (VkDeviceSize)1 << 30;
  if (!discrete)
    return (VkPhysicalDeviceMemoryProperties){
        .memoryTypeCount = 2,
        .memoryTypes = {{local | coherent, 0}, {local | coherent | cached, 0}},
        .memoryHeapCount = 1,
        .memoryHeaps = {{8 * gib, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}},
    };
  return (VkPhysicalDeviceMemoryProperties){
      .memoryTypeCount = 4,
      .memoryTypes = {{local, 0}, {coherent, 1}, {coherent | cached, 1}, {local | coherent, 2}},
      .memoryHeapCount = 3,
      .memoryHeaps = {{8 * gib, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}, {16 * gib, 0},
          {gib / 4, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}},
  };
}

struct mock_device mock_device_of(VkPhysicalDeviceType type) {
  struct mock_device device = {
      .properties = {.apiVersion = VK_API_VERSION_1_3, .deviceType = type, .limits = common_limits()},
      .features = {.shaderInt64 = VK_TRUE, .shaderInt16 = VK_TRUE},
      .memory = common_memory(type == VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU),
      .driver = VK_DRIVER_ID_MESA_RADV,
      .max_allocation = (VkDeviceSize)1 << 32,
      .buffer_alignment = 256,
      .buffer_types = UINT32_MAX,
      .families = {{VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT, 1, 64, {1, 1, 1}}},
      .family_count = 1,
  };
  snprintf(device.properties.deviceName, sizeof device.properties.deviceName, "mock");
  return device;
}
