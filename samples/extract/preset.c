#include "preset.h"

#include <stdlib.h>
#include <string.h>

uint32_t preset_side(enum preset preset) {
  static const uint32_t sides[] = {
      [PRESET_CLIP] = 336, [PRESET_SIGLIP] = 384, [PRESET_LLAVA] = 336, [PRESET_BUNNY] = 384, [PRESET_NVILA] = 448};
  return sides[preset];
}

/* VILA1.5-S2 has two, LLaVA-S2, Bunny and NVILA have three. */
uint32_t preset_scales(enum preset preset, double scales[MAX_SCALES]) {
  const uint32_t count = preset == PRESET_SIGLIP ? 2 : 3;
  for (uint32_t i = 0; i < count; i++)
    scales[i] = i + 1;
  return count;
}

uint32_t preset_sizes(const struct options *o, uint32_t side, s2vk_size sizes[MAX_SCALES]) {
  if (o->img_size_count) {
    memcpy(sizes, o->img_sizes, o->img_size_count * sizeof *sizes);
    return o->img_size_count;
  }
  for (uint32_t i = 0; i < o->scale_count; i++)
    sizes[i] = (s2vk_size){(uint32_t)o->scales[i] * side, (uint32_t)o->scales[i] * side};
  return o->scale_count;
}

uint32_t preset_max_tiles(const struct options *o) {
  const uint32_t sizes = o->img_size_count;
  const uint64_t across = sizes ? o->img_sizes[sizes - 1].height / o->img_sizes[0].height : o->scale_count;
  return o->max_tiles ? o->max_tiles : across * across > 12 ? (uint32_t)(across * across) : 12;
}

static const struct vit_preprocess *processor_of(const struct model *model) {
  return model->folder ? vit_folder_preprocess(model->folder) : NULL;
}

/* As expand2square() is called: int(255 * mean). Bunny has SigLIP's mean, which s2vk has no square for. */
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
  /* Means are of values that its own factor made of bytes. */
  const double one = processor->rescale ? 255 * processor->rescale_factor : 255;
  pixels->normalization = S2VK_NORMALIZATION_GIVEN;
  for (int i = 0; i < 3; i++) {
    pixels->mean[i] = processor->normalize ? (float)(processor->mean[i] / one) : 0;
    pixels->std[i] = (float)((processor->normalize ? processor->std[i] : 1) / one);
  }
}

/* The sizes of one image, which has the grid of the photograph at its last scale. */
static s2vk_result choose_sizes(
    const s2vk_context *context, const struct options *o, s2vk_plan_info *info, s2vk_size *sizes) {
  uint32_t sides[MAX_SCALES];
  for (uint32_t i = 0; i < info->scale_count; i++)
    sides[i] = sizes[i].height;
  const s2vk_dynamic_s2_info image = {.struct_size = sizeof image,
      .height = info->height,
      .width = info->width,
      .sizes = sides,
      .size_count = info->scale_count,
      .max_tiles = preset_max_tiles(o)};
  return s2vk_dynamic_s2_sizes(context, &image, sizes);
}

s2vk_result preset_apply(const s2vk_context *context, const struct model *model, const struct options *o,
    s2vk_plan_info *info, struct preset_parts *parts) {
  static const s2vk_preset presets[] = {[PRESET_CLIP] = S2VK_PRESET_CLIP,
      [PRESET_SIGLIP] = S2VK_PRESET_SIGLIP,
      [PRESET_LLAVA] = S2VK_PRESET_LLAVA,
      [PRESET_BUNNY] = S2VK_PRESET_SIGLIP,
      [PRESET_NVILA] = S2VK_PRESET_NVILA};
  uint32_t largest = 0;
  info->scale_count = preset_sizes(o, info->max_split_size, parts->sizes);
  info->scales = NULL;
  info->img_sizes = parts->sizes;
  for (uint32_t i = 0; i < info->scale_count; i++)
    largest = parts->sizes[i].height > largest ? parts->sizes[i].height : largest;
  parts->pixels = (s2vk_pixels_info){.struct_size = sizeof parts->pixels, .format = S2VK_PIXEL_RGB8};
  s2vk_result result =
      s2vk_preset_apply(context, presets[o->preset], largest, info, &parts->pixels, &parts->preprocessing);
  if (!result && o->dynamic_s2)
    result = choose_sizes(context, o, info, parts->sizes);
  if (result)
    return result;
  info->resize_output_to_idx = info->output_blocks_idx = o->resize_output_to_idx;
  parts->preprocessing.pad_square = o->preset == PRESET_LLAVA || o->preset == PRESET_BUNNY;
  choose_fill(processor_of(model), o->preset, parts->preprocessing.fill);
  choose_normalization(processor_of(model), &parts->pixels);
  return S2VK_SUCCESS;
}

/* ---- The photograph in a picture ---- */

unsigned char *preset_view(
    const struct model *model, const struct options *o, const unsigned char *pixels, s2vk_size *size) {
  const uint32_t height = size->height, width = size->width, longer = height > width ? height : width;
  const bool pads = o->preset == PRESET_LLAVA || o->preset == PRESET_BUNNY, crops = o->preset == PRESET_CLIP;
  const uint32_t side = crops ? height + width - longer : longer;
  const s2vk_size view = pads || crops ? (s2vk_size){side, side} : *size;
  unsigned char *made = malloc((size_t)3 * view.height * view.width);
  uint8_t fill[4] = {122, 116, 104, 255}; /* CLIP's */
  choose_fill(processor_of(model), o->preset, fill);
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
