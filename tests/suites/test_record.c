#include "suite.h"

#include "intercept.h"
#include "run.h"

/* Calls of the heap by library and test code: the build wraps them (--wrap). The driver's own are not counted. */
static size_t heap_calls;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size) {
  heap_calls++;
  return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  heap_calls++;
  return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
  heap_calls++;
  return __real_realloc(memory, size);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void records_a_run(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.split_forward = true;
  struct run f;
  run_open(&f, &info, NULL, 6);
  const s2vk_model model = replay_on_device(&f.replay);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  run_copy_in(&f, commands); /* written by a transfer: the library's own barrier must do */
  assert_ok(s2vk_record(f.binding, commands, &model));
  run_copy_out(&f, commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  run_check(&f);
  run_close(&f);
}

static void runs_may_follow_each_other(void **state) {
  (void)state;
  const s2vk_plan_info info = suite_plan_info();
  struct run f;
  run_open(&f, &info, NULL, 6);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  run_copy_in(&f, commands);
  for (int i = 0; i < 3; i++) {
    const s2vk_model model = replay_on_device(&f.replay);
    gpu_barrier(commands); /* the test's own copies of tiles */
    assert_ok(s2vk_record(f.binding, commands, &model));
  }
  run_copy_out(&f, commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  run_check(&f);
  run_close(&f);
}

/* Split and merge of each call in a submission of its own, the model on the host in between. */
static void records_stages(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double scales[] = {1, 1.25}; /* sums outlive the calls */
  info.scales = scales;
  info.model.tokens = 17;
  info.num_prefix_token = 1;
  info.tiles_per_call = 3;
  info.calls_cross_scales = true;
  struct run f;
  run_open(&f, &info, NULL, 6);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  run_copy_in(&f, commands);
  const s2vk_model model = replay_on_device(&f.replay);
  for (uint32_t k = 0; k < f.replay.call_count; k++) {
    s2vk_model_call call;
    assert_ok(s2vk_binding_get_call(f.binding, k, &call));
    assert_ok(s2vk_record_split(f.binding, k, commands));
    assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
    commands = gpu_begin(&suite_gpu);
    assert_ok(model.record(model.user, commands, &call));
    assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
    commands = gpu_begin(&suite_gpu);
    assert_ok(s2vk_record_merge(f.binding, k, commands));
  }
  run_copy_out(&f, commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  run_check(&f);
  run_close(&f);
}

static void recording_allocates_nothing(void **state) {
  (void)state;
  s2vk_context_info context_info = suite_gpu.info;
  s2vk_context *context;
  context_info.get_instance_proc_addr = intercept_get_instance_proc_addr;
  assert_ok(s2vk_context_create(&context_info, &context));
  s2vk_plan_info info = suite_plan_info();
  info.split_forward = true;
  s2vk_plan *plan;
  s2vk_binding *binding;
  const size_t heap_of_creation = heap_calls;
  assert_ok(s2vk_plan_create(context, &info, &plan));
  assert_true(heap_calls > heap_of_creation); /* the counter counts */
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  const s2vk_model model = {.struct_size = sizeof model, .record = suite_zero_features};
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  const size_t heap = heap_calls;
  const unsigned made = intercept_made(), submitted = intercept_submitted();
  for (int i = 0; i < 100; i++)
    assert_int_equal(s2vk_record(binding, commands, &model), S2VK_SUCCESS);
  assert_int_equal(heap_calls, heap);
  assert_int_equal(intercept_made(), made);
  assert_int_equal(intercept_submitted(), submitted);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
}

static void a_models_error_ends_the_recording(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.split_forward = true;
  struct run f;
  run_open(&f, &info, NULL, 6);
  const s2vk_model model = replay_on_device(&f.replay);
  f.replay.answer = (s2vk_result)42;
  f.replay.answer_at = 2;
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  assert_int_equal(s2vk_record(f.binding, commands, &model), 42);
  assert_int_equal(f.replay.next_call, 3);
  assert_int_equal(vkEndCommandBuffer(commands), VK_SUCCESS);
  vkFreeCommandBuffers(suite_gpu.info.device, suite_gpu.pool, 1, &commands);
  run_close(&f);
}

static s2vk_result never(void *user, const void *tiles, void *features, const s2vk_model_call *call) {
  (void)user;
  (void)tiles;
  (void)features;
  (void)call;
  return S2VK_SUCCESS;
}

static void bad_calls_are_refused(void **state) {
  (void)state;
  const s2vk_plan_info info = suite_plan_info();
  struct run f;
  run_open(&f, &info, NULL, 6);
  s2vk_model model = {.struct_size = sizeof model, .record = suite_zero_features};
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  assert_int_equal(s2vk_record(NULL, commands, &model), S2VK_ERROR_NULL);
  assert_fails(s2vk_record(f.binding, NULL, &model), S2VK_ERROR_NULL, "commands is NULL");
  assert_fails(s2vk_record(f.binding, commands, NULL), S2VK_ERROR_NULL, "s2vk_model is NULL");
  model.run = never;
  assert_fails(s2vk_record(f.binding, commands, &model), S2VK_ERROR_MODEL, "both not NULL");
  model.record = NULL;
  assert_fails(s2vk_record(f.binding, commands, &model), S2VK_ERROR_MODEL, "s2vk_model.run needs host memory");
  model.run = NULL;
  assert_fails(s2vk_record(f.binding, commands, &model), S2VK_ERROR_MODEL, "both NULL");
  model.struct_size = 0;
  assert_fails(s2vk_record(f.binding, commands, &model), S2VK_ERROR_STRUCT_SIZE, "s2vk_model.struct_size is 0");
  assert_int_equal(s2vk_record_split(NULL, 0, commands), S2VK_ERROR_NULL);
  assert_int_equal(s2vk_record_merge(NULL, 0, commands), S2VK_ERROR_NULL);
  assert_fails(s2vk_record_split(f.binding, 0, NULL), S2VK_ERROR_NULL, "commands is NULL");
  assert_fails(s2vk_record_merge(f.binding, 0, NULL), S2VK_ERROR_NULL, "commands is NULL");
  assert_fails(s2vk_record_split(f.binding, 2, commands), S2VK_ERROR_CALL_INDEX, "call is 2");
  assert_fails(s2vk_record_merge(f.binding, 2, commands), S2VK_ERROR_CALL_INDEX, "call is 2");
  assert_int_equal(vkEndCommandBuffer(commands), VK_SUCCESS);
  vkFreeCommandBuffers(suite_gpu.info.device, suite_gpu.pool, 1, &commands);
  run_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(records_a_run),
      cmocka_unit_test(runs_may_follow_each_other),
      cmocka_unit_test(records_stages),
      cmocka_unit_test(recording_allocates_nothing),
      cmocka_unit_test(a_models_error_ends_the_recording),
      cmocka_unit_test(bad_calls_are_refused),
  };
  return cmocka_run_group_tests_name("record", tests, suite_open_gpu, suite_close_gpu);
}
