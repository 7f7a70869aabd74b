/* Pixels in, features out, as by torchvision or Pillow and then the original:
 * what tests/preprocess/regenerate.py made. */
#include "suite.h"

#include "npy.h"
#include "replay.h"
#include "texture.h"

/* ---- Cases, as CASES in regenerate.py ---------------------------------------------------------------------------- */

/* An image, and how a buffer or a view has it; one that no buffer can have is in a view alone. */
struct kind {
  const char *name;
  bool buffer;
  s2vk_pixel_format format;
  VkFormat view; /* UNDEFINED: Vulkan has no such format that devices need to have */
  s2vk_transfer transfer;
};

static const struct kind rgb = {"rgb", true, S2VK_PIXEL_RGB8, VK_FORMAT_UNDEFINED, S2VK_TRANSFER_NONE};
static const struct kind bgra = {"bgra", true, S2VK_PIXEL_BGRA8, VK_FORMAT_B8G8R8A8_UNORM, S2VK_TRANSFER_NONE};
static const struct kind grey = {"grey", true, S2VK_PIXEL_GREY8, VK_FORMAT_UNDEFINED, S2VK_TRANSFER_NONE};
static const struct kind linear = {
    "linear", false, (s2vk_pixel_format)0, VK_FORMAT_R16G16B16A16_SFLOAT, S2VK_TRANSFER_TO_SRGB};

static const struct {
  const char *name;
  const struct kind *kind;
  uint32_t y, x, height, width;
  s2vk_normalization normalization;
  s2vk_filter filter;
  uint32_t scale_count, sizes[3];
  uint32_t side, patch, prefix;
} cases[] = {
    {"original_rgb", &rgb, 13, 30, 16, 16, S2VK_NORMALIZATION_CLIP, S2VK_FILTER_BICUBIC, 2, {16, 32}, 16, 8, 1},
    {"original_bgra", &bgra, 13, 30, 16, 16, S2VK_NORMALIZATION_IMAGENET, S2VK_FILTER_BICUBIC, 2, {16, 32}, 16, 8, 0},
    {"original_grey", &grey, 13, 30, 16, 16, S2VK_NORMALIZATION_SIGNED, S2VK_FILTER_BICUBIC, 3, {16, 32, 48}, 16, 8, 0},
    {"original_linear", &linear, 13, 30, 16, 16, S2VK_NORMALIZATION_CLIP, S2VK_FILTER_BICUBIC, 2, {16, 32}, 16, 8, 0},
    {"region_bgra", &bgra, 9, 21, 47, 61, S2VK_NORMALIZATION_CLIP, S2VK_FILTER_BICUBIC_ANTIALIASED, 2, {32, 64}, 32, 8,
        1},
    {"region_grey", &grey, 9, 21, 47, 61, S2VK_NORMALIZATION_IMAGENET, S2VK_FILTER_LANCZOS3, 2, {12, 24}, 12, 4, 0},
    {"photo_linear", &linear, 0, 0, 65, 97, S2VK_NORMALIZATION_SIGNED, S2VK_FILTER_BICUBIC_ANTIALIASED, 2, {12, 24}, 12,
        4, 0},
    {"photo_bicubic", &rgb, 0, 0, 65, 97, S2VK_NORMALIZATION_CLIP, S2VK_FILTER_BICUBIC, 2, {12, 24}, 12, 4, 0},
    {"photo_bilinear", &rgb, 0, 0, 65, 97, S2VK_NORMALIZATION_CLIP, S2VK_FILTER_BILINEAR, 2, {12, 24}, 12, 4, 0},
    {"photo_nearest", &rgb, 0, 0, 65, 97, S2VK_NORMALIZATION_CLIP, S2VK_FILTER_NEAREST, 2, {12, 24}, 12, 4, 0},
    {"photo_bicubic_antialiased", &rgb, 0, 0, 65, 97, S2VK_NORMALIZATION_CLIP, S2VK_FILTER_BICUBIC_ANTIALIASED, 2,
        {12, 24}, 12, 4, 0},
    {"photo_bilinear_antialiased", &rgb, 0, 0, 65, 97, S2VK_NORMALIZATION_CLIP, S2VK_FILTER_BILINEAR_ANTIALIASED, 2,
        {12, 24}, 12, 4, 0},
    {"photo_lanczos3", &rgb, 0, 0, 65, 97, S2VK_NORMALIZATION_CLIP, S2VK_FILTER_LANCZOS3, 2, {12, 24}, 12, 4, 0},
};
#define CASE_COUNT (sizeof cases / sizeof *cases)

static const char *folder;

static struct npy read_array(const char *name, const char *what, const char *type) {
  char path[4096], error[512];
  struct npy array;
  snprintf(path, sizeof path, "%s/%s%s.npy", folder, name, what);
  if (!npy_read(path, &array, error, sizeof error))
    fail_msg("%s: %s", path, error);
  assert_string_equal(array.type, type);
  return array;
}

/* ---- Runs -------------------------------------------------------------------------------------------------------- */

/* NaN if any difference is. */
static double difference(const float *a, const float *b, size_t count) {
  double most = 0;
  for (size_t i = 0; i < count; i++) {
    const double error = fabs((double)a[i] - (double)b[i]);
    most = error <= most ? most : error;
  }
  return most;
}

static void run(
    s2vk_context *context, size_t i, const s2vk_plan_info *info, VkImageView view, const struct npy *image) {
  struct npy tiles = read_array(cases[i].name, "_tiles", "f4"), output = read_array(cases[i].name, "_output", "f4");
  struct npy features = read_array(cases[i].name, "_features", "f4");
  const s2vk_binding_info bound = {.struct_size = sizeof bound, .input_view = view};
  s2vk_plan *plan;
  s2vk_binding *binding;
  struct replay replay;
  assert_ok(s2vk_plan_create(context, info, &plan));
  assert_ok(s2vk_binding_create(plan, view ? &bound : NULL, &binding));
  replay_create(&replay, &suite_gpu, plan);
  assert_int_equal(replay.tiles.bytes, tiles.elements * sizeof(float));
  assert_int_equal(replay.features.bytes, features.elements * sizeof(float));
  memset(replay.tiles.host, 0xFF, replay.tiles.bytes);
  memcpy(replay.features.host, features.data, replay.features.bytes);
  float *got = malloc(output.elements * sizeof *got);
  const s2vk_model model = replay_on_device(&replay);
  const size_t bytes = view ? 0 : image->elements * image->element_bytes;
  assert_ok(s2vk_forward(binding, &model, view ? NULL : image->data, bytes, got, output.elements * sizeof *got));
  const double of_tiles = difference(replay.tiles.host, tiles.data, tiles.elements);
  const double of_output = difference(got, output.data, output.elements);
  if (!(of_tiles < 1e-5 && of_output < 1e-5))
    fail_msg("%s from %s: tiles are off by %g, the output by %g", cases[i].name, view ? "a view" : "a buffer", of_tiles,
        of_output);
  free(got);
  replay_destroy(&replay, &suite_gpu);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  npy_free(&tiles);
  npy_free(&features);
  npy_free(&output);
}

static void run_sources(size_t i, s2vk_plan_info *info, s2vk_pixels_info *pixels) {
  const struct kind *kind = cases[i].kind;
  struct npy image = read_array("image_", kind->name, kind->buffer ? "u1" : "f2");
  const s2vk_size size = {(uint32_t)image.dims[0], (uint32_t)image.dims[1]};
  pixels->image = size;
  /* Regions are read in both shapes. Whole photographs differ in tables alone, and take turns. */
  for (size_t variant = 0; variant < suite_context_count && kind->buffer; variant++)
    if (cases[i].x > 0 || variant == i % suite_context_count)
      run(suite_contexts[variant], i, info, NULL, &image);
  if (kind->view) {
    pixels->source = S2VK_PIXELS_IMAGE;
    pixels->format = (s2vk_pixel_format)0;
    struct texture texture = texture_create(&suite_gpu, kind->view, 1, size, image.data,
        image.elements * image.element_bytes, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
    const bool flat = i / suite_context_count % 2;
    pixels->source = flat ? S2VK_PIXELS_IMAGE_2D : S2VK_PIXELS_IMAGE;
    run(suite_contexts[i % suite_context_count], i, info, flat ? texture.flat_view : texture.view, NULL);
    texture_destroy(&suite_gpu, &texture);
  }
  npy_free(&image);
}

static void pixels_are_preprocessed_as_torchvision_and_pillow_do(void **state) {
  (void)state;
  for (size_t i = 0; i < CASE_COUNT; i++) {
    s2vk_size sizes[3];
    for (uint32_t k = 0; k < cases[i].scale_count; k++)
      sizes[k] = (s2vk_size){cases[i].sizes[k], cases[i].sizes[k]};
    s2vk_pixels_info pixels = {
        .struct_size = sizeof pixels,
        .format = cases[i].kind->format,
        .x = cases[i].x,
        .y = cases[i].y,
        .transfer = cases[i].kind->transfer,
        .normalization = cases[i].normalization,
    };
    const uint32_t grid = cases[i].side / cases[i].patch;
    s2vk_plan_info info = {
        .struct_size = sizeof info,
        .batch = 1,
        .channels = 3,
        .height = cases[i].height,
        .width = cases[i].width,
        .img_sizes = sizes,
        .scale_count = cases[i].scale_count,
        .max_split_size = cases[i].side,
        .num_prefix_token = cases[i].prefix,
        .model = {.channels = 8, .tokens = grid * grid + cases[i].prefix},
        .filter = cases[i].filter,
        .pixels = &pixels,
    };
    run_sources(i, &info, &pixels);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pixels_are_preprocessed_as_torchvision_and_pillow_do),
  };
  if (argc != 2) {
    fprintf(stderr, "Usage: test_preprocess FOLDER\nFOLDER has what tests/preprocess/regenerate.py made.\n");
    return 2;
  }
  folder = argv[1];
  return cmocka_run_group_tests_name("preprocess", tests, suite_open_contexts, suite_close_contexts);
}
