/* What engines need of a binding: buffers of no usage but STORAGE_BUFFER, sources that are known late, slices of
 * buffers, and their own device memory. */
#include "suite.h"

#include "compare.h"
#include "guard.h"
#include "run/binding.h"
#include "vma.h"

/* Buffers of no usage but STORAGE_BUFFER: validation sees a view or a copy of one. */
static void storage_buffers_are_enough(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  struct noise noise = {11};
  struct compare compare;
  struct replay replay; /* keeps features and tiles, and records nothing */
  struct guard guard;
  s2vk_plan *made;
  s2vk_binding *bindings[2];
  info.calls_cross_scales = true;
  info.max_split_size = info.height;
  compare_create(&compare, &info, &noise, 0);
  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &made));
  guard_create(&guard, &suite_gpu, made, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
  replay_create(&replay, &suite_gpu, made);
  compare_fill(&compare, made, &replay);
  const s2vk_binding_info ours = guard_binding(&guard);
  for (int i = 0; i < 2; i++)
    assert_ok(s2vk_binding_create(made, &ours, &bindings[i]));
  assert_ptr_equal(bindings[0]->form, bindings[1]->form);
  assert_true((bindings[0]->form == &made->form) ==
              (made->context->target.texels == made->context->target.copies && !made->context->target.texels));
  memcpy((char *)guard.buffers[0].host + ours.input.offset, compare.input, compare.input_bytes);
  memcpy((char *)guard.buffers[2].host + ours.features.offset, replay.features.host, ours.features.bytes);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  assert_ok(s2vk_record_split(bindings[0], 0, commands));
  assert_ok(s2vk_record_merge(bindings[0], 0, commands));
  gpu_barrier(commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  memcpy(replay.tiles.host, (char *)guard.buffers[1].host + ours.tiles.offset, ours.tiles.bytes);
  assert_true(compare_tiles(&compare, made, &replay) < 1e-5);
  assert_true(compare_output(&compare, made, (char *)guard.buffers[3].host + ours.output.offset) < 1e-5);
  for (int i = 0; i < 2; i++)
    s2vk_binding_destroy(&bindings[i]);
  replay_destroy(&replay, &suite_gpu);
  guard_destroy(&guard, &suite_gpu);
  s2vk_plan_destroy(&made);
  compare_destroy(&compare);
}

/* ---- Late sources ----------------------------------------------------------------------------------------------- */

/* Copies what a test has into a new buffer of STORAGE_BUFFER alone, some bytes behind its beginning. */
static struct gpu_buffer stored(const void *data, size_t bytes, VkDeviceSize offset) {
  struct gpu_buffer buffer =
      gpu_buffer_create_for(&suite_gpu, offset + (bytes + 3) / 4 * 4, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
  memcpy((char *)buffer.host + offset, data, bytes);
  return buffer;
}

struct late {
  struct compare compare[2];
  struct replay replays[2];
  struct gpu_buffer inputs[2], features[2][4];
  struct gpu_buffer output;
};

/* Two frames of a plan, with an input of its own each, and features for each call of their own size. */
static void late_create(struct late *late, const s2vk_plan *made, const s2vk_plan_info *info) {
  struct noise noise = {7};
  s2vk_plan_layout all = {.struct_size = sizeof all};
  assert_ok(s2vk_plan_get_layout(made, &all));
  for (int frame = 0; frame < 2; frame++) {
    struct replay *replay = &late->replays[frame];
    compare_create(&late->compare[frame], info, &noise, 0);
    replay_create(replay, &suite_gpu, made);
    compare_fill(&late->compare[frame], made, replay);
    late->inputs[frame] = stored(
        late->compare[frame].input, late->compare[frame].input_bytes, all.offset_alignment * (1 + (VkDeviceSize)frame));
    for (uint32_t k = 0; k < all.call_count; k++)
      late->features[frame][k] = stored((char *)replay->features.host + replay->features_at[k],
          replay->features_at[k + 1] - replay->features_at[k], all.offset_alignment);
  }
  late->output = gpu_buffer_create_for(&suite_gpu, all.output_bytes, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
}

static void late_destroy(struct late *late) {
  for (int frame = 0; frame < 2; frame++) {
    compare_destroy(&late->compare[frame]);
    replay_destroy(&late->replays[frame], &suite_gpu);
    gpu_buffer_destroy(&suite_gpu, &late->inputs[frame]);
    for (int k = 0; k < 4; k++)
      gpu_buffer_destroy(&suite_gpu, &late->features[frame][k]);
  }
  gpu_buffer_destroy(&suite_gpu, &late->output);
}

/* Tiles are read back after each split, in a submission of its own. */
static void record_late_frame(const s2vk_binding *binding, struct late *late, int frame, const s2vk_plan_layout *all) {
  const VkDeviceSize alignment = all->offset_alignment;
  for (uint32_t k = 0; k < all->call_count; k++) {
    const s2vk_source input = {
        .buffer = {late->inputs[frame].buffer, alignment * (1 + (VkDeviceSize)frame), all->input_bytes, 0}};
    const struct gpu_buffer *given = &late->features[frame][k];
    const s2vk_buffer features = {given->buffer, alignment, given->bytes - alignment, 0};
    s2vk_model_call call;
    assert_ok(s2vk_binding_get_call(binding, k, &call));
    VkCommandBuffer commands = gpu_begin(&suite_gpu);
    assert_ok(s2vk_record_split_from(binding, k, commands, &input));
    const VkBufferCopy copy = {call.tiles.offset, late->replays[frame].tiles_at[k], call.tiles.bytes};
    vkCmdCopyBuffer(commands, call.tiles.buffer, late->replays[frame].tiles.buffer, 1, &copy);
    assert_ok(s2vk_record_merge_from(binding, k, commands, &features));
    gpu_barrier(commands);
    assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  }
  assert_true(compare_tiles(&late->compare[frame], binding->plan, &late->replays[frame]) < 1e-5);
  assert_true(compare_output(&late->compare[frame], binding->plan, late->output.host) < 1e-5);
}

static void sources_may_be_late(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.tiles_per_call = 3;
  for (int cut = 0; cut < 2; cut++) {
    info.calls_cross_scales = cut;
    struct late late = {0};
    s2vk_plan *made;
    s2vk_binding *binding;
    s2vk_plan_layout all = {.struct_size = sizeof all};
    assert_ok(s2vk_plan_create(suite_gpu.context, &info, &made));
    assert_ok(s2vk_plan_get_layout(made, &all));
    assert_in_range(all.call_count, 2, 4);
    late_create(&late, made, &info);
    const s2vk_binding_info theirs = {.struct_size = sizeof theirs,
        .output = {late.output.buffer, 0, late.output.bytes, 0},
        .late_inputs = 1, /* each is waited for */
        .late_features = 2};
    assert_ok(s2vk_binding_create(made, &theirs, &binding));
    for (int round = 0; round < 3; round++)
      record_late_frame(binding, &late, round % 2, &all);
    s2vk_model_call call;
    assert_ok(s2vk_binding_get_call(binding, 0, &call));
    assert_true(call.features.buffer == VK_NULL_HANDLE); /* none is made */
    s2vk_binding_destroy(&binding);
    s2vk_plan_destroy(&made);
    late_destroy(&late);
  }
}

/* ---- Two workspaces ---------------------------------------------------------------------------------------------- */

/* The tiles of a call that a binding splits; its tiles buffer is one of ours. */
static const void *tiles_of(const s2vk_binding *binding, uint32_t call, const struct gpu_buffer *tiles) {
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  assert_ok(s2vk_record_split(binding, call, commands));
  gpu_barrier(commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  return tiles->host;
}

/* A resized image that tiles of several calls are cut from is made in the first of them, by one of two bindings. */
static void resized_images_are_shared(void **state) {
  (void)state;
  const s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .format = S2VK_PIXEL_RGBA8};
  const s2vk_preprocessing_info given = {.struct_size = sizeof given, .rounding = S2VK_ROUNDING_BYTES};
  s2vk_plan_info info = suite_pixels_plan_info(&pixels);
  info.batch = 1;
  info.preprocessing = &given;
  info.filter = S2VK_FILTER_BICUBIC_ANTIALIASED;
  info.tiles_per_call = 1;
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_plan *made;
  s2vk_binding *bindings[3];
  struct gpu_buffer tiles[3];
  struct noise noise = {17};
  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &made));
  assert_ok(s2vk_plan_get_layout(made, &layout));
  assert_true(layout.scratch_bytes > 0 && layout.call_count > 4);
  struct gpu_buffer input = gpu_buffer_create(&suite_gpu, layout.input_bytes);
  for (size_t i = 0; i < layout.input_bytes; i++)
    ((uint8_t *)input.host)[i] = (uint8_t)noise_below(&noise, 256);
  for (int i = 0; i < 3; i++) { /* the third is by itself */
    tiles[i] = gpu_buffer_create(&suite_gpu, layout.tiles_bytes);
    s2vk_binding_info binding = {
        .struct_size = sizeof binding, .tiles = {tiles[i].buffer, 0, layout.tiles_bytes, GPU_BUFFER_USAGE}};
    if (i == 1)
      binding.in_turn_with = bindings[0];
    else
      binding.input = (s2vk_buffer){input.buffer, 0, layout.input_bytes, GPU_BUFFER_USAGE};
    assert_ok(s2vk_binding_create(made, &binding, &bindings[i]));
  }
  for (uint32_t k = 0; k < layout.call_count; k++) {
    s2vk_call_layout call = {.struct_size = sizeof call};
    assert_ok(s2vk_plan_get_call(made, k, &call));
    const void *expected = tiles_of(bindings[2], k, &tiles[2]);
    assert_memory_equal(tiles_of(bindings[k % 2], k, &tiles[k % 2]), expected, call.tiles_bytes);
  }
  for (int i = 3; i-- > 0;) {
    s2vk_binding_destroy(&bindings[i]);
    gpu_buffer_destroy(&suite_gpu, &tiles[i]);
  }
  gpu_buffer_destroy(&suite_gpu, &input);
  s2vk_plan_destroy(&made);
}

/* ---- An application's memory ------------------------------------------------------------------------------------- */

/* A pool of one block for each type, as an engine has one; what is given back is not used again. */
struct pool {
  VkDeviceMemory memory[VK_MAX_MEMORY_TYPES];
  char *mapped[VK_MAX_MEMORY_TYPES];
  VkDeviceSize used[VK_MAX_MEMORY_TYPES];
  int live, calls, fails_at; /* 0: never */
  bool unmapped;
};

#define POOL_BYTES ((VkDeviceSize)4 << 20)

static s2vk_result take_from_pool(void *user, const s2vk_memory_request *request, s2vk_memory *made) {
  struct pool *pool = user;
  VkPhysicalDeviceMemoryProperties properties;
  if (++pool->calls == pool->fails_at)
    return (s2vk_result)77;
  vkGetPhysicalDeviceMemoryProperties(suite_gpu.info.physical_device, &properties);
  uint32_t type = 0;
  while (!(request->memory_types >> type & 1) ||
         (properties.memoryTypes[type].propertyFlags & request->required) != request->required)
    type++;
  if (!pool->memory[type]) {
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = POOL_BYTES, .memoryTypeIndex = type};
    assert_int_equal(vkAllocateMemory(suite_gpu.info.device, &info, NULL, &pool->memory[type]), VK_SUCCESS);
    if (properties.memoryTypes[type].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)
      assert_int_equal(
          vkMapMemory(suite_gpu.info.device, pool->memory[type], 0, VK_WHOLE_SIZE, 0, (void **)&pool->mapped[type]),
          VK_SUCCESS);
  }
  const VkDeviceSize offset = (pool->used[type] + request->alignment) / request->alignment * request->alignment;
  assert_true(offset + request->bytes <= POOL_BYTES);
  pool->used[type] = offset + request->bytes;
  *made = (s2vk_memory){.memory = pool->memory[type], .offset = offset, .handle = pool};
  if (!pool->unmapped && pool->mapped[type])
    made->mapped = pool->mapped[type] + offset;
  pool->live++;
  return S2VK_SUCCESS;
}

static void give_to_pool(void *user, const s2vk_memory *memory) {
  struct pool *pool = user;
  assert_ptr_equal(memory->handle, pool);
  pool->live--;
}

static void close_pool(struct pool *pool) {
  assert_int_equal(pool->live, 0);
  for (uint32_t i = 0; i < VK_MAX_MEMORY_TYPES; i++)
    vkFreeMemory(suite_gpu.info.device, pool->memory[i], NULL);
}

static uint32_t live_in_pool(void *user) {
  return (uint32_t)((const struct pool *)user)->live;
}

/* A run from host memory to host memory; what the first call that fails returns. live counts what a user of the
 * callbacks has. */
static s2vk_result run_in(const s2vk_memory_callbacks *callbacks, uint32_t (*live)(void *user)) {
  s2vk_plan_info info = suite_plan_info();
  struct noise noise = {3};
  struct compare compare;
  struct replay replay;
  s2vk_context *theirs = NULL;
  s2vk_plan *made = NULL;
  s2vk_binding *binding = NULL;
  s2vk_context_info context_info = suite_gpu.info;
  context_info.memory = callbacks;
  assert_ok(s2vk_context_create(&context_info, &theirs));
  compare_create(&compare, &info, &noise, 0);
  s2vk_result result = s2vk_plan_create(theirs, &info, &made);
  if (!result)
    result = s2vk_binding_create(made, NULL, &binding);
  if (!result) {
    replay_create(&replay, &suite_gpu, made);
    compare_fill(&compare, made, &replay);
    void *output = malloc(compare.output_bytes);
    const s2vk_model model = replay_on_host(&replay);
    result = s2vk_forward(binding, &model, compare.input, compare.input_bytes, output, compare.output_bytes);
    if (!result) {
      s2vk_context_statistics statistics = {.struct_size = sizeof statistics};
      assert_ok(s2vk_context_get_statistics(theirs, &statistics));
      assert_int_equal(statistics.memory_blocks, live(callbacks->user));
      assert_true(compare_tiles(&compare, made, &replay) < 1e-5 && compare_output(&compare, made, output) < 1e-5);
    }
    free(output);
    replay_destroy(&replay, &suite_gpu);
  }
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&made);
  s2vk_context_destroy(&theirs);
  compare_destroy(&compare);
  return result;
}

static s2vk_result run_in_pool(struct pool *pool) {
  const s2vk_memory_callbacks callbacks = {pool, take_from_pool, give_to_pool};
  return run_in(&callbacks, live_in_pool);
}

static void memory_may_be_the_applications(void **state) {
  (void)state;
  struct pool pool = {0};
  assert_int_equal(run_in_pool(&pool), S2VK_SUCCESS);
  const int calls = pool.calls;
  assert_in_range(calls, 3, 8); /* tables, the binding's buffers, upload and download */
  close_pool(&pool);
  for (int n = 1; n <= calls; n++) {
    pool = (struct pool){.fails_at = n};
    gpu_clear_log();
    assert_int_equal(run_in_pool(&pool), 77);
    assert_non_null(strstr(gpu_last_log(), "allocate returned 77"));
    close_pool(&pool);
  }
  pool = (struct pool){.unmapped = true};
  assert_int_equal(run_in_pool(&pool), S2VK_ERROR_MEMORY);
  assert_non_null(strstr(gpu_last_log(), "mapped NULL"));
  close_pool(&pool);
  s2vk_context *context;
  s2vk_context_info info = suite_gpu.info;
  const s2vk_memory_callbacks half = {.allocate = take_from_pool};
  info.memory = &half;
  assert_fails(s2vk_context_create(&info, &context), S2VK_ERROR_MEMORY, "s2vk_context_info.memory has no free");
}

/* ---- Several images, several levels ----------------------------------------------------------------------------- */

struct part {
  s2vk_plan_info info;
  s2vk_plan *plan;
  s2vk_plan_layout layout;
  s2vk_binding *binding;
  struct compare compare;
  struct replay replay;
  struct gpu_buffer input, output;
  VkDeviceSize tiles_at, features_at;
};

static void part_create(struct part *part, struct noise *noise) {
  part->info.calls_cross_scales = true;
  part->layout = (s2vk_plan_layout){.struct_size = sizeof part->layout};
  assert_ok(s2vk_plan_create(suite_gpu.context, &part->info, &part->plan));
  assert_ok(s2vk_plan_get_layout(part->plan, &part->layout));
  assert_int_equal(part->layout.call_count, 1);
  compare_create(&part->compare, &part->info, noise, 0);
  replay_create(&part->replay, &suite_gpu, part->plan);
  compare_fill(&part->compare, part->plan, &part->replay);
  part->input = stored(part->compare.input, part->compare.input_bytes, 0);
  part->output = gpu_buffer_create_for(&suite_gpu, part->layout.output_bytes, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
}

/* Binds a part to slices of the two buffers, and puts its features where the model would. */
static void part_bind(struct part *part, const struct gpu_buffer *tiles, const struct gpu_buffer *features) {
  const s2vk_binding_info info = {.struct_size = sizeof info,
      .input = {part->input.buffer, 0, part->input.bytes, 0},
      .tiles = {tiles->buffer, part->tiles_at, part->layout.tiles_bytes, 0},
      .features = {features->buffer, part->features_at, part->layout.features_bytes, 0},
      .output = {part->output.buffer, 0, part->output.bytes, 0}};
  assert_ok(s2vk_binding_create(part->plan, &info, &part->binding));
  memcpy((char *)features->host + part->features_at, part->replay.features.host, part->layout.features_bytes);
}

static void part_destroy(struct part *part) {
  s2vk_binding_destroy(&part->binding);
  s2vk_plan_destroy(&part->plan);
  compare_destroy(&part->compare);
  replay_destroy(&part->replay, &suite_gpu);
  gpu_buffer_destroy(&suite_gpu, &part->input);
  gpu_buffer_destroy(&suite_gpu, &part->output);
}

/* Three images of different sizes: all splits, one call of a model, all merges. */
static void images_share_a_model_call(void **state) {
  (void)state;
  static const uint32_t widths[] = {8, 11, 20};
  struct part parts[3] = {0};
  struct noise noise = {31};
  VkDeviceSize tiles_end = 0, features_end = 0;
  for (int i = 0; i < 3; i++) {
    parts[i].info = suite_plan_info();
    parts[i].info.width = widths[i];
    parts[i].info.max_split_size = 8;
    part_create(&parts[i], &noise);
    const VkDeviceSize alignment = parts[i].layout.offset_alignment;
    parts[i].tiles_at = tiles_end;
    parts[i].features_at = features_end;
    tiles_end += (parts[i].layout.tiles_bytes + alignment - 1) / alignment * alignment;
    features_end += (parts[i].layout.features_bytes + alignment - 1) / alignment * alignment;
  }
  struct gpu_buffer tiles = gpu_buffer_create_for(&suite_gpu, tiles_end, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
  struct gpu_buffer features = gpu_buffer_create_for(&suite_gpu, features_end, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  for (int i = 0; i < 3; i++) {
    part_bind(&parts[i], &tiles, &features);
    assert_ok(s2vk_record_split(parts[i].binding, 0, commands));
  }
  for (int i = 0; i < 3; i++)
    assert_ok(s2vk_record_merge(parts[i].binding, 0, commands));
  gpu_barrier(commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  for (int i = 0; i < 3; i++) {
    memcpy(parts[i].replay.tiles.host, (char *)tiles.host + parts[i].tiles_at, parts[i].layout.tiles_bytes);
    assert_true(compare_tiles(&parts[i].compare, parts[i].plan, &parts[i].replay) < 1e-5);
    assert_true(compare_output(&parts[i].compare, parts[i].plan, parts[i].output.host) < 1e-5);
    part_destroy(&parts[i]);
  }
  gpu_buffer_destroy(&suite_gpu, &tiles);
  gpu_buffer_destroy(&suite_gpu, &features);
}

/* Three levels of a ConvNet's maps: one split, by the plan of the first, and a merge of each. */
static void levels_share_a_split(void **state) {
  (void)state;
  struct part parts[3] = {0};
  struct noise noise = {32};
  VkDeviceSize features_end = 0;
  for (int i = 0; i < 3; i++) {
    parts[i].info = suite_plan_info();
    parts[i].info.output_shape = S2VK_OUTPUT_BCHW;
    parts[i].info.model = (s2vk_model_shape){.channels = 4u << i, .height = 4u >> i, .width = 4u >> i};
    part_create(&parts[i], &noise);
    const VkDeviceSize alignment = parts[i].layout.offset_alignment;
    parts[i].features_at = features_end;
    features_end += (parts[i].layout.features_bytes + alignment - 1) / alignment * alignment;
  }
  struct gpu_buffer tiles =
      gpu_buffer_create_for(&suite_gpu, parts[0].layout.tiles_bytes, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
  struct gpu_buffer features = gpu_buffer_create_for(&suite_gpu, features_end, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  for (int i = 0; i < 3; i++) {
    part_bind(&parts[i], &tiles, &features);
    if (i == 0)
      assert_ok(s2vk_record_split(parts[i].binding, 0, commands));
    assert_ok(s2vk_record_merge(parts[i].binding, 0, commands));
  }
  gpu_barrier(commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  memcpy(parts[0].replay.tiles.host, tiles.host, parts[0].layout.tiles_bytes);
  assert_true(compare_tiles(&parts[0].compare, parts[0].plan, &parts[0].replay) < 1e-5);
  for (int i = 0; i < 3; i++) {
    assert_true(compare_output(&parts[i].compare, parts[i].plan, parts[i].output.host) < 1e-5);
    part_destroy(&parts[i]);
  }
  gpu_buffer_destroy(&suite_gpu, &tiles);
  gpu_buffer_destroy(&suite_gpu, &features);
}

static void memory_may_be_of_vulkan_memory_allocator(void **state) {
  (void)state;
#ifdef HAVE_VMA
  s2vk_memory_callbacks callbacks;
  assert_true(vma_open(&suite_gpu.info, &callbacks));
  assert_int_equal(run_in(&callbacks, vma_live), S2VK_SUCCESS);
  assert_int_equal(vma_live(callbacks.user), 0);
  vma_close(&callbacks);
#else
  print_message("SKIPPED: no VulkanMemoryAllocator here\n");
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(storage_buffers_are_enough),
      cmocka_unit_test(sources_may_be_late),
      cmocka_unit_test(resized_images_are_shared),
      cmocka_unit_test(memory_may_be_the_applications),
      cmocka_unit_test(memory_may_be_of_vulkan_memory_allocator),
      cmocka_unit_test(images_share_a_model_call),
      cmocka_unit_test(levels_share_a_split),
  };
  return cmocka_run_group_tests_name("engines", tests, suite_open_gpu, suite_close_gpu);
}
