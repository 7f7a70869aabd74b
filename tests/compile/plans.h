/* What is compiled for every vendor. */
#ifndef TESTS_PLANS_H
#define TESTS_PLANS_H

#include <s2vk/s2vk.h>

#include "shaders.h"

struct shown_plan {
  const char *name;
  s2vk_plan_info info;
};

/* The benchmark's shape B, as B and B-bchw, and from other inputs; then photographs made small: the benchmark's P-f32
 * and P, and Lanczos' windows, wider than an invocation holds. */
extern const struct shown_plan shown_plans[];
extern const size_t shown_plan_count;

/* What phones do. */
extern const struct shown_plan phone_plans[];
extern const size_t phone_plan_count;

/* Whose time is modelled: shape B and one image of it, of tensors, of pixels and of images. */
extern const struct shown_plan model_plans[];
extern const size_t model_plan_count;

/* What takes the most registers. */
extern const struct shown_plan hard_plans[];
extern const size_t hard_plan_count;

/* All that s2vk_context_prepare() makes for some kinds of plans: whatever the sizes, there are no others. Returns how
 * many failed. */
unsigned prepare_kinds(s2vk_context *context);

/* The plans of the golden cases in a folder. */
void each_golden(
    const char *folder, void (*make)(void *user, const char *name, const s2vk_plan_info *info), void *user);

/* The pipelines of ViT-B and ViT-L, whose heads have 64 channels, and a head of 72, as SigLIP's largest has. */
struct vit_shown_pipeline {
  const char *name;
  enum vit_shader shader;
  uint32_t constants[VIT_CONSTANTS];
};
extern const struct vit_shown_pipeline vit_pipelines[];
extern const size_t vit_pipeline_count;

/* Its constants for a device, those of its cooperative matrices among them. False: the device has no such pipeline. */
bool vit_pipeline_constants(
    const struct vit_device *device, const struct vit_shown_pipeline *shown, uint32_t constants[VIT_CONSTANTS]);

#endif
