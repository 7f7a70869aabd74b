/* onnx: S2 around any vision model in an ONNX file. ONNX Runtime runs the model on the CPU, and s2vk runs on a Vulkan
 * device. */
#include "devices.h"
#include "output.h"
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
  struct engine_input input;
};

static void print_log(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  if (level != S2VK_LOG_INFO)
    fprintf(stderr, "onnx: %s\n", message);
}

static bool open_device(struct run *run, int32_t index) {
  volkInitialize(); /* without a loader vkGetInstanceProcAddr stays NULL, which s2vk_device_open() reports */
  const s2vk_device_info info = {.struct_size = sizeof info,
      .get_instance_proc_addr = vkGetInstanceProcAddr,
      .device_index = index,
      .log = print_log};
  if (s2vk_device_open(&info, &run->gpu))
    return false;
  volkLoadInstance(run->gpu.instance);
  return true;
}

static bool open_model(struct run *run, const struct engine_options *o) {
  char reason[SESSION_REASON_BYTES];
  if (session_open(&run->session, o->model, o->features, o->max_split_size, reason))
    return true;
  fprintf(stderr, "onnx: --model %s: %s\n", o->model, reason);
  return false;
}

static bool make_plan(struct run *run, const struct engine_options *o) {
  run->layout.struct_size = sizeof run->layout;
  return !s2vk_context_create(&run->gpu, &run->context) &&
         !engine_plan_create(run->context, o, &run->input, &run->session.model, &run->plan) &&
         !s2vk_plan_get_layout(run->plan, &run->layout) && !s2vk_binding_create(run->plan, NULL, &run->binding);
}

static bool forward(struct run *run, const struct engine_options *o) {
  const size_t bytes = (size_t)run->layout.output_bytes;
  float *features = malloc(bytes);
  if (!features)
    fprintf(stderr, "onnx: no memory for %zu bytes of features\n", bytes);
  const s2vk_model model = session_model(&run->session);
  bool done = features && !s2vk_forward(run->binding, &model, run->input.data, run->input.bytes, features, bytes) &&
              engine_write("onnx", o, &run->session.model, run->plan, features);
  free(features);
  return done;
}

static void clean_up(struct run *run) {
  s2vk_binding_destroy(&run->binding);
  s2vk_plan_destroy(&run->plan);
  s2vk_context_destroy(&run->context);
  s2vk_device_close(&run->gpu);
  session_close(&run->session);
  engine_input_free(&run->input);
}

static const struct engine_program program = {
    .name = "onnx",
    .summary = "Multi-scale features of an image from any vision model in an ONNX file",
    .details =
        "IMAGE is a photograph, or a .npy of 1 x 3 x height x width in f32, which the model's normalization was "
        "applied to. The model runs on the CPU, by ONNX Runtime; the rest of S2 runs on a Vulkan device.",
    .model_value = "FILE",
    .model_help = ".onnx of a model whose one input is images, batch x 3 x height x width",
};

int main(int argc, char **argv) {
  struct engine_options options;
  struct run run = {.context = NULL};
  enum command_result result = engine_options_parse(&program, &options, argc, argv);
  if (result != COMMAND_RUN)
    return output_finish("onnx", result == COMMAND_DONE ? 0 : 2);
  bool done;
  if (options.list)
    done = open_device(&run, options.device) && devices_print(run.gpu.instance, run.gpu.physical_device);
  else
    done = engine_check_output("onnx", &options) && engine_input_read("onnx", &run.input, options.image) &&
           open_model(&run, &options) && open_device(&run, options.device) && make_plan(&run, &options) &&
           forward(&run, &options);
  clean_up(&run);
  return output_finish("onnx", done ? 0 : 1);
}
