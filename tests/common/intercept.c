#include "intercept.h"

#include <stdatomic.h>
#include <string.h>

#include "profile.h"

static atomic_uint made, pipelines, submitted;

unsigned intercept_made(void) {
  return made + pipelines;
}

unsigned intercept_pipelines(void) {
  return pipelines;
}

unsigned intercept_submitted(void) {
  return submitted;
}

#define CREATE(X, name, info_type, handle_type)                                                                        \
  X(name, made, (VkDevice a, const info_type *b, const VkAllocationCallbacks *c, handle_type *d), (a, b, c, d))

#define FUNCTIONS(X)                                                                                                   \
  CREATE(X, AllocateMemory, VkMemoryAllocateInfo, VkDeviceMemory)                                                      \
  CREATE(X, CreateBuffer, VkBufferCreateInfo, VkBuffer)                                                                \
  CREATE(X, CreateCommandPool, VkCommandPoolCreateInfo, VkCommandPool)                                                 \
  CREATE(X, CreateDescriptorPool, VkDescriptorPoolCreateInfo, VkDescriptorPool)                                        \
  CREATE(X, CreateDescriptorSetLayout, VkDescriptorSetLayoutCreateInfo, VkDescriptorSetLayout)                         \
  CREATE(X, CreateFence, VkFenceCreateInfo, VkFence)                                                                   \
  CREATE(X, CreatePipelineLayout, VkPipelineLayoutCreateInfo, VkPipelineLayout)                                        \
  CREATE(X, CreateShaderModule, VkShaderModuleCreateInfo, VkShaderModule)                                              \
  X(AllocateCommandBuffers, made, (VkDevice a, const VkCommandBufferAllocateInfo *b, VkCommandBuffer *c), (a, b, c))   \
  X(AllocateDescriptorSets, made, (VkDevice a, const VkDescriptorSetAllocateInfo *b, VkDescriptorSet *c), (a, b, c))   \
  X(CreateComputePipelines, pipelines,                                                                                 \
      (VkDevice a, VkPipelineCache b, uint32_t c, const VkComputePipelineCreateInfo *d,                                \
          const VkAllocationCallbacks *e, VkPipeline *f),                                                              \
      (a, b, c, d, e, f))                                                                                              \
  X(QueueSubmit, submitted, (VkQueue a, uint32_t b, const VkSubmitInfo *c, VkFence d), (a, b, c, d))                   \
  X(WaitForFences, submitted, (VkDevice a, uint32_t b, const VkFence *c, VkBool32 d, uint64_t e), (a, b, c, d, e))

#define DEFINE(name, counter, parameters, arguments)                                                                   \
  static PFN_vk##name driver_##name;                                                                                   \
  static VKAPI_ATTR VkResult VKAPI_CALL our_##name parameters {                                                        \
    counter++;                                                                                                         \
    return driver_##name arguments;                                                                                    \
  }
FUNCTIONS(DEFINE)
#undef DEFINE

static PFN_vkGetDeviceProcAddr next_device_proc_addr;

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name) {
  PFN_vkVoidFunction function = next_device_proc_addr(device, name);
#define WRAP(function_name, counter, parameters, arguments)                                                            \
  if (strcmp(name, "vk" #function_name) == 0) {                                                                        \
    driver_##function_name = (PFN_vk##function_name)function;                                                          \
    return (PFN_vkVoidFunction)our_##function_name;                                                                    \
  }
  FUNCTIONS(WRAP)
#undef WRAP
  return function;
}

PFN_vkVoidFunction intercept_get_instance_proc_addr(VkInstance instance, const char *name) {
  PFN_vkVoidFunction function = profile_get_instance_proc_addr(instance, name);
  if (strcmp(name, "vkGetDeviceProcAddr") != 0)
    return function;
  next_device_proc_addr = (PFN_vkGetDeviceProcAddr)function;
  return (PFN_vkVoidFunction)get_device_proc_addr;
}
