/* The operations that models are made of. An operation is a file op_NAME.c, a shader, and a row of the table in ops.c.
 * A model is a list of steps. A step is an operation with the tensors that it reads and writes, for one tile. */
#ifndef VIT_OPS_H
#define VIT_OPS_H

#include "config.h"
#include "safetensors.h"
#include "shaders.h"

enum vit_op_name {
  VIT_OP_PATCH_PRODUCT, /* the patches of tiles, times a matrix, plus a vector for each place */
  VIT_OP_PRODUCT,       /* rows times a matrix */
  VIT_OP_COPY,          /* rows from one tensor to another */
  VIT_OP_NORM,          /* the same, normalised */
  VIT_OP_ATTENTION,     /* of queries, keys and values */
  VIT_OP_ROPE,          /* queries and keys, rotated by the positions of their patches */
  VIT_OP_GATE,          /* activation(first half) * second half of rows */
  VIT_OP_DEPTHWISE,     /* convolution of each channel by itself */
  VIT_OP_MAPS,          /* feature maps (channels x tokens) from tokens x channels */
  VIT_OP_COUNT
};

/* The tensors that steps read and write. */
enum vit_place {
  VIT_VECTORS_PLACE, /* biases, norms, positions and tokens */
  VIT_STREAM,        /* workspace: the residual stream, which the layers add to */
  VIT_NORMED,        /* workspace: the normalised stream; the result of attention */
  VIT_WIDE,          /* workspace: queries, keys and values; the inside of the MLP */
  VIT_TILES,
  VIT_FEATURES,
  VIT_PLACE_COUNT
};
#define VIT_FIRST_WORKSPACE VIT_STREAM
#define VIT_AFTER_WORKSPACE VIT_TILES

/* Push constants, as the shader of the operation reads them, see there. */
struct vit_product_push {
  uint32_t rows, columns, depth, pitch;
  uint32_t bias, scale;
  uint32_t side, patch_side, patches, tokens, prefix, source_base, place_pitch;
};

struct vit_rows_push {
  uint32_t row_count, rows_per_tile, width;
  uint32_t source_stride, destination_stride;
  uint32_t source_first, destination_first;
  uint32_t source_base, destination_base;
  uint32_t weight, bias;
  float epsilon;
  uint32_t across;
};

struct vit_attention_push {
  uint32_t tokens, hidden;
  float factor;
};

struct vit_rope_push {
  uint32_t tokens, prefix, hidden, angles;
};

struct vit_gate_push {
  uint32_t rows, width;
};

struct vit_depthwise_push {
  uint32_t across, channels, weight, bias;
};

struct vit_maps_push {
  uint32_t tokens, channels, stride, first, base;
};

#define VIT_NO_MATRIX UINT32_MAX

struct vit_step {
  enum vit_op_name op;
  enum vit_place source, destination;
  uint32_t matrix; /* index of the model's matrices */
  bool beside;     /* need not wait for the step before */
  uint32_t level;  /* of features */

  /* Constants of the pipeline, as far as the operation has them. */
  enum safetensors_type type; /* of the matrix */
  enum vit_activation activation;
  bool add;       /* to what the destination has */
  bool scale;     /* by a vector, before adding */
  bool pack;      /* squares of 2 x 2 rows become one */
  uint32_t heads; /* of attention */
  uint32_t width; /* of a head */

  /* For one tile. Recording multiplies counts of rows, and sets bases. */
  union {
    struct vit_product_push product;
    struct vit_rows_push rows;
    struct vit_attention_push attention;
    struct vit_rope_push rope;
    struct vit_gate_push gate;
    struct vit_depthwise_push depthwise;
    struct vit_maps_push maps;
  } push;

  VkPipeline pipeline;
  uint32_t share[2]; /* rows and columns, or queries, of a workgroup */
};

/* A recording: its command buffer, its number of tiles, and where tiles and features begin in the bound ranges, in
 * elements. */
struct vit_recording {
  const struct vit_device *device;
  VkCommandBuffer commands;
  VkDescriptorSet set;
  uint32_t tiles, tiles_base, features_base;
};

struct vit_op {
  const char *name;
  /* Finds the pipeline. At most `tiles` tiles are recorded later. largest: workgroups have the largest shares, also if
   * there are few rows; for tests. */
  bool (*prepare)(
      struct vit_device *device, struct vit_step *step, uint32_t tiles, bool largest, struct vit_error *error);
  void (*record)(const struct vit_recording *recording, const struct vit_step *step);
  double (*flops)(
      const struct vit_step *step); /* for one tile; a multiplication with its addition counts as two; NULL: few */
};

extern const struct vit_op vit_op_patch_product, vit_op_product, vit_op_copy, vit_op_norm, vit_op_attention,
    vit_op_rope, vit_op_gate, vit_op_depthwise, vit_op_maps;
extern const struct vit_op *const vit_ops[VIT_OP_COUNT];

/* The cosines and sines of across x across patches, as DINOv3 has them: 2 x width / 2 for each. */
void vit_rope_angles(uint32_t across, uint32_t width, double theta, float *values);

/* ---- For the operations themselves ---- */

#define VIT_MAX_GROUPS 65535u /* the least that a device may have of workgroups along an axis */

void vit_dispatch(const struct vit_recording *recording, const struct vit_step *step, const void *push,
    uint32_t push_bytes, uint32_t x, uint32_t y, uint32_t z);

#endif
