/* Reads preprocessor_config.json, or the file in its place. */
#include "file.h"
#include "preprocess.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CLIP_MEAN {0.48145466f, 0.4578275f, 0.40821073f}
#define CLIP_STD {0.26862954f, 0.26130258f, 0.27577711f}
#define IMAGENET_MEAN {0.485f, 0.456f, 0.406f}
#define IMAGENET_STD {0.229f, 0.224f, 0.225f}
#define HALVES {0.5f, 0.5f, 0.5f}

/* The image becomes side x side, values 0 to 1, and is normalised. */
#define SQUARE(side)                                                                                                   \
  .resize = true, .rescale = true, .normalize = true, .height = (side), .width = (side), .crop_height = 224,           \
  .crop_width = 224, .rescale_factor = 1 / 255.0

/* Resizes the shorter side to 224, and takes the middle. */
#define MIDDLE SQUARE(224), .shortest_edge = true, .crop = true

/* Defaults of a class, for what a preprocessor_config.json leaves out. */
static const struct {
  const char *names[2]; /* image_processor_type, and feature_extractor_type of older files */
  struct vit_preprocess defaults;
} processors[] = {
    {{"CLIPImageProcessor", "CLIPFeatureExtractor"},
        {MIDDLE, .resample = VIT_BICUBIC, .mean = CLIP_MEAN, .std = CLIP_STD}},
    {{"ChineseCLIPImageProcessor", "ChineseCLIPFeatureExtractor"},
        {MIDDLE, .resample = VIT_BICUBIC, .mean = CLIP_MEAN, .std = CLIP_STD}},
    {{"BitImageProcessor"}, {MIDDLE, .resample = VIT_BICUBIC, .mean = CLIP_MEAN, .std = CLIP_STD}},
    {{"SiglipImageProcessor"}, {SQUARE(224), .resample = VIT_BICUBIC, .mean = HALVES, .std = HALVES}},
    {{"Siglip2ImageProcessor"}, {SQUARE(256), .resample = VIT_BILINEAR, .mean = HALVES, .std = HALVES, .patches = 256}},
    {{"ViTImageProcessor", "ViTFeatureExtractor"},
        {SQUARE(224), .resample = VIT_BILINEAR, .mean = HALVES, .std = HALVES}},
    {{"DeiTImageProcessor", "DeiTFeatureExtractor"},
        {SQUARE(256), .crop = true, .resample = VIT_BICUBIC, .mean = HALVES, .std = HALVES}},
    {{"ConvNextImageProcessor", "ConvNextFeatureExtractor"},
        {SQUARE(384), .shortest_edge = true, .resample = VIT_BICUBIC, .mean = HALVES, .std = HALVES,
            .part = 224 / 256.0}},
    {{"DINOv3ViTImageProcessor"},
        {SQUARE(224), .resample = VIT_BILINEAR, .mean = IMAGENET_MEAN, .std = IMAGENET_STD, .floats = true}},
};

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
        preprocess->null_is_default = preprocess->floats || strstr(name, "Fast");
        return true;
      }
  char known[400];
  size_t length = 0;
  for (size_t i = 0; i < sizeof processors / sizeof *processors; i++)
    length += (size_t)snprintf(known + length, sizeof known - length, "%s%s", i ? ", " : "", processors[i].names[0]);
  return vit_fail(error, "%s: image_processor_type %.60s is none of %s", path, name, known);
}

/* ---- Fields. A null is None to Python: the classes then take their default ---- */

/* A flag is different: null means false in the classes of transformers 4, and the default in those named ...Fast. */
static bool read_flag(const char *path, const cJSON *json, const char *field, bool null_is_default, bool *value,
    struct vit_error *error) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, field);
  return (null_is_default && cJSON_IsNull(item)) || vit_json_bool(path, json, field, value, error);
}

static bool read_number(
    const char *path, const cJSON *json, const char *field, double *value, struct vit_error *error) {
  return !vit_json_field(json, field) || vit_json_number(path, json, field, value, error);
}

/* A size is a number, or an object with height and width, or, if shortest_edge is not NULL, with that. */
static bool read_size(const char *path, const cJSON *json, const char *field, bool *shortest_edge, uint32_t *height,
    uint32_t *width, struct vit_error *error) {
  const cJSON *size = vit_json_field(json, field);
  if (!size)
    return true;
  if (cJSON_IsNumber(size)) {
    if (!vit_json_count(path, json, field, 1, VIT_MAX_IMAGE_SIDE, height, error))
      return false;
    *width = *height;
    return true;
  }
  if (shortest_edge && vit_json_field(size, "shortest_edge")) {
    *shortest_edge = true;
    return vit_json_count(path, size, "shortest_edge", 1, VIT_MAX_IMAGE_SIDE, height, error);
  }
  if (!vit_json_field(size, "height") || !vit_json_field(size, "width"))
    return vit_fail(error, "%s: %s has neither height and width%s", path, field,
        shortest_edge ? " nor shortest_edge" : " nor is it a number");
  if (shortest_edge)
    *shortest_edge = false;
  return vit_json_count(path, size, "height", 1, VIT_MAX_IMAGE_SIDE, height, error) &&
         vit_json_count(path, size, "width", 1, VIT_MAX_IMAGE_SIDE, width, error);
}

/* ---- Steps ---- */

static bool read_resize(
    const char *path, const cJSON *json, struct vit_preprocess *preprocess, struct vit_error *error) {
  uint32_t resample = (uint32_t)preprocess->resample;
  if (!read_flag(path, json, "do_resize", preprocess->null_is_default, &preprocess->resize, error))
    return false;
  if (!preprocess->resize)
    return true;
  bool done = (!vit_json_field(json, "resample") ||
                  vit_json_count(path, json, "resample", VIT_NEAREST, VIT_BICUBIC, &resample, error)) &&
              read_size(path, json, "size", &preprocess->shortest_edge, &preprocess->height, &preprocess->width, error);
  preprocess->resample = (enum vit_resample)resample;
  if (done && preprocess->floats && (resample == VIT_NEAREST || resample == VIT_LANCZOS))
    return vit_fail(error, "%s: resample is %u, which is neither 2 (bilinear) nor 3 (bicubic)", path, resample);
  return done;
}

/* As in transformers 5, classes that do not crop by default crop if the file says so. */
static bool read_crop(const char *path, const cJSON *json, struct vit_preprocess *preprocess, struct vit_error *error) {
  bool has_size = preprocess->crop || vit_json_field(json, "crop_size");
  if (!read_flag(path, json, "do_center_crop", preprocess->null_is_default, &preprocess->crop, error))
    return false;
  if (!preprocess->crop)
    return true;
  if (!has_size)
    return vit_fail(error, "%s: do_center_crop is true, and crop_size is not there", path);
  return read_size(path, json, "crop_size", NULL, &preprocess->crop_height, &preprocess->crop_width, error);
}

static bool read_values(
    const char *path, const cJSON *json, struct vit_preprocess *preprocess, struct vit_error *error) {
  const bool null_is_default = preprocess->null_is_default;
  if (!read_flag(path, json, "do_rescale", null_is_default, &preprocess->rescale, error) ||
      !read_flag(path, json, "do_normalize", null_is_default, &preprocess->normalize, error))
    return false;
  if (preprocess->rescale && !read_number(path, json, "rescale_factor", &preprocess->rescale_factor, error))
    return false;
  if (!preprocess->normalize)
    return true;
  if (!vit_json_channels(path, json, "image_mean", preprocess->mean, error) ||
      !vit_json_channels(path, json, "image_std", preprocess->std, error))
    return false;
  for (int i = 0; i < 3; i++)
    if (preprocess->std[i] == 0)
      return vit_fail(error, "%s: image_std has a 0", path);
  return true;
}

/* ConvNextImageProcessor: sizes below 384 are the middle of a larger one, and all others are resized to a square. */
static bool read_part(const char *path, const cJSON *json, struct vit_preprocess *preprocess, struct vit_error *error) {
  uint32_t side = preprocess->height;
  if (preprocess->part == 0 || !preprocess->resize)
    return true;
  if (!read_number(path, json, "crop_pct", &preprocess->part, error))
    return false;
  if (!preprocess->shortest_edge)
    return vit_fail(error, "%s: size has no shortest_edge", path);
  preprocess->crop = side < 384;
  preprocess->shortest_edge = preprocess->crop;
  if (!preprocess->crop)
    return true;
  if (!(preprocess->part > 0 && side / preprocess->part >= 1 && side / preprocess->part <= VIT_MAX_IMAGE_SIDE))
    return vit_fail(error, "%s: crop_pct %g leaves no image of %u pixels", path, preprocess->part, side);
  preprocess->height = preprocess->width = (uint32_t)(side / preprocess->part);
  preprocess->crop_height = preprocess->crop_width = side;
  return true;
}

/* Siglip2ImageProcessor: the largest number of patches that a square may have. Other shapes are made square, as S2's
 * tiles are. */
static bool read_patches(
    const char *path, const cJSON *json, struct vit_preprocess *preprocess, struct vit_error *error) {
  uint32_t patch = 16;
  if (!preprocess->patches || !preprocess->resize)
    return true;
  if (!vit_json_count(path, json, "patch_size", 1, 1024, &patch, error) ||
      !vit_json_count(path, json, "max_num_patches", 1, 1024, &preprocess->patches, error))
    return false;
  preprocess->height = preprocess->width = (uint32_t)sqrt(preprocess->patches) * patch;
  return true;
}

bool vit_preprocess_parse(const char *path, const cJSON *json, const char *processor, struct vit_preprocess *preprocess,
    struct vit_error *error) {
  return find_processor(path, json, processor, preprocess, error) && read_resize(path, json, preprocess, error) &&
         read_crop(path, json, preprocess, error) && read_part(path, json, preprocess, error) &&
         read_patches(path, json, preprocess, error) && read_values(path, json, preprocess, error);
}

/* ---- Files ---- */

/* A Processor of transformers 5 saves everything in processor_config.json, which comes before preprocessor_config.json.
 * The file of transformers 4 has no fields for images. */
bool vit_preprocess_read(
    const char *folder, const char *processor, struct vit_preprocess *preprocess, struct vit_error *error) {
  char path[VIT_MAX_PATH_BYTES];
  if (snprintf(path, sizeof path, "%s/preprocessor_config.json", folder) >= (int)sizeof path)
    return vit_fail(error, "%.60s...: its name is too long", folder);
  bool has_own = vit_file_exists(folder, "preprocessor_config.json");
  cJSON *json = NULL;
  const cJSON *object = NULL;
  if (vit_file_exists(folder, "processor_config.json")) {
    snprintf(path, sizeof path, "%s/processor_config.json", folder);
    json = vit_file_json(path, error);
    object = vit_json_field(json, "image_processor");
    if (!json)
      return false;
    if (!object && !has_own) {
      cJSON_Delete(json);
      return vit_fail(error, "%s: has no image_processor, and there is no preprocessor_config.json", path);
    }
  }
  if (!object) {
    cJSON_Delete(json);
    snprintf(path, sizeof path, "%s/preprocessor_config.json", folder);
    object = json = vit_file_json(path, error);
  }
  bool done = object && (cJSON_IsObject(object) || vit_fail(error, "%s: image_processor is not an object", path)) &&
              vit_preprocess_parse(path, object, processor, preprocess, error);
  cJSON_Delete(json);
  return done;
}
