/* The pipeline cache that an application brings. tests/compile --time measures what it saves. */
#include "suite.h"

#include "run.h"

static VkPipelineCache expected;
static unsigned with_it, without_it;

static VKAPI_ATTR VkResult VKAPI_CALL our_create(VkDevice device, VkPipelineCache cache, uint32_t count,
    const VkComputePipelineCreateInfo *infos, const VkAllocationCallbacks *allocator, VkPipeline *pipelines) {
  if (cache == expected)
    with_it += count;
  else
    without_it += count;
  return vkCreateComputePipelines(device, cache, count, infos, allocator, pipelines);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_proc(VkDevice device, const char *name) {
  return strcmp(name, "vkCreateComputePipelines") == 0 ? (PFN_vkVoidFunction)our_create
                                                       : vkGetDeviceProcAddr(device, name);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_proc(VkInstance instance, const char *name) {
  return strcmp(name, "vkGetDeviceProcAddr") == 0 ? (PFN_vkVoidFunction)device_proc
                                                  : vkGetInstanceProcAddr(instance, name);
}

static VkPipelineCache create_cache(const void *data, size_t bytes) {
  const VkPipelineCacheCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO, .initialDataSize = bytes, .pInitialData = data};
  VkPipelineCache cache;
  assert_int_equal(vkCreatePipelineCache(suite_gpu.info.device, &info, NULL, &cache), VK_SUCCESS);
  return cache;
}

static size_t cache_bytes(VkPipelineCache cache) {
  size_t bytes = 0;
  assert_int_equal(vkGetPipelineCacheData(suite_gpu.info.device, cache, &bytes, NULL), VK_SUCCESS);
  return bytes;
}

/* A context of its own in the suite's place, and a run in it. */
static void run_with(VkPipelineCache cache) {
  s2vk_context *kept = suite_gpu.context;
  s2vk_context_info info = suite_gpu.info;
  info.get_instance_proc_addr = instance_proc;
  info.pipeline_cache = cache;
  expected = cache;
  with_it = without_it = 0;
  assert_ok(s2vk_context_create(&info, &suite_gpu.context));
  const s2vk_plan_info plan = suite_plan_info();
  struct run r;
  run_open(&r, &plan, NULL, 31);
  const s2vk_model model = replay_on_device(&r.replay);
  assert_ok(
      s2vk_forward(r.binding, &model, r.compare.input, r.compare.input_bytes, r.download.host, r.compare.output_bytes));
  run_check(&r);
  run_close(&r);
  s2vk_context_destroy(&suite_gpu.context);
  suite_gpu.context = kept;
}

static void every_pipeline_is_made_with_it(void **state) {
  (void)state;
  VkPipelineCache cache = create_cache(NULL, 0);
  run_with(cache);
  assert_true(with_it >= 2);
  assert_int_equal(without_it, 0);
  vkDestroyPipelineCache(suite_gpu.info.device, cache, NULL);
  run_with(VK_NULL_HANDLE);
  assert_true(with_it >= 2);
  assert_int_equal(without_it, 0);
}

/* As an application does between two starts. */
static void it_may_be_saved_and_loaded(void **state) {
  (void)state;
  VkPipelineCache cold = create_cache(NULL, 0);
  const size_t empty = cache_bytes(cold);
  run_with(cold);
  size_t bytes = cache_bytes(cold);
  print_message("%zu bytes, %zu of them before the first pipeline\n", bytes, empty);
  void *data = malloc(bytes);
  assert_int_equal(vkGetPipelineCacheData(suite_gpu.info.device, cold, &bytes, data), VK_SUCCESS);
  vkDestroyPipelineCache(suite_gpu.info.device, cold, NULL);
  VkPipelineCache warm = create_cache(data, bytes);
  run_with(warm);
  assert_true(cache_bytes(warm) >= empty);
  vkDestroyPipelineCache(suite_gpu.info.device, warm, NULL);
  free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_pipeline_is_made_with_it),
      cmocka_unit_test(it_may_be_saved_and_loaded),
  };
  return cmocka_run_group_tests_name("cache", tests, suite_open_gpu, suite_close_gpu);
}
