#include "pipeline.h"

#include <string.h>

static const uint32_t split_words[] =
#include "split.spv.h"
    ;
static const uint32_t merge_words[] =
#include "merge.spv.h"
    ;

static const struct {
  const uint32_t *words;
  size_t bytes;
} shaders[] = {
    [S2_SHADER_SPLIT] = {split_words, sizeof split_words},
    [S2_SHADER_MERGE] = {merge_words, sizeof merge_words},
};

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
      .codeSize = shaders[key->shader].bytes,
      .pCode = shaders[key->shader].words,
  };
  VkShaderModule module;
  VkResult result = vk->CreateShaderModule(vk->device, &module_info, allocator, &module);
  if (result)
    return s2_fail_vk(&context->host, result, "vkCreateShaderModule");

  const uint32_t values[] = {S2_LOCAL_SIZE, key->source_type, key->target_type, key->width, key->layout, key->sums};
  VkSpecializationMapEntry entries[sizeof values / sizeof *values];
  const uint32_t count = key->shader == S2_SHADER_SPLIT ? 4 : 6;
  for (uint32_t i = 0; i < count; i++)
    entries[i] = (VkSpecializationMapEntry){i, i * (uint32_t)sizeof *values, sizeof *values};
  const VkSpecializationInfo specialization = {count, entries, sizeof values, values};
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
  return result ? s2_fail_vk(&context->host, result, "vkCreateComputePipelines") : S2VK_SUCCESS;
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
