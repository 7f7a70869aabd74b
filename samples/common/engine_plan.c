#include "engine_plan.h"

#include "output.h"
#include "output_check.h"

#include <stdio.h>

/* The smallest number of prefix tokens that leaves a square number of tokens. Most models have CLS alone, some also
 * registers. */
static uint32_t guess_prefix(uint32_t tokens) {
  uint32_t side = 1;
  while ((uint64_t)(side + 1) * (side + 1) <= tokens)
    side++;
  return tokens - side * side;
}

static void set_scales(const struct engine_options *o, uint32_t side, s2vk_size sizes[2], s2vk_plan_info *info) {
  for (uint32_t i = 0; i < 2; i++)
    sizes[i] = (s2vk_size){(i + 1) * side, (i + 1) * side};
  info->img_sizes = o->img_size_count ? o->img_sizes : o->scale_count ? NULL : sizes;
  info->scales = o->scale_count ? o->scales : NULL;
  info->scale_count = o->img_size_count ? o->img_size_count : o->scale_count ? o->scale_count : 2;
}

s2vk_result engine_plan_create(s2vk_context *context, const struct engine_options *o, const struct engine_input *input,
    const struct engine_model *model, s2vk_plan **plan) {
  const s2vk_pixels_info pixels = {.struct_size = sizeof pixels,
      .format = S2VK_PIXEL_RGB8,
      .normalization = o->no_normalization ? S2VK_NORMALIZATION_GIVEN : o->normalization};
  const uint32_t guess = model->maps ? 0 : guess_prefix(model->made.tokens);
  s2vk_size sizes[2];
  s2vk_plan_info info = {.struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = input->size.height,
      .width = input->size.width,
      .max_split_size = model->side,
      .split_mode = o->split_mode,
      .resize_output_to_idx = o->resize_output_to_idx,
      .num_prefix_token = o->num_prefix_token < 0 ? guess : (uint32_t)o->num_prefix_token,
      .output_shape = model->maps ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC,
      .tiles_per_call = model->batch ? model->batch : o->tiles_per_call,
      .calls_cross_scales = model->batch > 1,
      .model = model->made,
      .tile_type = model->tile_type,
      .feature_type = model->feature_type,
      .tile_strides = model->tile_strides,
      .feature_strides = model->feature_strides,
      .filter = o->filter,
      .pixels = input->pixels ? &pixels : NULL};
  set_scales(o, model->side, sizes, &info);
  return s2vk_plan_create(context, &info, plan);
}

static void print_run(
    const struct engine_options *o, const struct engine_model *model, const s2vk_plan_layout *layout) {
  printf("model    %s, output %s: tiles of %u x %u, ", o->model, model->features, model->side, model->side);
  if (model->maps)
    printf("maps of %u x %u with %u channels\n", model->made.height, model->made.width, model->made.channels);
  else
    printf("%u tokens with %u channels\n", model->made.tokens, model->made.channels);
  printf("run      %llu tiles in %u model calls\n", (unsigned long long)layout->tile_count, layout->call_count);
  printf("output   %u", layout->output.dims[0]);
  for (uint32_t i = 1; i < layout->output.rank; i++)
    printf(" x %u", layout->output.dims[i]);
  printf(", on a grid of %u x %u\n", layout->output_grid.height, layout->output_grid.width);
}

bool engine_write(const char *program, const struct engine_options *o, const struct engine_model *model,
    const s2vk_plan *plan, float *features) {
  char reason[256];
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_plan_get_layout(plan, &layout);
  struct npy array = {.type = "f4", .rank = layout.output.rank, .data = features};
  for (uint32_t i = 0; i < layout.output.rank; i++)
    array.dims[i] = layout.output.dims[i];
  print_run(o, model, &layout);
  if (npy_write(o->output, &array, reason, sizeof reason))
    return true;
  fprintf(stderr, "%s: --output %s: %s\n", program, o->output, reason);
  return false;
}

bool engine_check_output(const char *program, const struct engine_options *o) {
  char reason[OUTPUT_REASON_BYTES] = "is one of the inputs";
  const bool input = output_is_input(o->output, o->image) || output_is_input(o->output, o->model);
  if (!input && output_check(o->output, reason))
    return true;
  fprintf(stderr, "%s: --output %s: %s\n", program, o->output, reason);
  return false;
}
