/* Vision transformers and ConvNets as s2vk models, from the folders that Hugging Face transformers saves (config.json,
 * preprocessor_config.json, model.safetensors), and those of timm and open_clip. README.md has the families.
 *
 *   vit_folder_open()  reads and checks the folder
 *   vit_create()       uploads the weights that the features need, makes pipelines and workspace
 *   s2vk_plan_create() with vit_shape() as model and vit_prefix() as num_prefix_token, f32 tiles and features, BNC
 *   vit_bind()         makes the descriptors for the binding's tiles and features
 *   vit_model()        is then what s2vk_forward() and s2vk_record() take
 *
 * Functions that can fail return false and say why in *error. Vulkan is called through volk, so volkLoadInstance() or
 * volkLoadDevice() comes first. One vit may be used by one thread at a time; those of one folder by any number.
 *
 * All of it, with a device that is open (gpu, of s2vk_device_open()) and a context of it, for a square image:
 *
 *   struct vit_error error;
 *   struct vit_folder *folder;
 *   struct vit *vit;
 *   if (!vit_folder_open("clip-vit-base-patch32", &folder, &error) ||
 *       !vit_create(folder, &gpu, &(struct vit_options){0}, &vit, &error))
 *     fail(error.text);
 *   // As its image processor has it: resized, cropped, normalized. 3 x height x width floats; free() them.
 *   const struct vit_preprocess at = vit_preprocess_at(vit_folder_preprocess(folder), 224);
 *   float *input = vit_preprocess_run(&at, rgb, &height, &width, &error);
 *
 *   const s2vk_plan_info info = {.struct_size = sizeof info, .batch = 1, .channels = 3, .height = height,
 *       .width = width, .scales = (double[]){1, 2}, .scale_count = 2, .max_split_size = vit_side(vit),
 *       .model = vit_shape(vit), .num_prefix_token = vit_prefix(vit)};
 *   s2vk_plan_create(context, &info, &plan);
 *   s2vk_binding_create(plan, NULL, &binding);
 *   vit_bind(vit, plan, binding, &error);
 *   const s2vk_model model = vit_model(vit);
 *   s2vk_forward(binding, &model, input, input_bytes, output, output_bytes); // 1 x 50 x 1536 */
#ifndef VIT_H
#define VIT_H

#include <volk.h>

#include "config.h"
#include "preprocess.h"

#include <s2vk/s2vk.h>

/* ---- A folder ---- */

/* A model on disk: what its configuration says, and its weights, mapped. */
struct vit_folder;

/* Reads the folder's JSON files, maps its weights, in one file or in several, and checks that they have every tensor of
 * the family, in its shape, and none that is unknown. */
bool vit_folder_open(const char *path, struct vit_folder **folder, struct vit_error *error);

/* Clears the handle; accepts NULL in it. A vit does not need the folder any more once made. */
void vit_folder_close(struct vit_folder **folder);

/* Its sizes (config.h), and what is done to an image ahead of it (preprocess.h). They live as long as the folder. */
const struct vit_config *vit_folder_config(const struct vit_folder *folder);
const struct vit_preprocess *vit_folder_preprocess(const struct vit_folder *folder);

/* ---- A model ---- */

enum vit_norm {
  VIT_NORM_DEFAULT = 0, /* as transformers' hidden_states, and as last_hidden_state for the last layer */
  VIT_NORM_ON = 1,      /* the final norm is applied, to any layer's output */
  VIT_NORM_OFF = 2,
};

#define VIT_MAX_LEVELS 8

/* All zero: transformers' last_hidden_state. */
struct vit_options {
  int32_t layer; /* whose output to take: 1 for the first; -1 or 0 for the last, -2 for the one before it */
  int32_t layers[VIT_MAX_LEVELS]; /* of several at once, which s2vk merges each by a plan of its own; */
  uint32_t layer_count;           /* 0: of the one above */
  bool without_cls;               /* leave out the tokens ahead of the patches': CLS, distillation, registers */
  bool maps;          /* return feature maps, for plans of output_shape BCHW, in place of tokens; without those ahead */
  enum vit_norm norm; /* of what is returned */
  uint32_t side;      /* of a tile in pixels; 0: the one trained with. For any other one the position embeddings are
                         interpolated. Pixels to the right and below that make no whole patch are left out */
  uint32_t tiles_per_chunk; /* tiles that go through the layers at once, at most, in whose number the workspace grows;
                               0: as many as 256 MiB hold. Calls may have any number of tiles */
  /* Called as weights are uploaded, the last time with done == total; bytes. May be NULL. */
  void (*progress)(void *user, uint64_t done, uint64_t total);
  void *progress_user;
};

/* A model on the device. */
struct vit;

/* The device is the one of gpu, with its queue, and shaders are chosen by its variant. Uploads the weights through a
 * staging buffer of a few megabytes and waits for the queue, which no other thread may use during the call. */
bool vit_create(const struct vit_folder *folder, const s2vk_context_info *gpu, const struct vit_options *options,
    struct vit **vit, struct vit_error *error);

/* Clears the handle; accepts NULL in it. The GPU must be done with all that was recorded. */
void vit_destroy(struct vit **vit);

/* What it returns for a tile, and how many of the tokens are prefix tokens. */
s2vk_model_shape vit_shape(const struct vit *vit);
uint32_t vit_prefix(const struct vit *vit);
uint32_t vit_side(const struct vit *vit);

/* What it returns of each of the layers that were asked for; of the first it is vit_shape(). */
uint32_t vit_level_count(const struct vit *vit);
s2vk_model_shape vit_level_shape(const struct vit *vit, uint32_t level);

/* Bytes on the device: weights, and, once bound, the workspace: that of the plan's largest call, or of a chunk. */
uint64_t vit_weight_bytes(const struct vit *vit);
uint64_t vit_workspace_bytes(const struct vit *vit);

/* Multiplications and additions for one tile. */
double vit_flops(const struct vit *vit);

/* Makes ready to be called with the tiles and features of a binding of the plan; replaces those of an earlier call. The
 * binding must outlive what is recorded, and the GPU be done with what was recorded before. */
bool vit_bind(struct vit *vit, const s2vk_plan *plan, const s2vk_binding *binding, struct vit_error *error);

/* The same for several layers, with a plan and a binding for each. Plans differ in the model's shape alone. Tiles are
 * those of the first binding, whose split is recorded, and with whose calls the model is called; it writes the features
 * of all bindings, and the merge of each is recorded. */
bool vit_bind_levels(
    struct vit *vit, const s2vk_plan *const *plans, const s2vk_binding *const *bindings, struct vit_error *error);

/* Its record callback records dispatches and barriers between them, allocates nothing, and returns S2VK_ERROR_MODEL
 * for tensors other than those it was bound to. Recordings of one vit must not run at the same time on the GPU, since
 * they share the workspace. */
s2vk_model vit_model(struct vit *vit);

#endif
