#include "map/preprocess.h"

#include "base/checked.h"

#include <string.h>

/* ---- Checks ------------------------------------------------------------------------------------------------------ */

static bool is_antialiased(s2vk_filter filter) {
  return filter == S2VK_FILTER_BICUBIC_ANTIALIASED || filter == S2VK_FILTER_BILINEAR_ANTIALIASED ||
         filter == S2VK_FILTER_LANCZOS3;
}

static s2vk_result check_enums(const struct s2_env *env, const s2vk_preprocessing_info *given) {
  const int rounding = (int)given->rounding, filter = (int)given->first_filter;
  if (rounding < 0 || rounding > S2VK_ROUNDING_BYTES_PILLOW_13)
    return s2_fail(env, S2VK_ERROR_ENUM, "preprocessing.rounding is %d; it must be 0 to %d", rounding,
        S2VK_ROUNDING_BYTES_PILLOW_13);
  if (filter < 0 || filter > S2VK_FILTER_LANCZOS3)
    return s2_fail(
        env, S2VK_ERROR_ENUM, "preprocessing.first_filter is %d; it must be 0 to %d", filter, S2VK_FILTER_LANCZOS3);
  return S2VK_SUCCESS;
}

/* Checks the sizes of step 1, the padding to a square, and of step 2, the first resize. */
static s2vk_result check_sizes(const struct s2_env *env, const s2vk_plan_info *info) {
  const s2vk_size sides = {info->height, info->width}, first = info->preprocessing->first_size;
  const uint32_t shortest = info->preprocessing->shortest_side;
  if (sides.height == 0 || sides.width == 0)
    return s2_fail(
        env, S2VK_ERROR_ZERO_SIZE, "height is %u and width is %u; both must be at least 1", sides.height, sides.width);
  if (sides.height > S2VK_MAX_SIDE || sides.width > S2VK_MAX_SIDE || first.height > S2VK_MAX_SIDE ||
      first.width > S2VK_MAX_SIDE || shortest > S2VK_MAX_SIDE)
    return s2_fail(env, S2VK_ERROR_OVERFLOW,
        "height x width is %u x %u, preprocessing.first_size %u x %u and shortest_side %u; all must be at most %u",
        sides.height, sides.width, first.height, first.width, shortest, S2VK_MAX_SIDE);
  if ((first.height == 0) != (first.width == 0) || (shortest && first.height == 0))
    return s2_fail(env, S2VK_ERROR_PREPROCESSING,
        "preprocessing.first_size is %u x %u and shortest_side is %u; both sides of first_size must be given, or "
        "neither and no shortest_side",
        first.height, first.width, shortest);
  return S2VK_SUCCESS;
}

static s2vk_result check_pixels(const struct s2_env *env, const s2vk_plan_info *info) {
  const s2vk_preprocessing_info *given = info->preprocessing;
  const s2vk_pixels_info *pixels = info->pixels;
  s2vk_result result =
      pixels ? s2_check_struct(env, "s2vk_pixels_info", pixels, pixels->struct_size, sizeof *pixels) : S2VK_SUCCESS;
  if (result)
    return result;
  if (!pixels && (given->pad_square || given->rounding))
    return s2_fail(env, S2VK_ERROR_PREPROCESSING,
        "preprocessing.pad_square is %d and rounding is %d; without pixels both must be 0", given->pad_square,
        (int)given->rounding);
  if (!given->rounding)
    return S2VK_SUCCESS;
  const bool first = given->first_size.height > 0;
  const s2vk_filter filter = first ? given->first_filter : info->filter;
  if (!is_antialiased(filter))
    return s2_fail(env, S2VK_ERROR_PREPROCESSING,
        "preprocessing.rounding is %d and %s is %d; with rounding the filter must be an antialiased one, %d to %d",
        (int)given->rounding, first ? "preprocessing.first_filter" : "filter", (int)filter,
        S2VK_FILTER_BICUBIC_ANTIALIASED, S2VK_FILTER_LANCZOS3);
  if (pixels->source == S2VK_PIXELS_BUFFER && pixels->format > S2VK_PIXEL_GREY8)
    return s2_fail(env, S2VK_ERROR_PREPROCESSING,
        "preprocessing.rounding is %d and pixels.format is %d; with rounding the format must have bytes, 0 to %d",
        (int)given->rounding, (int)pixels->format, S2VK_PIXEL_GREY8);
  if (pixels->transfer != S2VK_TRANSFER_NONE)
    return s2_fail(env, S2VK_ERROR_PREPROCESSING,
        "preprocessing.rounding is %d and pixels.transfer is %d; with rounding the transfer must be %d",
        (int)given->rounding, (int)pixels->transfer, S2VK_TRANSFER_NONE);
  return S2VK_SUCCESS;
}

/* The size after step 1, the padding to a square. */
static s2vk_size canvas_of(const s2vk_plan_info *info) {
  const uint32_t longer = info->height > info->width ? info->height : info->width;
  return info->preprocessing->pad_square ? (s2vk_size){longer, longer} : (s2vk_size){info->height, info->width};
}

/* Sets the sizes of step 2, the first resize. */
static s2vk_result take_first(const struct s2_env *env, const s2vk_plan_info *info, struct s2_preprocess *pre) {
  const s2vk_preprocessing_info *given = info->preprocessing;
  const s2vk_size canvas = canvas_of(info);
  pre->first = pre->first_resized = given->first_size;
  pre->first_filter = given->first_filter;
  pre->base = given->first_size.height ? given->first_size : canvas;
  if (!given->shortest_side)
    return S2VK_SUCCESS;
  const bool tall = canvas.height > canvas.width;
  const uint64_t shorter = tall ? canvas.width : canvas.height, longer = tall ? canvas.height : canvas.width;
  const uint64_t side = given->shortest_side * longer / shorter;
  if (side > S2VK_MAX_SIDE)
    return s2_fail(env, S2VK_ERROR_OVERFLOW,
        "preprocessing.shortest_side is %u, which makes the longer side of %u x %u pixels %llu; it must be at most %u",
        given->shortest_side, canvas.height, canvas.width, (unsigned long long)side, S2VK_MAX_SIDE);
  pre->first_resized =
      tall ? (s2vk_size){(uint32_t)side, given->shortest_side} : (s2vk_size){given->shortest_side, (uint32_t)side};
  if (pre->first.height > pre->first_resized.height || pre->first.width > pre->first_resized.width)
    return s2_fail(env, S2VK_ERROR_PREPROCESSING,
        "preprocessing.first_size is %u x %u, larger than the %u x %u that shortest_side = %u makes", pre->first.height,
        pre->first.width, pre->first_resized.height, pre->first_resized.width, given->shortest_side);
  return S2VK_SUCCESS;
}

s2vk_result s2_preprocess_check(const struct s2_env *env, const s2vk_plan_info *info, struct s2_preprocess *pre) {
  const s2vk_preprocessing_info *given = info->preprocessing;
  pre->input = pre->base = (s2vk_size){info->height, info->width};
  if (!given)
    return S2VK_SUCCESS;
  s2vk_result result = s2_check_struct(env, "s2vk_preprocessing_info", given, given->struct_size, sizeof *given);
  if (!result)
    result = check_enums(env, given);
  if (!result)
    result = check_sizes(env, info);
  if (!result)
    result = check_pixels(env, info);
  return result ? result : take_first(env, info, pre);
}

/* ---- Resamplings ------------------------------------------------------------------------------------------------- */

struct s2_pixels s2_resampled_pixels(const struct s2_pixels *as, bool floats, s2vk_size size, uint64_t base) {
  struct s2_pixels pixels = *as;
  pixels.source = S2_SOURCE_PIXELS;
  pixels.x = pixels.y = 0;
  pixels.transfer = S2VK_TRANSFER_NONE;
  pixels.component_bytes = floats ? 4 : 1;
  pixels.pixel_bytes = 4 * pixels.component_bytes;
  pixels.row_stride = s2_round_up(size.width, 4) * pixels.pixel_bytes;
  pixels.image_stride = pixels.row_stride * size.height;
  pixels.base = base;
  return pixels;
}

/* Pillow 13 resamples along y first if that removes more than twice as many rows as columns; up to 12 it does so if the
 * image is more than a hundred times as high as it is wide. */
static bool goes_down_first(const s2vk_plan_info *info, const struct s2_resample *r) {
  const int64_t fewer_rows = (int64_t)r->canvas.height - r->resized.height;
  const int64_t fewer_columns = (int64_t)r->canvas.width - r->resized.width;
  if (!info->preprocessing->rounding || fewer_rows <= 0)
    return false;
  return info->preprocessing->rounding == S2VK_ROUNDING_BYTES_PILLOW_13 ? fewer_rows > 2 * fewer_columns
                                                                        : r->canvas.height / 100. > r->canvas.width;
}

uint32_t s2_preprocess_count(const s2vk_plan_info *info, const struct s2_preprocess *pre) {
  const s2vk_preprocessing_info *given = info->preprocessing;
  if (!given || (!given->rounding && !given->pad_square))
    return 0;
  return pre->first.height ? 1 : info->scale_count;
}

void s2_preprocess_add(
    const s2vk_plan_info *info, const struct s2_pixels *pixels, s2vk_size image, struct s2_preprocess *pre) {
  const bool first = pre->first.height > 0;
  struct s2_resample *r = &pre->resamples[pre->resample_count];
  *r = (struct s2_resample){
      .scale = pre->resample_count++,
      .floats = !info->preprocessing->rounding,
      .filter = first ? pre->first_filter : info->filter,
      .canvas = canvas_of(info),
      .resized = first ? pre->first_resized : image,
      .out = first ? pre->first : image,
  };
  r->top = (r->canvas.height - pre->input.height) / 2;
  r->left = (r->canvas.width - pre->input.width) / 2;
  r->y = (r->resized.height - r->out.height) / 2;
  r->x = (r->resized.width - r->out.width) / 2;
  r->down_first = goes_down_first(info, r);
  pre->either_first |= r->down_first || info->preprocessing->rounding == S2VK_ROUNDING_BYTES_PILLOW_13;
  r->pixels = s2_resampled_pixels(pixels, r->floats, r->out, pre->resampled_bytes);
  s2_pixels_fill(info->pixels, info->preprocessing->fill, pre->fill);
  pre->resampled_bytes = s2_add(pre->resampled_bytes, s2_multiply(r->pixels.image_stride, info->batch));
}

static s2vk_result resample_axis(
    const struct s2_env *env, s2vk_filter filter, const uint32_t sizes[3], uint32_t begin, struct s2_axis *axis) {
  s2vk_result result = s2_axis_filter(env, filter, sizes[0], sizes[1], axis);
  if (result || sizes[1] == sizes[2])
    return result;
  struct s2_axis window;
  result = s2_axis_window(env, sizes[1], begin, sizes[2], &window);
  result = result ? result : s2_axis_compose(env, axis, &window);
  s2_axis_destroy(env, &window);
  return result;
}

s2vk_result s2_resample_axes(const struct s2_env *env, const struct s2_resample *r, struct s2_axis *axes) {
  const uint32_t heights[] = {r->canvas.height, r->resized.height, r->out.height};
  const uint32_t widths[] = {r->canvas.width, r->resized.width, r->out.width};
  s2vk_result result = resample_axis(env, r->filter, heights, r->y, &axes[0]);
  return result ? result : resample_axis(env, r->filter, widths, r->x, &axes[1]);
}
