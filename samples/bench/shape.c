#include "shape.h"

#include "pixels.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double scales_1_2[] = {1, 2}, scales_1_2_3[] = {1, 2, 3}, scales_fractional[] = {1, 1.5, 2.25};
static const s2vk_size sizes_llava[] = {{336, 336}, {672, 672}, {1008, 1008}};
static const s2vk_pixels_info pixels_rgba = {.struct_size = sizeof pixels_rgba, .format = S2VK_PIXEL_RGBA8};
/* NVILA's chain makes every size by Pillow's resize to bytes. LLaVA's makes the largest size so, and the others from it
 * by S2's bicubic. */
static const s2vk_preprocessing_info to_bytes = {.struct_size = sizeof to_bytes, .rounding = S2VK_ROUNDING_BYTES};
static const s2vk_preprocessing_info to_first = {.struct_size = sizeof to_first,
    .first_size = {1008, 1008},
    .first_filter = S2VK_FILTER_BICUBIC_ANTIALIASED,
    .rounding = S2VK_ROUNDING_BYTES};
static const s2vk_size sizes_tall[] = {{336, 252}, {672, 504}, {1344, 1008}};

#define PLAN .struct_size = sizeof(s2vk_plan_info), .channels = 3
#define OF_224 PLAN, .height = 224, .width = 224, .scales = scales_1_2, .scale_count = 2
#define OF_336 PLAN, .batch = 8, .height = 336, .width = 336, .scale_count = 3
#define TALL                                                                                                           \
  PLAN, .batch = 1, .height = 1344, .width = 1008, .img_sizes = sizes_tall, .scale_count = 3, .max_split_size = 336
#define PHOTOGRAPH                                                                                                     \
  PLAN, .batch = 1, .height = 3000, .width = 4000, .img_sizes = sizes_llava, .max_split_size = 336,                    \
      .filter = S2VK_FILTER_BICUBIC_ANTIALIASED
#define VIT_B .model = {.tokens = 196, .channels = 768}
#define VIT_L .model = {.tokens = 576, .channels = 1024}
#define HALVES                                                                                                         \
  .input_type = S2VK_TYPE_F16, .tile_type = S2VK_TYPE_F16, .feature_type = S2VK_TYPE_F16, .output_type = S2VK_TYPE_F16

static const struct shape shapes[] = {
    {.name = "A", .info = {OF_224, VIT_B, .batch = 1}},
    {.name = "B", .info = {OF_336, VIT_L, .scales = scales_1_2_3}},
    {.name = "B-tile", .info = {OF_336, VIT_L, .scales = scales_1_2_3, .tiles_per_call = 1}},
    {.name = "C", .info = {OF_336, VIT_L, .scales = scales_1_2_3, HALVES}},
    {.name = "D-resize", .info = {TALL, VIT_L}},
    {.name = "D-pad", .info = {TALL, VIT_L, .split_mode = S2VK_SPLIT_PAD}},
    {.name = "E", .info = {OF_336, VIT_L, .scales = scales_fractional, .resize_output_to_idx = -1}},
    {.name = "F",
        .info = {OF_336, .scales = scales_1_2_3, .output_shape = S2VK_OUTPUT_BCHW,
            .model = {.channels = 1024, .height = 12, .width = 12}}},
    {.name = "G", .info = {OF_224, VIT_B, .batch = 32}},
    {.name = "H", .info = {OF_224, VIT_B, .batch = 1, .tiles_per_call = 1}},
    {.name = "L",
        .info = {PLAN, .batch = 1, .height = 336, .width = 336, .img_sizes = sizes_llava, .scale_count = 3, VIT_L}},
    /* A photograph made small, antialiased. */
    {.name = "P", .info = {PHOTOGRAPH, VIT_L, .scale_count = 1, .pixels = &pixels_rgba}},
    {.name = "P-f32", .info = {PHOTOGRAPH, VIT_L, .scale_count = 1}},
    {.name = "P-set", .info = {PHOTOGRAPH, VIT_L, .scale_count = 3, .pixels = &pixels_rgba}},
    {.name = "P-bytes",
        .info = {PHOTOGRAPH, VIT_L, .scale_count = 1, .pixels = &pixels_rgba, .preprocessing = &to_bytes}},
    {.name = "P-nvila",
        .info = {PHOTOGRAPH, VIT_L, .scale_count = 3, .pixels = &pixels_rgba, .preprocessing = &to_bytes}},
    {.name = "P-llava",
        .info = {PLAN, .batch = 1, .height = 3000, .width = 4000, .img_sizes = sizes_llava, .max_split_size = 336,
            VIT_L, .scale_count = 3, .pixels = &pixels_rgba, .preprocessing = &to_first}},
    {.name = "P-set-f32", .info = {PHOTOGRAPH, VIT_L, .scale_count = 3}},
};
#define PHOTOGRAPHS 7

uint32_t shape_count(void) {
  return sizeof shapes / sizeof *shapes;
}

uint32_t shape_default_count(void) {
  return shape_count() - PHOTOGRAPHS;
}

const struct shape *shape_at(uint32_t index) {
  return &shapes[index];
}

const struct shape *shape_find(const char *name, size_t length) {
  for (uint32_t i = 0; i < shape_count(); i++)
    if (strlen(shapes[i].name) == length && strncmp(shapes[i].name, name, length) == 0)
      return &shapes[i];
  return NULL;
}

const char *type_name(s2vk_type type) {
  static const char *const names[] = {"f32", "f16", "bf16"};
  return names[type];
}

/* Appends text as far as it fits. */
static void append(char text[SHAPE_TEXT_BYTES], const char *format, ...) {
  size_t length = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, SHAPE_TEXT_BYTES - length, format, arguments);
  va_end(arguments);
}

static void describe_types(const s2vk_plan_info *info, char text[SHAPE_TEXT_BYTES]) {
  const s2vk_type input = info->input_type, tile = info->tile_type, feature = info->feature_type,
                  output = info->output_type;
  if (!info->pixels && input == tile && tile == feature && feature == output)
    append(text, input ? ", %s" : "", type_name(input));
  else if (info->pixels ? tile || feature || output : input || tile || feature || output)
    append(text, ", %s to %s, %s to %s", info->pixels ? "pixels" : type_name(input), type_name(tile),
        type_name(feature), type_name(output));
}

static void describe_strides(const char *name, const s2vk_strides *strides, char text[SHAPE_TEXT_BYTES]) {
  static const char *const orders[] = {"NCHW", "NHWC", "NC4HW4", "NC8HW8"};
  if (strides->order)
    append(text, ", %s %s", name, orders[strides->order]);
  if (strides->channel || strides->row || strides->column || strides->item)
    append(text, ", %s with gaps", name);
}

static void describe_tiles(const s2vk_plan_info *info, char text[SHAPE_TEXT_BYTES]) {
  if (info->max_split_size)
    append(text, ", tiles of %u, %s", info->max_split_size, info->split_mode == S2VK_SPLIT_PAD ? "pad" : "resize");
  if (info->grid_policy)
    append(text, ", %s grid", info->grid_policy == S2VK_GRID_SPLIT ? "split" : "square");
  if (info->tile_overlap)
    append(text, ", overlap %u", info->tile_overlap);
  if (info->output_shape == S2VK_OUTPUT_BCHW)
    append(text, ", features %u x %u x %u", info->model.channels, info->model.height, info->model.width);
  else
    append(text, ", features %u x %u", info->model.tokens, info->model.channels);
  if (info->num_prefix_token)
    append(text, " (%u prefix)", info->num_prefix_token);
  describe_strides("tiles", &info->tile_strides, text);
  describe_strides("features", &info->feature_strides, text);
}

void shape_describe(const struct shape *shape, char text[SHAPE_TEXT_BYTES]) {
  static const char *const filters[] = {
      "", "bilinear", "nearest", "antialiased bicubic", "antialiased bilinear", "Lanczos"};
  const s2vk_plan_info *info = &shape->info;
  *text = '\0';
  append(text, "%u x %u x %u x %u", info->batch, info->channels, info->height, info->width);
  if (info->pixels)
    append(text, " of %s pixels%s", pixels_name(shape), info->pixels->normalization ? ", normalized" : "");
  if (info->filter)
    append(text, ", %s", filters[info->filter]);
  const s2vk_preprocessing_info *pre = info->preprocessing;
  if (pre && pre->first_size.height)
    append(text, ", first to %ux%u", pre->first_size.height, pre->first_size.width);
  if (pre && pre->rounding)
    append(text, ", rounded to bytes");
  append(text, info->scales ? ", scales" : ", sizes");
  for (uint32_t i = 0; i < info->scale_count; i++) {
    append(text, i ? ", " : " ");
    if (info->scales)
      append(text, "%g", info->scales[i]);
    else
      append(text, "%ux%u", info->img_sizes[i].height, info->img_sizes[i].width);
  }
  describe_tiles(info, text);
  describe_types(info, text);
  if (info->resize_output_to_idx)
    append(text, ", output at scale index %d", info->resize_output_to_idx);
  const uint32_t tiles = info->split_forward ? info->batch : info->tiles_per_call;
  if (tiles)
    append(text, ", %u tile%s per call", tiles, tiles == 1 ? "" : "s");
  if (info->calls_cross_scales)
    append(text, ", calls across scales");
}
