#include "picture.h"

#include "element.h"

static const double means[][4] = {{0}, {0.48145466, 0.4578275, 0.40821073}, {0.485, 0.456, 0.406}, {0.5, 0.5, 0.5}};
static const double deviations[][4] = {
    {0}, {0.26862954, 0.26130258, 0.27577711, 1}, {0.229, 0.224, 0.225, 1}, {0.5, 0.5, 0.5, 1}};

static double to_linear(double v) {
  return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

double picture_to_srgb(double v) {
  return v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055;
}

size_t picture_pixel_bytes(const struct picture_format *format) {
  static const size_t bytes[] = {
      [PICTURE_UNORM8] = 1, [PICTURE_SRGB8] = 1, [PICTURE_F16] = 2, [PICTURE_F32] = 4, [PICTURE_UNORM10] = 1};
  return bytes[format->storage] * strlen(format->components);
}

/* Stores a random component, and returns what a read of it gives. */
static double make_component(const struct picture_format *format, uint32_t i, struct noise *noise, uint8_t *pixel) {
  const double value = noise_unit(noise) + 0.5;
  const bool alpha = format->components[i] == 'A';
  uint32_t word, most;
  switch (format->storage) {
  case PICTURE_UNORM8:
  case PICTURE_SRGB8:
    pixel[i] = (uint8_t)noise_below(noise, 256);
    return format->storage == PICTURE_SRGB8 && !alpha ? to_linear(pixel[i] / 255.0) : pixel[i] / 255.0;
  case PICTURE_F16:
    element_set(S2VK_TYPE_F16, pixel, i, value);
    return element_get(S2VK_TYPE_F16, pixel, i);
  case PICTURE_F32:
    element_set(S2VK_TYPE_F32, pixel, i, value);
    return element_get(S2VK_TYPE_F32, pixel, i);
  case PICTURE_UNORM10:
    memcpy(&word, pixel, sizeof word);
    most = alpha ? 3 : 1023;
    word = i == 0 ? 0 : word;
    const uint32_t bits = noise_below(noise, most + 1);
    word |= bits << 10 * i;
    memcpy(pixel, &word, sizeof word);
    return (double)bits / most;
  }
  return NAN;
}

static void make_pixel(const struct picture_format *format, struct noise *noise, uint8_t *pixel, double *rgba) {
  _Alignas(4) uint8_t made[16] = {0}; /* pixels of bytes begin anywhere */
  for (uint32_t i = 0; format->components[i]; i++) {
    const double value = make_component(format, i, noise, made);
    if (format->components[i] == 'L')
      rgba[0] = rgba[1] = rgba[2] = value;
    else
      rgba[strchr("RGBA", format->components[i]) - "RGBA"] = value;
  }
  memcpy(pixel, made, picture_pixel_bytes(format));
}

struct picture picture_make(const struct picture_format *format, uint32_t batch, s2vk_size size, size_t row_stride,
    size_t image_stride, struct noise *noise, void *memory) {
  struct picture picture = {batch, size.height, size.width, NULL};
  picture.rgba = malloc((size_t)batch * size.height * size.width * 4 * sizeof *picture.rgba);
  double *rgba = picture.rgba;
  for (uint32_t b = 0; b < batch; b++)
    for (uint32_t y = 0; y < size.height; y++)
      for (uint32_t x = 0; x < size.width; x++, rgba += 4)
        make_pixel(format, noise,
            (uint8_t *)memory + b * image_stride + y * row_stride + x * picture_pixel_bytes(format), rgba);
  return picture;
}

void picture_free(struct picture *picture) {
  free(picture->rgba);
  *picture = (struct picture){0};
}

static double value_of(const s2vk_pixels_info *info, uint32_t channel, const double *rgba) {
  const uint32_t colour = info->order[channel] == VK_COMPONENT_SWIZZLE_R   ? 0
                          : info->order[channel] == VK_COMPONENT_SWIZZLE_G ? 1
                          : info->order[channel] == VK_COMPONENT_SWIZZLE_B ? 2
                          : info->order[channel] == VK_COMPONENT_SWIZZLE_A ? 3
                                                                           : channel;
  double v = rgba[colour];
  if (colour < 3 && info->transfer)
    v = info->transfer == S2VK_TRANSFER_TO_SRGB ? picture_to_srgb(v) : to_linear(v);
  if (info->normalization)
    return (v - means[info->normalization][colour]) / deviations[info->normalization][colour];
  return info->std[channel] != 0 ? (v - (double)info->mean[channel]) / (double)info->std[channel] : v;
}

void picture_tensor(const struct picture *picture, const s2vk_plan_info *info, float *tensor) {
  for (uint32_t b = 0; b < info->batch; b++)
    for (uint32_t c = 0; c < info->channels; c++)
      for (uint32_t y = 0; y < info->height; y++)
        for (uint32_t x = 0; x < info->width; x++) {
          const size_t row = (size_t)b * picture->height + info->pixels->y + y;
          *tensor++ =
              (float)value_of(info->pixels, c, &picture->rgba[(row * picture->width + info->pixels->x + x) * 4]);
        }
}
