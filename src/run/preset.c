#include "vulkan/context.h"

static s2vk_result check(const struct s2_env *env, s2vk_preset preset, uint32_t side, const s2vk_plan_info *plan,
    const s2vk_pixels_info *pixels) {
  s2vk_result result = s2_check_struct(env, "s2vk_plan_info", plan, plan ? plan->struct_size : 0, sizeof *plan);
  if (!result)
    result = s2_check_struct(env, "s2vk_pixels_info", pixels, pixels ? pixels->struct_size : 0, sizeof *pixels);
  if (result)
    return result;
  if ((int)preset < 0 || preset > S2VK_PRESET_NVILA)
    return s2_fail(env, S2VK_ERROR_ENUM, "preset is %d; it must be 0 to %d", (int)preset, S2VK_PRESET_NVILA);
  if (preset == S2VK_PRESET_NVILA)
    return S2VK_SUCCESS;
  if (side == 0)
    return s2_fail(env, S2VK_ERROR_ZERO_SIZE, "side is 0; it must be at least 1");
  if (side > S2VK_MAX_SIDE)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "side is %u; it must be at most %u", side, S2VK_MAX_SIDE);
  return S2VK_SUCCESS;
}

s2vk_result s2vk_preset_apply(const s2vk_context *context, s2vk_preset preset, uint32_t side, s2vk_plan_info *plan,
    s2vk_pixels_info *pixels, s2vk_preprocessing_info *preprocessing) {
  if (!context)
    return S2VK_ERROR_NULL;
  s2vk_result result = check(&context->env, preset, side, plan, pixels);
  if (result)
    return result;
  if (!preprocessing)
    return s2_fail(&context->env, S2VK_ERROR_NULL, "preprocessing is NULL");
  const bool each = preset == S2VK_PRESET_NVILA, clip = preset == S2VK_PRESET_CLIP || preset == S2VK_PRESET_LLAVA;
  *preprocessing = (s2vk_preprocessing_info){
      .struct_size = sizeof *preprocessing,
      .pad_square = preset == S2VK_PRESET_LLAVA,
      .fill = {122, 116, 104, 255}, /* 255 * CLIP's mean, truncated as by int() */
      .shortest_side = clip ? side : 0,
      .first_size = each ? (s2vk_size){0, 0} : (s2vk_size){side, side},
      .first_filter = S2VK_FILTER_BICUBIC_ANTIALIASED,
      .rounding = S2VK_ROUNDING_BYTES,
  };
  pixels->normalization = clip ? S2VK_NORMALIZATION_CLIP : S2VK_NORMALIZATION_SIGNED;
  plan->pixels = pixels;
  plan->preprocessing = preprocessing;
  plan->filter = each ? S2VK_FILTER_BICUBIC_ANTIALIASED : S2VK_FILTER_BICUBIC;
  if (each) {
    plan->resize_output_to_idx = plan->output_blocks_idx = -1;
    plan->output_blocks = true;
  }
  return S2VK_SUCCESS;
}
