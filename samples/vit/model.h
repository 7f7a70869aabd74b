/* A model on a device: its weights, and the steps that make features of tiles. */
#ifndef VIT_MODEL_H
#define VIT_MODEL_H

#include "ops.h"
#include "weights.h"

/* A layer whose output is returned. */
struct vit_level {
  uint32_t layer; /* 1 for the first */
  bool norm;      /* by the final norm */
  s2vk_model_shape shape;
  VkBuffer buffer; /* bound to */
  VkDeviceSize offset;
};

/* Descriptor sets that read tiles or write features, for each chunk of the largest call. */
struct vit_window {
  VkDescriptorSet tiles, features[VIT_MAX_LEVELS];
  uint32_t tiles_base, features_base[VIT_MAX_LEVELS]; /* elements from where the descriptors begin, which is aligned */
};

struct vit {
  struct vit_config config;
  struct vit_family family; /* the configuration's: it outlives the folder */
  struct vit_device device;
  struct vit_weights weights;

  char product_name[48];

  uint32_t side;   /* pixels of a tile's side */
  uint32_t skip;   /* tokens ahead that are not returned */
  bool largest;    /* products in the largest shares however few rows there are, for tests */
  uint32_t layers; /* that are run */
  struct vit_level levels[VIT_MAX_LEVELS];
  uint32_t level_count;

  struct vit_step *steps;
  uint32_t step_count, step_capacity;
  uint64_t elements[VIT_PLACE_COUNT]; /* of the workspace, for a tile */
  uint32_t rows;                      /* the most of a step for a tile */
  uint32_t max_chunk;                 /* tiles at once, at most */

  /* For the largest call that it is bound to. */
  uint32_t chunk;
  struct buffer workspace[VIT_PLACE_COUNT];
  VkBufferView views[VIT_PLACE_COUNT];
  VkDescriptorPool pool;
  VkDescriptorSet *sets; /* of each step; none for those that read tiles or write features */

  VkDescriptorPool window_pool;
  struct vit_window *windows;
  uint32_t window_count;
  VkBuffer tiles_buffer; /* bound to */
  VkDeviceSize tiles_offset;
};

/* Loads the weights and adds the steps of a model with attention. */
bool vit_build_transformer(struct vit *vit, struct vit_loader *loader);

/* The same for a model with convolutions. */
bool vit_build_convnet(struct vit *vit, struct vit_loader *loader);

/* Adds a step; NULL if there is no memory. Its workspace is made large enough for `elements` of its destination. */
struct vit_step *vit_add_step(
    struct vit *vit, const struct vit_step *step, uint64_t elements, uint32_t rows, struct vit_error *error);

/* Pipelines of the steps; those of before are dropped. */
bool vit_prepare_steps(struct vit *vit, struct vit_error *error);

/* s2vk_model.record of a vit. */
s2vk_result vit_record(void *vit, VkCommandBuffer commands, const s2vk_model_call *call);

/* Workspace, descriptor sets, windows: drops them all. */
void vit_unbind(struct vit *vit);

#endif
