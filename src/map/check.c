#include "map/check.h"

static s2vk_result check_side(const struct s2_env *env, const char *name, uint32_t value) {
  if (value == 0)
    return s2_fail(env, S2VK_ERROR_ZERO_SIZE, "%s is 0; it must be at least 1", name);
  if (value > S2VK_MAX_SIDE)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "%s is %u; it must be at most %u", name, value, S2VK_MAX_SIDE);
  return S2VK_SUCCESS;
}

static s2vk_result check_enum(const struct s2_env *env, const char *name, int value, int last) {
  if (value < 0 || value > last)
    return s2_fail(env, S2VK_ERROR_ENUM, "%s is %d; it must be 0 to %d", name, value, last);
  return S2VK_SUCCESS;
}

static s2vk_result check_enums(const struct s2_env *env, const s2vk_plan_info *info) {
  const struct {
    const char *name;
    int value, last;
  } enums[] = {
      {"split_mode", (int)info->split_mode, S2VK_SPLIT_PAD},
      {"filter", (int)info->filter, S2VK_FILTER_LANCZOS3},
      {"output_shape", (int)info->output_shape, S2VK_OUTPUT_BCHW},
      {"grid_policy", (int)info->grid_policy, S2VK_GRID_SQUARE},
      {"prefix_tokens", (int)info->prefix_tokens, S2VK_PREFIX_TILES},
      {"input_type", (int)info->input_type, S2VK_TYPE_BF16},
      {"tile_type", (int)info->tile_type, S2VK_TYPE_BF16},
      {"feature_type", (int)info->feature_type, S2VK_TYPE_BF16},
      {"output_type", (int)info->output_type, S2VK_TYPE_BF16},
  };
  s2vk_result result = S2VK_SUCCESS;
  for (size_t i = 0; !result && i < sizeof enums / sizeof *enums; i++)
    result = check_enum(env, enums[i].name, enums[i].value, enums[i].last);
  return result;
}

static s2vk_result check_prefix(const struct s2_env *env, const s2vk_plan_info *info) {
  if (info->output_shape == S2VK_OUTPUT_BCHW && info->num_prefix_token)
    return s2_fail(env, S2VK_ERROR_PREFIX_BCHW, "num_prefix_token is %u; it must be 0 with S2VK_OUTPUT_BCHW",
        info->num_prefix_token);
  if (info->num_prefix_token == 0 && (info->prefix_tokens || info->prefix_only))
    return s2_fail(env, S2VK_ERROR_PREFIX_TOKENS,
        "%s is 1 and num_prefix_token is 0; without prefix tokens it must be 0",
        info->prefix_only ? "prefix_only" : "prefix_tokens");
  if (info->prefix_only && (info->output_blocks || info->output_by_columns))
    return s2_fail(env, S2VK_ERROR_PREFIX_TOKENS, "prefix_only and %s are both 1; without a grid the latter must be 0",
        info->output_blocks ? "output_blocks" : "output_by_columns");
  return S2VK_SUCCESS;
}

static s2vk_result check_order(const struct s2_env *env, const s2vk_plan_info *info) {
  const uint32_t square = info->output_downsample;
  if (square > S2VK_MAX_DOWNSAMPLE)
    return s2_fail(
        env, S2VK_ERROR_OUTPUT_ORDER, "output_downsample is %u; it must be at most %u", square, S2VK_MAX_DOWNSAMPLE);
  if (square > 1 && info->num_prefix_token)
    return s2_fail(env, S2VK_ERROR_OUTPUT_ORDER,
        "output_downsample is %u and num_prefix_token is %u; with prefix tokens it must be 0", square,
        info->num_prefix_token);
  if (info->output_shape == S2VK_OUTPUT_BCHW && (square > 1 || info->output_by_columns))
    return s2_fail(env, S2VK_ERROR_OUTPUT_ORDER, "%s is %u; with S2VK_OUTPUT_BCHW it must be 0",
        square > 1 ? "output_downsample" : "output_by_columns", square > 1 ? square : 1);
  return S2VK_SUCCESS;
}

s2vk_result s2_check_plan_info(const struct s2_env *env, const s2vk_plan_info *info) {
  s2vk_result result = check_enums(env, info);
  if (!result)
    result = check_prefix(env, info);
  if (!result)
    result = check_order(env, info);
  if (result)
    return result;
  if (info->batch == 0 || info->channels == 0)
    return s2_fail(env, S2VK_ERROR_ZERO_SIZE, "batch is %u and channels is %u; both must be at least 1", info->batch,
        info->channels);
  if ((result = check_side(env, "height", info->height)) || (result = check_side(env, "width", info->width)))
    return result;
  if (info->scales && info->img_sizes)
    return s2_fail(env, S2VK_ERROR_BOTH_SCALES, "scales and img_sizes are both given; exactly one must be");
  if ((!info->scales && !info->img_sizes) || info->scale_count == 0)
    return s2_fail(env, S2VK_ERROR_NO_SCALES,
        "scales and img_sizes are %s, scale_count is %u; one of the two must be given",
        info->scales || info->img_sizes ? "not both NULL" : "both NULL", info->scale_count);
  if (info->max_split_size == 0 && info->height != info->width)
    return s2_fail(env, S2VK_ERROR_NO_TILE_SIDE,
        "max_split_size is 0 and the input is %u x %u; it must be given when height and width differ", info->height,
        info->width);
  if (info->max_split_size && (result = check_side(env, "max_split_size", info->max_split_size)))
    return result;
  if (info->split_forward && (info->tiles_per_call || info->calls_cross_scales))
    return s2_fail(env, S2VK_ERROR_TILES_PER_CALL,
        "split_forward means %u tiles per call; tiles_per_call is %u and calls_cross_scales is %d, and must be 0",
        info->batch, info->tiles_per_call, info->calls_cross_scales);
  if (info->grid_policy == S2VK_GRID_SQUARE && info->height != info->width)
    return s2_fail(env, S2VK_ERROR_SQUARE_POLICY, "the input is %u x %u; S2VK_GRID_SQUARE needs height equal to width",
        info->height, info->width);
  if (info->grid_policy == S2VK_GRID_SQUARE && info->tile_overlap)
    return s2_fail(
        env, S2VK_ERROR_TILE_OVERLAP, "tile_overlap is %u; it must be 0 with S2VK_GRID_SQUARE", info->tile_overlap);
  int64_t index = info->resize_output_to_idx;
  if (index >= (int64_t)info->scale_count || index < -(int64_t)info->scale_count)
    return s2_fail(env, S2VK_ERROR_OUTPUT_INDEX, "resize_output_to_idx is %d; with %u scales it must be %lld to %lld",
        info->resize_output_to_idx, info->scale_count, -(long long)info->scale_count, (long long)info->scale_count - 1);
  return S2VK_SUCCESS;
}
