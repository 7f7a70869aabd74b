#include "resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIDE VIT_MAX_IMAGE_SIDE
#define MAX_PIXELS (1u << 28) /* pixels of the result */

static uint32_t scaled(uint32_t size, uint32_t side, uint32_t crop) {
  uint64_t value = (uint64_t)size * side / crop;
  return value < 1 ? 1 : value > MAX_SIDE ? MAX_SIDE : (uint32_t)value;
}

struct vit_preprocess vit_preprocess_at(const struct vit_preprocess *preprocess, uint32_t side) {
  struct vit_preprocess at = *preprocess;
  uint32_t from = at.crop ? at.crop_height : at.height;
  at.height = scaled(at.height, side, from);
  at.width = at.shortest_edge ? at.height : scaled(at.width, side, from);
  at.crop_width = scaled(at.crop_width, side, from);
  at.crop_height = scaled(at.crop_height, side, from);
  return at;
}

uint32_t vit_preprocess_side(const struct vit_preprocess *preprocess) {
  if (preprocess->crop)
    return preprocess->crop_height == preprocess->crop_width ? preprocess->crop_height : 0;
  bool square = preprocess->resize && !preprocess->shortest_edge && preprocess->height == preprocess->width;
  return square ? preprocess->height : 0;
}

/* ---- Running ---- */

/* The sides of the resize. Only the part that the crop keeps is made: an extremely long image is cropped to its
 * middle. */
static bool target_size(
    const struct vit_preprocess *preprocess, const struct vit_image *image, uint32_t *height, uint32_t *width) {
  *height = preprocess->height;
  *width = preprocess->width;
  if (!preprocess->shortest_edge)
    return true;
  bool upright = image->width <= image->height;
  double longer = upright ? image->height : image->width, shorter = upright ? image->width : image->height;
  double rest = preprocess->height * longer / shorter;
  if (rest > INT32_MAX)
    return false;
  *height = upright ? (uint32_t)rest : preprocess->height;
  *width = upright ? preprocess->height : (uint32_t)rest;
  return true;
}

/* Where the crop begins in the image along one axis: before it, if the image is smaller and lies in zeros. */
static int64_t crop_first(uint32_t size, uint32_t crop, bool rounded) {
  if (crop <= size)
    return rounded ? llrint((size - crop) / 2.0) : (size - crop) / 2;
  return rounded ? -(int64_t)((crop - size) / 2) : -(int64_t)((crop - size + 1) / 2);
}

/* The part of a resized side that the crop keeps. */
static struct vit_span span_of(const struct vit_preprocess *preprocess, uint32_t size, uint32_t crop) {
  if (!preprocess->crop || crop > size)
    return (struct vit_span){size, 0, size};
  return (struct vit_span){size, (uint32_t)crop_first(size, crop, preprocess->rounded), crop};
}

static bool crop(struct vit_image *image, const struct vit_preprocess *preprocess) {
  uint32_t height = preprocess->crop_height, width = preprocess->crop_width;
  int64_t top = crop_first(image->height, height, preprocess->rounded);
  int64_t left = crop_first(image->width, width, preprocess->rounded);
  const size_t pixel = 3 * vit_image_size(image);
  unsigned char *pixels = calloc((size_t)height * width, pixel), *source = image->pixels;
  for (int64_t y = 0; pixels && y < height; y++)
    for (int64_t x = 0; x < width; x++)
      if (y + top >= 0 && y + top < image->height && x + left >= 0 && x + left < image->width)
        memcpy(pixels + (size_t)(y * width + x) * pixel, source + (size_t)((y + top) * image->width + x + left) * pixel,
            pixel);
  if (!pixels)
    return false;
  free(source);
  image->pixels = pixels;
  image->height = height;
  image->width = width;
  return true;
}

static float *to_planes(const struct vit_preprocess *preprocess, const struct vit_image *image) {
  size_t plane = (size_t)image->height * image->width;
  const unsigned char *bytes = image->pixels;
  const float *floats = image->pixels;
  float *planes = calloc(plane, 3 * sizeof *planes);
  for (size_t channel = 0; planes && channel < 3; channel++)
    for (size_t i = 0; i < plane; i++) {
      double value = image->floats ? floats[i * 3 + channel] : bytes[i * 3 + channel];
      float pixel = (float)(preprocess->rescale ? value * preprocess->rescale_factor : value);
      if (preprocess->normalize)
        pixel = (pixel - preprocess->mean[channel]) / preprocess->std[channel];
      planes[channel * plane + i] = pixel;
    }
  return planes;
}

/* Copies the pixels, in the type that is resized. */
static bool take(const struct vit_preprocess *preprocess, const unsigned char *pixels, struct vit_image *image) {
  size_t count = (size_t)image->height * image->width * 3;
  image->floats = preprocess->floats;
  image->pixels = malloc(count * vit_image_size(image));
  float *floats = image->pixels;
  if (image->pixels && !image->floats)
    memcpy(image->pixels, pixels, count);
  for (size_t i = 0; floats && image->floats && i < count; i++)
    floats[i] = pixels[i];
  return image->pixels;
}

float *vit_preprocess_run(const struct vit_preprocess *preprocess, const unsigned char *pixels, uint32_t *height,
    uint32_t *width, struct vit_error *error) {
  struct vit_image image = {.height = *height, .width = *width};
  uint32_t new_height = *height, new_width = *width;
  bool fits = !preprocess->resize || target_size(preprocess, &image, &new_height, &new_width);
  const struct vit_span rows = span_of(preprocess, new_height, preprocess->crop_height),
                        columns = span_of(preprocess, new_width, preprocess->crop_width);
  if (!fits || (preprocess->resize && (double)rows.count * columns.count > MAX_PIXELS)) {
    vit_fail(error, "an image of %u x %u is too long to be resized to %u along its shorter side", *height, *width,
        preprocess->height);
    return NULL;
  }
  bool done = take(preprocess, pixels, &image);
  done = done && (!preprocess->resize || vit_resize(&image, &rows, &columns, preprocess->resample));
  done = done && (!preprocess->crop || crop(&image, preprocess));
  float *planes = done ? to_planes(preprocess, &image) : NULL;
  *height = image.height;
  *width = image.width;
  free(image.pixels);
  if (!planes)
    vit_fail(error, "no memory for an image of %u x %u", image.height, image.width);
  return planes;
}
