#include "suite.h"

#include "base/env.h"

static void results_have_names(void **state) {
  (void)state;
  assert_string_equal(s2vk_result_name(S2VK_SUCCESS), "S2VK_SUCCESS");
  for (int result = S2VK_ERROR_WORKSPACE; result < 0; result++) {
    const char *name = s2vk_result_name((s2vk_result)result);
    assert_ptr_equal(strstr(name, "S2VK_ERROR_"), name);
    for (int other = S2VK_ERROR_WORKSPACE; other < result; other++)
      assert_string_not_equal(name, s2vk_result_name((s2vk_result)other));
  }
  assert_string_equal(s2vk_result_name((s2vk_result)77), "unknown result");
  assert_string_equal(s2vk_result_name((s2vk_result)(S2VK_ERROR_WORKSPACE - 1)), "unknown result");
}

static void version_is_the_headers(void **state) {
  (void)state;
  assert_int_equal(VK_API_VERSION_MAJOR(s2vk_version()), S2VK_VERSION_MAJOR);
  assert_int_equal(VK_API_VERSION_MINOR(s2vk_version()), S2VK_VERSION_MINOR);
  assert_int_equal(VK_API_VERSION_PATCH(s2vk_version()), S2VK_VERSION_PATCH);
}

static void types_have_sizes(void **state) {
  (void)state;
  assert_int_equal(s2vk_type_size(S2VK_TYPE_F32), 4);
  assert_int_equal(s2vk_type_size(S2VK_TYPE_F16), 2);
  assert_int_equal(s2vk_type_size(S2VK_TYPE_BF16), 2);
  assert_int_equal(s2vk_type_size((s2vk_type)3), 0);
}

static void failures_are_logged(void **state) {
  (void)state;
  const struct s2_env env = {.log = gpu_log};
  assert_fails(s2_fail(&env, S2VK_ERROR_LIMIT, "%s is %d", "side", 7), S2VK_ERROR_LIMIT, "side is 7");
  char text[2000];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  assert_fails(s2_fail(&env, S2VK_ERROR_LIMIT, "%s", text), S2VK_ERROR_LIMIT, "xxx"); /* cut, not overrun */
  const struct s2_env silent = {0};
  assert_int_equal(s2_fail(&silent, S2VK_ERROR_NULL, "nobody hears"), S2VK_ERROR_NULL);
}

static void vulkan_results_are_translated(void **state) {
  (void)state;
  const struct s2_env env = {.log = gpu_log};
  assert_fails(s2_fail_vk(&env, VK_ERROR_OUT_OF_HOST_MEMORY, "vkX"), S2VK_ERROR_OUT_OF_HOST_MEMORY, "vkX");
  assert_fails(s2_fail_vk(&env, VK_ERROR_OUT_OF_DEVICE_MEMORY, "vkX"), S2VK_ERROR_OUT_OF_DEVICE_MEMORY, "vkX");
  assert_fails(s2_fail_vk(&env, VK_ERROR_DEVICE_LOST, "vkX"), S2VK_ERROR_DEVICE_LOST, "vkX");
  assert_fails(s2_fail_vk(&env, VK_ERROR_INITIALIZATION_FAILED, "vkX"), S2VK_ERROR_VULKAN, "vkX", "-3");
}

static void structs_are_checked(void **state) {
  (void)state;
  const struct s2_env env = {.log = gpu_log};
  int info = 0;
  assert_ok(s2_check_struct(&env, "info", &info, 4, 4));
  assert_fails(s2_check_struct(&env, "info", NULL, 4, 4), S2VK_ERROR_NULL, "info is NULL");
  assert_fails(s2_check_struct(&env, "info", &info, 5, 4), S2VK_ERROR_STRUCT_SIZE, "info.struct_size is 5", "4");
  assert_fails(s2_check_struct(&env, "info", &info, 0, 4), S2VK_ERROR_STRUCT_SIZE, "info.struct_size is 0");
}

static void memory_is_zeroed_and_bounded(void **state) {
  (void)state;
  const struct s2_env env = {0};
  unsigned char *memory = s2_alloc(&env, 1000, 3);
  assert_non_null(memory);
  for (int i = 0; i < 3000; i++)
    assert_int_equal(memory[i], 0);
  s2_free(&env, memory);
  s2_free(&env, NULL);
  assert_null(s2_alloc(&env, SIZE_MAX / 2, 3));
  assert_null(s2_alloc(&env, 0, 3));
}

/* To the last byte, of all allocations together; what did not fit is remembered for the message. */
static void a_budget_bounds_all_allocations_together(void **state) {
  (void)state;
  struct s2_budget budget = {.limit = 100};
  const struct s2_env env = {.log = gpu_log, .budget = &budget};
  void *first = s2_alloc(&env, 4, 5), *second = s2_alloc(&env, 20, 2);
  assert_non_null(first);
  assert_non_null(second);
  assert_int_equal(budget.taken, 60);
  assert_int_equal(s2_affordable(&env), 40);
  assert_null(s2_alloc(&env, 41, 1));
  assert_int_equal(budget.wanted, 101);
  assert_fails(s2_fail(&env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "tables"), S2VK_ERROR_LIMIT, "101 bytes", "is 100");
  void *last = s2_alloc(&env, 5, 8);
  assert_non_null(last);
  assert_int_equal(s2_affordable(&env), 0);
  assert_null(s2_alloc(&env, 1, 1));
  s2_free(&env, first);
  s2_free(&env, second);
  s2_free(&env, last);
}

static int outstanding;

static VKAPI_ATTR void *VKAPI_CALL count_allocation(
    void *user, size_t size, size_t alignment, VkSystemAllocationScope scope) {
  (void)alignment;
  (void)scope;
  outstanding++;
  assert_string_equal(user, "user");
  void *memory = malloc(size);
  return memory ? memset(memory, 0xA5, size) : NULL;
}

static VKAPI_ATTR void VKAPI_CALL count_free(void *user, void *memory) {
  assert_string_equal(user, "user");
  outstanding -= memory != NULL;
  free(memory);
}

static void callers_allocator_is_used(void **state) {
  (void)state;
  static char user[] = "user";
  const VkAllocationCallbacks callbacks = {.pUserData = user, .pfnAllocation = count_allocation, .pfnFree = count_free};
  const struct s2_env env = {.callbacks = callbacks, .allocator = &callbacks};
  unsigned char *memory = s2_alloc(&env, 5, 1);
  assert_int_equal(outstanding, 1);
  assert_int_equal(memory[0] + memory[4], 0);
  s2_free(&env, memory);
  assert_int_equal(outstanding, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_have_names),
      cmocka_unit_test(version_is_the_headers),
      cmocka_unit_test(types_have_sizes),
      cmocka_unit_test(failures_are_logged),
      cmocka_unit_test(vulkan_results_are_translated),
      cmocka_unit_test(structs_are_checked),
      cmocka_unit_test(memory_is_zeroed_and_bounded),
      cmocka_unit_test(a_budget_bounds_all_allocations_together),
      cmocka_unit_test(callers_allocator_is_used),
  };
  return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
