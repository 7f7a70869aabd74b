#include "pixels.h"

#include "element.h"
#include "random.h"

struct layout {
  const char *name;
  uint32_t components;
  bool bytes;     /* components are bytes, value / 255; or else ... */
  s2vk_type type; /* ... elements of this type */
  uint8_t red, green, blue;
};

static const struct layout buffers[] = {
    [S2VK_PIXEL_RGBA8] = {"RGBA8", 4, true, 0, 0, 1, 2},
    [S2VK_PIXEL_BGRA8] = {"BGRA8", 4, true, 0, 2, 1, 0},
    [S2VK_PIXEL_RGB8] = {"RGB8", 3, true, 0, 0, 1, 2},
    [S2VK_PIXEL_BGR8] = {"BGR8", 3, true, 0, 2, 1, 0},
    [S2VK_PIXEL_GREY8] = {"GREY8", 1, true, 0, 0, 0, 0},
    [S2VK_PIXEL_RGBA_F32] = {"RGBA_F32", 4, false, S2VK_TYPE_F32, 0, 1, 2},
    [S2VK_PIXEL_BGRA_F32] = {"BGRA_F32", 4, false, S2VK_TYPE_F32, 2, 1, 0},
    [S2VK_PIXEL_RGB_F32] = {"RGB_F32", 3, false, S2VK_TYPE_F32, 0, 1, 2},
    [S2VK_PIXEL_BGR_F32] = {"BGR_F32", 3, false, S2VK_TYPE_F32, 2, 1, 0},
    [S2VK_PIXEL_GREY_F32] = {"GREY_F32", 1, false, S2VK_TYPE_F32, 0, 0, 0},
};

static const struct layout *layout_of(const struct shape *shape) {
  static const struct layout rgba8 = {"image RGBA8", 4, true, 0, 0, 1, 2}, bgra8 = {"image BGRA8", 4, true, 0, 2, 1, 0};
  static const struct layout half = {"image RGBA16F", 4, false, S2VK_TYPE_F16, 0, 1, 2};
  static const struct layout single = {"image RGBA32F", 4, false, S2VK_TYPE_F32, 0, 1, 2};
  switch (shape->image_format) {
  case VK_FORMAT_UNDEFINED:
    return &buffers[shape->info.pixels->format];
  case VK_FORMAT_B8G8R8A8_UNORM:
    return &bgra8;
  case VK_FORMAT_R16G16B16A16_SFLOAT:
    return &half;
  case VK_FORMAT_R32G32B32A32_SFLOAT:
    return &single;
  default:
    return &rgba8;
  }
}

const char *pixels_name(const struct shape *shape) {
  return layout_of(shape)->name;
}

uint32_t pixels_bytes(const struct shape *shape) {
  const struct layout *l = layout_of(shape);
  return l->components * (l->bytes ? 1 : (uint32_t)s2vk_type_size(l->type));
}

void *pixels_random(const struct shape *shape, VkDeviceSize bytes, uint64_t seed) {
  const struct layout *l = layout_of(shape);
  return l->bytes ? random_bytes(bytes, seed) : random_tensor(l->type, bytes, seed);
}

double pixels_value(const struct shape *shape, const void *pixels, size_t i, uint32_t channel) {
  static const double clip_mean[] = {0.48145466, 0.4578275, 0.40821073},
                      clip_std[] = {0.26862954, 0.26130258, 0.27577711};
  const struct layout *l = layout_of(shape);
  const size_t at = i * l->components + (const uint8_t[]){l->red, l->green, l->blue, 3}[channel];
  const double value = l->bytes ? ((const uint8_t *)pixels)[at] / 255.0 : element_get(l->type, pixels, at);
  const bool clip = shape->info.pixels->normalization == S2VK_NORMALIZATION_CLIP && channel < 3;
  return clip ? (value - clip_mean[channel]) / clip_std[channel] : value;
}
