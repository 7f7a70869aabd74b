/* Everything that can fail does, one call at a time: each function of the driver, with each result that it may return,
 * and each allocation of host memory. After each failure: the right code, a message, nothing left behind, and the next
 * cycle works. */
#include "suite.h"

#include "compare.h"
#include "intercept.h"
#include "pipelines.h"
#include "profile.h"

/* ----
 * A cycle -------------------------------------------------------------------------------------------------------- */

static const double scales[] = {1.25}; /* windows over tiles of two calls: there is an accumulator */
static s2vk_plan_info plan_info;
static s2vk_context_info context_info;
static struct compare compare;
static unsigned allocations, failing_allocation, allocations_to_create;
static int outstanding;

struct cycle {
  s2vk_context *context;
  s2vk_plan *plan;
  s2vk_binding *binding;
};

static int open_fixture(void **state) {
  if (suite_open_gpu(state))
    return -1;
  plan_info = suite_plan_info();
  plan_info.scales = scales;
  plan_info.scale_count = 1;
  plan_info.tiles_per_call = 3;
  plan_info.output_type = S2VK_TYPE_F16;
  struct noise noise = {8};
  compare_create(&compare, &plan_info, &noise, 0);
  context_info = suite_gpu.info;
  context_info.get_instance_proc_addr = intercept_get_instance_proc_addr;
  intercept_below(pipelines_wrap);
  context_info.variant = S2VK_VARIANT_CPU; /* which makes texel views, too */
  const VkPipelineCacheCreateInfo cache = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  return vkCreatePipelineCache(suite_gpu.info.device, &cache, NULL, &context_info.pipeline_cache) ? -1 : 0;
}

static int close_fixture(void **state) {
  vkDestroyPipelineCache(suite_gpu.info.device, context_info.pipeline_cache, NULL);
  pipelines_drop(suite_gpu.info.device);
  compare_destroy(&compare);
  return suite_close_gpu(state);
}

static void destroy(struct cycle *c) {
  s2vk_binding_destroy(&c->binding);
  s2vk_plan_destroy(&c->plan);
  s2vk_context_destroy(&c->context);
}

static s2vk_result record(const struct cycle *c) {
  const s2vk_model model = {.struct_size = sizeof model, .record = suite_zero_features};
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  s2vk_result result = s2vk_record(c->binding, commands, &model);
  assert_int_equal(vkEndCommandBuffer(commands), VK_SUCCESS);
  vkFreeCommandBuffers(suite_gpu.info.device, suite_gpu.pool, 1, &commands);
  return result;
}

/* Results are checked if it succeeds. */
static s2vk_result forward(const struct cycle *c, bool on_host) {
  struct replay replay;
  replay_create(&replay, &suite_gpu, c->plan);
  compare_fill(&compare, c->plan, &replay);
  void *output = malloc(compare.output_bytes);
  const s2vk_model model = on_host ? replay_on_host(&replay) : replay_on_device(&replay);
  s2vk_result result =
      s2vk_forward(c->binding, &model, compare.input, compare.input_bytes, output, compare.output_bytes);
  if (result) {
    vkDeviceWaitIdle(suite_gpu.info.device); /* it may still be copying to the replay, if only its wait failed */
  } else {
    assert_true(compare_tiles(&compare, c->plan, &replay) < 1e-5);
    assert_true(compare_output(&compare, c->plan, output) < 1e-5);
  }
  free(output);
  replay_destroy(&replay, &suite_gpu);
  return result;
}

/* Records the passes of a call with sources that come late. Nothing of it can fail. */
static void record_late(const s2vk_binding *binding, const s2vk_plan *plan) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  struct gpu_buffer buffer = gpu_buffer_create(
      &suite_gpu, layout.input_bytes > layout.features_bytes ? layout.input_bytes : layout.features_bytes);
  const s2vk_source source = {.buffer = {buffer.buffer, 0, buffer.bytes, 0}};
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  assert_ok(s2vk_record_split_from(binding, 0, commands, &source));
  assert_ok(s2vk_record_merge_from(binding, 0, commands, &source.buffer));
  assert_int_equal(vkEndCommandBuffer(commands), VK_SUCCESS);
  vkFreeCommandBuffers(suite_gpu.info.device, suite_gpu.pool, 1, &commands);
  gpu_buffer_destroy(&suite_gpu, &buffer);
}

/* A binding for which the plan makes another form, and that has room for what is late; and one that takes turns with
 * it. */
static s2vk_result bind_late(const s2vk_plan *plan, bool own_device) {
  s2vk_binding_info info = {.struct_size = sizeof info, .late_inputs = 1, .late_features = 2};
  s2vk_binding *first, *second = NULL;
  s2vk_result result = s2vk_binding_create(plan, &info, &first);
  assert_true(!result == !!first);
  info.in_turn_with = first;
  if (!result) {
    result = s2vk_binding_create(plan, &info, &second);
    assert_true(!result == !!second);
  }
  if (!result && own_device)
    record_late(second, plan);
  s2vk_binding_destroy(&second);
  s2vk_binding_destroy(&first);
  return result;
}

/* Whatever fails, what it was to make is NULL. */
static s2vk_result create(const s2vk_context_info *info, struct cycle *c) {
  memset(c, 0xA5, sizeof *c);
  s2vk_result result = s2vk_context_create(info, &c->context);
  assert_true(!result == !!c->context);
  c->plan = NULL;
  c->binding = NULL;
  if (result)
    return result;
  result = s2vk_plan_create(c->context, &plan_info, &c->plan);
  assert_true(!result == !!c->plan);
  return result ? result : bind_late(c->plan, info->device == suite_gpu.info.device);
}

/* Binds, records and runs. A failed forward must not stand in the way of the next one on the same binding, unless the
 * device is lost. */
static s2vk_result bind_and_run(struct cycle *c) {
  s2vk_result result = s2vk_binding_create(c->plan, NULL, &c->binding);
  assert_true(!result == !!c->binding);
  if (!result)
    result = record(c);
  if (!result) {
    result = forward(c, true);
    if (result && result != S2VK_ERROR_DEVICE_LOST) {
      char reason[1024];
      snprintf(reason, sizeof reason, "%s", gpu_last_log());
      assert_ok(forward(c, false));
      gpu_log(NULL, S2VK_LOG_ERROR, reason);
    }
  }
  s2vk_binding_destroy(&c->binding);
  return result;
}

/* The cycle in two parts, since making pipelines takes long: what is made for a plan; and, with a plan that stays, the
 * rest. */
static unsigned calls_to_create[64];
static struct cycle kept;

static s2vk_result whole_cycle(const s2vk_context_info *info) {
  struct cycle c;
  s2vk_result result = create(info, &c);
  for (unsigned f = 0; intercept_function(f); f++)
    calls_to_create[f] = intercept_calls(f);
  allocations_to_create = allocations;
  if (!result)
    result = bind_and_run(&c);
  destroy(&c);
  return result;
}

static s2vk_result binding_cycle(const s2vk_context_info *unused) {
  (void)unused;
  return bind_and_run(&kept);
}

static s2vk_result open_cycle(const s2vk_context_info *unused) {
  (void)unused;
  const s2vk_device_info info = {
      .struct_size = sizeof info,
      .get_instance_proc_addr = intercept_get_instance_proc_addr,
      .log = gpu_log,
  };
  s2vk_context_info opened;
  s2vk_result result = s2vk_device_open(&info, &opened);
  assert_true(!result == !!opened.device && !result == !!opened.instance);
  s2vk_device_close(&opened);
  return result;
}

/* ---- The driver fails -------------------------------------------------------------------------------------------- */

static const struct failure {
  VkResult vulkan;
  s2vk_result code;
  const char *words;
  const char *functions; /* that may return it; NULL: all but those in without */
  const char *without;
} failures[] = {
    {VK_ERROR_OUT_OF_HOST_MEMORY, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory", NULL,
        "vkResetFences vkResetCommandPool"},
    {VK_ERROR_OUT_OF_DEVICE_MEMORY, S2VK_ERROR_OUT_OF_DEVICE_MEMORY, "out of device memory", NULL, ""},
    {VK_ERROR_DEVICE_LOST, S2VK_ERROR_DEVICE_LOST, "device lost", "vkCreateDevice vkQueueSubmit vkWaitForFences", ""},
    {VK_ERROR_INITIALIZATION_FAILED, S2VK_ERROR_VULKAN, "VkResult -3",
        "vkCreateDevice vkCreateInstance vkEnumeratePhysicalDevices", ""},
    {VK_ERROR_MEMORY_MAP_FAILED, S2VK_ERROR_VULKAN, "VkResult -5", "vkMapMemory", ""},
    {VK_ERROR_FRAGMENTED_POOL, S2VK_ERROR_VULKAN, "VkResult -12", "vkAllocateDescriptorSets", ""},
};

static bool may_return(const char *function, const struct failure *failure) {
  return failure->functions ? !!strstr(failure->functions, function) : !strstr(failure->without, function);
}

static void check_fault(
    s2vk_result (*cycle)(const s2vk_context_info *), unsigned function, unsigned nth, const struct failure *failure) {
  const char *name = intercept_function(function);
  const int alive = intercept_alive();
  intercept_fail(function, nth, failure->vulkan);
  gpu_clear_log();
  s2vk_result result = cycle(&context_info);
  if (!intercept_failed())
    fail_msg("call %u of %s did not come", nth, name);
  if (result != failure->code || !strstr(gpu_last_log(), name) || !strstr(gpu_last_log(), failure->words))
    fail_msg("call %u of %s returned %d: %s, \"%s\"", nth, name, (int)failure->vulkan, s2vk_result_name(result),
        gpu_last_log());
  if (intercept_alive() != alive)
    fail_msg(
        "call %u of %s returned %d: %d objects are left", nth, name, (int)failure->vulkan, intercept_alive() - alive);
  assert_ok(cycle(&context_info));
  if (intercept_alive() != alive || gpu_messages() > 0)
    fail_msg("after call %u of %s returned %d", nth, name, (int)failure->vulkan);
}

static unsigned fail_each(s2vk_result (*cycle)(const s2vk_context_info *)) {
  unsigned before[64], calls[64], functions = 0, faults = 0;
  for (; intercept_function(functions); functions++)
    before[functions] = intercept_calls(functions);
  assert_ok(cycle(&context_info));
  for (unsigned f = 0; f < functions; f++)
    calls[f] = (cycle == whole_cycle ? calls_to_create[f] : intercept_calls(f)) - before[f];
  for (unsigned f = 0; f < functions; f++)
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
      for (unsigned nth = 1; may_return(intercept_function(f), &failures[i]) && nth <= calls[f]; nth++) {
        check_fault(cycle, f, nth, &failures[i]);
        faults++;
      }
  return faults;
}

static void every_call_of_a_cycle_may_fail(void **state) {
  (void)state;
  const unsigned of_creation = fail_each(whole_cycle);
  assert_ok(create(&context_info, &kept));
  assert_ok(
      binding_cycle(NULL)); /* after which the context has its blocks of memory: how these fail is test_memory's */
  const unsigned of_the_rest = fail_each(binding_cycle);
  destroy(&kept);
  print_message("%u faults of creation, %u after it\n", of_creation, of_the_rest);
  assert_true(of_creation >= 20 && of_the_rest > 75);
}

static void every_call_of_opening_a_device_may_fail(void **state) {
  (void)state;
  const unsigned faults = fail_each(open_cycle);
  print_message("%u faults\n", faults);
  assert_true(faults >= 11);
}

/* ---- The host fails ---------------------------------------------------------------------------------------------- */

static VKAPI_ATTR void *VKAPI_CALL allocate(void *user, size_t size, size_t alignment, VkSystemAllocationScope scope) {
  (void)user;
  (void)scope;
  if (++allocations == failing_allocation)
    return NULL;
  outstanding++;
  return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static VKAPI_ATTR void *VKAPI_CALL reallocate(
    void *user, void *old, size_t size, size_t alignment, VkSystemAllocationScope scope) {
  (void)user;
  (void)old;
  (void)size;
  (void)alignment;
  (void)scope;
  fail_msg("the library has no use for this");
  return NULL;
}

static VKAPI_ATTR void VKAPI_CALL release(void *user, void *memory) {
  (void)user;
  outstanding -= memory != NULL;
  free(memory);
}

static void fail_allocations(
    s2vk_result (*cycle)(const s2vk_context_info *), const s2vk_context_info *info, unsigned count) {
  const int alive = intercept_alive(), in_use = outstanding;
  for (unsigned nth = 1; nth <= count; nth++) {
    allocations = 0;
    failing_allocation = nth;
    assert_fails(cycle(info), S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory");
    failing_allocation = 0;
    assert_int_equal(outstanding, in_use);
    assert_int_equal(intercept_alive(), alive);
    assert_ok(cycle(info));
    assert_int_equal(outstanding, in_use);
  }
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  const VkAllocationCallbacks callbacks = {
      .pfnAllocation = allocate, .pfnReallocation = reallocate, .pfnFree = release};
  s2vk_context_info info = context_info;
  info.allocator = &callbacks;
  info.variant = S2VK_VARIANT_GPU; /* fewer, but pipelines that are made sooner */
  allocations = failing_allocation = 0;
  assert_ok(whole_cycle(&info));
  const unsigned of_creation = allocations_to_create;
  fail_allocations(whole_cycle, &info, of_creation);
  info.variant = S2VK_VARIANT_CPU;
  assert_ok(create(&info, &kept));
  assert_ok(binding_cycle(&info)); /* after which the context has its blocks of memory */
  allocations = 0;
  assert_ok(binding_cycle(&info));
  const unsigned of_the_rest = allocations;
  fail_allocations(binding_cycle, &info, of_the_rest);
  destroy(&kept);
  assert_int_equal(outstanding, 0);
  print_message("%u allocations of creation, %u after it\n", of_creation, of_the_rest);
  assert_true(of_creation > 20 && of_the_rest > 3);
}

/* ---- A device is lost -------------------------------------------------------------------------------------------- */

static void a_lost_device_is_reported_and_others_go_on(void **state) {
  (void)state;
  const s2vk_device_info device_info = {
      .struct_size = sizeof device_info,
      .get_instance_proc_addr = profile_get_instance_proc_addr,
      .log = gpu_log,
  };
  s2vk_context_info other_info;
  struct cycle lost, other;
  assert_ok(s2vk_device_open(&device_info, &other_info));
  assert_ok(create(&other_info, &other));
  assert_ok(create(&context_info, &lost));
  assert_ok(s2vk_binding_create(other.plan, NULL, &other.binding));
  assert_ok(s2vk_binding_create(lost.plan, NULL, &lost.binding));
  assert_ok(forward(&lost, true));
  unsigned wait = 0;
  while (strcmp(intercept_function(wait), "vkWaitForFences") != 0)
    wait++;
  intercept_fail(wait, 2, VK_ERROR_DEVICE_LOST); /* in the middle: after the second of three submissions */
  assert_fails(forward(&lost, true), S2VK_ERROR_DEVICE_LOST, "vkWaitForFences: device lost");
  assert_true(intercept_failed());
  assert_ok(forward(&other, true));
  destroy(&lost);
  assert_ok(forward(&other, true));
  destroy(&other);
  s2vk_device_close(&other_info);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_call_of_a_cycle_may_fail),
      cmocka_unit_test(every_call_of_opening_a_device_may_fail),
      cmocka_unit_test(every_allocation_may_fail),
      cmocka_unit_test(a_lost_device_is_reported_and_others_go_on),
  };
  return cmocka_run_group_tests_name("faults", tests, open_fixture, close_fixture);
}
