#include "map/pixels.h"

#include "base/checked.h"

#include <math.h>

/* Where the components red, green, blue and alpha of a format are; NONE: it has no alpha. */
#define NONE 255
static const struct format {
  uint8_t component_bytes, components;
  uint8_t at[4];
} formats[] = {
    [S2VK_PIXEL_RGBA8] = {1, 4, {0, 1, 2, 3}},
    [S2VK_PIXEL_BGRA8] = {1, 4, {2, 1, 0, 3}},
    [S2VK_PIXEL_RGB8] = {1, 3, {0, 1, 2, NONE}},
    [S2VK_PIXEL_BGR8] = {1, 3, {2, 1, 0, NONE}},
    [S2VK_PIXEL_GREY8] = {1, 1, {0, 0, 0, NONE}},
    [S2VK_PIXEL_RGBA_F32] = {4, 4, {0, 1, 2, 3}},
    [S2VK_PIXEL_BGRA_F32] = {4, 4, {2, 1, 0, 3}},
    [S2VK_PIXEL_RGB_F32] = {4, 3, {0, 1, 2, NONE}},
    [S2VK_PIXEL_BGR_F32] = {4, 3, {2, 1, 0, NONE}},
    [S2VK_PIXEL_GREY_F32] = {4, 1, {0, 0, 0, NONE}},
};
static const struct format image_format = {0, 4, {0, 1, 2, 3}};

static const struct {
  double mean[4], std[4]; /* of red, green, blue, alpha */
} presets[] = {
    [S2VK_NORMALIZATION_CLIP] = {{0.48145466, 0.4578275, 0.40821073, 0}, {0.26862954, 0.26130258, 0.27577711, 1}},
    [S2VK_NORMALIZATION_IMAGENET] = {{0.485, 0.456, 0.406, 0}, {0.229, 0.224, 0.225, 1}},
    [S2VK_NORMALIZATION_SIGNED] = {{0.5, 0.5, 0.5, 0}, {0.5, 0.5, 0.5, 1}},
};

/* ---- Checks ------------------------------------------------------------------------------------------------- */

static s2vk_result check_enums(const struct s2_env *env, const s2vk_pixels_info *info) {
  const struct {
    const char *name;
    int value, last;
  } enums[] = {
      {"source", (int)info->source, S2VK_PIXELS_IMAGE_2D},
      {"format", (int)info->format, S2VK_PIXEL_GREY_F32},
      {"transfer", (int)info->transfer, S2VK_TRANSFER_TO_LINEAR},
      {"normalization", (int)info->normalization, S2VK_NORMALIZATION_SIGNED},
  };
  for (size_t i = 0; i < sizeof enums / sizeof *enums; i++)
    if (enums[i].value < 0 || enums[i].value > enums[i].last)
      return s2_fail(
          env, S2VK_ERROR_ENUM, "pixels.%s is %d; it must be 0 to %d", enums[i].name, enums[i].value, enums[i].last);
  return S2VK_SUCCESS;
}

/* The whole image, and that the region is within it. */
static s2vk_result take_image(const struct s2_env *env, const s2vk_plan_info *info, s2vk_size *image) {
  const s2vk_pixels_info *pixels = info->pixels;
  const uint64_t bottom = (uint64_t)pixels->y + info->height, right = (uint64_t)pixels->x + info->width;
  if (bottom > S2VK_MAX_SIDE || right > S2VK_MAX_SIDE)
    return s2_fail(env, S2VK_ERROR_OVERFLOW,
        "pixels.y is %u and pixels.x is %u, so that the region ends at %llu x %llu; both must be at most %u", pixels->y,
        pixels->x, (unsigned long long)bottom, (unsigned long long)right, S2VK_MAX_SIDE);
  *image = pixels->image;
  if (image->height == 0 && image->width == 0)
    *image = (s2vk_size){(uint32_t)bottom, (uint32_t)right};
  if (image->height > S2VK_MAX_SIDE || image->width > S2VK_MAX_SIDE)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "pixels.image is %u x %u; both must be at most %u", image->height,
        image->width, S2VK_MAX_SIDE);
  if (bottom > image->height || right > image->width)
    return s2_fail(env, S2VK_ERROR_PIXELS,
        "the region of %u x %u at pixels.y = %u, pixels.x = %u ends outside of pixels.image, which is %u x %u",
        info->height, info->width, pixels->y, pixels->x, image->height, image->width);
  return S2VK_SUCCESS;
}

static s2vk_result take_strides(
    const struct s2_env *env, const s2vk_plan_info *info, s2vk_size image, struct s2_pixels *pixels) {
  const uint64_t row = s2_multiply(image.width, pixels->pixel_bytes), given = info->pixels->image_stride;
  pixels->row_stride = info->pixels->row_stride ? info->pixels->row_stride : row;
  if (pixels->row_stride < row)
    return s2_fail(env, S2VK_ERROR_PIXELS, "pixels.row_stride is %llu; a row of %u pixels has %llu bytes",
        (unsigned long long)pixels->row_stride, image.width, (unsigned long long)row);
  const uint64_t rows = s2_multiply(pixels->row_stride, image.height);
  if (rows > S2_MAX_BYTES || s2_multiply(given, info->batch) > S2_MAX_BYTES)
    return s2_fail(env, S2VK_ERROR_OVERFLOW,
        "pixels.row_stride is %llu and pixels.image_stride is %llu; %u images of %u rows have more than 2^60 bytes",
        (unsigned long long)pixels->row_stride, (unsigned long long)given, info->batch, image.height);
  pixels->image_stride = given ? given : rows;
  if (s2_multiply(pixels->image_stride, info->batch) > S2_MAX_BYTES)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "batch = %u images of %llu bytes each are more than 2^60 bytes",
        info->batch, (unsigned long long)pixels->image_stride);
  if (pixels->row_stride % pixels->component_bytes || pixels->image_stride % pixels->component_bytes)
    return s2_fail(env, S2VK_ERROR_PIXELS,
        "pixels.row_stride is %llu and pixels.image_stride is %llu; for f32 both must be multiples of 4",
        (unsigned long long)pixels->row_stride, (unsigned long long)pixels->image_stride);
  return S2VK_SUCCESS;
}

/* ---- Values ------------------------------------------------------------------------------------------------- */

static bool is_given(const s2vk_pixels_info *info) {
  bool given = false;
  for (int i = 0; i < S2_MAX_PIXEL_CHANNELS; i++)
    given = given || info->mean[i] != 0 || info->std[i] != 0; /* NaN, too */
  return given;
}

/* A channel's colour, 0 to 3 for red to alpha. */
static s2vk_result take_colour(
    const struct s2_env *env, const s2vk_pixels_info *info, const struct format *format, uint32_t i, uint32_t *colour) {
  const VkComponentSwizzle order = info->order[i];
  if (order != VK_COMPONENT_SWIZZLE_IDENTITY && (order < VK_COMPONENT_SWIZZLE_R || order > VK_COMPONENT_SWIZZLE_A))
    return s2_fail(env, S2VK_ERROR_ENUM, "pixels.order[%u] is %d; it must be IDENTITY, R, G, B or A, %d or %d to %d", i,
        (int)order, VK_COMPONENT_SWIZZLE_IDENTITY, VK_COMPONENT_SWIZZLE_R, VK_COMPONENT_SWIZZLE_A);
  *colour = order ? (uint32_t)order - VK_COMPONENT_SWIZZLE_R : i;
  if (format->at[*colour] == NONE)
    return s2_fail(
        env, S2VK_ERROR_PIXELS, "channel %u is alpha by pixels.order; pixels.format %d has none", i, (int)info->format);
  return S2VK_SUCCESS;
}

static s2vk_result take_channels(
    const struct s2_env *env, const s2vk_plan_info *info, const struct format *format, struct s2_pixels *pixels) {
  const bool given = is_given(info->pixels);
  const s2vk_normalization preset = info->pixels->normalization;
  if (given && preset)
    return s2_fail(env, S2VK_ERROR_PIXELS,
        "pixels.normalization is %d, and mean and std are given; they must be 0 then", (int)preset);
  for (uint32_t i = 0; i < info->channels; i++) {
    uint32_t colour = 0;
    s2vk_result result = take_colour(env, info->pixels, format, i, &colour);
    if (result)
      return result;
    const double mean = preset ? presets[preset].mean[colour] : (double)info->pixels->mean[i];
    const double std = preset ? presets[preset].std[colour] : given ? (double)info->pixels->std[i] : 1;
    if (!(std > 0) || !isfinite(std) || !isfinite(mean) || !isfinite((float)(1 / std)) ||
        !isfinite((float)(mean / std)))
      return s2_fail(env, S2VK_ERROR_PIXELS,
          "pixels.mean[%u] is %g and pixels.std[%u] is %g; both must be finite, the latter above 0", i, mean, i, std);
    pixels->order |= (uint32_t)format->at[colour] << i * 8;
    pixels->scale[i] = (float)(1 / std);
    pixels->bias[i] = (float)(-mean / std);
  }
  return S2VK_SUCCESS;
}

/* ---- All together ------------------------------------------------------------------------------------------- */

s2vk_result s2_pixels_create(const struct s2_env *env, const s2vk_plan_info *info, struct s2_pixels *pixels) {
  const s2vk_pixels_info *given = info->pixels;
  s2vk_result result = s2_check_struct(env, "s2vk_pixels_info", given, given->struct_size, sizeof *given);
  if (!result)
    result = check_enums(env, given);
  if (result)
    return result;
  if (info->channels > S2_MAX_PIXEL_CHANNELS)
    return s2_fail(env, S2VK_ERROR_PIXELS, "channels is %u; with pixels it must be at most %d", info->channels,
        S2_MAX_PIXEL_CHANNELS);
  if (info->input_type != S2VK_TYPE_F32)
    return s2_fail(env, S2VK_ERROR_PIXELS, "input_type is %d; with pixels it must be 0", (int)info->input_type);
  const bool image = given->source != S2VK_PIXELS_BUFFER, flat = given->source == S2VK_PIXELS_IMAGE_2D;
  if (flat && info->batch > 1)
    return s2_fail(env, S2VK_ERROR_PIXELS,
        "batch is %u; with S2VK_PIXELS_IMAGE_2D it must be 1, because a view of type 2D has one layer", info->batch);
  if (image && (given->format || given->row_stride || given->image_stride))
    return s2_fail(env, S2VK_ERROR_PIXELS,
        "pixels.format is %d, row_stride %llu and image_stride %llu; with S2VK_PIXELS_IMAGE%s they must be 0",
        (int)given->format, (unsigned long long)given->row_stride, (unsigned long long)given->image_stride,
        flat ? "_2D" : "");
  const struct format *format = image ? &image_format : &formats[given->format];
  *pixels = (struct s2_pixels){
      .source = image ? S2_SOURCE_IMAGE : S2_SOURCE_PIXELS,
      .flat = flat,
      .x = given->x,
      .y = given->y,
      .transfer = (uint32_t)given->transfer,
      .component_bytes = format->component_bytes,
      .pixel_bytes = (uint32_t)format->component_bytes * format->components,
  };
  s2vk_size whole = {0};
  result = take_image(env, info, &whole);
  if (!result && !image)
    result = take_strides(env, info, whole, pixels);
  return result ? result : take_channels(env, info, format, pixels);
}

void s2_pixels_fill(const s2vk_pixels_info *info, const uint8_t colour[4], uint8_t fill[4]) {
  const struct format *format = info->source != S2VK_PIXELS_BUFFER ? &image_format : &formats[info->format];
  for (int i = 4; i-- > 0;) /* of grey, the first colour last */
    if (format->at[i] != NONE)
      fill[format->at[i]] = colour[i];
}

uint32_t s2_pixels_words(const struct s2_pixels *pixels) {
  const uint64_t all = pixels->row_stride | pixels->image_stride | s2_pixels_row(pixels, 0, 0);
  if (pixels->source != S2_SOURCE_PIXELS || pixels->component_bytes != 1 || pixels->pixel_bytes != 4 || all % 4)
    return 0;
  return all % 16 ? 1 : 4;
}

uint64_t s2_pixels_row(const struct s2_pixels *pixels, uint32_t image, uint32_t y) {
  const uint64_t rows = s2_multiply(s2_add(pixels->y, y), pixels->row_stride);
  const uint64_t begin = s2_add(pixels->base, s2_multiply(pixels->x, pixels->pixel_bytes));
  return s2_add(s2_add(s2_multiply(image, pixels->image_stride), rows), begin);
}

uint64_t s2_pixels_end(const struct s2_pixels *pixels, uint32_t batch, s2vk_size region) {
  if (pixels->source == S2_SOURCE_IMAGE)
    return 0;
  return s2_add(s2_pixels_row(pixels, batch - 1, region.height - 1), s2_multiply(region.width, pixels->pixel_bytes));
}

uint64_t s2_pixels_bytes(const struct s2_pixels *pixels, uint32_t batch, s2vk_size region) {
  return s2_round_up(s2_pixels_end(pixels, batch, region), 4);
}
