/* The mock itself: what the library does on it, and that it notices what it is there to notice. */
#include "mock_run.h"

static void a_whole_run_leaves_nothing(void **state) {
  (void)state;
  const s2vk_plan_info info = suite_plan_info();
  const s2vk_model model = {.struct_size = sizeof model, .record = mock_run_record};
  struct mock_run run;
  mock_run_open(&run, &info);
  assert_ok(mock_run_forward(&run, &model));
  assert_true(mock_vk.made[VK_OBJECT_TYPE_PIPELINE] >= 2);
  assert_int_equal(mock_vk.alive[VK_OBJECT_TYPE_SHADER_MODULE], 0);
  assert_int_equal(mock_calls("vkQueueSubmit"), 1);
  assert_true(mock_calls("vkCmdDispatch") >= 2);
  assert_true(mock_vk.allocated[0] >= 2 * 3 * 8 * 8 * sizeof(float));
  mock_run_close(&run);
  assert_int_equal(mock_vk.allocated[0], 0);
}

static void the_nth_call_fails(void **state) {
  (void)state;
  const s2vk_plan_info info = suite_plan_info();
  struct mock_run run;
  mock_run_open_device(&run, 0);
  assert_ok(s2vk_context_create(&run.info, &run.context));
  mock_fail("vkCreateComputePipelines", 2, VK_ERROR_OUT_OF_DEVICE_MEMORY);
  assert_fails(
      s2vk_plan_create(run.context, &info, &run.plan), S2VK_ERROR_OUT_OF_DEVICE_MEMORY, "vkCreateComputePipelines");
  assert_int_equal(mock_vk.made[VK_OBJECT_TYPE_PIPELINE], 1);
  assert_ok(s2vk_plan_create(run.context, &info, &run.plan));
  mock_run_close(&run);
}

static PFN_vkVoidFunction device_function(VkDevice device, const char *name) {
  return ((PFN_vkGetDeviceProcAddr)mock_get_instance_proc_addr(NULL, "vkGetDeviceProcAddr"))(device, name);
}
#define CALL(name, ...) ((PFN_##name)device_function(info.device, #name))(info.device, __VA_ARGS__)

static void misuse_is_noticed(void **state) {
  (void)state;
  mock_vk.devices[0].properties.limits.minStorageBufferOffsetAlignment = 64;
  struct mock_run run;
  mock_run_open_device(&run, 0);
  s2vk_context_info info = run.info;
  const VkBufferCreateInfo buffer_info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = 1024};
  VkBuffer buffer;
  CALL(vkCreateBuffer, &buffer_info, NULL, &buffer);
  const VkDescriptorPoolCreateInfo pool_info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, .maxSets = 1};
  VkDescriptorPool pool;
  CALL(vkCreateDescriptorPool, &pool_info, NULL, &pool);
  const VkDescriptorSetAllocateInfo set_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO, .descriptorPool = pool, .descriptorSetCount = 1};
  VkDescriptorSet set;
  assert_int_equal(CALL(vkAllocateDescriptorSets, &set_info, &set), VK_SUCCESS);
  assert_int_equal(CALL(vkAllocateDescriptorSets, &set_info, &set), VK_ERROR_OUT_OF_POOL_MEMORY);
  VkDescriptorBufferInfo range = {buffer, 64, 960};
  const VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = set,
      .descriptorCount = 1,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = &range};
  CALL(vkUpdateDescriptorSets, 1, &write, 0, NULL);
  unsigned misuses = 0;
  assert_int_equal(mock_vk.misuses, misuses);
  range.range = 961;
  CALL(vkUpdateDescriptorSets, 1, &write, 0, NULL);
  assert_int_equal(mock_vk.misuses, ++misuses); /* past the end */
  range = (VkDescriptorBufferInfo){buffer, 32, 64};
  CALL(vkUpdateDescriptorSets, 1, &write, 0, NULL);
  assert_int_equal(mock_vk.misuses, ++misuses); /* not aligned */

  const VkMemoryAllocateInfo memory_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = 1024, .memoryTypeIndex = 0};
  VkDeviceMemory memory;
  void *host;
  CALL(vkAllocateMemory, &memory_info, NULL, &memory);
  CALL(vkMapMemory, memory, 0, VK_WHOLE_SIZE, 0, &host);
  assert_int_equal(mock_vk.misuses, ++misuses); /* device-local */
  CALL(vkBindBufferMemory, buffer, memory, 256);
  assert_int_equal(mock_vk.misuses, ++misuses); /* too little is left */
  CALL(vkDestroyBuffer, buffer, NULL);
  CALL(vkDestroyBuffer, buffer, NULL);
  assert_int_equal(mock_vk.misuses, ++misuses); /* twice */
  CALL(vkDestroyDescriptorPool, pool, NULL);
  assert_int_equal(mock_vk.alive[VK_OBJECT_TYPE_DESCRIPTOR_SET], 0);

  const VkFenceCreateInfo fence_info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  VkFence fence;
  CALL(vkCreateFence, &fence_info, NULL, &fence);
  ((PFN_vkQueueSubmit)device_function(info.device, "vkQueueSubmit"))(info.queue, 0, NULL, fence);
  mock_fail("vkWaitForFences", 1, VK_TIMEOUT);
  assert_int_equal(CALL(vkWaitForFences, 1, &fence, VK_TRUE, 0), VK_TIMEOUT);
  CALL(vkResetFences, 1, &fence);
  assert_int_equal(mock_vk.misuses, ++misuses); /* still running */
  assert_int_equal(CALL(vkWaitForFences, 1, &fence, VK_TRUE, 0), VK_SUCCESS);
  CALL(vkDestroyFence, fence, NULL);
  s2vk_device_close(&info);
  assert_int_equal(mock_vk.misuses, ++misuses); /* the memory is left */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_whole_run_leaves_nothing, mock_run_reset),
      cmocka_unit_test_setup(the_nth_call_fails, mock_run_reset),
      cmocka_unit_test_setup(misuse_is_noticed, mock_run_reset),
  };
  return cmocka_run_group_tests_name("mock", tests, NULL, NULL);
}
