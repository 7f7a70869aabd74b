/* Opening a device for programs that have none. No context here: it is what comes before one. */
#include "suite.h"

static unsigned failures;

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
    VkDebugUtilsMessageTypeFlagsEXT types, const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
  (void)severity;
  (void)types;
  (void)user;
  failures++;
  print_error("validation: %s\n", data->pMessage);
  return VK_FALSE;
}

static const VkDebugUtilsMessengerCreateInfoEXT messenger = {
    .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
    .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
    .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
    .pfnUserCallback = on_message,
};
static const char *const layers[] = {"VK_LAYER_KHRONOS_validation"};
static const char *const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};

static s2vk_device_info device_info(void) {
  return (s2vk_device_info){
      .struct_size = sizeof(s2vk_device_info),
      .get_instance_proc_addr = vkGetInstanceProcAddr,
      .layers = layers,
      .layer_count = 1,
      .instance_next = &messenger,
      .instance_extensions = extensions,
      .instance_extension_count = 1,
      .log = gpu_log,
  };
}

static int load(void **state) {
  (void)state;
  return volkInitialize() ? -1 : 0;
}

static int no_messages(void **state) {
  (void)state;
  if (failures)
    exit(EXIT_FAILURE); /* cmocka 1.1.5 would not, see suite.c */
  return 0;
}

static void opens_what_a_context_needs(void **state) {
  (void)state;
  const s2vk_device_info info = device_info();
  s2vk_context_info made;
  memset(&made, 0xA5, sizeof made);
  assert_ok(s2vk_device_open(&info, &made));
  assert_int_equal(made.struct_size, sizeof made);
  assert_non_null(made.instance);
  assert_non_null(made.physical_device);
  assert_non_null(made.device);
  assert_non_null(made.queue);
  assert_null(made.allocator);
  assert_ptr_equal(made.log, gpu_log);
  s2vk_context *context;
  assert_ok(s2vk_context_create(&made, &context));
  s2vk_context_destroy(&context);
  s2vk_device_close(&made);
  assert_null(made.device);
  assert_null(made.instance);
  s2vk_device_close(&made);
  s2vk_device_close(NULL);
}

static void devices_are_chosen_by_number(void **state) {
  (void)state;
  s2vk_device_info info = device_info();
  s2vk_context_info made;
  info.device_index = 1;
  assert_ok(s2vk_device_open(&info, &made));
  s2vk_device_close(&made);
  info.device_index = 99;
  assert_fails(s2vk_device_open(&info, &made), S2VK_ERROR_NO_DRIVER, "device_index is 99", "device");
  assert_null(made.instance);
  assert_null(made.device);
  info.device_index = -1;
  assert_fails(s2vk_device_open(&info, &made), S2VK_ERROR_NO_DRIVER, "device_index is -1");
}

static void refuses_bad_infos(void **state) {
  (void)state;
  s2vk_device_info info = device_info();
  s2vk_context_info made;
  assert_int_equal(s2vk_device_open(NULL, &made), S2VK_ERROR_NULL);
  assert_fails(s2vk_device_open(&info, NULL), S2VK_ERROR_NULL, "context_info is NULL");
  info.get_instance_proc_addr = NULL;
  assert_fails(s2vk_device_open(&info, &made), S2VK_ERROR_NULL, "get_instance_proc_addr is NULL");
  info = device_info();
  info.struct_size = 1;
  assert_int_equal(s2vk_device_open(&info, &made), S2VK_ERROR_STRUCT_SIZE);
  info = device_info();
  info.layers = (const char *const[]){"VK_LAYER_of_nobody"};
  info.instance_next = NULL;
  assert_fails(s2vk_device_open(&info, &made), S2VK_ERROR_VULKAN, "vkCreateInstance");
  assert_null(made.instance);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL nothing(VkInstance instance, const char *name) {
  (void)instance;
  (void)name;
  return NULL;
}

static VKAPI_ATTR VkResult VKAPI_CALL no_devices(VkInstance instance, uint32_t *count, VkPhysicalDevice *devices) {
  (void)instance;
  (void)devices;
  *count = 0;
  return VK_SUCCESS;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL without_devices(VkInstance instance, const char *name) {
  if (strcmp(name, "vkEnumeratePhysicalDevices") == 0)
    return (PFN_vkVoidFunction)no_devices;
  return vkGetInstanceProcAddr(instance, name);
}

static void no_loader_and_no_device_are_told_apart(void **state) {
  (void)state;
  s2vk_device_info info = device_info();
  s2vk_context_info made;
  info.get_instance_proc_addr = nothing;
  assert_fails(s2vk_device_open(&info, &made), S2VK_ERROR_NO_DRIVER, "loader");
  info.get_instance_proc_addr = without_devices;
  assert_fails(s2vk_device_open(&info, &made), S2VK_ERROR_NO_DRIVER, "0 Vulkan devices");
  assert_null(made.instance);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opens_what_a_context_needs),
      cmocka_unit_test(devices_are_chosen_by_number),
      cmocka_unit_test(refuses_bad_infos),
      cmocka_unit_test(no_loader_and_no_device_are_told_apart),
  };
  return cmocka_run_group_tests_name("device", tests, load, no_messages);
}
