#include "suite.h"

#include "compare.h"
#include "run/plan.h"

struct fixture {
  s2vk_plan *plan;
  s2vk_binding *binding;
  struct compare compare;
  struct replay replay;
  void *output;
};

/* About one in special_every elements is NaN or infinite; 0: none. */
static void open_special_fixture(struct fixture *f, const s2vk_plan_info *info, uint32_t special_every) {
  struct noise noise = {7};
  compare_create(&f->compare, info, &noise, special_every);
  assert_ok(s2vk_plan_create(suite_gpu.context, info, &f->plan));
  assert_ok(s2vk_binding_create(f->plan, NULL, &f->binding));
  replay_create(&f->replay, &suite_gpu, f->plan);
  compare_fill(&f->compare, f->plan, &f->replay);
  f->output = calloc(f->compare.output_bytes, 1);
}

static void open_fixture(struct fixture *f, const s2vk_plan_info *info) {
  open_special_fixture(f, info, 0);
}

static void close_fixture(struct fixture *f) {
  free(f->output);
  replay_destroy(&f->replay, &suite_gpu);
  s2vk_binding_destroy(&f->binding);
  s2vk_plan_destroy(&f->plan);
  compare_destroy(&f->compare);
}

static s2vk_result forward(struct fixture *f, const s2vk_model *model) {
  memset(f->output, 0xA5, f->compare.output_bytes);
  return s2vk_forward(f->binding, model, f->compare.input, f->compare.input_bytes, f->output, f->compare.output_bytes);
}

static void check_results(struct fixture *f) {
  assert_false(f->replay.out_of_order);
  assert_int_equal(f->replay.next_call, f->replay.call_count);
  assert_true(compare_tiles(&f->compare, f->plan, &f->replay) < 1e-5);
  assert_true(compare_output(&f->compare, f->plan, f->output) < 1e-5);
}

static void models_on_device_and_host_agree(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.tiles_per_call = 3;
  info.calls_cross_scales = true;
  struct fixture f;
  open_fixture(&f, &info);
  for (int i = 0; i < 4; i++) {
    const s2vk_model model = i % 2 ? replay_on_host(&f.replay) : replay_on_device(&f.replay);
    memset(f.replay.tiles.host, 0xFF, f.replay.tiles.bytes);
    assert_ok(forward(&f, &model));
    check_results(&f);
  }
  close_fixture(&f);
}

/* The commonest plans: what some drivers have modules of their own for. */
static void once_twice_and_thrice_as_large(void **state) {
  (void)state;
  const double scales[] = {1, 2, 3};
  s2vk_plan_info info = suite_plan_info();
  info.height = info.width = 48;
  info.scales = scales;
  info.scale_count = 3;
  for (int setting = 0; setting < 8; setting++) {
    info.num_prefix_token = setting & 1;
    info.model = (s2vk_model_shape){.channels = 136, .tokens = 36 + info.num_prefix_token};
    info.tiles_per_call = setting & 2 ? 5 : 0;
    info.calls_cross_scales = setting & 2;
    struct fixture f;
    open_special_fixture(&f, &info, setting & 4 ? 1000 : 0);
    const s2vk_model model = replay_on_device(&f.replay);
    assert_ok(forward(&f, &model));
    check_results(&f);
    close_fixture(&f);
  }
}

/* Tensors of an odd number of 16-bit elements: what is copied is rounded up, what is returned is not. */
static void odd_counts_of_16_bits(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double one[] = {1};
  info.batch = info.channels = 1;
  info.height = info.width = 3;
  info.scales = one;
  info.scale_count = 1;
  info.model = (s2vk_model_shape){.channels = 1, .tokens = 9};
  info.input_type = info.output_type = S2VK_TYPE_F16;
  info.tile_type = info.feature_type = S2VK_TYPE_BF16;
  struct fixture f;
  open_fixture(&f, &info);
  assert_int_equal(f.compare.input_bytes, 18);
  assert_int_equal(f.compare.output_bytes, 18);
  const s2vk_model model = replay_on_host(&f.replay);
  assert_ok(forward(&f, &model));
  check_results(&f);
  close_fixture(&f);
}

static void a_models_error_comes_back(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.split_forward = true;
  struct fixture f;
  open_fixture(&f, &info);
  for (int i = 0; i < 4; i++) {
    const s2vk_model model = i % 2 ? replay_on_host(&f.replay) : replay_on_device(&f.replay);
    f.replay.answer = (s2vk_result)(i < 2 ? 7 : S2VK_ERROR_DEVICE_LOST);
    f.replay.answer_at = (uint32_t)i;
    assert_int_equal(forward(&f, &model), f.replay.answer);
    assert_int_equal(f.replay.next_call, i + 1);
    /* Nothing is left in the way of the next run. */
    f.replay.answer_at = UINT32_MAX;
    const s2vk_model again = replay_on_host(&f.replay);
    assert_ok(forward(&f, &again));
    check_results(&f);
  }
  close_fixture(&f);
}

static void the_same_bits_every_time(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double scales[] = {1, 1.25, 2.5};
  info.scales = scales;
  info.scale_count = 3;
  info.num_prefix_token = 2;
  info.model.tokens = 51;
  uint32_t first[2 * 51 * 12] = {0};
  const uint32_t settings[] = {0, 1, 2, 3, 5, 8, 100};
  for (int cross = 0; cross < 2; cross++)
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
      struct fixture f;
      info.tiles_per_call = settings[i];
      info.calls_cross_scales = cross;
      open_fixture(&f, &info);
      assert_int_equal(f.compare.output_bytes, sizeof first);
      for (int run = 0; run < 3; run++) {
        const s2vk_model model = replay_on_device(&f.replay);
        assert_ok(forward(&f, &model));
        check_results(&f);
        if (run == 0)
          memcpy(first, f.output, f.compare.output_bytes);
        assert_memory_equal(first, f.output, f.compare.output_bytes);
      }
      close_fixture(&f);
    }
}

static void bad_calls_are_refused(void **state) {
  (void)state;
  const s2vk_plan_info info = suite_plan_info();
  struct fixture f;
  open_fixture(&f, &info);
  const s2vk_model model = replay_on_host(&f.replay);
  const size_t in = f.compare.input_bytes, out = f.compare.output_bytes;
  void *const input = f.compare.input;
  assert_int_equal(s2vk_forward(NULL, &model, input, in, f.output, out), S2VK_ERROR_NULL);
  assert_fails(s2vk_forward(f.binding, NULL, input, in, f.output, out), S2VK_ERROR_NULL, "s2vk_model is NULL");
  assert_fails(s2vk_forward(f.binding, &model, NULL, in, f.output, out), S2VK_ERROR_NULL, "input is NULL");
  assert_fails(s2vk_forward(f.binding, &model, input, in, NULL, out), S2VK_ERROR_NULL, "output is NULL");
  assert_fails(s2vk_forward(f.binding, &model, input, in - 1, f.output, out), S2VK_ERROR_BUFFER_SIZE,
      "input_bytes is 1535", "1536");
  assert_fails(s2vk_forward(f.binding, &model, input, in, f.output, out + 1), S2VK_ERROR_BUFFER_SIZE,
      "output_bytes is 257", "256");
  const s2vk_model empty = {.struct_size = sizeof empty};
  assert_fails(s2vk_forward(f.binding, &empty, input, in, f.output, out), S2VK_ERROR_MODEL, "both NULL");
  assert_int_equal(f.replay.next_call, 0);
  close_fixture(&f);
}

static void without_a_queue_it_is_refused(void **state) {
  (void)state;
  s2vk_context_info context_info = suite_gpu.info;
  context_info.queue = VK_NULL_HANDLE;
  s2vk_context *context;
  s2vk_plan *plan;
  s2vk_binding *binding;
  const s2vk_plan_info info = suite_plan_info();
  float input[2 * 3 * 8 * 8] = {0}, output[2 * 4 * 8];
  const s2vk_model model = {.struct_size = sizeof model, .record = suite_zero_features};
  assert_ok(s2vk_context_create(&context_info, &context));
  assert_ok(s2vk_plan_create(context, &info, &plan));
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  assert_fails(s2vk_forward(binding, &model, input, sizeof input, output, sizeof output), S2VK_ERROR_NO_DEVICE,
      "s2vk_context_info.queue");
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
}

/* Sums of more terms than some drivers can loop over (src/vulkan/quirks.h): they are right, or refused, in the variants
 * that the driver is given. */
static bool right_or_refused(const s2vk_plan_info *info, const char *reason) {
  bool right = false;
  const int last = gpu_compiles_slowly(&suite_gpu) ? S2VK_VARIANT_GPU : S2VK_VARIANT_CPU;
  for (int variant = S2VK_VARIANT_GPU; variant <= last; variant++) {
    s2vk_context_info context_info = suite_gpu.info;
    context_info.variant = (s2vk_variant)variant;
    struct s2vk_context *const ours = suite_gpu.context;
    assert_ok(s2vk_context_create(&context_info, &suite_gpu.context));
    gpu_clear_log();
    s2vk_plan *plan;
    s2vk_result result = s2vk_plan_create(suite_gpu.context, info, &plan);
    if (result) {
      print_message("refused: %s\n", gpu_last_log());
      assert_int_equal(result, S2VK_ERROR_LIMIT);
      assert_non_null(strstr(gpu_last_log(), reason));
    } else {
      right = true;
      s2vk_plan_destroy(&plan);
      struct fixture f;
      open_fixture(&f, info);
      const s2vk_model model = replay_on_host(&f.replay);
      assert_ok(forward(&f, &model));
      check_results(&f);
      close_fixture(&f);
    }
    s2vk_context_destroy(&suite_gpu.context);
    suite_gpu.context = ours;
  }
  return right;
}

static void long_sums_are_right_or_refused(void **state) {
  (void)state;
  const s2vk_size sizes[] = {{1, 1}, {260, 260}};
  s2vk_plan_info info = suite_plan_info();
  info.batch = info.channels = 1;
  info.scales = NULL;
  info.img_sizes = sizes;
  info.max_split_size = 1;
  info.model = (s2vk_model_shape){.channels = 1, .tokens = 1};
  right_or_refused(&info, "scale 1 sums");
}

/* Windows of 300 and of 600 pixels, wider than an invocation holds weights. */
static void wide_windows_are_right_or_refused(void **state) {
  (void)state;
  const s2vk_size size = {4, 4};
  s2vk_plan_info info = suite_plan_info();
  info.batch = info.channels = info.scale_count = 1;
  info.scales = NULL;
  info.img_sizes = &size;
  info.max_split_size = 4;
  info.filter = S2VK_FILTER_BILINEAR_ANTIALIASED;
  info.height = info.width = 600;
  assert_true(right_or_refused(&info, ""));
  info.height = info.width = 1200;
  right_or_refused(&info, "rounds of loops");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(models_on_device_and_host_agree),
      cmocka_unit_test(once_twice_and_thrice_as_large),
      cmocka_unit_test(odd_counts_of_16_bits),
      cmocka_unit_test(a_models_error_comes_back),
      cmocka_unit_test(the_same_bits_every_time),
      cmocka_unit_test(long_sums_are_right_or_refused),
      cmocka_unit_test(wide_windows_are_right_or_refused),
      cmocka_unit_test(bad_calls_are_refused),
      cmocka_unit_test(without_a_queue_it_is_refused),
  };
  return cmocka_run_group_tests_name("forward", tests, suite_open_gpu, suite_close_gpu);
}
