#include "model.h"

#include <stdio.h>
#include <stdlib.h>

#define BAR_WIDTH 40

bool model_open(struct model *model, const struct options *o) {
  struct vit_error error;
  if (!o->model || vit_folder_open(o->model, &model->folder, &error))
    return true;
  fprintf(stderr, "extract: --model %s\n", error.text);
  return false;
}

/* ---- Photographs ---- */

/* Of a tile, unless told otherwise: what the image processor returns, which the model may have been trained with or not. */
static uint32_t default_side(const struct model *model) {
  uint32_t side = vit_preprocess_side(vit_folder_preprocess(model->folder));
  return side ? side : vit_folder_config(model->folder)->image_size;
}

static uint32_t image_side(const struct model *model, const struct options *o) {
  uint32_t side = o->image_side;
  for (uint32_t i = 0; !o->image_side && i < o->img_size_count; i++) {
    side = o->img_sizes[i].height > side ? o->img_sizes[i].height : side;
    side = o->img_sizes[i].width > side ? o->img_sizes[i].width : side;
  }
  return side ? side : default_side(model);
}

float *model_preprocess(
    const struct model *model, const struct options *o, const unsigned char *pixels, s2vk_size *size) {
  struct vit_error error;
  if (model->folder) {
    const struct vit_preprocess at = vit_preprocess_at(vit_folder_preprocess(model->folder), image_side(model, o));
    float *planes = vit_preprocess_run(&at, pixels, &size->height, &size->width, &error);
    if (!planes)
      fprintf(stderr, "extract: %s: %s\n", o->image, error.text);
    return planes;
  }
  size_t plane = (size_t)size->height * size->width;
  float *planes = calloc(plane * 3, sizeof *planes);
  for (size_t channel = 0; planes && channel < 3; channel++)
    for (size_t i = 0; i < plane; i++)
      planes[channel * plane + i] = (float)pixels[i * 3 + channel] / 255;
  if (!planes)
    fprintf(stderr, "extract: no memory for %s\n", o->image);
  return planes;
}

/* ---- The model ---- */

/* user is an int: how far the bar was drawn. */
static void print_progress(void *user, uint64_t done, uint64_t total) {
  int *drawn = user, filled = (int)(done * BAR_WIDTH / total);
  if (filled == *drawn && done < total)
    return;
  *drawn = filled;
  fprintf(stderr, "\rweights  [%.*s%*s] %llu of %llu MB%s", filled, "########################################",
      BAR_WIDTH - filled, "", (unsigned long long)done / 1000000, (unsigned long long)total / 1000000,
      done == total ? "\n" : "");
}

bool model_create(struct model *model, const struct options *o, const s2vk_context_info *gpu) {
  if (!model->folder)
    return true;
  int drawn = -1;
  const struct vit_options options = {
      .layer = o->layer,
      .without_cls = o->without_cls,
      .norm = o->norm,
      .side = o->max_split_size ? o->max_split_size : default_side(model),
      .progress = print_progress,
      .progress_user = &drawn,
  };
  struct vit_error error;
  if (vit_create(model->folder, gpu, &options, &model->vit, &error))
    return true;
  fprintf(stderr, "extract: --model %s: %s\n", o->model, error.text);
  return false;
}

uint32_t model_side(const struct model *model, const struct options *o) {
  return model->vit ? vit_side(model->vit) : o->max_split_size;
}

uint32_t model_prefix(const struct model *model) {
  return model->vit ? vit_prefix(model->vit) : 0;
}

s2vk_model_shape model_shape(const struct model *model, const struct options *o) {
  return model->vit ? vit_shape(model->vit) : descriptor_shape(o->max_split_size, o->patch);
}

bool model_bind(
    struct model *model, const struct options *o, VkDevice device, const s2vk_plan *plan, const s2vk_binding *binding) {
  struct vit_error error;
  if (model->vit) {
    if (vit_bind(model->vit, plan, binding, &error))
      return true;
    fprintf(stderr, "extract: --model %s: %s\n", o->model, error.text);
    return false;
  }
  VkResult result = descriptor_create(&model->descriptor, device, plan, binding, o->patch, o->output_shape);
  if (result)
    fprintf(stderr, "extract: the model cannot be made: VkResult %d\n", result);
  return !result;
}

s2vk_model model_callbacks(struct model *model) {
  if (model->vit)
    return vit_model(model->vit);
  return (s2vk_model){.struct_size = sizeof(s2vk_model), .user = &model->descriptor, .record = descriptor_record};
}

void model_destroy(struct model *model) {
  descriptor_destroy(&model->descriptor);
  vit_destroy(&model->vit);
  vit_folder_close(&model->folder);
}
