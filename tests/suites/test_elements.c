/* Elements of tensors, shaders/tensor.glsl: every number of 16 bits, and what rounds to it, by split and by merge. */
#include "suite.h"

#include "element.h"
#include "kernel.h"

#include <float.h>

#define COUNT 65536

static const s2vk_type types[] = {S2VK_TYPE_F16, S2VK_TYPE_BF16};

/* Keeps the tiles and returns them as features, element by element. */
struct echo {
  void *tiles;
  size_t bytes;
};

static s2vk_result echo_tiles(void *user, const void *tiles, void *features, const s2vk_model_call *call) {
  (void)call;
  struct echo *echo = user;
  memcpy(echo->tiles, tiles, echo->bytes);
  memcpy(features, tiles, echo->bytes);
  return S2VK_SUCCESS;
}

/* One scale, so that both passes copy: images of 256 x 256 numbers, to 64 tokens of 1024. */
static void forward(s2vk_context *context, uint32_t images, s2vk_type input_type, s2vk_type tile_type,
    s2vk_type output_type, const void *input, void *tiles, void *output) {
  const double scale = 1;
  const s2vk_plan_info info = {
      .struct_size = sizeof info,
      .batch = images,
      .channels = 1,
      .height = 256,
      .width = 256,
      .scales = &scale,
      .scale_count = 1,
      .input_type = input_type,
      .tile_type = tile_type,
      .feature_type = tile_type,
      .output_type = output_type,
      .model = {.channels = 1024, .tokens = 64},
  };
  const size_t count = (size_t)images * COUNT;
  struct echo echo = {tiles, count * s2vk_type_size(tile_type)};
  const s2vk_model model = {.struct_size = sizeof model, .user = &echo, .run = echo_tiles};
  s2vk_plan *plan;
  s2vk_binding *binding;
  assert_ok(s2vk_plan_create(context, &info, &plan));
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  assert_ok(s2vk_forward(
      binding, &model, input, count * s2vk_type_size(input_type), output, count * s2vk_type_size(output_type)));
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
}

static void check(const char *what, s2vk_type type, const void *tensor, s2vk_type from, const void *source, size_t i) {
  const double got = element_get(type, tensor, i), given = element_get(from, source, i);
  uint32_t rounded = 0;
  element_set(type, &rounded, 0, given);
  const double expected = element_get(type, &rounded, 0);
  if (got == 0 && (fabs(given) < FLT_MIN || fabs(expected) < FLT_MIN)) /* arithmetic in f32 may flush its subnormals */
    return;
  if (isnan(expected) ? !isnan(got) : got != expected)
    fail_msg("%s of type %d: element %zu, %.10g, became %.10g, not %.10g", what, (int)type, i, given, got, expected);
}

static void every_number_is_read_exactly(void **state) {
  (void)state;
  static uint16_t input[COUNT];
  static float tiles[COUNT], output[COUNT];
  static uint16_t features[COUNT];
  for (uint32_t i = 0; i < COUNT; i++)
    input[i] = (uint16_t)i;
  for (size_t shape = 0; shape < suite_context_count; shape++)
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
      forward(suite_contexts[shape], 1, types[t], S2VK_TYPE_F32, S2VK_TYPE_F32, input, tiles, output);
      for (size_t i = 0; i < COUNT; i++)
        check("a tile", S2VK_TYPE_F32, tiles, types[t], input, i);
      forward(suite_contexts[shape], 1, types[t], types[t], S2VK_TYPE_F32, input, features, output);
      for (size_t i = 0; i < COUNT; i++)
        check("the output", S2VK_TYPE_F32, output, types[t], input, i);
    }
}

/* Each number of 16 bits, halfway to the next, and the f32 on both sides of that. */
static void every_rounding_is_to_nearest_even(void **state) {
  (void)state;
  enum { IMAGES = 4 };
  static float input[IMAGES * COUNT], features[IMAGES * COUNT];
  static uint16_t tiles[IMAGES * COUNT], output[IMAGES * COUNT];
  for (size_t shape = 0; shape < suite_context_count; shape++)
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
      for (uint32_t i = 0; i < COUNT; i++) {
        const uint16_t bits[] = {(uint16_t)i, (uint16_t)(i + 1)};
        const double here = element_get(types[t], bits, 0), next = element_get(types[t], bits, 1);
        const float middle = isfinite(here) && isfinite(next) ? (float)((here + next) / 2) : (float)here;
        input[i] = (float)here;
        input[COUNT + i] = middle;
        input[2 * COUNT + i] = nextafterf(middle, -INFINITY);
        input[3 * COUNT + i] = nextafterf(middle, INFINITY);
      }
      forward(suite_contexts[shape], IMAGES, S2VK_TYPE_F32, types[t], types[t], input, tiles, output);
      for (size_t i = 0; i < IMAGES * COUNT; i++)
        check("a tile", types[t], tiles, S2VK_TYPE_F32, input, i);
      forward(suite_contexts[shape], IMAGES, S2VK_TYPE_F32, S2VK_TYPE_F32, types[t], input, features, output);
      for (size_t i = 0; i < IMAGES * COUNT; i++)
        check("the output", types[t], output, S2VK_TYPE_F32, input, i);
    }
}

/* Every upper half of an f32 with lower ones about the middle, and the least: a NaN whose payload is in its lower half
 * alone is still one in 16 bits. Passes multiply, after which a NaN is quiet; so this asks the shaders' functions. */
static void nans_of_any_payload_stay_nans(void **state) {
  (void)state;
  static const uint32_t round[] =
#include "round.spv.h"
      ;
  static const uint16_t lower[] = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF};
  enum { LOWER = sizeof lower / sizeof *lower, VALUES = LOWER * COUNT, GROUPS = VALUES / 2 / 64 };
  struct gpu_buffer source = gpu_buffer_create(&suite_gpu, VALUES * sizeof(uint32_t));
  struct gpu_buffer target = gpu_buffer_create(&suite_gpu, VALUES * sizeof(uint16_t));
  uint32_t *bits = source.host;
  for (uint32_t i = 0; i < VALUES; i++)
    bits[i] = i / LOWER << 16 | lower[i % LOWER];
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    const VkDescriptorBufferInfo buffers[] = {
        {source.buffer, 0, VALUES * sizeof(uint32_t)}, {target.buffer, 0, VALUES * sizeof(uint16_t)}};
    const uint32_t type = (uint32_t)types[t];
    struct kernel kernel;
    assert_int_equal(
        kernel_create(&kernel, suite_gpu.info.device, round, sizeof round, buffers, 2, sizeof type), VK_SUCCESS);
    VkCommandBuffer commands = gpu_begin(&suite_gpu);
    kernel_record(&kernel, commands, &type, GROUPS);
    gpu_barrier(commands);
    assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
    for (size_t i = 0; i < VALUES; i++)
      check("the shader's rounding", types[t], target.host, S2VK_TYPE_F32, source.host, i);
    kernel_destroy(&kernel);
  }
  gpu_buffer_destroy(&suite_gpu, &source);
  gpu_buffer_destroy(&suite_gpu, &target);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_number_is_read_exactly),
      cmocka_unit_test(every_rounding_is_to_nearest_even),
      cmocka_unit_test(nans_of_any_payload_stay_nans),
  };
  return cmocka_run_group_tests(tests, suite_open_contexts, suite_close_contexts);
}
