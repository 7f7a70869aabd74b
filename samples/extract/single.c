#include "single.h"

#include "features.h"
#include "picture.h"
#include "plan.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>

/* Everything that is made on the way. */
struct run {
  struct photograph photograph;
  struct device device;
  s2vk_context *context;
  s2vk_plan *plan;
  s2vk_plan_layout layout;
  s2vk_binding *binding;
  struct model model;
  struct model_input input;
  struct features features;
  double seconds;
};

static bool make_model(struct run *run, const struct options *o) {
  return !s2vk_binding_create(run->plan, NULL, &run->binding) &&
         model_bind(&run->model, o, run->device.info.device, run->plan, run->binding);
}

static bool forward(struct run *run, const struct options *o) {
  if (!features_allocate(&run->features, &run->layout, o->type, o->output_shape)) {
    fprintf(stderr, "extract: no memory for the features of %s\n", o->inputs[0]);
    return false;
  }
  const s2vk_model model = model_callbacks(&run->model);
  for (uint32_t i = 0; i < o->runs; i++) {
    double start = seconds_now();
    if (s2vk_forward(run->binding, &model, run->input.data, run->input.bytes, run->features.data, run->features.bytes))
      return false;
    double seconds = seconds_now() - start;
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
  printf("device   %s\n", run->device.properties.deviceName);
  printf(
      "image    %s, %u x %u (height x width)\n", o->inputs[0], run->photograph.size.height, run->photograph.size.width);
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
  struct photograph view;
  if (!model_view(&run->model, &run->input, &view)) {
    fprintf(stderr, "extract: --picture %s: no memory for it\n", o->picture);
    return false;
  }
  bool done = picture_write(&run->features, &view, height, width, o->picture);
  photograph_free(&view);
  if (!done)
    return false;
  printf("wrote    %s: photograph, each scale, all scales\n", o->picture);
  return true;
}

static void clean_up(struct run *run) {
  features_free(&run->features);
  free(run->input.data);
  model_destroy(&run->model);
  s2vk_binding_destroy(&run->binding);
  s2vk_plan_destroy(&run->plan);
  s2vk_context_destroy(&run->context);
  device_close(&run->device);
  photograph_free(&run->photograph);
}

static bool read_image(struct run *run, const struct options *o) {
  char reason[PHOTOGRAPH_REASON_BYTES];
  struct vit_error error;
  if (!photograph_read(&run->photograph, o->inputs[0], reason))
    fprintf(stderr, "extract: %s: %s\n", o->inputs[0], reason);
  else if (!model_take(&run->model, o, &run->photograph, &run->input, &error))
    fprintf(stderr, "extract: %s: %s\n", o->inputs[0], error.text);
  else
    return true;
  return false;
}

static bool extract(struct run *run, const struct options *o) {
  if (!model_open(&run->model, o) || !read_image(run, o) || !device_open(&run->device, o->device) ||
      !model_create(&run->model, o, &run->device.info) || s2vk_context_create(&run->device.info, &run->context) ||
      plan_create(run->context, &run->device, &run->model, o, run->input.size, 1, &run->plan, &run->layout) ||
      !make_model(run, o) || !forward(run, o))
    return false;
  print_run(run, o);
  return write_files(run, o);
}

bool single_run(const struct options *options) {
  struct run run = {0};
  bool done = extract(&run, options);
  clean_up(&run);
  return done;
}
