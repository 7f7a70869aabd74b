/* Bounds of a plan: what is exactly at each is taken, and what is one past it is refused with the field named. No
 * device. */
#include "suite.h"

#include "base/checked.h"
#include "map/geometry.h"

static const struct s2_env env = {.log = gpu_log};

/* The shapes of a plan alone: a whole one would take long at some of these bounds. */
static s2vk_result shapes_of(const s2vk_plan_info *info) {
  struct s2_geometry geometry;
  const s2vk_result result = s2_geometry_create(&env, info, &geometry);
  if (!result)
    s2_geometry_destroy(&env, &geometry);
  return result;
}

/* One image of one scale of its own size, one channel, one token. */
static s2vk_plan_info least_info(uint32_t height, uint32_t width) {
  static const double one[] = {1};
  return (s2vk_plan_info){
      .struct_size = sizeof(s2vk_plan_info),
      .batch = 1,
      .channels = 1,
      .height = height,
      .width = width,
      .scales = one,
      .scale_count = 1,
      .max_split_size = 1,
      .tiles_per_call = 1 << 20,
      .split_mode = S2VK_SPLIT_PAD,
      .model = {.channels = 1, .tokens = 1, .height = 1, .width = 1},
  };
}

/* ---- Arithmetic -------------------------------------------------------------------------------------------------- */

static void what_does_not_fit_stays_too_large(void **state) {
  (void)state;
  const uint64_t most = UINT64_MAX - 1; /* the largest that is a size */
  assert_int_equal(s2_add(most - 5, 5), most);
  assert_true(s2_add(most, 1) == S2_TOO_LARGE && s2_add(most, 2) == S2_TOO_LARGE);
  assert_true(s2_add(S2_TOO_LARGE, 0) == S2_TOO_LARGE && s2_add(3, S2_TOO_LARGE) == S2_TOO_LARGE);
  assert_int_equal(s2_multiply(UINT64_C(1) << 32, UINT32_MAX), (UINT64_C(1) << 32) * UINT32_MAX);
  assert_true(s2_multiply(UINT64_C(1) << 32, UINT64_C(1) << 32) == S2_TOO_LARGE);
  assert_true(s2_multiply(UINT64_C(3) << 62, 4) == S2_TOO_LARGE);
  assert_true(s2_multiply(S2_TOO_LARGE, 1) == S2_TOO_LARGE && s2_multiply(1, S2_TOO_LARGE) == S2_TOO_LARGE);
  assert_true(s2_multiply(S2_TOO_LARGE, 0) == S2_TOO_LARGE && s2_multiply(0, S2_TOO_LARGE) == S2_TOO_LARGE);
  assert_int_equal(s2_multiply(0, most), 0);
  assert_int_equal(s2_round_up(0, 4) + s2_round_up(8, 4), 8);
  assert_int_equal(s2_round_up(5, 4), 8);
  assert_true(s2_round_up(most, 4) == S2_TOO_LARGE && s2_round_up(S2_TOO_LARGE, 4) == S2_TOO_LARGE);
}

/* ---- Sides ------------------------------------------------------------------------------------------------------- */

static void sides_are_at_most_the_longest(void **state) {
  (void)state;
  const uint32_t most = S2VK_MAX_SIDE;
  s2vk_plan_info info = least_info(most, 1);
  assert_ok(shapes_of(&info));
  info = least_info(1, most);
  assert_ok(shapes_of(&info));
  info = least_info(most + 1, 1);
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "height is 1048577");
  info = least_info(1, most + 1);
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "width is 1048577");

  info = least_info(1, 1);
  info.max_split_size = most;
  assert_ok(shapes_of(&info));
  info.max_split_size = most + 1;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "max_split_size is 1048577");

  info = least_info(1, 1);
  info.scales = NULL;
  for (uint32_t past = 0; past < 2; past++)
    for (int across = 0; across < 2; across++) {
      const s2vk_size size = across ? (s2vk_size){1, most + past} : (s2vk_size){most + past, 1};
      info.img_sizes = &size;
      if (past)
        assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "img_sizes[0]", "1048577");
      else
        assert_ok(shapes_of(&info));
    }
}

/* The side of a scale by its factor, of the padded scale, and of the grid of tokens. */
static void sides_that_come_of_others_are_too(void **state) {
  (void)state;
  const uint32_t most = S2VK_MAX_SIDE;
  double scale = most;
  s2vk_plan_info info = least_info(1, 1);
  info.scales = &scale;
  info.tiles_per_call = 0;
  info.max_split_size = 1 << 10;
  assert_ok(shapes_of(&info));
  scale = nextafter(most + 1.0, 0); /* truncated, not rounded */
  assert_ok(shapes_of(&info));
  scale = most + 1.0;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "scales[0]", "1048577");

  info = least_info(most - 2, 1);
  info.tiles_per_call = 0;
  info.max_split_size = 1 << 10; /* to 2^20 exactly */
  assert_ok(shapes_of(&info));
  info.max_split_size = 3; /* 2^20 is one more than a multiple of 3 */
  assert_ok(shapes_of(&info));
  info.height = most - 1;
  info.max_split_size = (1 << 10) + 3;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "padded", "1049594");

  info = least_info(1, 4);
  info.output_shape = S2VK_OUTPUT_BCHW;
  info.model.width = most / 4;
  assert_ok(shapes_of(&info));
  info.model.width = most / 4 + 1;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "feature grid of scale 0", "1048580");
}

static void pixels_lie_within_the_longest_side(void **state) {
  (void)state;
  const uint32_t most = S2VK_MAX_SIDE;
  s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .x = most - 4, .y = most - 2};
  s2vk_plan_info info = least_info(2, 4);
  info.pixels = &pixels;
  assert_ok(shapes_of(&info));
  pixels.x++;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "pixels.x is 1048573");
  pixels.x = 0;
  pixels.y++;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "pixels.y is 1048575");
  pixels.y = 0;
  pixels.image = (s2vk_size){most, most};
  assert_ok(shapes_of(&info));
  pixels.image.width++;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "pixels.image is 1048576 x 1048577");
}

/* ---- Counts ------------------------------------------------------------------------------------------------------ */

/* 2^32 - 1 is 65535 x 65537. */
static void tiles_of_all_scales_are_counted_in_32_bits(void **state) {
  (void)state;
  const s2vk_size sizes[] = {{65535, 65537}, {1, 1}};
  s2vk_plan_info info = least_info(1, 1);
  info.scales = NULL;
  info.img_sizes = sizes;
  info.tiles_per_call = 0;
  assert_ok(shapes_of(&info));
  info.scale_count = 2;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "scale 1 has 1 tiles", "batch = 1", "4294967295");
  const s2vk_size halves[] = {{32768, 65535}, {32768, 65535}, {65536, 1}, {1, 1}};
  info.img_sizes = halves;
  info.scale_count = 2;
  assert_ok(shapes_of(&info));
  info.scale_count = 3; /* 2^32 */
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "scale 2 has 65536 tiles");
  const s2vk_size two = {1, 2};
  info.img_sizes = &two;
  info.scale_count = 1;
  info.batch = UINT32_MAX / 2;
  assert_ok(shapes_of(&info));
  info.batch++;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "scale 0 has 2 tiles", "batch = 2147483648");
}

static void calls_are_at_most_two_to_the_20(void **state) {
  (void)state;
  s2vk_plan_info info = least_info(1 << 10, 1 << 10);
  info.tiles_per_call = 1;
  assert_ok(shapes_of(&info));
  const s2vk_size sizes[] = {{1 << 10, 1 << 10}, {1, 1}};
  info.scales = NULL;
  info.img_sizes = sizes;
  info.scale_count = 2;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "1048577 tiles", "tiles_per_call = 1", "1048577 model calls");
  info.tiles_per_call = 2; /* 2^19, and one of the second scale */
  assert_ok(shapes_of(&info));
}

static void tokens_and_channels_of_the_output_are_counted_in_32_bits(void **state) {
  (void)state;
  s2vk_plan_info info = least_info(1, 1);
  info.output_shape = S2VK_OUTPUT_BCHW;
  info.model.height = 65535;
  info.model.width = 65537;
  assert_ok(shapes_of(&info));
  info.model.height = 65536;
  info.model.width = 65536;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "4294967296 tokens");
  info = least_info(65535, 65537);
  info.tiles_per_call = 0;
  assert_ok(shapes_of(&info));
  info.num_prefix_token = 1;
  info.model.tokens = 2;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "4294967296 tokens");

  const double scales[] = {1, 1, 1};
  info = least_info(1, 1);
  info.scales = scales;
  info.scale_count = 3;
  info.model.channels = UINT32_MAX / 3;
  assert_ok(shapes_of(&info));
  info.model.channels++;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "scale_count = 3", "model.channels = 1431655766");
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

static s2vk_plan_info f16_info(void) {
  s2vk_plan_info info = least_info(1 << 15, 1 << 15);
  info.max_split_size = 1 << 10;
  info.tiles_per_call = 1;
  info.input_type = info.tile_type = info.feature_type = info.output_type = S2VK_TYPE_F16;
  return info;
}

/* 2^60 bytes are taken of each tensor, and a row, a column or a channel more is not. */
static void tensors_have_at_most_two_to_the_60_bytes(void **state) {
  (void)state;
  s2vk_plan_info info = f16_info(); /* the input: 2^29 channels of 2^30 pixels */
  info.channels = 1 << 29;
  assert_ok(shapes_of(&info));
  info.channels++;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "channels = 536870913", "2^60 bytes of the input");
  info.channels--;
  info.input_type = S2VK_TYPE_F32;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "2^60 bytes of the input");

  info = f16_info(); /* tiles of a call: one of 2^40 pixels, 2^19 channels */
  info.height = info.width = 1;
  info.max_split_size = 1 << 20;
  info.channels = 1 << 19;
  assert_ok(shapes_of(&info));
  info.channels++;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "channels = 524289", "2^60 bytes of the tiles");

  info = f16_info(); /* features and output: 2^29 channels of 2^30 tokens */
  info.height = info.width = info.max_split_size = 1;
  info.output_shape = S2VK_OUTPUT_BCHW;
  info.model = (s2vk_model_shape){.channels = 1 << 29, .height = 1 << 15, .width = 1 << 15};
  assert_ok(shapes_of(&info));
  info.model.channels++;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "model.channels = 536870913", "2^60 bytes of the features");
  info.model.channels--;
  info.output_type = S2VK_TYPE_F32;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "2^60 bytes of the output");
}

/* Products that are a multiple of 2^64, and would be 0 bytes. */
static void products_do_not_wrap(void **state) {
  (void)state;
  s2vk_context *context = open_shapes_only();
  s2vk_plan *plan;
  s2vk_plan_info info = least_info(1, 1);
  info.max_split_size = 1 << 20;
  info.channels = 1 << 24;
  assert_fails(s2vk_plan_create(context, &info, &plan), S2VK_ERROR_OVERFLOW, "channels = 16777216", "tiles");
  info = least_info(1, 1);
  info.output_shape = S2VK_OUTPUT_BCHW;
  info.max_split_size = 1 << 10; /* so that the output has 2^20 tokens */
  info.model = (s2vk_model_shape){.channels = 1 << 24, .height = 1 << 20, .width = 1 << 20};
  assert_fails(s2vk_plan_create(context, &info, &plan), S2VK_ERROR_OVERFLOW, "model.channels = 16777216", "features");
  info = least_info(1 << 20, 1 << 20);
  info.max_split_size = 1 << 14;
  info.tiles_per_call = 1 << 12;
  info.batch = 1 << 12;
  info.channels = 1 << 12;
  assert_fails(s2vk_plan_create(context, &info, &plan), S2VK_ERROR_OVERFLOW, "batch = 4096, channels = 4096", "input");
  info = least_info(1, 1);
  info.batch = 1 << 16;
  info.max_split_size = 1 << 16;
  info.channels = 1 << 16;
  info.tiles_per_call = 0; /* 2^16 tiles of 2^48 */
  assert_fails(s2vk_plan_create(context, &info, &plan), S2VK_ERROR_OVERFLOW, "batch = 65536", "tiles");
  s2vk_context_destroy(&context);
}

static void pixels_have_at_most_two_to_the_60_bytes(void **state) {
  (void)state;
  s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .row_stride = UINT64_C(1) << 57};
  s2vk_plan_info info = least_info(8, 1);
  info.pixels = &pixels;
  assert_ok(shapes_of(&info));
  pixels.row_stride++;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "pixels.row_stride is 144115188075855873");
  pixels.row_stride = 4;
  pixels.image_stride = UINT64_C(1) << 59;
  info.batch = 2;
  assert_ok(shapes_of(&info));
  pixels.image_stride++;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "pixels.image_stride is 576460752303423489");
  pixels.image_stride = 0;
  pixels.row_stride = UINT64_C(1) << 56;
  assert_ok(shapes_of(&info));
  info.batch = 3;
  assert_fails(shapes_of(&info), S2VK_ERROR_OVERFLOW, "batch = 3");
}

/* ---- Sizes of scales --------------------------------------------------------------------------------------------- */

/* Python's int(size * scale): in double these products are just below a whole number, or just at one; in float they are
 * not. */
static void scales_are_taken_in_double(void **state) {
  (void)state;
  static const struct {
    uint32_t size;
    double scale;
    uint32_t image;
  } cases[] = {{100, 0.29, 28}, {100, 0.57, 56}, {100, 0.58, 57}, {100, 1.15, 114}, {10, 2.3, 23}, {100, 1.1, 110},
      {100, 4.35, 434}, {1000003, 0.333333333333, 333334}, {1048575, 1 - 1e-9, 1048574}, {3, 1.0 / 3, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    s2vk_plan_info info = least_info(cases[i].size, cases[i].size);
    info.scales = &cases[i].scale;
    info.max_split_size = 1 << 10;
    info.tiles_per_call = 0;
    struct s2_geometry geometry;
    assert_ok(s2_geometry_create(&env, &info, &geometry));
    assert_int_equal(geometry.scales[0].image.height, cases[i].image);
    assert_int_equal(geometry.scales[0].image.width, cases[i].image);
    s2_geometry_destroy(&env, &geometry);
  }
}

/* Grids of 1 x 1 and 2 x 2 tiles are as near to an image that is about square: the larger is for images of more than
 * half its pixels. */
static void a_tie_at_exactly_half_goes_to_the_smaller(void **state) {
  (void)state;
  s2vk_context *context = open_shapes_only();
  static const struct {
    uint32_t height, width, last;
  } images[] = {{8, 9, 6}, {9, 8, 6}, {8, 8, 6}, {8, 10, 12}, {9, 9, 12}}; /* of 2 x 2 tiles, half are 72 pixels */
  const uint32_t size = 6;
  for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
    const s2vk_dynamic_s2_info info = {.struct_size = sizeof info,
        .height = images[i].height,
        .width = images[i].width,
        .sizes = &size,
        .size_count = 1,
        .max_tiles = 4};
    s2vk_size last;
    assert_ok(s2vk_dynamic_s2_sizes(context, &info, &last));
    assert_int_equal(last.height, images[i].last);
    assert_int_equal(last.width, images[i].last);
  }
  s2vk_context_destroy(&context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_does_not_fit_stays_too_large),
      cmocka_unit_test(sides_are_at_most_the_longest),
      cmocka_unit_test(sides_that_come_of_others_are_too),
      cmocka_unit_test(pixels_lie_within_the_longest_side),
      cmocka_unit_test(tiles_of_all_scales_are_counted_in_32_bits),
      cmocka_unit_test(calls_are_at_most_two_to_the_20),
      cmocka_unit_test(tokens_and_channels_of_the_output_are_counted_in_32_bits),
      cmocka_unit_test(tensors_have_at_most_two_to_the_60_bytes),
      cmocka_unit_test(products_do_not_wrap),
      cmocka_unit_test(pixels_have_at_most_two_to_the_60_bytes),
      cmocka_unit_test(scales_are_taken_in_double),
      cmocka_unit_test(a_tie_at_exactly_half_goes_to_the_smaller),
  };
  return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
}
