#define _POSIX_C_SOURCE 200809L

#include "single.h"

#include "describe.h"
#include "host_features.h"
#include "index.h"
#include "lock.h"
#include "output.h"
#include "picture.h"
#include "plan.h"
#include "progress.h"
#include "tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything that a run makes. */
struct run {
  struct source source;
  struct lock lock; /* on the output, and what is beside it */
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
  bool broken; /* the photograph cannot be read */
};

static bool make_model(struct run *run, const struct options *o) {
  return !s2vk_binding_create(run->plan, NULL, &run->binding) &&
         model_bind(&run->model, o, run->device.info.device, run->plan, run->binding);
}

static bool forward(struct run *run, const struct options *o) {
  if (!features_allocate(&run->features, &run->layout, o->type, o->output_shape)) {
    message_print("no memory for the features of %s", o->inputs[0]);
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

static void print_model(const struct run *run, const struct options *o) {
  const struct vit *vit = run->model.vit;
  const struct vit_config *config = vit_folder_config(run->model.folder);
  tell(o, "model    %s, %u layers of %u, patches of %u, tiles of %u: %.1f MB of weights, %.1f MB of workspace\n",
      config->family->name, config->layers, config->hidden, config->patch_size, vit_side(vit),
      (double)vit_weight_bytes(vit) / 1e6, (double)vit_workspace_bytes(vit) / 1e6);
}

static void print_run(const struct run *run, const struct options *o) {
  static const char *const types[] = {[S2VK_TYPE_F32] = "f32", [S2VK_TYPE_F16] = "f16", [S2VK_TYPE_BF16] = "bf16"};
  tell(o, "device   %s\n", run->device.properties.deviceName);
  tell(o, "image    %s, %u x %u (height x width)\n", o->inputs[0], run->photograph.size.height,
      run->photograph.size.width);
  if (run->model.vit)
    print_model(run, o);
  for (uint32_t i = 0; i < run->layout.scale_count; i++) {
    s2vk_scale_layout scale = {.struct_size = sizeof scale};
    s2vk_plan_get_scale(run->plan, i, &scale);
    tell(o, "scale %-2u %u x %u, %s to %u x %u: %u x %u tiles of %u x %u, %u x %u tokens\n", i, scale.image.height,
        scale.image.width, o->split_mode == S2VK_SPLIT_PAD ? "padded" : "resized", scale.padded.height,
        scale.padded.width, scale.tiles.height, scale.tiles.width, scale.tile_side, scale.tile_side, scale.own.height,
        scale.own.width);
  }
  const s2vk_shape *shape = &run->layout.output;
  tell(o, "output   %u", shape->dims[0]);
  for (uint32_t i = 1; i < shape->rank; i++)
    tell(o, " x %u", shape->dims[i]);
  if (o->prefix_only)
    tell(o, " %s, prefix tokens alone\n", types[o->type]);
  else
    tell(o, " %s, on a grid of %u x %u\n", types[o->type], run->layout.output_grid.height,
        run->layout.output_grid.width);
  if (o->blocks)
    tell(o, "blocks   %u x %u, one after the other, of %u x %u tokens\n",
        run->layout.output_grid.height / run->layout.output_block.height,
        run->layout.output_grid.width / run->layout.output_block.width, run->layout.output_block.height,
        run->layout.output_block.width);
  tell(o, "forward  %.1f ms for %llu tiles in %u model calls\n", run->seconds * 1e3,
      (unsigned long long)run->layout.tile_count, run->layout.call_count);
  if (run->model.vit)
    tell(o, "speed    %.3f images/s, %.1f GFLOP/s of the model's\n", 1 / run->seconds,
        vit_flops(run->model.vit) * (double)run->layout.tile_count / run->seconds / 1e9);
}

/* Writes how the features were made, beside them. */
static bool write_record(const struct run *run, const struct options *o) {
  char reason[OUTPUT_REASON_BYTES];
  const struct plan_facts facts = plan_get_facts(run->plan, o);
  const struct described described = {
      &run->source, &run->photograph, run->input.size, &facts, &run->features.shape, o->type};
  cJSON *record;
  bool done = describe_write(&described, o, &run->model, o->output, &record, reason);
  if (!done)
    message_print("--output %s.json: %s", o->output, reason);
  tell_json(o, record);
  cJSON_Delete(record);
  return done;
}

static bool write_files(const struct run *run, const struct options *o) {
  if (!features_write(&run->features, o->output) || !write_record(run, o))
    return false;
  tell(o, "wrote    %s\n", o->output);
  if (!o->picture)
    return true;

  /* Tokens at the right and lower edge of a padded image may cover it only in part. */
  s2vk_scale_layout scale = {.struct_size = sizeof scale};
  int32_t index = o->resize_output_to_idx;
  s2vk_plan_get_scale(run->plan, (uint32_t)(index < 0 ? index + (int32_t)run->layout.scale_count : index), &scale);
  double height = scale.own.height, width = scale.own.width;
  if (o->split_mode == S2VK_SPLIT_PAD) {
    height = (double)scale.image.height / scale.padded.height * scale.grid.height;
    width = (double)scale.image.width / scale.padded.width * scale.grid.width;
  }
  struct photograph view;
  if (!model_view(&run->model, o, &run->input, &view)) {
    message_print("--picture %s: no memory for it", o->picture);
    return false;
  }
  bool done = picture_write(&run->features, &view, height, width, o->picture);
  photograph_free(&view);
  if (!done)
    return false;
  tell(o, "wrote    %s: photograph, each scale, all scales\n", o->picture);
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
  lock_release(&run->lock);
  free(run->source.name);
}

static bool read_image(struct run *run, const struct options *o) {
  char reason[PHOTOGRAPH_REASON_BYTES];
  struct vit_error error;
  const struct photograph_options images = model_images(&run->model, o);
  if (!photograph_read_as(&run->photograph, &images, o->inputs[0], reason))
    tell_broken(o, &run->source, reason);
  else if (!model_take(&run->model, o, &run->photograph, &run->input, &error))
    tell_broken(o, &run->source, error.text);
  else
    return true;
  run->broken = true;
  return false;
}

/* ---- Before it begins ---- */

/* The path with more at its end; NULL without memory. */
static char *extend(const char *path, const char *ending) {
  char *extended = malloc(strlen(path) + strlen(ending) + 1);
  return extended ? strcat(strcpy(extended, path), ending) : NULL;
}

static bool is_input(const struct run *run, const char *path, const struct source *files, size_t count) {
  bool input = source_is(&run->source, path);
  for (size_t i = 0; !input && i < count; i++)
    input = source_is(&files[i], path);
  return input;
}

/* The file, and the one that it is until it is complete. */
static bool check_output(
    const struct run *run, const char *option, const char *path, const struct source *files, size_t count) {
  char reason[OUTPUT_REASON_BYTES] = "no memory for its name", *partial = extend(path, ".part");
  const bool input = partial && (is_input(run, path, files, count) || is_input(run, partial, files, count));
  const bool done = partial && !input && output_check(path, reason);
  free(partial);
  if (!done)
    message_print("%s %s: %s", option, path, input ? "is one of the inputs" : reason);
  return done;
}

static bool check_record(const char *path) {
  if (index_record_is_own(path))
    return true;
  message_print("%s: is no record of extract, and would be written over: move it, or give another --output", path);
  return false;
}

/* Outputs that are inputs, or that cannot be written, are reported before anything else is done. */
static bool check_outputs(struct run *run, const struct options *o) {
  struct source files[MODEL_MAX_FILES] = {0}, output = {0};
  size_t count = model_files(o, files);
  const char *slash = strrchr(o->inputs[0], '/');
  run->source.path = o->inputs[0];
  run->source.name = strdup(slash ? slash + 1 : o->inputs[0]);
  sources_describe_file(&run->source, o->inputs[0]);
  char *beside = extend(o->output, ".json");
  bool done = run->source.name && beside;
  if (done) {
    done = check_output(run, "--output", o->output, files, count) &&
           (!output_is_regular(o->output) ||
               (check_output(run, "--output", beside, files, count) && check_record(beside))) &&
           (!o->picture || check_output(run, "--picture", o->picture, files, count));
    sources_describe_file(&output, o->output);
    if (done && o->picture && output_is_regular(o->output) && source_is(&output, o->picture)) {
      message_print("--picture %s: is the --output, too", o->picture);
      done = false;
    }
  } else {
    message_print("no memory for the names of files");
  }
  free(beside);
  return done;
}

/* Features, record and picture are of one process: another one that writes them now is reported. */
static bool lock_output(struct run *run, const struct options *o) {
  char reason[LOCK_REASON_BYTES] = "no memory for its name";
  char *path = output_is_regular(o->output) ? extend(o->output, ".lock") : NULL;
  const bool done = !output_is_regular(o->output) || (path && lock_take(&run->lock, path, reason));
  if (!done)
    message_print("--output %s: %s", o->output, reason);
  free(path);
  return done;
}

static bool extract(struct run *run, const struct options *o) {
  if (!check_outputs(run, o) || !lock_output(run, o) || !model_open(&run->model, o) || !read_image(run, o) ||
      !device_open(&run->device, o->device, o->describe) || !model_create(&run->model, o, &run->device.info) ||
      s2vk_context_create(&run->device.info, &run->context) ||
      plan_create(run->context, &run->device, &run->model, o, run->input.size, 1, &run->plan, &run->layout) ||
      !make_model(run, o) || !forward(run, o))
    return false;
  print_run(run, o);
  return write_files(run, o);
}

int single_run(const struct options *options) {
  struct run run = {0};
  bool done = extract(&run, options);
  const struct tell_summary summary = {
      done, done, done, run.broken, 0, run.seconds, done && options->json ? describe_run(options, &run.model) : NULL};
  tell_summary(options, &summary);
  cJSON_Delete((cJSON *)(uintptr_t)summary.run);
  clean_up(&run);
  return done ? 0 : 1;
}
