/* Each kernel's tables, read as its shader reads them, have the weights that the axes have in double; its workgroups
 * reach every output, its footprint is what the shader reads, and its keys are all that it ever asks for. */
#include "test_kernels.h"

#include "kernels/common.h"
#include "kernels/merge.h"
#include "map/chain.h"

static const struct s2_env env = {.log = gpu_log};

static const struct s2_target targets[] = {
    {.unrolls = true,
        .registers = UINT32_MAX,
        .fetch = 25,
        .invocations = 16384,
        .range = UINT64_MAX,
        .groups = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
        .loop_rounds = UINT32_MAX},
    {.registers = 40, /* of VideoCore, whose lines are short */
        .fetch = 25,
        .invocations = 1024,
        .range = UINT64_MAX,
        .groups = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
        .loop_rounds = UINT32_MAX},
    {.unrolls = true, /* of Mali */
        .registers = 52,
        .fetch = 25,
        .invocations = 4096,
        .range = UINT64_MAX,
        .groups = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
        .loop_rounds = UINT32_MAX},
    {.long_lines = true,
        .registers = UINT32_MAX,
        .fetch = 25,
        .range = UINT64_MAX,
        .groups = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
        .loop_rounds = UINT32_MAX},
    {.cpu = true,
        .long_lines = true,
        .registers = UINT32_MAX,
        .fetch = 25,
        .unrolls = true,
        .texels = true,
        .int64 = true,
        .unpack_halves = true,
        .range = UINT64_MAX,
        .texel_count = 1 << 27,
        .groups = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
        .loop_rounds = 60000},
};
#define TARGET_COUNT (sizeof targets / sizeof *targets)

static bool open_work(const s2vk_plan_info *info, uint32_t scale, const struct s2_target *target,
    const struct s2_kernel *kernel, struct work *w) {
  *w = (struct work){.kernel = kernel};
  assert_ok(s2_geometry_create(&env, info, &w->geometry));
  const struct s2_scale *s = &w->geometry.scales[scale];
  assert_ok(kernel->pass == S2_PASS_SPLIT ? s2_split_axes(&env, &w->geometry, s, w->axes)
                                          : s2_merge_axes(&env, &w->geometry, s, w->axes));
  w->job = (struct s2_job){.target = target,
      .geometry = &w->geometry,
      .scale = s,
      .axes = w->axes,
      .scale_index = scale,
      .pass = kernel->pass};
  if (!kernel->configure(&w->job, &w->config))
    return false;
  if (kernel->copy)
    return true;
  /* Counted first, and written then: the same number of entries. */
  struct s2_writer writer = {NULL, 0};
  kernel->tables(&w->job, &w->config, &writer);
  w->count = writer.count;
  w->entries = calloc(w->count, sizeof *w->entries);
  writer = (struct s2_writer){w->entries, 0};
  kernel->tables(&w->job, &w->config, &writer);
  assert_int_equal(writer.count, w->count);
  return true;
}

static void close_work(struct work *w) {
  free(w->entries);
  for (int i = 0; i < 2; i++)
    s2_axis_destroy(&env, &w->axes[i]);
  s2_geometry_destroy(&env, &w->geometry);
}

float float_of(uint32_t word) {
  float value;
  memcpy(&value, &word, sizeof value);
  return value;
}

const uint32_t *entry(const struct work *w, uint32_t index) {
  assert_true(index < w->count);
  return w->entries[index].words;
}

double weight_at(const struct work *w, uint32_t index, uint32_t word) {
  return (double)float_of(entry(w, index + word / 4)[word % 4]);
}

void check_weights(const struct s2_axis *axis, uint32_t j, const double *weights) {
  double expected[MOST] = {0}, magnitude[MOST] = {0};
  assert_true(axis->in <= MOST);
  for (uint32_t k = j < axis->out ? axis->first[j] : 0; j < axis->out && k < axis->first[j + 1]; k++) {
    const struct s2_tap *tap = &axis->taps[k];
    expected[tap->index] = tap->weight;
    magnitude[tap->index] = fabs(tap->weight - tap->negative) + fabs(tap->negative);
  }
  for (uint32_t i = 0; i < axis->in; i++)
    assert_true(fabs(weights[i] - expected[i]) <= 1e-6 * magnitude[i]);
}

uint32_t least(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

/* A job of the same kind, as s2vk_context_prepare() has: types, layout, form of the input, and no sizes. */
static size_t keys_of(const s2vk_plan_info *info, const struct s2_target *target, const struct s2_kernel *kernel,
    struct s2_pipeline_key *keys, size_t room) {
  struct s2_geometry geometry;
  s2vk_plan_info kind = suite_plan_info();
  s2vk_pixels_info pixels = {.struct_size = sizeof pixels};
  kind.batch = 1;
  kind.height = kind.width = 64;
  kind.channels = info->channels;
  kind.output_shape = info->output_shape;
  kind.model = (s2vk_model_shape){.channels = 64, .tokens = 16, .height = 4, .width = 4};
  kind.input_type = info->input_type;
  kind.tile_type = info->tile_type;
  kind.feature_type = info->feature_type;
  kind.output_type = info->output_type;
  if (info->pixels) {
    pixels.source = info->pixels->source;
    pixels.format = info->pixels->format;
    pixels.transfer = info->pixels->transfer;
    kind.pixels = &pixels;
  }
  assert_ok(s2_geometry_create(&env, &kind, &geometry));
  geometry.feature_channels = 0; /* neither these nor a tile's side are given: then they may be any */
  geometry.scales->tile_side = 0;
  const struct s2_job job = {.target = target, .geometry = &geometry, .scale = geometry.scales, .pass = kernel->pass};
  const size_t count = kernel->keys ? kernel->keys(&job, NULL, 0) : 0;
  assert_true(count <= room);
  if (count > 0)
    assert_int_equal(kernel->keys(&job, keys, room), count);
  s2_geometry_destroy(&env, &geometry);
  return count;
}

static void print_key(const struct s2_pipeline_key *key) {
  for (uint32_t i = 0; i < S2_CONSTANT_COUNT; i++)
    print_message(" %u", key->constants[i]);
  print_message("\n");
}

static void check_key(const struct work *w, const struct s2_pipeline_key *keys, size_t count) {
  struct s2_pipeline_key key = w->config.key;
  s2_target_finish(w->job.target, w->job.target->texels, w->job.source_texels, &key);
  for (size_t i = 0; i < count; i++) {
    struct s2_pipeline_key prepared = keys[i];
    s2_target_finish(w->job.target, w->job.target->texels, w->job.source_texels, &prepared);
    if (memcmp(&prepared, &key, sizeof key) == 0)
      return;
  }
  print_key(&key);
  fail_msg("%s asks for a pipeline that is not among its %zu keys", w->kernel->name, count);
}

/* The key of the job as it is; where sums outlive dispatches; and of prefix tokens. */
static void check_keys(struct work *w, const s2vk_plan_info *info) {
  static struct s2_pipeline_key keys[256];
  const size_t count = keys_of(info, w->job.target, w->kernel, keys, sizeof keys / sizeof *keys);
  const bool f32 = info->output_type == S2VK_TYPE_F32;
  const uint32_t accumulators[] = {S2_ACCUMULATOR_NONE, f32 ? S2_ACCUMULATOR_OUTPUT : S2_ACCUMULATOR_BUFFER};
  w->job.source_texels = w->job.target->texels && w->geometry.pixels.source != S2_SOURCE_IMAGE;
  for (int i = 0; i < (w->kernel->pass == S2_PASS_MERGE ? 2 : 1); i++)
    for (int prefix = 0; prefix < (w->geometry.prefix ? 2 : 1); prefix++) {
      w->job.accumulator = accumulators[i];
      w->job.prefix = prefix;
      if (w->kernel->configure(&w->job, &w->config))
        check_key(w, keys, count);
    }
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static uint32_t done[S2_SHADER_COUNT]; /* jobs that could be done by each */

/* All kernels' ways to do what a plan has to do. */
static void check_plan(const s2vk_plan_info *info, struct noise *noise) {
  for (uint32_t scale = 0; scale < info->scale_count; scale++)
    for (size_t t = 0; t < TARGET_COUNT; t++)
      for (const struct s2_kernel *const *kernel = s2_kernels; *kernel; kernel++) {
        struct work w;
        if ((*kernel)->pass > S2_PASS_MERGE) /* resamplings: test_chains.c */
          continue;
        const bool can = open_work(info, scale, &targets[t], *kernel, &w);
        if (can && !(*kernel)->copy) {
          done[w.config.key.shader]++;
          assert_true(w.config.columns > 0 && w.config.rows > 0 && w.config.channels > 0 && w.config.step_y > 0);
          assert_true((*kernel)->cost(&w.job, &w.config) > 0);
          if ((*kernel)->pass == S2_PASS_SPLIT)
            check_split(&w, noise);
          else
            check_merge(&w, noise);
          if (!info->feature_strides.order && !info->tile_strides.order) /* those pipelines are not prepared */
            check_keys(&w, info);
        }
        /* The general kernels can do every job, except on a driver that ends long loops. */
        const bool general = *kernel == &s2_split_gather || *kernel == &s2_merge_gather;
        assert_true(can || !general || targets[t].loop_rounds < UINT32_MAX);
        close_work(&w);
      }
}

static void random_plans_have_their_weights(void **state) {
  (void)state;
  struct noise noise = {3};
  for (int round = 0; round < 150; round++) {
    s2vk_size sizes[3];
    s2vk_pixels_info pixels;
    s2vk_plan_info info;
    suite_random_plan(&noise, sizes, &pixels, &info);
    if (info.pixels && noise_below(&noise, 3) == 0) {
      pixels.source = S2VK_PIXELS_IMAGE;
      pixels.format = S2VK_PIXEL_RGBA8;
      pixels.row_stride = 0;
    }
    check_plan(&info, &noise);
    if (info.output_shape == S2VK_OUTPUT_BCHW) {
      info.feature_strides.order = noise_below(&noise, 2) ? S2VK_ORDER_NC4HW4 : S2VK_ORDER_NC8HW8;
      check_plan(&info, &noise);
    }
    info.tile_strides.order = (s2vk_order)(1 + noise_below(&noise, 3));
    check_plan(&info, &noise);
  }
  for (int shader = 0; shader < S2_SHADER_COUNT; shader++) {
    print_message("%u jobs of %s\n", done[shader], s2_shader_name((uint32_t)shader));
    assert_true(done[shader] > 50 || (shader >= S2_SHADER_RESAMPLE_ACROSS && shader <= S2_SHADER_RESAMPLE_WALK));
  }
}

/* Photographs made small: supports of many inputs, and rows of the tile far apart. */
static void photographs_have_their_weights(void **state) {
  (void)state;
  struct noise noise = {4};
  const uint32_t before = done[S2_SHADER_SPLIT_SCATTER];
  for (int round = 0; round < 40; round++) {
    const s2vk_size size = {5 + noise_below(&noise, 60), 5 + noise_below(&noise, 60)};
    s2vk_plan_info info = suite_plan_info();
    s2vk_pixels_info pixels = {.struct_size = sizeof pixels};
    info.channels = 1 + noise_below(&noise, 3);
    info.height = 100 + noise_below(&noise, 400);
    info.width = 100 + noise_below(&noise, 400);
    info.scales = NULL;
    info.img_sizes = &size;
    info.scale_count = 1;
    info.max_split_size = 3 + noise_below(&noise, 40);
    info.filter = (s2vk_filter)noise_below(&noise, S2VK_FILTER_LANCZOS3 + 1);
    info.split_mode = (s2vk_split_mode)noise_below(&noise, 2);
    if (noise_below(&noise, 2)) {
      pixels.format = noise_below(&noise, 2) ? S2VK_PIXEL_BGRA8 : S2VK_PIXEL_RGB8;
      pixels.row_stride = info.width * 4 + noise_below(&noise, 3); /* where rows begin decides how they are read */
      info.pixels = &pixels;
    }
    check_plan(&info, &noise);
  }
  assert_true(done[S2_SHADER_SPLIT_SCATTER] - before > 40);
}

/* Widths of models that there are, and odd ones, in all types: the merges' keys and blocks depend on them. */
static void wide_models_have_their_keys(void **state) {
  (void)state;
  struct noise noise = {6};
  for (int round = 0; round < 300; round++) {
    s2vk_size sizes[3];
    s2vk_pixels_info pixels;
    s2vk_plan_info info;
    suite_random_plan(&noise, sizes, &pixels, &info);
    info.batch = 1;
    info.pixels = NULL;
    info.model.channels = noise_below(&noise, 2) ? 1 + noise_below(&noise, 1200) : 64 * (1 + noise_below(&noise, 80));
    if (noise_below(&noise, 20) == 0)
      info.model.channels = (1u << 17) + noise_below(&noise, 9);
    for (uint32_t scale = 0; scale < info.scale_count; scale++)
      for (size_t t = 0; t < TARGET_COUNT; t++)
        for (const struct s2_kernel *const *kernel = s2_kernels; *kernel; kernel++) {
          struct work w;
          if ((*kernel)->pass == S2_PASS_MERGE && open_work(&info, scale, &targets[t], *kernel, &w) && !(*kernel)->copy)
            check_keys(&w, &info);
          if ((*kernel)->pass == S2_PASS_MERGE)
            close_work(&w);
        }
  }
}

/* An axis may stay as it is, and one tile be all: what the output has then is no transfer unless types are the same. */
static void copies_are_of_equal_types(void **state) {
  (void)state;
  const struct s2_target copying = {.copies = true, .loop_rounds = UINT32_MAX};
  for (int types = 0; types < 3; types++)
    for (int scale = 0; scale < 2; scale++) {
      struct work w;
      s2vk_plan_info info = suite_plan_info();
      info.input_type = info.tile_type = info.feature_type = info.output_type = S2VK_TYPE_F16;
      if (types == 1)
        info.input_type = info.feature_type = S2VK_TYPE_BF16;
      struct s2_target target = copying;
      target.copies = types != 2;
      assert_int_equal(open_work(&info, (uint32_t)scale, &target, &s2_split_copy, &w), types == 0 && scale == 0);
      close_work(&w);
      assert_int_equal(open_work(&info, (uint32_t)scale, &target, &s2_merge_copy, &w), types == 0 && scale == 0);
      close_work(&w);
    }
}

/* To the last round, and no further: of taps, and of the tiles whose prefix tokens are averaged. */
static void loops_are_as_long_as_the_driver_allows(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.num_prefix_token = 1;
  info.model.tokens = 17;
  struct work w;
  assert_true(open_work(&info, 1, &targets[0], &s2_merge_gather, &w));
  struct s2_target target = targets[0];
  w.job.target = &target;
  for (int prefix = 0; prefix < 2; prefix++) {
    const uint64_t rounds = prefix ? w.job.scale->tile_count / info.batch + 1 : s2_merge_gather_rounds(&w.job);
    w.job.prefix = prefix;
    assert_true(rounds > 1);
    target.loop_rounds = (uint32_t)rounds;
    assert_true(s2_merge_gather.configure(&w.job, &w.config));
    target.loop_rounds = (uint32_t)rounds - 1;
    assert_false(s2_merge_gather.configure(&w.job, &w.config));
  }
  close_work(&w);
}

/* Feature maps of one line or of one column: what is summed is the same number of features. */
static void a_plan_costs_what_its_transpose_does(void **state) {
  (void)state;
  const struct s2_kernel *const kernels[] = {&s2_merge_gather, &s2_merge_tokens, &s2_merge_feature_maps};
  for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
    double costs[2];
    for (int transposed = 0; transposed < 2; transposed++) {
      const s2vk_size sizes[] = {{8, 8}, {transposed ? 24 : 8, transposed ? 8 : 24}};
      struct work w;
      s2vk_plan_info info = suite_plan_info();
      info.scales = NULL;
      info.img_sizes = sizes;
      info.output_shape = k == 2 ? S2VK_OUTPUT_BCHW : info.output_shape;
      info.model = (s2vk_model_shape){.channels = 64, .tokens = 16, .height = 4, .width = 4};
      assert_true(open_work(&info, 1, &targets[0], kernels[k], &w));
      costs[transposed] = kernels[k]->cost(&w.job, &w.config);
      if (!transposed)
        assert_int_not_equal(s2_merge_taps(&w.axes[0]), s2_merge_taps(&w.axes[1]));
      close_work(&w);
    }
    assert_true(costs[0] == costs[1]);
  }
}

/* The scales share the work that tables may take, so that a plan of many takes no longer. */
static void scales_share_the_work_of_tables(void **state) {
  (void)state;
  struct work w;
  const double scales[] = {1, 8};
  s2vk_plan_info info = suite_plan_info();
  info.scales = scales;
  info.output_shape = S2VK_OUTPUT_BCHW;
  info.model = (s2vk_model_shape){.channels = 64, .height = 4, .width = 4};
  assert_true(open_work(&info, 1, &targets[0], &s2_merge_feature_maps, &w));
  w.geometry.scale_count = 1000;
  assert_false(s2_merge_feature_maps.configure(&w.job, &w.config));
  w.geometry.scale_count = info.scale_count;
  close_work(&w);
}

/* Where the model's channels are known, or do not matter, no pipeline of another width is prepared. */
static void a_known_model_has_one_width(void **state) {
  (void)state;
  for (int maps = 0; maps < 2; maps++) {
    struct work w;
    struct s2_pipeline_key keys[64];
    s2vk_plan_info info = suite_plan_info();
    info.output_shape = maps ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC;
    info.model = (s2vk_model_shape){.channels = 6, .tokens = 4, .height = 2, .width = 2};
    assert_true(open_work(&info, 1, &targets[0], &s2_merge_gather, &w));
    const size_t count = s2_merge_gather.keys(&w.job, keys, sizeof keys / sizeof *keys);
    assert_int_equal(count, maps ? 2 : 4);
    for (size_t i = 0; i < count; i++)
      assert_int_equal(keys[i].constants[S2_COLUMNS], w.config.key.constants[S2_COLUMNS]);
    close_work(&w);
  }
}

/* Feature maps are written as one line of elements, so there may be no gap between them. */
static void maps_with_gaps_are_no_line(void **state) {
  (void)state;
  for (uint32_t gap = 0; gap < 2; gap++) {
    struct work w;
    s2vk_plan_info info = suite_plan_info();
    info.output_shape = S2VK_OUTPUT_BCHW;
    info.model = (s2vk_model_shape){.channels = 64, .height = 4, .width = 4};
    info.output_strides.channel = (16 + gap) * sizeof(float);
    assert_int_equal(open_work(&info, 1, &targets[0], &s2_merge_feature_maps, &w), !gap);
    close_work(&w);
  }
}

/* An invocation's loops over the taps of all its rows end where the driver ends them. */
static void rows_of_a_gather_are_as_many_as_loops_allow(void **state) {
  (void)state;
  const s2vk_plan_info info = suite_plan_info();
  struct s2_target target = targets[0];
  struct work w;
  assert_true(open_work(&info, 1, &targets[0], &s2_split_gather, &w));
  w.job.target = &target;
  /* As the shader has them: of rows, of the one column, of a row's taps, of a column's taps. Each loop also begins the
   * round in which it ends. */
  const uint64_t down = s2_axis_width(&w.job.axes[0]), across = s2_axis_width(&w.job.axes[1]);
  const uint64_t each = 1 + 2 + (down + 1) + down * (across + 1);
  for (target.loop_rounds = 1; target.loop_rounds < 20 * each; target.loop_rounds++) {
    const bool can = s2_split_gather.configure(&w.job, &w.config);
    assert_int_equal(can, target.loop_rounds >= each);
    assert_true(!can || w.config.rows * each <= target.loop_rounds);
  }
  close_work(&w);
}

/* Rows of a multiple of four are read four at once on a GPU, by columns that share what they read. */
static void rows_of_a_multiple_of_four_are_read_wide(void **state) {
  (void)state;
  for (uint32_t width = 32; width < 34; width++) {
    s2vk_plan_info info = suite_plan_info();
    struct work w;
    info.width = width;
    info.max_split_size = 8;
    assert_true(open_work(&info, 1, &targets[0], &s2_split_polyphase, &w));
    const uint32_t *constants = w.config.key.constants;
    assert_int_equal(constants[S2_SHARED], 1);
    assert_int_equal(constants[S2_SOURCE_ROWS], width == 32 ? S2_ROWS_QUADS : S2_ROWS_WORDS);
    assert_int_equal(constants[S2_QUADS], width == 32 ? 3 : 2);
    close_work(&w);
  }
}

/* As many rows as a window has are enough, and one fewer are not. */
static void an_input_may_be_one_window_high(void **state) {
  (void)state;
  for (uint32_t height = 3; height <= 4; height++) {
    s2vk_plan_info info = suite_plan_info();
    struct work w;
    info.height = height;
    info.max_split_size = 8;
    assert_int_equal(open_work(&info, 1, &targets[0], &s2_split_polyphase, &w), height == 4);
    close_work(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_plans_have_their_weights),
      cmocka_unit_test(photographs_have_their_weights),
      cmocka_unit_test(wide_models_have_their_keys),
      cmocka_unit_test(copies_are_of_equal_types),
      cmocka_unit_test(loops_are_as_long_as_the_driver_allows),
      cmocka_unit_test(a_plan_costs_what_its_transpose_does),
      cmocka_unit_test(scales_share_the_work_of_tables),
      cmocka_unit_test(a_known_model_has_one_width),
      cmocka_unit_test(maps_with_gaps_are_no_line),
      cmocka_unit_test(rows_of_a_gather_are_as_many_as_loops_allow),
      cmocka_unit_test(rows_of_a_multiple_of_four_are_read_wide),
      cmocka_unit_test(an_input_may_be_one_window_high),
  };
  return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
