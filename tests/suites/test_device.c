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

/* ---- Devices that are not quite conformant ----------------------------------------------------------------------- */

/* A loader that knows VK_KHR_portability_enumeration or not, and has a device with VK_KHR_portability_subset or
 * without; it hides such a device from instances that do not ask for it. */
static struct {
  bool knows_enumeration, has_subset;
  bool asked;          /* by the flag and the extension */
  bool enabled_subset; /* on the device */
  uint32_t instance_extensions;
} portability;

static const char enumeration[] = "VK_KHR_portability_enumeration", subset[] = "VK_KHR_portability_subset";

/* The number of devices, one more, and one less. */
static VkResult adjust(const char *name, bool there, VkResult result, uint32_t *count, VkExtensionProperties *list) {
  if (!list) {
    *count += 1;
    return result;
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i < *count; i++)
    if (strcmp(list[i].extensionName, name) != 0)
      list[kept++] = list[i];
  if (there)
    snprintf(list[kept++].extensionName, sizeof list->extensionName, "%s", name);
  *count = kept;
  return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL portable_EnumerateInstanceExtensionProperties(
    const char *layer, uint32_t *count, VkExtensionProperties *list) {
  *count -= list ? 1 : 0;
  VkResult result = vkEnumerateInstanceExtensionProperties(layer, count, list);
  return adjust(enumeration, portability.knows_enumeration, result, count, list);
}

static VKAPI_ATTR VkResult VKAPI_CALL portable_EnumerateDeviceExtensionProperties(
    VkPhysicalDevice device, const char *layer, uint32_t *count, VkExtensionProperties *list) {
  *count -= list ? 1 : 0;
  VkResult result = vkEnumerateDeviceExtensionProperties(device, layer, count, list);
  return adjust(subset, portability.has_subset, result, count, list);
}

static bool enables(const char *name, const char *const *names, uint32_t count) {
  uint32_t times = 0;
  for (uint32_t i = 0; i < count; i++)
    times += strcmp(names[i], name) == 0;
  assert_true(times <= 1);
  return times == 1;
}

static VKAPI_ATTR VkResult VKAPI_CALL portable_CreateInstance(
    const VkInstanceCreateInfo *info, const VkAllocationCallbacks *allocator, VkInstance *instance) {
  const bool extension = enables(enumeration, info->ppEnabledExtensionNames, info->enabledExtensionCount);
  const bool flag = info->flags & VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
  assert_int_equal(flag, extension);
  portability.asked = flag;
  portability.instance_extensions = info->enabledExtensionCount;
  VkResult result = vkCreateInstance(info, allocator, instance);
  if (!result)
    volkLoadInstanceOnly(*instance);
  return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL portable_EnumeratePhysicalDevices(
    VkInstance instance, uint32_t *count, VkPhysicalDevice *devices) {
  if (!portability.has_subset || portability.asked)
    return vkEnumeratePhysicalDevices(instance, count, devices);
  *count = 0;
  return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL portable_CreateDevice(VkPhysicalDevice physical_device,
    const VkDeviceCreateInfo *info, const VkAllocationCallbacks *allocator, VkDevice *device) {
  portability.enabled_subset = enables(subset, info->ppEnabledExtensionNames, info->enabledExtensionCount);
  VkDeviceCreateInfo without = *info;
  without.enabledExtensionCount -= portability.enabled_subset;
  assert_int_equal(without.enabledExtensionCount, 0);
  return vkCreateDevice(physical_device, &without, allocator, device);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL portable(VkInstance instance, const char *name) {
#define REPLACE(function)                                                                                              \
  if (strcmp(name, "vk" #function) == 0)                                                                               \
    return (PFN_vkVoidFunction)portable_##function;
  REPLACE(CreateInstance)
  REPLACE(CreateDevice)
  REPLACE(EnumeratePhysicalDevices)
  REPLACE(EnumerateInstanceExtensionProperties)
  REPLACE(EnumerateDeviceExtensionProperties)
#undef REPLACE
  return vkGetInstanceProcAddr(instance, name);
}

static void portability_devices_are_found(void **state) {
  (void)state;
  s2vk_device_info info = device_info();
  s2vk_context_info made;
  info.get_instance_proc_addr = portable;
  for (int i = 0; i < 4; i++) {
    portability.knows_enumeration = i & 1;
    portability.has_subset = i & 2;
    if (portability.has_subset && !portability.knows_enumeration) {
      assert_fails(s2vk_device_open(&info, &made), S2VK_ERROR_NO_DRIVER, "0 Vulkan devices");
      continue;
    }
    assert_ok(s2vk_device_open(&info, &made));
    assert_int_equal(portability.asked, portability.knows_enumeration);
    assert_int_equal(portability.enabled_subset, portability.has_subset);
    assert_int_equal(portability.instance_extensions, 1 + portability.knows_enumeration);
    s2vk_device_close(&made);
  }
  /* An extension that the caller lists, too, is enabled once. */
  const char *const both[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME, enumeration};
  info.instance_extensions = both;
  info.instance_extension_count = 2;
  assert_ok(s2vk_device_open(&info, &made));
  assert_true(portability.asked);
  assert_int_equal(portability.instance_extensions, 2);
  s2vk_device_close(&made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opens_what_a_context_needs),
      cmocka_unit_test(devices_are_chosen_by_number),
      cmocka_unit_test(refuses_bad_infos),
      cmocka_unit_test(no_loader_and_no_device_are_told_apart),
      cmocka_unit_test(portability_devices_are_found),
  };
  return cmocka_run_group_tests_name("device", tests, load, no_messages);
}
