/* Device memory on a mock device: how buffers share blocks. */
#include "suite.h"

#include "mock_device.h"
#include "vulkan/context.h"

#define MIB ((VkDeviceSize)1 << 20)
#define USAGE VK_BUFFER_USAGE_STORAGE_BUFFER_BIT

static s2vk_context_info info;
static s2vk_context *context;

static void open_mock(void) {
  const s2vk_device_info device = {
      .struct_size = sizeof device, .get_instance_proc_addr = mock_get_instance_proc_addr, .log = gpu_log};
  assert_ok(s2vk_device_open(&device, &info));
  assert_ok(s2vk_context_create(&info, &context));
}

static void close_mock(void) {
  s2vk_context_destroy(&context);
  s2vk_device_close(&info);
  assert_int_equal(mock_vk.alive[VK_OBJECT_TYPE_DEVICE_MEMORY], 0);
  assert_int_equal(mock_vk.misuses, 0);
}

static int reset(void **state) {
  (void)state;
  mock_reset();
  return 0;
}

static s2vk_result create(
    enum s2_place place, const struct s2_buffer_info *infos, uint32_t count, struct s2_buffer *buffers) {
  return s2_buffers_create(&context->env, &context->vk, &context->memory, place, infos, count, buffers);
}

static struct s2_buffer create_one(enum s2_place place, VkDeviceSize bytes) {
  const struct s2_buffer_info one = {"one", bytes, USAGE};
  struct s2_buffer buffer;
  assert_ok(create(place, &one, 1, &buffer));
  return buffer;
}

static void destroy(struct s2_buffer *buffers, uint32_t count) {
  s2_buffers_destroy(&context->env, &context->vk, &context->memory, buffers, count);
}

static uint32_t blocks(void) {
  s2vk_context_statistics statistics = {.struct_size = sizeof statistics};
  assert_ok(s2vk_context_get_statistics(context, &statistics));
  assert_int_equal(statistics.memory_blocks, mock_vk.alive[VK_OBJECT_TYPE_DEVICE_MEMORY]);
  VkDeviceSize bytes = 0;
  for (uint32_t i = 0; i < VK_MAX_MEMORY_TYPES; i++)
    bytes += mock_vk.allocated[i];
  assert_int_equal(statistics.memory_bytes, bytes);
  return statistics.memory_blocks;
}

/* ---- Sizes ------------------------------------------------------------------------------------------------------- */

static void buffers_of_a_call_lie_side_by_side(void **state) {
  (void)state;
  open_mock();
  const struct s2_buffer_info infos[] = {{"a", 1000, USAGE}, {"none", 0, USAGE}, {"b", 70000, USAGE}, {"c", 4, USAGE}};
  struct s2_buffer buffers[4];
  assert_ok(create(S2_PLACE_UPLOAD, infos, 4, buffers));
  assert_int_equal(blocks(), 1);
  assert_null(buffers[1].buffer);
  assert_ptr_equal(buffers[0].slice, buffers[2].slice);
  assert_ptr_equal(buffers[0].slice, buffers[3].slice);
  assert_int_equal((char *)buffers[2].mapped - (char *)buffers[0].mapped, 1024); /* the mock's alignment is 256 */
  assert_int_equal((char *)buffers[3].mapped - (char *)buffers[0].mapped, 1024 + 70144);
  assert_int_equal(buffers[2].bytes, 70000);
  destroy(buffers, 4);
  assert_null(buffers[0].buffer);
  assert_null(buffers[0].slice);
  assert_int_equal(mock_vk.alive[VK_OBJECT_TYPE_BUFFER], 0);
  assert_int_equal(blocks(), 1); /* kept for the next one */
  destroy(buffers, 4);           /* what is all zero is let be */
  close_mock();
}

static void small_buffers_share_blocks(void **state) {
  (void)state;
  open_mock();
  static struct s2_buffer buffers[2000];
  for (int i = 0; i < 2000; i++)
    buffers[i] = create_one(S2_PLACE_TABLE, 5000);
  assert_in_range(blocks(), 1, 5); /* 10 MB: 1, 2, 4, 8 MiB */
  assert_true(mock_vk.allocated[3] >= 10000000);
  for (int i = 1999; i >= 0; i--)
    destroy(&buffers[i], 1);
  assert_int_equal(blocks(), 1);
  close_mock();
}

/* Then a validation layer warns neither of allocations below 256 KiB nor of buffers that fill one below 1 MiB. */
static void no_block_is_small(void **state) {
  (void)state;
  const VkDeviceSize sizes[] = {1, 4096, MIB / 4 - 1, MIB / 4, MIB / 2, MIB / 2 + 1, MIB - 1};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    mock_reset();
    open_mock();
    struct s2_buffer buffer = create_one(S2_PLACE_DEVICE, sizes[i]);
    assert_int_equal(mock_vk.allocated[0], MIB);
    destroy(&buffer, 1);
    close_mock();
  }
}

static void large_buffers_have_their_own(void **state) {
  (void)state;
  open_mock();
  struct s2_buffer large = create_one(S2_PLACE_DEVICE, 100 * MIB);
  assert_int_equal(mock_vk.allocated[0], 100 * MIB);
  struct s2_buffer small = create_one(S2_PLACE_DEVICE, 1000);
  assert_int_equal(blocks(), 2);
  destroy(&large, 1);
  assert_int_equal(blocks(), 1); /* at once */
  assert_true(mock_vk.allocated[0] < 3 * MIB);
  destroy(&small, 1);
  large = create_one(S2_PLACE_DEVICE, 16 * MIB + 256);
  destroy(&large, 1);
  assert_int_equal(blocks(), 1); /* the empty one that is kept is a small one */
  assert_true(mock_vk.allocated[0] < 3 * MIB);
  close_mock();
}

static void one_empty_block_is_kept(void **state) {
  (void)state;
  open_mock();
  struct s2_buffer a = create_one(S2_PLACE_DEVICE, 3 * MIB), b = create_one(S2_PLACE_DEVICE, 3 * MIB);
  assert_int_equal(blocks(), 2);
  destroy(&a, 1);
  assert_int_equal(blocks(), 2);
  destroy(&b, 1);
  assert_int_equal(blocks(), 1);
  const unsigned made = mock_vk.made[VK_OBJECT_TYPE_DEVICE_MEMORY];
  for (int i = 0; i < 100; i++) { /* no allocation a plan, if it comes and goes */
    struct s2_buffer again = create_one(S2_PLACE_DEVICE, 2 * MIB + 1000 * (VkDeviceSize)i);
    destroy(&again, 1);
  }
  assert_int_equal(mock_vk.made[VK_OBJECT_TYPE_DEVICE_MEMORY], made);
  close_mock();
}

static void what_is_too_large_together_is_made_apart(void **state) {
  (void)state;
  mock_vk.devices[0].max_allocation = 8 * MIB;
  open_mock();
  const struct s2_buffer_info infos[] = {{"a", 5 * MIB, USAGE}, {"b", 5 * MIB, USAGE}, {"c", 100, USAGE}};
  struct s2_buffer buffers[3];
  assert_ok(create(S2_PLACE_DEVICE, infos, 3, buffers));
  assert_int_equal(blocks(), 3);
  destroy(buffers, 3);
  const struct s2_buffer_info huge[] = {{"a", 5 * MIB, USAGE}, {"tiles", 8 * MIB + 1, USAGE}};
  assert_fails(create(S2_PLACE_DEVICE, huge, 2, buffers), S2VK_ERROR_LIMIT, "the tiles buffer", "8388864", "8388608");
  assert_int_equal(mock_vk.alive[VK_OBJECT_TYPE_BUFFER], 0);
  close_mock();
}

/* ---- Contents ---------------------------------------------------------------------------------------------------- */

struct filled {
  struct s2_buffer buffer;
  unsigned char value;
};

static void check_filled(const struct filled *f) {
  const unsigned char *bytes = f->buffer.mapped;
  for (VkDeviceSize i = 0; i < f->buffer.bytes; i += f->buffer.bytes > 64 ? f->buffer.bytes / 64 : 1)
    assert_int_equal(bytes[i], f->value);
  assert_int_equal(bytes[f->buffer.bytes - 1], f->value);
}

static void no_two_buffers_overlap(void **state) {
  (void)state;
  static struct filled live[200];
  struct noise noise = {11};
  memset(live, 0, sizeof live);
  open_mock();
  for (int step = 0; step < 20000; step++) {
    struct filled *f = &live[noise_below(&noise, 200)];
    if (f->buffer.buffer) {
      check_filled(f);
      destroy(&f->buffer, 1);
      continue;
    }
    const uint32_t large = noise_below(&noise, 50) == 0 ? 3000000 : 60000;
    f->buffer = create_one(S2_PLACE_DOWNLOAD, 1 + noise_below(&noise, large));
    assert_int_equal((uintptr_t)f->buffer.mapped % 16, 0);
    f->value = (unsigned char)step;
    memset(f->buffer.mapped, f->value, f->buffer.bytes);
  }
  assert_true(blocks() <= 8);
  for (int i = 0; i < 200; i++)
    if (live[i].buffer.buffer) {
      check_filled(&live[i]);
      destroy(&live[i].buffer, 1);
    }
  assert_true(blocks() <= 1);
  close_mock();
}

/* ---- Kinds of memory --------------------------------------------------------------------------------------------- */

static uint32_t type_of(enum s2_place place) {
  VkDeviceSize before[VK_MAX_MEMORY_TYPES];
  memcpy(before, mock_vk.allocated, sizeof before);
  struct s2_buffer buffer = create_one(place, 20 * MIB);
  assert_int_equal(buffer.mapped == NULL, place == S2_PLACE_DEVICE);
  uint32_t type = 0;
  while (mock_vk.allocated[type] == before[type])
    type++;
  destroy(&buffer, 1);
  return type;
}

static void each_place_has_its_memory(void **state) {
  (void)state;
  open_mock(); /* types: local; coherent; coherent and cached; local and coherent */
  assert_int_equal(type_of(S2_PLACE_DEVICE), 0);
  assert_int_equal(type_of(S2_PLACE_TABLE), 3);
  assert_int_equal(type_of(S2_PLACE_UPLOAD), 1);
  assert_int_equal(type_of(S2_PLACE_DOWNLOAD), 2);
  close_mock();
  mock_reset();
  mock_vk.devices[0].memory.memoryTypeCount = 2; /* less than is preferred, and as much as the specification promises */
  open_mock();
  assert_int_equal(type_of(S2_PLACE_TABLE), 1);
  assert_int_equal(type_of(S2_PLACE_DOWNLOAD), 1);
  close_mock();
  mock_reset();
  mock_vk.devices[0].buffer_types = 1; /* which the host cannot see */
  open_mock();
  const struct s2_buffer_info one = {"tables", 100, USAGE};
  struct s2_buffer buffer;
  assert_fails(create(S2_PLACE_TABLE, &one, 1, &buffer), S2VK_ERROR_OUT_OF_DEVICE_MEMORY, "the tables buffer");
  assert_int_equal(mock_vk.alive[VK_OBJECT_TYPE_BUFFER], 0);
  close_mock();
}

/* ---- Failures ---------------------------------------------------------------------------------------------------- */

static void a_failure_leaves_nothing(void **state) {
  (void)state;
  const struct {
    const char *name;
    unsigned nth;
  } calls[] = {{"vkCreateBuffer", 1}, {"vkCreateBuffer", 3}, {"vkAllocateMemory", 1}, {"vkMapMemory", 1},
      {"vkBindBufferMemory", 1}, {"vkBindBufferMemory", 3}};
  const struct s2_buffer_info infos[] = {{"a", 1000, USAGE}, {"b", 9000, USAGE}, {"c", 4, USAGE}};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    mock_reset();
    open_mock();
    struct s2_buffer buffers[3];
    mock_fail(calls[i].name, calls[i].nth, VK_ERROR_OUT_OF_DEVICE_MEMORY);
    assert_fails(create(S2_PLACE_UPLOAD, infos, 3, buffers), S2VK_ERROR_OUT_OF_DEVICE_MEMORY, calls[i].name);
    assert_int_equal(mock_vk.alive[VK_OBJECT_TYPE_BUFFER], 0);
    for (int b = 0; b < 3; b++)
      assert_true(!buffers[b].buffer && !buffers[b].slice);
    assert_ok(create(S2_PLACE_UPLOAD, infos, 3, buffers)); /* as if nothing had been */
    assert_int_equal(blocks(), 1);
    destroy(buffers, 3);
    close_mock();
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(buffers_of_a_call_lie_side_by_side, reset),
      cmocka_unit_test_setup(small_buffers_share_blocks, reset),
      cmocka_unit_test_setup(no_block_is_small, reset),
      cmocka_unit_test_setup(large_buffers_have_their_own, reset),
      cmocka_unit_test_setup(one_empty_block_is_kept, reset),
      cmocka_unit_test_setup(what_is_too_large_together_is_made_apart, reset),
      cmocka_unit_test_setup(no_two_buffers_overlap, reset),
      cmocka_unit_test_setup(each_place_has_its_memory, reset),
      cmocka_unit_test_setup(a_failure_leaves_nothing, reset),
  };
  return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
