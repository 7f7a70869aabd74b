#define _POSIX_C_SOURCE 200809L

#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep_log(void *user, s2vk_log_level level, const char *message) {
  struct backend *backend = user;
  if (level == S2VK_LOG_ERROR)
    snprintf(backend->log, sizeof backend->log, "%s", message);
}

bool backend_add(struct backend *backend, const char *folder, char error[ERROR_BYTES]) {
  struct backend_model model = {.path = strdup(folder)};
  struct vit_error why = {{0}};
  const struct vit_options options = {.layer = backend->source.layer ? backend->source.layer : -1,
      .norm = backend->source.norm,
      .side = backend->source.side};
  if (backend->model_count == MAX_MODELS)
    snprintf(why.text, sizeof why.text, "%.200s: %d models are here already", folder, MAX_MODELS);
  else if (model.path && vit_folder_open(folder, &model.folder, &why) &&
           vit_create(model.folder, &backend->info, &options, &model.vit, &why)) {
    backend->models[backend->model_count++] = model;
    return true;
  }
  snprintf(error, ERROR_BYTES, "--model %.490s", model.path ? why.text : "there is no memory for it");
  vit_folder_close(&model.folder);
  free(model.path);
  return false;
}

const char *backend_model_name(const struct backend *backend, uint32_t model) {
  if (!model || model > backend->model_count)
    return "descriptor";
  const char *path = backend->models[model - 1].path, *slash = strrchr(path, '/');
  return slash && slash[1] ? slash + 1 : path;
}

static const struct vit_preprocess *processor_of(const struct backend *backend, const struct settings *settings) {
  return settings->model ? vit_folder_preprocess(backend->models[settings->model - 1].folder) : NULL;
}

struct preparation backend_preparation(const struct backend *backend, const struct settings *settings) {
  const struct vit_preprocess *own = processor_of(backend, settings);
  if (settings->has_preset && preset_has_view(settings->preset))
    return (struct preparation){.kind = PREPARED_BY_PRESET, .preset = settings->preset, .processor = own};
  if (settings->has_preset || !settings->preprocess || !own)
    return (struct preparation){.kind = PREPARED_WHOLE};
  uint32_t side = 0;
  for (uint32_t i = 0; settings->sized && i < settings->scale_count; i++) {
    side = settings->sizes[i].height > side ? settings->sizes[i].height : side;
    side = settings->sizes[i].width > side ? settings->sizes[i].width : side;
  }
  if (!side)
    side = vit_preprocess_side(own);
  if (!side)
    side = vit_folder_config(backend->models[settings->model - 1].folder)->image_size;
  return (struct preparation){.kind = PREPARED_BY_MODEL, .preprocess = vit_preprocess_at(own, side), .processor = own};
}

uint32_t backend_side(const struct backend *backend, const struct settings *settings) {
  if (settings->model)
    return vit_side(backend->models[settings->model - 1].vit);
  return settings->has_preset && !backend->source.side ? preset_side(settings->preset) : backend->descriptor_side;
}

struct preset_choice backend_preset(const struct backend *backend, const struct settings *settings) {
  return (struct preset_choice){
      .given = settings->has_preset,
      .preset = settings->preset,
      .img_sizes = settings->sizes,
      .img_size_count = settings->sized ? settings->scale_count : 0,
      .scales = settings->scales,
      .scale_count = settings->scale_count,
      .dynamic_s2 = settings->dynamic_s2,
      .max_tiles = settings->max_tiles,
      .processor = processor_of(backend, settings),
  };
}

void settings_take_preset(struct settings *settings, bool has_preset, enum preset preset) {
  static const double usual[] = {1, 2};
  double scales[PRESET_MAX_SCALES];
  settings->has_preset = has_preset;
  settings->preset = preset;
  settings->sized = settings->dynamic_s2 = false;
  settings->max_tiles = 0;
  settings->blocks = has_preset && preset == PRESET_NVILA;
  settings->output = UINT32_MAX;
  settings->filter = has_preset ? preset_filter(preset) : S2VK_FILTER_BICUBIC;
  settings->scale_count = has_preset ? preset_scales(preset, scales) : 2;
  memcpy(settings->scales, has_preset ? scales : usual, settings->scale_count * sizeof *scales);
}

static bool create_models(struct backend *backend) {
  char error[ERROR_BYTES];
  for (uint32_t i = 0; i < backend->source.folder_count; i++)
    if (!backend_add(backend, backend->source.folders[i], error)) {
      fprintf(stderr, "viewer: %s\n", error);
      return false;
    }
  return true;
}

bool backend_create(struct backend *backend, const struct gpu *gpu, const struct source *source) {
  const uint32_t side = source->side / DESCRIPTOR_PATCH * DESCRIPTOR_PATCH; /* a multiple of the descriptor's patch */
  *backend = (struct backend){.gpu = gpu, .source = *source, .descriptor_side = side ? side : DESCRIPTOR_SIDE};
  backend->info = (s2vk_context_info){
      .struct_size = sizeof backend->info,
      .get_instance_proc_addr = vkGetInstanceProcAddr,
      .instance = gpu->instance,
      .physical_device = gpu->physical_device,
      .device = gpu->device,
      .queue_family = gpu->queue_family,
      .queue = gpu->queue,
      .log = keep_log,
      .log_user = backend,
      .shader_int64 = gpu->shader_int64,
      .debug_utils = gpu->debug_utils,
  };
  if (s2vk_context_create(&backend->info, &backend->context)) {
    fprintf(stderr, "viewer: %s\n", backend->log);
    return false;
  }
  const VkResult result = analyst_create(&backend->analyst, gpu);
  if (result)
    fprintf(stderr, "viewer: what analyses features cannot be made: VkResult %d\n", result);
  return !result && create_models(backend);
}

void backend_destroy(struct backend *backend) {
  if (!backend->gpu)
    return;
  for (uint32_t i = 0; i < backend->model_count; i++) {
    vit_destroy(&backend->models[i].vit);
    vit_folder_close(&backend->models[i].folder);
    free(backend->models[i].path);
  }
  analyst_destroy(&backend->analyst);
  s2vk_context_destroy(&backend->context);
  *backend = (struct backend){0};
}
