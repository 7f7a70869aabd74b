/* The gate of an MLP: gate.comp. */
#include "ops.h"

#define LANES 64

static bool prepare(
    struct vit_device *device, struct vit_step *step, uint32_t tiles, bool largest, struct vit_error *error) {
  (void)tiles, (void)largest;
  return vit_pipeline_get(device, VIT_GATE, (const uint32_t[VIT_CONSTANTS]){step->activation}, &step->pipeline, error);
}

static void record(const struct vit_recording *recording, const struct vit_step *step) {
  struct vit_gate_push push = step->push.gate;
  push.rows *= recording->tiles;
  vit_dispatch(recording, step, &push, sizeof push, (push.width / 4 + LANES - 1) / LANES,
      push.rows < VIT_MAX_GROUPS ? push.rows : VIT_MAX_GROUPS, 1);
}

const struct vit_op vit_op_gate = {"gate", prepare, record, NULL};
