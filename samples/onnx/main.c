/* S2 around any vision model in an ONNX file: the model on the CPU, by ONNX Runtime, what is around it on a Vulkan device. */
#include "devices.h"
#include "input.h"
#include "options.h"
#include "output.h"
#include "output_check.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>

struct run {
  s2vk_context_info gpu;
  s2vk_context *context;
  s2vk_plan *plan;
  s2vk_plan_layout layout;
  s2vk_binding *binding;
  struct session session;
  struct input input;
};

static void print_log(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  if (level != S2VK_LOG_INFO)
    fprintf(stderr, "onnx: %s\n", message);
}

static bool open_device(struct run *run, int32_t index) {
  volkInitialize(); /* without a Vulkan loader, vkGetInstanceProcAddr is NULL, and s2vk_device_open() says so */
  const s2vk_device_info info = {.struct_size = sizeof info,
      .get_instance_proc_addr = vkGetInstanceProcAddr,
      .device_index = index,
      .log = print_log};
  if (s2vk_device_open(&info, &run->gpu))
    return false;
  volkLoadInstance(run->gpu.instance);
  return true;
}

/* ---- The plan ---- */

/* The fewest that leave a square number of tokens: CLS alone of most models, CLS and registers of some, none of others. */
static uint32_t guess_prefix(uint32_t tokens) {
  uint32_t side = 1;
  while ((uint64_t)(side + 1) * (side + 1) <= tokens)
    side++;
  return tokens - side * side;
}

static void set_scales(const struct run *run, const struct options *o, s2vk_plan_info *info) {
  static s2vk_size sizes[2];
  for (uint32_t i = 0; i < 2; i++)
    sizes[i] = (s2vk_size){(i + 1) * run->session.side, (i + 1) * run->session.side};
  info->img_sizes = o->img_size_count ? o->img_sizes : o->scale_count ? NULL : sizes;
  info->scales = o->scale_count ? o->scales : NULL;
  info->scale_count = o->img_size_count ? o->img_size_count : o->scale_count ? o->scale_count : 2;
}

static bool make_plan(struct run *run, const struct options *o) {
  const struct session *session = &run->session;
  const s2vk_pixels_info pixels = {.struct_size = sizeof pixels,
      .format = S2VK_PIXEL_RGB8,
      .normalization = o->no_normalization ? S2VK_NORMALIZATION_GIVEN : o->normalization};
  const uint32_t guess = session->maps ? 0 : guess_prefix(session->made.tokens);
  s2vk_plan_info info = {.struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = run->input.size.height,
      .width = run->input.size.width,
      .max_split_size = session->side,
      .split_mode = o->split_mode,
      .resize_output_to_idx = o->resize_output_to_idx,
      .num_prefix_token = o->num_prefix_token < 0 ? guess : (uint32_t)o->num_prefix_token,
      .output_shape = session->maps ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC,
      .tiles_per_call = session->batch ? session->batch : o->tiles_per_call,
      .calls_cross_scales = session->batch > 1,
      .model = session->made,
      .tile_type = session->input.type,
      .feature_type = session->output.type,
      .filter = o->filter,
      .pixels = run->input.pixels ? &pixels : NULL};
  set_scales(run, o, &info);
  run->layout.struct_size = sizeof run->layout;
  return !s2vk_context_create(&run->gpu, &run->context) && !s2vk_plan_create(run->context, &info, &run->plan) &&
         !s2vk_plan_get_layout(run->plan, &run->layout) && !s2vk_binding_create(run->plan, NULL, &run->binding);
}

/* ---- The features ---- */

static bool write_features(const struct run *run, const char *path, float *features) {
  char reason[256];
  const s2vk_shape *shape = &run->layout.output;
  struct npy array = {.type = "f4", .rank = shape->rank, .data = features};
  for (uint32_t i = 0; i < shape->rank; i++)
    array.dims[i] = shape->dims[i];
  if (npy_write(path, &array, reason, sizeof reason))
    return true;
  fprintf(stderr, "onnx: --output %s: %s\n", path, reason);
  return false;
}

static void print_run(const struct run *run, const struct options *o) {
  const struct session *session = &run->session;
  const s2vk_shape *shape = &run->layout.output;
  printf("model    %s, output %s: tiles of %u x %u, ", o->model, session->output.name, session->side, session->side);
  if (session->maps)
    printf("maps of %u x %u with %u channels\n", session->made.height, session->made.width, session->made.channels);
  else
    printf("%u tokens with %u channels\n", session->made.tokens, session->made.channels);
  printf("run      %llu tiles in %u model calls\n", (unsigned long long)run->layout.tile_count, run->layout.call_count);
  printf("output   %u", shape->dims[0]);
  for (uint32_t i = 1; i < shape->rank; i++)
    printf(" x %u", shape->dims[i]);
  printf(", on a grid of %u x %u\n", run->layout.output_grid.height, run->layout.output_grid.width);
}

static bool forward(struct run *run, const struct options *o) {
  const size_t bytes = (size_t)run->layout.output_bytes;
  float *features = malloc(bytes);
  if (!features)
    fprintf(stderr, "onnx: no memory for %zu bytes of features\n", bytes);
  const s2vk_model model = session_model(&run->session);
  bool done = features && !s2vk_forward(run->binding, &model, run->input.data, run->input.bytes, features, bytes);
  if (done)
    print_run(run, o);
  done = done && write_features(run, o->output, features);
  free(features);
  return done;
}

/* ---- All of it ---- */

static bool check_output(const struct options *o) {
  char reason[OUTPUT_REASON_BYTES] = "is one of the inputs";
  const bool input = output_is_input(o->output, o->image) || output_is_input(o->output, o->model);
  if (!input && output_check(o->output, reason))
    return true;
  fprintf(stderr, "onnx: --output %s: %s\n", o->output, reason);
  return false;
}

static bool open_model(struct run *run, const struct options *o) {
  char reason[SESSION_REASON_BYTES];
  if (session_open(&run->session, o->model, o->features, o->max_split_size, reason))
    return true;
  fprintf(stderr, "onnx: --model %s: %s\n", o->model, reason);
  return false;
}

static void clean_up(struct run *run) {
  s2vk_binding_destroy(&run->binding);
  s2vk_plan_destroy(&run->plan);
  s2vk_context_destroy(&run->context);
  s2vk_device_close(&run->gpu);
  session_close(&run->session);
  input_free(&run->input);
}

int main(int argc, char **argv) {
  struct options options;
  struct run run = {.context = NULL};
  enum command_result result = options_parse(&options, argc, argv);
  if (result != COMMAND_RUN)
    return output_finish("onnx", result == COMMAND_DONE ? 0 : 2);
  bool done;
  if (options.list)
    done = open_device(&run, options.device) && devices_print(run.gpu.instance, run.gpu.physical_device);
  else
    done = check_output(&options) && input_read(&run.input, options.image) && open_model(&run, &options) &&
           open_device(&run, options.device) && make_plan(&run, &options) && forward(&run, &options);
  clean_up(&run);
  return output_finish("onnx", done ? 0 : 1);
}
