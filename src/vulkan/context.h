/* A device with what all plans on it share: the object behind s2vk_context. */
#ifndef S2VK_CONTEXT_H
#define S2VK_CONTEXT_H

#include "vulkan/memory.h"
#include "vulkan/pipeline.h"
#include "vulkan/target.h"

/* Bindings of the descriptor set that all shaders take. */
enum s2_binding_index {
  S2_BINDING_TABLES, /* storage buffers, up to the accumulator */
  S2_BINDING_SOURCE,
  S2_BINDING_TARGET,
  S2_BINDING_ACCUMULATOR,
  S2_BINDING_TABLE_TEXELS, /* uniform texel buffers: the tables and the source once more */
  S2_BINDING_SOURCE_TEXELS,
  S2_BINDING_SOURCE_IMAGE, /* a sampled image */
  S2_BINDING_COUNT
};

struct s2_kernel;

struct s2vk_context {
  struct s2_env env;
  struct s2_vk vk;
  struct s2_target target;
  VkDescriptorSetLayout set_layout;
  struct s2_pipelines pipelines;
  struct s2_memory memory;
  /* The kernels that plans choose among, in a list that ends with NULL; NULL: all (s2_kernels). */
  const struct s2_kernel *const *kernels;
  uint64_t max_plan_bytes; /* of host memory, to make a plan */
};

/* Bytes of the device's largest memory heap that is device-local. */
VkDeviceSize s2_context_memory(const s2vk_context *context);

#endif
