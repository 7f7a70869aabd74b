/* What S2 goes around: the descriptor, or a vision transformer. */
#ifndef EXTRACT_MODEL_H
#define EXTRACT_MODEL_H

#include "descriptor.h"
#include "options.h"

struct model {
  struct descriptor descriptor;
  struct vit_folder *folder; /* NULL: it is the descriptor */
  struct vit *vit;
};

/* Each is false, with the reason on stderr, if it fails. */

/* Reads the folder if one is given. */
bool model_open(struct model *model, const struct options *options);

/* The photograph of height x width x 3 as the model wants it: a new tensor of 3 x size. */
float *model_preprocess(
    const struct model *model, const struct options *options, const unsigned char *pixels, s2vk_size *size);

/* Makes the model on the device: uploads its weights. */
bool model_create(struct model *model, const struct options *options, const s2vk_context_info *gpu);

/* What a plan needs to know of it. */
uint32_t model_side(const struct model *model, const struct options *options);
uint32_t model_prefix(const struct model *model);
s2vk_model_shape model_shape(const struct model *model, const struct options *options);

bool model_bind(struct model *model, const struct options *options, VkDevice device, const s2vk_plan *plan,
    const s2vk_binding *binding);
s2vk_model model_callbacks(struct model *model);
void model_destroy(struct model *model);

#endif
