#include "model.h"

#include <stdlib.h>

#define WORKSPACE_BYTES (256u << 20) /* of a chunk, unless told otherwise */
#define MAX_ACROSS 1024              /* patches of a tile's side */

/* ---- What to compute ---- */

static bool choose_layer(struct vit *vit, const struct vit_options *options, uint32_t *layer, struct vit_error *error) {
  int64_t layers = vit->config.layers, chosen = options->layer;
  chosen = chosen == 0 ? layers : chosen < 0 ? layers + 1 + chosen : chosen;
  if (chosen < 1 || chosen > layers)
    return vit_fail(error, "layer is %d: the model has layers 1 to %u, or -1 to -%u from the last", options->layer,
        vit->config.layers, vit->config.layers);
  *layer = (uint32_t)chosen;
  vit->norm = options->norm == VIT_NORM_ON ||
              (options->norm == VIT_NORM_DEFAULT && vit->config.family->normed && chosen == layers);
  return true;
}

static bool choose_side(struct vit *vit, const struct vit_options *options, struct vit_error *error) {
  const struct vit_config *config = &vit->config;
  vit->side = options->side ? options->side : config->image_size;
  vit->across = vit->side / config->patch_size;
  if (vit->across < 1 || vit->across > MAX_ACROSS)
    return vit_fail(error, "side is %u: tiles must have 1 to %d patches of %u pixels a side", vit->side, MAX_ACROSS,
        config->patch_size);
  vit->tokens = config->prefix + vit->across * vit->across;
  vit->skip = options->without_cls ? config->prefix : 0;
  return true;
}

/* Tiles whose tensors a storage buffer can reach, in workgroups that a dispatch may have. */
static bool choose_chunk(struct vit *vit, const struct vit_options *options, struct vit_error *error) {
  const VkPhysicalDeviceLimits *limits = &vit->device.limits;
  uint64_t hidden = vit->config.hidden, tokens = vit->tokens;
  uint64_t wide = vit->config.intermediate > 3 * hidden ? vit->config.intermediate : 3 * hidden;
  uint64_t tile = (uint64_t)3 * vit->side * vit->side, largest = tokens * wide > tile ? tokens * wide : tile;
  uint64_t most = (limits->maxStorageBufferRange - limits->minStorageBufferOffsetAlignment) / (largest * sizeof(float));
  uint64_t rows = (uint64_t)limits->maxComputeWorkGroupCount[1] * 4 / tokens; /* four to a workgroup, at least */
  most = most < rows ? most : rows;
  most = most < limits->maxComputeWorkGroupCount[2] ? most : limits->maxComputeWorkGroupCount[2];
  uint64_t chosen = WORKSPACE_BYTES / (tokens * (2 * hidden + wide) * sizeof(float));
  chosen = options->tiles_per_chunk ? options->tiles_per_chunk : chosen ? chosen : 1;
  if (!most)
    return vit_fail(error, "side is %u: a tile's %llu bytes do not fit into a storage buffer of this device", vit->side,
        (unsigned long long)(largest * sizeof(float)));
  vit->tiles_per_chunk = (uint32_t)(chosen < most ? chosen : most);
  return true;
}

/* ---- Making it ---- */

/* Reading as texels pays on a CPU where all that is read can be. A driver with no more of them than it must have could only
 * for toys. */
#define LEAST_TEXELS 65536

static bool choose_texels(const struct vit *vit) {
  uint64_t hidden = vit->config.hidden, intermediate = vit->config.intermediate;
  uint64_t wide = 3 * hidden > intermediate ? 3 * hidden : intermediate;
  uint64_t workspace = (uint64_t)vit->tiles_per_chunk * vit->tokens * wide;
  uint64_t largest = workspace > wide * hidden ? workspace : wide * hidden;
  uint64_t patches = hidden * (3ull * vit->config.patch_size * vit->config.patch_size + 15);
  uint64_t vectors = hidden * ((uint64_t)vit->across * vit->across + vit->config.prefix + 8) +
                     (uint64_t)vit->config.layers * (12 * hidden + intermediate);
  largest = largest > patches ? largest : patches;
  largest = largest > vectors ? largest : vectors;
  uint32_t limit = vit->device.limits.maxTexelBufferElements;
  return vit->device.cpu && limit > LEAST_TEXELS && largest / 4 <= limit;
}

static bool create(struct vit *vit, const struct vit_folder *folder, const s2vk_context_info *gpu,
    const struct vit_options *options, struct vit_error *error) {
  uint32_t layer = 0;
  vit->config = folder->config;
  if (!gpu->device || !gpu->queue)
    return vit_fail(error, "the device has no queue");
  if (!vit_device_create(&vit->device, gpu, error) || !choose_layer(vit, options, &layer, error) ||
      !choose_side(vit, options, error) || !choose_chunk(vit, options, error))
    return false;
  vit->texels = choose_texels(vit);
  struct vit_upload upload;
  if (!vit_upload_begin(&upload, &vit->device, error))
    return false;
  upload.progress = options->progress;
  upload.progress_user = options->progress_user;
  bool done = vit_weights_create(&vit->weights, folder, &vit->device, layer, vit->across, vit->texels, &upload, error);
  vit_upload_end(&upload);
  return done && vit_make_workspace(vit, error) && vit_make_pipelines(vit, error) && vit_make_sets(vit, error);
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
    vit_destroy_windows(vit);
    vkDestroyDescriptorPool(vit->device.device, vit->pool, NULL);
    vit_destroy_pipelines(vit);
    for (int i = 0; i < VIT_WORKSPACE_COUNT; i++) {
      vkDestroyBufferView(vit->device.device, vit->views[i], NULL);
      vit_buffer_destroy(&vit->device, &vit->workspace[i]);
    }
    vit_weights_destroy(&vit->weights, &vit->device);
    vit_device_destroy(&vit->device);
    free(vit->layer_sets);
  }
  free(vit);
  *handle = NULL;
}

/* ---- Asking it ---- */

s2vk_model_shape vit_shape(const struct vit *vit) {
  return (s2vk_model_shape){.channels = vit->config.hidden, .tokens = vit->tokens - vit->skip};
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
  for (int i = 0; i < VIT_WORKSPACE_COUNT; i++)
    bytes += vit->workspace[i].bytes;
  return bytes;
}

double vit_flops(const struct vit *vit) {
  double hidden = vit->config.hidden, tokens = vit->tokens, patch = vit->config.patch_size;
  double products = 4 * hidden * hidden + 2 * hidden * vit->config.intermediate, attention = 2 * tokens * hidden;
  return 2 * (vit->weights.layer_count * tokens * (products + attention) +
                 vit->across * vit->across * 3 * patch * patch * hidden);
}

s2vk_model vit_model(struct vit *vit) {
  return (s2vk_model){.struct_size = sizeof(s2vk_model), .user = vit, .record = vit_record};
}
