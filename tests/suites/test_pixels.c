/* Pixels in place of a tensor: the tiles must be those of the same plan with a tensor that is converted in double
 * precision. */
#include "test_pixels.h"

/* ---- Runs -------------------------------------------------------------------------------------------------------- */

s2vk_plan_info pixels_small_info(const s2vk_pixels_info *pixels) {
  static const double scales[] = {0.3, 0.5};
  s2vk_plan_info info = suite_pixels_plan_info(pixels);
  info.scales = scales;
  info.filter = S2VK_FILTER_LANCZOS3;
  return info;
}

void pixels_run(s2vk_context *context, const s2vk_plan_info *info, const s2vk_binding_info *binding_info,
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

/* SwiftShader's compiler takes three minutes over a pipeline of split_scatter that reads pixels, which wide supports
 * have. */
static bool takes_minutes(const s2vk_plan_info *info) {
  const bool wide = info->filter >= S2VK_FILTER_BICUBIC_ANTIALIASED;
  if (wide && gpu_compiles_slowly(&suite_gpu))
    print_message("SKIPPED: a wide support of pixels, which this driver takes minutes to compile for\n");
  return wide && gpu_compiles_slowly(&suite_gpu);
}

double pixels_difference(s2vk_context *context, const s2vk_plan_info *info, const s2vk_binding_info *binding,
    const void *input, size_t input_bytes, const struct picture *picture) {
  if (takes_minutes(info))
    return 0;
  s2vk_plan_info dense = *info;
  dense.pixels = NULL;
  const size_t count = (size_t)info->batch * info->channels * info->height * info->width;
  float *tensor = malloc(count * sizeof *tensor);
  picture_tensor(picture, info, tensor);
  struct replay expected, got;
  pixels_run(context, &dense, NULL, tensor, count * sizeof *tensor, &expected);
  pixels_run(context, info, binding, input, input_bytes, &got);
  assert_true(expected.tiles.bytes == got.tiles.bytes);
  const float *a = got.tiles.host, *b = expected.tiles.host;
  const size_t tile = (size_t)info->channels * info->max_split_size * info->max_split_size;
  const size_t item = info->tile_strides.item ? info->tile_strides.item / sizeof *a : tile;
  double most = 0;
  for (size_t i = 0; i < got.tiles.bytes / sizeof *a; i++) {
    const double error = i % item < tile ? fabs((double)a[i] - (double)b[i]) : 0;
    most = error <= most ? most : error; /* so is NaN */
  }
  replay_destroy(&expected, &suite_gpu);
  replay_destroy(&got, &suite_gpu);
  free(tensor);
  return most;
}

void pixels_check(double error, const char *what) {
  if (!(error < 1e-5))
    fail_msg("%s: tiles differ by %g", what, error);
}

/* ---- Buffers ----------------------------------------------------------------------------------------------------- */

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

struct picture pixels_make(
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
  struct picture picture = pixels_make(info, format, 11, &memory, &bytes);
  const double error = pixels_difference(context, info, NULL, memory, bytes, &picture);
  free(memory);
  picture_free(&picture);
  return error;
}

/* In short, without those in whose pixels only the order is another. */
static void buffers_of_every_format(void **state) {
  (void)state;
  for (size_t i = 0; i < FORMAT_COUNT; i++) {
    if (suite_is_short() && formats[i].name[0] == 'B')
      continue;
    for (size_t variant = 0; variant < suite_context_count; variant++) {
      s2vk_pixels_info pixels = suite_pixels_info();
      pixels.format = formats[i].format;
      pixels.normalization = S2VK_NORMALIZATION_CLIP;
      const s2vk_plan_info info = suite_pixels_plan_info(&pixels);
      pixels_check(buffer_difference(suite_contexts[variant], &info, &formats[i].picture), formats[i].name);
      const s2vk_plan_info small = pixels_small_info(&pixels);
      if (i % suite_context_count == variant)
        pixels_check(buffer_difference(suite_contexts[variant], &small, &formats[i].picture), formats[i].name);
    }
  }
}

/* Paths of the split: windows, a copy, tap by tap, a walk; rows of any length and of a multiple of 4; with windows that
 * leave the image where a weight is 0. */
static const struct {
  s2vk_size input;
  uint32_t tile_side;
  double scale;
  s2vk_filter filter;
} paths[] = {
    {{10, 14}, 8, 1.7, S2VK_FILTER_BICUBIC},
    {{16, 16}, 16, 2.5, S2VK_FILTER_BICUBIC},
    {{16, 16}, 16, 1, S2VK_FILTER_BICUBIC},
    {{12, 12}, 6, 1, S2VK_FILTER_BICUBIC},
    {{40, 36}, 8, 0.2, S2VK_FILTER_BICUBIC},
    {{45, 52}, 8, 0.2, S2VK_FILTER_BICUBIC_ANTIALIASED},
    {{45, 51}, 5, 0.11, S2VK_FILTER_LANCZOS3},
};

#define AN_EVEN_WALK 5
_Static_assert(sizeof paths / sizeof *paths == PIXELS_PATHS, "a path has been added");

s2vk_plan_info pixels_path_info(size_t path, s2vk_pixels_info *pixels) {
  pixels->image = (s2vk_size){paths[path].input.height + 5, paths[path].input.width + 9};
  s2vk_plan_info info = suite_pixels_plan_info(pixels);
  info.height = paths[path].input.height;
  info.width = paths[path].input.width;
  info.max_split_size = paths[path].tile_side;
  info.scales = &paths[path].scale;
  info.scale_count = 1;
  info.filter = paths[path].filter;
  return info;
}

static void every_path(void **state) {
  (void)state;
  for (size_t i = 0; i < PIXELS_PATHS; i++)
    for (size_t variant = 0; variant < (suite_is_short() ? 1 : suite_context_count); variant++) {
      s2vk_pixels_info pixels = suite_pixels_info();
      pixels.format = S2VK_PIXEL_RGB8;
      const s2vk_plan_info info = pixels_path_info(i, &pixels);
      char what[64];
      snprintf(what, sizeof what, "path %zu, variant %zu", i, variant);
      pixels_check(buffer_difference(suite_contexts[variant], &info, &formats[2].picture), what);
    }
}

/* A scale that is the input, or has its height, padded to tiles that reach over its edges, of every width modulo four.
 * Nothing is between or behind the pixels, so that rows end wherever a texel does. Some tiles are 8 bytes apart. */
static void padded_inputs(void **state) {
  (void)state;
  static const size_t kinds[] = {0, 2, 4, 5}; /* of formats */
  for (uint32_t width = 4; width < 12; width++)
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
      s2vk_pixels_info pixels = {
          .struct_size = sizeof pixels, .format = formats[kinds[i]].format, .image = {width + 3, width}};
      s2vk_plan_info info = suite_pixels_plan_info(&pixels);
      info.channels = kinds[i] == 4 ? 1 : 3;
      info.height = pixels.image.height;
      info.width = width;
      const s2vk_size size = {info.height, width % 4 == 1 ? width - 2 : width};
      info.scales = NULL;
      info.img_sizes = &size;
      info.scale_count = 1;
      info.max_split_size = i % 2 ? 8 : 6;
      info.split_mode = S2VK_SPLIT_PAD;
      if (width % 4 == 2)
        info.tile_strides.item = info.channels * info.max_split_size * info.max_split_size * sizeof(float) + 8;
      char what[64];
      snprintf(what, sizeof what, "%s, %u columns", formats[kinds[i]].name, width);
      pixels_check(
          buffer_difference(suite_contexts[(width + i) % suite_context_count], &info, &formats[kinds[i]].picture),
          what);
    }
}

/* Rows and images may begin anywhere, and interleave: the last ones are side by side. */
static void any_stride(void **state) {
  (void)state;
  static const struct {
    size_t format, row, image;
  } strides[] = {{2, 61, 0}, {2, 0, 907}, {2, 67, 1021}, {4, 21, 333}, {0, 83, 2001}, {6, 324, 4864}, {2, 127, 61}};
  for (size_t i = 0; i < sizeof strides / sizeof *strides; i++) {
    s2vk_pixels_info pixels = suite_pixels_info();
    pixels.format = formats[strides[i].format].format;
    pixels.row_stride = strides[i].row;
    pixels.image_stride = strides[i].image;
    const s2vk_plan_info info = suite_pixels_plan_info(&pixels);
    char what[64];
    snprintf(what, sizeof what, "strides %zu", i);
    pixels_check(buffer_difference(suite_contexts[0], &info, &formats[strides[i].format].picture), what);
    const s2vk_plan_info small = pixels_small_info(&pixels);
    pixels_check(
        buffer_difference(suite_contexts[i % suite_context_count], &small, &formats[strides[i].format].picture), what);
  }
}

/* Pixels of four bytes, with and without the alignment of four of them: by where they begin, by rows, by images. */
static void any_alignment(void **state) {
  (void)state;
  static const struct {
    uint32_t x;
    size_t row, image;
  } places[] = {{4, 0, 0}, {8, 272, 15200}, {5, 0, 0}, {4, 260, 0}, {4, 272, 15204}, {4, 257, 0}};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    for (size_t variant = 0; variant < suite_context_count; variant++) {
      s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .format = S2VK_PIXEL_BGRA8};
      s2vk_plan_info info = pixels_path_info(AN_EVEN_WALK, &pixels);
      pixels.image = (s2vk_size){50, 64};
      pixels.x = places[i].x;
      pixels.row_stride = places[i].row;
      pixels.image_stride = places[i].image;
      char what[64];
      snprintf(what, sizeof what, "place %zu, variant %zu", i, variant);
      pixels_check(buffer_difference(suite_contexts[variant], &info, &formats[1].picture), what);
    }
}

/* Mean and deviation, order and number of channels, transfer. In short, half of them. */
static void any_values(void **state) {
  (void)state;
  const VkComponentSwizzle R = VK_COMPONENT_SWIZZLE_R, G = VK_COMPONENT_SWIZZLE_G;
  const VkComponentSwizzle B = VK_COMPONENT_SWIZZLE_B, A = VK_COMPONENT_SWIZZLE_A;
  const struct {
    size_t format;
    uint32_t channels;
    VkComponentSwizzle order[4];
    s2vk_transfer transfer;
    s2vk_normalization normalization;
    float mean[4], std[4];
  } values[] = {
      {1, 3, {B, G, R}, S2VK_TRANSFER_NONE, S2VK_NORMALIZATION_IMAGENET, {0}, {0}},
      {3, 3, {B, G, R}, S2VK_TRANSFER_TO_LINEAR, S2VK_NORMALIZATION_SIGNED, {0}, {0}},
      {1, 4, {0}, S2VK_TRANSFER_TO_SRGB, S2VK_NORMALIZATION_CLIP, {0}, {0}},
      {5, 4, {A, 0, R}, S2VK_TRANSFER_TO_SRGB, S2VK_NORMALIZATION_GIVEN, {0.1f, 0.2f, 0.3f, 0.4f}, {1, 2, 0.5f, 3}},
      {8, 3, {G, G, R}, S2VK_TRANSFER_TO_LINEAR, S2VK_NORMALIZATION_GIVEN, {0}, {0}},
      {9, 3, {0}, S2VK_TRANSFER_TO_SRGB, S2VK_NORMALIZATION_IMAGENET, {0}, {0}},
      {4, 1, {0}, S2VK_TRANSFER_TO_LINEAR, S2VK_NORMALIZATION_GIVEN, {-1}, {0.25f}},
      {0, 1, {G}, S2VK_TRANSFER_NONE, S2VK_NORMALIZATION_GIVEN, {0}, {0}},
  };
  for (size_t i = suite_is_short(); i < sizeof values / sizeof *values; i += suite_is_short() ? 2 : 1) {
    s2vk_pixels_info pixels = suite_pixels_info();
    pixels.format = formats[values[i].format].format;
    pixels.transfer = values[i].transfer;
    pixels.normalization = values[i].normalization;
    memcpy(pixels.order, values[i].order, sizeof pixels.order);
    memcpy(pixels.mean, values[i].mean, sizeof pixels.mean);
    memcpy(pixels.std, values[i].std, sizeof pixels.std);
    s2vk_plan_info info = suite_pixels_plan_info(&pixels);
    info.channels = values[i].channels;
    char what[64];
    snprintf(what, sizeof what, "values %zu", i);
    pixels_check(
        buffer_difference(suite_contexts[i % suite_context_count], &info, &formats[values[i].format].picture), what);
    info = pixels_small_info(&pixels);
    info.channels = values[i].channels;
    pixels_check(
        buffer_difference(suite_contexts[i % suite_context_count], &info, &formats[values[i].format].picture), what);
  }
}

/* Every byte, and so every step of the curves at its steepest. */
static void every_byte_is_transferred(void **state) {
  (void)state;
  static const double scale = 1;
  uint8_t bytes[256];
  for (int i = 0; i < 256; i++)
    bytes[i] = (uint8_t)i;
  for (int transfer = 0; transfer < 3; transfer++) {
    s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .format = S2VK_PIXEL_GREY8};
    pixels.transfer = (s2vk_transfer)transfer;
    s2vk_plan_info info = suite_pixels_plan_info(&pixels);
    info.batch = info.channels = info.scale_count = 1;
    info.height = info.width = info.max_split_size = 16;
    info.scales = &scale;
    double rgba[256][4] = {{0}};
    for (int i = 0; i < 256; i++)
      rgba[i][0] = i / 255.0;
    const struct picture picture = {1, 16, 16, rgba[0]};
    pixels_check(pixels_difference(suite_contexts[0], &info, NULL, bytes, sizeof bytes, &picture), "every byte");
  }
}

/* What is not finite stays what it is, and where it is. */
static void not_finite(void **state) {
  (void)state;
  static const double scales[] = {1.5, 0.125}; /* of 48 pixels */
  static float tensor[48 * 48] = {0};
  for (int round = 0; round < 6; round++) {
    const int transfer = round / 2;
    const uint32_t side = round % 2 ? 6 : 72;
    s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .format = S2VK_PIXEL_GREY_F32};
    pixels.transfer = (s2vk_transfer)transfer;
    s2vk_plan_info info = suite_pixels_plan_info(&pixels);
    info.batch = info.channels = info.scale_count = 1;
    info.height = info.width = 48;
    info.max_split_size = side;
    info.scales = &scales[round % 2];
    info.filter = round % 2 ? S2VK_FILTER_BICUBIC_ANTIALIASED : S2VK_FILTER_BICUBIC;
    if (takes_minutes(&info))
      continue;
    tensor[0] = NAN;
    tensor[24 * 48 + 24] = INFINITY;
    tensor[48 * 48 - 1] = -INFINITY;
    s2vk_plan_info dense = info;
    dense.pixels = NULL;
    struct replay expected, got;
    pixels_run(suite_contexts[0], &dense, NULL, tensor, sizeof tensor, &expected);
    pixels_run(suite_contexts[0], &info, NULL, tensor, sizeof tensor, &got);
    uint32_t special = 0;
    for (size_t i = 0; i < side * side; i++) {
      const float a = ((float *)got.tiles.host)[i], b = ((float *)expected.tiles.host)[i];
      assert_true(isnan(a) ? isnan(b) : a == b);
      special += isfinite(a) ? 0 : 1;
    }
    assert_true(special > 0 && special < side * side);
    replay_destroy(&expected, &suite_gpu);
    replay_destroy(&got, &suite_gpu);
  }
}

/* More than a binding may show of a buffer on the smallest of devices: it is seen in parts. */
static void a_large_buffer(void **state) {
  (void)state;
  static const double scales[] = {0.5, 1};
  s2vk_pixels_info pixels = suite_pixels_info();
  pixels.image = (s2vk_size){150, 230};
  pixels.row_stride = 230 * 4 + 31;
  s2vk_plan_info info = suite_pixels_plan_info(&pixels);
  info.height = 140;
  info.width = 221;
  info.max_split_size = 48;
  info.scales = scales;
  info.tiles_per_call = 7;
  pixels_check(buffer_difference(suite_contexts[0], &info, &formats[0].picture), "in parts");
}

/* The few rows that a row of a tile reads must be within one. */
static void too_large_a_row(void **state) {
  (void)state;
  const VkDeviceSize range = suite_gpu.properties.limits.maxStorageBufferRange;
  if (range > 1 << 20) {
    print_message("SKIPPED: ranges of %llu bytes; the profile tiny has small ones\n", (unsigned long long)range);
    return;
  }
  s2vk_pixels_info pixels = suite_pixels_info();
  pixels.row_stride = range / 2;
  s2vk_plan_info info = suite_pixels_plan_info(&pixels);
  s2vk_plan *plan;
  char limit[32];
  snprintf(limit, sizeof limit, "Range is %llu", (unsigned long long)range);
  assert_fails(s2vk_plan_create(suite_contexts[0], &info, &plan), S2VK_ERROR_LIMIT, "a row of a tile reads", limit);
  assert_null(plan);
}

/* Exactly the bytes that the layout asks for, somewhere in a buffer. */
static void a_buffer_of_the_caller(void **state) {
  (void)state;
  s2vk_pixels_info pixels = suite_pixels_info();
  pixels.format = S2VK_PIXEL_RGB8;
  const s2vk_plan_info info = suite_pixels_plan_info(&pixels);
  void *memory;
  size_t bytes;
  struct picture picture = pixels_make(&info, &formats[2].picture, 13, &memory, &bytes);
  s2vk_plan *plan;
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_create(suite_contexts[0], &info, &plan));
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  struct gpu_buffer buffer = gpu_buffer_create(&suite_gpu, layout.offset_alignment + layout.input_bytes);
  s2vk_binding_info binding = {.struct_size = sizeof binding,
      .input = {buffer.buffer, layout.offset_alignment, layout.input_bytes, GPU_BUFFER_USAGE}};
  pixels_check(pixels_difference(suite_contexts[0], &info, &binding, memory, bytes, &picture), "the caller's buffer");
  binding.input.bytes--;
  s2vk_binding *none;
  assert_fails(s2vk_binding_create(plan, &binding, &none), S2VK_ERROR_BUFFER_SIZE, "input.bytes");
  s2vk_plan_destroy(&plan);
  gpu_buffer_destroy(&suite_gpu, &buffer);
  free(memory);
  picture_free(&picture);
}

/* test_pixels [NAME]: all tests, or those whose names match. */
int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(buffers_of_every_format),
      cmocka_unit_test(every_path),
      cmocka_unit_test(padded_inputs),
      cmocka_unit_test(any_stride),
      cmocka_unit_test(any_alignment),
      cmocka_unit_test(any_values),
      cmocka_unit_test(every_byte_is_transferred),
      cmocka_unit_test(not_finite),
      cmocka_unit_test(a_large_buffer),
      cmocka_unit_test(too_large_a_row),
      cmocka_unit_test(images_of_every_format),
      cmocka_unit_test(an_image_by_every_path),
      cmocka_unit_test(an_image_written_in_the_same_commands),
      cmocka_unit_test(a_buffer_of_the_caller),
  };
  if (argc > 1)
    cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests_name("pixels", tests, suite_open_contexts, suite_close_contexts);
}
