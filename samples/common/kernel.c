#include "kernel.h"

static VkResult create_layouts(struct kernel *kernel, uint32_t buffer_count) {
  VkDescriptorSetLayoutBinding bindings[KERNEL_MAX_BUFFERS];
  for (uint32_t i = 0; i < buffer_count; i++)
    bindings[i] = (VkDescriptorSetLayoutBinding){.binding = i,
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .descriptorCount = 1,
        .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
  const VkDescriptorSetLayoutCreateInfo set_layout = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = buffer_count,
      .pBindings = bindings};
  VkResult result = vkCreateDescriptorSetLayout(kernel->device, &set_layout, NULL, &kernel->set_layout);
  if (result)
    return result;
  const VkPushConstantRange push = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = kernel->push_bytes};
  const VkPipelineLayoutCreateInfo layout = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &kernel->set_layout,
      .pushConstantRangeCount = kernel->push_bytes ? 1 : 0,
      .pPushConstantRanges = &push};
  return vkCreatePipelineLayout(kernel->device, &layout, NULL, &kernel->layout);
}

static VkResult create_pipeline(struct kernel *kernel, const struct kernel_code *code) {
  const VkShaderModuleCreateInfo module_info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = code->bytes, .pCode = code->words};
  VkShaderModule module;
  VkResult result = vkCreateShaderModule(kernel->device, &module_info, NULL, &module);
  if (result)
    return result;
  const VkSpecializationMapEntry entry = {.constantID = 0, .size = sizeof code->local_size};
  const VkSpecializationInfo constants = {
      .mapEntryCount = 1, .pMapEntries = &entry, .dataSize = sizeof code->local_size, .pData = &code->local_size};
  const VkComputePipelineCreateInfo pipeline = {.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
          .stage = VK_SHADER_STAGE_COMPUTE_BIT,
          .module = module,
          .pName = "main",
          .pSpecializationInfo = code->local_size ? &constants : NULL},
      .layout = kernel->layout};
  result = vkCreateComputePipelines(kernel->device, VK_NULL_HANDLE, 1, &pipeline, NULL, &kernel->pipeline);
  vkDestroyShaderModule(kernel->device, module, NULL);
  return result;
}

static VkResult create_set(struct kernel *kernel, const VkDescriptorBufferInfo *buffers, uint32_t buffer_count) {
  const VkDescriptorPoolSize size = {.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .descriptorCount = buffer_count};
  const VkDescriptorPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, .maxSets = 1, .poolSizeCount = 1, .pPoolSizes = &size};
  VkResult result = vkCreateDescriptorPool(kernel->device, &pool, NULL, &kernel->pool);
  if (result)
    return result;
  const VkDescriptorSetAllocateInfo set = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = kernel->pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &kernel->set_layout};
  result = vkAllocateDescriptorSets(kernel->device, &set, &kernel->set);
  if (result)
    return result;
  /* Bindings of one type follow each other, so one write fills them all. */
  const VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = kernel->set,
      .descriptorCount = buffer_count,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = buffers};
  vkUpdateDescriptorSets(kernel->device, 1, &write, 0, NULL);
  return VK_SUCCESS;
}

VkResult kernel_create_sized(struct kernel *kernel, VkDevice device, const struct kernel_code *code,
    const VkDescriptorBufferInfo *buffers, uint32_t buffer_count, uint32_t push_bytes) {
  *kernel = (struct kernel){.device = device, .push_bytes = push_bytes};
  VkResult result = buffer_count >= 1 && buffer_count <= KERNEL_MAX_BUFFERS ? create_layouts(kernel, buffer_count)
                                                                            : VK_ERROR_INITIALIZATION_FAILED;
  if (!result)
    result = create_pipeline(kernel, code);
  if (!result)
    result = create_set(kernel, buffers, buffer_count);
  if (result)
    kernel_destroy(kernel);
  return result;
}

VkResult kernel_create(struct kernel *kernel, VkDevice device, const uint32_t *code, size_t code_bytes,
    const VkDescriptorBufferInfo *buffers, uint32_t buffer_count, uint32_t push_bytes) {
  const struct kernel_code own_size = {.words = code, .bytes = code_bytes};
  return kernel_create_sized(kernel, device, &own_size, buffers, buffer_count, push_bytes);
}

void kernel_record(const struct kernel *kernel, VkCommandBuffer commands, const void *push, uint32_t groups) {
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernel->pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernel->layout, 0, 1, &kernel->set, 0, NULL);
  if (kernel->push_bytes)
    vkCmdPushConstants(commands, kernel->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, kernel->push_bytes, push);
  vkCmdDispatch(commands, groups, 1, 1);
}

void kernel_destroy(struct kernel *kernel) {
  if (kernel->device) {
    vkDestroyDescriptorPool(kernel->device, kernel->pool, NULL);
    vkDestroyPipeline(kernel->device, kernel->pipeline, NULL);
    vkDestroyPipelineLayout(kernel->device, kernel->layout, NULL);
    vkDestroyDescriptorSetLayout(kernel->device, kernel->set_layout, NULL);
  }
  *kernel = (struct kernel){0};
}
