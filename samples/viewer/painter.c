#include "painter.h"

#include <stdio.h>

static const uint32_t vertex_code[] =
#include "draw_vert.spv.h"
    ;
static const uint32_t fragment_code[] =
#include "draw_frag.spv.h"
    ;

struct push {
  float screen[2];
  uint32_t grid[2];
  float pixels[2];
  uint32_t first, stride;
  float low, high;
  uint32_t decode;
};

enum {
  BINDING_QUADS,
  BINDING_LETTERS,
  BINDING_PHOTOGRAPH,
  BINDING_COLOURS,
  BINDING_VALUES,
  BINDING_PIXELS,
  BINDING_COUNT
};
#define BACKGROUND 0.055f, 0.063f, 0.082f, 1

static bool is_texture(uint32_t binding) {
  return binding == BINDING_LETTERS || binding == BINDING_PHOTOGRAPH;
}

static VkResult create_layouts(struct painter *painter) {
  const VkDevice device = painter->gpu->device;
  VkDescriptorSetLayoutBinding bindings[BINDING_COUNT];
  for (uint32_t i = 0; i < BINDING_COUNT; i++)
    bindings[i] = (VkDescriptorSetLayoutBinding){
        .binding = i,
        .descriptorType = is_texture(i) ? VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .descriptorCount = 1,
        .stageFlags = i == BINDING_QUADS ? VK_SHADER_STAGE_VERTEX_BIT : VK_SHADER_STAGE_FRAGMENT_BIT,
    };
  const VkDescriptorSetLayoutCreateInfo set_layout = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = BINDING_COUNT,
      .pBindings = bindings,
  };
  const VkPushConstantRange push = {VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof(struct push)};
  VkPipelineLayoutCreateInfo layout = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &painter->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &push,
  };
  VkResult result = vkCreateDescriptorSetLayout(device, &set_layout, NULL, &painter->set_layout);
  return result ? result : vkCreatePipelineLayout(device, &layout, NULL, &painter->layout);
}

static VkResult create_sets(struct painter *painter) {
  const VkDevice device = painter->gpu->device;
  const VkDescriptorPoolSize sizes[] = {
      {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 4 * FRAMES_IN_FLIGHT * SOURCE_COUNT},
      {VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 2 * FRAMES_IN_FLIGHT * SOURCE_COUNT},
  };
  const VkDescriptorPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = FRAMES_IN_FLIGHT * SOURCE_COUNT,
      .poolSizeCount = 2,
      .pPoolSizes = sizes,
  };
  VkDescriptorSetLayout layouts[FRAMES_IN_FLIGHT * SOURCE_COUNT];
  for (int i = 0; i < FRAMES_IN_FLIGHT * SOURCE_COUNT; i++)
    layouts[i] = painter->set_layout;
  VkResult result = vkCreateDescriptorPool(device, &pool, NULL, &painter->pool);
  const VkDescriptorSetAllocateInfo sets = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = painter->pool,
      .descriptorSetCount = FRAMES_IN_FLIGHT * SOURCE_COUNT,
      .pSetLayouts = layouts,
  };
  if (!result)
    result = vkAllocateDescriptorSets(device, &sets, painter->sets[0]);
  for (int i = 0; !result && i < FRAMES_IN_FLIGHT; i++)
    result = buffer_create(&painter->quads[i], painter->gpu, CANVAS_MAX_QUADS * sizeof(struct quad),
        VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, true);
  if (!result)
    result = buffer_create(&painter->nothing, painter->gpu, 16, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, true);
  const VkSamplerCreateInfo sampler = {
      .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
      .magFilter = VK_FILTER_LINEAR,
      .minFilter = VK_FILTER_LINEAR,
      .mipmapMode = VK_SAMPLER_MIPMAP_MODE_LINEAR,
      .addressModeU = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
      .addressModeV = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
      .addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
      .maxLod = VK_LOD_CLAMP_NONE,
  };
  return result ? result : vkCreateSampler(device, &sampler, NULL, &painter->sampler);
}

static VkResult create_pipeline(
    struct painter *painter, enum canvas_group group, VkRenderPass pass, const VkShaderModule modules[2]) {
  const uint32_t constant = group;
  const VkSpecializationMapEntry entry = {.size = sizeof constant};
  const VkSpecializationInfo constants = {1, &entry, sizeof constant, &constant};
  const VkStructureType stage = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  const VkPipelineShaderStageCreateInfo stages[] = {
      {stage, NULL, 0, VK_SHADER_STAGE_VERTEX_BIT, modules[0], "main", NULL},
      {stage, NULL, 0, VK_SHADER_STAGE_FRAGMENT_BIT, modules[1], "main", &constants},
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
  const VkPipelineColorBlendAttachmentState over = {
      .blendEnable = VK_TRUE,
      .srcColorBlendFactor = VK_BLEND_FACTOR_SRC_ALPHA,
      .dstColorBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
      .srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
      .dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
      .colorWriteMask = 0xF,
  };
  const VkPipelineColorBlendStateCreateInfo blend = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO, .attachmentCount = 1, .pAttachments = &over};
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
      .layout = painter->layout,
      .renderPass = pass,
  };
  return vkCreateGraphicsPipelines(painter->gpu->device, VK_NULL_HANDLE, 1, &info, NULL, &painter->pipelines[group]);
}

static VkResult create_module(VkDevice device, const uint32_t *code, size_t bytes, VkShaderModule *module) {
  const VkShaderModuleCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = bytes, .pCode = code};
  return vkCreateShaderModule(device, &info, NULL, module);
}

bool painter_create(struct painter *painter, const struct gpu *gpu, VkRenderPass pass) {
  *painter = (struct painter){.gpu = gpu};
  VkShaderModule modules[2] = {VK_NULL_HANDLE, VK_NULL_HANDLE};
  VkResult result = create_layouts(painter);
  if (!result)
    result = create_sets(painter);
  if (!result)
    result = create_module(gpu->device, vertex_code, sizeof vertex_code, &modules[0]);
  if (!result)
    result = create_module(gpu->device, fragment_code, sizeof fragment_code, &modules[1]);
  for (int group = 0; !result && group < GROUP_COUNT; group++)
    result = create_pipeline(painter, (enum canvas_group)group, pass, modules);
  for (int i = 0; i < 2; i++)
    vkDestroyShaderModule(gpu->device, modules[i], NULL);
  if (result)
    fprintf(stderr, "viewer: what draws cannot be made: VkResult %d\n", result);
  return !result;
}

void painter_destroy(struct painter *painter) {
  if (!painter->gpu)
    return;
  const VkDevice device = painter->gpu->device;
  image_destroy(&painter->letters, painter->gpu);
  text_destroy(&painter->text);
  for (int i = 0; i < FRAMES_IN_FLIGHT; i++)
    buffer_destroy(&painter->quads[i], painter->gpu);
  buffer_destroy(&painter->nothing, painter->gpu);
  vkDestroySampler(device, painter->sampler, NULL);
  for (int group = 0; group < GROUP_COUNT; group++)
    vkDestroyPipeline(device, painter->pipelines[group], NULL);
  vkDestroyPipelineLayout(device, painter->layout, NULL);
  vkDestroyDescriptorPool(device, painter->pool, NULL);
  vkDestroyDescriptorSetLayout(device, painter->set_layout, NULL);
  *painter = (struct painter){0};
}

bool painter_set_text(
    struct painter *painter, const char *regular, const char *bold, float scale, char error[TEXT_ERROR_BYTES]) {
  struct text text;
  if (!text_create(&text, regular, bold, scale, error))
    return false;
  vkQueueWaitIdle(painter->gpu->queue);
  image_destroy(&painter->letters, painter->gpu);
  text_destroy(&painter->text);
  painter->text = text;
  VkResult result = image_create(&painter->letters, painter->gpu, VK_FORMAT_R8_UNORM,
      (VkExtent2D){text.side, text.side}, 1, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT);
  if (!result)
    result = image_upload(&painter->letters, painter->gpu, text.atlas, (VkDeviceSize)text.side * text.side);
  if (result)
    snprintf(error, TEXT_ERROR_BYTES, "no image for letters can be made: VkResult %d", result);
  return !result;
}

struct canvas painter_begin(struct painter *painter, uint32_t frame, VkExtent2D extent) {
  const float scale = painter->text.scale;
  return (struct canvas){
      .quads = painter->quads[frame].host,
      .scale = scale,
      .clip = {0, 0, (float)extent.width / scale, (float)extent.height / scale},
      .text = &painter->text,
  };
}

static void write_set(struct painter *painter, VkDescriptorSet set, VkBuffer quads, const struct scene_source *source) {
  const VkImageLayout layout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
  const VkImageView letters = painter->letters.view;
  const VkDescriptorImageInfo images[BINDING_COUNT] = {
      [BINDING_LETTERS] = {painter->sampler, letters, layout},
      [BINDING_PHOTOGRAPH] = {painter->sampler, source->photograph ? source->photograph->view : letters, layout},
  };
  const VkBuffer nothing = painter->nothing.buffer;
  const VkDescriptorBufferInfo buffers[BINDING_COUNT] = {
      [BINDING_QUADS] = {quads, 0, VK_WHOLE_SIZE},
      [BINDING_COLOURS] = {source->colours ? source->colours : nothing, 0, VK_WHOLE_SIZE},
      [BINDING_VALUES] = {source->values ? source->values : nothing, 0, VK_WHOLE_SIZE},
      [BINDING_PIXELS] = {source->pixels ? source->pixels : nothing, 0, VK_WHOLE_SIZE},
  };
  VkWriteDescriptorSet writes[BINDING_COUNT];
  for (uint32_t i = 0; i < BINDING_COUNT; i++)
    writes[i] = (VkWriteDescriptorSet){
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = set,
        .dstBinding = i,
        .descriptorCount = 1,
        .descriptorType = is_texture(i) ? VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .pImageInfo = &images[i],
        .pBufferInfo = &buffers[i],
    };
  vkUpdateDescriptorSets(painter->gpu->device, BINDING_COUNT, writes, 0, NULL);
}

static void draw_batch(struct painter *painter, uint32_t frame, VkCommandBuffer commands, const struct batch *batch,
    const struct push *push) {
  const VkShaderStageFlags stages = VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT;
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, painter->pipelines[batch->group]);
  vkCmdBindDescriptorSets(
      commands, VK_PIPELINE_BIND_POINT_GRAPHICS, painter->layout, 0, 1, &painter->sets[frame][batch->source], 0, NULL);
  vkCmdPushConstants(commands, painter->layout, stages, 0, sizeof *push, push);
  vkCmdDraw(commands, 6 * batch->count, 1, 6 * batch->first, 0);
}

static struct push push_of(const struct scene *scene, enum canvas_source index, const struct target *target) {
  const struct scene_source *source = &scene->sources[index];
  return (struct push){
      .screen = {(float)target->extent.width, (float)target->extent.height},
      .grid = {source->grid[0], source->grid[1]},
      .pixels = {source->photograph ? (float)source->photograph->extent.width : 1,
          source->photograph ? (float)source->photograph->extent.height : 1},
      .first = source->first,
      .stride = source->stride,
      .low = scene->low,
      .high = scene->high,
      .decode = target->encodes,
  };
}

void painter_record(struct painter *painter, uint32_t frame, VkCommandBuffer commands, const struct canvas *canvas,
    const struct scene *scene, const struct target *target) {
  const VkRect2D area = {{0, 0}, target->extent};
  for (int i = 0; i < SOURCE_COUNT; i++)
    write_set(painter, painter->sets[frame][i], painter->quads[frame].buffer, &scene->sources[i]);
  const VkViewport viewport = {0, 0, (float)target->extent.width, (float)target->extent.height, 0, 1};
  const VkClearValue clear = {.color = {{BACKGROUND}}};
  const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = target->pass,
      .framebuffer = target->framebuffer,
      .renderArea = area,
      .clearValueCount = 1,
      .pClearValues = &clear,
  };
  vkCmdBeginRenderPass(commands, &begin, VK_SUBPASS_CONTENTS_INLINE);
  vkCmdSetViewport(commands, 0, 1, &viewport);
  vkCmdSetScissor(commands, 0, 1, &area);
  for (uint32_t i = 0; i < canvas->batch_count; i++) {
    const struct push push = push_of(scene, canvas->batches[i].source, target);
    draw_batch(painter, frame, commands, &canvas->batches[i], &push);
  }
  vkCmdEndRenderPass(commands);
}
