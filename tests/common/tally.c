#include "tally.h"

#include <string.h>

#define MEMORIES 256

static struct tally now;

struct tally tally_now(void) {
  return now;
}

/* ---- Memory, also in bytes --------------------------------------------------------------------------------------- */

static struct {
  VkDeviceMemory memory;
  VkDeviceSize bytes;
} memories[MEMORIES];

static PFN_vkAllocateMemory driver_AllocateMemory;
static PFN_vkFreeMemory driver_FreeMemory;

static VKAPI_ATTR VkResult VKAPI_CALL our_AllocateMemory(
    VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *allocator, VkDeviceMemory *memory) {
  const VkResult result = driver_AllocateMemory(device, info, allocator, memory);
  size_t i = 0;
  while (i < MEMORIES && memories[i].memory)
    i++;
  if (result || i == MEMORIES)
    return result ? result : VK_ERROR_TOO_MANY_OBJECTS;
  memories[i].memory = *memory;
  memories[i].bytes = info->allocationSize;
  now.bytes += info->allocationSize;
  now.memories++;
  now.objects++;
  now.made++;
  return result;
}

static VKAPI_ATTR void VKAPI_CALL our_FreeMemory(
    VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *allocator) {
  for (size_t i = 0; memory && i < MEMORIES; i++)
    if (memories[i].memory == memory) {
      now.bytes -= memories[i].bytes;
      now.memories--;
      now.objects--;
      memories[i].memory = VK_NULL_HANDLE;
      break;
    }
  driver_FreeMemory(device, memory, allocator);
}

/* ---- The other objects ------------------------------------------------------------------------------------------- */

/* Functions that make one object, and those that destroy it. Descriptor sets and command buffers go
 * with their pools. */
#define OBJECTS(X)                                                                                                     \
  X(Buffer)                                                                                                            \
  X(BufferView)                                                                                                        \
  X(CommandPool)                                                                                                       \
  X(DescriptorPool)                                                                                                    \
  X(DescriptorSetLayout)                                                                                               \
  X(Fence)                                                                                                             \
  X(PipelineLayout)                                                                                                    \
  X(ShaderModule)

#define DEFINE(name)                                                                                                   \
  static PFN_vkCreate##name driver_Create##name;                                                                       \
  static PFN_vkDestroy##name driver_Destroy##name;                                                                     \
  static VKAPI_ATTR VkResult VKAPI_CALL our_Create##name(                                                              \
      VkDevice device, const Vk##name##CreateInfo *info, const VkAllocationCallbacks *allocator, Vk##name *object) {   \
    const VkResult result = driver_Create##name(device, info, allocator, object);                                      \
    now.objects += result == VK_SUCCESS;                                                                               \
    now.made += result == VK_SUCCESS;                                                                                  \
    return result;                                                                                                     \
  }                                                                                                                    \
  static VKAPI_ATTR void VKAPI_CALL our_Destroy##name(                                                                 \
      VkDevice device, Vk##name object, const VkAllocationCallbacks *allocator) {                                      \
    now.objects -= object != VK_NULL_HANDLE;                                                                           \
    driver_Destroy##name(device, object, allocator);                                                                   \
  }
OBJECTS(DEFINE)
#undef DEFINE

static PFN_vkCreateComputePipelines driver_CreateComputePipelines;
static PFN_vkDestroyPipeline driver_DestroyPipeline;

static VKAPI_ATTR VkResult VKAPI_CALL our_CreateComputePipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
    const VkComputePipelineCreateInfo *infos, const VkAllocationCallbacks *allocator, VkPipeline *pipelines) {
  const VkResult result = driver_CreateComputePipelines(device, cache, count, infos, allocator, pipelines);
  const size_t made = result == VK_SUCCESS ? count : 0;
  now.objects += made;
  now.made += made;
  now.pipelines += made;
  now.pipelines_made += made;
  return result;
}

static VKAPI_ATTR void VKAPI_CALL our_DestroyPipeline(
    VkDevice device, VkPipeline pipeline, const VkAllocationCallbacks *allocator) {
  now.objects -= pipeline != VK_NULL_HANDLE;
  now.pipelines -= pipeline != VK_NULL_HANDLE;
  driver_DestroyPipeline(device, pipeline, allocator);
}

/* ---- The function table ------------------------------------------------------------------------------------------ */

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name) {
  PFN_vkVoidFunction function = vkGetDeviceProcAddr(device, name);
#define WRAP(function_name)                                                                                            \
  if (strcmp(name, "vk" #function_name) == 0) {                                                                        \
    driver_##function_name = (PFN_vk##function_name)function;                                                          \
    return (PFN_vkVoidFunction)our_##function_name;                                                                    \
  }
#define WRAP_BOTH(object) WRAP(Create##object) WRAP(Destroy##object)
  WRAP(AllocateMemory)
  WRAP(FreeMemory)
  WRAP(CreateComputePipelines)
  WRAP(DestroyPipeline)
  OBJECTS(WRAP_BOTH)
#undef WRAP_BOTH
#undef WRAP
  return function;
}

PFN_vkVoidFunction tally_get_instance_proc_addr(VkInstance instance, const char *name) {
  if (strcmp(name, "vkGetDeviceProcAddr") == 0)
    return (PFN_vkVoidFunction)get_device_proc_addr;
  return vkGetInstanceProcAddr(instance, name);
}
