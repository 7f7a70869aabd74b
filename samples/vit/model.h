/* A vision transformer on a device. */
#ifndef VIT_MODEL_H
#define VIT_MODEL_H

#include "weights.h"

/* As the shaders read them, see there. */
struct vit_matmul_push {
  uint32_t rows, columns, depth;
  uint32_t bias, scale;
  uint32_t side, patch_side, patches, tokens, prefix, source_base;
};

struct vit_rows_push {
  uint32_t row_count, rows_per_tile, width;
  uint32_t source_stride, destination_stride;
  uint32_t source_first, destination_first;
  uint32_t source_base, destination_base;
  uint32_t weight, bias;
  float epsilon;
};

struct vit_attention_push {
  uint32_t tokens, hidden;
  float factor;
};

/* A product's pipeline for matrices of a type, and the workgroup's share of the destination. */
struct vit_matmul {
  VkPipeline pipeline;
  uint32_t tile_rows, tile_columns;
};

/* Workspace, for the tokens of one chunk. */
enum vit_workspace {
  VIT_STREAM, /* hidden: what the layers add to */
  VIT_NORMED, /* hidden: what a layer reads; what its attention returns */
  VIT_WIDE,   /* queries, keys and values; the inside of the MLP */
  VIT_WORKSPACE_COUNT
};

/* What reads tiles or writes features: a descriptor set for each chunk of the largest call. */
struct vit_window {
  VkDescriptorSet patches, features;
  uint32_t tiles_base, features_base; /* elements from where the descriptors begin, which is aligned */
};

struct vit {
  struct vit_config config;
  struct vit_device device;
  struct vit_weights weights;

  uint32_t side, across; /* pixels and patches of a tile's side */
  uint32_t tokens;       /* of a tile, all prefix tokens included */
  uint32_t skip;         /* tokens ahead that are not returned */
  uint32_t tiles_per_chunk;
  bool norm;   /* features */
  bool wide;   /* products in the largest tiles however small, for tests */
  bool texels; /* read workspace and matrices as texels */

  struct vit_buffer workspace[VIT_WORKSPACE_COUNT];
  VkBufferView views[VIT_WORKSPACE_COUNT];

  struct vit_matmul patches, products[VIT_PRODUCT_COUNT][SAFETENSORS_OTHER];
  VkPipeline copy_rows, norm_rows, attention;
  uint32_t attention_block; /* queries to a workgroup */

  VkDescriptorPool pool;
  VkDescriptorSet prefix_set, pre_norm_set, norm_set, attention_set;
  VkDescriptorSet (*layer_sets)[VIT_PRODUCT_COUNT];

  VkDescriptorPool window_pool;
  struct vit_window *windows;
  uint32_t window_count;
  VkBuffer tiles_buffer, features_buffer; /* bound to */
  VkDeviceSize tiles_offset, features_offset;
};

/* The product among vit.products that does what the given one does. */
static inline enum vit_product vit_pipeline_of(enum vit_product product) {
  return product == VIT_FC2 ? VIT_OUTPUT : product;
}

/* s2vk_model.record of a vit. */
s2vk_result vit_record(void *vit, VkCommandBuffer commands, const s2vk_model_call *call);

/* Workspace, pipelines and the descriptor sets that do not depend on the binding. */
bool vit_make_workspace(struct vit *vit, struct vit_error *error);
bool vit_make_pipelines(struct vit *vit, struct vit_error *error);
void vit_destroy_pipelines(struct vit *vit);
bool vit_make_sets(struct vit *vit, struct vit_error *error);
void vit_destroy_windows(struct vit *vit);

#endif
