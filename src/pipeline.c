#include "pipeline.h"

#include "debug.h"

#include <string.h>

static const uint32_t split[] =
#include "split.spv.h"
    ;
static const uint32_t split_texels[] =
#include "split_texels.spv.h"
    ;
static const uint32_t split_fixed[] =
#include "split_fixed.spv.h"
    ;
static const uint32_t split_int64[] =
#include "split_int64.spv.h"
    ;
static const uint32_t copy_fixed[] =
#include "copy_fixed.spv.h"
    ;
static const uint32_t twice_fixed[] =
#include "twice_fixed.spv.h"
    ;
static const uint32_t thrice_fixed[] =
#include "thrice_fixed.spv.h"
    ;
static const uint32_t split_straight[] =
#include "split_straight.spv.h"
    ;
static const uint32_t split_straight_texels[] =
#include "split_straight_texels.spv.h"
    ;
static const uint32_t split_straight_int64[] =
#include "split_straight_int64.spv.h"
    ;
static const uint32_t split_pixels[] =
#include "split_pixels.spv.h"
    ;
static const uint32_t split_pixels_texels[] =
#include "split_pixels_texels.spv.h"
    ;
static const uint32_t split_pixels_int64[] =
#include "split_pixels_int64.spv.h"
    ;
static const uint32_t split_image[] =
#include "split_image.spv.h"
    ;
static const uint32_t split_image_texels[] =
#include "split_image_texels.spv.h"
    ;
static const uint32_t split_image_int64[] =
#include "split_image_int64.spv.h"
    ;
static const uint32_t straight_pixels[] =
#include "split_straight_pixels.spv.h"
    ;
static const uint32_t straight_pixels_texels[] =
#include "split_straight_pixels_texels.spv.h"
    ;
static const uint32_t straight_pixels_int64[] =
#include "split_straight_pixels_int64.spv.h"
    ;
static const uint32_t straight_image[] =
#include "split_straight_image.spv.h"
    ;
static const uint32_t straight_image_texels[] =
#include "split_straight_image_texels.spv.h"
    ;
static const uint32_t straight_image_int64[] =
#include "split_straight_image_int64.spv.h"
    ;
static const uint32_t split_walk[] =
#include "split_walk.spv.h"
    ;
static const uint32_t split_walk_texels[] =
#include "split_walk_texels.spv.h"
    ;
static const uint32_t split_walk_int64[] =
#include "split_walk_int64.spv.h"
    ;
static const uint32_t walk_pixels[] =
#include "split_walk_pixels.spv.h"
    ;
static const uint32_t walk_pixels_texels[] =
#include "split_walk_pixels_texels.spv.h"
    ;
static const uint32_t walk_pixels_int64[] =
#include "split_walk_pixels_int64.spv.h"
    ;
static const uint32_t walk_image[] =
#include "split_walk_image.spv.h"
    ;
static const uint32_t walk_image_texels[] =
#include "split_walk_image_texels.spv.h"
    ;
static const uint32_t walk_image_int64[] =
#include "split_walk_image_int64.spv.h"
    ;
static const uint32_t merge_tokens[] =
#include "merge_tokens.spv.h"
    ;
static const uint32_t merge_tokens_texels[] =
#include "merge_tokens_texels.spv.h"
    ;
static const uint32_t merge_tokens_fixed[] =
#include "merge_tokens_fixed.spv.h"
    ;
static const uint32_t merge_tokens_int64[] =
#include "merge_tokens_int64.spv.h"
    ;
static const uint32_t windows_of_1_fixed[] =
#include "windows_of_1_fixed.spv.h"
    ;
static const uint32_t windows_of_2_fixed[] =
#include "windows_of_2_fixed.spv.h"
    ;
static const uint32_t windows_of_3_fixed[] =
#include "windows_of_3_fixed.spv.h"
    ;
static const uint32_t tokens_straight[] =
#include "merge_tokens_straight.spv.h"
    ;
static const uint32_t tokens_straight_texels[] =
#include "merge_tokens_straight_texels.spv.h"
    ;
static const uint32_t tokens_straight_int64[] =
#include "merge_tokens_straight_int64.spv.h"
    ;
static const uint32_t merge_maps[] =
#include "merge_maps.spv.h"
    ;
static const uint32_t merge_maps_texels[] =
#include "merge_maps_texels.spv.h"
    ;
static const uint32_t merge_maps_fixed[] =
#include "merge_maps_fixed.spv.h"
    ;
static const uint32_t merge_maps_int64[] =
#include "merge_maps_int64.spv.h"
    ;
static const uint32_t maps_straight[] =
#include "merge_maps_straight.spv.h"
    ;
static const uint32_t maps_straight_texels[] =
#include "merge_maps_straight_texels.spv.h"
    ;
static const uint32_t maps_straight_int64[] =
#include "merge_maps_straight_int64.spv.h"
    ;

#define CODE(words) {words, sizeof words}
static const struct {
  uint32_t constant_count;
  struct {
    const uint32_t *words;
    size_t bytes;
  } builds[S2_BUILD_COUNT];
} shaders[S2_SHADER_COUNT] = {
    [S2_SHADER_SPLIT] = {8, {CODE(split), CODE(split_texels), CODE(split_int64), CODE(split_fixed), CODE(copy_fixed)}},
    [S2_SHADER_SPLIT_STRAIGHT] = {27,
        {CODE(split_straight), CODE(split_straight_texels), CODE(split_straight_int64),
            [S2_BUILD_FIXED_TWICE] = CODE(twice_fixed), [S2_BUILD_FIXED_THRICE] = CODE(thrice_fixed)}},
    [S2_SHADER_SPLIT_PIXELS] = {25, {CODE(split_pixels), CODE(split_pixels_texels), CODE(split_pixels_int64)}},
    [S2_SHADER_SPLIT_IMAGE] = {25, {CODE(split_image), CODE(split_image_texels), CODE(split_image_int64)}},
    [S2_SHADER_STRAIGHT_PIXELS] = {27,
        {CODE(straight_pixels), CODE(straight_pixels_texels), CODE(straight_pixels_int64)}},
    [S2_SHADER_STRAIGHT_IMAGE] = {27, {CODE(straight_image), CODE(straight_image_texels), CODE(straight_image_int64)}},
    [S2_SHADER_SPLIT_WALK] = {8, {CODE(split_walk), CODE(split_walk_texels), CODE(split_walk_int64)}},
    [S2_SHADER_WALK_PIXELS] = {25, {CODE(walk_pixels), CODE(walk_pixels_texels), CODE(walk_pixels_int64)}},
    [S2_SHADER_WALK_IMAGE] = {25, {CODE(walk_image), CODE(walk_image_texels), CODE(walk_image_int64)}},
    [S2_SHADER_MERGE_TOKENS] = {18,
        {CODE(merge_tokens), CODE(merge_tokens_texels), CODE(merge_tokens_int64), CODE(merge_tokens_fixed)}},
    [S2_SHADER_TOKENS_STRAIGHT] = {18,
        {CODE(tokens_straight), CODE(tokens_straight_texels),
            CODE(tokens_straight_int64), [S2_BUILD_FIXED_ONCE] = CODE(windows_of_1_fixed),
            [S2_BUILD_FIXED_TWICE] = CODE(windows_of_2_fixed), [S2_BUILD_FIXED_THRICE] = CODE(windows_of_3_fixed)}},
    [S2_SHADER_MERGE_MAPS] = {18,
        {CODE(merge_maps), CODE(merge_maps_texels), CODE(merge_maps_int64), CODE(merge_maps_fixed)}},
    [S2_SHADER_MAPS_STRAIGHT] = {19, {CODE(maps_straight), CODE(maps_straight_texels), CODE(maps_straight_int64)}},
};

static const char *const names[S2_SHADER_COUNT] = {
    [S2_SHADER_SPLIT] = "split",
    [S2_SHADER_SPLIT_STRAIGHT] = "split_straight",
    [S2_SHADER_SPLIT_PIXELS] = "split_pixels",
    [S2_SHADER_SPLIT_IMAGE] = "split_image",
    [S2_SHADER_STRAIGHT_PIXELS] = "split_straight_pixels",
    [S2_SHADER_STRAIGHT_IMAGE] = "split_straight_image",
    [S2_SHADER_SPLIT_WALK] = "split_walk",
    [S2_SHADER_WALK_PIXELS] = "split_walk_pixels",
    [S2_SHADER_WALK_IMAGE] = "split_walk_image",
    [S2_SHADER_MERGE_TOKENS] = "merge_tokens",
    [S2_SHADER_TOKENS_STRAIGHT] = "merge_tokens_straight",
    [S2_SHADER_MERGE_MAPS] = "merge_maps",
    [S2_SHADER_MAPS_STRAIGHT] = "merge_maps_straight",
};

const char *s2_shader_name(uint32_t shader) {
  return names[shader];
}

/* A list that only grows, at its head and by compare-and-swap: plans may be made by any number of threads at once without
 * a lock. Two threads may make the same pipeline at once; both stay, which is harmless. */
struct s2_pipeline {
  struct s2_pipeline *next;
  struct s2_pipeline_key key;
  VkPipeline pipeline;
};

static s2vk_result make_pipeline(s2vk_context *context, const struct s2_pipeline_key *key, VkPipeline *pipeline) {
  const struct s2_context *vk = &context->vk;
  const VkAllocationCallbacks *allocator = context->host.allocator;
  const VkShaderModuleCreateInfo module_info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
      .codeSize = shaders[key->shader].builds[key->build].bytes,
      .pCode = shaders[key->shader].builds[key->build].words,
  };
  VkShaderModule module;
  VkResult result = vk->CreateShaderModule(vk->device, &module_info, allocator, &module);
  if (result)
    return s2_fail_vk(&context->host, result, "vkCreateShaderModule");

  const uint32_t count = shaders[key->shader].constant_count;
  VkSpecializationMapEntry entries[S2_MAX_CONSTANTS + 2];
  for (uint32_t i = 0; i < count; i++)
    entries[i] = (VkSpecializationMapEntry){i,
        (uint32_t)(offsetof(struct s2_pipeline_key, constants) + i * sizeof *key->constants), sizeof *key->constants};
  entries[count] = (VkSpecializationMapEntry){
      30, (uint32_t)offsetof(struct s2_pipeline_key, source_texels), sizeof key->source_texels};
  entries[count + 1] = (VkSpecializationMapEntry){
      31, (uint32_t)offsetof(struct s2_pipeline_key, unpack_halves), sizeof key->unpack_halves};
  const VkSpecializationInfo specialization = {count + 2, entries, sizeof *key, key};
  const VkComputePipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage =
          {
              .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
              .stage = VK_SHADER_STAGE_COMPUTE_BIT,
              .module = module,
              .pName = "main",
              .pSpecializationInfo = &specialization,
          },
      .layout = vk->pipeline_layout,
  };
  result = vk->CreateComputePipelines(vk->device, vk->cache, 1, &info, allocator, pipeline);
  vk->DestroyShaderModule(vk->device, module, allocator);
  if (result)
    return s2_fail_vk(&context->host, result, "vkCreateComputePipelines");
  s2_debug_name(vk, VK_OBJECT_TYPE_PIPELINE, (uint64_t)*pipeline, "s2vk %s", names[key->shader]);
  return S2VK_SUCCESS;
}

s2vk_result s2_pipeline_get(s2vk_context *context, const struct s2_pipeline_key *key, VkPipeline *pipeline) {
  struct s2_pipeline *head = atomic_load(&context->vk.pipelines);
  for (struct s2_pipeline *p = head; p; p = p->next)
    if (memcmp(&p->key, key, sizeof *key) == 0) {
      *pipeline = p->pipeline;
      return S2VK_SUCCESS;
    }
  struct s2_pipeline *made = s2_alloc(&context->host, 1, sizeof *made);
  if (!made)
    return s2_fail(&context->host, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for a pipeline");
  made->key = *key;
  s2vk_result result = make_pipeline(context, key, &made->pipeline);
  if (result) {
    s2_free(&context->host, made);
    return result;
  }
  made->next = head;
  while (!atomic_compare_exchange_weak(&context->vk.pipelines, &made->next, made))
    ;
  *pipeline = made->pipeline;
  return S2VK_SUCCESS;
}

void s2_pipelines_destroy(s2vk_context *context) {
  struct s2_pipeline *p = atomic_load(&context->vk.pipelines);
  while (p) {
    struct s2_pipeline *next = p->next;
    context->vk.DestroyPipeline(context->vk.device, p->pipeline, context->host.allocator);
    s2_free(&context->host, p);
    p = next;
  }
  atomic_store(&context->vk.pipelines, NULL);
}
