/* Vision models that run as s2vk models: transformers and ConvNets, read from the folders that Hugging Face transformers, timm
 * and open_clip save (config.json, preprocessor_config.json, model.safetensors). README.md lists the families.
 *
 * In their order, without the errors:
 *
 *   vit_folder_open("clip-vit-base-patch32", &folder, &error);     reads and checks the folder
 *   vit_create(folder, &gpu, &(struct vit_options){0}, &vit, &error);     uploads weights, makes pipelines
 *   info.model = vit_shape(vit);                                   s2vk_plan_info, with f32 tiles and features
 *   info.num_prefix_token = vit_prefix(vit);
 *   info.max_split_size = vit_side(vit);
 *   s2vk_plan_create(context, &info, &plan);
 *   s2vk_binding_create(plan, NULL, &binding);
 *   vit_bind(vit, plan, binding, &error);                          makes descriptors and the workspace
 *   model = vit_model(vit);                                        for s2vk_forward() and s2vk_record()
 *
 * A function that can fail returns false and puts the reason into *error. Vulkan is called through volk, so volkLoadInstance() or
 * volkLoadDevice() comes first. One thread at a time may use a struct vit; several of one folder may be used at once. */
#ifndef VIT_H
#define VIT_H

#include <volk.h>

#include "config.h"
#include "preprocess.h"

#include <s2vk/s2vk.h>

/* ---- A folder: a model as it was saved ---- */

struct vit_folder;

/* Reads the folder's JSON files and maps its weights, in one file or in several. Checks that they have every tensor of the family
 * in its shape, and no tensor that the family does not have. */
bool vit_folder_open(const char *path, struct vit_folder **folder, struct vit_error *error);

/* Clears the handle; accepts NULL in it. A struct vit does not need the folder once it is made. */
void vit_folder_close(struct vit_folder **folder);

const struct vit_config *vit_folder_config(const struct vit_folder *folder);
const struct vit_preprocess *vit_folder_preprocess(const struct vit_folder *folder);

/* ---- A model: on a device, with options ---- */

/* Whether the final norm is applied to what is returned. */
enum vit_norm {
  VIT_NORM_DEFAULT = 0, /* as transformers' hidden_states, and as last_hidden_state for the last layer */
  VIT_NORM_ON = 1,      /* to the output of any layer */
  VIT_NORM_OFF = 2,
};

#define VIT_MAX_LEVELS 8

/* Which features the model returns. All zero: transformers' last_hidden_state. */
struct vit_options {
  /* The layer whose output is returned: 1 for the first; 0 or -1 for the last, -2 for the one before it. */
  int32_t layer;
  /* Several layers of one forward, in place of layer: its *levels*. s2vk merges each by a plan of its own, see
   * vit_bind_levels(). layer_count 0: layer alone. */
  int32_t layers[VIT_MAX_LEVELS];
  uint32_t layer_count;
  /* Leaves out the tokens ahead of the patches' (CLS, distillation, registers). */
  bool without_cls;
  /* Returns feature maps in place of tokens, without those ahead, for plans of output_shape BCHW. */
  bool maps;
  enum vit_norm norm;
  /* Pixels along a tile; 0: the side that the model was trained with. For any other side position embeddings are interpolated.
   * Pixels to the right and below that make no whole patch are left out. */
  uint32_t side;
  /* The largest number of tiles that go through the layers at once; the workspace grows with it. 0: the number that 256 MiB
   * hold. Calls may have any number of tiles. */
  uint32_t tiles_per_chunk;
  /* Called while weights are uploaded, with bytes; the last time done is total. May be NULL. */
  void (*progress)(void *user, uint64_t done, uint64_t total);
  void *progress_user;
};

struct vit;

/* Makes a model on gpu's device, with the shaders of gpu's variant. Uploads the weights that the features need through a staging
 * buffer of a few megabytes, on gpu's queue, and waits for it: no other thread may use the queue during the call. */
bool vit_create(const struct vit_folder *folder, const s2vk_context_info *gpu, const struct vit_options *options,
    struct vit **vit, struct vit_error *error);

/* Clears the handle; accepts NULL in it. The GPU must be done with everything that was recorded. */
void vit_destroy(struct vit **vit);

/* For s2vk_plan_info: what the model returns for a tile, the number of prefix tokens among that, and the side of a tile. */
s2vk_model_shape vit_shape(const struct vit *vit);
uint32_t vit_prefix(const struct vit *vit);
uint32_t vit_side(const struct vit *vit);

/* The number of levels, and what the model returns for each; that of level 0 is vit_shape(). */
uint32_t vit_level_count(const struct vit *vit);
s2vk_model_shape vit_level_shape(const struct vit *vit, uint32_t level);

/* Bytes on the device: of the weights, and after vit_bind() of the workspace for the largest call of the plan, or for a chunk. */
uint64_t vit_weight_bytes(const struct vit *vit);
uint64_t vit_workspace_bytes(const struct vit *vit);

/* Floating-point operations for one tile: a multiplication with its addition counts two. */
double vit_flops(const struct vit *vit);

/* Binds the model to the tiles and features of a binding of the plan, in place of an earlier one. The binding must outlive what is
 * recorded. The GPU must be done with what was recorded before. */
bool vit_bind(struct vit *vit, const s2vk_plan *plan, const s2vk_binding *binding, struct vit_error *error);

/* The same for several levels, with a plan and a binding for each. The plans differ only in the model's shape. To run them:
 * record the split of the first binding, call the model with the first binding's call, and record the merge of every binding. The
 * model reads the tiles of the first binding, and writes the features of all. */
bool vit_bind_levels(
    struct vit *vit, const s2vk_plan *const *plans, const s2vk_binding *const *bindings, struct vit_error *error);

/* The model for s2vk. Its callback records dispatches and the barriers between them, and allocates nothing. It returns
 * S2VK_ERROR_MODEL for tensors other than the bound ones. Two recordings of one struct vit share the workspace, so they must not
 * run at the same time on the GPU. */
s2vk_model vit_model(struct vit *vit);

#endif
