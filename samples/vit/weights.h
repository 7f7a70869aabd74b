/* The weights on the device. Each matrix is in a buffer of its own, in the file's type. Vectors (biases, norms, scales,
 * tokens, positions) are f32, in one buffer. */
#ifndef VIT_WEIGHTS_H
#define VIT_WEIGHTS_H

#include "device.h"
#include "folder.h"

/* The matrix of a linear map: columns x depth, row-major. */
struct vit_matrix {
  enum safetensors_type type;
  uint32_t columns, depth;
  struct buffer buffer;
  VkBufferView texels; /* NULL unless the device reads through texel buffers */
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

/* Loads the weights. Without an upload it only counts what they need. */
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

/* Makes room for more vectors, filled with zeros. *first: the first element. Returns NULL if there is no memory.
 * Earlier vectors may move. */
float *vit_load_room(struct vit_loader *loader, size_t count, uint32_t *first);

/* Loads a tensor as vectors; NULL: zeros. */
bool vit_load_vector(struct vit_loader *loader, const struct safetensors_tensor *tensor, size_t count, uint32_t *first);

/* values += elements [first, first + count) of a tensor; NULL adds nothing. */
void vit_load_add(float *values, const struct safetensors_tensor *tensor, uint64_t first, size_t count);

/* Loads a matrix from tensors of one type, one below the other. */
bool vit_load_matrix(struct vit_loader *loader, const struct safetensors_tensor *const *tensors, uint32_t tensor_count,
    uint32_t columns, uint32_t depth, uint32_t *index);

/* The order of the elements in a row of a convolution's weights. In the file a row is area x channels, and it becomes
 * channels x area. Without channels the order does not change. */
struct vit_order {
  uint32_t count, channels, area;
};

/* Loads a convolution's weights as a matrix of columns x depth. A row has zeros from element `count` on. */
bool vit_load_convolution(struct vit_loader *loader, const struct safetensors_tensor *tensor,
    const struct vit_order *order, uint32_t columns, uint32_t depth, uint32_t *index);

/* Uploads the vectors. */
bool vit_load_end(struct vit_loader *loader);

#endif
