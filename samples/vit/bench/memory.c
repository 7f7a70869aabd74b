#include "memory.h"

#include <string.h>

#define MAX_ALLOCATIONS 4096 /* the least that a device may have at once */

static struct {
  VkDeviceMemory memory;
  VkDeviceSize bytes;
} allocations[MAX_ALLOCATIONS];
static VkDeviceSize allocated;
static PFN_vkAllocateMemory driver_allocate;
static PFN_vkFreeMemory driver_free;

static VKAPI_ATTR VkResult VKAPI_CALL on_allocate(
    VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *allocator, VkDeviceMemory *memory) {
  VkResult result = driver_allocate(device, info, allocator, memory);
  for (size_t i = 0; !result && i < MAX_ALLOCATIONS; i++)
    if (!allocations[i].memory) {
      allocations[i].memory = *memory;
      allocations[i].bytes = info->allocationSize;
      allocated += info->allocationSize;
      break;
    }
  return result;
}

static VKAPI_ATTR void VKAPI_CALL on_free(
    VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *allocator) {
  for (size_t i = 0; memory && i < MAX_ALLOCATIONS; i++)
    if (allocations[i].memory == memory) {
      allocated -= allocations[i].bytes;
      allocations[i].memory = VK_NULL_HANDLE;
      break;
    }
  driver_free(device, memory, allocator);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_proc(VkDevice device, const char *name) {
  if (strcmp(name, "vkAllocateMemory") == 0)
    return (PFN_vkVoidFunction)on_allocate;
  if (strcmp(name, "vkFreeMemory") == 0)
    return (PFN_vkVoidFunction)on_free;
  return vkGetDeviceProcAddr(device, name);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_proc(VkInstance instance, const char *name) {
  if (strcmp(name, "vkGetDeviceProcAddr") == 0)
    return (PFN_vkVoidFunction)device_proc;
  return vkGetInstanceProcAddr(instance, name);
}

PFN_vkGetInstanceProcAddr memory_count(void) {
  driver_allocate = vkAllocateMemory;
  driver_free = vkFreeMemory;
  vkAllocateMemory = on_allocate;
  vkFreeMemory = on_free;
  return instance_proc;
}

VkDeviceSize memory_now(void) {
  return allocated;
}
