/* S2 around any ncnn model, on ncnn's own Vulkan device: s2vk writes the tiles that ncnn reads, and reads the features
 * that ncnn wrote. */
#include "network.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>

static const char name[] = "ncnn-s2";

struct run {
  struct net *net;
  struct engine_model model;
  struct engine_input input;
  s2vk_context *context;
  s2vk_plan *plan;
  s2vk_plan_layout layout;
};

static void print_log(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  if (level != S2VK_LOG_INFO)
    fprintf(stderr, "%s: %s\n", name, message);
}

static bool make_plan(struct run *run, const struct engine_options *o) {
  s2vk_context_info info = {.struct_size = sizeof info, .log = print_log};
  net_get_device(run->net, &info);
  run->layout.struct_size = sizeof run->layout;
  return !s2vk_context_create(&info, &run->context) &&
         !engine_plan_create(run->context, o, &run->input, &run->model, &run->plan) &&
         !s2vk_plan_get_layout(run->plan, &run->layout);
}

static bool forward(struct run *run, const struct engine_options *o) {
  char reason[NET_REASON_BYTES] = "";
  float *features = malloc((size_t)run->layout.output_bytes);
  bool done = features && net_forward(run->net, run->plan, &run->input, features, reason);
  if (!done)
    fprintf(stderr, "%s: %s\n", name, features ? reason : "no memory for the features");
  done = done && engine_write(name, o, &run->model, run->plan, features);
  free(features);
  return done;
}

static bool open_model(struct run *run, const struct engine_options *o) {
  char reason[NET_REASON_BYTES];
  if (net_open(o, &run->net, &run->model, reason))
    return true;
  fprintf(stderr, "%s: --model %s: %s\n", name, o->model, reason);
  return false;
}

static const struct engine_program program = {
    .name = name,
    .summary = "Multi-scale features of an image from any vision model of ncnn's",
    .details =
        "IMAGE is a photograph, or a .npy of 1 x 3 x height x width in f32, which the model's normalization was "
        "applied to. All of it runs on the Vulkan device that ncnn opens.",
    .model_value = "FILE",
    .model_help = ".param of a model of images, 3 x height x width; its weights are in the .bin beside it",
    .names_input = true,
    .chooses_storage = true,
    .one_tile = true,
};

int main(int argc, char **argv) {
  struct engine_options options;
  struct run run = {.net = NULL};
  enum command_result result = engine_options_parse(&program, &options, argc, argv);
  if (result != COMMAND_RUN)
    return output_finish(name, result == COMMAND_DONE ? 0 : 2);
  bool done = options.list
                  ? net_list_devices()
                  : engine_check_output(name, &options) && engine_input_read(name, &run.input, options.image) &&
                        open_model(&run, &options) && make_plan(&run, &options) && forward(&run, &options);
  s2vk_plan_destroy(&run.plan);
  s2vk_context_destroy(&run.context);
  net_close(&run.net);
  engine_input_free(&run.input);
  return output_finish(name, done ? 0 : 1);
}
