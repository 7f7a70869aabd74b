/* The schedule, executed on paper: every element of tiles and output is written once, and every piece of work keeps
 * within the limits it was made for. */
#include "test_schedule.h"

static const struct s2_env env = {.log = gpu_log};

static s2vk_result make_of(const struct s2_kernel *const *kernels, const s2vk_plan_info *info,
    const struct s2_target *target, struct made *m) {
  *m = (struct made){.target = target};
  assert_ok(s2_geometry_create(&env, info, &m->geometry));
  return s2_schedule_create(&env, target, &m->geometry, kernels, &m->schedule);
}

static s2vk_result make(const s2vk_plan_info *info, const struct s2_target *target, struct made *m) {
  return make_of(s2_kernels, info, target, m);
}

static void unmake(struct made *m) {
  s2_schedule_destroy(&env, &m->schedule);
  s2_geometry_destroy(&env, &m->geometry);
}

static const struct s2_target ample = {
    .unrolls = true,
    .registers = UINT32_MAX,
    .fetch = 25,
    .invocations = 16384,
    .range = 1 << 30,
    .texel_count = 1 << 16,
    .texel_alignment = 16,
    .alignment = 16,
    .groups = {65535, 65535, 65535},
    .loop_rounds = UINT32_MAX,
};

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

static void one_dispatch_per_call_and_scale(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  struct made m;
  for (uint32_t cross = 0; cross < 2; cross++) {
    info.calls_cross_scales = cross;
    assert_ok(make(&info, &ample, &m));
    assert_int_equal(m.geometry.call_count, 2 - cross);
    for (int pass = 0; pass <= S2_PASS_MERGE; pass++) { /* nothing is resized ahead of them */
      assert_int_equal(m.schedule.passes[pass].dispatch_count, 2);
      assert_int_equal(m.schedule.passes[pass].range_count, 1);
      for (uint32_t scale = 0; scale < 2; scale++)
        assert_int_equal(m.schedule.passes[pass].dispatches[scale].job, scale * S2_PASS_COUNT + (uint32_t)pass);
    }
    assert_int_equal(m.schedule.accumulator_bytes, 0);
    check_split(&m);
    check_merge(&m);
    unmake(&m);
  }
}

/* Sums outlive a call only where a window reaches over tiles of two calls. */
static void sums_are_kept_only_where_needed(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double integer[] = {1, 2}, fractional[] = {1, 1.25};
  const struct {
    const double *scales;
    uint32_t prefix, per_call;
    s2vk_type type;
    uint32_t accumulator;
  } rows[] = {
      {integer, 0, 0, S2VK_TYPE_F16, S2_ACCUMULATOR_NONE},
      {integer, 0, 1, S2VK_TYPE_F16, S2_ACCUMULATOR_NONE},
      {fractional, 0, 0, S2VK_TYPE_F16, S2_ACCUMULATOR_NONE},
      {fractional, 0, 1, S2VK_TYPE_F16, S2_ACCUMULATOR_BUFFER},
      {fractional, 0, 1, S2VK_TYPE_F32, S2_ACCUMULATOR_OUTPUT},
      {integer, 1, 0, S2VK_TYPE_F16, S2_ACCUMULATOR_NONE},
      {integer, 1, 1, S2VK_TYPE_F16, S2_ACCUMULATOR_BUFFER},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct made m;
    info.scales = rows[i].scales;
    info.num_prefix_token = rows[i].prefix;
    info.model.tokens = 16 + rows[i].prefix;
    info.tiles_per_call = rows[i].per_call;
    info.output_type = rows[i].type;
    assert_ok(make(&info, &ample, &m));
    assert_int_equal(m.schedule.accumulator, rows[i].accumulator);
    const bool buffer = rows[i].accumulator == S2_ACCUMULATOR_BUFFER;
    assert_int_equal(m.schedule.accumulator_bytes, buffer ? m.geometry.output_bytes * 2 : 0);
    check_merge(&m);
    unmake(&m);
  }
}

static uint32_t count_copies(const struct s2_pass *pass) {
  uint32_t copies = 0;
  for (uint32_t i = 0; i < pass->dispatch_count; i++)
    copies += pass->dispatches[i].key == S2_NO_KEY;
  return copies;
}

static void what_stays_as_it_is_is_copied(void **state) {
  (void)state;
  const double integer[] = {1, 2}, one[] = {1}, fraction[] = {1.25, 1};
  const struct {
    const double *scales;
    uint32_t scale_count, batch, tokens, per_call;
    int32_t index;
    bool cross, maps;
    uint32_t split, merge; /* copies */
  } rows[] = {
      {integer, 2, 2, 16, 0, 0, false, false, 1, 1}, {integer, 2, 2, 16, 0, 0, true, false, 1, 1},
      {integer, 2, 2, 16, 0, 0, false, true, 1, 1},
      {integer, 2, 2, 18, 0, 0, false, false, 1, 1}, /* with prefix tokens */
      {integer, 2, 3, 18, 2, 0, true, false, 2, 2},  /* images 0 and 1; 2, and a tile of the next scale */
      {integer, 2, 3, 16, 1, 0, false, true, 3, 3},
      {integer, 2, 2, 16, 0, 1, false, false, 1, 0}, /* the output has the grid of the other scale, in four tiles */
      {fraction, 2, 2, 16, 0, 1, true, false, 1, 1},
      {one, 1, 70, 16, 0, 0, false, false, 1, 1},      /* one row, though there are 1120 tokens */
      {integer, 2, 64, 16, 0, 0, false, false, 1, 1},  /* 1024 rows */
      {integer, 2, 65, 16, 0, 0, false, false, 1, 0},  /* 1040 */
      {integer, 2, 65, 16, 0, 0, false, true, 1, 1},   /* 65 */
      {integer, 2, 65, 16, 64, 0, false, false, 2, 2}, /* 1024, and 16 */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int types = 0; types < 4; types++) {
      struct s2_target target = ample;
      struct made m;
      s2vk_plan_info info = suite_plan_info();
      info.scales = rows[i].scales;
      info.scale_count = rows[i].scale_count;
      info.batch = rows[i].batch;
      info.num_prefix_token = rows[i].tokens - 16;
      info.model.tokens = rows[i].tokens;
      info.model.height = info.model.width = 4;
      info.tiles_per_call = rows[i].per_call;
      info.calls_cross_scales = rows[i].cross;
      info.resize_output_to_idx = rows[i].index;
      info.output_shape = rows[i].maps ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC;
      info.input_type = types == 1 ? S2VK_TYPE_F16 : S2VK_TYPE_F32;
      info.tile_type = types == 2 ? S2VK_TYPE_F16 : info.input_type;
      info.output_type = types == 1 ? S2VK_TYPE_BF16 : S2VK_TYPE_F32;
      info.feature_type = types == 2 ? S2VK_TYPE_F16 : info.output_type;
      target.copies = types != 3;
      assert_ok(make(&info, &target, &m));
      assert_int_equal(count_copies(&m.schedule.passes[S2_PASS_SPLIT]), types < 2 ? rows[i].split : 0);
      assert_int_equal(count_copies(&m.schedule.passes[S2_PASS_MERGE]), types < 2 ? rows[i].merge : 0);
      check_split(&m);
      check_merge(&m);
      unmake(&m);
    }
}

/* Tokens are copied as rows of one distance: not if the features or the output have a gap between images. */
static void gaps_between_images_are_not_copied(void **state) {
  (void)state;
  struct s2_target target = ample;
  target.copies = true;
  for (int gap = 0; gap < 4; gap++) {
    struct made m;
    s2vk_plan_info info = suite_plan_info();
    info.scale_count = 1;
    info.model.tokens = 16;
    info.feature_strides.item = gap & 1 ? 17 * 4 * sizeof(float) : 0;
    info.output_strides.item = gap & 2 ? 18 * 4 * sizeof(float) : 0;
    assert_ok(make(&info, &target, &m));
    assert_int_equal(count_copies(&m.schedule.passes[S2_PASS_MERGE]), gap ? 0 : 1);
    check_merge(&m);
    unmake(&m);
  }
}

/* All kernels, and lists that each lack some: the general ones alone can do everything. */
static const struct s2_kernel *const gathers[] = {&s2_split_gather, &s2_merge_gather, NULL};
static const struct s2_kernel *const others[] = {
    &s2_split_scatter, &s2_merge_tokens, &s2_split_gather, &s2_merge_feature_maps, &s2_merge_gather, NULL};
static const struct s2_kernel *const *const lists[] = {s2_kernels, s2_kernels, gathers, others};

static struct s2_target random_target(struct noise *noise) {
  struct s2_target target = ample;
  const uint32_t kind =
      noise_below(noise, 4); /* a GPU; drivers on the CPU that unroll, and that do not; few registers */
  target.cpu = target.texels = kind == 1 || kind == 2;
  target.long_lines = target.cpu;
  target.registers = kind == 3 ? 32 + noise_below(noise, 128) : UINT32_MAX;
  target.invocations = 1u << noise_below(noise, 16);
  target.int64 = kind == 1;
  target.copies = target.cpu;
  target.unrolls = kind < 2 || (kind == 3 && noise_below(noise, 2));
  target.loop_rounds = kind == 1 ? 60000 : UINT32_MAX;
  target.alignment = 1u << (2 + noise_below(noise, 7));
  target.texel_alignment = 1u << (2 + noise_below(noise, 5));
  return target;
}

static void random_plans_keep_any_limit(void **state) {
  (void)state;
  struct noise noise = {5};
  uint32_t cut = 0, refused = 0, sectioned = 0;
  for (int round = 0; round < 900; round++) {
    s2vk_size sizes[3];
    s2vk_pixels_info pixels;
    s2vk_plan_info info;
    struct made m;
    suite_random_plan(&noise, sizes, &pixels, &info);
    if (noise_below(&noise, 2))
      suite_random_order(&noise, &info);
    const struct s2_kernel *const *kernels = lists[round % 4];
    struct s2_target target = random_target(&noise);
    assert_ok(make_of(kernels, &info, &target, &m));
    check_split(&m);
    check_merge(&m);
    const uint64_t table_bytes = m.schedule.entry_count * sizeof(struct s2_entry);
    const uint32_t whole = m.schedule.passes[0].dispatch_count + m.schedule.passes[1].dispatch_count;
    unmake(&m);
    /* Tables are cut between scales and passes; anything else anywhere. */
    target.range = (table_bytes * 7 / 8 > 1024 ? table_bytes * 7 / 8 : 1024) + noise_below(&noise, 2048);
    for (int i = 0; i < 3; i++)
      target.groups[i] = 1 + noise_below(&noise, 7);
    if (make_of(kernels, &info, &target, &m) == S2VK_ERROR_LIMIT) {
      refused++; /* one row, or one tile's features, or one scale's tables alone are over the limit */
    } else {
      check_split(&m);
      check_merge(&m);
      sectioned += m.schedule.passes[0].ranges && m.schedule.passes[0].ranges[0].tables.bytes < table_bytes;
      cut += m.schedule.passes[0].dispatch_count + m.schedule.passes[1].dispatch_count > whole;
    }
    unmake(&m);
  }
  print_message("%u cut, %u with tables in sections, %u refused\n", cut, sectioned, refused);
  for (int shader = S2_SHADER_MERGE_GATHER; shader < S2_SHADER_COUNT; shader++)
    assert_true(merges_seen[shader] > 200);
  assert_true(cut > 400 && sectioned > 100 && refused < 200);
}

/* The tiny profile of the device tests. */
static const struct s2_target tiny = {
    .unrolls = true,
    .registers = UINT32_MAX,
    .fetch = 25,
    .invocations = 16384,
    .range = 65536,
    .texel_alignment = 256,
    .alignment = 256,
    .groups = {7, 7, 7},
    .loop_rounds = UINT32_MAX,
};

/* Tokens and maps whose rows are far apart, in ranges of 64 KiB. */
static void small_ranges_and_few_groups(void **state) {
  (void)state;
  const double scales[] = {1, 2.5};
  for (int setting = 0; setting < 8; setting++) {
    struct made m;
    s2vk_plan_info info = suite_plan_info();
    info.height = info.width = 32;
    info.scales = scales;
    info.resize_output_to_idx = 1;
    info.model = (s2vk_model_shape){.channels = 700, .tokens = 16 + (setting & 1 ? 0 : 1), .height = 4, .width = 4};
    info.num_prefix_token = setting & 1 ? 0 : 1;
    info.output_shape = setting & 1 ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC;
    info.output_type = setting & 2 ? S2VK_TYPE_F16 : S2VK_TYPE_F32;
    info.tiles_per_call = setting & 4 ? 3 : 0;
    struct s2_target target = tiny;
    target.cpu = setting & 2;
    assert_ok(make(&info, &target, &m));
    check_split(&m);
    check_merge(&m);
    assert_true(m.schedule.passes[S2_PASS_MERGE].range_count > 20);
    unmake(&m);
  }
}

static void what_cannot_be_cut_is_refused(void **state) {
  (void)state;
  const s2vk_plan_info info = suite_plan_info();
  struct made m;
  struct s2_target target = ample;
  target.range = 64;
  assert_fails(
      make(&info, &target, &m), S2VK_ERROR_LIMIT, "tables to split scale 0 need", "maxStorageBufferRange is 64");
  unmake(&m);
  s2vk_plan_info wide = info;
  wide.model.channels = 4096;
  target.range = 16384;
  assert_fails(make(&wide, &target, &m), S2VK_ERROR_LIMIT, "features of one tile need 65536", "is 16384");
  unmake(&m);
  s2vk_plan_info pooled = info;
  const s2vk_size sizes[] = {{1, 1}, {300, 300}};
  pooled.scales = NULL;
  pooled.img_sizes = sizes;
  pooled.max_split_size = 1;
  pooled.model = (s2vk_model_shape){.channels = 1, .tokens = 1};
  target = ample;
  assert_ok(make(&pooled, &target, &m));
  unmake(&m);
  target.loop_rounds = 60000;
  assert_fails(make(&pooled, &target, &m), S2VK_ERROR_LIMIT, "scale 1 sums too many tokens", "60000");
  unmake(&m);
  s2vk_plan_info prefixed = pooled;
  const s2vk_size two[] = {{1, 1}, {300, 1}};
  prefixed.img_sizes = two;
  prefixed.num_prefix_token = 1;
  prefixed.model.tokens = 2;
  target.loop_rounds = 2101; /* seven for each of 300 tiles, and the end */
  assert_ok(make(&prefixed, &target, &m));
  unmake(&m);
  target.loop_rounds = 290; /* the grid's 300 rows and the prefix's 300 tiles are both too many */
  assert_int_equal(make(&prefixed, &target, &m), S2VK_ERROR_LIMIT);
  unmake(&m);
}

/* One pass sums every pixel of a support, which is too many for some drivers. Two passes sum a row or a column. */
static void far_smaller_images_take_two_passes(void **state) {
  (void)state;
  const s2vk_size size = {14, 14};
  const s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .format = S2VK_PIXEL_RGB8};
  const s2vk_preprocessing_info to_bytes = {.struct_size = sizeof to_bytes, .rounding = S2VK_ROUNDING_BYTES};
  s2vk_plan_info info = suite_plan_info();
  struct s2_target target = ample;
  struct made m;
  info.height = info.width = 3000;
  info.scales = NULL;
  info.img_sizes = &size;
  info.scale_count = 1;
  info.max_split_size = 14;
  info.pixels = &pixels;
  info.filter = S2VK_FILTER_BICUBIC_ANTIALIASED;
  assert_ok(make(&info, &target, &m));
  unmake(&m);
  target.loop_rounds = 60000;
  assert_fails(make(&info, &target, &m), S2VK_ERROR_LIMIT, "scale 0 sums too many pixels", "preprocessing.rounding");
  unmake(&m);
  info.preprocessing = &to_bytes;
  assert_ok(make(&info, &target, &m));
  unmake(&m);
}

/* Index arithmetic in the shaders is modulo 2^32, relative to ranges: a dispatch of a huge tensor begins at its own
 * part, and where that is in the tensor is computed in 64 bits. */
static void ranges_pass_four_gigabytes(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double one[] = {1};
  info.batch = 2000;
  info.height = info.width = 512;
  info.scales = one;
  info.scale_count = 1;
  info.model.tokens = 1024;
  info.model.channels = 1024;
  struct made m;
  struct s2_target limits = ample;
  limits.range = 1u << 27;
  limits.alignment = 64;
  assert_ok(make(&info, &limits, &m));
  assert_true(m.geometry.tiles_bytes == 2000ull * 3 * 512 * 512 * 4);
  assert_true(m.geometry.features_bytes == 2000ull * 1024 * 1024 * 4);
  check_split(&m);
  uint64_t last[S2_PASS_COUNT] = {0};
  for (int pass = 0; pass < S2_PASS_COUNT; pass++)
    for (uint32_t i = 0; i < m.schedule.passes[pass].range_count; i++) {
      const struct s2_ranges *ranges = &m.schedule.passes[pass].ranges[i];
      const uint64_t offset = pass == S2_PASS_SPLIT ? ranges->target.offset : ranges->source.offset;
      last[pass] = offset > last[pass] ? offset : last[pass];
    }
  assert_true(last[0] > 1ull << 32 && last[1] > 1ull << 32);
  check_pass(&m, S2_PASS_MERGE, m.geometry.features_bytes, m.geometry.output_bytes);
  unmake(&m);
}

/* Called in place of memcmp(), by which the library finds equal ranges and keys. */
static uint64_t comparisons;
int __real_memcmp(const void *a, const void *b, size_t bytes);
int __wrap_memcmp(const void *a, const void *b, size_t bytes);
int __wrap_memcmp(const void *a, const void *b, size_t bytes) {
  comparisons++;
  return __real_memcmp(a, b, bytes);
}

/* Up to 40,000 calls, each with other features or another part of the output. The number of comparisons must grow no
 * faster than the number of calls. */
static void work_grows_as_calls_do(void **state) {
  (void)state;
  for (uint32_t batch = 2000; batch <= 8000; batch *= 2) {
    struct made m;
    s2vk_plan_info info = suite_plan_info();
    info.batch = batch;
    info.tiles_per_call = 1;
    comparisons = 0;
    assert_ok(make(&info, &tiny, &m));
    assert_int_equal(m.geometry.call_count, 5 * batch);
    uint64_t dispatches = 0, ranges = 0;
    for (int pass = 0; pass < S2_PASS_COUNT; pass++) {
      dispatches += m.schedule.passes[pass].dispatch_count;
      ranges += m.schedule.passes[pass].range_count;
    }
    assert_int_equal(dispatches, 10 * batch);
    assert_true(ranges > batch / 200);
    print_message("%u calls: %llu ranges, %.2f comparisons a dispatch\n", 5 * batch, (unsigned long long)ranges,
        (double)comparisons / (double)dispatches);
    assert_true(comparisons >= dispatches && comparisons <= 5 * dispatches);
    unmake(&m);
  }
}

/* So, too, where each call has ranges of its own, and however full the table is in which they are looked up. */
static void many_ranges_are_found_at_once(void **state) {
  (void)state;
  for (uint32_t batch = 480; batch <= 520; batch += 8) {
    struct made m;
    s2vk_plan_info info = suite_plan_info();
    info.batch = batch;
    info.tiles_per_call = 1;
    info.scale_count = 1;
    info.model.channels = 4096;
    comparisons = 0;
    assert_ok(make(&info, &tiny, &m));
    const struct s2_pass *merge = &m.schedule.passes[S2_PASS_MERGE];
    assert_true(merge->range_count >= batch);
    assert_true(comparisons <= 5 * (merge->dispatch_count + m.schedule.passes[S2_PASS_SPLIT].dispatch_count));
    unmake(&m);
  }
}

/* ---- Ranges, at the limit ------------------------------------------------------------------------------------------
 */

/* An input as large as a range is bound whole; one that is larger, in parts. */
static void an_input_of_one_range_is_bound_whole(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.height = info.width = 64;
  info.max_split_size = 16;
  info.tiles_per_call = 1;
  for (int less = 0; less < 2; less++) {
    struct s2_target target = ample;
    struct made m;
    target.range = 2 * 3 * 64 * 64 * sizeof(float) - 16 * (uint64_t)less;
    assert_ok(make(&info, &target, &m));
    const struct s2_pass *split = &m.schedule.passes[S2_PASS_SPLIT];
    unsigned whole = 0;
    for (uint32_t i = 0; i < split->range_count; i++)
      whole += split->ranges[i].source.bytes == m.geometry.input_bytes;
    assert_int_equal(whole, less ? 0 : split->range_count);
    check_split(&m);
    unmake(&m);
  }
}

/* Of an input that is cut, rows of 16 bits begin at texels if they are a multiple of eight elements. */
static void rows_of_a_cut_input_begin_at_texels(void **state) {
  (void)state;
  unsigned cut = 0;
  for (uint32_t width = 2; width <= 64; width += 2) {
    struct s2_target target = ample;
    struct made m;
    s2vk_plan_info info = suite_plan_info();
    info.batch = 32;
    info.width = width;
    info.scale_count = 1;
    info.input_type = S2VK_TYPE_F16;
    info.max_split_size = 2;
    target.texels = target.cpu = true;
    target.range = 32 * 3 * 8 * width; /* half of the input */
    if (make(&info, &target, &m) == S2VK_SUCCESS) {
      assert_int_equal(m.schedule.passes[S2_PASS_SPLIT].source_texels, width % 8 == 0);
      cut += width < 8;
    }
    unmake(&m);
  }
  assert_true(cut > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_dispatch_per_call_and_scale),
      cmocka_unit_test(sums_are_kept_only_where_needed),
      cmocka_unit_test(what_stays_as_it_is_is_copied),
      cmocka_unit_test(gaps_between_images_are_not_copied),
      cmocka_unit_test(random_plans_keep_any_limit),
      cmocka_unit_test(small_ranges_and_few_groups),
      cmocka_unit_test(what_cannot_be_cut_is_refused),
      cmocka_unit_test(far_smaller_images_take_two_passes),
      cmocka_unit_test(ranges_pass_four_gigabytes),
      cmocka_unit_test(work_grows_as_calls_do),
      cmocka_unit_test(many_ranges_are_found_at_once),
      cmocka_unit_test(an_input_of_one_range_is_bound_whole),
      cmocka_unit_test(rows_of_a_cut_input_begin_at_texels),
  };
  return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
