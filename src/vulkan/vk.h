/* A Vulkan device as the library sees it: its functions, limits and memory types. */
#ifndef S2VK_VK_H
#define S2VK_VK_H

#include "base/env.h"
#include "vulkan/quirks.h"
#include "vulkan/worth.h"

/* The functions of the device that the library calls. */
#define S2_DEVICE_FUNCTIONS(X)                                                                                         \
  X(AllocateCommandBuffers)                                                                                            \
  X(AllocateDescriptorSets)                                                                                            \
  X(AllocateMemory)                                                                                                    \
  X(BeginCommandBuffer)                                                                                                \
  X(BindBufferMemory)                                                                                                  \
  X(CmdBindDescriptorSets)                                                                                             \
  X(CmdBindPipeline)                                                                                                   \
  X(CmdCopyBuffer)                                                                                                     \
  X(CmdDispatch)                                                                                                       \
  X(CmdPipelineBarrier)                                                                                                \
  X(CmdPushConstants)                                                                                                  \
  X(CreateBuffer)                                                                                                      \
  X(CreateBufferView)                                                                                                  \
  X(CreateCommandPool)                                                                                                 \
  X(CreateComputePipelines)                                                                                            \
  X(CreateDescriptorPool)                                                                                              \
  X(CreateDescriptorSetLayout)                                                                                         \
  X(CreateFence)                                                                                                       \
  X(CreatePipelineLayout)                                                                                              \
  X(CreateShaderModule)                                                                                                \
  X(DestroyBuffer)                                                                                                     \
  X(DestroyBufferView)                                                                                                 \
  X(DestroyCommandPool)                                                                                                \
  X(DestroyDescriptorPool)                                                                                             \
  X(DestroyDescriptorSetLayout)                                                                                        \
  X(DestroyFence)                                                                                                      \
  X(DestroyPipeline)                                                                                                   \
  X(DestroyPipelineLayout)                                                                                             \
  X(DestroyShaderModule)                                                                                               \
  X(EndCommandBuffer)                                                                                                  \
  X(FreeMemory)                                                                                                        \
  X(GetBufferMemoryRequirements)                                                                                       \
  X(MapMemory)                                                                                                         \
  X(QueueSubmit)                                                                                                       \
  X(ResetCommandPool)                                                                                                  \
  X(ResetFences)                                                                                                       \
  X(UpdateDescriptorSets)                                                                                              \
  X(WaitForFences)

/* Functions of VK_EXT_debug_utils; all NULL without it. */
#define S2_DEBUG_FUNCTIONS(X)                                                                                          \
  X(CmdBeginDebugUtilsLabelEXT)                                                                                        \
  X(CmdEndDebugUtilsLabelEXT)                                                                                          \
  X(SetDebugUtilsObjectNameEXT)

#define S2_DECLARE(name) PFN_vk##name name;
struct s2_debug {
  S2_DEBUG_FUNCTIONS(S2_DECLARE)
};

struct s2_vk {
  VkDevice device; /* VK_NULL_HANDLE: shapes and byte counts only */
  VkQueue queue;
  uint32_t queue_family;
  S2_DEVICE_FUNCTIONS(S2_DECLARE)
#undef S2_DECLARE
  struct s2_debug debug;
  VkPhysicalDeviceType type;
  struct s2_quirks quirks;
  struct s2_worth worth;
  VkPhysicalDeviceLimits limits;
  VkDeviceSize max_allocation; /* bytes of one */
  VkPhysicalDeviceMemoryProperties memory;
};

#endif
