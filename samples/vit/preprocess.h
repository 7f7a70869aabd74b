/* The preprocessing of transformers' image processors: a resize as Pillow's, a crop, rescaling and normalisation. */
#ifndef VIT_PREPROCESS_H
#define VIT_PREPROCESS_H

#include "config.h"

/* As Pillow numbers them, in preprocessor_config.json. */
enum vit_resample { VIT_NEAREST = 0, VIT_LANCZOS = 1, VIT_BILINEAR = 2, VIT_BICUBIC = 3 };

#define VIT_MAX_IMAGE_SIDE (1u << 16)

struct vit_preprocess {
  bool resize, crop, rescale, normalize;
  bool shortest_edge;               /* resize keeps the shape of the image: its shorter side becomes height */
  uint32_t height, width;           /* to resize to */
  uint32_t crop_height, crop_width; /* around the centre; zeros where the image ends */
  enum vit_resample resample;
  double rescale_factor;
  float mean[3], std[3];
  double part;          /* a resize that also crops keeps this part of a side, in the middle; 0: it does not crop */
  uint32_t patches;     /* that an image becomes at most, in place of a size; 0: it has a size */
  bool floats;          /* the result of the resize is not rounded to bytes */
  bool null_is_default; /* a null in place of a flag means the default, and not false */
  bool rounded;         /* the crop begins at half the rest, rounded to even, as torchvision's; else rounded down */
};

/* Reads the folder's preprocessor_config.json, or processor_config.json, of a CLIPImageProcessor, SiglipImageProcessor,
 * BitImageProcessor, ViTImageProcessor, DeiTImageProcessor, ChineseCLIPImageProcessor or DINOv3ViTImageProcessor; the
 * one named where it does not say. */
bool vit_preprocess_read(
    const char *folder, const char *processor, struct vit_preprocess *preprocess, struct vit_error *error);

/* The same, from parsed JSON. path is for errors. */
bool vit_preprocess_parse(const char *path, const cJSON *json, const char *processor, struct vit_preprocess *preprocess,
    struct vit_error *error);

/* The same preprocessing for images of side x side. The sizes of resize and crop are scaled, as in LLaVA with S2. */
struct vit_preprocess vit_preprocess_at(const struct vit_preprocess *preprocess, uint32_t side);

/* The side of the result, in pixels; 0 if it depends on the image, or if the result is not square. */
uint32_t vit_preprocess_side(const struct vit_preprocess *preprocess);

/* A new tensor of 3 x *height x *width from pixels of height x width x 3; NULL after an error. Free with free(). */
float *vit_preprocess_run(const struct vit_preprocess *preprocess, const unsigned char *pixels, uint32_t *height,
    uint32_t *width, struct vit_error *error);

#endif
