#include "plan.h"

#include "progress.h"

#define CALL_BYTES (128u << 20) /* the default maximum for the tiles of a call */

/* Tiles of each image in a call. The model's buffers stay within CALL_BYTES and within the largest range of a
 * descriptor. The number does not depend on how full the batch is: every image is cut into calls at the same tiles, and
 * sums are made in the same order. */
static uint32_t tiles_of_image(const struct device *device, const struct model *model, const struct options *o) {
  if (o->tiles_per_call)
    return o->tiles_per_call / o->batch;
  uint64_t side = model_side(model, o), tile = 3 * side * side;
  s2vk_model_shape shape = model_shape(model, o);
  uint64_t features = (uint64_t)shape.tokens * shape.channels;
  uint64_t bytes = (tile > features ? tile : features) * sizeof(float) * o->batch;
  uint64_t range = device->properties.limits.maxStorageBufferRange, limit = range < CALL_BYTES ? range : CALL_BYTES;
  return bytes < limit ? (uint32_t)(limit / bytes) : 1;
}

static s2vk_result check(const struct device *device, const struct model *model, const s2vk_plan_layout *layout) {
  VkDeviceSize limit = device->properties.limits.maxStorageBufferRange;
  if (model->vit || (layout->tiles_bytes <= limit && layout->features_bytes <= limit))
    return S2VK_SUCCESS;
  message_print(
      "the tiles of a call take %llu bytes, and their features %llu; a storage buffer of this device has at most "
      "%llu: lower --batch, --tiles-per-call or --max-split-size, or raise --patch",
      (unsigned long long)layout->tiles_bytes, (unsigned long long)layout->features_bytes, (unsigned long long)limit);
  return S2VK_ERROR_LIMIT;
}

s2vk_result plan_create(s2vk_context *context, const struct device *device, const struct model *model,
    const struct options *o, s2vk_size size, uint32_t batch, s2vk_plan **plan, s2vk_plan_layout *layout) {
  const s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .format = S2VK_PIXEL_RGB8};
  const struct preset_choice choice = model_preset(model, o);
  struct preset_parts parts;
  s2vk_plan_info info = {
      .struct_size = sizeof info,
      .batch = batch,
      .channels = 3,
      .height = size.height,
      .width = size.width,
      .scales = o->img_size_count ? NULL : o->scales,
      .img_sizes = o->img_size_count ? o->img_sizes : NULL,
      .scale_count = o->img_size_count ? o->img_size_count : o->scale_count,
      .max_split_size = model_side(model, o),
      .num_prefix_token = model_prefix(model),
      .split_mode = o->split_mode,
      .grid_policy = o->grid,
      .filter = o->filter,
      .resize_output_to_idx = o->resize_output_to_idx,
      .output_shape = o->output_shape,
      .split_forward = o->split_forward,
      .tiles_per_call = o->split_forward ? 0 : tiles_of_image(device, model, o) * batch,
      .model = model_shape(model, o),
      .output_type = o->type,
      .pixels = model->vit ? NULL : &pixels,
      .output_blocks = o->blocks,
      .output_blocks_idx = o->resize_output_to_idx,
      .output_downsample = o->downsample,
      .output_by_columns = o->by_columns,
      .output_repeat = o->repeat,
      .prefix_tokens = o->prefix_tokens,
      .prefix_only = o->prefix_only,
  };
  *layout = (s2vk_plan_layout){.struct_size = sizeof *layout};
  s2vk_result result = o->has_preset ? preset_apply(context, &choice, &info, &parts) : S2VK_SUCCESS;
  if (!result)
    result = s2vk_plan_create(context, &info, plan);
  if (result == S2VK_ERROR_OUTPUT_BLOCKS)
    message_print("blocks are of whole tiles: give --img-sizes that --max-split-size divides, or --grid split");
  if (result == S2VK_ERROR_OUTPUT_ORDER)
    message_print("--downsample is for a grid without other tokens: give --without-cls");
  if (result == S2VK_ERROR_PREFIX_TOKENS)
    message_print("--prefix-tokens and --prefix-only: this model has no CLS, distillation or register token");
  if (!result)
    result = s2vk_plan_get_layout(*plan, layout);
  if (!result)
    result = check(device, model, layout);
  if (result)
    s2vk_plan_destroy(plan);
  return result;
}

struct plan_facts plan_get_facts(const s2vk_plan *plan, const struct options *o) {
  struct plan_facts facts = {.by_columns = o->by_columns};
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_plan_get_layout(plan, &layout);
  facts.scale_count = layout.scale_count;
  facts.grid = layout.output_grid;
  facts.block = layout.output_block;
  facts.prefix = layout.output_prefix;
  for (uint32_t i = 0; i < layout.scale_count && i < PLAN_MAX_SCALES; i++) {
    facts.scales[i].struct_size = sizeof facts.scales[i];
    s2vk_plan_get_scale(plan, i, &facts.scales[i]);
  }
  return facts;
}
