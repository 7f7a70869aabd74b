/* Convolution of each channel by itself: depthwise.comp. */
#include "ops.h"

#define LANES 64
#define RUN 4 /* places to an invocation */

static bool prepare(
    struct vit_device *device, struct vit_step *step, uint32_t tiles, bool largest, struct vit_error *error) {
  (void)tiles, (void)largest;
  return vit_pipeline_get(device, VIT_DEPTHWISE, (const uint32_t[VIT_CONSTANTS]){0}, &step->pipeline, error);
}

static void record(const struct vit_recording *recording, const struct vit_step *step) {
  const struct vit_depthwise_push *push = &step->push.depthwise;
  uint32_t invocations = (push->across + RUN - 1) / RUN * (push->channels / 4);
  vit_dispatch(recording, step, push, sizeof *push, (invocations + LANES - 1) / LANES, push->across, recording->tiles);
}

static double flops(const struct vit_step *step) {
  const struct vit_depthwise_push *push = &step->push.depthwise;
  return 2.0 * 49 * push->across * push->across * push->channels;
}

const struct vit_op vit_op_depthwise = {"depthwise convolution", prepare, record, flops};
