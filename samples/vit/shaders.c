#include "shaders.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t matmul[] =
#include "matmul.spv.h"
    ;
static const uint32_t matmul_16[] =
#include "matmul_16.spv.h"
    ;
static const uint32_t matmul_wide[] =
#include "matmul_wide.spv.h"
    ;
static const uint32_t matmul_wide_16[] =
#include "matmul_wide_16.spv.h"
    ;
static const uint32_t matmul_small[] =
#include "matmul_small.spv.h"
    ;
static const uint32_t matmul_small_16[] =
#include "matmul_small_16.spv.h"
    ;
#ifdef VIT_COOPERATIVE
static const uint32_t matmul_cooperative[] =
#include "matmul_cooperative.spv.h"
    ;
static const uint32_t matmul_cooperative_16[] =
#include "matmul_cooperative_16.spv.h"
    ;
#endif
static const uint32_t patches_small[] =
#include "patches_small.spv.h"
    ;
static const uint32_t patches_small_16[] =
#include "patches_small_16.spv.h"
    ;
static const uint32_t patches[] =
#include "patches.spv.h"
    ;
static const uint32_t patches_16[] =
#include "patches_16.spv.h"
    ;
static const uint32_t rows[] =
#include "rows.spv.h"
    ;
static const uint32_t attention[] =
#include "attention.spv.h"
    ;
static const uint32_t attention_small[] =
#include "attention_small.spv.h"
    ;
static const uint32_t cpu_matmul[] =
#include "cpu_matmul.spv.h"
    ;
static const uint32_t cpu_matmul_16[] =
#include "cpu_matmul_16.spv.h"
    ;
static const uint32_t cpu_matmul_texels[] =
#include "cpu_matmul_texels.spv.h"
    ;
static const uint32_t cpu_matmul_texels_16[] =
#include "cpu_matmul_texels_16.spv.h"
    ;
static const uint32_t cpu_matmul_wide[] =
#include "cpu_matmul_wide.spv.h"
    ;
static const uint32_t cpu_matmul_wide_16[] =
#include "cpu_matmul_wide_16.spv.h"
    ;
static const uint32_t cpu_patches[] =
#include "cpu_patches.spv.h"
    ;
static const uint32_t cpu_patches_16[] =
#include "cpu_patches_16.spv.h"
    ;
static const uint32_t cpu_patches_texels[] =
#include "cpu_patches_texels.spv.h"
    ;
static const uint32_t cpu_patches_texels_16[] =
#include "cpu_patches_texels_16.spv.h"
    ;
static const uint32_t cpu_rows[] =
#include "cpu_rows.spv.h"
    ;
static const uint32_t cpu_rows_texels[] =
#include "cpu_rows_texels.spv.h"
    ;
static const uint32_t cpu_attention[] =
#include "cpu_attention.spv.h"
    ;
static const uint32_t cpu_attention_texels[] =
#include "cpu_attention_texels.spv.h"
    ;
static const uint32_t rope[] =
#include "rope.spv.h"
    ;
static const uint32_t gate[] =
#include "gate.spv.h"
    ;
static const uint32_t depthwise[] =
#include "depthwise.spv.h"
    ;
static const uint32_t maps[] =
#include "maps.spv.h"
    ;
static const uint32_t cpu_maps[] =
#include "cpu_maps.spv.h"
    ;

static const struct {
  const uint32_t *code;
  size_t bytes;
} shaders[VIT_SHADER_COUNT] = {
    [VIT_MATMUL] = {matmul, sizeof matmul},
    [VIT_MATMUL_16] = {matmul_16, sizeof matmul_16},
    [VIT_MATMUL_WIDE] = {matmul_wide, sizeof matmul_wide},
    [VIT_MATMUL_WIDE_16] = {matmul_wide_16, sizeof matmul_wide_16},
    [VIT_MATMUL_SMALL] = {matmul_small, sizeof matmul_small},
    [VIT_MATMUL_SMALL_16] = {matmul_small_16, sizeof matmul_small_16},
#ifdef VIT_COOPERATIVE
    [VIT_MATMUL_COOPERATIVE] = {matmul_cooperative, sizeof matmul_cooperative},
    [VIT_MATMUL_COOPERATIVE_16] = {matmul_cooperative_16, sizeof matmul_cooperative_16},
#endif
    [VIT_PATCHES_SMALL] = {patches_small, sizeof patches_small},
    [VIT_PATCHES_SMALL_16] = {patches_small_16, sizeof patches_small_16},
    [VIT_PATCHES] = {patches, sizeof patches},
    [VIT_PATCHES_16] = {patches_16, sizeof patches_16},
    [VIT_ROWS] = {rows, sizeof rows},
    [VIT_ATTENTION] = {attention, sizeof attention},
    [VIT_ATTENTION_SMALL] = {attention_small, sizeof attention_small},
    [VIT_CPU_MATMUL] = {cpu_matmul, sizeof cpu_matmul},
    [VIT_CPU_MATMUL_16] = {cpu_matmul_16, sizeof cpu_matmul_16},
    [VIT_CPU_MATMUL_TEXELS] = {cpu_matmul_texels, sizeof cpu_matmul_texels},
    [VIT_CPU_MATMUL_TEXELS_16] = {cpu_matmul_texels_16, sizeof cpu_matmul_texels_16},
    [VIT_CPU_MATMUL_WIDE] = {cpu_matmul_wide, sizeof cpu_matmul_wide},
    [VIT_CPU_MATMUL_WIDE_16] = {cpu_matmul_wide_16, sizeof cpu_matmul_wide_16},
    [VIT_CPU_PATCHES] = {cpu_patches, sizeof cpu_patches},
    [VIT_CPU_PATCHES_16] = {cpu_patches_16, sizeof cpu_patches_16},
    [VIT_CPU_PATCHES_TEXELS] = {cpu_patches_texels, sizeof cpu_patches_texels},
    [VIT_CPU_PATCHES_TEXELS_16] = {cpu_patches_texels_16, sizeof cpu_patches_texels_16},
    [VIT_CPU_ROWS] = {cpu_rows, sizeof cpu_rows},
    [VIT_CPU_ROWS_TEXELS] = {cpu_rows_texels, sizeof cpu_rows_texels},
    [VIT_CPU_ATTENTION] = {cpu_attention, sizeof cpu_attention},
    [VIT_CPU_ATTENTION_TEXELS] = {cpu_attention_texels, sizeof cpu_attention_texels},
    [VIT_ROPE] = {rope, sizeof rope},
    [VIT_GATE] = {gate, sizeof gate},
    [VIT_CPU_MAPS] = {cpu_maps, sizeof cpu_maps},
    [VIT_MAPS] = {maps, sizeof maps},
    [VIT_DEPTHWISE] = {depthwise, sizeof depthwise},
};

bool vit_pipeline_create(const struct vit_device *device, enum vit_shader shader,
    const uint32_t constants[VIT_CONSTANTS], VkPipeline *pipeline, struct vit_error *error) {
  const VkShaderModuleCreateInfo module_info = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
      .codeSize = shaders[shader].bytes,
      .pCode = shaders[shader].code};
  VkShaderModule module;
  VkResult result = vkCreateShaderModule(device->device, &module_info, NULL, &module);
  if (result)
    return vit_fail(error, "vkCreateShaderModule: VkResult %d", (int)result);
  VkSpecializationMapEntry entries[VIT_CONSTANTS];
  for (uint32_t i = 0; i < VIT_CONSTANTS; i++)
    entries[i] = (VkSpecializationMapEntry){i, i * (uint32_t)sizeof *constants, sizeof *constants};
  const VkSpecializationInfo specialization = {VIT_CONSTANTS, entries, VIT_CONSTANTS * sizeof *constants, constants};
  const uint32_t lanes = constants[VIT_COOPERATIVE_LANES];
  const VkPipelineShaderStageRequiredSubgroupSizeCreateInfoEXT subgroup = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO_EXT,
      .requiredSubgroupSize = lanes / 4};
  const VkComputePipelineCreateInfo info = {.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
          .pNext = lanes && device->cooperative.sized ? &subgroup : NULL,
          .flags = lanes ? VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT_EXT : 0,
          .stage = VK_SHADER_STAGE_COMPUTE_BIT,
          .module = module,
          .pName = "main",
          .pSpecializationInfo = &specialization},
      .layout = device->layout};
  result = vkCreateComputePipelines(device->device, VK_NULL_HANDLE, 1, &info, NULL, pipeline);
  vkDestroyShaderModule(device->device, module, NULL);
  return result ? vit_fail(error, "vkCreateComputePipelines: VkResult %d", (int)result) : true;
}

bool vit_pipeline_get(struct vit_device *device, enum vit_shader shader, const uint32_t constants[VIT_CONSTANTS],
    VkPipeline *pipeline, struct vit_error *error) {
  for (uint32_t i = 0; i < device->pipeline_count; i++) {
    const struct vit_kept_pipeline *kept = &device->pipelines[i];
    if (kept->shader == shader && memcmp(kept->constants, constants, sizeof kept->constants) == 0) {
      *pipeline = kept->pipeline;
      return true;
    }
  }
  struct vit_kept_pipeline *more = realloc(device->pipelines, (device->pipeline_count + 1) * sizeof *more);
  if (!more)
    return vit_fail(error, "no memory for %u pipelines", device->pipeline_count + 1);
  device->pipelines = more;
  if (!vit_pipeline_create(device, shader, constants, pipeline, error))
    return false;
  more += device->pipeline_count++;
  *more = (struct vit_kept_pipeline){.shader = shader, .pipeline = *pipeline};
  memcpy(more->constants, constants, sizeof more->constants);
  return true;
}

void vit_pipelines_drop(struct vit_device *device) {
  for (uint32_t i = 0; i < device->pipeline_count; i++)
    vkDestroyPipeline(device->device, device->pipelines[i].pipeline, NULL);
  free(device->pipelines);
  device->pipelines = NULL;
  device->pipeline_count = 0;
}
