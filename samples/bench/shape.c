#include "shape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double scales_1_2[] = {1, 2}, scales_1_2_3[] = {1, 2, 3}, scales_fractional[] = {1, 1.5, 2.25};
static const double scales_half_1[] = {0.5, 1};
static const s2vk_size sizes_odd[] = {{333, 477}, {666, 954}}, sizes_square[] = {{336, 336}, {672, 672}};
static const s2vk_size sizes_even[] = {{336, 336}, {420, 420}, {756, 756}}; /* in tiles of 336, 210 and 252 */
static const s2vk_model_shape models_even[] = {
    {.tokens = 576, .channels = 1024}, {.tokens = 225, .channels = 1024}, {.tokens = 324, .channels = 1024}};
static const s2vk_size sizes_llava[] = {{336, 336}, {672, 672}, {1008, 1008}};
static const s2vk_pixels_info pixels_rgba = {.struct_size = sizeof pixels_rgba, .format = S2VK_PIXEL_RGBA8};
static const s2vk_size sizes_tall[] = {{336, 252}, {672, 504}, {1344, 1008}};

#define PLAN .struct_size = sizeof(s2vk_plan_info), .channels = 3
#define OF_224 PLAN, .height = 224, .width = 224, .scales = scales_1_2, .scale_count = 2
#define OF_336 PLAN, .batch = 8, .height = 336, .width = 336, .scale_count = 3
#define TALL                                                                                                           \
  PLAN, .batch = 1, .height = 1344, .width = 1008, .img_sizes = sizes_tall, .scale_count = 3, .max_split_size = 336
#define ODD                                                                                                            \
  PLAN, .batch = 8, .height = 333, .width = 477, .img_sizes = sizes_odd, .scale_count = 2, .max_split_size = 336
#define PHOTOGRAPH                                                                                                     \
  PLAN, .batch = 1, .height = 3000, .width = 4000, .img_sizes = sizes_llava, .max_split_size = 336,                    \
      .filter = S2VK_FILTER_BICUBIC_ANTIALIASED
#define VIT_B .model = {.tokens = 196, .channels = 768}
#define VIT_L .model = {.tokens = 576, .channels = 1024}
#define HALVES                                                                                                         \
  .input_type = S2VK_TYPE_F16, .tile_type = S2VK_TYPE_F16, .feature_type = S2VK_TYPE_F16, .output_type = S2VK_TYPE_F16

static const struct shape shapes[] = {
    {"A", {OF_224, VIT_B, .batch = 1}},
    {"B", {OF_336, VIT_L, .scales = scales_1_2_3}},
    {"B-tile", {OF_336, VIT_L, .scales = scales_1_2_3, .tiles_per_call = 1}},
    {"C", {OF_336, VIT_L, .scales = scales_1_2_3, HALVES}},
    {"D-resize", {TALL, VIT_L}},
    {"D-pad", {TALL, VIT_L, .split_mode = S2VK_SPLIT_PAD}},
    {"E", {OF_336, VIT_L, .scales = scales_fractional, .resize_output_to_idx = -1}},
    {"F", {OF_336, .scales = scales_1_2_3, .output_shape = S2VK_OUTPUT_BCHW,
              .model = {.channels = 1024, .height = 12, .width = 12}}},
    {"G", {OF_224, VIT_B, .batch = 32}},
    {"H", {OF_224, VIT_B, .batch = 1, .tiles_per_call = 1}},
    /* What else a plan can ask for, at about B's size. */
    {"prefix", {OF_336, .scales = scales_1_2_3, .num_prefix_token = 1, .model = {.tokens = 577, .channels = 1024}}},
    {"middle", {OF_336, VIT_L, .scales = scales_1_2_3, .resize_output_to_idx = 1}},
    {"largest", {OF_336, VIT_L, .scales = scales_1_2_3, .resize_output_to_idx = -1}},
    {"fraction", {OF_336, .scales = scales_fractional, .num_prefix_token = 5, .split_mode = S2VK_SPLIT_PAD,
                     .model = {.tokens = 581, .channels = 1024}}},
    {"odd", {ODD, VIT_L}},
    {"odd-pad", {ODD, .split_mode = S2VK_SPLIT_PAD, .num_prefix_token = 2, .model = {.tokens = 578, .channels = 1024}}},
    {"odd-D", {OF_336, .scales = scales_1_2_3, .model = {.tokens = 576, .channels = 1023}}},
    {"down", {PLAN, .batch = 8, .height = 1344, .width = 1008, .img_sizes = sizes_square, .scale_count = 2,
                 .max_split_size = 336, VIT_L}},
    {"high-res", {PLAN, .batch = 8, .height = 672, .width = 672, .scales = scales_half_1, .scale_count = 2,
                     .max_split_size = 336, VIT_L}},
    {"grid", {ODD, VIT_L, .grid_policy = S2VK_GRID_SPLIT}},
    {"square", {OF_336, .img_sizes = sizes_even, .max_split_size = 336, .grid_policy = S2VK_GRID_SQUARE,
                   .scale_models = models_even, .model = {.tokens = 576, .channels = 1024}}},
    {"maps-pad", {ODD, .split_mode = S2VK_SPLIT_PAD, .output_shape = S2VK_OUTPUT_BCHW,
                     .model = {.channels = 1024, .height = 24, .width = 24}}},
    {"forward", {OF_336, VIT_L, .scales = scales_1_2_3, .split_forward = true}},
    /* A photograph made small, antialiased. */
    {"P", {PHOTOGRAPH, VIT_L, .scale_count = 1, .pixels = &pixels_rgba}},
    {"P-f32", {PHOTOGRAPH, VIT_L, .scale_count = 1}},
    {"P-set", {PHOTOGRAPH, VIT_L, .scale_count = 3, .pixels = &pixels_rgba}},
    {"P-set-f32", {PHOTOGRAPH, VIT_L, .scale_count = 3}},
};
#define NAMED_BY_LETTER 10
#define PHOTOGRAPHS 4

uint32_t shape_count(void) {
  return sizeof shapes / sizeof *shapes;
}

uint32_t shape_default_count(void) {
  return NAMED_BY_LETTER;
}

uint32_t shape_kinds_end(void) {
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

/* Appends to text what still fits. */
static void append(char text[SHAPE_TEXT_BYTES], const char *format, ...) {
  size_t length = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, SHAPE_TEXT_BYTES - length, format, arguments);
  va_end(arguments);
}

void shape_describe(const struct shape *shape, char text[SHAPE_TEXT_BYTES]) {
  const s2vk_plan_info *info = &shape->info;
  *text = '\0';
  static const char *const filters[] = {
      "", "bilinear", "nearest", "antialiased bicubic", "antialiased bilinear", "Lanczos"};
  append(text, "%u x %u x %u x %u%s, ", info->batch, info->channels, info->height, info->width,
      info->pixels ? " of RGBA8 pixels" : "");
  if (info->filter)
    append(text, "%s, ", filters[info->filter]);
  append(text, info->scales ? "scales" : "sizes");
  for (uint32_t i = 0; i < info->scale_count; i++) {
    append(text, i ? ", " : " ");
    if (info->scales)
      append(text, "%g", info->scales[i]);
    else
      append(text, "%ux%u", info->img_sizes[i].height, info->img_sizes[i].width);
  }
  if (info->max_split_size)
    append(text, ", tiles of %u, %s", info->max_split_size, info->split_mode == S2VK_SPLIT_PAD ? "pad" : "resize");
  if (info->output_shape == S2VK_OUTPUT_BCHW)
    append(text, ", features %u x %u x %u", info->model.channels, info->model.height, info->model.width);
  else
    append(text, ", features %u x %u", info->model.tokens, info->model.channels);
  if (info->input_type)
    append(text, ", %s", type_name(info->input_type));
  if (info->resize_output_to_idx)
    append(text, ", output at scale index %d", info->resize_output_to_idx);
  if (info->tiles_per_call)
    append(text, ", %u tile%s per call", info->tiles_per_call, info->tiles_per_call == 1 ? "" : "s");
}
