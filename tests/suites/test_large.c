/* Batches whose tiles, then whose features, are as large as the device lets a tensor be, up to 4.5 GiB: every byte is
 * looked at. What no device here has memory for is done on paper (test_indices.c). */
#include "suite.h"

#include "element.h"
#include "reference.h"

#define WANTED ((uint64_t)9 << 29) /* 4.5 GiB */
#define PERIOD 61                  /* images repeat; a number prime to powers of 2, which wrong indices are off by */
#define SKIPPED 77

static uint64_t most_memory, most_allocation; /* of the device */

/* The number of images in a batch. An image has image_bytes in all, and large_bytes of the tensor that is to be
 * large. */
static uint32_t batch_of(uint64_t image_bytes, uint64_t large_bytes) {
  uint64_t batch = WANTED / large_bytes;
  batch = batch < most_allocation / large_bytes ? batch : most_allocation / large_bytes;
  const uint64_t held = (most_memory - ((uint64_t)1 << 20)) / image_bytes; /* less tables */
  return (uint32_t)(batch < held ? batch : held);
}

struct large {
  s2vk_plan *plan;
  s2vk_plan_layout layout;
  struct gpu_buffer input, tiles, features, output;
  s2vk_binding *binding;
};

static void open_large(struct large *l, const s2vk_plan_info *info) {
  l->layout.struct_size = sizeof l->layout;
  assert_ok(s2vk_plan_create(suite_gpu.context, info, &l->plan));
  assert_ok(s2vk_plan_get_layout(l->plan, &l->layout));
  assert_int_equal(l->layout.accumulator_bytes, 0);
  l->input = gpu_buffer_create(&suite_gpu, l->layout.input_bytes);
  l->tiles = gpu_buffer_create(&suite_gpu, l->layout.tiles_bytes);
  l->features = gpu_buffer_create(&suite_gpu, l->layout.features_bytes);
  l->output = gpu_buffer_create(&suite_gpu, l->layout.output_bytes);
  const s2vk_binding_info binding = {
      .struct_size = sizeof binding,
      .input = {l->input.buffer, 0, l->input.bytes, GPU_BUFFER_USAGE},
      .tiles = {l->tiles.buffer, 0, l->tiles.bytes, GPU_BUFFER_USAGE},
      .features = {l->features.buffer, 0, l->features.bytes, GPU_BUFFER_USAGE},
      .output = {l->output.buffer, 0, l->output.bytes, GPU_BUFFER_USAGE},
  };
  assert_ok(s2vk_binding_create(l->plan, &binding, &l->binding));
}

static void close_large(struct large *l) {
  s2vk_binding_destroy(&l->binding);
  gpu_buffer_destroy(&suite_gpu, &l->input);
  gpu_buffer_destroy(&suite_gpu, &l->tiles);
  gpu_buffer_destroy(&suite_gpu, &l->features);
  gpu_buffer_destroy(&suite_gpu, &l->output);
  s2vk_plan_destroy(&l->plan);
}

/* Random values that f16 holds, and the same as f16. */
static double *random_halves(size_t count, uint16_t **halves) {
  struct noise noise = {9};
  double *values = malloc(count * sizeof *values);
  *halves = malloc(count * sizeof **halves);
  assert_true(values && *halves);
  for (size_t i = 0; i < count; i++) {
    element_set(S2VK_TYPE_F16, *halves, i, noise_unit(&noise));
    values[i] = element_get(S2VK_TYPE_F16, *halves, i);
  }
  return values;
}

/* `parts` parts of each image, all images of a part together, as in the order of tiles: those of the first images are
 * what the reference says, and those of all others the same bits. */
static void check_parts(
    const char *tensor, s2vk_type type, uint32_t parts, uint32_t batch, size_t part_elements, const double *expected) {
  const size_t bytes = part_elements * s2vk_type_size(type);
  for (size_t part = 0; part < parts; part++) {
    const char *first = tensor + part * batch * bytes;
    for (size_t i = 0; i < PERIOD * part_elements; i++)
      assert_true(
          element_error(type, first, i, expected[part * PERIOD * part_elements + i], 1) <= element_tolerance(type));
    for (size_t image = PERIOD; image < batch; image++)
      if (memcmp(first + image * bytes, first + image % PERIOD * bytes, bytes) != 0)
        fail_msg(
            "part %zu of image %zu is wrong, %zu bytes into the tensor", part, image, (part * batch + image) * bytes);
  }
}

static void print_size(const char *tensor, VkDeviceSize bytes, s2vk_type type) {
  print_message("%s of %llu bytes, %.3f times 2^32; %.3f times 2^31 elements\n", tensor, (unsigned long long)bytes,
      (double)bytes / 4294967296.0, (double)bytes / (double)s2vk_type_size(type) / 2147483648.0);
}

static void large_tiles(void **state) {
  (void)state;
  const s2vk_size size = {64, 64};
  s2vk_plan_info info = suite_plan_info();
  info.channels = 1;
  info.height = info.width = info.max_split_size = 16;
  info.scales = NULL;
  info.img_sizes = &size;
  info.scale_count = 1;
  info.model = (s2vk_model_shape){.channels = 2, .tokens = 1};
  info.input_type = info.tile_type = info.feature_type = S2VK_TYPE_F16;
  info.batch = batch_of(512 + 8192 + 16 * 4 + 16 * 8, 8192);
  struct large l = {0};
  open_large(&l, &info);
  print_size("tiles", l.layout.tiles_bytes, info.tile_type);

  uint16_t *images;
  double *values = random_halves(PERIOD * 256, &images);
  for (size_t image = 0; image < info.batch; image++)
    memcpy((char *)l.input.host + image * 512, images + image % PERIOD * 256, 512);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  assert_ok(s2vk_record_split(l.binding, 0, commands));
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  s2vk_plan_info few = info;
  few.batch = PERIOD;
  double *expected = reference_split(&few, 0, values);
  check_parts(l.tiles.host, info.tile_type, 16, info.batch, 256, expected);
  free(expected);
  free(values);
  free(images);
  close_large(&l);
}

/* Scale 1 has 16 tiles of one token, which the output sums: its tiles are far apart in memory. */
static void large_features(void **state) {
  (void)state;
  enum { CHANNELS = 256 };
  const s2vk_size sizes[] = {{8, 8}, {32, 32}};
  s2vk_plan_info info = suite_plan_info();
  info.channels = 1;
  info.height = info.width = info.max_split_size = 8;
  info.scales = NULL;
  info.img_sizes = sizes;
  info.model = (s2vk_model_shape){.channels = CHANNELS, .tokens = 1};
  info.input_type = info.tile_type = info.feature_type = S2VK_TYPE_F16;
  info.batch = batch_of(128 + 16 * 128 + 16 * CHANNELS * 2 + 2 * CHANNELS * 4, 16 * CHANNELS * 2);
  struct large l = {0};
  open_large(&l, &info);
  print_size("features", l.layout.features_bytes, info.feature_type);

  uint16_t *halves[2];
  double *values[2];
  for (uint32_t scale = 0; scale < 2; scale++) {
    const size_t tiles = scale ? 16 : 1;
    values[scale] = random_halves(tiles * PERIOD * CHANNELS, &halves[scale]);
    for (size_t tile = 0; tile < tiles * info.batch; tile++)
      memcpy((char *)l.features.host + tile * CHANNELS * 2,
          halves[scale] + (tile / info.batch * PERIOD + tile % info.batch % PERIOD) * CHANNELS, CHANNELS * 2);
    VkCommandBuffer commands = gpu_begin(&suite_gpu);
    assert_ok(s2vk_record_merge(l.binding, scale, commands));
    assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  }
  s2vk_plan_info few = info;
  few.batch = PERIOD;
  double *expected = reference_merge(&few, values);
  check_parts(l.output.host, info.output_type, 1, info.batch, 2 * CHANNELS, expected);
  for (int scale = 0; scale < 2; scale++) {
    free(values[scale]);
    free(halves[scale]);
  }
  free(expected);
  close_large(&l);
}

/* Bytes that processes can still have; 0 where the system does not say. */
static uint64_t memory_available(void) {
  FILE *file = fopen("/proc/meminfo", "r");
  unsigned long long kilobytes = 0;
  char line[256];
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1)
      break;
  if (file)
    fclose(file);
  return kilobytes * 1024;
}

static void ask_limits(void) {
  VkPhysicalDeviceMaintenance3Properties maintenance3 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES};
  VkPhysicalDeviceProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &maintenance3};
  VkPhysicalDeviceMemoryProperties memory;
  vkGetPhysicalDeviceProperties2(suite_gpu.info.physical_device, &properties);
  vkGetPhysicalDeviceMemoryProperties(suite_gpu.info.physical_device, &memory);
  most_allocation = maintenance3.maxMemoryAllocationSize;
  for (uint32_t i = 0; i < memory.memoryHeapCount; i++)
    if (memory.memoryHeaps[i].size > most_memory)
      most_memory = memory.memoryHeaps[i].size;
}

int main(void) {
  if (suite_open_gpu(NULL))
    return 1;
  ask_limits();
  const uint64_t needed = (most_memory < 2 * WANTED ? most_memory : 2 * WANTED) + ((uint64_t)1 << 30);
  const uint64_t available = memory_available();
  if (available < needed) {
    printf("SKIPPED: %llu bytes of memory are available, and %llu are needed\n", (unsigned long long)available,
        (unsigned long long)needed);
    return suite_close_gpu(NULL) ? 1 : SKIPPED;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(large_tiles),
      cmocka_unit_test(large_features),
  };
  const int failed = cmocka_run_group_tests_name("large", tests, NULL, NULL);
  return suite_close_gpu(NULL) || failed;
}
