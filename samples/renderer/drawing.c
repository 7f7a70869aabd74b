#include "renderer.h"

#include "triangle.h"

static bool create_set(struct drawing *drawing, VkDevice device, VkBuffer buffer, VkDeviceSize bytes) {
  const VkDescriptorSetLayoutBinding binding = {
      0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_FRAGMENT_BIT, NULL};
  const VkDescriptorSetLayoutCreateInfo set_layout = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = 1, .pBindings = &binding};
  const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1};
  const VkDescriptorPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, .maxSets = 1, .poolSizeCount = 1, .pPoolSizes = &size};
  if (vkCreateDescriptorSetLayout(device, &set_layout, NULL, &drawing->set_layout) ||
      vkCreateDescriptorPool(device, &pool, NULL, &drawing->pool))
    return false;
  const VkDescriptorSetAllocateInfo set = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = drawing->pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &drawing->set_layout,
  };
  if (vkAllocateDescriptorSets(device, &set, &drawing->set))
    return false;
  const VkDescriptorBufferInfo range = {buffer, 0, bytes};
  const VkWriteDescriptorSet write = {
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = drawing->set,
      .descriptorCount = 1,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = &range,
  };
  vkUpdateDescriptorSets(device, 1, &write, 0, NULL);
  return true;
}

bool drawing_create(struct drawing *drawing, const struct renderer *renderer, const uint32_t *code, size_t code_bytes,
    VkBuffer buffer, VkDeviceSize bytes) {
  *drawing = (struct drawing){0};
  VkDevice device = renderer->device;
  if (!create_set(drawing, device, buffer, bytes))
    return false;
  const VkPushConstantRange push = {VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof(uint32_t)};
  const VkPipelineLayoutCreateInfo layout = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &drawing->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &push,
  };
  return !vkCreatePipelineLayout(device, &layout, NULL, &drawing->layout) &&
         !triangle_create(&drawing->pipeline, device, code, code_bytes, drawing->layout, renderer->pass, 1);
}

void drawing_destroy(struct drawing *drawing, const struct renderer *renderer) {
  vkDestroyPipeline(renderer->device, drawing->pipeline, NULL);
  vkDestroyPipelineLayout(renderer->device, drawing->layout, NULL);
  vkDestroyDescriptorPool(renderer->device, drawing->pool, NULL);
  vkDestroyDescriptorSetLayout(renderer->device, drawing->set_layout, NULL);
  *drawing = (struct drawing){0};
}

void drawing_record(const struct drawing *drawing, const struct renderer *renderer, uint32_t x, uint32_t width) {
  VkCommandBuffer commands = renderer->commands;
  const VkRect2D area = {{(int32_t)x, 0}, {width, renderer->height}};
  const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = renderer->pass,
      .framebuffer = renderer->framebuffer,
      .renderArea = area,
  };
  vkCmdBeginRenderPass(commands, &begin, VK_SUBPASS_CONTENTS_INLINE);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, drawing->layout, 0, 1, &drawing->set, 0, NULL);
  vkCmdPushConstants(commands, drawing->layout, VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof x, &x);
  triangle_record(commands, drawing->pipeline, area);
  vkCmdEndRenderPass(commands);
}
