/* A compute shader with its storage buffers: the little of an engine that the samples' models need. It calls Vulkan
 * through volk, so volkLoadInstance() or volkLoadDevice() comes first. */
#ifndef SAMPLES_KERNEL_H
#define SAMPLES_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include <volk.h>

#define KERNEL_MAX_BUFFERS 4

struct kernel {
  VkDevice device;
  VkDescriptorSetLayout set_layout;
  VkPipelineLayout layout;
  VkPipeline pipeline;
  VkDescriptorPool pool;
  VkDescriptorSet set;
  uint32_t push_bytes;
};

/* Makes a kernel from SPIR-V, entry point "main", with buffers at bindings 0, 1, ... of set 0 and push_bytes of push
 * constants. After an error the kernel is empty. */
VkResult kernel_create(struct kernel *kernel, VkDevice device, const uint32_t *code, size_t code_bytes,
    const VkDescriptorBufferInfo *buffers, uint32_t buffer_count, uint32_t push_bytes);

/* A shader whose specialization constant 0 is the size of its workgroups. */
struct kernel_code {
  const uint32_t *words;
  size_t bytes;
  uint32_t local_size;
};

/* As kernel_create(), with workgroups of code->local_size; 0: of the size that the shader gives. */
VkResult kernel_create_sized(struct kernel *kernel, VkDevice device, const struct kernel_code *code,
    const VkDescriptorBufferInfo *buffers, uint32_t buffer_count, uint32_t push_bytes);

/* Records a dispatch of groups x 1 x 1 workgroups. */
void kernel_record(const struct kernel *kernel, VkCommandBuffer commands, const void *push, uint32_t groups);

/* Accepts an empty kernel. */
void kernel_destroy(struct kernel *kernel);

#endif
