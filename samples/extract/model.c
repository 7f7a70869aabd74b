#define _GNU_SOURCE

#include "model.h"

#include "progress.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The model's name: the last part of the path, after all links. */
static void name_model(struct model *model, const char *path) {
  char *real = realpath(path, NULL);
  const char *slash = real ? strrchr(real, '/') : NULL;
  snprintf(model->name, sizeof model->name, "%.63s", slash ? slash + 1 : path);
  free(real);
}

bool model_open(struct model *model, const struct options *o) {
  struct vit_error error;
  if (!o->model)
    return true;
  name_model(model, o->model);
  if (vit_folder_open(o->model, &model->folder, &error) &&
      vit_folder_identify(o->model, model->folder, model->identity, &error))
    return true;
  message_print("--model %s", error.text);
  return false;
}

/* ---- Photographs ---- */

static const struct vit_preprocess *processor_of(const struct model *model) {
  return model->folder ? vit_folder_preprocess(model->folder) : NULL;
}

struct preset_choice model_preset(const struct model *model, const struct options *o) {
  struct preset_choice choice = options_preset(o);
  choice.processor = processor_of(model);
  return choice;
}

/* The default side of a tile: that of the image processor, whether or not the model was trained with it. */
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

/* Whether a model is read from a file of this name, and not something else that lies in its folder. */
static bool is_of_model(const char *name) {
  static const char *const configs[] = {
      "config.json", "open_clip_config.json", "preprocessor_config.json", "processor_config.json"};
  for (size_t i = 0; i < sizeof configs / sizeof *configs; i++)
    if (strcmp(name, configs[i]) == 0)
      return true;
  return (strncmp(name, "model", 5) == 0 || strncmp(name, "open_clip_model", 15) == 0) && strstr(name, ".safetensors");
}

size_t model_files(const struct options *o, struct source *files) {
  DIR *folder = o->model ? opendir(o->model) : NULL;
  size_t count = 0;
  for (struct dirent *entry; folder && count < MODEL_MAX_FILES && (entry = readdir(folder));) {
    char path[4096];
    if (!is_of_model(entry->d_name))
      continue;
    snprintf(path, sizeof path, "%s/%s", o->model, entry->d_name);
    sources_describe_file(&files[count++], path);
  }
  if (folder)
    closedir(folder);
  return count;
}

struct vit_preprocess model_preprocess(const struct model *model, const struct options *o) {
  return vit_preprocess_at(vit_folder_preprocess(model->folder), image_side(model, o));
}

struct photograph_options model_images(const struct model *model, const struct options *o) {
  struct photograph_options images = o->images;
  const struct vit_preprocess at = model->folder ? model_preprocess(model, o) : (struct vit_preprocess){0};
  if (at.resize && !o->has_preset) /* twice this side, so that the last step is still the model's own filter */
    images.shrink_side = 2 * (at.shortest_edge || at.height > at.width ? at.height : at.width);
  return images;
}

bool model_take(const struct model *model, const struct options *o, struct photograph *photograph,
    struct model_input *input, struct vit_error *error) {
  s2vk_size size = photograph->size;
  size_t plane = (size_t)size.height * size.width;
  if (!model->folder || o->has_preset) {
    *input = (struct model_input){photograph->pixels, 3 * plane, size};
    photograph->pixels = NULL;
    return true;
  }
  const struct vit_preprocess at = model_preprocess(model, o);
  float *planes = vit_preprocess_run(&at, photograph->pixels, &size.height, &size.width, error);
  *input = (struct model_input){planes, planes ? 3 * sizeof *planes * size.height * size.width : 0, size};
  return planes;
}

bool model_view(
    const struct model *model, const struct options *o, const struct model_input *input, struct photograph *view) {
  size_t plane = (size_t)input->size.height * input->size.width;
  if (o->has_preset) {
    *view = (struct photograph){.size = input->size};
    return (view->pixels = preset_view(o->preset, processor_of(model), input->data, &view->size));
  }
  *view = (struct photograph){.pixels = malloc(3 * plane), .size = input->size};
  if (view->pixels && !model->folder)
    memcpy(view->pixels, input->data, 3 * plane);
  if (!view->pixels || !model->folder)
    return view->pixels;
  const struct vit_preprocess *preprocess = vit_folder_preprocess(model->folder);
  const float *planes = input->data;
  for (size_t channel = 0; channel < 3; channel++)
    for (size_t i = 0; i < plane; i++) {
      double value = planes[channel * plane + i];
      if (preprocess->normalize)
        value = value * preprocess->std[channel] + preprocess->mean[channel];
      value /= preprocess->rescale ? preprocess->rescale_factor : 1;
      view->pixels[3 * i + channel] = (unsigned char)lrint(fmin(fmax(value, 0), 255));
    }
  return true;
}

/* ---- The model ---- */

static void print_progress(void *user, uint64_t done, uint64_t total) {
  bool *started = user;
  if (!*started)
    progress_start("weights", "MB", total / 1000000);
  *started = true;
  progress_set(done / 1000000);
}

bool model_create(struct model *model, const struct options *o, const s2vk_context_info *gpu) {
  if (!model->folder)
    return true;
  bool started = false;
  const struct vit_options options = {
      .layer = o->layer,
      .without_cls = o->without_cls,
      .maps = o->output_shape == S2VK_OUTPUT_BCHW,
      .norm = o->norm,
      .side = o->max_split_size ? o->max_split_size : default_side(model),
      .progress = print_progress,
      .progress_user = &started,
  };
  struct vit_error error;
  bool done = vit_create(model->folder, gpu, &options, &model->vit, &error);
  if (started)
    progress_stop();
  if (done)
    return true;
  message_print("--model %s: %s", o->model, error.text);
  return false;
}

uint32_t model_side(const struct model *model, const struct options *o) {
  const bool known = o->max_split_size || !model->folder;
  return model->vit ? vit_side(model->vit) : known ? o->max_split_size : default_side(model);
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
    message_print("--model %s: %s", o->model, error.text);
    return false;
  }
  descriptor_destroy(&model->descriptor);
  VkResult result = descriptor_create(&model->descriptor, device, plan, binding, o->patch, o->output_shape);
  if (result)
    message_print("the model cannot be made: VkResult %d", result);
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
