/* Matrix products: matmul.comp and matmul_cooperative.comp for GPUs, matmul_cpu.comp for drivers on the CPU. */
#include "ops.h"

/* On a GPU, shares of 128 x 128 read half as often as those of 64 x 64, and are worth it where there are enough to fill
 * it. */
#define WIDE_SHARED_BYTES (2 * 16 * 33 * 16)
#define WIDE_LANES 256
#define WIDE_GROUPS 256

static bool is_wide(const struct vit_device *device, uint64_t rows, uint32_t columns, bool largest) {
  const VkPhysicalDeviceLimits *limits = &device->limits;
  return device->largest_share >= 128 && limits->maxComputeSharedMemorySize >= WIDE_SHARED_BYTES &&
         limits->maxComputeWorkGroupInvocations >= WIDE_LANES && limits->maxComputeWorkGroupSize[0] >= WIDE_LANES &&
         (largest || (rows / 128) * (columns / 128) >= WIDE_GROUPS);
}

static enum vit_shader share(struct vit_step *step, enum vit_shader shader, uint32_t rows, uint32_t columns) {
  step->share[0] = rows;
  step->share[1] = columns;
  return shader;
}

/* On a CPU large shares read less, and take longer to compile: they are worth it for any model but a toy. */
#define CPU_WIDE_COLUMNS 256

/* The shader for matrices of f32, which that for elements of 16 bits follows, and its shares. */
static enum vit_shader choose(
    const struct vit_device *device, struct vit_step *step, uint64_t rows, uint32_t columns, bool largest) {
  if (device->texels && (largest || columns >= CPU_WIDE_COLUMNS))
    return share(step, VIT_CPU_MATMUL_WIDE, 2 * 16, 4 * 16);
  if (device->cpu)
    return share(step, device->texels ? VIT_CPU_MATMUL_TEXELS : VIT_CPU_MATMUL, 2 * 4, 4 * 8);
  if (device->cooperative.subgroup)
    return share(step, VIT_MATMUL_COOPERATIVE, 4 * device->cooperative.rows, 4 * device->cooperative.columns);
  if (device->largest_share < 64)
    return share(step, VIT_MATMUL_SMALL, 32, 32);
  if (is_wide(device, rows, columns, largest))
    return share(step, VIT_MATMUL_WIDE, 128, 128);
  return share(step, VIT_MATMUL, 64, 64);
}

static bool prepare(
    struct vit_device *device, struct vit_step *step, uint32_t tiles, bool largest, struct vit_error *error) {
  const struct vit_product_push *push = &step->push.product;
  enum vit_shader shader = choose(device, step, (uint64_t)tiles * push->rows, push->columns, largest);
  const struct vit_cooperative none = {0}, *c = shader == VIT_MATMUL_COOPERATIVE ? &device->cooperative : &none;
  return vit_pipeline_get(device, shader + (step->type != SAFETENSORS_F32 ? 1 : 0),
      (const uint32_t[VIT_CONSTANTS]){step->activation, step->add, step->scale, step->type == SAFETENSORS_BF16, 0,
          c->rows, c->columns, c->depth, c->subgroup * 4},
      &step->pipeline, error);
}

static bool prepare_patches(
    struct vit_device *device, struct vit_step *step, uint32_t tiles, bool largest, struct vit_error *error) {
  (void)tiles, (void)largest;
  /* Rows of patches and of tiles are multiples of 4 pixels. */
  bool aligned = step->push.product.side % 4 == 0 && step->push.product.patch_side % 4 == 0;
  enum vit_shader shader = device->texels               ? share(step, VIT_CPU_PATCHES_TEXELS, 2 * 8, 4 * 16)
                           : device->cpu                ? share(step, VIT_CPU_PATCHES, 2 * 4, 4 * 8)
                           : device->largest_share < 64 ? share(step, VIT_PATCHES_SMALL, 32, 32)
                                                        : share(step, VIT_PATCHES, 64, 64);
  return vit_pipeline_get(device, shader + (step->type != SAFETENSORS_F32 ? 1 : 0),
      (const uint32_t[VIT_CONSTANTS]){0, 0, 0, step->type == SAFETENSORS_BF16, aligned}, &step->pipeline, error);
}

static void record(const struct vit_recording *recording, const struct vit_step *step) {
  struct vit_product_push push = step->push.product;
  push.rows *= recording->tiles;
  push.source_base += recording->tiles_base;
  vit_dispatch(recording, step, &push, sizeof push, (push.columns + step->share[1] - 1) / step->share[1],
      (push.rows + step->share[0] - 1) / step->share[0], 1);
}

static double flops(const struct vit_step *step) {
  const struct vit_product_push *push = &step->push.product;
  double depth = push->patch_side ? 3.0 * push->patch_side * push->patch_side : push->depth;
  return 2 * depth * push->rows * push->columns;
}

const struct vit_op vit_op_product = {"matrix product", prepare, record, flops};
const struct vit_op vit_op_patch_product = {"patch embedding", prepare_patches, record, flops};
