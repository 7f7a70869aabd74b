#define _POSIX_C_SOURCE 200809L

#include "picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/* Turns the values of a preprocessed photograph into pixels again. */
static bool show_planes(const struct vit_preprocess *p, struct picture_data *data, s2vk_size size) {
  const size_t plane = (size_t)size.height * size.width;
  unsigned char *pixels = malloc(3 * plane);
  for (size_t channel = 0; pixels && channel < 3; channel++)
    for (size_t i = 0; i < plane; i++) {
      double value = data->planes[channel * plane + i];
      if (p->normalize)
        value = value * p->std[channel] + p->mean[channel];
      value /= p->rescale ? p->rescale_factor : 1;
      pixels[3 * i + channel] = (unsigned char)lrint(fmin(fmax(value, 0), 255));
    }
  if (!pixels)
    return false;
  free(data->photograph.pixels);
  data->photograph.pixels = pixels;
  data->photograph.size = size;
  return true;
}

bool preparation_is(const struct preparation *a, const struct preparation *b) {
  return a->kind == b->kind && (a->kind == PREPARED_WHOLE || a->processor == b->processor) &&
         (a->kind != PREPARED_BY_PRESET || a->preset == b->preset) &&
         (a->kind != PREPARED_BY_MODEL ||
             (a->preprocess.height == b->preprocess.height && a->preprocess.crop_height == b->preprocess.crop_height));
}

/* Leaves the preset's part as the photograph, and all of it as the source. */
static bool take_part(const struct preparation *preparation, struct picture_data *data) {
  data->source_size = data->photograph.size;
  unsigned char *part =
      preset_view(preparation->preset, preparation->processor, data->photograph.pixels, &data->photograph.size);
  if (!part)
    return false;
  data->source = data->photograph.pixels;
  data->photograph.pixels = part;
  return true;
}

static bool take_planes(const struct vit_preprocess *preprocess, struct picture_data *data, struct vit_error *why) {
  s2vk_size size = data->photograph.size;
  data->planes = vit_preprocess_run(preprocess, data->photograph.pixels, &size.height, &size.width, why);
  return data->planes && show_planes(preprocess, data, size);
}

bool picture_read(const char *path, const struct preparation *preparation, struct picture_data *data,
    char error[PICTURE_ERROR_BYTES]) {
  char reason[PHOTOGRAPH_REASON_BYTES];
  struct vit_error why = {"there is no memory for it"};
  *data = (struct picture_data){.preparation = *preparation};
  if (!photograph_read(&data->photograph, path, reason)) {
    snprintf(error, PICTURE_ERROR_BYTES, "%.250s: %.200s", path, reason);
    return false;
  }
  if (preparation->kind == PREPARED_WHOLE ||
      (preparation->kind == PREPARED_BY_PRESET && take_part(preparation, data)) ||
      (preparation->kind == PREPARED_BY_MODEL && take_planes(&preparation->preprocess, data, &why)))
    return true;
  snprintf(error, PICTURE_ERROR_BYTES, "%.250s: %.200s", path, why.text);
  picture_data_free(data);
  return false;
}

void picture_data_free(struct picture_data *data) {
  photograph_free(&data->photograph);
  free(data->planes);
  free(data->source);
  *data = (struct picture_data){0};
}

/* ---- The device -------------------------------------------------------------------------------------------------- */

static VkResult upload(const struct picture *picture, struct image *image, const unsigned char *rgb, s2vk_size size) {
  const VkExtent2D extent = {size.width, size.height};
  const size_t pixels = (size_t)extent.width * extent.height;
  unsigned char *rgba = malloc(pixels * 4);
  if (!rgba)
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  for (size_t i = 0; i < pixels; i++) {
    memcpy(rgba + i * 4, rgb + i * 3, 3);
    rgba[i * 4 + 3] = 255;
  }
  const uint32_t longer = extent.width > extent.height ? extent.width : extent.height;
  uint32_t levels = 1;
  while (longer >> levels)
    levels++;
  const VkImageUsageFlags usage =
      VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  VkResult result = image_create(image, picture->gpu, VK_FORMAT_R8G8B8A8_UNORM, extent, levels, usage);
  if (!result)
    result = image_upload(image, picture->gpu, rgba, pixels * 4);
  free(rgba);
  return result;
}

/* The usage has every flag that s2vk_plan_layout.source_usage may ask for. */
static VkResult upload_planes(struct picture *picture, const float *planes) {
  const VkExtent2D extent = picture->image.extent;
  const VkDeviceSize bytes = (VkDeviceSize)3 * extent.width * extent.height * sizeof *planes;
  const VkResult result = buffer_create(&picture->planes, picture->gpu, bytes,
      VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
      true);
  if (!result)
    memcpy(picture->planes.host, planes, (size_t)bytes);
  return result;
}

struct picture *picture_create(
    const struct gpu *gpu, const char *path, const struct picture_data *data, char error[PICTURE_ERROR_BYTES]) {
  const uint32_t most = gpu->properties.limits.maxImageDimension2D;
  const s2vk_size shown = data->photograph.size,
                  size = {shown.height > data->source_size.height ? shown.height : data->source_size.height,
                      shown.width > data->source_size.width ? shown.width : data->source_size.width};
  if (size.width > most || size.height > most) {
    snprintf(error, PICTURE_ERROR_BYTES, "%.250s: %u x %u pixels; an image of this device has %u x %u at most", path,
        size.height, size.width, most, most);
    return NULL;
  }
  struct picture *picture = calloc(1, sizeof *picture);
  if (picture)
    *picture = (struct picture){.gpu = gpu, .holders = 1, .preparation = data->preparation, .path = strdup(path)};
  VkResult result = picture && picture->path ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
  if (!result)
    result = upload(picture, &picture->image, data->photograph.pixels, shown);
  if (!result && data->source)
    result = upload(picture, &picture->source, data->source, data->source_size);
  if (!result && data->planes)
    result = upload_planes(picture, data->planes);
  if (!result)
    return picture;
  snprintf(error, PICTURE_ERROR_BYTES, "%.250s: it cannot be uploaded: VkResult %d", path, result);
  picture_drop(&picture);
  return NULL;
}

struct picture *picture_hold(struct picture *picture) {
  if (picture)
    picture->holders++;
  return picture;
}

void picture_drop(struct picture **handle) {
  struct picture *picture = *handle;
  *handle = NULL;
  if (!picture || --picture->holders)
    return;
  image_destroy(&picture->image, picture->gpu);
  image_destroy(&picture->source, picture->gpu);
  buffer_destroy(&picture->planes, picture->gpu);
  free(picture->path);
  free(picture);
}

const struct image *picture_source(const struct picture *picture) {
  return picture->source.view ? &picture->source : &picture->image;
}

const char *picture_name(const struct picture *picture) {
  const char *slash = strrchr(picture->path, '/');
  return slash ? slash + 1 : picture->path;
}
