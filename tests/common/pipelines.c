#include "pipelines.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KEPT 256
#define MAX_CONSTANT_BYTES 256

/* A module's code stands in for the module, since modules come and go. */
struct code {
  VkShaderModule module;
  uint32_t *words;
  size_t bytes;
};

static struct {
  struct code code;
  unsigned char constants[MAX_CONSTANT_BYTES];
  size_t constant_bytes;
  VkPipeline pipeline;
} kept[MAX_KEPT];
static unsigned kept_count;
static struct code last; /* made, and used for a pipeline next */
static PFN_vkCreateShaderModule create_module;
static PFN_vkCreateComputePipelines create_pipelines;
static PFN_vkDestroyPipeline destroy_pipeline;

static VKAPI_ATTR VkResult VKAPI_CALL on_create_module(VkDevice device, const VkShaderModuleCreateInfo *info,
    const VkAllocationCallbacks *allocator, VkShaderModule *module) {
  VkResult result = create_module(device, info, allocator, module);
  free(last.words);
  last = (struct code){*module, malloc(info->codeSize), info->codeSize};
  memcpy(last.words, info->pCode, info->codeSize);
  return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL on_create_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
    const VkComputePipelineCreateInfo *info, const VkAllocationCallbacks *allocator, VkPipeline *pipeline) {
  const VkSpecializationInfo *constants = info->stage.pSpecializationInfo;
  size_t bytes = constants ? constants->dataSize : 0;
  if (count != 1 || info->stage.module != last.module || bytes > MAX_CONSTANT_BYTES || kept_count == MAX_KEPT) {
    fprintf(stderr, "pipelines.c: not one pipeline of the module made last\n");
    abort();
  }
  for (unsigned i = 0; i < kept_count; i++)
    if (kept[i].code.bytes == last.bytes && memcmp(kept[i].code.words, last.words, last.bytes) == 0 &&
        kept[i].constant_bytes == bytes && (!bytes || memcmp(kept[i].constants, constants->pData, bytes) == 0)) {
      *pipeline = kept[i].pipeline;
      return VK_SUCCESS;
    }
  VkResult result = create_pipelines(device, cache, count, info, allocator, pipeline);
  if (result)
    return result;
  kept[kept_count].code = last;
  last.words = NULL;
  last.module = VK_NULL_HANDLE;
  kept[kept_count].constant_bytes = bytes;
  if (bytes)
    memcpy(kept[kept_count].constants, constants->pData, bytes);
  kept[kept_count++].pipeline = *pipeline;
  return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL on_destroy_pipeline(
    VkDevice device, VkPipeline pipeline, const VkAllocationCallbacks *allocator) {
  for (unsigned i = 0; i < kept_count; i++)
    if (kept[i].pipeline == pipeline)
      return;
  destroy_pipeline(device, pipeline, allocator);
}

static bool of_volk;

void pipelines_keep(void) {
  of_volk = true;
  create_module = vkCreateShaderModule;
  create_pipelines = vkCreateComputePipelines;
  destroy_pipeline = vkDestroyPipeline;
  vkCreateShaderModule = on_create_module;
  vkCreateComputePipelines = on_create_pipelines;
  vkDestroyPipeline = on_destroy_pipeline;
}

PFN_vkVoidFunction pipelines_wrap(const char *name, PFN_vkVoidFunction function) {
  if (strcmp(name, "vkCreateShaderModule") == 0) {
    create_module = (PFN_vkCreateShaderModule)function;
    return (PFN_vkVoidFunction)on_create_module;
  }
  if (strcmp(name, "vkCreateComputePipelines") == 0) {
    create_pipelines = (PFN_vkCreateComputePipelines)function;
    return (PFN_vkVoidFunction)on_create_pipelines;
  }
  if (strcmp(name, "vkDestroyPipeline") == 0) {
    destroy_pipeline = (PFN_vkDestroyPipeline)function;
    return (PFN_vkVoidFunction)on_destroy_pipeline;
  }
  return function;
}

void pipelines_drop(VkDevice device) {
  if (of_volk) {
    vkCreateShaderModule = create_module;
    vkCreateComputePipelines = create_pipelines;
    vkDestroyPipeline = destroy_pipeline;
  }
  of_volk = false;
  for (unsigned i = 0; i < kept_count; i++) {
    destroy_pipeline(device, kept[i].pipeline, NULL);
    free(kept[i].code.words);
  }
  free(last.words);
  last = (struct code){0};
  kept_count = 0;
}
