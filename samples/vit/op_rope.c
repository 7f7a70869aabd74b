/* Rotary position embedding: rope.comp. */
#include "ops.h"

#include <math.h>

#define PI 3.14159265358979323846
#define LANES 64

static bool prepare(
    struct vit_device *device, struct vit_step *step, uint32_t tiles, bool largest, struct vit_error *error) {
  (void)tiles, (void)largest;
  return vit_pipeline_get(device, VIT_ROPE, (const uint32_t[VIT_CONSTANTS]){step->width}, &step->pipeline, error);
}

static void record(const struct vit_recording *recording, const struct vit_step *step) {
  const struct vit_rope_push *push = &step->push.rope;
  uint32_t patches = push->tokens - push->prefix;
  vit_dispatch(recording, step, push, sizeof *push, (push->hidden / 4 + LANES - 1) / LANES,
      patches < VIT_MAX_GROUPS ? patches : VIT_MAX_GROUPS, recording->tiles);
}

const struct vit_op vit_op_rope = {"rotary position embedding", prepare, record, NULL};

/* The middle of a patch along an axis, from -1 to 1. */
static double middle(uint32_t patch, uint32_t across) {
  return (patch + 0.5) / across * 2 - 1;
}

void vit_rope_angles(uint32_t across, uint32_t width, double theta, float *values) {
  uint32_t half = width / 2, quarter = width / 4;
  for (uint32_t y = 0; y < across; y++)
    for (uint32_t x = 0; x < across; x++)
      for (uint32_t i = 0; i < half; i++) { /* a quarter by rows, a quarter by columns */
        float *patch = values + ((size_t)y * across + x) * width;
        double angle = 2 * PI * middle(i < quarter ? y : x, across) / pow(theta, 4.0 * (i % quarter) / width);
        patch[i] = (float)cos(angle);
        patch[half + i] = (float)sin(angle);
      }
}
