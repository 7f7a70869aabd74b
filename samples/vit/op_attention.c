/* Attention: attention.comp for GPUs, attention_cpu.comp for drivers on the CPU. */
#include "ops.h"

/* Shared memory of attention.comp. */
static uint32_t shared_bytes(uint32_t block, uint32_t width) {
  return 2 * block * (width + 4) * 4 + block * (block + 1) * 4 + 3 * block * 4;
}

/* Blocks of 32 queries if 32 queries and 32 keys fit into shared memory, else of 16. */
static bool prepare(
    struct vit_device *device, struct vit_step *step, uint32_t tiles, bool largest, struct vit_error *error) {
  (void)tiles, (void)largest;
  uint32_t limit = device->limits.maxComputeSharedMemorySize;
  bool small = shared_bytes(32, step->width) > limit;
  enum vit_shader shader = small ? VIT_ATTENTION_SMALL : VIT_ATTENTION;
  step->share[0] = small ? 16 : 32;
  if (device->cpu) {
    shader = device->texels ? VIT_CPU_ATTENTION_TEXELS : VIT_CPU_ATTENTION;
    step->share[0] = 32;
  } else if (shared_bytes(16, step->width) > limit) {
    return vit_fail(error, "heads of %u channels need %u bytes of shared memory, and this device has %u", step->width,
        shared_bytes(16, step->width), limit);
  }
  return vit_pipeline_get(device, shader, (const uint32_t[VIT_CONSTANTS]){step->width}, &step->pipeline, error);
}

static void record(const struct vit_recording *recording, const struct vit_step *step) {
  const struct vit_attention_push *push = &step->push.attention;
  vit_dispatch(recording, step, push, sizeof *push, (push->tokens + step->share[0] - 1) / step->share[0], step->heads,
      recording->tiles);
}

static double flops(const struct vit_step *step) {
  const struct vit_attention_push *push = &step->push.attention;
  return 4.0 * push->tokens * push->tokens * push->hidden;
}

const struct vit_op vit_op_attention = {"attention", prepare, record, flops};
