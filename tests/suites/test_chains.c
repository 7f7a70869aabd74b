/* Preprocessing ahead of S2 on a device: bytes are those of Pillow's arithmetic (pillow.h); what is refused; and what
 * memory and pipelines it takes. Whole chains are cases of tests/golden. S2VK_TEST_PLANS=N has more or fewer images. */
#include "guard.h"
#include "pillow.h"
#include "suite.h"

/* ---- Cases ------------------------------------------------------------------------------------------------------- */

static const struct {
  s2vk_pixel_format format;
  uint32_t components, at[3]; /* of red, green and blue */
} formats[] = {
    {S2VK_PIXEL_RGBA8, 4, {0, 1, 2}},
    {S2VK_PIXEL_BGRA8, 4, {2, 1, 0}},
    {S2VK_PIXEL_RGB8, 3, {0, 1, 2}},
    {S2VK_PIXEL_BGR8, 3, {2, 1, 0}},
    {S2VK_PIXEL_GREY8, 1, {0, 0, 0}},
};

struct chain {
  s2vk_plan_info info;
  s2vk_pixels_info pixels;
  s2vk_preprocessing_info pre;
  s2vk_size sizes[1];
  uint32_t format; /* of formats[] */
  uint8_t *input;
  size_t input_bytes;
};

static void make_chain(struct noise *noise, struct chain *c) {
  *c = (struct chain){0};
  c->format = noise_below(noise, sizeof formats / sizeof *formats);
  const bool high = noise_below(noise, 16) == 0; /* around the hundredfold of its width */
  const uint32_t width = 1 + noise_below(noise, high ? 4 : 70);
  const uint32_t height = high ? 98 * width + noise_below(noise, 50) : 1 + noise_below(noise, 70);
  const uint32_t y = noise_below(noise, 4), x = noise_below(noise, 5);
  const s2vk_size image = {y + height + noise_below(noise, 3), x + width + noise_below(noise, 3)};
  const uint32_t row =
      image.width * formats[c->format].components + noise_below(noise, 2) * (1 + noise_below(noise, 40));
  const uint32_t gap = noise_below(noise, 2) * noise_below(noise, 50);
  c->pixels = (s2vk_pixels_info){.struct_size = sizeof c->pixels,
      .format = formats[c->format].format,
      .image = image,
      .x = x,
      .y = y,
      .row_stride = row,
      .image_stride = (VkDeviceSize)row * image.height + gap};
  c->pre = (s2vk_preprocessing_info){.struct_size = sizeof c->pre,
      .rounding = (s2vk_rounding)(1 + noise_below(noise, 2)),
      .pad_square = noise_below(noise, 3) == 0,
      .fill = {(uint8_t)noise_below(noise, 256), (uint8_t)noise_below(noise, 256), (uint8_t)noise_below(noise, 256)}};
  const uint32_t side = 1 + noise_below(noise, 30);
  c->sizes[0] = (s2vk_size){side * (1 + noise_below(noise, 3)), side * (1 + noise_below(noise, 3))};
  static const s2vk_filter filters[] = {
      S2VK_FILTER_BICUBIC_ANTIALIASED, S2VK_FILTER_BILINEAR_ANTIALIASED, S2VK_FILTER_LANCZOS3};
  const s2vk_filter filter = filters[noise_below(noise, 3)];
  c->info = (s2vk_plan_info){.struct_size = sizeof c->info,
      .batch = 1 + noise_below(noise, 2),
      .channels = 3,
      .height = height,
      .width = width,
      .img_sizes = c->sizes,
      .scale_count = 1,
      .max_split_size = side,
      .model = {.channels = 1, .tokens = 1},
      .filter = filter,
      .pixels = &c->pixels,
      .preprocessing = &c->pre};
  if (noise_below(noise, 2)) { /* the same, as a first size that the scale is */
    c->pre.first_size = c->sizes[0];
    c->pre.first_filter = filter;
    c->info.filter = S2VK_FILTER_BICUBIC;
  }
  c->input_bytes = (size_t)c->pixels.image_stride * c->info.batch;
  c->input = malloc(c->input_bytes);
  for (size_t i = 0; i < c->input_bytes; i++) /* mostly extremes, whose sums are out of range */
    c->input[i] = (uint8_t)(noise_below(noise, 3) ? noise_below(noise, 2) * 255 : noise_below(noise, 256));
}

/* What a channel of an image becomes. */
static struct plane expected(const struct chain *c, uint32_t image, uint32_t channel) {
  const uint32_t height = c->info.height, width = c->info.width, longer = height > width ? height : width;
  const bool pad = c->pre.pad_square;
  struct plane plane = plane_of(pad ? longer : height, pad ? longer : width);
  /* of grey pixels the first colour */
  const uint8_t fill = c->pre.fill[formats[c->format].components == 1 ? 0 : channel];
  memset(plane.bytes, fill, (size_t)plane.height * plane.width);
  const uint32_t top = (plane.height - height) / 2, left = (plane.width - width) / 2;
  for (uint32_t y = 0; y < height; y++)
    for (uint32_t x = 0; x < width; x++)
      plane.bytes[(size_t)(top + y) * plane.width + left + x] =
          c->input[c->pixels.image_stride * image + c->pixels.row_stride * (c->pixels.y + y) +
                   (c->pixels.x + x) * formats[c->format].components + formats[c->format].at[channel]];
  const s2vk_filter filter = c->pre.first_size.height ? c->pre.first_filter : c->info.filter;
  resize_plane(filter, c->pre.rounding, c->sizes[0], &plane);
  return plane;
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

struct catcher {
  float *tiles; /* of the one call */
};

static s2vk_result catch_tiles(void *user, const void *tiles, void *features, const s2vk_model_call *call) {
  struct catcher *catcher = user;
  catcher->tiles = malloc(call->tiles.bytes);
  memcpy(catcher->tiles, tiles, call->tiles.bytes);
  memset(features, 0, call->features.bytes);
  return S2VK_SUCCESS;
}

static void check_tiles(const struct chain *c, const float *tiles) {
  const uint32_t side = c->info.max_split_size, columns = c->sizes[0].width / side;
  for (uint32_t image = 0; image < c->info.batch; image++)
    for (uint32_t channel = 0; channel < 3; channel++) {
      struct plane plane = expected(c, image, channel);
      for (uint32_t y = 0; y < plane.height; y++)
        for (uint32_t x = 0; x < plane.width; x++) {
          const size_t tile = ((size_t)(y / side) * columns + x / side) * c->info.batch + image;
          const float value = tiles[((tile * 3 + channel) * side + y % side) * side + x % side] * 255;
          const int wanted = plane.bytes[(size_t)y * plane.width + x];
          if (!(fabsf(value - (float)wanted) < 1e-3f))
            fail_msg(
                "pixel %u, %u of image %u, channel %u, is %g, not %d", y, x, image, channel, (double)value, wanted);
        }
      free(plane.bytes);
    }
}

/* Now and then for storage alone: then nothing is read as texels. */
static VkBufferUsageFlags seed_usage(const struct chain *c) {
  return c->info.height % 4
             ? GPU_BUFFER_USAGE
             : VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT;
}

static void run_chain(s2vk_context *context, const struct chain *c) {
  s2vk_plan *plan;
  s2vk_binding *binding;
  struct guard guard;
  struct catcher catcher = {0};
  assert_ok(s2vk_plan_create(context, &c->info, &plan));
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  guard_create(&guard, &suite_gpu, plan, seed_usage(c));
  const s2vk_binding_info info = guard_binding(&guard);
  assert_ok(s2vk_binding_create(plan, &info, &binding));
  float *output = malloc(layout.output_bytes);
  const s2vk_model model = {.struct_size = sizeof model, .user = &catcher, .run = catch_tiles};
  assert_ok(s2vk_forward(binding, &model, c->input, c->input_bytes, output, layout.output_bytes));
  const char *breach = guard_breach(&guard, &suite_gpu);
  if (breach)
    fail_msg("the bytes around the %s were written", breach);
  check_tiles(c, catcher.tiles);
  free(catcher.tiles);
  free(output);
  s2vk_binding_destroy(&binding);
  guard_destroy(&guard, &suite_gpu);
  s2vk_plan_destroy(&plan);
}

static void random_images_are_pillow_s_to_the_byte(void **state) {
  (void)state;
  const unsigned long count = suite_number("S2VK_TEST_PLANS", gpu_compiles_slowly(&suite_gpu) ? 12 : 80);
  for (unsigned seed = 1; seed <= count; seed++) {
    struct noise noise = {seed};
    struct chain c;
    make_chain(&noise, &c);
    print_message("\rseed %u ", seed);
    run_chain(suite_contexts[seed % suite_context_count], &c);
    free(c.input);
  }
  assert_int_equal(gpu_messages(), 0);
}

/* ---- Output in blocks -------------------------------------------------------------------------------------------- */

/* Features that no two tokens share. */
static s2vk_result number_features(void *user, const void *tiles, void *features, const s2vk_model_call *call) {
  (void)user, (void)tiles;
  const size_t each = (size_t)call->features.shape.dims[1] * call->features.shape.dims[2];
  for (size_t i = 0; i < call->features.shape.dims[0] * each; i++)
    ((float *)features)[i] = (float)(((call->first_tile * each + i) * 2654435761u) % 10007);
  return S2VK_SUCCESS;
}

static float *forward_numbers(s2vk_context *context, const s2vk_plan_info *info, s2vk_plan_layout *layout) {
  s2vk_plan *plan;
  s2vk_binding *binding;
  assert_ok(s2vk_plan_create(context, info, &plan));
  *layout = (s2vk_plan_layout){.struct_size = sizeof *layout};
  assert_ok(s2vk_plan_get_layout(plan, layout));
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  float *input = calloc(1, layout->input_bytes), *output = malloc(layout->output_bytes);
  const s2vk_model model = {.struct_size = sizeof model, .run = number_features};
  assert_ok(s2vk_forward(binding, &model, input, layout->input_bytes, output, layout->output_bytes));
  free(input);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  return output;
}

static void check_blocks(s2vk_context *context, struct noise *noise) {
  const uint32_t rows = 1 + noise_below(noise, 4), columns = 1 + noise_below(noise, 4), g = 1 + noise_below(noise, 5);
  const s2vk_size sizes[] = {{4, 4}, {8, 8}, {4 * rows, 4 * columns}};
  s2vk_plan_info info = {.struct_size = sizeof info,
      .batch = 1 + noise_below(noise, 2),
      .channels = 1,
      .height = 8,
      .width = 8,
      .img_sizes = sizes,
      .scale_count = 3,
      .max_split_size = 4,
      .resize_output_to_idx = -1,
      .num_prefix_token = noise_below(noise, 2),
      .tiles_per_call = noise_below(noise, 4)};
  info.model = (s2vk_model_shape){.channels = 1 + noise_below(noise, 12), .tokens = g * g + info.num_prefix_token};
  info.calls_cross_scales = noise_below(noise, 2);
  s2vk_plan_layout layout;
  float *whole = forward_numbers(context, &info, &layout);
  assert_int_equal(layout.output_block.height, 0);
  info.output_blocks = true;
  info.output_blocks_idx = noise_below(noise, 2) ? -1 : 2;
  float *blocks = forward_numbers(context, &info, &layout);
  assert_int_equal(layout.output_block.height, g);
  assert_int_equal(layout.output_block.width, g);
  const uint32_t channels = layout.output.dims[2], width = columns * g, tokens = rows * columns * g * g;
  for (uint32_t image = 0; image < info.batch; image++) {
    const size_t first = (size_t)image * (info.num_prefix_token + tokens) * channels;
    assert_memory_equal(whole + first, blocks + first, info.num_prefix_token * channels * sizeof *whole);
    for (uint32_t n = 0; n < tokens; n++) { /* the n-th token of all blocks */
      const uint32_t block = n / (g * g), inside = n % (g * g);
      const uint32_t y = block / columns * g + inside / g, x = block % columns * g + inside % g;
      assert_memory_equal(blocks + first + (size_t)(info.num_prefix_token + n) * channels,
          whole + first + (size_t)(info.num_prefix_token + y * width + x) * channels, channels * sizeof *whole);
    }
  }
  free(whole);
  free(blocks);
}

static void blocks_are_the_grid_in_another_order(void **state) {
  (void)state;
  const unsigned long count = suite_number("S2VK_TEST_PLANS", gpu_compiles_slowly(&suite_gpu) ? 4 : 30);
  for (unsigned seed = 1; seed <= count; seed++) {
    struct noise noise = {seed};
    print_message("\rseed %u ", seed);
    check_blocks(suite_contexts[seed % suite_context_count], &noise);
  }
  assert_int_equal(gpu_messages(), 0);
}

static void blocks_that_do_not_divide_the_grid_are_refused(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  s2vk_plan *plan;
  info.output_blocks = true;
  info.output_blocks_idx = 2;
  assert_fails(s2vk_plan_create(suite_gpu.context, &info, &plan), S2VK_ERROR_OUTPUT_INDEX, "output_blocks_idx is 2");
  const double scales[] = {1, 3};
  info.scales = scales;
  info.output_blocks_idx = -1;
  assert_fails(
      s2vk_plan_create(suite_gpu.context, &info, &plan), S2VK_ERROR_OUTPUT_BLOCKS, "2 x 2 tokens", "3 x 3 tiles");
  info.output_shape = S2VK_OUTPUT_BCHW;
  info.model = (s2vk_model_shape){.channels = 1, .height = 2, .width = 2};
  assert_fails(s2vk_plan_create(suite_gpu.context, &info, &plan), S2VK_ERROR_OUTPUT_BLOCKS, "S2VK_OUTPUT_BCHW");
}

/* ---- Presets ----------------------------------------------------------------------------------------------------- */

static void presets_say_what_they_are(void **state) {
  (void)state;
  const s2vk_context *context = suite_gpu.context;
  s2vk_plan_info plan = suite_plan_info();
  s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .format = S2VK_PIXEL_RGB8};
  s2vk_preprocessing_info pre;
  assert_ok(s2vk_preset_apply(context, S2VK_PRESET_LLAVA, 1008, &plan, &pixels, &pre));
  assert_true(plan.pixels == &pixels && plan.preprocessing == &pre && plan.filter == S2VK_FILTER_BICUBIC);
  assert_true(pre.pad_square && pre.rounding == S2VK_ROUNDING_BYTES && pre.shortest_side == 1008);
  assert_true(pre.first_size.height == 1008 && pre.first_size.width == 1008);
  assert_true(pre.fill[0] == 122 && pre.fill[1] == 116 && pre.fill[2] == 104);
  assert_int_equal(pixels.normalization, S2VK_NORMALIZATION_CLIP);
  assert_false(plan.output_blocks);
  assert_ok(s2vk_preset_apply(context, S2VK_PRESET_NVILA, 0, &plan, &pixels, &pre));
  assert_true(pre.first_size.height == 0 && !pre.pad_square && plan.filter == S2VK_FILTER_BICUBIC_ANTIALIASED);
  assert_true(plan.output_blocks && plan.output_blocks_idx == -1 && plan.resize_output_to_idx == -1);
  assert_int_equal(pixels.normalization, S2VK_NORMALIZATION_SIGNED);
  assert_ok(s2vk_preset_apply(context, S2VK_PRESET_SIGLIP, 384, &plan, &pixels, &pre));
  assert_true(pre.shortest_side == 0 && pre.first_size.width == 384 && !pre.pad_square);
  assert_fails(s2vk_preset_apply(context, S2VK_PRESET_CLIP, 0, &plan, &pixels, &pre), S2VK_ERROR_ZERO_SIZE, "side");
  assert_fails(s2vk_preset_apply(context, S2VK_PRESET_CLIP, S2VK_MAX_SIDE + 1, &plan, &pixels, &pre),
      S2VK_ERROR_OVERFLOW, "1048577");
  assert_fails(s2vk_preset_apply(context, (s2vk_preset)4, 8, &plan, &pixels, &pre), S2VK_ERROR_ENUM, "preset is 4");
  assert_fails(s2vk_preset_apply(context, S2VK_PRESET_CLIP, 8, &plan, NULL, &pre), S2VK_ERROR_NULL, "s2vk_pixels_info");
  assert_fails(s2vk_preset_apply(context, S2VK_PRESET_CLIP, 8, &plan, &pixels, NULL), S2VK_ERROR_NULL, "preprocessing");
  assert_int_equal(s2vk_preset_apply(NULL, S2VK_PRESET_CLIP, 8, &plan, &pixels, &pre), S2VK_ERROR_NULL);
}

/* ---- Memory and pipelines ---------------------------------------------------------------------------------------- */

static struct chain plain_chain(void) {
  struct noise noise = {7};
  struct chain c;
  make_chain(&noise, &c);
  return c;
}

/* A copy of a chain points to its own parts. */
static void own(struct chain *c) {
  c->info.img_sizes = c->sizes;
  c->info.pixels = &c->pixels;
  c->info.preprocessing = &c->pre;
}

/* One outcome of an axis that is longer than some drivers let a loop be, half as often as one kernel counts. */
static void long_axes_are_summed_to_their_end(void **state) {
  (void)state;
  struct noise noise = {1};
  for (int across = 0; across < 2; across++) {
    struct chain c;
    make_chain(&noise, &c);
    free(c.input);
    c.format = 2;
    c.info.height = across ? 1 : 59000;
    c.info.width = across ? 59000 : 1;
    c.info.batch = c.info.max_split_size = 1;
    c.info.filter = S2VK_FILTER_BILINEAR_ANTIALIASED;
    c.sizes[0] = (s2vk_size){1, 1};
    c.pre = (s2vk_preprocessing_info){.struct_size = sizeof c.pre, .rounding = S2VK_ROUNDING_BYTES};
    c.input_bytes = 3 * 59000;
    c.pixels = (s2vk_pixels_info){.struct_size = sizeof c.pixels,
        .format = S2VK_PIXEL_RGB8,
        .image = {c.info.height, c.info.width},
        .row_stride = 3 * c.info.width,
        .image_stride = c.input_bytes};
    c.input = malloc(c.input_bytes);
    for (size_t i = 0; i < c.input_bytes; i++)
      c.input[i] = (uint8_t)noise_below(&noise, 256);
    run_chain(suite_gpu.context, &c);
    free(c.input);
  }
}

static void scratch_is_counted_and_checked(void **state) {
  (void)state;
  struct chain c = plain_chain();
  own(&c);
  s2vk_plan *plan;
  s2vk_binding *binding;
  assert_ok(s2vk_plan_create(suite_gpu.context, &c.info, &plan));
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  const VkDeviceSize pixels = (VkDeviceSize)c.sizes[0].height * c.sizes[0].width * c.info.batch;
  assert_true(layout.scratch_bytes >= 4 * pixels);
  struct gpu_buffer buffer = gpu_buffer_create(&suite_gpu, layout.scratch_bytes);
  s2vk_binding_info info = {.struct_size = sizeof info};
  info.scratch = (s2vk_buffer){.buffer = buffer.buffer, .bytes = layout.scratch_bytes - 4};
  char bytes[32];
  snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)layout.scratch_bytes);
  assert_fails(s2vk_binding_create(plan, &info, &binding), S2VK_ERROR_BUFFER_SIZE, "scratch.bytes", bytes);
  s2vk_plan_destroy(&plan);
  gpu_buffer_destroy(&suite_gpu, &buffer);
  free(c.input);
}

static void prepared_chains_compile_nothing(void **state) {
  (void)state;
  if (gpu_compiles_slowly(&suite_gpu)) {
    print_message("SKIPPED: all that can be prepared, which this driver takes long to compile\n");
    return;
  }
  for (size_t i = 0; i < suite_context_count; i++) {
    struct chain c = plain_chain();
    own(&c);
    const s2vk_prepare_info prepare = {
        .struct_size = sizeof prepare, .model_channels = 1, .pixels = &c.pixels, .preprocessing = &c.pre};
    s2vk_context *context = suite_contexts[i];
    assert_ok(s2vk_context_prepare(context, &prepare));
    s2vk_context_statistics before = {.struct_size = sizeof before}, after = before;
    assert_ok(s2vk_context_get_statistics(context, &before));
    for (uint32_t side = 1; side < 40; side += 9) {
      c.sizes[0] = (s2vk_size){side * c.info.max_split_size / 4 + 1, side * c.info.max_split_size / 3 + 1};
      s2vk_plan *plan;
      c.pre.first_size = side % 2 ? c.sizes[0] : (s2vk_size){0};
      c.info.filter = c.pre.first_filter = S2VK_FILTER_BICUBIC_ANTIALIASED;
      assert_ok(s2vk_plan_create(context, &c.info, &plan));
      s2vk_plan_destroy(&plan);
    }
    assert_ok(s2vk_context_get_statistics(context, &after));
    assert_int_equal(after.pipelines_made, before.pipelines_made);
    free(c.input);
  }
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

#define refuses(change, result, ...)                                                                                   \
  do {                                                                                                                 \
    struct chain c = plain_chain();                                                                                    \
    s2vk_plan *plan;                                                                                                   \
    own(&c);                                                                                                           \
    c.pre.first_size = (s2vk_size){0};                                                                                 \
    c.info.filter = S2VK_FILTER_BICUBIC_ANTIALIASED;                                                                   \
    change;                                                                                                            \
    assert_fails(s2vk_plan_create(suite_gpu.context, &c.info, &plan), result, __VA_ARGS__);                            \
    assert_null(plan);                                                                                                 \
    free(c.input);                                                                                                     \
  } while (0)

static void contradictions_are_refused(void **state) {
  (void)state;
  refuses(c.pre.struct_size = 4, S2VK_ERROR_STRUCT_SIZE, "s2vk_preprocessing_info.struct_size", "4");
  refuses(c.pre.rounding = (s2vk_rounding)3, S2VK_ERROR_ENUM, "preprocessing.rounding", "3");
  refuses(c.pre.first_filter = (s2vk_filter)6, S2VK_ERROR_ENUM, "preprocessing.first_filter", "6");
  refuses(c.info.filter = S2VK_FILTER_BICUBIC, S2VK_ERROR_PREPROCESSING, "filter is 0", "antialiased");
  refuses((c.pre.first_size = (s2vk_size){8, 8}, c.pre.first_filter = S2VK_FILTER_NEAREST), S2VK_ERROR_PREPROCESSING,
      "preprocessing.first_filter is 2");
  refuses(c.pre.first_size.height = 8, S2VK_ERROR_PREPROCESSING, "preprocessing.first_size is 8 x 0");
  refuses(c.pre.shortest_side = 9, S2VK_ERROR_PREPROCESSING, "shortest_side is 9");
  refuses((c.pre.shortest_side = 9, c.pre.first_size = (s2vk_size){10, 9}, c.pre.pad_square = true,
              c.pre.first_filter = S2VK_FILTER_LANCZOS3),
      S2VK_ERROR_PREPROCESSING, "preprocessing.first_size is 10 x 9", "9 x 9");
  refuses(c.pre.first_size = ((s2vk_size){S2VK_MAX_SIDE + 1, 1}), S2VK_ERROR_OVERFLOW, "1048577 x 1");
  refuses((c.info.width = 1, c.info.height = 64, c.pre.pad_square = false, c.pre.shortest_side = 1 << 15,
              c.pre.first_size = (s2vk_size){1, 1}, c.pre.first_filter = S2VK_FILTER_LANCZOS3),
      S2VK_ERROR_OVERFLOW, "shortest_side is 32768", "2097152");
  refuses(c.info.pixels = NULL, S2VK_ERROR_PREPROCESSING, "without pixels");
  refuses((c.pixels.format = S2VK_PIXEL_RGBA_F32, c.pixels.row_stride = c.pixels.image_stride = 0),
      S2VK_ERROR_PREPROCESSING, "pixels.format is 5");
  refuses(c.pixels.transfer = S2VK_TRANSFER_TO_SRGB, S2VK_ERROR_PREPROCESSING, "pixels.transfer is 1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_images_are_pillow_s_to_the_byte),
      cmocka_unit_test(long_axes_are_summed_to_their_end),
      cmocka_unit_test(scratch_is_counted_and_checked),
      cmocka_unit_test(prepared_chains_compile_nothing),
      cmocka_unit_test(contradictions_are_refused),
      cmocka_unit_test(blocks_are_the_grid_in_another_order),
      cmocka_unit_test(blocks_that_do_not_divide_the_grid_are_refused),
      cmocka_unit_test(presets_say_what_they_are),
  };
  return cmocka_run_group_tests(tests, suite_open_contexts, suite_close_contexts);
}
