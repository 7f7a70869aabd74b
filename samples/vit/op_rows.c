/* Rows, copied or normalised: rows.comp. */
#include "ops.h"

#define CPU_ROWS 8u /* rows to a workgroup on a CPU */

static bool prepare_copy(
    struct vit_device *device, struct vit_step *step, uint32_t tiles, bool largest, struct vit_error *error) {
  (void)tiles, (void)largest;
  return vit_pipeline_get(
      device, device->cpu ? VIT_CPU_ROWS : VIT_ROWS, (const uint32_t[VIT_CONSTANTS]){0}, &step->pipeline, error);
}

static bool prepare_norm(
    struct vit_device *device, struct vit_step *step, uint32_t tiles, bool largest, struct vit_error *error) {
  (void)tiles, (void)largest;
  enum vit_shader shader = device->texels ? VIT_CPU_ROWS_TEXELS : device->cpu ? VIT_CPU_ROWS : VIT_ROWS;
  return vit_pipeline_get(device, shader, (const uint32_t[VIT_CONSTANTS]){1, step->pack}, &step->pipeline, error);
}

static void record(const struct vit_recording *recording, const struct vit_step *step) {
  struct vit_rows_push push = step->push.rows;
  push.row_count *= recording->tiles;
  if (step->destination == VIT_FEATURES)
    push.destination_base += recording->features_base;
  uint32_t groups = recording->device->cpu ? (push.row_count + CPU_ROWS - 1) / CPU_ROWS : push.row_count;
  vit_dispatch(recording, step, &push, sizeof push, groups < VIT_MAX_GROUPS ? groups : VIT_MAX_GROUPS, 1, 1);
}

const struct vit_op vit_op_copy = {"copy", prepare_copy, record, NULL};
const struct vit_op vit_op_norm = {"norm", prepare_norm, record, NULL};
