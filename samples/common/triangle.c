#include "triangle.h"

static const uint32_t vertex_code[] =
#include "triangle.spv.h"
    ;

static VkResult create_pipeline(VkPipeline *pipeline, VkDevice device, const VkPipelineShaderStageCreateInfo stages[2],
    VkPipelineLayout layout, VkRenderPass pass, uint32_t attachment_count) {
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
      .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
      .attachmentCount = attachment_count,
      .pAttachments = &opaque,
  };
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
      .layout = layout,
      .renderPass = pass,
  };
  return vkCreateGraphicsPipelines(device, VK_NULL_HANDLE, 1, &info, NULL, pipeline);
}

static VkResult create_module(VkShaderModule *module, VkDevice device, const uint32_t *code, size_t bytes) {
  const VkShaderModuleCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = bytes, .pCode = code};
  return vkCreateShaderModule(device, &info, NULL, module);
}

VkResult triangle_create(VkPipeline *pipeline, VkDevice device, const uint32_t *code, size_t code_bytes,
    VkPipelineLayout layout, VkRenderPass pass, uint32_t attachment_count) {
  VkShaderModule vertex = VK_NULL_HANDLE, fragment = VK_NULL_HANDLE;
  *pipeline = VK_NULL_HANDLE;
  VkResult result = create_module(&vertex, device, vertex_code, sizeof vertex_code);
  if (!result)
    result = create_module(&fragment, device, code, code_bytes);
  const VkStructureType stage = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  const VkPipelineShaderStageCreateInfo stages[] = {
      {stage, NULL, 0, VK_SHADER_STAGE_VERTEX_BIT, vertex, "main", NULL},
      {stage, NULL, 0, VK_SHADER_STAGE_FRAGMENT_BIT, fragment, "main", NULL},
  };
  if (!result)
    result = create_pipeline(pipeline, device, stages, layout, pass, attachment_count);
  vkDestroyShaderModule(device, vertex, NULL);
  vkDestroyShaderModule(device, fragment, NULL);
  return result;
}

void triangle_record(VkCommandBuffer commands, VkPipeline pipeline, VkRect2D area) {
  const VkViewport viewport = {
      (float)area.offset.x, (float)area.offset.y, (float)area.extent.width, (float)area.extent.height, 0, 1};
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline);
  vkCmdSetViewport(commands, 0, 1, &viewport);
  vkCmdSetScissor(commands, 0, 1, &area);
  vkCmdDraw(commands, 3, 1, 0, 0);
}
