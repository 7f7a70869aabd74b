/* Which device is opened, with which queue and which features: on lists of devices that no machine at hand has. */
#include "mock_run.h"

enum { DISCRETE = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU };
enum { INTEGRATED = VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU };
enum { VIRTUAL = VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU };
enum { CPU = VK_PHYSICAL_DEVICE_TYPE_CPU };
enum { OTHER = VK_PHYSICAL_DEVICE_TYPE_OTHER };

static void list_devices(uint32_t count, const int *types) {
  mock_reset();
  mock_vk.device_count = count;
  for (uint32_t i = 0; i < count; i++)
    mock_vk.devices[i] = mock_device_of((VkPhysicalDeviceType)types[i]);
}

/* The place, from 0 on, of the device that is opened. */
static ptrdiff_t opened(int32_t device_index) {
  struct mock_run run;
  mock_run_open_device(&run, device_index);
  const ptrdiff_t place = mock_vk.opened - mock_vk.devices;
  assert_ptr_equal(run.info.physical_device, &mock_vk.devices[place]);
  mock_run_close(&run);
  return place;
}

static void the_best_device_is_the_first_of_the_best_kind(void **state) {
  (void)state;
  static const struct {
    uint32_t count;
    int types[MOCK_MAX_DEVICES];
    ptrdiff_t best;
  } lists[] = {
      {2, {INTEGRATED, DISCRETE}, 1},
      {2, {DISCRETE, INTEGRATED}, 0},
      {2, {CPU, INTEGRATED}, 1},
      {2, {INTEGRATED, CPU}, 0},
      {2, {CPU, VIRTUAL}, 1},
      {2, {VIRTUAL, CPU}, 0},
      {2, {VIRTUAL, INTEGRATED}, 1},
      {2, {INTEGRATED, VIRTUAL}, 0},
      {2, {OTHER, CPU}, 1},
      {2, {CPU, OTHER}, 0},
      {4, {CPU, VIRTUAL, INTEGRATED, DISCRETE}, 3},
      {3, {CPU, DISCRETE, DISCRETE}, 1},
      {3, {INTEGRATED, INTEGRATED, CPU}, 0},
      {1, {OTHER}, 0},
  };
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    list_devices(lists[i].count, lists[i].types);
    assert_int_equal(opened(0), lists[i].best);
  }
}

static void a_number_chooses_any_device(void **state) {
  (void)state;
  const int types[] = {CPU, DISCRETE, INTEGRATED};
  for (int32_t i = 0; i < 3; i++) {
    list_devices(3, types);
    assert_int_equal(opened(i + 1), i);
  }
}

static void devices_that_cannot_are_passed_over(void **state) {
  (void)state;
  const int types[] = {DISCRETE, INTEGRATED, CPU};
  list_devices(3, types);
  mock_vk.devices[0].properties.apiVersion = VK_API_VERSION_1_0;
  assert_int_equal(opened(0), 1);
  list_devices(3, types);
  mock_vk.devices[0].families[0].queueFlags = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_TRANSFER_BIT;
  mock_vk.devices[1].family_count = 0;
  assert_int_equal(opened(0), 2);
  list_devices(3, types);
  mock_vk.devices[2].properties.apiVersion = VK_API_VERSION_1_0;
  const s2vk_device_info info = {.struct_size = sizeof info,
      .get_instance_proc_addr = mock_get_instance_proc_addr,
      .device_index = 3,
      .log = gpu_log};
  s2vk_context_info made;
  assert_fails(s2vk_device_open(&info, &made), S2VK_ERROR_NO_DRIVER, "1.1");
  assert_int_equal(mock_vk.alive[VK_OBJECT_TYPE_INSTANCE], 0);
}

static void the_queue_is_of_the_first_family_with_compute(void **state) {
  (void)state;
  const VkQueueFlags graphics = VK_QUEUE_GRAPHICS_BIT, compute = VK_QUEUE_COMPUTE_BIT, copy = VK_QUEUE_TRANSFER_BIT;
  const struct {
    uint32_t count;
    VkQueueFlags flags[MOCK_MAX_FAMILIES];
    uint32_t family;
  } lists[] = {
      {1, {compute}, 0},
      {2, {graphics | copy, compute | copy}, 1},
      {3, {copy, compute, graphics | compute}, 1},
      {3, {copy, graphics | compute | copy, compute}, 1},
      {4, {graphics, copy, graphics | copy, compute}, 3},
  };
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    mock_reset();
    struct mock_device *device = &mock_vk.devices[0];
    device->family_count = lists[i].count;
    for (uint32_t k = 0; k < lists[i].count; k++)
      device->families[k] = (VkQueueFamilyProperties){.queueFlags = lists[i].flags[k], .queueCount = 1};
    struct mock_run run;
    mock_run_open_device(&run, 0);
    assert_int_equal(run.info.queue_family, lists[i].family);
    assert_int_equal(mock_vk.queue_family, lists[i].family);
    mock_run_close(&run);
  }
}

/* The header promises 64-bit integers on a driver on the CPU that has them, and no feature else. */
static void only_cpu_drivers_have_64_bit_integers_enabled(void **state) {
  (void)state;
  static const struct {
    int type;
    VkBool32 offered, enabled;
  } devices[] = {{CPU, VK_TRUE, VK_TRUE}, {CPU, VK_FALSE, VK_FALSE}, {DISCRETE, VK_TRUE, VK_FALSE},
      {INTEGRATED, VK_TRUE, VK_FALSE}, {INTEGRATED, VK_FALSE, VK_FALSE}};
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
    list_devices(1, &devices[i].type);
    mock_vk.devices[0].features.shaderInt64 = devices[i].offered;
    struct mock_run run;
    mock_run_open_device(&run, 0);
    VkPhysicalDeviceFeatures expected = {.shaderInt64 = devices[i].enabled};
    assert_memory_equal(&mock_vk.enabled, &expected, sizeof expected);
    assert_int_equal(run.info.shader_int64, devices[i].enabled);
    mock_run_close(&run);
  }
}

/* Shaders with 64-bit integers are made where the application says that they are enabled, and nowhere else: the mock
 * sees a module that has what the device was opened without. Said of a device without them it must be noticed, or this
 * test would see nothing. */
static void shaders_have_what_is_enabled(void **state) {
  (void)state;
  const int type = CPU;
  for (int said = 0; said < 2; said++)
    for (VkBool32 offered = 0; offered < 2; offered++)
      for (int variant = S2VK_VARIANT_AUTO; variant <= S2VK_VARIANT_CPU; variant++) {
        list_devices(1, &type);
        mock_vk.devices[0].driver = VK_DRIVER_ID_MESA_LLVMPIPE;
        mock_vk.devices[0].features.shaderInt64 = offered;
        const s2vk_plan_info info = suite_plan_info();
        struct mock_run run;
        mock_run_open_device(&run, 0);
        run.info.shader_int64 = said;
        run.info.variant = (s2vk_variant)variant;
        assert_ok(s2vk_context_create(&run.info, &run.context));
        assert_ok(s2vk_plan_create(run.context, &info, &run.plan));
        if (said && !offered && variant != S2VK_VARIANT_GPU)
          assert_true(mock_vk.misuses > 0);
        else
          assert_int_equal(mock_vk.misuses, 0);
        mock_vk.misuses = 0;
        mock_run_close(&run);
      }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_best_device_is_the_first_of_the_best_kind),
      cmocka_unit_test(a_number_chooses_any_device),
      cmocka_unit_test(devices_that_cannot_are_passed_over),
      cmocka_unit_test(the_queue_is_of_the_first_family_with_compute),
      cmocka_unit_test(only_cpu_drivers_have_64_bit_integers_enabled),
      cmocka_unit_test(shaders_have_what_is_enabled),
  };
  return cmocka_run_group_tests_name("selection", tests, mock_run_reset, NULL);
}
