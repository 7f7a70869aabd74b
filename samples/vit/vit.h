/* Vision transformers and ConvNets as s2vk models, from the folders that Hugging Face transformers saves (config.json,
 * preprocessor_config.json, model.safetensors), and those of timm and open_clip. README.md has the families.
 *
 *   vit_folder_open()  reads and checks the folder
 *   vit_create()       uploads the weights that the features need, makes pipelines and workspace
 *   s2vk_plan_create() with vit_shape() as model and vit_prefix() as num_prefix_token, f32 tiles and features, BNC
 *   vit_bind()         makes the descriptors for the binding's tiles and features
 *   vit_model()        gives the model for s2vk_forward() and s2vk_record()
 *
 * Functions that can fail return false, and put the reason into *error. Vulkan is called through volk, so call
 * volkLoadInstance() or volkLoadDevice() first. One thread at a time may use a vit. Any number of threads may use
 * different vits of one folder.
 *
 * A complete example for a square image. gpu is the device that s2vk_device_open() filled in:
 *
 *   struct vit_error error;
 *   struct vit_folder *folder;
 *   struct vit *vit;
 *   if (!vit_folder_open("clip-vit-base-patch32", &folder, &error) ||
 *       !vit_create(folder, &gpu, &(struct vit_options){0}, &vit, &error))
 *     fail(error.text);
 *   // Resized, cropped and normalized, as by the model's image processor. 3 x height x width floats; free() them.
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

/* A model on disk: its configuration, and its weights, mapped into memory. */
struct vit_folder;

/* Reads the folder's JSON files, maps its weights, in one file or in several, and checks that they have every tensor of
 * the family, in its shape, and none that is unknown. */
bool vit_folder_open(const char *path, struct vit_folder **folder, struct vit_error *error);

/* Clears the handle; accepts NULL in it. A vit does not need the folder any more once made. */
void vit_folder_close(struct vit_folder **folder);

/* The model's sizes (config.h), and its preprocessing (preprocess.h). Both live as long as the folder. */
const struct vit_config *vit_folder_config(const struct vit_folder *folder);
const struct vit_preprocess *vit_folder_preprocess(const struct vit_folder *folder);

/* ---- A model ---- */

enum vit_norm {
  VIT_NORM_DEFAULT = 0, /* as transformers' hidden_states, and as last_hidden_state for the last layer */
  VIT_NORM_ON = 1,      /* the final norm is applied, to any layer's output */
  VIT_NORM_OFF = 2,
};

/* What the products of a model's layers are computed in. Sums are in f32 always. */
enum vit_precision {
  VIT_PRECISION_F32 = 0,
  /* Matrices and what they multiply may be rounded to f16, where the device is faster by it: one that
   * vit_cooperative_enabling() (cooperative.h) opened, or another with the same features enabled. The largest
   * difference of the features is then below 2 % of the root of their mean square, and usually 0.2 %. Other devices
   * compute in f32, and so do the shaders for CPUs. */
  VIT_PRECISION_F16 = 1,
};

#define VIT_MAX_LEVELS 8

/* All zero: transformers' last_hidden_state. */
struct vit_options {
  int32_t layer; /* whose output to take: 1 for the first; -1 or 0 for the last, -2 for the one before it */
  int32_t layers[VIT_MAX_LEVELS]; /* several layers at once; s2vk merges each by a plan of its own */
  uint32_t layer_count;           /* length of layers; 0: `layer` alone */
  bool without_cls;               /* leave out the tokens ahead of the patches': CLS, distillation, registers */
  bool maps; /* return feature maps, for plans of output_shape BCHW, without the tokens ahead of the patches' */
  enum vit_norm norm; /* of the output */
  enum vit_precision precision;

  /* Side of a tile in pixels; 0: the side that the model was trained with. For another side the position embeddings are
   * interpolated. Pixels to the right and below that make no whole patch are left out. */
  uint32_t side;

  /* The most tiles that go through the layers at once; 0: those that 256 MiB of workspace hold. The workspace grows
   * with this number. Calls may have any number of tiles. */
  uint32_t tiles_per_chunk;

  /* Called as weights are uploaded, the last time with done == total; bytes. May be NULL. */
  void (*progress)(void *user, uint64_t done, uint64_t total);
  void *progress_user;
};

/* A model on the device. */
struct vit;

/* Makes a model on the device and queue of gpu; gpu->variant chooses the shaders. Uploads the weights through a staging
 * buffer of a few megabytes, and waits for the queue. No other thread may use the queue during the call. */
bool vit_create(const struct vit_folder *folder, const s2vk_context_info *gpu, const struct vit_options *options,
    struct vit **vit, struct vit_error *error);

/* Clears the handle; accepts NULL in it. The GPU must be done with all that was recorded. */
void vit_destroy(struct vit **vit);

/* What the products are computed by, in a word: "f32", or "f16 16x16x16" with what a subgroup multiplies at once. */
const char *vit_product_name(const struct vit *vit);

/* The shape of a tile's features, the number of prefix tokens among them, and the side of a tile. */
s2vk_model_shape vit_shape(const struct vit *vit);
uint32_t vit_prefix(const struct vit *vit);
uint32_t vit_side(const struct vit *vit);

/* The shape of a tile's features for each of the options' layers. The first one is vit_shape(). */
uint32_t vit_level_count(const struct vit *vit);
s2vk_model_shape vit_level_shape(const struct vit *vit, uint32_t level);

/* Bytes on the device: the weights; and, after vit_bind(), the workspace for the plan's largest call, or for a chunk.
 */
uint64_t vit_weight_bytes(const struct vit *vit);
uint64_t vit_workspace_bytes(const struct vit *vit);

/* Multiplications and additions for one tile. */
double vit_flops(const struct vit *vit);

/* Makes the descriptors for the tiles and features of a binding of the plan. They replace those of an earlier call,
 * whose recorded work the GPU must be done with. The binding must outlive the recorded work. */
bool vit_bind(struct vit *vit, const s2vk_plan *plan, const s2vk_binding *binding, struct vit_error *error);

/* The same for several layers, with a plan and a binding for each. The plans differ only in the model's shape. The
 * model reads the tiles of the first binding, and writes the features of all. Record the split of the first binding,
 * call the model with its calls, and record the merge of every binding. */
bool vit_bind_levels(
    struct vit *vit, const s2vk_plan *const *plans, const s2vk_binding *const *bindings, struct vit_error *error);

/* The model for s2vk. Its record callback records dispatches and the barriers between them, and allocates nothing. It
 * returns S2VK_ERROR_MODEL for tensors that were not bound. Recordings of one vit share its workspace, so they must not
 * run at the same time on the GPU. */
s2vk_model vit_model(struct vit *vit);

#endif
