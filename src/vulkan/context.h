/* A device with what all plans on it share: the objects behind s2vk_context. */
#ifndef S2VK_CONTEXT_H
#define S2VK_CONTEXT_H

#include "vulkan/memory.h"
#include "vulkan/pipeline.h"
#include "vulkan/target.h"

struct s2vk_context {
  struct s2_env env;
  struct s2_vk vk;
  struct s2_target target;
  VkDescriptorSetLayout set_layout; /* tables, source, target, accumulator; tables and source as texels; source as an image */
  struct s2_pipelines pipelines;
  struct s2_memory memory;
};

/* Bytes of the device's largest memory heap that is device-local. */
VkDeviceSize s2_context_memory(const s2vk_context *context);

#endif
