/* The configuration of a model: config.json, and the tensors of its family. */
#ifndef VIT_CONFIG_H
#define VIT_CONFIG_H

#include "json.h"
#include "positions.h"

/* As ACTIVATION in activation.glsl. */
enum vit_activation { VIT_LINEAR, VIT_GELU, VIT_QUICK_GELU, VIT_GELU_TANH, VIT_SILU };

/* The matrix products of a layer. */
enum vit_product { VIT_QKV, VIT_OUTPUT, VIT_FC1, VIT_FC2, VIT_PRODUCT_COUNT };

/* The linear maps that a product is made of, one below the other; those after the last are NULL. */
#define VIT_MAX_PARTS 3
typedef const char *vit_parts[VIT_MAX_PARTS];

/* What transformers 5 calls tensors inside its models, and in files of save_pretrained(...,
 * save_original_format=False), where that differs from the family's names; NULL: as there. */
struct vit_names {
  const char *probe; /* a tensor that files with these names have, after the root */
  const char *patches, *pre_norm, *layer;
  vit_parts parts[VIT_PRODUCT_COUNT], gated_fc1, gated_fc2;
};

/* A family of models. Names of tensors come after the root; NULL: the family has no such tensor. Those of norms and
 * linear maps are without ".weight" and ".bias", or without "weight" and "bias" if they end in "_"; those of a layer
 * come after layer and the layer's number. */
struct vit_family {
  const char *name;
  const char *model_types[4]; /* in config.json; the first may be of a larger model */
  const char *processor;      /* whose preprocessor_config.json it is that does not say */
  const char *vision_config;  /* the object in config.json that describes the vision tower of a larger model */
  const char *roots[3];
  const char *ignored[8]; /* beginnings of names of tensors that features do not need */

  const char *class_token, *distillation_token, *registers; /* the prefix tokens, in this order */
  const char *positions; /* of the class and distillation token, then of the patches */
  const char *patches;   /* the convolution */
  bool patch_bias;
  const char *pre_norm, *post_norm;
  const char *layer;
  const char *norm1, *norm2;          /* ahead of attention, and of the MLP */
  const char *scale1, *scale2;        /* layer scale of either */
  vit_parts parts[VIT_PRODUCT_COUNT]; /* query, key and value; output; both linear maps of the MLP */
  vit_parts gated_fc1, gated_fc2;     /* of an MLP with a gate: first the map that the activation follows */
  const struct vit_names *renamed;    /* NULL: transformers 5 has renamed none */
  vit_parts split_biases;             /* biases of query, key and value that have names of their own */

  /* Of a ConvNet: patches, pre_norm and post_norm are its stem's convolution and norm, and the last norm; layer begins
   * the names of a stage, in which blocks begins those of a block, which has norm2, scale2 and the maps of its MLP as
   * above. */
  const char *down_norm, *down; /* of a stage: to half the size of the one before it */
  const char *blocks, *depthwise;

  bool normed;                          /* last_hidden_state is what the final norm returns */
  bool maybe_normed;                    /* the file may lack the final norm */
  enum vit_interpolation interpolation; /* of position embeddings, to another number of patches than trained with */
  bool rope;                            /* queries and keys are rotated by the position of the patch */
  bool linear; /* patches is a linear map, of pixels with channels last; config.json has num_patches for image_size */
  bool ratio;  /* config.json has the MLP's width as mlp_ratio */

  /* Defaults of transformers' configuration class, for fields that a config.json leaves out. */
  uint32_t hidden, intermediate, heads, layers, image_size;
  uint32_t patch_size, register_count;
  enum vit_activation activation;
  bool no_key_bias, no_qkv_bias;
  double epsilon;
};

#define VIT_MAX_LAYERS 1024
#define VIT_MAX_STAGES 8

struct vit_config {
  const struct vit_family *family;
  uint32_t hidden;       /* channels of a token */
  uint32_t intermediate; /* of the inside of the MLP, after its gate */
  uint32_t layers, heads;
  uint32_t image_size, patch_size; /* pixels */
  uint32_t position_tokens;        /* prefix tokens that have a position embedding */
  uint32_t register_count;
  uint32_t prefix; /* all tokens ahead of the patches' */
  enum vit_activation activation;
  bool gated; /* the MLP has a gate */
  bool biases[VIT_PRODUCT_COUNT][VIT_MAX_PARTS];
  float epsilon;      /* of the norms */
  float last_epsilon; /* of the last one */
  double rope_theta;

  /* For a ConvNet. Its layers are stages; hidden is the number of channels of the last one. */
  uint32_t stage_channels[VIT_MAX_STAGES], stage_blocks[VIT_MAX_STAGES];
  bool no_scale; /* it has no layer scale */
};

/* Whether it is a ConvNet: blocks of depthwise convolutions in stages. */
static inline bool vit_is_convnet(const struct vit_config *config) {
  return config->family->depthwise;
}

/* Reads config.json of a model of one of the families. */
bool vit_config_read(const char *path, struct vit_config *config, struct vit_error *error);

/* The same, from parsed JSON. path is for errors. */
bool vit_config_parse(const char *path, const cJSON *json, struct vit_config *config, struct vit_error *error);

/* The family of config.json's model_type. NULL: there is none, and vit_family_refuse() sets the error. */
const struct vit_family *vit_family_of(const char *model_type);
bool vit_family_refuse(const char *path, const char *model_type, struct vit_error *error);

/* The family of timm's or open_clip's checkpoints, which have no model_type. */
const struct vit_family *vit_family_named(const char *name);

/* Checks the multiples and limits that the operations need. */
bool vit_config_check(const char *path, const struct vit_config *config, struct vit_error *error);

/* The linear maps of a product. */
const char *const *vit_config_parts(const struct vit_config *config, enum vit_product product);

/* Columns of a product, of all its parts together, and its depth. */
uint32_t vit_config_columns(const struct vit_config *config, enum vit_product product);
uint32_t vit_config_depth(const struct vit_config *config, enum vit_product product);

#endif
