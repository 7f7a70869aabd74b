/* A Vulkan device as the library sees it: its functions, limits and memory, and the pipelines made for it. */
#ifndef S2VK_CONTEXT_H
#define S2VK_CONTEXT_H

#include "faults.h"
#include "host.h"

#include <stdatomic.h>

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

struct s2_pipeline;

struct s2_context {
  VkDevice device; /* NULL: shapes and byte counts only */
  VkQueue queue;
  uint32_t queue_family;
  S2_DEVICE_FUNCTIONS(S2_DECLARE)
#undef S2_DECLARE
  struct s2_debug debug;

  bool cpu;    /* passes are shaped for a driver on the CPU */
  bool copies; /* what a pass copies as it is, it leaves to vkCmdCopyBuffer() */
  bool int64;  /* shaders may use 64-bit integers */
  struct s2_faults faults;
  VkPhysicalDeviceLimits limits;
  VkDeviceSize max_allocation;
  VkPhysicalDeviceMemoryProperties memory;

  /* Tables, source, destination and, for merge, sums; tables and source again, as texels; source as an image. */
  VkDescriptorSetLayout set_layout;
  VkPipelineLayout pipeline_layout;
  VkPipelineCache cache;
  _Atomic(struct s2_pipeline *) pipelines; /* grows at the head, never shrinks; see pipeline.c */
};

struct s2vk_context {
  struct s2_host host;
  struct s2_context vk;
};

/* Where a buffer is to be. */
enum s2_memory {
  S2_MEMORY_DEVICE,   /* device-local */
  S2_MEMORY_TABLE,    /* written once by the host, read often by the device */
  S2_MEMORY_UPLOAD,   /* written by the host, read once */
  S2_MEMORY_DOWNLOAD, /* read by the host: cached if there is such memory */
};

/* A buffer with memory of its own; host is where it is mapped, or NULL for S2_MEMORY_DEVICE. */
struct s2_buffer {
  VkBuffer buffer;
  VkDeviceMemory memory;
  VkDeviceSize bytes;
  void *host;
};

s2vk_result s2_buffer_create(const s2vk_context *context, const char *name, VkDeviceSize bytes,
    VkBufferUsageFlags usage, enum s2_memory where, struct s2_buffer *buffer);
void s2_buffer_destroy(const s2vk_context *context, struct s2_buffer *buffer);

/* Bytes of the device's largest memory heap that is device-local. */
VkDeviceSize s2_context_memory(const s2vk_context *context);

#endif
