/* A model's folder once read. */
#ifndef VIT_FOLDER_H
#define VIT_FOLDER_H

#include "safetensors.h"
#include "vit.h"

#define VIT_NO_LAYER UINT32_MAX

struct vit_folder {
  struct vit_config config;
  struct vit_family family; /* of a checkpoint that has a part of its family's tensors; else not in use */
  struct vit_preprocess preprocess;
  struct safetensors weights;
  const char *root;       /* what names begin with */
  const char *layer_root; /* and those of layers, usually the same */
};

/* A tensor of the model, or of a layer of it, by its name in the family's table and what follows it. */
const struct safetensors_tensor *vit_folder_tensor(
    const struct vit_folder *folder, uint32_t layer, const char *name, const char *suffix);

#endif
