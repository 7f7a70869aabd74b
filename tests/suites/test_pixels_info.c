/* The values that s2vk_pixels_info takes, and the inputs that bindings and s2vk_forward() then take. */
#include "suite.h"

#include "texture.h"

static void bytes_are_exact(void **state) {
  (void)state;
  s2vk_context *context = open_shapes_only();
  static const struct {
    s2vk_pixel_format format;
    VkDeviceSize row, image, bytes;
  } counts[] = {
      {S2VK_PIXEL_RGBA8, 0, 0, (15 + 12) * 80 + 19 * 4},
      {S2VK_PIXEL_RGB8, 61, 0, (15 + 12) * 61 + 19 * 3 + 0}, /* 1704, a multiple of 4 */
      {S2VK_PIXEL_GREY8, 0, 1001, 1001 + 12 * 20 + 19},      /* the same in greys */
      {S2VK_PIXEL_BGR_F32, 0, 0, (15 + 12) * 240 + 19 * 12},
      {S2VK_PIXEL_RGB8, 62, 0, (15 + 12) * 62 + 19 * 3 + 1}, /* 1731 and 1 to a multiple of 4 */
  };
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    s2vk_pixels_info pixels = suite_pixels_info();
    pixels.format = counts[i].format;
    pixels.row_stride = counts[i].row;
    pixels.image_stride = counts[i].image;
    const s2vk_plan_info info = suite_pixels_plan_info(&pixels);
    s2vk_plan *plan;
    s2vk_plan_layout layout = {.struct_size = sizeof layout};
    assert_ok(s2vk_plan_create(context, &info, &plan));
    assert_ok(s2vk_plan_get_layout(plan, &layout));
    assert_true(layout.input_bytes == counts[i].bytes);
    assert_int_equal(layout.input.dims[1], 3);
    assert_int_equal(layout.input.dims[3], 14);
    s2vk_plan_destroy(&plan);
  }
  s2vk_context_destroy(&context);
}

#define REFUSED(change, result, ...)                                                                                   \
  do {                                                                                                                 \
    s2vk_pixels_info pixels = suite_pixels_info();                                                                     \
    s2vk_plan_info info = suite_pixels_plan_info(&pixels);                                                             \
    s2vk_plan *plan;                                                                                                   \
    change;                                                                                                            \
    assert_fails(s2vk_plan_create(suite_gpu.context, &info, &plan), result, __VA_ARGS__);                              \
    assert_null(plan);                                                                                                 \
  } while (0)

static void plans_are_checked(void **state) {
  (void)state;
  REFUSED(pixels.struct_size = 3, S2VK_ERROR_STRUCT_SIZE, "s2vk_pixels_info.struct_size is 3");
  REFUSED(pixels.source = 3, S2VK_ERROR_ENUM, "pixels.source is 3");
  REFUSED(pixels.format = 10, S2VK_ERROR_ENUM, "pixels.format is 10", "0 to 9");
  REFUSED(pixels.transfer = 3, S2VK_ERROR_ENUM, "pixels.transfer is 3");
  REFUSED(pixels.normalization = 4, S2VK_ERROR_ENUM, "pixels.normalization is 4");
  REFUSED(pixels.order[2] = VK_COMPONENT_SWIZZLE_ONE, S2VK_ERROR_ENUM, "pixels.order[2] is 2");
  REFUSED(pixels.order[1] = 7, S2VK_ERROR_ENUM, "pixels.order[1] is 7");
  REFUSED(info.channels = 5, S2VK_ERROR_PIXELS, "channels is 5", "at most 4");
  REFUSED(info.input_type = S2VK_TYPE_F16, S2VK_ERROR_PIXELS, "input_type is 1");
  REFUSED(pixels.x = 7, S2VK_ERROR_PIXELS, "pixels.x = 7", "15 x 20");
  REFUSED(pixels.y = 6, S2VK_ERROR_PIXELS, "pixels.y = 6", "15 x 20");
  REFUSED(pixels.image.width = 0, S2VK_ERROR_PIXELS, "15 x 0");
  REFUSED(pixels.x = UINT32_MAX, S2VK_ERROR_OVERFLOW, "pixels.x is 4294967295");
  REFUSED(pixels.image.height = S2VK_MAX_SIDE + 1, S2VK_ERROR_OVERFLOW, "pixels.image is 1048577");
  REFUSED(pixels.row_stride = 79, S2VK_ERROR_PIXELS, "pixels.row_stride is 79", "80 bytes");
  REFUSED((pixels.format = S2VK_PIXEL_GREY_F32, pixels.row_stride = 82), S2VK_ERROR_PIXELS, "row_stride is 82",
      "multiples of 4");
  REFUSED((pixels.format = S2VK_PIXEL_GREY_F32, pixels.image_stride = 2), S2VK_ERROR_PIXELS, "image_stride is 2");
  REFUSED(pixels.row_stride = UINT64_MAX / 32, S2VK_ERROR_OVERFLOW, "pixels.row_stride is 576460752303423487");
  REFUSED(pixels.image_stride = UINT64_MAX / 2, S2VK_ERROR_OVERFLOW, "pixels.image_stride is 9223372036854775807");
  REFUSED((info.batch = 1 << 20, pixels.row_stride = UINT64_MAX >> 20), S2VK_ERROR_OVERFLOW, "batch = 1048576");
  REFUSED((pixels.format = S2VK_PIXEL_BGR8, pixels.order[0] = VK_COMPONENT_SWIZZLE_A), S2VK_ERROR_PIXELS,
      "channel 0 is alpha", "format 3");
  REFUSED((pixels.format = S2VK_PIXEL_GREY8, info.channels = 4), S2VK_ERROR_PIXELS, "channel 3 is alpha");
  REFUSED(
      (pixels.normalization = S2VK_NORMALIZATION_CLIP, pixels.mean[3] = 1), S2VK_ERROR_PIXELS, "normalization is 1");
  REFUSED(pixels.mean[1] = 1, S2VK_ERROR_PIXELS, "pixels.std[0] is 0", "above 0");
  REFUSED((pixels.std[0] = 1, pixels.std[1] = -1), S2VK_ERROR_PIXELS, "pixels.std[1] is -1");
  REFUSED(pixels.std[0] = NAN, S2VK_ERROR_PIXELS, "pixels.std[0] is nan");
  REFUSED((pixels.std[0] = pixels.std[1] = pixels.std[2] = 1, pixels.mean[2] = INFINITY), S2VK_ERROR_PIXELS,
      "pixels.mean[2] is inf");
  REFUSED(pixels.std[0] = 1e-45f, S2VK_ERROR_PIXELS, "pixels.std[0] is 1.4");
  REFUSED((pixels.source = S2VK_PIXELS_IMAGE, pixels.row_stride = 80), S2VK_ERROR_PIXELS, "row_stride 80");
  REFUSED(
      (pixels.source = S2VK_PIXELS_IMAGE, pixels.format = S2VK_PIXEL_RGB8), S2VK_ERROR_PIXELS, "pixels.format is 2");
  REFUSED(pixels.source = S2VK_PIXELS_IMAGE_2D, S2VK_ERROR_PIXELS, "batch is 2", "S2VK_PIXELS_IMAGE_2D");
  REFUSED((info.batch = 1, pixels.source = S2VK_PIXELS_IMAGE_2D, pixels.row_stride = 80), S2VK_ERROR_PIXELS,
      "row_stride 80", "S2VK_PIXELS_IMAGE_2D");
}

static void bindings_are_checked(void **state) {
  (void)state;
  uint8_t texels[2][15][20][4] = {0};
  s2vk_pixels_info pixels = suite_pixels_info();
  struct texture texture = texture_create(&suite_gpu, VK_FORMAT_R8G8B8A8_UNORM, 2, pixels.image, texels, sizeof texels,
      VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
  struct gpu_buffer buffer = gpu_buffer_create(&suite_gpu, sizeof texels);
  float output[2 * 4 * 8];
  const s2vk_model model = {.struct_size = sizeof model, .record = suite_zero_features};
  s2vk_plan_info info = suite_pixels_plan_info(&pixels);
  s2vk_plan *plan;
  s2vk_binding *binding;
  s2vk_tensor input;
  s2vk_binding_info given = {.struct_size = sizeof given, .input_view = texture.view};
  s2vk_plan_layout layout = {.struct_size = sizeof layout};

  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &plan));
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  assert_fails(s2vk_binding_create(plan, &given, &binding), S2VK_ERROR_PIXELS, "input_view is given");
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  assert_ok(s2vk_binding_get_tensors(binding, &input, NULL));
  assert_true(input.bytes == layout.input_bytes && input.shape.dims[2] == 10);
  assert_fails(s2vk_forward(binding, &model, texels, (15 + 12) * 80 + 19 * 4 - 1, output, layout.output_bytes),
      S2VK_ERROR_BUFFER_SIZE, "input_bytes is 2235", "2236");
  assert_fails(s2vk_forward(binding, &model, NULL, 4000, output, sizeof output), S2VK_ERROR_NULL, "input is NULL");
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);

  pixels.source = S2VK_PIXELS_IMAGE;
  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &plan));
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  assert_true(layout.input_bytes == 0);
  assert_fails(s2vk_binding_create(plan, NULL, &binding), S2VK_ERROR_NULL, "input_view is NULL");
  given.input = (s2vk_buffer){buffer.buffer, 0, buffer.bytes, GPU_BUFFER_USAGE};
  assert_fails(s2vk_binding_create(plan, &given, &binding), S2VK_ERROR_PIXELS, "input.buffer is given");
  given.input = (s2vk_buffer){0};
  assert_ok(s2vk_binding_create(plan, &given, &binding));
  assert_ok(s2vk_binding_get_tensors(binding, &input, NULL));
  assert_true(!input.buffer && input.bytes == 0);
  assert_fails(s2vk_forward(binding, &model, texels, 0, output, sizeof output), S2VK_ERROR_PIXELS, "input is not NULL");
  assert_fails(s2vk_forward(binding, &model, NULL, 9, output, sizeof output), S2VK_ERROR_PIXELS, "input_bytes is 9");
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  gpu_buffer_destroy(&suite_gpu, &buffer);
  texture_destroy(&suite_gpu, &texture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_are_exact),
      cmocka_unit_test(plans_are_checked),
      cmocka_unit_test(bindings_are_checked),
  };
  return cmocka_run_group_tests_name("pixels_info", tests, suite_open_gpu, suite_close_gpu);
}
