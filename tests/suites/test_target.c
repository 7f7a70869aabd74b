/* What a device is to the kernels: by its type, its driver, its limits, and what the application said. */
#include "suite.h"

#include "mock_device.h"
#include "spirv.h"
#include "vulkan/context.h"

/* The target of a context on the mock's first device, with these changes to its info. */
static struct s2_target target_of(s2vk_variant variant, bool no_int64) {
  const s2vk_device_info device = {
      .struct_size = sizeof device, .get_instance_proc_addr = mock_get_instance_proc_addr, .log = gpu_log};
  s2vk_context_info info;
  s2vk_context *context;
  assert_ok(s2vk_device_open(&device, &info));
  info.variant = variant;
  info.shader_int64 = info.shader_int64 && !no_int64;
  assert_ok(s2vk_context_create(&info, &context));
  const struct s2_target target = context->target;
  s2vk_context_destroy(&context);
  s2vk_device_close(&info);
  assert_int_equal(mock_vk.misuses, 0);
  return target;
}

static void give(VkPhysicalDeviceType type, VkDriverId driver) {
  mock_reset();
  mock_vk.devices[0] = mock_device_of(type);
  mock_vk.devices[0].driver = driver;
}

static void a_gpu_reads_buffers(void **state) {
  (void)state;
  give(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, VK_DRIVER_ID_MESA_RADV);
  VkPhysicalDeviceLimits *limits = &mock_vk.devices[0].properties.limits;
  limits->maxStorageBufferRange = 1u << 27;
  limits->minStorageBufferOffsetAlignment = 64;
  limits->maxComputeWorkGroupCount[1] = 999;
  const struct s2_target target = target_of(S2VK_VARIANT_AUTO, false);
  assert_true(target.unrolls);
  assert_false(target.cpu || target.copies || target.texels || target.int64 || target.unpack_halves);
  assert_int_equal(target.range, 1u << 27);
  assert_int_equal(target.alignment, 64);
  assert_int_equal(target.groups[0], 65535);
  assert_int_equal(target.groups[1], 999);
  assert_int_equal(target.loop_rounds, UINT32_MAX);
  assert_false(target.long_lines);
  assert_int_equal(target.registers, 256);
}

static void a_mac_gets_arrays_that_no_constant_sizes(void **state) {
  (void)state;
  give(VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, VK_DRIVER_ID_MOLTENVK);
  const struct s2_target target = target_of(S2VK_VARIANT_AUTO, false);
  struct s2_pipeline_key key = {.shader = S2_SHADER_SPLIT_POLYPHASE};
  s2_target_finish(&target, false, false, &key);
  assert_int_equal(key.permutation, S2VK_MOLTENVK_SHADERS ? S2_PERMUTATION_SIZED : S2_PERMUTATION_PLAIN);
  assert_non_null(s2_module_find(&key));
}

/* A device that is not in the table gets the smallest numbers of the table. A device that does not name its driver gets
 * those of its vendor. */
static void devices_are_worth_what_is_known_of_them(void **state) {
  (void)state;
  const struct {
    VkDriverId driver;
    uint32_t vendor, registers;
    bool unrolls;
  } devices[] = {{VK_DRIVER_ID_MESA_V3DV, 0, 40, false}, {VK_DRIVER_ID_MESA_PANVK, 0x13B5, 52, true},
      {(VkDriverId)0, 0x13B5, 52, true}, {(VkDriverId)0, 0x10DE, 255, true}, {(VkDriverId)999, 0x10DE, 40, false},
      {(VkDriverId)0, 0x1234, 40, false}};
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
    const struct s2_worth worth = s2_worth_of(devices[i].driver, devices[i].vendor);
    assert_int_equal(worth.registers, devices[i].registers);
    assert_int_equal(worth.unrolls, devices[i].unrolls);
    assert_in_range(worth.invocations, 1024, 16384);
    assert_in_range(worth.fetch, 16, 25);
  }
  give(VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, (VkDriverId)999);
  const struct s2_target target = target_of(S2VK_VARIANT_AUTO, false);
  assert_int_equal(target.registers, 40);
  assert_int_equal(target.fetch, 25);
  assert_false(target.unrolls || target.long_lines || target.cpu);
}

/* What every device has: its own storage buffers, bytes of push constants and of shared memory; how large workgroups
 * are, pipelines say. */
static void modules_need_what_every_device_has(void **state) {
  (void)state;
  assert_true(s2_module_count > 0);
  for (size_t i = 0; i < s2_module_count; i++) {
    struct spirv_workgroup workgroup;
    assert_true(spirv_read(s2_modules[i].words, s2_modules[i].bytes / 4, &workgroup));
    assert_false(workgroup.shared);
    const struct spirv_needs needs = spirv_needs_of(s2_modules[i].words, s2_modules[i].bytes / 4);
    assert_in_range(needs.storage_buffers, 1, 4);
    assert_in_range(needs.push_bytes, 32, 128);
  }
}

static void lavapipe_reads_texels(void **state) {
  (void)state;
  give(VK_PHYSICAL_DEVICE_TYPE_CPU, VK_DRIVER_ID_MESA_LLVMPIPE);
  mock_vk.devices[0].properties.limits.maxTexelBufferElements = 70000;
  mock_vk.devices[0].properties.limits.minTexelBufferOffsetAlignment = 32;
  struct s2_target target = target_of(S2VK_VARIANT_AUTO, false);
  assert_true(target.cpu && target.copies && target.unrolls);
  assert_int_equal(target.texels, S2VK_CPU_SHADERS);
  assert_int_equal(target.int64, S2VK_CPU_SHADERS);
  assert_int_equal(target.texel_count, S2VK_CPU_SHADERS ? 70000 : 0);
  assert_int_equal(target.texel_alignment, 32);
  assert_in_range(target.loop_rounds, 1, 65535);
  target = target_of(S2VK_VARIANT_AUTO, true);
  assert_false(target.int64);
  assert_int_equal(target.texels, S2VK_CPU_SHADERS);
  target = target_of(S2VK_VARIANT_GPU, false);
  assert_false(target.cpu || target.copies || target.texels || target.int64 || target.unpack_halves);
  assert_in_range(target.loop_rounds, 1, 65535); /* whatever it is taken for */
}

static void swiftshader_folds_nothing(void **state) {
  (void)state;
  give(VK_PHYSICAL_DEVICE_TYPE_CPU, VK_DRIVER_ID_GOOGLE_SWIFTSHADER);
  struct s2_target target = target_of(S2VK_VARIANT_AUTO, false);
  assert_false(target.cpu || target.unrolls || target.texels || target.int64);
  assert_true(target.copies);
  target = target_of(S2VK_VARIANT_CPU, false);
  assert_true(target.cpu && target.copies);
  assert_false(target.unrolls);
}

static void other_drivers_on_the_cpu_are_drivers_on_the_cpu(void **state) {
  (void)state;
  give(VK_PHYSICAL_DEVICE_TYPE_CPU, (VkDriverId)999);
  const struct s2_target target = target_of(S2VK_VARIANT_AUTO, false);
  assert_true(target.cpu && target.copies && target.unrolls);
  assert_int_equal(target.loop_rounds, UINT32_MAX);
  assert_false(target.unpack_halves);
}

static void without_a_device_there_are_no_limits(void **state) {
  (void)state;
  s2vk_context *context = open_shapes_only();
  const struct s2_target *target = &context->target;
  assert_true(target->unrolls && target->range == UINT64_MAX && target->loop_rounds == UINT32_MAX);
  assert_false(target->cpu || target->copies || target->texels || target->int64);
  assert_int_equal(target->alignment, 4);
  s2vk_context_destroy(&context);
}

/* The key that a shader is found by. */
static void keys_are_finished_by_target(void **state) {
  (void)state;
  const struct s2_pipeline_key begun = {.shader = S2_SHADER_SPLIT_GATHER};
  struct s2_target target = {.unrolls = true, .unpack_halves = true};
  struct s2_pipeline_key key = begun;
  s2_target_finish(&target, false, false, &key);
  assert_int_equal(key.permutation, S2_PERMUTATION_PLAIN);
  assert_int_equal(key.constants[S2_UNPACK_HALVES], 0); /* which a plain module does not know: one pipeline less */
  key = begun;
  s2_target_finish(&target, true, true, &key);
  assert_int_equal(key.permutation, S2_PERMUTATION_TEXELS);
  assert_int_equal(key.constants[S2_SOURCE_TEXELS], 1);
  assert_int_equal(key.constants[S2_UNPACK_HALVES], 1);
  target.int64 = true;
  key = begun;
  s2_target_finish(&target, true, false, &key);
  assert_int_equal(key.permutation, S2_PERMUTATION_INT64);
  assert_int_equal(key.constants[S2_SOURCE_TEXELS], 0);
  target = (struct s2_target){.unrolls = false};
  for (size_t i = 0; i < s2_module_count; i++) {
    key = (struct s2_pipeline_key){.shader = s2_modules[i].shader, .source = s2_modules[i].source};
    for (uint32_t f = 0; f < s2_modules[i].fixed_count; f++)
      key.constants[s2_modules[i].fixed[f].id] = s2_modules[i].fixed[f].value;
    const bool fixed = s2_module_is_fixed(&key);
    s2_target_finish(&target, false, false, &key);
    assert_int_equal(key.permutation, fixed ? S2_PERMUTATION_FIXED : S2_PERMUTATION_PLAIN);
    assert_true(fixed || s2_modules[i].permutation != S2_PERMUTATION_FIXED);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_gpu_reads_buffers),
      cmocka_unit_test(a_mac_gets_arrays_that_no_constant_sizes),
      cmocka_unit_test(modules_need_what_every_device_has),
      cmocka_unit_test(devices_are_worth_what_is_known_of_them),
      cmocka_unit_test(lavapipe_reads_texels),
      cmocka_unit_test(swiftshader_folds_nothing),
      cmocka_unit_test(other_drivers_on_the_cpu_are_drivers_on_the_cpu),
      cmocka_unit_test(without_a_device_there_are_no_limits),
      cmocka_unit_test(keys_are_finished_by_target),
  };
  return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
