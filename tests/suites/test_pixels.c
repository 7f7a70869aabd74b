/* Pixels in place of a tensor: the tiles must be those of the same plan with a tensor that is converted in double precision. */
#include "suite.h"

#include "picture.h"
#include "profile.h"
#include "replay.h"

static s2vk_context *contexts[2]; /* shaped for a GPU, and for a driver on the CPU */

static int open_contexts(void **state) {
  if (suite_open_gpu(state))
    return -1;
  s2vk_context_info info = suite_gpu.info;
  for (int i = 0; i < 2; i++) {
    info.variant = i ? S2VK_VARIANT_CPU : S2VK_VARIANT_GPU;
    if (s2vk_context_create(&info, &contexts[i]))
      return -1;
  }
  return 0;
}

static int close_contexts(void **state) {
  s2vk_context_destroy(&contexts[0]);
  s2vk_context_destroy(&contexts[1]);
  return suite_close_gpu(state);
}

/* ---- Runs -------------------------------------------------------------------------------------------------------------- */

/* A region of 10 x 14 pixels at 3, 5 of images of 15 x 20, in tiles of 8. */
static const s2vk_size image_size = {15, 20};

static s2vk_pixels_info pixels_info(void) {
  return (s2vk_pixels_info){.struct_size = sizeof(s2vk_pixels_info), .image = image_size, .x = 5, .y = 3};
}

static s2vk_plan_info plan_info(const s2vk_pixels_info *pixels) {
  static const double scales[] = {1, 1.7};
  s2vk_plan_info info = suite_plan_info();
  info.height = 10;
  info.width = 14;
  info.max_split_size = 8;
  info.scales = scales;
  info.pixels = pixels;
  return info;
}

/* Runs a plan and leaves its tiles in replay, to be destroyed. */
static void run(s2vk_context *context, const s2vk_plan_info *info, const s2vk_binding_info *binding_info,
    const void *input, size_t input_bytes, struct replay *replay) {
  s2vk_plan *plan;
  s2vk_binding *binding;
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_create(context, info, &plan));
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  assert_ok(s2vk_binding_create(plan, binding_info, &binding));
  replay_create(replay, &suite_gpu, plan);
  memset(replay->tiles.host, 0xFF, replay->tiles.bytes);
  memset(replay->features.host, 0, replay->features.bytes);
  void *output = malloc(layout.output_bytes);
  const s2vk_model model = replay_on_device(replay);
  assert_ok(s2vk_forward(binding, &model, input, input_bytes, output, layout.output_bytes));
  assert_int_equal(replay->next_call, layout.call_count);
  free(output);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
}

/* The largest difference of the f32 tiles of pixels and of a tensor. */
static double difference(s2vk_context *context, const s2vk_plan_info *info, const s2vk_binding_info *binding,
    const void *input, size_t input_bytes, const struct picture *picture) {
  s2vk_plan_info dense = *info;
  dense.pixels = NULL;
  const size_t count = (size_t)info->batch * info->channels * info->height * info->width;
  float *tensor = malloc(count * sizeof *tensor);
  picture_tensor(picture, info, tensor);
  struct replay expected, got;
  run(context, &dense, NULL, tensor, count * sizeof *tensor, &expected);
  run(context, info, binding, input, input_bytes, &got);
  assert_true(expected.tiles.bytes == got.tiles.bytes);
  const float *a = got.tiles.host, *b = expected.tiles.host;
  double most = 0;
  for (size_t i = 0; i < got.tiles.bytes / sizeof *a; i++) {
    const double error = fabs((double)a[i] - (double)b[i]);
    most = error <= most ? most : error; /* so is NaN */
  }
  replay_destroy(&expected, &suite_gpu);
  replay_destroy(&got, &suite_gpu);
  free(tensor);
  return most;
}

static void check(double error, const char *what) {
  if (!(error < 1e-5))
    fail_msg("%s: tiles differ by %g", what, error);
}

/* ---- Buffers ------------------------------------------------------------------------------------------------------------ */

static const struct {
  const char *name;
  s2vk_pixel_format format;
  struct picture_format picture;
} formats[] = {
    {"RGBA8", S2VK_PIXEL_RGBA8, {"RGBA", PICTURE_UNORM8}},
    {"BGRA8", S2VK_PIXEL_BGRA8, {"BGRA", PICTURE_UNORM8}},
    {"RGB8", S2VK_PIXEL_RGB8, {"RGB", PICTURE_UNORM8}},
    {"BGR8", S2VK_PIXEL_BGR8, {"BGR", PICTURE_UNORM8}},
    {"GREY8", S2VK_PIXEL_GREY8, {"L", PICTURE_UNORM8}},
    {"RGBA_F32", S2VK_PIXEL_RGBA_F32, {"RGBA", PICTURE_F32}},
    {"BGRA_F32", S2VK_PIXEL_BGRA_F32, {"BGRA", PICTURE_F32}},
    {"RGB_F32", S2VK_PIXEL_RGB_F32, {"RGB", PICTURE_F32}},
    {"BGR_F32", S2VK_PIXEL_BGR_F32, {"BGR", PICTURE_F32}},
    {"GREY_F32", S2VK_PIXEL_GREY_F32, {"L", PICTURE_F32}},
};
#define FORMAT_COUNT (sizeof formats / sizeof *formats)

/* Random pixels as info->pixels has them; what is between them is NaN, or white. Free both. */
static struct picture make_pixels(
    const s2vk_plan_info *info, const struct picture_format *format, uint64_t seed, void **memory, size_t *bytes) {
  const s2vk_pixels_info *pixels = info->pixels;
  const size_t row = pixels->row_stride ? pixels->row_stride : pixels->image.width * picture_pixel_bytes(format);
  const size_t image = pixels->image_stride ? pixels->image_stride : row * pixels->image.height;
  struct noise noise = {seed};
  *bytes =
      image * (info->batch - 1) + row * (pixels->image.height - 1) + pixels->image.width * picture_pixel_bytes(format);
  *memory = malloc(*bytes);
  assert_non_null(*memory);
  memset(*memory, 0xFF, *bytes);
  return picture_make(format, info->batch, pixels->image, row, image, &noise, *memory);
}

static double buffer_difference(
    s2vk_context *context, const s2vk_plan_info *info, const struct picture_format *format) {
  void *memory;
  size_t bytes;
  struct picture picture = make_pixels(info, format, 11, &memory, &bytes);
  const double error = difference(context, info, NULL, memory, bytes, &picture);
  free(memory);
  picture_free(&picture);
  return error;
}

static void buffers_of_every_format(void **state) {
  (void)state;
  for (size_t i = 0; i < FORMAT_COUNT; i++)
    for (int variant = 0; variant < 2; variant++) {
      s2vk_pixels_info pixels = pixels_info();
      pixels.format = formats[i].format;
      pixels.normalization = S2VK_NORMALIZATION_CLIP;
      const s2vk_plan_info info = plan_info(&pixels);
      check(buffer_difference(contexts[variant], &info, &formats[i].picture), formats[i].name);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(buffers_of_every_format),
  };
  return cmocka_run_group_tests_name("pixels", tests, open_contexts, close_contexts);
}
