/* A photograph in, multi-scale features and a picture of them out. */
#include "devices.h"
#include "features.h"
#include "model.h"
#include "options.h"
#include "picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CALL_BYTES (128u << 20) /* what the tiles of a call take at most, unless told otherwise */

/* Everything that is made on the way. */
struct run {
  struct photograph photograph;
  s2vk_context_info gpu;
  VkPhysicalDeviceProperties properties;
  s2vk_context *context;
  s2vk_plan *plan;
  s2vk_plan_layout layout;
  s2vk_binding *binding;
  struct model model;
  s2vk_size size; /* of the input */
  float *planes;
  struct features features;
  double seconds;
};

static void print_log(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  if (level != S2VK_LOG_INFO)
    fprintf(stderr, "extract: %s\n", message);
}

static bool open_device(struct run *run, int32_t index) {
  volkInitialize(); /* without a Vulkan loader, vkGetInstanceProcAddr is NULL */
  if (!vkGetInstanceProcAddr) {
    fprintf(stderr, "extract: no Vulkan loader is installed\n");
    return false;
  }
  const s2vk_device_info info = {.struct_size = sizeof info,
      .get_instance_proc_addr = vkGetInstanceProcAddr,
      .device_index = index,
      .log = print_log};
  if (s2vk_device_open(&info, &run->gpu)) {
    if (index)
      fprintf(stderr, "extract: --device %d: --list says which there are\n", index);
    return false;
  }
  volkLoadInstance(run->gpu.instance);
  vkGetPhysicalDeviceProperties(run->gpu.physical_device, &run->properties);
  return true;
}

/* Tiles per call that keep the model's buffers within CALL_BYTES and within what a descriptor can reach. */
static uint32_t tiles_per_call(const struct run *run, const struct options *o) {
  const VkPhysicalDeviceLimits *limits = &run->properties.limits;
  if (o->tiles_per_call || o->split_forward)
    return o->tiles_per_call;
  uint64_t side = model_side(&run->model, o), tile = 3 * side * side;
  s2vk_model_shape shape = model_shape(&run->model, o);
  uint64_t features = (uint64_t)shape.tokens * shape.channels;
  uint64_t bytes = (tile > features ? tile : features) * sizeof(float);
  uint64_t limit = limits->maxStorageBufferRange < CALL_BYTES ? limits->maxStorageBufferRange : CALL_BYTES;
  return bytes < limit ? (uint32_t)(limit / bytes) : 1;
}

static bool make_plan(struct run *run, const struct options *o) {
  const VkPhysicalDeviceLimits *limits = &run->properties.limits;
  const s2vk_plan_info info = {
      .struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = run->size.height,
      .width = run->size.width,
      .scales = o->img_size_count ? NULL : o->scales,
      .img_sizes = o->img_size_count ? o->img_sizes : NULL,
      .scale_count = o->img_size_count ? o->img_size_count : o->scale_count,
      .max_split_size = model_side(&run->model, o),
      .num_prefix_token = model_prefix(&run->model),
      .split_mode = o->split_mode,
      .resize_output_to_idx = o->resize_output_to_idx,
      .output_shape = o->output_shape,
      .split_forward = o->split_forward,
      .tiles_per_call = tiles_per_call(run, o),
      .model = model_shape(&run->model, o),
      .output_type = o->type,
  };
  run->layout.struct_size = sizeof run->layout;
  if (s2vk_context_create(&run->gpu, &run->context) || s2vk_plan_create(run->context, &info, &run->plan) ||
      s2vk_plan_get_layout(run->plan, &run->layout))
    return false;
  VkDeviceSize tiles = run->layout.tiles_bytes, features = run->layout.features_bytes;
  if (!run->model.vit && (tiles > limits->maxStorageBufferRange || features > limits->maxStorageBufferRange)) {
    fprintf(stderr,
        "extract: %u tiles of %u x %u in a call take %llu bytes, and their features %llu; a storage buffer of this "
        "device has at most %u: lower --tiles-per-call or --max-split-size, or raise --patch\n",
        (unsigned)(tiles / (12ull * o->max_split_size * o->max_split_size)), o->max_split_size, o->max_split_size,
        (unsigned long long)tiles, (unsigned long long)features, limits->maxStorageBufferRange);
    return false;
  }
  return true;
}

static bool make_model(struct run *run, const struct options *o) {
  return !s2vk_binding_create(run->plan, NULL, &run->binding) &&
         model_bind(&run->model, o, run->gpu.device, run->plan, run->binding);
}

static double now(void) {
  struct timespec time;
  timespec_get(&time, TIME_UTC);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static bool forward(struct run *run, const struct options *o) {
  if (!features_allocate(&run->features, &run->layout, o->type, o->output_shape)) {
    fprintf(stderr, "extract: no memory for the features of %s\n", o->image);
    return false;
  }
  const s2vk_model model = model_callbacks(&run->model);
  for (uint32_t i = 0; i < o->runs; i++) {
    double start = now();
    if (s2vk_forward(run->binding, &model, run->planes, (size_t)run->layout.input_bytes, run->features.data,
            run->features.bytes))
      return false;
    double seconds = now() - start;
    run->seconds = i && run->seconds < seconds ? run->seconds : seconds;
  }
  return true;
}

static void print_model(const struct run *run) {
  const struct vit *vit = run->model.vit;
  const struct vit_config *config = vit_folder_config(run->model.folder);
  printf("model    %s, %u layers of %u, patches of %u, tiles of %u: %.1f MB of weights, %.1f MB of workspace\n",
      config->family->name, config->layers, config->hidden, config->patch_size, vit_side(vit),
      (double)vit_weight_bytes(vit) / 1e6, (double)vit_workspace_bytes(vit) / 1e6);
}

static void print_run(const struct run *run, const struct options *o) {
  static const char *const types[] = {[S2VK_TYPE_F32] = "f32", [S2VK_TYPE_F16] = "f16", [S2VK_TYPE_BF16] = "bf16"};
  printf("device   %s\n", run->properties.deviceName);
  printf("image    %s, %u x %u (height x width)\n", o->image, run->photograph.size.height, run->photograph.size.width);
  if (run->model.vit)
    print_model(run);
  for (uint32_t i = 0; i < run->layout.scale_count; i++) {
    s2vk_scale_layout scale = {.struct_size = sizeof scale};
    s2vk_plan_get_scale(run->plan, i, &scale);
    printf("scale %-2u %u x %u, %s to %u x %u: %u x %u tiles of %u x %u, %u x %u tokens\n", i, scale.image.height,
        scale.image.width, o->split_mode == S2VK_SPLIT_PAD ? "padded" : "resized", scale.padded.height,
        scale.padded.width, scale.tiles.height, scale.tiles.width, scale.tile_side, scale.tile_side, scale.own.height,
        scale.own.width);
  }
  const s2vk_shape *shape = &run->layout.output;
  printf("output   %u", shape->dims[0]);
  for (uint32_t i = 1; i < shape->rank; i++)
    printf(" x %u", shape->dims[i]);
  printf(" %s, on a grid of %u x %u\n", types[o->type], run->layout.output_grid.height, run->layout.output_grid.width);
  printf("forward  %.1f ms for %llu tiles in %u model calls\n", run->seconds * 1e3,
      (unsigned long long)run->layout.tile_count, run->layout.call_count);
  if (run->model.vit)
    printf("speed    %.3f images/s, %.1f GFLOP/s of the model's\n", 1 / run->seconds,
        vit_flops(run->model.vit) * (double)run->layout.tile_count / run->seconds / 1e9);
}

static bool write_files(const struct run *run, const struct options *o) {
  if (!features_write(&run->features, o->output))
    return false;
  printf("wrote    %s\n", o->output);
  if (!o->picture)
    return true;

  /* Tokens to the right and below of a padded image may lie in it in part only. */
  s2vk_scale_layout scale = {.struct_size = sizeof scale};
  int32_t index = o->resize_output_to_idx;
  s2vk_plan_get_scale(run->plan, (uint32_t)(index < 0 ? index + (int32_t)run->layout.scale_count : index), &scale);
  double height = scale.own.height, width = scale.own.width;
  if (o->split_mode == S2VK_SPLIT_PAD) {
    height = (double)scale.image.height / scale.padded.height * scale.grid.height;
    width = (double)scale.image.width / scale.padded.width * scale.grid.width;
  }
  if (!picture_write(&run->features, &run->photograph, height, width, o->picture))
    return false;
  printf("wrote    %s: photograph, each scale, all scales\n", o->picture);
  return true;
}

static void clean_up(struct run *run) {
  features_free(&run->features);
  free(run->planes);
  model_destroy(&run->model);
  s2vk_binding_destroy(&run->binding);
  s2vk_plan_destroy(&run->plan);
  s2vk_context_destroy(&run->context);
  s2vk_device_close(&run->gpu);
  photograph_free(&run->photograph);
}

static bool extract(struct run *run, const struct options *o) {
  char error[PHOTOGRAPH_ERROR_BYTES];
  if (!model_open(&run->model, o))
    return false;
  if (!photograph_read(&run->photograph, o->image, error)) {
    fprintf(stderr, "extract: %s\n", error);
    return false;
  }
  run->size = run->photograph.size;
  run->planes = model_preprocess(&run->model, o, run->photograph.pixels, &run->size);
  if (!run->planes || !open_device(run, o->device) || !model_create(&run->model, o, &run->gpu) || !make_plan(run, o) ||
      !make_model(run, o) || !forward(run, o))
    return false;
  print_run(run, o);
  return write_files(run, o);
}

int main(int argc, char **argv) {
  struct options options;
  if (!options_parse(&options, argc, argv))
    return 2;
  if (options.help) {
    options_print_help();
    return 0;
  }
  struct run run = {0};
  bool done = options.list ? open_device(&run, 0) && devices_print(run.gpu.instance, run.gpu.physical_device)
                           : extract(&run, &options);
  clean_up(&run);
  return done ? 0 : 1;
}
