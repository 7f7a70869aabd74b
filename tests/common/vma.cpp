#include "vma.h"

#define VMA_IMPLEMENTATION
#define VMA_STATIC_VULKAN_FUNCTIONS 0
#define VMA_DYNAMIC_VULKAN_FUNCTIONS 1
#include <vk_mem_alloc.h>

static s2vk_result take(void *user, const s2vk_memory_request *request, s2vk_memory *memory) {
  const VkMemoryRequirements needs = {request->bytes, request->alignment, request->memory_types};
  VmaAllocationCreateInfo how = {};
  how.requiredFlags = request->required;
  how.preferredFlags = request->preferred;
  how.flags = request->required ? VMA_ALLOCATION_CREATE_MAPPED_BIT : 0;
  VmaAllocationInfo made;
  VmaAllocation allocation;
  if (vmaAllocateMemory(static_cast<VmaAllocator>(user), &needs, &how, &allocation, &made))
    return S2VK_ERROR_OUT_OF_DEVICE_MEMORY;
  *memory = s2vk_memory{made.deviceMemory, made.offset, made.pMappedData, allocation};
  return S2VK_SUCCESS;
}

static void give(void *user, const s2vk_memory *memory) {
  vmaFreeMemory(static_cast<VmaAllocator>(user), static_cast<VmaAllocation>(memory->handle));
}

bool vma_open(const s2vk_context_info *gpu, s2vk_memory_callbacks *callbacks) {
  VmaVulkanFunctions functions = {};
  functions.vkGetInstanceProcAddr = vkGetInstanceProcAddr;
  functions.vkGetDeviceProcAddr = vkGetDeviceProcAddr;
  VmaAllocatorCreateInfo info = {};
  info.physicalDevice = gpu->physical_device;
  info.device = gpu->device;
  info.instance = gpu->instance;
  info.vulkanApiVersion = VK_API_VERSION_1_1;
  info.pVulkanFunctions = &functions;
  VmaAllocator allocator = nullptr;
  if (vmaCreateAllocator(&info, &allocator))
    return false;
  *callbacks = s2vk_memory_callbacks{allocator, take, give};
  return true;
}

uint32_t vma_live(void *user) {
  VmaTotalStatistics statistics;
  vmaCalculateStatistics(static_cast<VmaAllocator>(user), &statistics);
  return statistics.total.statistics.allocationCount;
}

void vma_close(s2vk_memory_callbacks *callbacks) {
  vmaDestroyAllocator(static_cast<VmaAllocator>(callbacks->user));
}
