/* A photograph in, multi-scale features and a picture of them out. */
#include "descriptor.h"
#include "devices.h"
#include "features.h"
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
  struct descriptor descriptor;
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
static uint32_t tiles_per_call(const struct options *o, const VkPhysicalDeviceLimits *limits) {
  if (o->tiles_per_call || o->split_forward)
    return o->tiles_per_call;
  uint64_t tile = (uint64_t)3 * o->max_split_size * o->max_split_size;
  uint64_t features = (uint64_t)descriptor_shape(o->max_split_size, o->patch).tokens * DESCRIPTOR_CHANNELS;
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
      .height = run->photograph.size.height,
      .width = run->photograph.size.width,
      .scales = o->img_size_count ? NULL : o->scales,
      .img_sizes = o->img_size_count ? o->img_sizes : NULL,
      .scale_count = o->img_size_count ? o->img_size_count : o->scale_count,
      .max_split_size = o->max_split_size,
      .split_mode = o->split_mode,
      .resize_output_to_idx = o->resize_output_to_idx,
      .output_shape = o->output_shape,
      .split_forward = o->split_forward,
      .tiles_per_call = tiles_per_call(o, limits),
      .model = descriptor_shape(o->max_split_size, o->patch),
      .output_type = o->type,
  };
  run->layout.struct_size = sizeof run->layout;
  if (s2vk_context_create(&run->gpu, &run->context) || s2vk_plan_create(run->context, &info, &run->plan) ||
      s2vk_plan_get_layout(run->plan, &run->layout))
    return false;
  VkDeviceSize tiles = run->layout.tiles_bytes, features = run->layout.features_bytes;
  if (tiles > limits->maxStorageBufferRange || features > limits->maxStorageBufferRange) {
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
  if (s2vk_binding_create(run->plan, NULL, &run->binding))
    return false;
  VkResult result =
      descriptor_create(&run->descriptor, run->gpu.device, run->plan, run->binding, o->patch, o->output_shape);
  if (result)
    fprintf(stderr, "extract: the model cannot be made: VkResult %d\n", result);
  return !result;
}

static double now(void) {
  struct timespec time;
  timespec_get(&time, TIME_UTC);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static bool forward(struct run *run, const struct options *o) {
  float *planes = photograph_planes(&run->photograph);
  if (!planes || !features_allocate(&run->features, &run->layout, o->type, o->output_shape)) {
    fprintf(stderr, "extract: no memory for %s and its features\n", o->image);
    free(planes);
    return false;
  }
  const s2vk_model model = {.struct_size = sizeof model, .user = &run->descriptor, .record = descriptor_record};
  double start = now();
  s2vk_result result = s2vk_forward(
      run->binding, &model, planes, (size_t)run->layout.input_bytes, run->features.data, run->features.bytes);
  run->seconds = now() - start;
  free(planes);
  return !result;
}

static void print_run(const struct run *run, const struct options *o) {
  static const char *const types[] = {[S2VK_TYPE_F32] = "f32", [S2VK_TYPE_F16] = "f16", [S2VK_TYPE_BF16] = "bf16"};
  printf("device   %s\n", run->properties.deviceName);
  printf("image    %s, %u x %u (height x width)\n", o->image, run->photograph.size.height, run->photograph.size.width);
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
}

static bool write_files(const struct run *run, const struct options *o) {
  if (!features_write(&run->features, o->output))
    return false;
  printf("wrote    %s\n", o->output);

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
  descriptor_destroy(&run->descriptor);
  s2vk_binding_destroy(&run->binding);
  s2vk_plan_destroy(&run->plan);
  s2vk_context_destroy(&run->context);
  s2vk_device_close(&run->gpu);
  photograph_free(&run->photograph);
}

static bool extract(struct run *run, const struct options *o) {
  if (!photograph_read(&run->photograph, o->image) || !open_device(run, o->device) || !make_plan(run, o) ||
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
