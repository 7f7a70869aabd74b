/* The weights on the device. Matrices are as in the file, those of a layer in one buffer; all that is small (biases, norms,
 * scales, tokens, positions) is f32 in one buffer of vectors. */
#ifndef VIT_WEIGHTS_H
#define VIT_WEIGHTS_H

#include "device.h"
#include "folder.h"

/* columns x depth, row-major: what a linear map multiplies by. */
struct vit_matrix {
  enum safetensors_type type;
  uint32_t columns, depth;
  VkBuffer buffer;
  uint64_t offset, bytes;
  VkBufferView texels; /* if asked for */
};

/* Where it begins among the vectors, in elements. */
struct vit_norm_vectors {
  uint32_t weight, bias;
};

enum vit_product { VIT_QKV, VIT_OUTPUT, VIT_FC1, VIT_FC2, VIT_PRODUCT_COUNT };

struct vit_layer {
  struct vit_buffer buffer;
  struct vit_matrix matrices[VIT_PRODUCT_COUNT];
  uint32_t biases[VIT_PRODUCT_COUNT];
  uint32_t scales[VIT_PRODUCT_COUNT]; /* of VIT_OUTPUT and VIT_FC2, in a family that has them */
  struct vit_norm_vectors norms[2];
};

struct vit_weights {
  struct vit_buffer vectors, patch_buffer;
  VkBufferView vector_texels; /* if asked for */
  struct vit_matrix patches;  /* its depth rounded up to a multiple of 16, with zeros */
  uint32_t prefix_tokens;     /* vectors: prefix x hidden, positions added */
  uint32_t positions;         /* vectors: patches x hidden, the bias of the convolution added */
  struct vit_norm_vectors pre_norm, post_norm;
  struct vit_layer *layers;
  uint32_t layer_count;
  uint64_t bytes; /* of all buffers */
};

/* Uploads what layer_count layers and the embedding of tiles of `across` patches a side need. texels: make views. */
bool vit_weights_create(struct vit_weights *weights, const struct vit_folder *folder, const struct vit_device *device,
    uint32_t layer_count, uint32_t across, bool texels, struct vit_upload *upload, struct vit_error *error);
void vit_weights_destroy(struct vit_weights *weights, const struct vit_device *device);

#endif
