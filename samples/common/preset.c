#include "preset.h"

#include "vocabulary.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t preset_side(enum preset preset) {
  static const uint32_t sides[] = {
      [PRESET_CLIP] = 336, [PRESET_SIGLIP] = 384, [PRESET_LLAVA] = 336, [PRESET_BUNNY] = 384, [PRESET_NVILA] = 448};
  return sides[preset];
}

/* VILA1.5-S2 has two, LLaVA-S2, Bunny and NVILA have three. */
uint32_t preset_scales(enum preset preset, double scales[PRESET_MAX_SCALES]) {
  const uint32_t count = preset == PRESET_SIGLIP ? 2 : 3;
  for (uint32_t i = 0; i < count; i++)
    scales[i] = i + 1;
  return count;
}

s2vk_filter preset_filter(enum preset preset) {
  return preset == PRESET_NVILA ? S2VK_FILTER_BICUBIC_ANTIALIASED : S2VK_FILTER_BICUBIC;
}

uint32_t preset_sizes(const struct preset_choice *choice, uint32_t side, s2vk_size sizes[PRESET_MAX_SCALES]) {
  if (choice->img_size_count) {
    memcpy(sizes, choice->img_sizes, choice->img_size_count * sizeof *sizes);
    return choice->img_size_count;
  }
  for (uint32_t i = 0; i < choice->scale_count; i++)
    sizes[i] = (s2vk_size){(uint32_t)choice->scales[i] * side, (uint32_t)choice->scales[i] * side};
  return choice->scale_count;
}

/* Tiles across of the last scale. */
static uint32_t last_across(const struct preset_choice *choice) {
  const s2vk_size *sizes = choice->img_sizes;
  return choice->img_size_count ? sizes[choice->img_size_count - 1].height / sizes[0].height
         : choice->scale_count  ? (uint32_t)choice->scales[choice->scale_count - 1]
                                : 0;
}

uint32_t preset_max_tiles(const struct preset_choice *choice) {
  const uint64_t across = last_across(choice);
  return choice->max_tiles ? choice->max_tiles : across * across > 12 ? (uint32_t)(across * across) : 12;
}

/* ---- What fits together ---- */

static bool refuse(char reason[PRESET_REASON_BYTES], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, PRESET_REASON_BYTES, format, arguments);
  va_end(arguments);
  return false;
}

static bool check_dynamic_s2(
    const struct preset_choice *choice, uint32_t max_split_size, char reason[PRESET_REASON_BYTES]) {
  const s2vk_size *sizes = choice->img_sizes;
  const uint32_t across = choice->img_size_count || choice->given ? last_across(choice) : 0;
  if (choice->max_tiles && !choice->dynamic_s2)
    return refuse(reason, "--max-tiles %u: is for --dynamic-s2", choice->max_tiles);
  if (!choice->dynamic_s2)
    return true;
  if (!choice->given || choice->preset != PRESET_NVILA)
    return refuse(
        reason, "--dynamic-s2: is for --preset nvila: with other presets all photographs have the same tiles");
  for (uint32_t i = 0; i < choice->img_size_count; i++)
    if (sizes[i].height % sizes[0].height || sizes[i].height != sizes[i].width)
      return refuse(reason,
          "--img-sizes %ux%u: with --dynamic-s2 each is a square, of a multiple of the first one's side, %u",
          sizes[i].height, sizes[i].width, sizes[0].height);
  if (choice->img_size_count && max_split_size != sizes[0].height)
    return refuse(reason, "--max-split-size %u: with --dynamic-s2 a tile is the first of --img-sizes, %u",
        max_split_size, sizes[0].height);
  if (choice->max_tiles && choice->max_tiles < across * across)
    return refuse(reason, "--max-tiles %u: is less than the %u tiles of the last of --img-sizes", choice->max_tiles,
        across * across);
  return true;
}

bool preset_check(const struct preset_choice *choice, uint32_t max_split_size, bool has_scales, const char *filter,
    char reason[PRESET_REASON_BYTES]) {
  if (!choice->given)
    return check_dynamic_s2(choice, max_split_size, reason);
  const char *name = names_of_preset[choice->preset];
  if (has_scales)
    return refuse(reason, "--scales: with --preset %s scales have sizes: give --img-sizes", name);
  if (filter)
    return refuse(reason, "--filter %s: --preset %s has a filter of its own: give one of them", filter, name);
  for (uint32_t i = 0; choice->preset != PRESET_NVILA && i < choice->img_size_count; i++)
    if (choice->img_sizes[i].height != choice->img_sizes[i].width)
      return refuse(reason, "--img-sizes %ux%u: with --preset %s each is a square", choice->img_sizes[i].height,
          choice->img_sizes[i].width, name);
  return check_dynamic_s2(choice, max_split_size, reason);
}

/* ---- The plan ---- */

static bool pads(enum preset preset) {
  return preset == PRESET_LLAVA || preset == PRESET_BUNNY;
}

/* The fill colour is int(255 * mean), as in the calls of expand2square(). Bunny's mean is SigLIP's; no preset of the
 * library has a square of this colour. */
static void choose_fill(const struct vit_preprocess *processor, enum preset preset, uint8_t fill[4]) {
  for (int i = 0; i < 3; i++)
    if (processor && processor->normalize)
      fill[i] = (uint8_t)(255 * (double)processor->mean[i]);
    else if (preset == PRESET_BUNNY)
      fill[i] = 127;
}

static void choose_normalization(const struct vit_preprocess *processor, s2vk_pixels_info *pixels) {
  if (!processor)
    return;
  /* The processor's factor made values of bytes, and its means are in these values. */
  const double one = processor->rescale ? 255 * processor->rescale_factor : 255;
  pixels->normalization = S2VK_NORMALIZATION_GIVEN;
  for (int i = 0; i < 3; i++) {
    pixels->mean[i] = processor->normalize ? (float)(processor->mean[i] / one) : 0;
    pixels->std[i] = (float)((processor->normalize ? processor->std[i] : 1) / one);
  }
}

/* The sizes of one image. Its last scale has the grid of tiles that Dynamic-S2 chooses for the photograph. */
static s2vk_result choose_sizes(
    const s2vk_context *context, const struct preset_choice *choice, s2vk_plan_info *info, s2vk_size *sizes) {
  uint32_t sides[PRESET_MAX_SCALES];
  for (uint32_t i = 0; i < info->scale_count; i++)
    sides[i] = sizes[i].height;
  const s2vk_dynamic_s2_info image = {.struct_size = sizeof image,
      .height = info->height,
      .width = info->width,
      .sizes = sides,
      .size_count = info->scale_count,
      .max_tiles = preset_max_tiles(choice)};
  return s2vk_dynamic_s2_sizes(context, &image, sizes);
}

s2vk_result preset_apply(
    const s2vk_context *context, const struct preset_choice *choice, s2vk_plan_info *info, struct preset_parts *parts) {
  const int32_t output = info->resize_output_to_idx;
  static const s2vk_preset presets[] = {[PRESET_CLIP] = S2VK_PRESET_CLIP,
      [PRESET_SIGLIP] = S2VK_PRESET_SIGLIP,
      [PRESET_LLAVA] = S2VK_PRESET_LLAVA,
      [PRESET_BUNNY] = S2VK_PRESET_SIGLIP,
      [PRESET_NVILA] = S2VK_PRESET_NVILA};
  uint32_t largest = 0;
  info->scale_count = preset_sizes(choice, info->max_split_size, parts->sizes);
  info->scales = NULL;
  info->img_sizes = parts->sizes;
  for (uint32_t i = 0; i < info->scale_count; i++)
    largest = parts->sizes[i].height > largest ? parts->sizes[i].height : largest;
  parts->pixels = (s2vk_pixels_info){.struct_size = sizeof parts->pixels, .format = S2VK_PIXEL_RGB8};
  s2vk_result result =
      s2vk_preset_apply(context, presets[choice->preset], largest, info, &parts->pixels, &parts->preprocessing);
  if (!result && choice->dynamic_s2)
    result = choose_sizes(context, choice, info, parts->sizes);
  if (result)
    return result;
  info->resize_output_to_idx = info->output_blocks_idx = output;
  parts->preprocessing.pad_square = pads(choice->preset);
  choose_fill(choice->processor, choice->preset, parts->preprocessing.fill);
  choose_normalization(choice->processor, &parts->pixels);
  return S2VK_SUCCESS;
}

void preset_colours(const s2vk_pixels_info *pixels, float mean[3], float std[3]) {
  static const float clip[2][3] = {{0.48145466f, 0.4578275f, 0.40821073f}, {0.26862954f, 0.26130258f, 0.27577711f}};
  for (int i = 0; i < 3; i++) {
    const bool given = pixels->normalization == S2VK_NORMALIZATION_GIVEN;
    const bool is_clip = pixels->normalization == S2VK_NORMALIZATION_CLIP;
    mean[i] = given ? pixels->mean[i] : is_clip ? clip[0][i] : 0.5f;
    std[i] = given ? pixels->std[i] : is_clip ? clip[1][i] : 0.5f;
  }
}

/* ---- The photograph in a picture ---- */

bool preset_has_view(enum preset preset) {
  return pads(preset) || preset == PRESET_CLIP;
}

unsigned char *preset_view(
    enum preset preset, const struct vit_preprocess *processor, const unsigned char *pixels, s2vk_size *size) {
  const uint32_t height = size->height, width = size->width, longer = height > width ? height : width;
  const uint32_t side = preset == PRESET_CLIP ? height + width - longer : longer;
  const s2vk_size view = preset_has_view(preset) ? (s2vk_size){side, side} : *size;
  unsigned char *made = malloc((size_t)3 * view.height * view.width);
  uint8_t fill[4] = {122, 116, 104, 255}; /* CLIP's */
  choose_fill(processor, preset, fill);
  const int64_t top = ((int64_t)height - view.height) / 2, left = ((int64_t)width - view.width) / 2;
  for (int64_t y = 0; made && y < view.height; y++)
    for (int64_t x = 0; x < view.width; x++) {
      const int64_t row = y + top, column = x + left;
      const bool inside = row >= 0 && row < height && column >= 0 && column < width;
      memcpy(made + 3 * (y * view.width + x), inside ? pixels + 3 * (row * width + column) : fill, 3);
    }
  *size = view;
  return made;
}
