/* Memory, alignment and limits of devices that are not at hand. */
#include "mock_run.h"

enum { LOCAL = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT };
enum { VISIBLE = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT };
enum { COHERENT = VISIBLE | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT };
enum { CACHED = VK_MEMORY_PROPERTY_HOST_CACHED_BIT };

/* A device whose memory types are these, all in one heap. */
static void give_types(VkPhysicalDeviceType type, uint32_t count, const VkMemoryPropertyFlags *flags) {
  mock_reset();
  mock_vk.devices[0] = mock_device_of(type);
  VkPhysicalDeviceMemoryProperties *memory = &mock_vk.devices[0].memory;
  memory->memoryTypeCount = count;
  for (uint32_t i = 0; i < count; i++)
    memory->memoryTypes[i] = (VkMemoryType){flags[i], 0};
  memory->memoryHeapCount = 1;
}

static void give_type(VkPhysicalDeviceType type) {
  mock_reset();
  mock_vk.devices[0] = mock_device_of(type);
}

static s2vk_plan_layout layout_of(const s2vk_plan *plan) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  return layout;
}

/* Bytes of a binding's buffers, all the library's. */
static VkDeviceSize workspace(const s2vk_plan_layout *layout) {
  return layout->input_bytes + layout->tiles_bytes + layout->features_bytes + layout->output_bytes +
         layout->accumulator_bytes;
}

/* ---- Memory types ------------------------------------------------------------------------------------------------ */

/* The memory type that each kind of buffer gets, for several sets of types. The mock fails if mapped memory is not
 * coherent. */
static void buffers_are_where_they_are_best(void **state) {
  (void)state;
  static const struct {
    uint32_t count;
    VkMemoryPropertyFlags flags[4];
    uint32_t tensors, tables, upload, download; /* types */
  } devices[] = {
      {4, {LOCAL, VISIBLE, VISIBLE | CACHED, COHERENT}, 0, 3, 3, 3},
      {4, {VISIBLE, COHERENT, VISIBLE | CACHED, LOCAL}, 3, 1, 1, 1},
      {3, {COHERENT, COHERENT | CACHED, LOCAL}, 2, 0, 0, 1},
      {4, {COHERENT | CACHED, COHERENT, LOCAL, LOCAL | COHERENT}, 2, 3, 0, 0},
      {3, {LOCAL | VISIBLE, COHERENT, LOCAL | COHERENT}, 0, 2, 1, 1},
      {1, {LOCAL | COHERENT | CACHED}, 0, 0, 0, 0},
      {1, {COHERENT}, 0, 0, 0, 0},
  };
  const s2vk_plan_info info = suite_plan_info();
  const s2vk_model model = {.struct_size = sizeof model, .record = mock_run_record};
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
    give_types(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, devices[i].count, devices[i].flags);
    struct mock_run run;
    mock_run_open(&run, &info);
    assert_ok(mock_run_forward(&run, &model));
    const s2vk_plan_layout layout = layout_of(run.plan);
    VkDeviceSize least[VK_MAX_MEMORY_TYPES] = {0};
    least[devices[i].tensors] += workspace(&layout);
    least[devices[i].tables] += layout.table_bytes;
    least[devices[i].upload] += layout.input_bytes;
    least[devices[i].download] += layout.output_bytes;
    for (uint32_t type = 0; type < devices[i].count; type++)
      if (least[type])
        assert_true(mock_vk.allocated[type] >= least[type]);
      else
        assert_int_equal(mock_vk.allocated[type], 0);
    mock_run_close(&run);
  }
}

static void types_that_a_buffer_may_not_have_are_left(void **state) {
  (void)state;
  static const VkMemoryPropertyFlags flags[] = {LOCAL, LOCAL | COHERENT, LOCAL, COHERENT};
  give_types(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 4, flags);
  mock_vk.devices[0].buffer_types = 1 << 2 | 1 << 3;
  const s2vk_plan_info info = suite_plan_info();
  struct mock_run run;
  mock_run_open(&run, &info);
  assert_int_equal(mock_vk.allocated[0] + mock_vk.allocated[1], 0);
  assert_true(mock_vk.allocated[2] && mock_vk.allocated[3]);
  mock_run_close(&run);
}

static void without_coherent_memory_the_buffer_is_named(void **state) {
  (void)state;
  static const VkMemoryPropertyFlags flags[] = {LOCAL, VISIBLE, VISIBLE | CACHED};
  give_types(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 3, flags);
  const s2vk_plan_info info = suite_plan_info();
  struct mock_run run;
  mock_run_open_device(&run, 0);
  assert_ok(s2vk_context_create(&run.info, &run.context));
  assert_fails(s2vk_plan_create(run.context, &info, &run.plan), S2VK_ERROR_OUT_OF_DEVICE_MEMORY, "tables");
  assert_null(run.plan);
  mock_run_close(&run);
}

/* ---- Alignment --------------------------------------------------------------------------------------------------- */

static VkBuffer make_buffer(const struct mock_run *run, VkDeviceSize bytes) {
  PFN_vkGetDeviceProcAddr get =
      (PFN_vkGetDeviceProcAddr)mock_get_instance_proc_addr(run->info.instance, "vkGetDeviceProcAddr");
  const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = bytes};
  VkBuffer buffer;
  assert_int_equal(
      ((PFN_vkCreateBuffer)get(run->info.device, "vkCreateBuffer"))(run->info.device, &info, NULL, &buffer), 0);
  return buffer;
}

static void destroy_buffer(const struct mock_run *run, VkBuffer buffer) {
  PFN_vkGetDeviceProcAddr get =
      (PFN_vkGetDeviceProcAddr)mock_get_instance_proc_addr(run->info.instance, "vkGetDeviceProcAddr");
  ((PFN_vkDestroyBuffer)get(run->info.device, "vkDestroyBuffer"))(run->info.device, buffer, NULL);
}

/* The alignment that a plan asks of offsets is the device's: one at it is taken, the next smaller power of
 * two is not. */
static void check_offsets(VkPhysicalDeviceType type, VkDeviceSize storage, VkDeviceSize texels, VkDeviceSize expected) {
  give_type(type);
  mock_vk.devices[0].properties.limits.minStorageBufferOffsetAlignment = storage;
  mock_vk.devices[0].properties.limits.minTexelBufferOffsetAlignment = texels;
  const s2vk_plan_info info = suite_plan_info();
  struct mock_run run;
  mock_run_open(&run, &info);
  s2vk_binding_destroy(&run.binding);
  const s2vk_plan_layout layout = layout_of(run.plan);
  assert_int_equal(layout.offset_alignment, expected);
  const VkBuffer buffer = make_buffer(&run, layout.input_bytes + expected);
  s2vk_binding_info binding = {
      .struct_size = sizeof binding, .input = {.buffer = buffer, .offset = expected, .bytes = layout.input_bytes}};
  assert_ok(s2vk_binding_create(run.plan, &binding, &run.binding));
  s2vk_binding_destroy(&run.binding);
  char words[32];
  snprintf(words, sizeof words, "multiple of %u", (unsigned)expected);
  binding.input.offset = expected / 2;
  assert_fails(
      s2vk_binding_create(run.plan, &binding, &run.binding), S2VK_ERROR_BUFFER_ALIGNMENT, "input.offset", words);
  destroy_buffer(&run, buffer);
  mock_run_close(&run);
}

static void offsets_are_at_the_devices_alignment(void **state) {
  (void)state;
  const VkPhysicalDeviceType gpu = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, cpu = VK_PHYSICAL_DEVICE_TYPE_CPU;
  check_offsets(gpu, 1, 1, 4);
  check_offsets(gpu, 16, 256, 16);
  check_offsets(gpu, 64, 16, 64);
  check_offsets(gpu, 256, 256, 256);
  check_offsets(cpu, 16, 64, 64);
  check_offsets(cpu, 64, 16, 64);
  check_offsets(cpu, 4, 256, 256);
}

/* Runs a plan whose tensors are larger than a storage range. They are bound in ranges. The mock checks their offsets,
 * sizes and views. */
static void run_in_windows(VkPhysicalDeviceType type, const VkDeviceSize *alignments, const s2vk_plan_info *info) {
  give_type(type);
  VkPhysicalDeviceLimits *limits = &mock_vk.devices[0].properties.limits;
  limits->minStorageBufferOffsetAlignment = alignments[0];
  limits->minTexelBufferOffsetAlignment = alignments[1];
  limits->maxStorageBufferRange = 1 << 16;
  limits->maxTexelBufferElements = 1 << 16;
  for (int axis = 0; axis < 3; axis++)
    limits->maxComputeWorkGroupCount[axis] = 13; /* a row of a tile of 96 columns needs 12 */
  const s2vk_model model = {.struct_size = sizeof model, .record = mock_run_record};
  struct mock_run run;
  mock_run_open(&run, info);
  assert_ok(mock_run_forward(&run, &model));
  assert_true(mock_vk.made[VK_OBJECT_TYPE_DESCRIPTOR_SET] > 4); /* one for each window */
  mock_run_close(&run);
}

/* Large images, whose tables have ranges of their own, and many small ones, which CPU drivers read as texels. */
static void windows_keep_to_the_device(void **state) {
  (void)state;
  static const VkDeviceSize alignments[][2] = {{4, 16}, {256, 16}, {16, 512}, {1, 1}};
  static const double scales[] = {1, 1.5, 3};
  static const VkPhysicalDeviceType kinds[] = {VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, VK_PHYSICAL_DEVICE_TYPE_CPU};
  for (int i = 0; i < 2 * 4 * 2 * 2; i++) {
    const bool odd = i & 1;
    s2vk_plan_info info = suite_plan_info();
    info.input_type = info.tile_type = info.feature_type = info.output_type = i & 2 ? S2VK_TYPE_F16 : S2VK_TYPE_F32;
    info.scales = scales;
    info.scale_count = 3;
    info.split_mode = S2VK_SPLIT_PAD; /* tables of two interpolations are over the range */
    info.height = info.width = 96 + odd;
    info.max_split_size = 96;
    info.model = (s2vk_model_shape){.channels = odd ? 63 : 64, .tokens = 36};
    run_in_windows(kinds[i >> 4], alignments[i >> 2 & 3], &info);
    info.batch = 16;
    info.channels = 8;
    info.height = info.width = 32 + odd;
    info.max_split_size = 32;
    run_in_windows(kinds[i >> 4], alignments[i >> 2 & 3], &info);
    if (kinds[i >> 4] == VK_PHYSICAL_DEVICE_TYPE_CPU && !odd)
      assert_true(mock_vk.made[VK_OBJECT_TYPE_BUFFER_VIEW] > 4);
  }
}

/* A tensor is bound as texels if a view may have that many, and not if it has one more. So are tables. */
static void views_have_at_most_as_many_texels(void **state) {
  (void)state;
  static const double twice[] = {2};
  static const s2vk_size large = {12000, 12000}; /* of long tables */
  for (uint32_t past = 0; past < 3; past++) {
    give_type(VK_PHYSICAL_DEVICE_TYPE_CPU);
    mock_vk.devices[0].properties.limits.maxTexelBufferElements = 1 << 16;
    s2vk_plan_info info = suite_plan_info();
    info.batch = 1;
    info.channels = past == 1 ? 8 : 4; /* 1 x 4 x 256 x 256 of f32 are 2^16 texels */
    info.height = info.width = 256;
    info.scales = past == 2 ? NULL : twice;
    info.img_sizes = past == 2 ? &large : NULL;
    info.scale_count = 1;
    info.max_split_size = 256;
    info.tiles_per_call = 1;
    struct mock_run run;
    mock_run_open(&run, &info);
    const VkDeviceSize table_texels = layout_of(run.plan).table_bytes / 16;
    assert_int_equal(table_texels > 1 << 16, past == 2);
    static const uint32_t views[] = {3, 2, 0}; /* of tables, features and input; of the first two; of none */
    assert_int_equal(mock_vk.made[VK_OBJECT_TYPE_BUFFER_VIEW], views[past]);
    mock_run_close(&run);
  }
}

/* ---- Sizes ------------------------------------------------------------------------------------------------------- */

/* 1 x 4 x 256 x 256 of f32, which is a MiB, and so are its tiles; all else is smaller. */
static s2vk_plan_info mebibyte_info(void) {
  static const double scales[] = {1};
  s2vk_plan_info info = suite_plan_info();
  info.batch = 1;
  info.channels = 4;
  info.height = info.width = 256;
  info.scales = scales;
  info.scale_count = 1;
  return info;
}

static void an_allocation_is_at_most_the_largest(void **state) {
  (void)state;
  const s2vk_plan_info info = mebibyte_info();
  mock_vk.devices[0].max_allocation = 1 << 20;
  struct mock_run run;
  mock_run_open(&run, &info);
  assert_int_equal(layout_of(run.plan).input_bytes, 1 << 20);
  mock_run_close(&run);
  mock_reset();
  mock_vk.devices[0].max_allocation = (1 << 20) - 1;
  mock_run_open_device(&run, 0);
  assert_ok(s2vk_context_create(&run.info, &run.context));
  assert_ok(s2vk_plan_create(run.context, &info, &run.plan));
  assert_fails(
      s2vk_binding_create(run.plan, NULL, &run.binding), S2VK_ERROR_LIMIT, "maxMemoryAllocationSize is 1048575");
  mock_run_close(&run);
}

/* With as much memory as a plan's buffers take together there is a plan, and with a byte less there is none. */
static void check_memory(const s2vk_plan_info *info, bool accumulates) {
  give_type(VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU);
  mock_vk.devices[0].properties.limits.maxStorageBufferRange = 1 << 16;
  struct mock_run run;
  mock_run_open(&run, info);
  const s2vk_plan_layout layout = layout_of(run.plan);
  assert_int_equal(layout.accumulator_bytes > 0, accumulates);
  const VkDeviceSize needed = workspace(&layout) + layout.table_bytes;
  mock_run_close(&run);
  for (VkDeviceSize less = 0; less < 2; less++) {
    VkPhysicalDeviceMemoryProperties *memory = &mock_vk.devices[0].memory;
    memory->memoryHeaps[0].size = needed - less;
    mock_run_open_device(&run, 0);
    assert_ok(s2vk_context_create(&run.info, &run.context));
    char words[32];
    snprintf(words, sizeof words, "needs %llu bytes", (unsigned long long)needed);
    if (less)
      assert_fails(s2vk_plan_create(run.context, info, &run.plan), S2VK_ERROR_OUT_OF_DEVICE_MEMORY, words);
    else
      assert_ok(s2vk_plan_create(run.context, info, &run.plan));
    mock_run_close(&run);
  }
}

static void a_plan_takes_at_most_the_devices_memory(void **state) {
  (void)state;
  s2vk_plan_info info = mebibyte_info(); /* larger than a block of memory; tables have a part of one */
  check_memory(&info, false);
  info.max_split_size = 64;
  info.tiles_per_call = 5;
  info.num_prefix_token = 1; /* a mean over calls, which outputs of 16 bits cannot hold on the way */
  info.model.tokens++;
  info.output_type = S2VK_TYPE_F16;
  check_memory(&info, true);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(buffers_are_where_they_are_best, mock_run_reset),
      cmocka_unit_test_setup(types_that_a_buffer_may_not_have_are_left, mock_run_reset),
      cmocka_unit_test_setup(without_coherent_memory_the_buffer_is_named, mock_run_reset),
      cmocka_unit_test_setup(offsets_are_at_the_devices_alignment, mock_run_reset),
      cmocka_unit_test_setup(windows_keep_to_the_device, mock_run_reset),
      cmocka_unit_test_setup(views_have_at_most_as_many_texels, mock_run_reset),
      cmocka_unit_test_setup(an_allocation_is_at_most_the_largest, mock_run_reset),
      cmocka_unit_test_setup(a_plan_takes_at_most_the_devices_memory, mock_run_reset),
  };
  return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
