/* Contexts and the pipelines that they keep. */
#include "suite.h"

#include "intercept.h"
#include "vulkan/context.h"

static void refuses_bad_infos(void **state) {
  (void)state;
  s2vk_context *context = (s2vk_context *)&suite_gpu;
  s2vk_context_info info = suite_gpu.info;
  assert_int_equal(s2vk_context_create(NULL, &context), S2VK_ERROR_NULL);
  assert_null(context);
  assert_fails(s2vk_context_create(&info, NULL), S2VK_ERROR_NULL, "context is NULL");
  info.struct_size = 3; /* nothing of it can be trusted, a log function least of all */
  assert_int_equal(s2vk_context_create(&info, &context), S2VK_ERROR_STRUCT_SIZE);
  info = suite_gpu.info;
  info.instance = VK_NULL_HANDLE;
  assert_fails(s2vk_context_create(&info, &context), S2VK_ERROR_NULL, "s2vk_context_info.instance");
  info = suite_gpu.info;
  info.physical_device = VK_NULL_HANDLE;
  assert_fails(s2vk_context_create(&info, &context), S2VK_ERROR_NULL, "s2vk_context_info.physical_device");
  info = suite_gpu.info;
  info.get_instance_proc_addr = NULL;
  assert_fails(s2vk_context_create(&info, &context), S2VK_ERROR_NULL, "s2vk_context_info.get_instance_proc_addr");
  assert_null(context);
}

static void without_a_device_it_gives_shapes(void **state) {
  (void)state;
  s2vk_context *context = open_shapes_only();
  const s2vk_plan_info info = suite_plan_info();
  s2vk_plan *plan;
  s2vk_binding *binding;
  assert_ok(s2vk_plan_create(context, &info, &plan));
  assert_fails(s2vk_binding_create(plan, NULL, &binding), S2VK_ERROR_NO_DEVICE, "no device");
  assert_null(binding);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
  assert_null(context);
  s2vk_context_destroy(&context);
  s2vk_context_destroy(NULL);
}

/* A device function that the driver does not have is named. */
static const char *missing;

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_proc_without(VkDevice device, const char *name) {
  return strcmp(name, missing) == 0 ? NULL : vkGetDeviceProcAddr(device, name);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_proc_without(VkInstance instance, const char *name) {
  if (strcmp(name, missing) == 0)
    return NULL;
  if (strcmp(name, "vkGetDeviceProcAddr") == 0)
    return (PFN_vkVoidFunction)device_proc_without;
  return vkGetInstanceProcAddr(instance, name);
}

static void missing_functions_are_named(void **state) {
  (void)state;
  const char *const names[] = {"vkGetDeviceProcAddr", "vkCmdDispatch", "vkWaitForFences"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    s2vk_context_info info = suite_gpu.info;
    s2vk_context *context;
    missing = names[i];
    info.get_instance_proc_addr = instance_proc_without;
    assert_fails(s2vk_context_create(&info, &context), S2VK_ERROR_NO_DRIVER, names[i]);
    assert_null(context);
  }
}

static VKAPI_ATTR void VKAPI_CALL old_properties(VkPhysicalDevice device, VkPhysicalDeviceProperties2 *properties) {
  vkGetPhysicalDeviceProperties2(device, properties);
  properties->properties.apiVersion = VK_API_VERSION_1_0;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_proc_old(VkInstance instance, const char *name) {
  if (strcmp(name, "vkGetPhysicalDeviceProperties2") == 0)
    return (PFN_vkVoidFunction)old_properties;
  return vkGetInstanceProcAddr(instance, name);
}

static void old_devices_are_refused(void **state) {
  (void)state;
  s2vk_context_info info = suite_gpu.info;
  s2vk_context *context;
  info.get_instance_proc_addr = instance_proc_old;
  assert_fails(s2vk_context_create(&info, &context), S2VK_ERROR_NO_DRIVER, "Vulkan 1.0", "1.1");
}

static void pipelines_are_made_once(void **state) {
  (void)state;
  s2vk_context_info info = suite_gpu.info;
  s2vk_context *context;
  info.get_instance_proc_addr = intercept_get_instance_proc_addr;
  assert_ok(s2vk_context_create(&info, &context));
  const s2vk_plan_info plan_info = suite_plan_info();
  s2vk_plan *first, *second;
  assert_ok(s2vk_plan_create(context, &plan_info, &first));
  const unsigned made = intercept_made(), pipelines = intercept_pipelines();
  assert_true(pipelines >= 2);
  assert_ok(s2vk_plan_create(context, &plan_info, &second));
  assert_int_equal(intercept_pipelines(), pipelines);
  /* The tables' buffer, in memory that is there already; and a view of it, where shaders read texels. */
  assert_int_equal(intercept_made() - made, context->target.texels ? 2 : 1);
  s2vk_plan_destroy(&first);
  s2vk_plan_destroy(&second);
  s2vk_context_destroy(&context);
}

static void a_callers_cache_is_filled(void **state) {
  (void)state;
  const VkPipelineCacheCreateInfo cache_info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  VkPipelineCache cache;
  assert_int_equal(vkCreatePipelineCache(suite_gpu.info.device, &cache_info, NULL, &cache), VK_SUCCESS);
  size_t before = 0, after = 0;
  assert_int_equal(vkGetPipelineCacheData(suite_gpu.info.device, cache, &before, NULL), VK_SUCCESS);
  s2vk_context_info info = suite_gpu.info;
  s2vk_context *context;
  info.pipeline_cache = cache;
  assert_ok(s2vk_context_create(&info, &context));
  const s2vk_plan_info plan_info = suite_plan_info();
  s2vk_plan *plan;
  assert_ok(s2vk_plan_create(context, &plan_info, &plan));
  assert_int_equal(vkGetPipelineCacheData(suite_gpu.info.device, cache, &after, NULL), VK_SUCCESS);
  if (after == before)
    print_message("this driver keeps nothing in a VkPipelineCache: %zu bytes before and after\n", after);
  assert_true(after >= before);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
  vkDestroyPipelineCache(suite_gpu.info.device, cache, NULL);
}

static int outstanding;

static VKAPI_ATTR void *VKAPI_CALL counting_allocation(
    void *user, size_t size, size_t alignment, VkSystemAllocationScope scope) {
  (void)user;
  (void)scope;
  outstanding++;
  return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static VKAPI_ATTR void *VKAPI_CALL counting_reallocation(
    void *user, void *old, size_t size, size_t alignment, VkSystemAllocationScope scope) {
  (void)user;
  (void)alignment;
  (void)scope;
  outstanding += old == NULL;
  return realloc(old, size);
}

static VKAPI_ATTR void VKAPI_CALL counting_free(void *user, void *memory) {
  (void)user;
  outstanding -= memory != NULL;
  free(memory);
}

static void the_allocators_memory_all_comes_back(void **state) {
  (void)state;
  VkAllocationCallbacks callbacks = {
      .pfnAllocation = counting_allocation, .pfnReallocation = counting_reallocation, .pfnFree = counting_free};
  s2vk_context_info info = suite_gpu.info;
  s2vk_context *context;
  info.allocator = &callbacks;
  assert_ok(s2vk_context_create(&info, &context));
  callbacks = (VkAllocationCallbacks){0}; /* it was copied */
  const s2vk_plan_info plan_info = suite_plan_info();
  s2vk_plan *plan;
  s2vk_binding *binding;
  assert_ok(s2vk_plan_create(context, &plan_info, &plan));
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  assert_true(outstanding > 5);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
  assert_int_equal(outstanding, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_bad_infos),
      cmocka_unit_test(without_a_device_it_gives_shapes),
      cmocka_unit_test(missing_functions_are_named),
      cmocka_unit_test(old_devices_are_refused),
      cmocka_unit_test(pipelines_are_made_once),
      cmocka_unit_test(a_callers_cache_is_filled),
      cmocka_unit_test(the_allocators_memory_all_comes_back),
  };
  return cmocka_run_group_tests_name("context", tests, suite_open_gpu, suite_close_gpu);
}
