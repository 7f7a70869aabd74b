#include "analysis.h"

#define RANK 8 /* equal to the shaders' */
#define PUSH_BYTES 64
#define MAX_GROUPS 65535 /* the smallest maxComputeWorkGroupCount that Vulkan allows */

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
static const uint32_t mask_code[] =
#include "mask.spv.h"
    ;
static const uint32_t similarity_code[] =
#include "similarity.spv.h"
    ;
static const uint32_t norms_code[] =
#include "norms.spv.h"
    ;
static const uint32_t difference_code[] =
#include "difference.spv.h"
    ;
static const uint32_t segments_code[] =
#include "segments.spv.h"
    ;
static const uint32_t stats_code[] =
#include "stats.spv.h"
    ;
static const uint32_t nearest_code[] =
#include "nearest.spv.h"
    ;
static const uint32_t tiles_code[] =
#include "tiles.spv.h"
    ;

static const struct {
  const uint32_t *code;
  size_t bytes;
  uint32_t buffers;
} shaders[ANALYSIS_SHADER_COUNT] = {
    [ANALYSIS_MEAN] = {mean_code, sizeof mean_code, 4},
    [ANALYSIS_PROJECT] = {project_code, sizeof project_code, 4},
    [ANALYSIS_MULTIPLY] = {multiply_code, sizeof multiply_code, 4},
    [ANALYSIS_ORTHONORMALISE] = {orthonormalise_code, sizeof orthonormalise_code, 4},
    [ANALYSIS_ROTATE] = {rotate_code, sizeof rotate_code, 4},
    [ANALYSIS_ALIGN] = {align_code, sizeof align_code, 4},
    [ANALYSIS_COLOUR] = {colour_code, sizeof colour_code, 4},
    [ANALYSIS_MASK] = {mask_code, sizeof mask_code, 4},
    [ANALYSIS_SIMILARITY] = {similarity_code, sizeof similarity_code, 3},
    [ANALYSIS_NORMS] = {norms_code, sizeof norms_code, 2},
    [ANALYSIS_DIFFERENCE] = {difference_code, sizeof difference_code, 3},
    [ANALYSIS_SEGMENTS] = {segments_code, sizeof segments_code, 3},
    [ANALYSIS_STATS] = {stats_code, sizeof stats_code, 2},
    [ANALYSIS_NEAREST] = {nearest_code, sizeof nearest_code, 3},
    [ANALYSIS_TILES] = {tiles_code, sizeof tiles_code, 2},
};

/* ---- Pipelines --------------------------------------------------------------------------------------------------- */

static VkResult create_layouts(struct analyst *analyst, uint32_t count) {
  const VkDevice device = analyst->gpu->device;
  VkDescriptorSetLayoutBinding bindings[ANALYSIS_MAX_BUFFERS];
  for (uint32_t i = 0; i < count; i++)
    bindings[i] =
        (VkDescriptorSetLayoutBinding){i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL};
  const VkDescriptorSetLayoutCreateInfo set_layout = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = count,
      .pBindings = bindings,
  };
  VkResult result = vkCreateDescriptorSetLayout(device, &set_layout, NULL, &analyst->set_layouts[count]);
  if (result)
    return result;
  const VkPushConstantRange push = {VK_SHADER_STAGE_COMPUTE_BIT, 0, PUSH_BYTES};
  const VkPipelineLayoutCreateInfo layout = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &analyst->set_layouts[count],
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &push,
  };
  return vkCreatePipelineLayout(device, &layout, NULL, &analyst->layouts[count]);
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
      .layout = analyst->layouts[shaders[shader].buffers],
  };
  result = vkCreateComputePipelines(device, VK_NULL_HANDLE, 1, &info, NULL, &analyst->pipelines[shader]);
  vkDestroyShaderModule(device, module, NULL);
  return result;
}

VkResult analyst_create(struct analyst *analyst, const struct gpu *gpu) {
  *analyst = (struct analyst){.gpu = gpu};
  VkResult result = VK_SUCCESS;
  for (uint32_t count = 2; !result && count <= ANALYSIS_MAX_BUFFERS; count++)
    result = create_layouts(analyst, count);
  for (int shader = 0; !result && shader < ANALYSIS_SHADER_COUNT; shader++)
    result = create_pipeline(analyst, (enum analysis_shader)shader);
  return result;
}

void analyst_destroy(struct analyst *analyst) {
  if (!analyst->gpu)
    return;
  for (int shader = 0; shader < ANALYSIS_SHADER_COUNT; shader++)
    vkDestroyPipeline(analyst->gpu->device, analyst->pipelines[shader], NULL);
  for (uint32_t count = 0; count <= ANALYSIS_MAX_BUFFERS; count++) {
    vkDestroyPipelineLayout(analyst->gpu->device, analyst->layouts[count], NULL);
    vkDestroyDescriptorSetLayout(analyst->gpu->device, analyst->set_layouts[count], NULL);
  }
  *analyst = (struct analyst){0};
}

/* ---- Sets and dispatches ----------------------------------------------------------------------------------------- */

VkResult analysis_set_create(
    struct analysis_set *set, const struct analyst *analyst, const VkDescriptorBufferInfo *buffers, uint32_t count) {
  const VkDevice device = analyst->gpu->device;
  const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, count};
  const VkDescriptorPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = 1,
      .poolSizeCount = 1,
      .pPoolSizes = &size,
  };
  *set = (struct analysis_set){.count = count};
  VkResult result = vkCreateDescriptorPool(device, &pool, NULL, &set->pool);
  if (result)
    return result;
  const VkDescriptorSetAllocateInfo allocate = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = set->pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &analyst->set_layouts[count],
  };
  result = vkAllocateDescriptorSets(device, &allocate, &set->set);
  if (result)
    return result;
  const VkWriteDescriptorSet write = {
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = set->set,
      .descriptorCount = count,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = buffers,
  };
  vkUpdateDescriptorSets(device, 1, &write, 0, NULL);
  return VK_SUCCESS;
}

void analysis_set_destroy(struct analysis_set *set, const struct analyst *analyst) {
  vkDestroyDescriptorPool(analyst->gpu->device, set->pool, NULL);
  *set = (struct analysis_set){0};
}

static void barrier(
    VkCommandBuffer commands, VkPipelineStageFlags from, VkPipelineStageFlags to, VkAccessFlags access) {
  const VkMemoryBarrier written = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask =
          VK_ACCESS_SHADER_WRITE_BIT | (from & VK_PIPELINE_STAGE_TRANSFER_BIT ? VK_ACCESS_TRANSFER_WRITE_BIT : 0u),
      .dstAccessMask = access,
  };
  vkCmdPipelineBarrier(commands, from, to, 0, 1, &written, 0, NULL, 0, NULL);
}

void analysis_record_start(VkCommandBuffer commands) {
  barrier(commands,
      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
      VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
          VK_ACCESS_TRANSFER_WRITE_BIT);
}

void analysis_record_end(VkCommandBuffer commands) {
  barrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
      VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_HOST_BIT,
      VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_HOST_READ_BIT);
}

void analysis_dispatch(const struct analyst *analyst, VkCommandBuffer commands, enum analysis_shader shader,
    const struct analysis_set *set, const void *push, uint32_t push_bytes, uint64_t groups) {
  const VkPipelineLayout layout = analyst->layouts[set->count];
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, analyst->pipelines[shader]);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, &set->set, 0, NULL);
  vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, push_bytes, push);
  vkCmdDispatch(commands, groups < MAX_GROUPS ? (uint32_t)groups : MAX_GROUPS, 1, 1);
  barrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
      VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
}

/* ---- One analysis ------------------------------------------------------------------------------------------------ */

static VkResult create_buffers(struct analysis *analysis) {
  const struct gpu *gpu = analysis->analyst->gpu;
  const struct analysis_shape *shape = &analysis->shape;
  const uint64_t fields = shape->scales + 1u, width = (uint64_t)shape->scales * shape->channels;
  const uint64_t tokens = fields * shape->tokens, word = sizeof(float);
  const VkBufferUsageFlags usage =
      VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  const struct {
    struct buffer *buffer;
    uint64_t count;
  } all[] = {
      {&analysis->state, width * (1 + 4 * RANK) + 9 * fields + shape->tokens},
      {&analysis->projections, tokens * RANK},
      {&analysis->colours, tokens},
      {&analysis->segments, tokens},
      {&analysis->labels, tokens},
      {&analysis->query, width},
      {&analysis->values[VALUES_SIMILARITIES], tokens},
      {&analysis->values[VALUES_NORMS], tokens},
      {&analysis->values[VALUES_DIFFERENCES], tokens},
      {&analysis->stats[VALUES_SIMILARITIES], fields * STATS_VALUES},
      {&analysis->stats[VALUES_NORMS], fields * STATS_VALUES},
      {&analysis->stats[VALUES_DIFFERENCES], fields * STATS_VALUES},
  };
  VkResult result = VK_SUCCESS;
  for (size_t i = 0; !result && i < sizeof all / sizeof *all; i++)
    result = all[i].count * word > gpu->properties.limits.maxStorageBufferRange
                 ? VK_ERROR_OUT_OF_DEVICE_MEMORY
                 : buffer_create(all[i].buffer, gpu, all[i].count * word, usage, false);
  return result;
}

static VkDescriptorBufferInfo whole(const struct buffer *buffer) {
  return (VkDescriptorBufferInfo){buffer->buffer, 0, VK_WHOLE_SIZE};
}

static VkResult create_sets(struct analysis *analysis) {
  const VkDescriptorBufferInfo features = analysis->features, state = whole(&analysis->state),
                               projections = whole(&analysis->projections), colours = whole(&analysis->colours),
                               norms = whole(&analysis->values[VALUES_NORMS]);
  VkDescriptorBufferInfo buffers[SET_COUNT][ANALYSIS_MAX_BUFFERS] = {
      [SET_COMPONENTS] = {features, state, projections, colours},
      [SET_SIMILARITY] = {features, whole(&analysis->query), whole(&analysis->values[VALUES_SIMILARITIES])},
      [SET_NORMS] = {features, norms},
      [SET_DIFFERENCE] = {features, norms, whole(&analysis->values[VALUES_DIFFERENCES])},
      [SET_SEGMENTS] = {projections, whole(&analysis->labels), whole(&analysis->segments)},
  };
  static const uint32_t counts[SET_STATS] = {
      [SET_COMPONENTS] = 4, [SET_SIMILARITY] = 3, [SET_NORMS] = 2, [SET_DIFFERENCE] = 3, [SET_SEGMENTS] = 3};
  for (int i = 0; i < VALUES_COUNT; i++) {
    buffers[SET_STATS + i][0] = whole(&analysis->values[i]);
    buffers[SET_STATS + i][1] = whole(&analysis->stats[i]);
  }
  VkResult result = VK_SUCCESS;
  for (int i = 0; !result && i < SET_COUNT; i++)
    result = analysis_set_create(&analysis->sets[i], analysis->analyst, buffers[i], i < SET_STATS ? counts[i] : 2);
  return result;
}

VkResult analysis_create(struct analysis *analysis, const struct analyst *analyst, const s2vk_tensor *features,
    const struct analysis_shape *shape) {
  *analysis = (struct analysis){.analyst = analyst, .shape = *shape};
  analysis->features = (VkDescriptorBufferInfo){features->buffer, features->offset, features->bytes};
  VkResult result = features->bytes > analyst->gpu->properties.limits.maxStorageBufferRange
                        ? VK_ERROR_OUT_OF_DEVICE_MEMORY
                        : create_buffers(analysis);
  return result ? result : create_sets(analysis);
}

void analysis_destroy(struct analysis *analysis) {
  if (!analysis->analyst)
    return;
  const struct gpu *gpu = analysis->analyst->gpu;
  struct buffer *const buffers[] = {&analysis->state, &analysis->projections, &analysis->colours, &analysis->segments,
      &analysis->labels, &analysis->query};
  for (int i = 0; i < SET_COUNT; i++)
    analysis_set_destroy(&analysis->sets[i], analysis->analyst);
  for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
    buffer_destroy(buffers[i], gpu);
  for (int i = 0; i < VALUES_COUNT; i++) {
    buffer_destroy(&analysis->values[i], gpu);
    buffer_destroy(&analysis->stats[i], gpu);
  }
  *analysis = (struct analysis){0};
}

uint64_t analysis_bytes(const struct analysis *analysis) {
  uint64_t bytes = analysis->state.bytes + analysis->projections.bytes + analysis->colours.bytes +
                   analysis->segments.bytes + analysis->labels.bytes + analysis->query.bytes;
  for (int i = 0; i < VALUES_COUNT; i++)
    bytes += analysis->values[i].bytes + analysis->stats[i].bytes;
  return bytes;
}
