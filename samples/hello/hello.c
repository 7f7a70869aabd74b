/* The smallest complete program: a model of one shader, the mean colour of 16 x 16 patches, run at scales 1 and 2. */
#include "kernel.h"
#include <s2vk/s2vk.h>
#include <stdio.h>
#include <stdlib.h>

static void print_log(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  if (level != S2VK_LOG_INFO)
    fprintf(stderr, "%s\n", message);
}

static void check(int result) {
  if (result)
    fprintf(stderr, "error %d\n", result), exit(1);
}

static s2vk_result record(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  uint32_t tile_count = call->tiles.shape.dims[0];
  kernel_record(user, commands, &tile_count, (tile_count * 196 + 63) / 64);
  return S2VK_SUCCESS;
}

int main(void) {
  static const uint32_t code[] =
#include "mean_colour.spv.h"
      ;
  static float input[3][224 * 224], output[196][6]; /* an image that is redder to the right and greener below */
  for (int i = 0; i < 224 * 224; i++)
    input[0][i] = (float)(i % 224) / 224, input[1][i] = (float)(i / 224) / 224, input[2][i] = 0.5f;
  volkInitialize(); /* without a Vulkan loader vkGetInstanceProcAddr is NULL, which s2vk_device_open() tells */
  s2vk_context_info gpu;
  check(s2vk_device_open(&(s2vk_device_info){sizeof(s2vk_device_info), vkGetInstanceProcAddr, .log = print_log}, &gpu));
  volkLoadInstance(gpu.instance);
  s2vk_context *context;
  check(s2vk_context_create(&gpu, &context));
  const s2vk_plan_info info = {sizeof info, .batch = 1, .channels = 3, .height = 224, .width = 224,
      .scales = (double[]){1, 2}, .scale_count = 2, .model = {.channels = 3, .tokens = 196}};
  s2vk_plan *plan;
  check(s2vk_plan_create(context, &info, &plan));
  s2vk_binding *binding;
  check(s2vk_binding_create(plan, NULL, &binding));
  s2vk_model_call call; /* the second of two, one per scale: the larger one, in the same buffers */
  check(s2vk_binding_get_call(binding, 1, &call));
  const VkDescriptorBufferInfo tiles = {call.tiles.buffer, call.tiles.offset, call.tiles.bytes};
  const VkDescriptorBufferInfo features = {call.features.buffer, call.features.offset, call.features.bytes};
  struct kernel kernel;
  check(kernel_create(&kernel, gpu.device, code, sizeof code, (VkDescriptorBufferInfo[]){tiles, features}, 2, 4));
  const s2vk_model model = {sizeof model, &kernel, .record = record};
  check(s2vk_forward(binding, &model, input, sizeof input, output, sizeof output));

  const float *f = output[14 * 7 + 10];
  printf("1 x 196 x 6, row 7, column 10: %.3f %.3f %.3f %.3f %.3f %.3f\n", f[0], f[1], f[2], f[3], f[4], f[5]);
  kernel_destroy(&kernel);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
  s2vk_device_close(&gpu);
}
