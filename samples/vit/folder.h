/* A model's folder once read. */
#ifndef VIT_FOLDER_H
#define VIT_FOLDER_H

#include "safetensors.h"
#include "vit.h"

#define VIT_NO_LAYER UINT32_MAX

/* A block of a ConvNet's stage, in place of a layer. */
#define VIT_BLOCK(stage, block) ((((block) + 1) << 8) | (stage))

struct vit_folder {
  struct vit_config config;
  struct vit_family family; /* the configuration's family, without tensors that this checkpoint lacks */
  struct vit_preprocess preprocess;
  struct safetensors weights;
  const char *root;       /* the beginning of names of tensors */
  const char *layer_root; /* the beginning of names of a layer's tensors, usually the same */
};

/* A tensor of the model, or of a layer of it, by its name in the family's table and what follows it. */
const struct safetensors_tensor *vit_folder_tensor(
    const struct vit_folder *folder, uint32_t layer, const char *name, const char *suffix);

#endif
