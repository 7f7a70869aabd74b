/* Pixels in images. */
#include "test_pixels.h"

#include "texture.h"

static const struct {
  const char *name;
  VkFormat format;
  struct picture_format picture;
} views[] = {
    {"R8G8B8A8_UNORM", VK_FORMAT_R8G8B8A8_UNORM, {"RGBA", PICTURE_UNORM8}},
    {"B8G8R8A8_UNORM", VK_FORMAT_B8G8R8A8_UNORM, {"BGRA", PICTURE_UNORM8}},
    {"R8G8B8A8_SRGB", VK_FORMAT_R8G8B8A8_SRGB, {"RGBA", PICTURE_SRGB8}},
    {"B8G8R8A8_SRGB", VK_FORMAT_B8G8R8A8_SRGB, {"BGRA", PICTURE_SRGB8}},
    {"R16G16B16A16_SFLOAT", VK_FORMAT_R16G16B16A16_SFLOAT, {"RGBA", PICTURE_F16}},
    {"R32G32B32A32_SFLOAT", VK_FORMAT_R32G32B32A32_SFLOAT, {"RGBA", PICTURE_F32}},
    {"A2B10G10R10_UNORM_PACK32", VK_FORMAT_A2B10G10R10_UNORM_PACK32, {"RGBA", PICTURE_UNORM10}},
};
#define VIEW_COUNT (sizeof views / sizeof *views)

static s2vk_pixels_info image_info(void) {
  s2vk_pixels_info pixels = suite_pixels_info();
  pixels.source = S2VK_PIXELS_IMAGE;
  return pixels;
}

/* What this device decodes each byte of an _SRGB format to: to half a byte's step, by the Khronos Data Format
 * Specification. */
static void read_decoded(double decoded[256]) {
  static const double scale = 1;
  uint8_t bytes[256][4];
  for (int i = 0; i < 256; i++)
    memset(bytes[i], i, 4);
  s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .source = S2VK_PIXELS_IMAGE};
  s2vk_plan_info info = suite_pixels_plan_info(&pixels);
  info.batch = info.channels = info.scale_count = 1;
  info.height = info.width = info.max_split_size = 16;
  info.scales = &scale;
  struct texture texture = texture_create(&suite_gpu, VK_FORMAT_R8G8B8A8_SRGB, 1, (s2vk_size){16, 16}, bytes,
      sizeof bytes, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
  const s2vk_binding_info binding = {.struct_size = sizeof binding, .input_view = texture.view};
  struct replay replay;
  pixels_run(suite_contexts[0], &info, &binding, NULL, 0, &replay);
  for (int i = 0; i < 256; i++) {
    decoded[i] = (double)((float *)replay.tiles.host)[i];
    assert_true(fabs(picture_to_srgb(decoded[i]) * 255 - i) <= 0.5);
  }
  replay_destroy(&replay, &suite_gpu);
  texture_destroy(&suite_gpu, &texture);
}

/* Puts what the device reads in place of what is exact. */
static void decode_as_device(struct picture *picture) {
  double decoded[256];
  read_decoded(decoded);
  for (size_t i = 0; i < (size_t)picture->batch * picture->height * picture->width * 4; i++)
    if (i % 4 < 3)
      picture->rgba[i] = decoded[lround(picture_to_srgb(picture->rgba[i]) * 255)];
}

static double image_difference(s2vk_context *context, const s2vk_plan_info *info, size_t view, VkImageLayout layout) {
  const struct picture_format *format = &views[view].picture;
  void *memory;
  size_t bytes;
  struct picture picture = pixels_make(info, format, 12, &memory, &bytes);
  if (format->storage == PICTURE_SRGB8)
    decode_as_device(&picture);
  const VkImageLayout actual = layout ? layout : VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
  struct texture texture =
      texture_create(&suite_gpu, views[view].format, info->batch, info->pixels->image, memory, bytes, actual);
  const bool flat = info->pixels->source == S2VK_PIXELS_IMAGE_2D;
  const s2vk_binding_info binding = {
      .struct_size = sizeof binding, .input_view = flat ? texture.flat_view : texture.view, .input_layout = layout};
  const double error = pixels_difference(context, info, &binding, NULL, 0, &picture);
  texture_destroy(&suite_gpu, &texture);
  free(memory);
  picture_free(&picture);
  return error;
}

/* In short, one transfer for each. */
void images_of_every_format(void **state) {
  (void)state;
  for (size_t i = 0; i < VIEW_COUNT; i++) {
    if (!texture_supported(&suite_gpu, views[i].format)) {
      print_message("SKIPPED: the device has no sampled images of %s\n", views[i].name);
      continue;
    }
    s2vk_pixels_info pixels = image_info();
    for (int transfer = 0; transfer < 3; transfer++) {
      if (suite_is_short() && i % 3 != (size_t)transfer)
        continue;
      pixels.transfer = (s2vk_transfer)transfer;
      const s2vk_plan_info info = suite_pixels_plan_info(&pixels);
      pixels_check(
          image_difference(suite_contexts[(size_t)transfer % suite_context_count], &info, i, VK_IMAGE_LAYOUT_UNDEFINED),
          views[i].name);
      const s2vk_plan_info small = pixels_small_info(&pixels);
      if (i % 3 == (size_t)transfer)
        pixels_check(image_difference(suite_contexts[i % suite_context_count], &small, i, VK_IMAGE_LAYOUT_UNDEFINED),
            views[i].name);
    }
  }
}

/* One image, by every path and in the other layout. */
void an_image_by_every_path(void **state) {
  (void)state;
  for (size_t i = 0; i < PIXELS_PATHS; i++)
    for (size_t variant = 0; variant < (suite_is_short() ? 1 : suite_context_count); variant++) {
      s2vk_pixels_info pixels = image_info();
      s2vk_plan_info info = pixels_path_info(i, &pixels);
      info.batch = 1;
      pixels_check(image_difference(suite_contexts[variant], &info, 0, VK_IMAGE_LAYOUT_GENERAL), "image");
      pixels.source = S2VK_PIXELS_IMAGE_2D;
      pixels_check(image_difference(suite_contexts[variant], &info, 0, VK_IMAGE_LAYOUT_GENERAL), "view of type 2D");
    }
}

/* Written by a transfer just before; the transition to what is read is all that the application does. */
void an_image_written_in_the_same_commands(void **state) {
  (void)state;
  s2vk_pixels_info pixels = image_info();
  const s2vk_plan_info info = suite_pixels_plan_info(&pixels);
  static uint8_t texels[2][15][20][4]; /* black to begin with */
  struct texture texture =
      texture_create(&suite_gpu, views[0].format, 2, pixels.image, texels, sizeof texels, VK_IMAGE_LAYOUT_GENERAL);
  const VkImageLayout copied = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
  struct gpu_buffer written = gpu_buffer_create(&suite_gpu, sizeof texels);
  struct noise noise = {14};
  for (size_t i = 0; i < sizeof texels; i++)
    ((uint8_t *)written.host)[i] = (uint8_t)noise_below(&noise, 256);
  const s2vk_binding_info given = {
      .struct_size = sizeof given, .input_view = texture.view, .input_layout = VK_IMAGE_LAYOUT_GENERAL};
  s2vk_plan *plan;
  s2vk_binding *binding;
  struct replay now, later;
  assert_ok(s2vk_plan_create(suite_contexts[0], &info, &plan));
  assert_ok(s2vk_binding_create(plan, &given, &binding));
  replay_create(&now, &suite_gpu, plan);
  memset(now.features.host, 0, now.features.bytes);
  const s2vk_model model = replay_on_device(&now);
  const VkBufferImageCopy region = {.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 2},
      .imageExtent = {pixels.image.width, pixels.image.height, 1}};
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  texture_transition(commands, texture.image, 2, VK_IMAGE_LAYOUT_UNDEFINED, copied);
  vkCmdCopyBufferToImage(commands, written.buffer, texture.image, copied, 1, &region);
  texture_transition(commands, texture.image, 2, copied, VK_IMAGE_LAYOUT_GENERAL);
  assert_ok(s2vk_record(binding, commands, &model));
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  pixels_run(suite_contexts[0], &info, &given, NULL, 0, &later);
  assert_memory_equal(now.tiles.host, later.tiles.host, now.tiles.bytes);
  memset(later.tiles.host, 0, later.tiles.bytes);
  assert_memory_not_equal(now.tiles.host, later.tiles.host, now.tiles.bytes);
  replay_destroy(&now, &suite_gpu);
  replay_destroy(&later, &suite_gpu);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  gpu_buffer_destroy(&suite_gpu, &written);
  texture_destroy(&suite_gpu, &texture);
}
