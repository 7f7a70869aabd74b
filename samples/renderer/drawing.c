#include "renderer.h"

static const uint32_t screen_code[] =
#include "screen.spv.h"
    ;

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

static VkShaderModule create_module(VkDevice device, const uint32_t *code, size_t bytes) {
  const VkShaderModuleCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = bytes, .pCode = code};
  VkShaderModule module;
  return vkCreateShaderModule(device, &info, NULL, &module) ? VK_NULL_HANDLE : module;
}

static VkResult create_pipeline(
    struct drawing *drawing, const struct renderer *renderer, VkShaderModule vertex, VkShaderModule fragment) {
  const VkStructureType stage = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  const VkPipelineShaderStageCreateInfo stages[] = {
      {stage, NULL, 0, VK_SHADER_STAGE_VERTEX_BIT, vertex, "main", NULL},
      {stage, NULL, 0, VK_SHADER_STAGE_FRAGMENT_BIT, fragment, "main", NULL},
  };
  const VkPipelineVertexInputStateCreateInfo input = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO};
  const VkPipelineInputAssemblyStateCreateInfo assembly = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
      .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
  };
  const VkPipelineViewportStateCreateInfo viewport = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO, .viewportCount = 1, .scissorCount = 1};
  const VkPipelineRasterizationStateCreateInfo rasterization = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO, .lineWidth = 1};
  const VkPipelineMultisampleStateCreateInfo multisample = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
      .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT,
  };
  const VkPipelineColorBlendAttachmentState opaque = {.colorWriteMask = 0xF};
  const VkPipelineColorBlendStateCreateInfo blend = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO, .attachmentCount = 1, .pAttachments = &opaque};
  const VkDynamicState states[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
  const VkPipelineDynamicStateCreateInfo dynamic = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO, .dynamicStateCount = 2, .pDynamicStates = states};
  const VkGraphicsPipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
      .stageCount = 2,
      .pStages = stages,
      .pVertexInputState = &input,
      .pInputAssemblyState = &assembly,
      .pViewportState = &viewport,
      .pRasterizationState = &rasterization,
      .pMultisampleState = &multisample,
      .pColorBlendState = &blend,
      .pDynamicState = &dynamic,
      .layout = drawing->layout,
      .renderPass = renderer->pass,
  };
  return vkCreateGraphicsPipelines(renderer->device, VK_NULL_HANDLE, 1, &info, NULL, &drawing->pipeline);
}

bool drawing_create(struct drawing *drawing, const struct renderer *renderer, const uint32_t *code, size_t code_bytes,
    VkBuffer buffer, VkDeviceSize bytes) {
  *drawing = (struct drawing){0};
  VkDevice device = renderer->device;
  VkShaderModule vertex = create_module(device, screen_code, sizeof screen_code);
  VkShaderModule fragment = create_module(device, code, code_bytes);
  bool ok = vertex && fragment && create_set(drawing, device, buffer, bytes);
  const VkPushConstantRange push = {VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof(uint32_t)};
  const VkPipelineLayoutCreateInfo layout = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &drawing->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &push,
  };
  ok = ok && !vkCreatePipelineLayout(device, &layout, NULL, &drawing->layout) &&
       !create_pipeline(drawing, renderer, vertex, fragment);
  vkDestroyShaderModule(device, vertex, NULL);
  vkDestroyShaderModule(device, fragment, NULL);
  return ok;
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
  const VkViewport viewport = {(float)x, 0, (float)width, (float)renderer->height, 0, 1};
  const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = renderer->pass,
      .framebuffer = renderer->framebuffer,
      .renderArea = area,
  };
  vkCmdBeginRenderPass(commands, &begin, VK_SUBPASS_CONTENTS_INLINE);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, drawing->pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, drawing->layout, 0, 1, &drawing->set, 0, NULL);
  vkCmdPushConstants(commands, drawing->layout, VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof x, &x);
  vkCmdSetViewport(commands, 0, 1, &viewport);
  vkCmdSetScissor(commands, 0, 1, &area);
  vkCmdDraw(commands, 3, 1, 0, 0);
  vkCmdEndRenderPass(commands);
}
