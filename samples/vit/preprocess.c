#include "resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIDE (1u << 16)

#define CLIP_MEAN {0.48145466f, 0.4578275f, 0.40821073f}
#define CLIP_STD {0.26862954f, 0.26130258f, 0.27577711f}
#define HALVES {0.5f, 0.5f, 0.5f}

/* What a preprocessor_config.json leaves out: the defaults of its class, and what a size of one number means there. */
static const struct {
  const char *names[2]; /* image_processor_type, and feature_extractor_type of older files */
  struct vit_preprocess defaults;
} processors[] = {
    {{"CLIPImageProcessor", "CLIPFeatureExtractor"},
        {true, true, true, true, true, 224, 224, 224, 224, VIT_BICUBIC, 1 / 255.0, CLIP_MEAN, CLIP_STD}},
    {{"BitImageProcessor"},
        {true, true, true, true, true, 224, 224, 224, 224, VIT_BICUBIC, 1 / 255.0, CLIP_MEAN, CLIP_STD}},
    {{"SiglipImageProcessor"},
        {true, false, true, true, false, 224, 224, 224, 224, VIT_BICUBIC, 1 / 255.0, HALVES, HALVES}},
    {{"ViTImageProcessor", "ViTFeatureExtractor"},
        {true, false, true, true, false, 224, 224, 224, 224, VIT_BILINEAR, 1 / 255.0, HALVES, HALVES}},
    {{"DeiTImageProcessor", "DeiTFeatureExtractor"},
        {true, true, true, true, false, 256, 256, 224, 224, VIT_BICUBIC, 1 / 255.0, HALVES, HALVES}},
};

/* ---- preprocessor_config.json ---- */

static bool find_processor(
    const char *path, const cJSON *json, const char *name, struct vit_preprocess *preprocess, struct vit_error *error) {
  const cJSON *type = vit_json_field(json, "image_processor_type");
  if (!type)
    type = vit_json_field(json, "feature_extractor_type");
  if (type)
    name = cJSON_IsString(type) ? type->valuestring : "(of another type)";
  for (size_t i = 0; i < sizeof processors / sizeof *processors; i++)
    for (size_t j = 0; j < 2 && processors[i].names[j]; j++)
      if (strncmp(name, processors[i].names[j], strlen(processors[i].names[j])) == 0) { /* also those named ...Fast */
        *preprocess = processors[i].defaults;
        return true;
      }
  return vit_fail(error,
      "%s: image_processor_type %s is none of CLIPImageProcessor, BitImageProcessor, SiglipImageProcessor, "
      "ViTImageProcessor and DeiTImageProcessor",
      path, name);
}

/* A size is a number, or an object with height and width, or, if shortest_edge is not NULL, with that. */
static bool read_size(const char *path, const cJSON *json, const char *field, bool *shortest_edge, uint32_t *height,
    uint32_t *width, struct vit_error *error) {
  const cJSON *size = vit_json_field(json, field);
  if (!size)
    return true;
  if (cJSON_IsNumber(size)) {
    if (!vit_json_count(path, json, field, 1, MAX_SIDE, height, error))
      return false;
    *width = *height;
    return true;
  }
  if (shortest_edge && vit_json_field(size, "shortest_edge")) {
    *shortest_edge = true;
    return vit_json_count(path, size, "shortest_edge", 1, MAX_SIDE, height, error);
  }
  if (!vit_json_field(size, "height") || !vit_json_field(size, "width"))
    return vit_fail(error, "%s: %s has neither height and width%s", path, field,
        shortest_edge ? " nor shortest_edge" : " nor is it a number");
  if (shortest_edge)
    *shortest_edge = false;
  return vit_json_count(path, size, "height", 1, MAX_SIDE, height, error) &&
         vit_json_count(path, size, "width", 1, MAX_SIDE, width, error);
}

static bool read_channels(
    const char *path, const cJSON *json, const char *field, float *values, struct vit_error *error) {
  const cJSON *list = vit_json_field(json, field);
  if (!list)
    return true;
  for (int i = 0; i < 3; i++) {
    const cJSON *item = cJSON_IsNumber(list) ? list : cJSON_GetArrayItem(list, i);
    if ((!cJSON_IsNumber(list) && cJSON_GetArraySize(list) != 3) || !cJSON_IsNumber(item) ||
        !isfinite(item->valuedouble))
      return vit_fail(error, "%s: %s is neither a number nor three", path, field);
    values[i] = (float)item->valuedouble;
  }
  return true;
}

static bool read_preprocess(const char *path, const cJSON *json, const char *processor,
    struct vit_preprocess *preprocess, struct vit_error *error) {
  uint32_t resample = 0;
  if (!find_processor(path, json, processor, preprocess, error))
    return false;
  resample = (uint32_t)preprocess->resample;
  bool done =
      vit_json_bool(path, json, "do_resize", &preprocess->resize, error) &&
      vit_json_bool(path, json, "do_rescale", &preprocess->rescale, error) &&
      vit_json_bool(path, json, "do_normalize", &preprocess->normalize, error) &&
      vit_json_number(path, json, "rescale_factor", &preprocess->rescale_factor, error) &&
      vit_json_count(path, json, "resample", VIT_NEAREST, VIT_BICUBIC, &resample, error) &&
      read_size(path, json, "size", &preprocess->shortest_edge, &preprocess->height, &preprocess->width, error) &&
      read_channels(path, json, "image_mean", preprocess->mean, error) &&
      read_channels(path, json, "image_std", preprocess->std, error);
  preprocess->resample = (enum vit_resample)resample;
  if (done && preprocess->crop) /* a class that does not crop takes no notice of these */
    done = vit_json_bool(path, json, "do_center_crop", &preprocess->crop, error) &&
           read_size(path, json, "crop_size", NULL, &preprocess->crop_height, &preprocess->crop_width, error);
  for (int i = 0; done && i < 3; i++)
    if (preprocess->std[i] == 0)
      done = vit_fail(error, "%s: image_std has a 0", path);
  return done;
}

bool vit_preprocess_read(
    const char *path, const char *processor, struct vit_preprocess *preprocess, struct vit_error *error) {
  cJSON *json = vit_file_json(path, error);
  if (!json)
    return false;
  bool done = read_preprocess(path, json, processor, preprocess, error);
  cJSON_Delete(json);
  return done;
}

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

static void target_size(
    const struct vit_preprocess *preprocess, const struct vit_image *image, uint32_t *height, uint32_t *width) {
  *height = preprocess->height;
  *width = preprocess->width;
  if (!preprocess->shortest_edge)
    return;
  bool upright = image->width <= image->height;
  double longer = upright ? image->height : image->width, shorter = upright ? image->width : image->height;
  uint32_t rest = (uint32_t)(preprocess->height * longer / shorter);
  *height = upright ? rest : preprocess->height;
  *width = upright ? preprocess->height : rest;
}

/* Where the crop begins in the image along one axis: before it, if the image is smaller and lies in zeros. */
static int64_t crop_first(uint32_t size, uint32_t crop) {
  return crop <= size ? (size - crop) / 2 : -(int64_t)((crop - size + 1) / 2);
}

static bool crop(struct vit_image *image, uint32_t height, uint32_t width) {
  int64_t top = crop_first(image->height, height), left = crop_first(image->width, width);
  unsigned char *pixels = calloc((size_t)height * width, 3);
  for (int64_t y = 0; pixels && y < height; y++)
    for (int64_t x = 0; x < width; x++)
      if (y + top >= 0 && y + top < image->height && x + left >= 0 && x + left < image->width)
        memcpy(pixels + (y * width + x) * 3, image->pixels + ((y + top) * image->width + x + left) * 3, 3);
  if (!pixels)
    return false;
  free(image->pixels);
  *image = (struct vit_image){pixels, height, width};
  return true;
}

static float *to_planes(const struct vit_preprocess *preprocess, const struct vit_image *image) {
  size_t plane = (size_t)image->height * image->width;
  float *planes = calloc(plane, 3 * sizeof *planes);
  for (size_t channel = 0; planes && channel < 3; channel++)
    for (size_t i = 0; i < plane; i++) {
      double value = image->pixels[i * 3 + channel];
      float pixel = (float)(preprocess->rescale ? value * preprocess->rescale_factor : value);
      if (preprocess->normalize)
        pixel = (pixel - preprocess->mean[channel]) / preprocess->std[channel];
      planes[channel * plane + i] = pixel;
    }
  return planes;
}

float *vit_preprocess_run(const struct vit_preprocess *preprocess, const unsigned char *pixels, uint32_t *height,
    uint32_t *width, struct vit_error *error) {
  size_t bytes = (size_t)*height * *width * 3;
  struct vit_image image = {malloc(bytes), *height, *width};
  uint32_t new_height = *height, new_width = *width;
  if (preprocess->resize)
    target_size(preprocess, &image, &new_height, &new_width);
  if (new_height > MAX_SIDE || new_width > MAX_SIDE) {
    vit_fail(error, "an image of %u x %u is too long to be resized to %u x %u", *height, *width, new_height, new_width);
    free(image.pixels);
    return NULL;
  }
  bool done = image.pixels;
  if (done)
    memcpy(image.pixels, pixels, bytes);
  done = done && (!preprocess->resize || vit_resize(&image, new_height, new_width, preprocess->resample));
  done = done && (!preprocess->crop || crop(&image, preprocess->crop_height, preprocess->crop_width));
  float *planes = done ? to_planes(preprocess, &image) : NULL;
  *height = image.height;
  *width = image.width;
  free(image.pixels);
  if (!planes)
    vit_fail(error, "no memory for an image of %u x %u", image.height, image.width);
  return planes;
}
