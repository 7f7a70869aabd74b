#define _POSIX_C_SOURCE 200809L /* scandir */

#include "plans.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "gpu.h"

#define INFO .struct_size = sizeof(s2vk_plan_info), .channels = 3
#define COUNT(list) (sizeof(list) / sizeof *(list))

static const double scales[] = {1, 2, 3};
static const s2vk_size size = {336, 336}, camera_sizes[] = {{336, 336}, {672, 672}, {1008, 1008}};
static const s2vk_pixels_info rgba = {.struct_size = sizeof rgba, .format = S2VK_PIXEL_RGBA8};
static const s2vk_pixels_info rgb = {.struct_size = sizeof rgb, .format = S2VK_PIXEL_RGB8};
static const s2vk_pixels_info image = {.struct_size = sizeof image, .source = S2VK_PIXELS_IMAGE};
static const s2vk_pixels_info plain = {.struct_size = sizeof plain};
static const s2vk_pixels_info srgb = {.struct_size = sizeof srgb, .transfer = S2VK_TRANSFER_TO_SRGB};

#define LARGE(batch_count, layout, form)                                                                               \
  {INFO, .batch = batch_count, .height = 336, .width = 336, .scales = scales, .scale_count = 3,                        \
      .output_shape = layout, .model = {.channels = 1024, .tokens = 576, .height = 12, .width = 12}, .pixels = form}
#define PHOTOGRAPH(filter_name, form)                                                                                  \
  {INFO, .batch = 1, .height = 3000, .width = 4000, .img_sizes = &size, .scale_count = 1, .max_split_size = 336,       \
      .filter = filter_name, .model = {.channels = 1024, .tokens = 576}, .pixels = form}

const struct shown_plan shown_plans[] = {
    {"B", LARGE(8, S2VK_OUTPUT_BNC, NULL)},
    {"B-bchw", LARGE(8, S2VK_OUTPUT_BCHW, NULL)},
    {"B-pixels", LARGE(8, S2VK_OUTPUT_BNC, &srgb)},
    {"B-image", LARGE(8, S2VK_OUTPUT_BNC, &image)},
    {"P-f32", PHOTOGRAPH(S2VK_FILTER_BICUBIC_ANTIALIASED, NULL)},
    {"P", PHOTOGRAPH(S2VK_FILTER_BICUBIC_ANTIALIASED, &rgba)},
    {"P-rgb", PHOTOGRAPH(S2VK_FILTER_BICUBIC_ANTIALIASED, &rgb)},
    {"P-image", PHOTOGRAPH(S2VK_FILTER_BICUBIC_ANTIALIASED, &image)},
    {"P-wide", PHOTOGRAPH(S2VK_FILTER_LANCZOS3, NULL)},
};
const size_t shown_plan_count = COUNT(shown_plans);

const struct shown_plan phone_plans[] = {
    {"phone-224", {INFO, .batch = 1, .height = 224, .width = 224, .scales = scales, .scale_count = 2,
                      .model = {.channels = 768, .tokens = 196}}},
    {"phone-336", LARGE(1, S2VK_OUTPUT_BNC, NULL)},
    {"phone-camera", {INFO, .batch = 1, .height = 1080, .width = 1920, .img_sizes = camera_sizes, .scale_count = 3,
                         .max_split_size = 336, .filter = S2VK_FILTER_BICUBIC_ANTIALIASED,
                         .model = {.channels = 1024, .tokens = 576}, .pixels = &rgba}},
};
const size_t phone_plan_count = COUNT(phone_plans);

const struct shown_plan model_plans[] = {
    {"B", LARGE(8, S2VK_OUTPUT_BNC, NULL)},
    {"B-pixels", LARGE(8, S2VK_OUTPUT_BNC, &plain)},
    {"B-image", LARGE(8, S2VK_OUTPUT_BNC, &image)},
    {"336", LARGE(1, S2VK_OUTPUT_BNC, NULL)},
    {"336-pixels", LARGE(1, S2VK_OUTPUT_BNC, &plain)},
    {"336-image", LARGE(1, S2VK_OUTPUT_BNC, &image)},
};
const size_t model_plan_count = COUNT(model_plans);

/* Half precision, rows that begin anywhere, long windows, pixels of floats. */
#define HALVES(type) .input_type = type, .tile_type = type, .feature_type = type, .output_type = type
static const double odd_scales[] = {1, 1.5, 2.5};
static const s2vk_size odd_size = {331, 337};
static const s2vk_pixels_info floats = {.struct_size = sizeof floats, .format = S2VK_PIXEL_RGB_F32};
#define ODD(layout, type)                                                                                              \
  {INFO, .batch = 1, .height = 336, .width = 336, .scales = odd_scales, .scale_count = 3, .output_shape = layout,      \
      .model = {.channels = 1023, .tokens = 169, .height = 13, .width = 13}, HALVES(type)}

const struct shown_plan hard_plans[] = {
    {"B-f16", {INFO, .batch = 8, .height = 336, .width = 336, .scales = scales, .scale_count = 3, HALVES(S2VK_TYPE_F16),
                  .model = {.channels = 1024, .tokens = 576}}},
    {"B-bchw-bf16",
        {INFO, .batch = 8, .height = 336, .width = 336, .scales = scales, .scale_count = 3, HALVES(S2VK_TYPE_BF16),
            .output_shape = S2VK_OUTPUT_BCHW, .model = {.channels = 1024, .height = 12, .width = 12}}},
    {"odd-f16", ODD(S2VK_OUTPUT_BNC, S2VK_TYPE_F16)},
    {"odd-bchw-f16", ODD(S2VK_OUTPUT_BCHW, S2VK_TYPE_F16)},
    {"odd-f32", ODD(S2VK_OUTPUT_BNC, S2VK_TYPE_F32)},
    {"odd-bchw-f32", ODD(S2VK_OUTPUT_BCHW, S2VK_TYPE_F32)},
    {"odd-tile-f16", {INFO, .batch = 1, .height = 3000, .width = 4000, .img_sizes = &odd_size, .scale_count = 1,
                         .max_split_size = 337, .model = {.channels = 64, .tokens = 16}, HALVES(S2VK_TYPE_F16)}},
    {"P-floats", PHOTOGRAPH(S2VK_FILTER_LANCZOS3, &floats)},
};
const size_t hard_plan_count = COUNT(hard_plans);

const struct vit_shown_pipeline vit_pipelines[] = {
    {"vit-matmul", VIT_MATMUL, {0, 0, 0, 0}},
    {"vit-gelu", VIT_MATMUL, {1, 0, 0, 0}},
    {"vit-add", VIT_MATMUL, {0, 1, 1, 0}},
    {"vit-f16", VIT_MATMUL_16, {2, 0, 0, 0}},
    {"vit-wide", VIT_MATMUL_WIDE, {0, 0, 0, 0}},
    {"vit-wide-gelu", VIT_MATMUL_WIDE, {1, 0, 0, 0}},
    {"vit-wide-bf16", VIT_MATMUL_WIDE_16, {3, 0, 0, 1}},
    {"vit-small", VIT_MATMUL_SMALL, {0, 0, 0, 0}},
    {"vit-small-gelu", VIT_MATMUL_SMALL, {1, 0, 0, 0}},
    {"vit-small-bf16", VIT_MATMUL_SMALL_16, {3, 0, 0, 1}},
    {"vit-small-patches", VIT_PATCHES_SMALL, {0, 0, 0, 0, 1}},
    {"vit-cooperative", VIT_MATMUL_COOPERATIVE, {0, 0, 0, 0}},
    {"vit-cooperative-gelu", VIT_MATMUL_COOPERATIVE, {1, 0, 0, 0}},
    {"vit-cooperative-f16", VIT_MATMUL_COOPERATIVE_16, {0, 1, 1, 0}},
    {"vit-cooperative-bf16", VIT_MATMUL_COOPERATIVE_16, {3, 0, 0, 1}},
    {"vit-patches", VIT_PATCHES, {0, 0, 0, 0, 0}},
    {"vit-patches-quads", VIT_PATCHES, {0, 0, 0, 0, 1}},
    {"vit-patches-16", VIT_PATCHES_16, {0, 0, 0, 1}},
    {"vit-attention", VIT_ATTENTION, {64, 0, 0, 0}},
    {"vit-attention-72", VIT_ATTENTION, {72, 0, 0, 0}},
    {"vit-attention-16", VIT_ATTENTION_SMALL, {64, 0, 0, 0}},
    {"vit-copy", VIT_ROWS, {0, 0, 0, 0}},
    {"vit-norm", VIT_ROWS, {1, 0, 0, 0}},
    {"vit-pack", VIT_ROWS, {1, 1, 0, 0}},
    {"vit-rope", VIT_ROPE, {64, 0, 0, 0}},
    {"vit-gate", VIT_GATE, {4, 0, 0, 0}},
    {"vit-depthwise", VIT_DEPTHWISE, {0, 0, 0, 0}},
    {"vit-maps", VIT_MAPS, {0, 0, 0, 0}},
};
const size_t vit_pipeline_count = COUNT(vit_pipelines);

bool vit_pipeline_constants(
    const struct vit_device *device, const struct vit_shown_pipeline *shown, uint32_t constants[VIT_CONSTANTS]) {
  const struct vit_cooperative *c = &device->cooperative;
  memcpy(constants, shown->constants, sizeof shown->constants);
  if (shown->shader != VIT_MATMUL_COOPERATIVE && shown->shader != VIT_MATMUL_COOPERATIVE_16)
    return true;
  const uint32_t own[] = {c->rows, c->columns, c->depth, c->subgroup * 4};
  memcpy(constants + VIT_COOPERATIVE_ROWS, own, sizeof own);
  return c->subgroup;
}

unsigned prepare_kinds(s2vk_context *context) {
  static const struct {
    s2vk_type input, tiles, features, output;
  } types[] = {{S2VK_TYPE_F32, S2VK_TYPE_F32, S2VK_TYPE_F32, S2VK_TYPE_F32},
      {S2VK_TYPE_F16, S2VK_TYPE_F16, S2VK_TYPE_F16, S2VK_TYPE_F16},
      {S2VK_TYPE_F32, S2VK_TYPE_BF16, S2VK_TYPE_F16, S2VK_TYPE_F32}};
  static const s2vk_pixels_info forms[] = {{.struct_size = sizeof *forms, .format = S2VK_PIXEL_RGBA8},
      {.struct_size = sizeof *forms, .format = S2VK_PIXEL_RGB8, .transfer = S2VK_TRANSFER_TO_LINEAR},
      {.struct_size = sizeof *forms, .format = S2VK_PIXEL_RGB_F32},
      {.struct_size = sizeof *forms, .source = S2VK_PIXELS_IMAGE}};
  unsigned failed = 0;
  for (unsigned i = 0; i < 3 * 2 + 4; i++) {
    const unsigned kind = i < 6 ? i / 2 : 1;
    const s2vk_prepare_info info = {.struct_size = sizeof info,
        .input_type = i < 6 ? types[kind].input : S2VK_TYPE_F32,
        .tile_type = types[kind].tiles,
        .feature_type = types[kind].features,
        .output_type = types[kind].output,
        .output_shape = i < 6 && i % 2 ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC,
        .pixels = i < 6 ? NULL : &forms[i - 6]};
    if (s2vk_context_prepare(context, &info)) {
      printf("kind %u: %s\n", i, gpu_last_log());
      failed++;
    }
  }
  return failed;
}

void each_golden(
    const char *folder, void (*make)(void *user, const char *name, const s2vk_plan_info *info), void *user) {
  struct dirent **entries;
  static struct golden golden;
  const int count = scandir(folder, &entries, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    char path[4096], error[512];
    snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
    free(entries[i]);
    if (!golden_read(path, &golden, error, sizeof error))
      continue;
    make(user, golden.name, &golden.info);
    golden_free(&golden);
  }
  if (count >= 0)
    free(entries);
}
