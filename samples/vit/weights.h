/* The weights on the device. Matrices are as in the file, each in a buffer; all that is small (biases, norms, scales,
 * tokens, positions) is f32 in one buffer of vectors. */
#ifndef VIT_WEIGHTS_H
#define VIT_WEIGHTS_H

#include "device.h"
#include "folder.h"

/* columns x depth, row-major: what a linear map multiplies by. */
struct vit_matrix {
  enum safetensors_type type;
  uint32_t columns, depth;
  struct buffer buffer;
  VkBufferView texels; /* where the device reads through them */
};

struct vit_weights {
  struct buffer vectors;
  VkBufferView vector_texels;
  struct vit_matrix *matrices;
  uint32_t matrix_count;
  uint64_t bytes; /* of all buffers */
};

void vit_weights_destroy(struct vit_weights *weights, const struct vit_device *device);

/* ---- Loading them ---- */

/* Without an upload it goes through everything once, and finds out how much that is. */
struct vit_loader {
  struct vit_weights *weights;
  const struct vit_folder *folder;
  const struct vit_device *device;
  struct vit_upload *upload; /* NULL: counts */
  struct vit_error *error;
  float *vectors; /* those so far */
  size_t count, capacity;
  uint64_t largest; /* elements of the largest matrix */
};

/* Room for more vectors, zeros, from element *first on; NULL if there is no memory. Those made before may move. */
float *vit_load_room(struct vit_loader *loader, size_t count, uint32_t *first);

/* A tensor as vectors, or zeros in place of NULL. */
bool vit_load_vector(struct vit_loader *loader, const struct safetensors_tensor *tensor, size_t count, uint32_t *first);

/* values += elements [first, first + count) of a tensor; NULL adds nothing. */
void vit_load_add(float *values, const struct safetensors_tensor *tensor, uint64_t first, size_t count);

/* Tensors of one type, one below the other. */
bool vit_load_matrix(struct vit_loader *loader, const struct safetensors_tensor *const *tensors, uint32_t tensor_count,
    uint32_t columns, uint32_t depth, uint32_t *index);

/* How the elements of a convolution's weights change places: those of a row are area x channels in the file, and become
 * channels x area; or, without channels, stay as they are. */
struct vit_order {
  uint32_t count, channels, area;
};

/* A convolution's weights as a matrix of columns x depth, with zeros from element `count` of a row on. */
bool vit_load_convolution(struct vit_loader *loader, const struct safetensors_tensor *tensor,
    const struct vit_order *order, uint32_t columns, uint32_t depth, uint32_t *index);

/* Uploads the vectors. */
bool vit_load_end(struct vit_loader *loader);

#endif
