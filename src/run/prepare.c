#include "kernels/kernels.h"
#include "vulkan/context.h"

#include <string.h>

/* The geometry of a plan of the given kind. Its sizes do not matter. */
static s2vk_result make_geometry(
    const struct s2_env *env, const s2vk_prepare_info *info, struct s2_geometry *geometry) {
  const double scales[] = {1, 2};
  s2vk_pixels_info pixels = {.struct_size = sizeof pixels};
  s2vk_preprocessing_info preprocessing = {.struct_size = sizeof preprocessing};
  s2vk_plan_info plan = {
      .struct_size = sizeof plan,
      .batch = 1,
      .channels = info->channels ? info->channels : 3,
      .height = 64,
      .width = 64,
      .scales = scales,
      .scale_count = sizeof scales / sizeof *scales,
      .output_shape = info->output_shape,
      .model = {.channels = 64, .tokens = 16, .height = 4, .width = 4},
      .input_type = info->input_type,
      .tile_type = info->tile_type,
      .feature_type = info->feature_type,
      .output_type = info->output_type,
  };
  if (info->pixels) {
    s2vk_result result =
        s2_check_struct(env, "s2vk_pixels_info", info->pixels, info->pixels->struct_size, sizeof *info->pixels);
    if (result)
      return result;
    pixels.source = info->pixels->source;
    pixels.format = info->pixels->format;
    pixels.transfer = info->pixels->transfer;
    memcpy(pixels.order, info->pixels->order, sizeof pixels.order);
    plan.pixels = &pixels;
  }
  if (info->preprocessing) {
    s2vk_result result = s2_check_struct(env, "s2vk_preprocessing_info", info->preprocessing,
        info->preprocessing->struct_size, sizeof *info->preprocessing);
    if (result)
      return result;
    preprocessing.rounding = info->preprocessing->rounding;
    preprocessing.pad_square = info->preprocessing->pad_square;
    plan.filter = S2VK_FILTER_BICUBIC_ANTIALIASED;
    plan.preprocessing = &preprocessing;
  }
  return s2_geometry_create(env, &plan, geometry);
}

static s2vk_result prepare_kernel(
    s2vk_context *context, const struct s2_geometry *geometry, const struct s2_kernel *kernel) {
  const struct s2_env *env = &context->env;
  const struct s2_job job = {
      .target = &context->target,
      .geometry = kernel->pass == S2_PASS_SPLIT ? s2_split_view(geometry, 0) : geometry,
      .scale = geometry->scales,
      .pass = kernel->pass,
  };
  const size_t count = kernel->keys ? kernel->keys(&job, NULL, 0) : 0;
  if (count == 0)
    return S2VK_SUCCESS;
  struct s2_pipeline_key *keys = s2_alloc(env, count, sizeof *keys);
  if (!keys)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %zu pipeline keys", count);
  kernel->keys(&job, keys, count);
  s2vk_result result = S2VK_SUCCESS;
  for (size_t i = 0; !result && i < count; i++) {
    const bool texels = context->target.texels;
    s2_target_finish(&context->target, texels, texels && keys[i].source < S2_SOURCE_IMAGE, &keys[i]);
    result = s2_pipeline_prepare(env, &context->vk, &context->pipelines, &keys[i]);
  }
  s2_free(env, keys);
  return result;
}

s2vk_result s2vk_context_prepare(s2vk_context *context, const s2vk_prepare_info *info) {
  if (!context)
    return S2VK_ERROR_NULL;
  const struct s2_env *env = &context->env;
  s2vk_result result = s2_check_struct(env, "s2vk_prepare_info", info, info ? info->struct_size : 0, sizeof *info);
  if (result)
    return result;
  if (!context->vk.device)
    return s2_fail(env, S2VK_ERROR_NO_DEVICE, "the context has no device to make pipelines for");
  struct s2_geometry geometry;
  if ((result = make_geometry(env, info, &geometry)))
    return result;
  geometry.feature_channels = info->model_channels;
  geometry.scales->tile_side = info->tile_side;
  const struct s2_kernel *const *kernel = context->kernels ? context->kernels : s2_kernels;
  for (; !result && *kernel; kernel++)
    result = prepare_kernel(context, &geometry, *kernel);
  s2_geometry_destroy(env, &geometry);
  return result;
}
