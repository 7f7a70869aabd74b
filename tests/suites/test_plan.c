#include "suite.h"

#include "intercept.h"
#include "run/plan.h"

static void layouts_are_exact(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.split_forward = true;
  s2vk_plan *plan;
  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &plan));
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  assert_int_equal(layout.scale_count, 2);
  assert_int_equal(layout.call_count, 5);
  assert_int_equal(layout.tile_count, 10);
  assert_int_equal(layout.input.dims[3], 8);
  assert_int_equal(layout.output.rank, 3);
  assert_int_equal(layout.output.dims[1], 4);
  assert_int_equal(layout.output.dims[2], 8);
  assert_int_equal(layout.input_bytes, 2 * 3 * 8 * 8 * 4);
  assert_int_equal(layout.tiles_bytes, 2 * 3 * 8 * 8 * 4);
  assert_int_equal(layout.features_bytes, 2 * 4 * 4 * 4);
  assert_int_equal(layout.output_bytes, 2 * 4 * 8 * 4);
  assert_int_equal(layout.accumulator_bytes, 0);
  assert_true(layout.table_bytes > 0);
  const VkDeviceSize alignment = suite_gpu.properties.limits.minStorageBufferOffsetAlignment;
  assert_int_equal(layout.offset_alignment, alignment > 4 ? alignment : 4);

  s2vk_scale_layout scale = {.struct_size = sizeof scale};
  assert_ok(s2vk_plan_get_scale(plan, 1, &scale));
  assert_int_equal(scale.image.height, 16);
  assert_int_equal(scale.tiles.width, 2);
  assert_int_equal(scale.first_tile, 2);
  assert_int_equal(scale.tile_count, 8);
  s2vk_call_layout call = {.struct_size = sizeof call};
  assert_ok(s2vk_plan_get_call(plan, 4, &call));
  assert_int_equal(call.scale, 1);
  assert_int_equal(call.first_tile, 8);
  assert_int_equal(call.tile_count, 2);
  assert_int_equal(call.tiles.dims[0], 2);
  assert_int_equal(call.features.dims[2], 4);
  assert_int_equal(call.tiles_bytes, layout.tiles_bytes);
  assert_int_equal(call.features_bytes, layout.features_bytes);
  s2vk_plan_destroy(&plan);
  assert_null(plan);
  s2vk_plan_destroy(&plan);
  s2vk_plan_destroy(NULL);
}

static void queries_are_checked(void **state) {
  (void)state;
  const s2vk_plan_info info = suite_plan_info();
  s2vk_plan *plan;
  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &plan));
  s2vk_plan_layout layout = {0};
  s2vk_scale_layout scale = {.struct_size = sizeof scale};
  s2vk_call_layout call = {.struct_size = sizeof call};
  assert_int_equal(s2vk_plan_get_layout(NULL, &layout), S2VK_ERROR_NULL);
  assert_fails(s2vk_plan_get_layout(plan, NULL), S2VK_ERROR_NULL, "s2vk_plan_layout");
  assert_fails(s2vk_plan_get_layout(plan, &layout), S2VK_ERROR_STRUCT_SIZE, "s2vk_plan_layout.struct_size is 0");
  assert_int_equal(s2vk_plan_get_scale(NULL, 0, &scale), S2VK_ERROR_NULL);
  assert_fails(s2vk_plan_get_scale(plan, 2, &scale), S2VK_ERROR_CALL_INDEX, "scale is 2", "2 scales");
  assert_int_equal(s2vk_plan_get_call(NULL, 0, &call), S2VK_ERROR_NULL);
  assert_fails(s2vk_plan_get_call(plan, 2, &call), S2VK_ERROR_CALL_INDEX, "call is 2", "2 calls");
  s2vk_plan_destroy(&plan);
}

static void creation_is_checked(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  s2vk_plan *plan = (s2vk_plan *)&info;
  assert_int_equal(s2vk_plan_create(NULL, &info, &plan), S2VK_ERROR_NULL);
  assert_null(plan);
  assert_fails(s2vk_plan_create(suite_gpu.context, NULL, &plan), S2VK_ERROR_NULL, "s2vk_plan_info is NULL");
  assert_fails(s2vk_plan_create(suite_gpu.context, &info, NULL), S2VK_ERROR_NULL, "plan is NULL");
  info.struct_size = 12;
  assert_fails(s2vk_plan_create(suite_gpu.context, &info, &plan), S2VK_ERROR_STRUCT_SIZE, "struct_size is 12");
  info = suite_plan_info();
  info.scale_count = 0;
  assert_fails(s2vk_plan_create(suite_gpu.context, &info, &plan), S2VK_ERROR_NO_SCALES, "scale_count is 0");
  assert_null(plan);
}

static void more_than_the_device_has_is_refused(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.batch = 400000;
  info.height = info.width = 1024; /* 5 TB of input alone */
  s2vk_plan *plan;
  assert_fails(s2vk_plan_create(suite_gpu.context, &info, &plan), S2VK_ERROR_OUT_OF_DEVICE_MEMORY,
      "input 5033164800000", "the device has");
  assert_null(plan);
  s2vk_context *context = open_shapes_only(); /* to ask what it would need, no device is needed */
  assert_ok(s2vk_plan_create(context, &info, &plan));
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  assert_true(layout.input_bytes == 5033164800000);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
}

static void creation_submits_and_waits_for_nothing(void **state) {
  (void)state;
  s2vk_context_info context_info = suite_gpu.info;
  s2vk_context *context;
  context_info.get_instance_proc_addr = intercept_get_instance_proc_addr;
  assert_ok(s2vk_context_create(&context_info, &context));
  const s2vk_plan_info info = suite_plan_info();
  s2vk_plan *plan;
  s2vk_binding *binding;
  const unsigned before = intercept_submitted();
  assert_ok(s2vk_plan_create(context, &info, &plan));
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  assert_int_equal(intercept_submitted(), before);
  float input[2 * 3 * 8 * 8] = {0}, output[2 * 4 * 8];
  const s2vk_model model = {.struct_size = sizeof model, .record = suite_zero_features};
  assert_ok(s2vk_forward(binding, &model, input, sizeof input, output, sizeof output));
  assert_int_equal(intercept_submitted(), before + 2); /* the counter counts: a submission and a wait */
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
}

/* The arrays and the struct need to live only until the call returns. */
static void the_info_may_go_away(void **state) {
  (void)state;
  double *scales = malloc(2 * sizeof *scales);
  s2vk_plan_info *info = malloc(sizeof *info);
  assert_true(scales && info);
  *info = suite_plan_info();
  scales[0] = 1;
  scales[1] = 2;
  info->scales = scales;
  s2vk_plan *plan;
  assert_ok(s2vk_plan_create(suite_gpu.context, info, &plan));
  memset(scales, 0xFF, 2 * sizeof *scales);
  memset(info, 0xFF, sizeof *info);
  free(scales);
  free(info);
  s2vk_scale_layout scale = {.struct_size = sizeof scale};
  assert_ok(s2vk_plan_get_scale(plan, 1, &scale));
  assert_int_equal(scale.image.width, 16);
  s2vk_plan_destroy(&plan);
}

/* ---- Descriptions ------------------------------------------------------------------------------------------------ */

struct lines {
  char text[40][256];
  unsigned count;
};

static void keep_line(void *user, const char *text) {
  struct lines *lines = user;
  assert_true(lines->count < 40 && strlen(text) < 256 && !strchr(text, '\n'));
  snprintf(lines->text[lines->count++], 256, "%s", text);
}

static void keep_log(void *user, s2vk_log_level level, const char *message) {
  assert_int_equal(level, S2VK_LOG_INFO);
  keep_line(user, message);
}

static bool has_line(const struct lines *lines, const char *text) {
  for (unsigned i = 0; i < lines->count; i++)
    if (strstr(lines->text[i], text))
      return true;
  return false;
}

/* The numbers after a word. */
static unsigned sum_of(const struct lines *lines, const char *word) {
  unsigned sum = 0;
  for (unsigned i = 0; i < lines->count; i++) {
    const char *at = strstr(lines->text[i], word);
    sum += at ? (unsigned)atoi(at + strlen(word)) : 0;
  }
  return sum;
}

static void assert_has_line(const struct lines *lines, unsigned times, const char *text) {
  unsigned found = 0;
  for (unsigned i = 0; i < lines->count; i++)
    found += strstr(lines->text[i], text) != NULL;
  if (found != times) {
    for (unsigned i = 0; i < lines->count; i++)
      print_message("%s\n", lines->text[i]);
    fail_msg("\"%s\" is in %u lines, not in %u", text, found, times);
  }
}

static void a_plan_describes_itself(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double scales[] = {1, 1.25, 3};
  info.scales = scales;
  info.scale_count = 3;
  info.num_prefix_token = 1;
  info.model.tokens = 17;
  s2vk_context *contexts[] = {suite_gpu.context, open_shapes_only()};
  for (int i = 0; i < 2; i++) {
    s2vk_plan *plan;
    struct lines lines = {.count = 0};
    s2vk_plan_layout layout = {.struct_size = sizeof layout};
    assert_ok(s2vk_plan_create(contexts[i], &info, &plan));
    assert_ok(s2vk_plan_get_layout(plan, &layout));
    assert_ok(s2vk_plan_describe(plan, keep_line, &lines));
    char tables[64];
    snprintf(tables, sizeof tables, "tables of %llu bytes", (unsigned long long)layout.table_bytes);
    assert_has_line(&lines, 1, tables);
    assert_has_line(&lines, 1, "plan: input 2 x 3 x 8 x 8, 3 scales, 28 tiles in 3 calls");
    assert_has_line(&lines, 1, "scale 1: image 10 x 10, padded to 16 x 16, 2 x 2 tiles of 8");
    assert_has_line(&lines, 3, "  split: bytes in 1536, out ");
    assert_has_line(&lines, 1, "  split: bytes in 1536, out 13824");
    assert_has_line(&lines, 1, "  merge: bytes in 4896, out 544");
    /* All of the schedule is in it, once. */
    for (int pass = 0; pass < S2_PASS_COUNT; pass++) {
      const struct s2_pass *p = &plan->form.schedule.passes[pass];
      for (uint32_t d = 0; d < p->dispatch_count; d++) {
        const struct s2_choice *choice = &plan->form.schedule.choices[p->dispatches[d].job / S2_PASS_COUNT][pass];
        const bool copy = p->dispatches[d].key == S2_NO_KEY;
        char start[64];
        snprintf(
            start, sizeof start, "    %s%s", (copy ? choice->copy : choice->kernel)->name, copy ? ": calls 1, " : ",");
        assert_true(has_line(&lines, start));
      }
    }
    assert_int_equal(sum_of(&lines, "dispatches ") + sum_of(&lines, "copies "),
        plan->form.schedule.passes[0].dispatch_count + plan->form.schedule.passes[1].dispatch_count);
    s2vk_plan_destroy(&plan);
  }
  s2vk_context_destroy(&contexts[1]);
}

/* Sides that differ, and calls that are fewer than the plan's: each scale has one of its own. */
static void a_description_tells_sides_and_calls_apart(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.width = 12;
  info.max_split_size = 8;
  s2vk_plan *plan;
  struct lines lines = {.count = 0};
  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &plan));
  assert_ok(s2vk_plan_describe(plan, keep_line, &lines));
  assert_has_line(&lines, 1, "plan: input 2 x 3 x 8 x 12, 2 scales, ");
  assert_has_line(&lines, 1, "scale 1: image 16 x 24, padded to 16 x 24, 2 x 3 tiles of 8");
  unsigned with_calls = 0;
  for (unsigned i = 0; i < lines.count; i++)
    with_calls += strstr(lines.text[i], "calls ") && lines.text[i][0] == ' ';
  assert_true(with_calls >= 4);
  assert_has_line(&lines, with_calls, "calls 1, ");
  s2vk_plan_destroy(&plan);
}

static void the_log_has_the_same(void **state) {
  (void)state;
  const s2vk_plan_info info = suite_plan_info();
  struct lines log = {.count = 0}, lines = {.count = 0};
  const s2vk_context_info context_info = {.struct_size = sizeof context_info, .log = keep_log, .log_user = &log};
  s2vk_context *context;
  s2vk_plan *plan;
  assert_ok(s2vk_context_create(&context_info, &context));
  assert_ok(s2vk_plan_create(context, &info, &plan));
  assert_ok(s2vk_plan_describe(plan, keep_line, &lines));
  assert_true(lines.count > 6);
  assert_int_equal(log.count, lines.count);
  for (unsigned i = 0; i < lines.count; i++)
    assert_string_equal(log.text[i], lines.text[i]);
  assert_int_equal(s2vk_plan_describe(NULL, keep_line, &lines), S2VK_ERROR_NULL);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &plan));
  assert_fails(s2vk_plan_describe(plan, NULL, NULL), S2VK_ERROR_NULL, "line is NULL");
  s2vk_plan_destroy(&plan);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layouts_are_exact),
      cmocka_unit_test(queries_are_checked),
      cmocka_unit_test(creation_is_checked),
      cmocka_unit_test(more_than_the_device_has_is_refused),
      cmocka_unit_test(creation_submits_and_waits_for_nothing),
      cmocka_unit_test(the_info_may_go_away),
      cmocka_unit_test(a_plan_describes_itself),
      cmocka_unit_test(a_description_tells_sides_and_calls_apart),
      cmocka_unit_test(the_log_has_the_same),
  };
  return cmocka_run_group_tests_name("plan", tests, suite_open_gpu, suite_close_gpu);
}
