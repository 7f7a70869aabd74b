#include "suite.h"

#include "map/geometry.h"
#include "reference.h"

static const struct s2_env env = {.log = gpu_log};

static void check_size(s2vk_size size, uint32_t height, uint32_t width) {
  assert_int_equal(size.height, height);
  assert_int_equal(size.width, width);
}

static void check_shape(s2vk_shape shape, uint32_t rank, const uint32_t *dims) {
  assert_int_equal(shape.rank, rank);
  for (uint32_t i = 0; i < 4; i++)
    assert_int_equal(shape.dims[i], i < rank ? dims[i] : 0);
}

/* ---- What it computes ------------------------------------------------------------------------------------------- */

/* The worked examples of docs/semantics.md, ViT-B/16 and CLIP ViT-B/32, and LLaVA's setting. */
static void worked_examples(void **state) {
  (void)state;
  const double one_two[] = {1, 2}, half_one[] = {0.5, 1};
  const s2vk_size wide[] = {{112, 224}, {224, 448}}, llava[] = {{336, 336}, {672, 672}, {1008, 1008}};
  const s2vk_model_shape b16 = {.tokens = 196, .channels = 768}, b32 = {.tokens = 50, .channels = 768},
                         l14 = {.tokens = 576, .channels = 1024};
  const struct {
    uint32_t height, width, side;
    const double *scales;
    const s2vk_size *sizes;
    uint32_t count, prefix;
    s2vk_model_shape model;
    uint32_t tokens, channels, tiles;
  } examples[] = {
      {224, 224, 0, one_two, NULL, 2, 0, b16, 196, 1536, 5},
      {448, 448, 224, half_one, NULL, 2, 0, b16, 196, 1536, 5},
      {112, 224, 224, NULL, wide, 2, 0, b16, 98, 1536, 3},
      {224, 224, 0, one_two, NULL, 2, 1, b32, 50, 1536, 5},
      {336, 336, 336, NULL, llava, 3, 0, l14, 576, 3072, 14},
  };
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
    const s2vk_plan_info info = {
        .struct_size = sizeof info,
        .batch = 32,
        .channels = 3,
        .height = examples[i].height,
        .width = examples[i].width,
        .scales = examples[i].scales,
        .img_sizes = examples[i].sizes,
        .scale_count = examples[i].count,
        .max_split_size = examples[i].side,
        .num_prefix_token = examples[i].prefix,
        .model = examples[i].model,
    };
    struct s2_geometry g;
    assert_ok(s2_geometry_create(&env, &info, &g));
    check_shape(s2_output_shape(&g), 3, (uint32_t[]){32, examples[i].tokens, examples[i].channels});
    assert_int_equal(g.tile_count, 32 * examples[i].tiles);
    assert_int_equal(g.output_bytes, 32ull * examples[i].tokens * examples[i].channels * 4);
    s2_geometry_destroy(&env, &g);
  }
}

static void scales_truncate(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double scales[] = {0.99, 1.5, 2.25};
  info.height = info.width = 33;
  info.scales = scales;
  info.scale_count = 3;
  struct s2_geometry g;
  assert_ok(s2_geometry_create(&env, &info, &g));
  check_size(g.scales[0].image, 32, 32);
  check_size(g.scales[1].image, 49, 49);
  check_size(g.scales[2].image, 74, 74);
  check_size(g.scales[2].tiles, 3, 3);
  check_size(g.scales[2].padded, 99, 99);
  s2_geometry_destroy(&env, &g);
}

/* Tiles of 336 that share 48 pixels, 3 tokens of 16. */
static void tiles_overlap(void **state) {
  (void)state;
  const s2vk_size sizes[] = {{448, 672}, {336, 200}, {624, 337}};
  s2vk_plan_info info = suite_plan_info();
  info.scales = NULL;
  info.img_sizes = sizes;
  info.scale_count = 3;
  info.max_split_size = 336;
  info.tile_overlap = 48;
  info.model.tokens = 21 * 21;
  struct s2_geometry g;
  assert_ok(s2_geometry_create(&env, &info, &g));
  check_size(g.scales[0].tiles, 2, 3);
  check_size(g.scales[0].padded, 624, 912);
  check_size(g.scales[0].shared, 3, 3);
  check_size(g.scales[0].grid, 39, 57);
  check_size(g.scales[0].valid, 28, 42);
  check_size(g.scales[1].tiles, 1, 1);
  check_size(g.scales[1].padded, 336, 336);
  check_size(g.scales[1].grid, 21, 21);
  check_size(g.scales[2].tiles, 2, 2);
  check_size(g.scales[2].padded, 624, 624);
  s2_geometry_destroy(&env, &g);
}

/* Step 8 in double and in its order of operations: 9 / 33 * 11 is 3 in exact arithmetic and just above it in double. */
static void valid_part_rounds_as_the_original(void **state) {
  (void)state;
  uint32_t differs = 0;
  for (uint32_t side = 2; side < 40; side++)
    for (uint32_t size = 1; size < 120; size++) {
      s2vk_plan_info info = suite_plan_info();
      const s2vk_size sizes[] = {{size, size}};
      info.scales = NULL;
      info.img_sizes = sizes;
      info.scale_count = 1;
      info.max_split_size = side;
      info.model.tokens = 49;
      struct s2_geometry g;
      assert_ok(s2_geometry_create(&env, &info, &g));
      const uint32_t padded = (size + side - 1) / side * side, grid = padded / side * 7;
      check_size(g.scales[0].valid, (uint32_t)ceil((double)size / padded * grid),
          (uint32_t)ceil((double)size / padded * grid));
      differs += g.scales[0].valid.height != (size * grid + padded - 1) / padded;
      s2_geometry_destroy(&env, &g);
    }
  assert_true(differs > 0); /* or else this test would show nothing */
}

static void policies_choose_the_grid(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const s2vk_size sizes[] = {{12, 12}};
  info.scales = NULL;
  info.img_sizes = sizes;
  info.scale_count = 1;
  info.model.tokens = 16;
  struct s2_geometry g;
  const struct {
    s2vk_grid_policy policy;
    s2vk_split_mode mode;
    uint32_t side, valid;
  } rows[] = {
      {S2VK_GRID_IMAGE, S2VK_SPLIT_RESIZE, 8, 6},
      {S2VK_GRID_IMAGE, S2VK_SPLIT_PAD, 8, 6},
      {S2VK_GRID_SPLIT, S2VK_SPLIT_RESIZE, 8, 8},
      {S2VK_GRID_SPLIT, S2VK_SPLIT_PAD, 8, 6},
      {S2VK_GRID_SQUARE, S2VK_SPLIT_RESIZE, 6, 8},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    info.grid_policy = rows[i].policy;
    info.split_mode = rows[i].mode;
    assert_ok(s2_geometry_create(&env, &info, &g));
    assert_int_equal(g.scales[0].tile_side, rows[i].side);
    check_size(g.scales[0].valid, rows[i].valid, rows[i].valid);
    s2_geometry_destroy(&env, &g);
  }
}

static void negative_index_counts_from_the_end(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  struct s2_geometry g;
  const uint32_t sides[] = {2, 4, 2, 4}; /* of index -2, -1, 0, 1 */
  for (int32_t index = -2; index < 2; index++) {
    info.resize_output_to_idx = index;
    assert_ok(s2_geometry_create(&env, &info, &g));
    check_size(g.output_grid, sides[index + 2], sides[index + 2]);
    s2_geometry_destroy(&env, &g);
  }
}

static void check_calls(const s2vk_plan_info *info, uint32_t count, const uint32_t *tiles, const uint32_t *scales) {
  struct s2_geometry g;
  assert_ok(s2_geometry_create(&env, info, &g));
  assert_int_equal(g.call_count, count);
  uint32_t first = 0;
  for (uint32_t k = 0; k < count; k++) {
    assert_int_equal(g.calls[k].first_tile, first);
    assert_int_equal(g.calls[k].tile_count, tiles[k]);
    assert_int_equal(g.calls[k].scale, scales[k]);
    first += tiles[k];
  }
  assert_int_equal(first, g.tile_count);
  s2_geometry_destroy(&env, &g);
}

/* Two images: 2 tiles of scale 0 and 8 of scale 1. */
static void calls_are_cut_as_asked(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  check_calls(&info, 2, (uint32_t[]){2, 8}, (uint32_t[]){0, 1});
  info.split_forward = true;
  check_calls(&info, 5, (uint32_t[]){2, 2, 2, 2, 2}, (uint32_t[]){0, 1, 1, 1, 1});
  info.split_forward = false;
  info.tiles_per_call = 3;
  check_calls(&info, 4, (uint32_t[]){2, 3, 3, 2}, (uint32_t[]){0, 1, 1, 1});
  info.calls_cross_scales = true;
  check_calls(&info, 4, (uint32_t[]){3, 3, 3, 1}, (uint32_t[]){0, 1, 1, 1});
  info.tiles_per_call = 0;
  check_calls(&info, 1, (uint32_t[]){10}, (uint32_t[]){0});
  info.tiles_per_call = 1000;
  check_calls(&info, 1, (uint32_t[]){10}, (uint32_t[]){0});
  /* Tiles of 6 and of 8 pixels: never in one call. */
  const s2vk_size sizes[] = {{12, 12}, {16, 16}};
  info.scales = NULL;
  info.img_sizes = sizes;
  info.grid_policy = S2VK_GRID_SQUARE;
  check_calls(&info, 2, (uint32_t[]){8, 8}, (uint32_t[]){0, 1});
}

/* The same number of elements, in other rows. */
static void maps_of_other_sides_share_no_call(void **state) {
  (void)state;
  static const s2vk_size sizes[] = {{8, 8}, {8, 8}};
  s2vk_model_shape models[] = {{.channels = 4, .height = 2, .width = 6}, {.channels = 4, .height = 2, .width = 6}};
  s2vk_plan_info info = suite_plan_info();
  info.scales = NULL;
  info.img_sizes = sizes;
  info.output_shape = S2VK_OUTPUT_BCHW;
  info.scale_models = models;
  info.calls_cross_scales = true;
  check_calls(&info, 1, (const uint32_t[]){4}, (const uint32_t[]){0});
  models[1] = (s2vk_model_shape){.channels = 4, .height = 3, .width = 4};
  check_calls(&info, 2, (const uint32_t[]){2, 2}, (const uint32_t[]){0, 1});
}

static void bytes_follow_types_and_calls(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.channels = 1;
  info.height = info.width = 3;
  info.batch = 1;
  info.model.channels = 5;
  info.tiles_per_call = 1;
  info.input_type = S2VK_TYPE_F16;
  info.tile_type = S2VK_TYPE_BF16;
  info.output_type = S2VK_TYPE_F16;
  struct s2_geometry g;
  assert_ok(s2_geometry_create(&env, &info, &g));
  assert_int_equal(g.input_bytes, 20); /* 9 elements of 2 bytes, rounded up to 4 */
  assert_int_equal(g.tiles_bytes, 20);
  assert_int_equal(g.features_bytes, 4 * 5 * 4);
  assert_int_equal(g.output_bytes, 4 * 10 * 2);
  s2_geometry_destroy(&env, &g);
}

static void agrees_with_the_reference(void **state) {
  (void)state;
  struct noise noise = {2};
  for (int round = 0; round < 2000; round++) {
    s2vk_size sizes[3];
    for (int i = 0; i < 3; i++)
      sizes[i] = (s2vk_size){1 + noise_below(&noise, 100), 1 + noise_below(&noise, 100)};
    s2vk_plan_info info = suite_plan_info();
    info.scales = NULL;
    info.img_sizes = sizes;
    info.scale_count = 3;
    info.max_split_size = 1 + noise_below(&noise, 40);
    info.split_mode = (s2vk_split_mode)noise_below(&noise, 2);
    info.grid_policy = (s2vk_grid_policy)noise_below(&noise, 2);
    info.output_shape = (s2vk_output_shape)noise_below(&noise, 2);
    const uint32_t side = 1 + noise_below(&noise, 15);
    info.model = (s2vk_model_shape){3, side * side, side, 1 + noise_below(&noise, 15)};
    if (noise_below(&noise, 2))
      suite_random_overlap(&noise, &info);
    struct s2_geometry g;
    assert_ok(s2_geometry_create(&env, &info, &g));
    for (uint32_t i = 0; i < 3; i++) {
      const struct reference_scale s = reference_scale(&info, i);
      check_size(g.scales[i].image, s.image_h, s.image_w);
      check_size(g.scales[i].tiles, s.rows, s.columns);
      check_size(g.scales[i].padded, s.padded_h, s.padded_w);
      check_size(g.scales[i].grid, s.grid_h, s.grid_w);
      check_size(g.scales[i].features, s.feature_h, s.feature_w);
      check_size(g.scales[i].valid, s.own_h, s.own_w);
      assert_int_equal(g.scales[i].tile_side, s.side);
    }
    s2_geometry_destroy(&env, &g);
  }
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

static void refuse(const s2vk_plan_info *info, s2vk_result result, const char *word, const char *other) {
  struct s2_geometry g;
  assert_fails(s2_geometry_create(&env, info, &g), result, word, other);
  assert_null(g.scales);
  assert_null(g.calls);
}

static void refuses_scales(void **state) {
  (void)state;
  const double scales[] = {1, 2};
  const s2vk_size sizes[] = {{8, 8}, {16, 16}};
  s2vk_plan_info info = suite_plan_info();
  info.scales = NULL;
  refuse(&info, S2VK_ERROR_NO_SCALES, "scales and img_sizes", "NULL");
  info.scales = scales;
  info.scale_count = 0;
  refuse(&info, S2VK_ERROR_NO_SCALES, "scale_count is 0", "");
  info.scale_count = 2;
  info.img_sizes = sizes;
  refuse(&info, S2VK_ERROR_BOTH_SCALES, "scales and img_sizes", "both");
  info.img_sizes = NULL;
  const struct {
    double scale;
    s2vk_result result;
    const char *words;
  } bad[] = {
      {0, S2VK_ERROR_EMPTY_SCALE, "scales[1] is 0"},
      {-1, S2VK_ERROR_EMPTY_SCALE, "scales[1] is -1"},
      {0.124, S2VK_ERROR_EMPTY_SCALE, "scales[1] is 0.124"},
      {NAN, S2VK_ERROR_EMPTY_SCALE, "nan"},
      {INFINITY, S2VK_ERROR_EMPTY_SCALE, "scales[1] is inf"},
      {1e300, S2VK_ERROR_OVERFLOW, "scales[1] is 1e+300"},
      {131073, S2VK_ERROR_OVERFLOW, "scales[1] is 131073"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const double given[] = {1, bad[i].scale};
    info.scales = given;
    refuse(&info, bad[i].result, bad[i].words, "scales[1]");
  }
}

static void refuses_strides(void **state) {
  (void)state;
  const struct {
    s2vk_strides strides;
    s2vk_result result;
    const char *words, *more;
  } bad[] = {
      {{.row = 34}, S2VK_ERROR_STRIDES, "tile_strides.row is 34", "a multiple of the element's 4 bytes"},
      {{.row = 28}, S2VK_ERROR_STRIDES, "tile_strides.row is 28", "0 or at least 32"},
      {{.row = 36, .channel = 280}, S2VK_ERROR_STRIDES, "tile_strides.channel is 280", "at least 284"},
      {{.channel = 260, .item = 772}, S2VK_ERROR_STRIDES, "tile_strides.item is 772", "at least 776"},
      {{.column = UINT64_C(1) << 32}, S2VK_ERROR_OVERFLOW, "tile_strides.column is 4294967296", "4294967295"},
      {{.order = S2VK_ORDER_NHWC, .channel = 8, .column = 16}, S2VK_ERROR_STRIDES, "tile_strides.column is 16",
          "at least 20"},
      {{.order = S2VK_ORDER_NC4HW4, .column = 12}, S2VK_ERROR_STRIDES, "tile_strides.column is 12", "at least 16"},
      {{.order = (s2vk_order)4}, S2VK_ERROR_ENUM, "tile_strides.order is 4", "0 to 3"},
  };
  s2vk_plan_info info = suite_plan_info();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    info.tile_strides = bad[i].strides;
    refuse(&info, bad[i].result, bad[i].words, bad[i].more);
  }
  info = suite_plan_info();
  info.feature_strides.row = 64;
  refuse(&info, S2VK_ERROR_STRIDES, "feature_strides.row is 64", "for tokens it must be 0");
  info.feature_strides = (s2vk_strides){.order = S2VK_ORDER_NHWC};
  refuse(&info, S2VK_ERROR_STRIDES, "feature_strides.order is 1", "for tokens it must be 0");
  info.feature_strides = (s2vk_strides){.column = 12};
  refuse(&info, S2VK_ERROR_STRIDES, "feature_strides.column is 12", "at least 16");
  info.feature_strides = (s2vk_strides){0};
  info.output_strides = (s2vk_strides){.order = S2VK_ORDER_NC4HW4};
  info.output_shape = S2VK_OUTPUT_BCHW;
  info.model.height = info.model.width = 2;
  refuse(&info, S2VK_ERROR_STRIDES, "output_strides.order is 2", "0 or 1");
}

/* Of 2 x 3 x 8 x 8, scales 1 and 2, 2 x 2 tokens of 4. */
static void strides_are_laid_out(void **state) {
  (void)state;
  struct s2_geometry g;
  s2vk_plan_info info = suite_plan_info();
  info.tile_strides = (s2vk_strides){.order = S2VK_ORDER_NC4HW4, .row = 160};
  info.feature_strides.column = 24;
  info.output_strides.item = 256;
  assert_ok(s2_geometry_create(&env, &info, &g));
  const s2vk_strides tile = s2_strides_in_bytes(&g.scales[1].tile_strides, S2VK_TYPE_F32, false);
  assert_int_equal(tile.order, S2VK_ORDER_NC4HW4);
  assert_int_equal(tile.column, 16);
  assert_int_equal(tile.row, 160);
  assert_int_equal(tile.channel, 7 * 160 + 8 * 16);
  assert_int_equal(tile.item, tile.channel);
  assert_int_equal(g.tiles_bytes, 8 * tile.item);
  const s2vk_strides features = s2_strides_in_bytes(&g.scales[1].feature_strides, S2VK_TYPE_F32, true);
  assert_int_equal(features.column, 24);
  assert_int_equal(features.item, 3 * 24 + 16);
  assert_int_equal(features.row + features.channel, 0);
  assert_int_equal(g.features_bytes, 8 * features.item);
  assert_int_equal(g.output_bytes, 256 + 4 * 8 * 4);
  s2_geometry_destroy(&env, &g);
}

static void refuses_sizes(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.batch = 0;
  refuse(&info, S2VK_ERROR_ZERO_SIZE, "batch is 0", "");
  info = suite_plan_info();
  info.channels = 0;
  refuse(&info, S2VK_ERROR_ZERO_SIZE, "channels is 0", "");
  info = suite_plan_info();
  info.height = 0;
  refuse(&info, S2VK_ERROR_ZERO_SIZE, "height is 0", "");
  info = suite_plan_info();
  info.width = 0;
  refuse(&info, S2VK_ERROR_ZERO_SIZE, "width is 0", "");
  info.width = S2VK_MAX_SIDE + 1;
  refuse(&info, S2VK_ERROR_OVERFLOW, "width is 1048577", "1048576");
  info = suite_plan_info();
  info.max_split_size = UINT32_MAX;
  refuse(&info, S2VK_ERROR_OVERFLOW, "max_split_size is 4294967295", "");
  info = suite_plan_info();
  info.batch = 1u << 30; /* 5 * 2^30 tiles */
  refuse(&info, S2VK_ERROR_OVERFLOW, "batch = 1073741824", "");
  info = suite_plan_info();
  info.width = 9;
  refuse(&info, S2VK_ERROR_NO_TILE_SIDE, "max_split_size is 0", "8 x 9");
  info = suite_plan_info();
  const s2vk_size empty[] = {{8, 8}, {0, 8}}, long_side[] = {{8, 8}, {8, S2VK_MAX_SIDE + 1}};
  info.scales = NULL;
  info.img_sizes = empty;
  refuse(&info, S2VK_ERROR_ZERO_SIZE, "img_sizes[1] is 0 x 8", "");
  info.img_sizes = long_side;
  refuse(&info, S2VK_ERROR_OVERFLOW, "img_sizes[1] is 8 x 1048577", "");
  const s2vk_size pads_over[] = {{8, 8}, {8, S2VK_MAX_SIDE}};
  info.img_sizes = pads_over;
  info.max_split_size = 7;
  refuse(&info, S2VK_ERROR_OVERFLOW, "scale 1 padded", "1048579");
}

static void refuses_models(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.model.channels = 0;
  refuse(&info, S2VK_ERROR_ZERO_SIZE, "model.channels", "is 0");
  info = suite_plan_info();
  info.model.tokens = 0;
  refuse(&info, S2VK_ERROR_ZERO_SIZE, "model.tokens", "is 0");
  info.model.tokens = 5;
  refuse(&info, S2VK_ERROR_TOKENS_NOT_SQUARE, "model.tokens", "is 5");
  info.num_prefix_token = 5;
  refuse(&info, S2VK_ERROR_TOKENS_NOT_SQUARE, "num_prefix_token is 5", "is 5");
  info.num_prefix_token = 6;
  refuse(&info, S2VK_ERROR_TOKENS_NOT_SQUARE, "num_prefix_token is 6", "is 5");
  info.num_prefix_token = 1;
  info.output_shape = S2VK_OUTPUT_BCHW;
  refuse(&info, S2VK_ERROR_PREFIX_BCHW, "num_prefix_token is 1", "BCHW");
  info.num_prefix_token = 0;
  refuse(&info, S2VK_ERROR_ZERO_SIZE, "model of scale 0 is 0 x 0", "");
  info.model.height = UINT32_MAX;
  info.model.width = UINT32_MAX;
  refuse(&info, S2VK_ERROR_OVERFLOW, "scale 0", "");
  info = suite_plan_info();
  const s2vk_model_shape unequal[] = {{.channels = 4, .tokens = 4}, {.channels = 5, .tokens = 4}};
  info.scale_models = unequal;
  refuse(&info, S2VK_ERROR_ZERO_SIZE, "channels of scale 1 is 5", "");
  info = suite_plan_info();
  info.model.channels = UINT32_MAX;
  refuse(&info, S2VK_ERROR_OVERFLOW, "model.channels = 4294967295", "");
}

static void refuses_overlaps(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info(); /* 2 x 2 tokens of tiles of 8 */
  info.tile_overlap = 5;
  refuse(&info, S2VK_ERROR_TILE_OVERLAP, "tile_overlap is 5", "at most 4 with tiles of 8");
  info.tile_overlap = UINT32_MAX;
  refuse(&info, S2VK_ERROR_TILE_OVERLAP, "tile_overlap is 4294967295", "at most 4");
  info.tile_overlap = 3;
  refuse(&info, S2VK_ERROR_TILE_OVERLAP, "tile_overlap is 3", "8 pixels are 2 x 2 of them; nearest are 0 and 4");
  info.model.tokens = 9;
  refuse(&info, S2VK_ERROR_TILE_OVERLAP, "tile_overlap is 3", "3 x 3 of them; nearest is 0");
  info.output_shape = S2VK_OUTPUT_BCHW; /* rows of 6 pixels, columns of 9 */
  info.model = (s2vk_model_shape){.channels = 4, .height = 6, .width = 4};
  info.max_split_size = 36;
  info.tile_overlap = 12;
  refuse(&info, S2VK_ERROR_TILE_OVERLAP, "tile_overlap is 12", "6 x 4 of them; nearest are 0 and 18");
  const s2vk_model_shape models[] = {{.channels = 4, .tokens = 16}, {.channels = 4, .tokens = 4}};
  info = suite_plan_info();
  info.scale_models = models;
  info.tile_overlap = 2;
  refuse(&info, S2VK_ERROR_TILE_OVERLAP, "tile_overlap is 2", "of scale 1");
  info = suite_plan_info();
  info.grid_policy = S2VK_GRID_SQUARE;
  info.tile_overlap = 4;
  refuse(&info, S2VK_ERROR_TILE_OVERLAP, "tile_overlap is 4", "0 with S2VK_GRID_SQUARE");
  const s2vk_size long_side[] = {{8, S2VK_MAX_SIDE}};
  info = suite_plan_info();
  info.scales = NULL;
  info.img_sizes = long_side;
  info.scale_count = 1;
  info.max_split_size = 7;
  info.model.tokens = 49;
  info.tile_overlap = 3; /* 262144 tiles at 4 pixels, and 3 */
  refuse(&info, S2VK_ERROR_OVERFLOW, "scale 0 padded", "1048579");
}

static void refuses_choices(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.resize_output_to_idx = 2;
  refuse(&info, S2VK_ERROR_OUTPUT_INDEX, "resize_output_to_idx is 2", "-2 to 1");
  info.resize_output_to_idx = -3;
  refuse(&info, S2VK_ERROR_OUTPUT_INDEX, "resize_output_to_idx is -3", "-2 to 1");
  info = suite_plan_info();
  info.split_forward = true;
  info.tiles_per_call = 4;
  refuse(&info, S2VK_ERROR_TILES_PER_CALL, "tiles_per_call is 4", "split_forward");
  info = suite_plan_info();
  info.grid_policy = S2VK_GRID_SQUARE;
  const s2vk_size uneven[] = {{9, 9}};
  info.scales = NULL;
  info.img_sizes = uneven;
  info.scale_count = 1;
  refuse(&info, S2VK_ERROR_SQUARE_POLICY, "9 x 9", "2 x 2");
  info.width = 10;
  info.max_split_size = 8;
  refuse(&info, S2VK_ERROR_SQUARE_POLICY, "8 x 10", "");
  const char *const names[] = {
      "split_mode", "output_shape", "grid_policy", "input_type", "tile_type", "feature_type", "output_type", "filter"};
  for (int i = 0; i < 8; i++) {
    info = suite_plan_info();
    const int bad = i < 2 ? 2 : 3;
    switch (i) {
    case 0:
      info.split_mode = (s2vk_split_mode)bad;
      break;
    case 1:
      info.output_shape = (s2vk_output_shape)bad;
      break;
    case 2:
      info.grid_policy = (s2vk_grid_policy)bad;
      break;
    case 3:
      info.input_type = (s2vk_type)bad;
      break;
    case 4:
      info.tile_type = (s2vk_type)bad;
      break;
    case 5:
      info.feature_type = (s2vk_type)bad;
      break;
    case 6:
      info.output_type = (s2vk_type)bad;
      break;
    case 7:
      info.filter = (s2vk_filter)6;
      break;
    }
    refuse(&info, S2VK_ERROR_ENUM, names[i], "is ");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(worked_examples),
      cmocka_unit_test(scales_truncate),
      cmocka_unit_test(tiles_overlap),
      cmocka_unit_test(valid_part_rounds_as_the_original),
      cmocka_unit_test(policies_choose_the_grid),
      cmocka_unit_test(negative_index_counts_from_the_end),
      cmocka_unit_test(calls_are_cut_as_asked),
      cmocka_unit_test(maps_of_other_sides_share_no_call),
      cmocka_unit_test(bytes_follow_types_and_calls),
      cmocka_unit_test(agrees_with_the_reference),
      cmocka_unit_test(refuses_scales),
      cmocka_unit_test(refuses_strides),
      cmocka_unit_test(strides_are_laid_out),
      cmocka_unit_test(refuses_sizes),
      cmocka_unit_test(refuses_models),
      cmocka_unit_test(refuses_overlaps),
      cmocka_unit_test(refuses_choices),
  };
  return cmocka_run_group_tests_name("geometry", tests, NULL, NULL);
}
