#include "heap.h"

#include <string.h>

#include "profile.h"

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#else
#define __tsan_acquire(address) (void)(address)
#define __tsan_release(address) (void)(address)
#endif

static char heap; /* its address is that of what is waited for */
static PFN_vkGetDeviceProcAddr driver_get_device_proc_addr;
static PFN_vkAllocateMemory driver_allocate;
static PFN_vkFreeMemory driver_free;

static VKAPI_ATTR VkResult VKAPI_CALL ordered_allocate(
    VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *allocator, VkDeviceMemory *memory) {
  const VkResult result = driver_allocate(device, info, allocator, memory);
  __tsan_acquire(&heap);
  return result;
}

static VKAPI_ATTR void VKAPI_CALL ordered_free(
    VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *allocator) {
  __tsan_release(&heap);
  driver_free(device, memory, allocator);
}

/* Nothing is stored here: threads ask for functions at the same time. */
static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name) {
  if (strcmp(name, "vkAllocateMemory") == 0)
    return (PFN_vkVoidFunction)ordered_allocate;
  if (strcmp(name, "vkFreeMemory") == 0)
    return (PFN_vkVoidFunction)ordered_free;
  return driver_get_device_proc_addr(device, name);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL heap_get_instance_proc_addr(VkInstance instance, const char *name) {
  if (strcmp(name, "vkGetDeviceProcAddr") == 0)
    return (PFN_vkVoidFunction)get_device_proc_addr;
  return profile_get_instance_proc_addr(instance, name);
}

void heap_load(VkInstance instance) {
  driver_get_device_proc_addr =
      (PFN_vkGetDeviceProcAddr)profile_get_instance_proc_addr(instance, "vkGetDeviceProcAddr");
  driver_allocate = vkAllocateMemory;
  driver_free = vkFreeMemory;
  vkAllocateMemory = ordered_allocate;
  vkFreeMemory = ordered_free;
}
