/* What S2 goes around: the descriptor, or a vision transformer. */
#ifndef EXTRACT_MODEL_H
#define EXTRACT_MODEL_H

#include "descriptor.h"
#include "identity.h"
#include "options.h"
#include "photograph.h"
#include "sources.h"

struct model {
  struct descriptor descriptor;
  struct vit_folder *folder; /* NULL: it is the descriptor */
  struct vit *vit;
  char name[64];                     /* of the folder */
  char identity[VIT_IDENTITY_BYTES]; /* of what is in it */
};

/* Each is false, with the reason on stderr, if it fails. */

/* Reads the folder if one is given. */
bool model_open(struct model *model, const struct options *options);

/* The preset, with the model's mean and standard deviation. */
struct preset_choice model_preset(const struct model *model, const struct options *options);

/* How photographs are read for it: larger ones than allowed may be decoded smaller where it makes them small anyway. */
struct photograph_options model_images(const struct model *model, const struct options *options);

/* The preprocessing of a photograph for a transformer. */
struct vit_preprocess model_preprocess(const struct model *model, const struct options *options);

/* The files of its folder, up to MODEL_MAX_FILES: how many there are. */
#define MODEL_MAX_FILES 64
size_t model_files(const struct options *options, struct source *files);

/* A photograph as the input of a plan. */
struct model_input {
  void *data; /* free() it */
  size_t bytes;
  s2vk_size size;
};

/* Takes a photograph, whose pixels may be moved: a transformer wants a tensor of 3 x size as its image processor makes
 * it, the descriptor, and a transformer with --preset, the pixels themselves. Any thread. */
bool model_take(const struct model *model, const struct options *options, struct photograph *photograph,
    struct model_input *input, struct vit_error *error);

/* Turns the input that the model sees into an image again. False if there is no memory. */
bool model_view(
    const struct model *model, const struct options *options, const struct model_input *input, struct photograph *view);

/* Makes the model on the device: uploads its weights. */
bool model_create(struct model *model, const struct options *options, const s2vk_context_info *gpu);

/* The facts about a model that a plan needs. */
uint32_t model_side(const struct model *model, const struct options *options);
uint32_t model_prefix(const struct model *model);
s2vk_model_shape model_shape(const struct model *model, const struct options *options);

/* Binds it to the tiles and features of a binding, in place of those of an earlier one, for calls as large as the
 * plan's. */
bool model_bind(struct model *model, const struct options *options, VkDevice device, const s2vk_plan *plan,
    const s2vk_binding *binding);
s2vk_model model_callbacks(struct model *model);
void model_destroy(struct model *model);

#endif
