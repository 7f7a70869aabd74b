/* The model: the descriptor, or a vision transformer. */
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
  char identity[VIT_IDENTITY_BYTES]; /* a hash of the folder's content */
};

/* These functions return false and print the reason on stderr if they fail. */

/* Reads the model's folder, if one is given. */
bool model_open(struct model *model, const struct options *options);

/* The preset, with the model's mean and standard deviation. */
struct preset_choice model_preset(const struct model *model, const struct options *options);

/* How photographs are read for the model. If the model makes photographs small anyway, larger ones than allowed may be
 * decoded at a smaller size. */
struct photograph_options model_images(const struct model *model, const struct options *options);

/* The preprocessing of a photograph for a transformer. */
struct vit_preprocess model_preprocess(const struct model *model, const struct options *options);

/* Lists the files of the model's folder, up to MODEL_MAX_FILES. Returns their number. */
#define MODEL_MAX_FILES 64
size_t model_files(const struct options *options, struct source *files);

/* A photograph as the input of a plan. */
struct model_input {
  void *data; /* free() it */
  size_t bytes;
  s2vk_size size;
};

/* Makes the input from a photograph, whose pixels may be taken over. For a transformer it is a tensor of 3 x size, as
 * its image processor makes it. For the descriptor, and with --preset, it is the pixels themselves. Any thread. */
bool model_take(const struct model *model, const struct options *options, struct photograph *photograph,
    struct model_input *input, struct vit_error *error);

/* Converts the input of the model back to an image. Returns false if there is no memory. */
bool model_view(
    const struct model *model, const struct options *options, const struct model_input *input, struct photograph *view);

/* Makes the model on the device, and uploads its weights. */
bool model_create(struct model *model, const struct options *options, const s2vk_context_info *gpu);

/* The facts about a model that a plan needs. */
uint32_t model_side(const struct model *model, const struct options *options);
uint32_t model_prefix(const struct model *model);
s2vk_model_shape model_shape(const struct model *model, const struct options *options);

/* Binds the model to the tiles and features of a binding, in place of an earlier one, for calls of up to the plan's
 * size. */
bool model_bind(struct model *model, const struct options *options, VkDevice device, const s2vk_plan *plan,
    const s2vk_binding *binding);
s2vk_model model_callbacks(struct model *model);
void model_destroy(struct model *model);

#endif
