/* A renderer that shows a scene and, beside it, the features of the scene. docs/integrating.md walks through it. */
#include "kernel.h"
#include "output.h"
#include "renderer.h"
#include <s2vk/s2vk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 224 /* of the scene, in pixels */

static const uint32_t scene_code[] =
#include "scene.spv.h"
    ;
static const uint32_t features_code[] =
#include "features.spv.h"
    ;
static const uint32_t model_code[] =
#include "mean_colour.spv.h"
    ;

static void print_log(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  if (level != S2VK_LOG_INFO)
    fprintf(stderr, "s2vk: %s\n", message);
}

static void check(int result) {
  if (result)
    exit(1); /* the log has said why */
}

static s2vk_context *make_context(const struct renderer *renderer) {
  const s2vk_context_info info = {
      .struct_size = sizeof info,
      .get_instance_proc_addr = vkGetInstanceProcAddr,
      .instance = renderer->instance,
      .physical_device = renderer->physical_device,
      .device = renderer->device,
      .queue_family = renderer->queue_family,
      .debug_utils = renderer->debug_utils,
      .log = print_log,
  };
  s2vk_context *context;
  check(s2vk_context_create(&info, &context));
  return context;
}

static s2vk_plan *make_plan(s2vk_context *context) {
  static const double scales[] = {1, 2};
  const s2vk_plan_info info = {
      .struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = SIDE,
      .width = SIDE,
      .scales = scales,
      .scale_count = 2,
      .model = {.channels = 3, .tokens = 196},
  };
  s2vk_plan *plan;
  check(s2vk_plan_create(context, &info, &plan));
  return plan;
}

/* The input is a buffer of the renderer's, which the scene is drawn to. */
static s2vk_binding *make_binding(const s2vk_plan *plan, const struct renderer *renderer, struct buffer *input) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  check(s2vk_plan_get_layout(plan, &layout));
  check(buffers_make(renderer->buffers, layout.input_bytes, layout.source_usage, BUFFER_DEVICE, input));
  const s2vk_binding_info info = {
      .struct_size = sizeof info,
      .input = {input->buffer, 0, input->bytes, layout.source_usage},
  };
  s2vk_binding *binding;
  check(s2vk_binding_create(plan, &info, &binding));
  return binding;
}

static void make_kernel(struct kernel *kernel, const struct renderer *renderer, const s2vk_binding *binding) {
  s2vk_model_call call; /* buffers are the same in every call; call 1 is the one with the most tiles here */
  check(s2vk_binding_get_call(binding, 1, &call));
  const VkDescriptorBufferInfo buffers[] = {
      {call.tiles.buffer, call.tiles.offset, call.tiles.bytes},
      {call.features.buffer, call.features.offset, call.features.bytes},
  };
  check(kernel_create(kernel, renderer->device, model_code, sizeof model_code, buffers, 2, sizeof(uint32_t)));
}

static s2vk_result record_model(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  const uint32_t tile_count = call->tiles.shape.dims[0];
  kernel_record(user, commands, &tile_count, (tile_count * 196 + 63) / 64);
  return S2VK_SUCCESS;
}

static void hand_over(VkCommandBuffer commands, VkPipelineStageFlags from, VkPipelineStageFlags to) {
  const VkMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_SHADER_READ_BIT,
  };
  vkCmdPipelineBarrier(commands, from, to, 0, 1, &barrier, 0, NULL, 0, NULL);
}

static void record_frame(const struct renderer *renderer, const struct drawing *scene, const s2vk_binding *binding,
    const s2vk_model *model, const struct drawing *features) {
  const VkPipelineStageFlags drawing = VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT;
  const VkPipelineStageFlags computing = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  drawing_record(scene, renderer, 0, SIDE);
  hand_over(renderer->commands, drawing, computing);
  check(s2vk_record(binding, renderer->commands, model));
  hand_over(renderer->commands, computing, drawing);
  drawing_record(features, renderer, SIDE, SIDE);
}

/* Prints the colour of one token on the screen, and writes the screen to a file. */
static void show(struct renderer *renderer, const char *path) {
  unsigned char *screen = renderer_read(renderer);
  check(!screen);
  const unsigned char *p = screen + 4 * ((7 * 16 + 8) * 2 * SIDE + SIDE + 10 * 16 + 8);
  printf("screen, features at row 7, column 10: %.2f %.2f %.2f\n", p[0] / 255.0, p[1] / 255.0, p[2] / 255.0);
  char reason[OUTPUT_REASON_BYTES];
  struct output output = {0};
  bool done = !path || output_open(&output, path, false, reason);
  if (path && done) {
    fprintf(output.file, "P6\n%d %d\n255\n", 2 * SIDE, SIDE);
    for (size_t i = 0; i < 2 * SIDE * SIDE; i++)
      fwrite(screen + 4 * i, 1, 3, output.file);
    done = output_close(&output, reason);
  }
  if (!done) {
    fprintf(stderr, "renderer: %s: %s\n", path, reason);
    exit(1);
  }
  free(screen);
}

int main(int argc, char **argv) {
  if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
    fprintf(stderr, "Usage: renderer [FILE.ppm]\nDraws a scene, and its features beside it, into a file.\n");
    return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
  }
  struct renderer renderer;
  check(!renderer_open(&renderer, 2 * SIDE, SIDE));
  s2vk_context *context = make_context(&renderer);
  s2vk_plan *plan = make_plan(context);
  struct buffer input;
  s2vk_binding *binding = make_binding(plan, &renderer, &input);
  s2vk_tensor output;
  check(s2vk_binding_get_tensors(binding, NULL, &output));
  struct kernel kernel;
  make_kernel(&kernel, &renderer, binding);
  const s2vk_model model = {.struct_size = sizeof model, .user = &kernel, .record = record_model};
  struct drawing scene, features;
  check(!drawing_create(&scene, &renderer, scene_code, sizeof scene_code, input.buffer, input.bytes));
  check(!drawing_create(&features, &renderer, features_code, sizeof features_code, output.buffer, output.bytes));

  for (int frame = 0; frame < 3; frame++) {
    check(!renderer_begin(&renderer));
    record_frame(&renderer, &scene, binding, &model, &features);
    check(!renderer_end(&renderer));
  }
  show(&renderer, argc == 2 ? argv[1] : NULL);

  drawing_destroy(&features, &renderer);
  drawing_destroy(&scene, &renderer);
  kernel_destroy(&kernel);
  s2vk_binding_destroy(&binding);
  buffers_drop(renderer.buffers, &input);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
  renderer_close(&renderer);
  return output_finish("renderer", 0);
}
