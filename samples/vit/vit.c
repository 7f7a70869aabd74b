#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKSPACE_BYTES (256u << 20) /* maximum for a chunk, by default */
#define MAX_ACROSS 1024              /* patches of a tile's side */

/* ---- What to compute ---- */

static bool choose_level(struct vit *vit, const struct vit_options *options, int32_t wanted, struct vit_error *error) {
  struct vit_level *level = &vit->levels[vit->level_count++];
  int64_t layers = vit->config.layers, chosen = wanted == 0 ? layers : wanted < 0 ? layers + 1 + wanted : wanted;
  if (chosen < 1 || chosen > layers)
    return vit_fail(error, "layer is %d: the model has layers 1 to %u, or -1 to -%u from the last", wanted,
        vit->config.layers, vit->config.layers);
  *level = (struct vit_level){.layer = (uint32_t)chosen,
      .norm = options->norm == VIT_NORM_ON ||
              (options->norm == VIT_NORM_DEFAULT && vit->config.family->normed && chosen == layers)};
  vit->layers = level->layer > vit->layers ? level->layer : vit->layers;
  if (level->norm && !vit->config.family->post_norm)
    return vit_fail(error, "the model has no final norm");
  if (level->norm && vit_is_convnet(&vit->config) && chosen != layers)
    return vit_fail(error, "layer is %d: the final norm is of the last layer's channels alone", wanted);
  return true;
}

static bool choose_levels(struct vit *vit, const struct vit_options *options, struct vit_error *error) {
  if (options->layer_count > VIT_MAX_LEVELS)
    return vit_fail(error, "layer_count is %u: at most %d are returned", options->layer_count, VIT_MAX_LEVELS);
  if (!options->layer_count)
    return choose_level(vit, options, options->layer, error);
  for (uint32_t i = 0; i < options->layer_count; i++)
    if (!choose_level(vit, options, options->layers[i], error))
      return false;
  return true;
}

/* The shape of a level for a tile with that number of patches along a side. */
static bool choose_shape(
    const struct vit *vit, struct vit_level *level, uint32_t across, bool maps, struct vit_error *error) {
  const struct vit_config *config = &vit->config;
  const bool convnet = vit_is_convnet(config);
  if (convnet)
    across >>= level->layer - 1;
  if (!across)
    return vit_fail(error, "side is %u: nothing is left of it after %u stages", vit->side, level->layer);
  level->shape.channels = convnet ? config->stage_channels[level->layer - 1] : config->hidden;
  if (maps)
    level->shape.height = level->shape.width = across;
  else
    level->shape.tokens = config->prefix - vit->skip + across * across;
  return true;
}

static bool choose_side(struct vit *vit, const struct vit_options *options, struct vit_error *error) {
  const struct vit_config *config = &vit->config;
  vit->side = options->side ? options->side : config->image_size;
  const uint32_t across = vit->side / config->patch_size;
  if (across < 1 || across > MAX_ACROSS)
    return vit_fail(error, "side is %u: tiles must have 1 to %d patches of %u pixels a side", vit->side, MAX_ACROSS,
        config->patch_size);
  vit->skip = options->without_cls || options->maps ? config->prefix : 0;
  for (uint32_t i = 0; i < vit->level_count; i++)
    if (!choose_shape(vit, &vit->levels[i], across, options->maps, error))
      return false;
  return true;
}

/* Tiles whose tensors a storage buffer can reach, in workgroups that a dispatch may have. */
static bool choose_chunk(struct vit *vit, const struct vit_options *options, struct vit_error *error) {
  const VkPhysicalDeviceLimits *limits = &vit->device.limits;
  uint64_t largest = (uint64_t)3 * vit->side * vit->side, all = 0;
  for (int i = 0; i < VIT_PLACE_COUNT; i++) {
    largest = vit->elements[i] > largest ? vit->elements[i] : largest;
    all += i >= VIT_FIRST_WORKSPACE && i < VIT_AFTER_WORKSPACE ? vit->elements[i] : 0;
  }
  uint64_t most = (limits->maxStorageBufferRange - limits->minStorageBufferOffsetAlignment) / (largest * sizeof(float));
  uint64_t rows = (uint64_t)limits->maxComputeWorkGroupCount[1] * 4 / vit->rows; /* four to a workgroup, at least */
  most = most < rows ? most : rows;
  most = most < limits->maxComputeWorkGroupCount[2] ? most : limits->maxComputeWorkGroupCount[2];
  uint64_t chosen = WORKSPACE_BYTES / (all * sizeof(float));
  chosen = options->tiles_per_chunk ? options->tiles_per_chunk : chosen ? chosen : 1;
  if (!most)
    return vit_fail(error, "side is %u: a tile's %llu bytes do not fit into a storage buffer of this device", vit->side,
        (unsigned long long)(largest * sizeof(float)));
  vit->max_chunk = (uint32_t)(chosen < most ? chosen : most);
  return true;
}

/* ---- Making it ---- */

static bool choose_texels(const struct vit *vit, const struct vit_loader *loader) {
  uint64_t largest = loader->largest > loader->count ? loader->largest : loader->count;
  for (int i = VIT_FIRST_WORKSPACE; i < VIT_AFTER_WORKSPACE; i++)
    largest = vit->max_chunk * vit->elements[i] > largest ? vit->max_chunk * vit->elements[i] : largest;
  return vit_device_has_texels(&vit->device) && largest / 4 <= vit->device.limits.maxTexelBufferElements;
}

/* Goes through the model: without an upload to find out what it needs. */
static bool build(struct vit *vit, struct vit_loader *loader) {
  vit->step_count = 0;
  loader->count = 0;
  loader->weights->matrix_count = 0;
  loader->weights->bytes = 0;
  return (vit_is_convnet(&vit->config) ? vit_build_convnet : vit_build_transformer)(vit, loader) &&
         vit_load_end(loader);
}

static bool load(
    struct vit *vit, const struct vit_folder *folder, const struct vit_options *options, struct vit_error *error) {
  struct vit_upload upload;
  struct vit_loader loader = {.weights = &vit->weights, .folder = folder, .device = &vit->device, .error = error};
  bool done = build(vit, &loader) && choose_chunk(vit, options, error);
  if (done) {
    vit->device.texels = choose_texels(vit, &loader);
    done = vit_upload_begin(&upload, &vit->device, error);
  }
  if (done) {
    upload.total = vit->weights.bytes;
    upload.progress = options->progress;
    upload.progress_user = options->progress_user;
    loader.upload = &upload;
    done = build(vit, &loader) && safetensors_are_whole(&folder->weights, error);
    vit_upload_end(&upload);
  }
  free(loader.vectors);
  return done;
}

/* The shaders for CPUs have no such products. */
static void choose_precision(struct vit *vit, const s2vk_context_info *gpu, const struct vit_options *options) {
  struct vit_cooperative *c = &vit->device.cooperative;
  if (options->precision == VIT_PRECISION_F16 && !vit->device.cpu)
    *c = vit_cooperative_find(vkGetInstanceProcAddr, gpu->instance, gpu->physical_device);
  if (c->subgroup)
    snprintf(vit->product_name, sizeof vit->product_name, "f16 %ux%ux%u", c->rows, c->columns, c->depth);
  else
    strcpy(vit->product_name, "f32");
}

static bool create(struct vit *vit, const struct vit_folder *folder, const s2vk_context_info *gpu,
    const struct vit_options *options, struct vit_error *error) {
  vit->config = folder->config;
  vit->family = *folder->config.family;
  vit->config.family = &vit->family;
  if (!gpu->device || !gpu->queue)
    return vit_fail(error, "the device has no queue");
  if (!vit_device_create(&vit->device, gpu, error))
    return false;
  choose_precision(vit, gpu, options);
  return choose_levels(vit, options, error) && choose_side(vit, options, error) && load(vit, folder, options, error) &&
         vit_prepare_steps(vit, error);
}

bool vit_create(const struct vit_folder *folder, const s2vk_context_info *gpu, const struct vit_options *options,
    struct vit **vit, struct vit_error *error) {
  *vit = calloc(1, sizeof **vit);
  if (!*vit)
    return vit_fail(error, "no memory for a model");
  if (create(*vit, folder, gpu, options, error))
    return true;
  vit_destroy(vit);
  return false;
}

void vit_destroy(struct vit **handle) {
  struct vit *vit = *handle;
  if (vit && vit->device.device) {
    vit_unbind(vit);
    vit_weights_destroy(&vit->weights, &vit->device);
    vit_device_destroy(&vit->device);
  }
  if (vit)
    free(vit->steps);
  free(vit);
  *handle = NULL;
}

/* ---- Asking it ---- */

const char *vit_product_name(const struct vit *vit) {
  return vit->product_name;
}

s2vk_model_shape vit_shape(const struct vit *vit) {
  return vit->levels[0].shape;
}

uint32_t vit_level_count(const struct vit *vit) {
  return vit->level_count;
}

s2vk_model_shape vit_level_shape(const struct vit *vit, uint32_t level) {
  return vit->levels[level].shape;
}

uint32_t vit_prefix(const struct vit *vit) {
  return vit->config.prefix - vit->skip;
}

uint32_t vit_side(const struct vit *vit) {
  return vit->side;
}

uint64_t vit_weight_bytes(const struct vit *vit) {
  return vit->weights.bytes;
}

uint64_t vit_workspace_bytes(const struct vit *vit) {
  uint64_t bytes = 0;
  for (int i = 0; i < VIT_PLACE_COUNT; i++)
    bytes += vit->workspace[i].bytes;
  return bytes;
}

double vit_flops(const struct vit *vit) {
  double flops = 0;
  for (uint32_t i = 0; i < vit->step_count; i++) {
    const struct vit_step *step = &vit->steps[i];
    flops += vit_ops[step->op]->flops ? vit_ops[step->op]->flops(step) : 0;
  }
  return flops;
}

s2vk_model vit_model(struct vit *vit) {
  return (s2vk_model){.struct_size = sizeof(s2vk_model), .user = vit, .record = vit_record};
}
