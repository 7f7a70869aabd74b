#include "analysis.h"

#define LANES 64 /* as the shaders have them */
#define RANK 8
#define ITERATIONS 10
#define MAX_GROUPS 65535 /* the least that a device may have */

static const uint32_t mean_code[] =
#include "mean.spv.h"
    ;
static const uint32_t project_code[] =
#include "project.spv.h"
    ;
static const uint32_t multiply_code[] =
#include "multiply.spv.h"
    ;
static const uint32_t orthonormalise_code[] =
#include "orthonormalise.spv.h"
    ;
static const uint32_t rotate_code[] =
#include "rotate.spv.h"
    ;
static const uint32_t align_code[] =
#include "align.spv.h"
    ;
static const uint32_t colour_code[] =
#include "colour.spv.h"
    ;
static const uint32_t similarity_code[] =
#include "similarity.spv.h"
    ;
static const uint32_t lowest_code[] =
#include "lowest.spv.h"
    ;

static const struct {
  const uint32_t *code;
  size_t bytes;
} shaders[ANALYSIS_SHADER_COUNT] = {
    [ANALYSIS_MEAN] = {mean_code, sizeof mean_code},
    [ANALYSIS_PROJECT] = {project_code, sizeof project_code},
    [ANALYSIS_MULTIPLY] = {multiply_code, sizeof multiply_code},
    [ANALYSIS_ORTHONORMALISE] = {orthonormalise_code, sizeof orthonormalise_code},
    [ANALYSIS_ROTATE] = {rotate_code, sizeof rotate_code},
    [ANALYSIS_ALIGN] = {align_code, sizeof align_code},
    [ANALYSIS_COLOUR] = {colour_code, sizeof colour_code},
    [ANALYSIS_SIMILARITY] = {similarity_code, sizeof similarity_code},
    [ANALYSIS_LOWEST] = {lowest_code, sizeof lowest_code},
};

static const uint32_t buffer_counts[ANALYSIS_SET_COUNT] = {[ANALYSIS_COMPONENTS] = 4, [ANALYSIS_SIMILARITIES] = 3};

struct push {
  struct analysis_shape shape;
  uint32_t picked;
};

static int set_of(enum analysis_shader shader) {
  return shader < ANALYSIS_SIMILARITY ? ANALYSIS_COMPONENTS : ANALYSIS_SIMILARITIES;
}

/* ---- Pipelines ------------------------------------------------------------------------------------------------ */

static VkResult create_layouts(struct analyst *analyst, int set) {
  const VkDevice device = analyst->gpu->device;
  VkDescriptorSetLayoutBinding bindings[4];
  for (uint32_t i = 0; i < buffer_counts[set]; i++)
    bindings[i] =
        (VkDescriptorSetLayoutBinding){i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL};
  const VkDescriptorSetLayoutCreateInfo set_layout = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = buffer_counts[set],
      .pBindings = bindings,
  };
  VkResult result = vkCreateDescriptorSetLayout(device, &set_layout, NULL, &analyst->set_layouts[set]);
  if (result)
    return result;
  const VkPushConstantRange push = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(struct push)};
  const VkPipelineLayoutCreateInfo layout = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &analyst->set_layouts[set],
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &push,
  };
  return vkCreatePipelineLayout(device, &layout, NULL, &analyst->layouts[set]);
}

static VkResult create_pipeline(struct analyst *analyst, enum analysis_shader shader) {
  const VkDevice device = analyst->gpu->device;
  const VkShaderModuleCreateInfo module_info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
      .codeSize = shaders[shader].bytes,
      .pCode = shaders[shader].code,
  };
  VkShaderModule module;
  VkResult result = vkCreateShaderModule(device, &module_info, NULL, &module);
  if (result)
    return result;
  const VkComputePipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
          .stage = VK_SHADER_STAGE_COMPUTE_BIT,
          .module = module,
          .pName = "main"},
      .layout = analyst->layouts[set_of(shader)],
  };
  result = vkCreateComputePipelines(device, VK_NULL_HANDLE, 1, &info, NULL, &analyst->pipelines[shader]);
  vkDestroyShaderModule(device, module, NULL);
  return result;
}

VkResult analyst_create(struct analyst *analyst, const struct gpu *gpu) {
  *analyst = (struct analyst){.gpu = gpu};
  VkResult result = VK_SUCCESS;
  for (int set = 0; !result && set < ANALYSIS_SET_COUNT; set++)
    result = create_layouts(analyst, set);
  for (int shader = 0; !result && shader < ANALYSIS_SHADER_COUNT; shader++)
    result = create_pipeline(analyst, (enum analysis_shader)shader);
  return result;
}

void analyst_destroy(struct analyst *analyst) {
  if (!analyst->gpu)
    return;
  for (int shader = 0; shader < ANALYSIS_SHADER_COUNT; shader++)
    vkDestroyPipeline(analyst->gpu->device, analyst->pipelines[shader], NULL);
  for (int set = 0; set < ANALYSIS_SET_COUNT; set++) {
    vkDestroyPipelineLayout(analyst->gpu->device, analyst->layouts[set], NULL);
    vkDestroyDescriptorSetLayout(analyst->gpu->device, analyst->set_layouts[set], NULL);
  }
  *analyst = (struct analyst){0};
}

/* ---- One analysis --------------------------------------------------------------------------------------------- */

static VkResult create_buffers(struct analysis *analysis) {
  const struct gpu *gpu = analysis->analyst->gpu;
  const struct analysis_shape *shape = &analysis->shape;
  const uint64_t fields = shape->scales + 1u, width = (uint64_t)shape->scales * shape->channels;
  const uint64_t state = width * (1 + 4 * RANK) + 9 * fields, tokens = fields * shape->tokens;
  const VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT;
  const uint64_t limit = gpu->properties.limits.maxStorageBufferRange;
  if (tokens * RANK * sizeof(float) > limit || state * sizeof(float) > limit)
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  VkResult result = buffer_create(&analysis->state, gpu, state * sizeof(float), usage, false);
  if (!result)
    result = buffer_create(&analysis->projections, gpu, tokens * RANK * sizeof(float), usage, false);
  if (!result)
    result = buffer_create(&analysis->colours, gpu, tokens * sizeof(uint32_t), usage, false);
  if (!result)
    result = buffer_create(&analysis->similarities, gpu, tokens * sizeof(float), usage, false);
  return result ? result : buffer_create(&analysis->lowest, gpu, fields * sizeof(float), usage, false);
}

static VkResult create_sets(struct analysis *analysis, const s2vk_tensor *features) {
  const struct analyst *analyst = analysis->analyst;
  const VkDevice device = analyst->gpu->device;
  const VkDescriptorPoolSize size = {
      VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, buffer_counts[ANALYSIS_COMPONENTS] + buffer_counts[ANALYSIS_SIMILARITIES]};
  const VkDescriptorPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = ANALYSIS_SET_COUNT,
      .poolSizeCount = 1,
      .pPoolSizes = &size,
  };
  VkResult result = vkCreateDescriptorPool(device, &pool, NULL, &analysis->pool);
  if (result)
    return result;
  const VkDescriptorSetAllocateInfo sets = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = analysis->pool,
      .descriptorSetCount = ANALYSIS_SET_COUNT,
      .pSetLayouts = analyst->set_layouts,
  };
  result = vkAllocateDescriptorSets(device, &sets, analysis->sets);
  if (result)
    return result;
  const VkDescriptorBufferInfo input = {features->buffer, features->offset, features->bytes};
  const VkDescriptorBufferInfo buffers[ANALYSIS_SET_COUNT][4] = {
      {input, {analysis->state.buffer, 0, VK_WHOLE_SIZE}, {analysis->projections.buffer, 0, VK_WHOLE_SIZE},
          {analysis->colours.buffer, 0, VK_WHOLE_SIZE}},
      {input, {analysis->similarities.buffer, 0, VK_WHOLE_SIZE}, {analysis->lowest.buffer, 0, VK_WHOLE_SIZE}},
  };
  VkWriteDescriptorSet writes[ANALYSIS_SET_COUNT];
  for (int set = 0; set < ANALYSIS_SET_COUNT; set++)
    writes[set] = (VkWriteDescriptorSet){
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = analysis->sets[set],
        .descriptorCount = buffer_counts[set],
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .pBufferInfo = buffers[set],
    };
  vkUpdateDescriptorSets(device, ANALYSIS_SET_COUNT, writes, 0, NULL);
  return VK_SUCCESS;
}

VkResult analysis_create(struct analysis *analysis, const struct analyst *analyst, const s2vk_tensor *features,
    const struct analysis_shape *shape) {
  *analysis = (struct analysis){.analyst = analyst, .shape = *shape};
  VkResult result = features->bytes > analyst->gpu->properties.limits.maxStorageBufferRange
                        ? VK_ERROR_OUT_OF_DEVICE_MEMORY
                        : create_buffers(analysis);
  return result ? result : create_sets(analysis, features);
}

void analysis_destroy(struct analysis *analysis) {
  if (!analysis->analyst)
    return;
  const struct gpu *gpu = analysis->analyst->gpu;
  vkDestroyDescriptorPool(gpu->device, analysis->pool, NULL);
  buffer_destroy(&analysis->state, gpu);
  buffer_destroy(&analysis->projections, gpu);
  buffer_destroy(&analysis->colours, gpu);
  buffer_destroy(&analysis->similarities, gpu);
  buffer_destroy(&analysis->lowest, gpu);
  *analysis = (struct analysis){0};
}

uint64_t analysis_bytes(const struct analysis *analysis) {
  return analysis->state.bytes + analysis->projections.bytes + analysis->colours.bytes + analysis->similarities.bytes +
         analysis->lowest.bytes;
}

/* ---- Recording ------------------------------------------------------------------------------------------------ */

static void barrier(
    VkCommandBuffer commands, VkPipelineStageFlags from, VkPipelineStageFlags to, VkAccessFlags access) {
  const VkMemoryBarrier written = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
      .dstAccessMask = access,
  };
  vkCmdPipelineBarrier(commands, from, to, 0, 1, &written, 0, NULL, 0, NULL);
}

static void record_start(VkCommandBuffer commands) {
  barrier(commands,
      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
}

/* Ends with a barrier, so that what comes next may read and write what it wrote. */
static void record(const struct analysis *analysis, VkCommandBuffer commands, enum analysis_shader shader,
    uint64_t groups, uint32_t picked) {
  const struct analyst *analyst = analysis->analyst;
  const int set = set_of(shader);
  const struct push push = {analysis->shape, picked};
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, analyst->pipelines[shader]);
  vkCmdBindDescriptorSets(
      commands, VK_PIPELINE_BIND_POINT_COMPUTE, analyst->layouts[set], 0, 1, &analysis->sets[set], 0, NULL);
  vkCmdPushConstants(commands, analyst->layouts[set], VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof push, &push);
  vkCmdDispatch(commands, groups < MAX_GROUPS ? (uint32_t)groups : MAX_GROUPS, 1, 1);
  barrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
      VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
}

void analysis_record_components(const struct analysis *analysis, VkCommandBuffer commands) {
  const uint64_t fields = analysis->shape.scales + 1u,
                 width = (uint64_t)analysis->shape.scales * analysis->shape.channels;
  uint64_t token_groups = (analysis->shape.tokens + LANES - 1u) / LANES;
  if (token_groups * fields > MAX_GROUPS)
    token_groups = MAX_GROUPS / fields;
  record_start(commands);
  record(analysis, commands, ANALYSIS_MEAN, width, 0);
  for (int i = 0; i < ITERATIONS; i++) {
    record(analysis, commands, ANALYSIS_PROJECT, token_groups * fields, 0);
    record(analysis, commands, ANALYSIS_MULTIPLY, 2 * width, 0);
    record(analysis, commands, ANALYSIS_ORTHONORMALISE, fields, 0);
  }
  record(analysis, commands, ANALYSIS_PROJECT, token_groups * fields, 0);
  record(analysis, commands, ANALYSIS_ROTATE, fields, 0);
  record(analysis, commands, ANALYSIS_PROJECT, token_groups * fields, 0);
  record(analysis, commands, ANALYSIS_ALIGN, fields, 0);
  record(analysis, commands, ANALYSIS_COLOUR, token_groups * fields, 0);
}

void analysis_record_similarities(const struct analysis *analysis, VkCommandBuffer commands, uint32_t token) {
  record_start(commands);
  record(analysis, commands, ANALYSIS_SIMILARITY, (analysis->shape.tokens + LANES - 1u) / LANES, token);
  record(analysis, commands, ANALYSIS_LOWEST, analysis->shape.scales + 1u, token);
}

void analysis_record_end(VkCommandBuffer commands) {
  barrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
      VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
      VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT);
}
