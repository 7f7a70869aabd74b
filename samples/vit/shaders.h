/* The shaders, and pipelines of them, all of one layout. */
#ifndef VIT_SHADERS_H
#define VIT_SHADERS_H

#include "device.h"

enum vit_shader {
  VIT_MATMUL,
  VIT_MATMUL_16,
  VIT_MATMUL_WIDE,
  VIT_MATMUL_WIDE_16,
  VIT_MATMUL_SMALL,
  VIT_MATMUL_SMALL_16,
  VIT_MATMUL_COOPERATIVE, /* its code may not be in the build: see cooperative.h */
  VIT_MATMUL_COOPERATIVE_16,
  VIT_PATCHES,
  VIT_PATCHES_16,
  VIT_PATCHES_SMALL,
  VIT_PATCHES_SMALL_16,
  VIT_ROWS,
  VIT_ATTENTION,
  VIT_ATTENTION_SMALL,
  VIT_CPU_MATMUL,
  VIT_CPU_MATMUL_16,
  VIT_CPU_MATMUL_TEXELS,
  VIT_CPU_MATMUL_TEXELS_16,
  VIT_CPU_MATMUL_WIDE,
  VIT_CPU_MATMUL_WIDE_16,
  VIT_CPU_PATCHES,
  VIT_CPU_PATCHES_16,
  VIT_CPU_PATCHES_TEXELS,
  VIT_CPU_PATCHES_TEXELS_16,
  VIT_CPU_ROWS,
  VIT_CPU_ROWS_TEXELS,
  VIT_CPU_ATTENTION,
  VIT_CPU_ATTENTION_TEXELS,
  VIT_ROPE,
  VIT_GATE,
  VIT_DEPTHWISE,
  VIT_MAPS,
  VIT_CPU_MAPS,
  VIT_SHADER_COUNT
};

#define VIT_CONSTANTS 9

/* Of VIT_MATMUL_COOPERATIVE: what is multiplied at once, and the invocations of a workgroup, which is four subgroups.
 */
#define VIT_COOPERATIVE_ROWS 5
#define VIT_COOPERATIVE_LANES 8

bool vit_pipeline_create(const struct vit_device *device, enum vit_shader shader,
    const uint32_t constants[VIT_CONSTANTS], VkPipeline *pipeline, struct vit_error *error);

struct vit_kept_pipeline {
  enum vit_shader shader;
  uint32_t constants[VIT_CONSTANTS];
  VkPipeline pipeline;
};

/* The same, but the device keeps the pipeline, and returns it again for the same constants. */
bool vit_pipeline_get(struct vit_device *device, enum vit_shader shader, const uint32_t constants[VIT_CONSTANTS],
    VkPipeline *pipeline, struct vit_error *error);

/* Destroys the pipelines that the device keeps. */
void vit_pipelines_drop(struct vit_device *device);

#endif
