/* Tokens as feature maps: maps.comp. */
#include "ops.h"

#define CPU_LANES 8
#define SQUARE 32

static bool prepare(
    struct vit_device *device, struct vit_step *step, uint32_t tiles, bool largest, struct vit_error *error) {
  (void)tiles, (void)largest;
  return vit_pipeline_get(
      device, device->cpu ? VIT_CPU_MAPS : VIT_MAPS, (const uint32_t[VIT_CONSTANTS]){0}, &step->pipeline, error);
}

static void record(const struct vit_recording *recording, const struct vit_step *step) {
  struct vit_maps_push push = step->push.maps;
  push.base += recording->features_base;
  if (recording->device->cpu)
    vit_dispatch(recording, step, &push, sizeof push, (push.channels / 4 + CPU_LANES - 1) / CPU_LANES,
        push.tokens < VIT_MAX_GROUPS ? push.tokens : VIT_MAX_GROUPS, recording->tiles);
  else
    vit_dispatch(recording, step, &push, sizeof push, (push.tokens + SQUARE - 1) / SQUARE,
        (push.channels + SQUARE - 1) / SQUARE, recording->tiles);
}

const struct vit_op vit_op_maps = {"feature maps", prepare, record, NULL};
