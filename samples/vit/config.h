/* What a model is: config.json, and the tensors that its family has. */
#ifndef VIT_CONFIG_H
#define VIT_CONFIG_H

#include "json.h"

enum vit_activation { VIT_GELU, VIT_QUICK_GELU, VIT_GELU_TANH };

/* A family of models. Names of tensors come after the root; NULL: the family has no such tensor. Those of norms and
 * linear maps are without ".weight" and ".bias"; those of a layer come after layer and the layer's number. */
struct vit_family {
  const char *name;
  const char *model_types[2]; /* in config.json */
  const char *processor;      /* whose preprocessor_config.json it is that does not say */
  const char *vision_config;  /* the object in config.json that describes the vision tower of a larger model */
  const char *roots[3];
  const char *ignored[6]; /* beginnings of names of tensors that features do not need */

  const char *class_token, *distillation_token, *registers; /* the prefix tokens, in this order */
  const char *positions; /* of the class and distillation token, then of the patches */
  const char *patches;   /* the convolution */
  bool patch_bias;
  const char *pre_norm, *post_norm;
  const char *layer;
  const char *norm1, *query, *key, *value, *output, *scale1; /* attention */
  const char *norm2, *fc1, *fc2, *scale2;                    /* MLP */

  bool normed;    /* last_hidden_state is what the final norm returns */
  bool antialias; /* position embeddings are interpolated with antialiasing */

  /* Of transformers' configuration class: what a config.json leaves out. */
  uint32_t patch_size, register_count;
  enum vit_activation activation;
  double epsilon;
};

#define VIT_MAX_LAYERS 1024

struct vit_config {
  const struct vit_family *family;
  uint32_t hidden, intermediate; /* channels */
  uint32_t layers, heads;
  uint32_t image_size, patch_size; /* pixels */
  uint32_t position_tokens;        /* prefix tokens that have a position embedding */
  uint32_t register_count;
  uint32_t prefix; /* all tokens ahead of the patches' */
  enum vit_activation activation;
  bool qkv_bias;
  float epsilon; /* of the norms */
};

/* Reads config.json of a CLIPModel, CLIPVisionModel, SiglipModel, SiglipVisionModel, Dinov2Model,
 * Dinov2WithRegistersModel, ViTModel or DeiTModel. */
bool vit_config_read(const char *path, struct vit_config *config, struct vit_error *error);

/* Likewise, once read; path is for errors. */
bool vit_config_parse(const char *path, const cJSON *json, struct vit_config *config, struct vit_error *error);

#endif
