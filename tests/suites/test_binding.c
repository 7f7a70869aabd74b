#include "suite.h"

#include "compare.h"
#include "guard.h"
#include "run/binding.h"

#include "run/binding.h"

static s2vk_plan *plan;
static s2vk_plan_layout layout;
static struct gpu_buffer memory;
static VkDeviceSize part; /* bytes of the buffer for each tensor */

static int open_plan(void **state) {
  if (suite_open_gpu(state))
    return -1;
  const s2vk_plan_info info = suite_plan_info();
  layout = (s2vk_plan_layout){.struct_size = sizeof layout};
  if (s2vk_plan_create(suite_gpu.context, &info, &plan) || s2vk_plan_get_layout(plan, &layout))
    return -1;
  part = (layout.tiles_bytes + layout.offset_alignment) / layout.offset_alignment * layout.offset_alignment;
  memory = gpu_buffer_create(&suite_gpu, 4 * part);
  return 0;
}

static int close_plan(void **state) {
  gpu_buffer_destroy(&suite_gpu, &memory);
  s2vk_plan_destroy(&plan);
  return suite_close_gpu(state);
}

/* Every tensor in one buffer of the caller's, none of them at its beginning. */
static s2vk_binding_info all_ours(void) {
  return (s2vk_binding_info){
      .struct_size = sizeof(s2vk_binding_info),
      .output = {memory.buffer, 0 * part, part, GPU_BUFFER_USAGE},
      .input = {memory.buffer, 1 * part, part, GPU_BUFFER_USAGE},
      .features = {memory.buffer, 2 * part, part, GPU_BUFFER_USAGE},
      .tiles = {memory.buffer, 3 * part, part, GPU_BUFFER_USAGE},
  };
}

static void callers_buffers_are_used(void **state) {
  (void)state;
  const s2vk_binding_info info = all_ours();
  s2vk_binding *binding;
  s2vk_tensor input, output;
  s2vk_model_call call;
  assert_ok(s2vk_binding_create(plan, &info, &binding));
  assert_ok(s2vk_binding_get_tensors(binding, &input, &output));
  assert_ok(s2vk_binding_get_call(binding, 1, &call));
  assert_true(input.buffer == memory.buffer && input.offset == part);
  assert_int_equal(input.bytes, layout.input_bytes);
  assert_int_equal(input.shape.rank, 4);
  assert_true(output.buffer == memory.buffer && output.offset == 0);
  assert_int_equal(output.shape.rank, 3);
  assert_true(call.tiles.buffer == memory.buffer && call.tiles.offset == 3 * part);
  assert_true(call.features.buffer == memory.buffer && call.features.offset == 2 * part);
  assert_int_equal(call.index, 1);
  assert_int_equal(call.scale, 1);
  assert_int_equal(call.first_tile, 2);
  assert_int_equal(call.tiles.shape.dims[0], 8);
  assert_int_equal(call.features.bytes, layout.features_bytes);
  s2vk_binding_destroy(&binding);
  assert_null(binding);
  s2vk_binding_destroy(&binding);
  s2vk_binding_destroy(NULL);
}

static void the_rest_is_made(void **state) {
  (void)state;
  s2vk_binding_info info = all_ours();
  s2vk_binding *binding;
  s2vk_tensor input, output;
  info.input = (s2vk_buffer){0};
  info.tiles = (s2vk_buffer){0};
  assert_ok(s2vk_binding_create(plan, &info, &binding));
  assert_ok(s2vk_binding_get_tensors(binding, &input, &output));
  assert_non_null(input.buffer);
  assert_true(input.buffer != memory.buffer && output.buffer == memory.buffer);
  assert_int_equal(binding->owned[S2_SLOT_INPUT].bytes, layout.input_bytes);
  assert_int_equal(binding->owned[S2_SLOT_TILES].bytes, layout.tiles_bytes);
  assert_null(binding->owned[S2_SLOT_FEATURES].buffer);
  assert_null(binding->owned[S2_SLOT_ACCUMULATOR].buffer);
  s2vk_binding_destroy(&binding);
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  assert_ok(s2vk_binding_get_tensors(binding, NULL, NULL));
  s2vk_binding_destroy(&binding);
}

static void what_is_made_is_what_the_layout_says(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double scales[] = {1, 1.25}; /* windows over tiles: sums outlive calls */
  info.scales = scales;
  info.model.tokens = 16;
  info.tiles_per_call = 1;
  info.output_type = S2VK_TYPE_F16;
  s2vk_plan *other;
  s2vk_binding *binding;
  s2vk_plan_layout l = {.struct_size = sizeof l};
  assert_ok(s2vk_plan_create(suite_gpu.context, &info, &other));
  assert_ok(s2vk_plan_get_layout(other, &l));
  assert_int_equal(l.accumulator_bytes, 2 * l.output_bytes);
  assert_ok(s2vk_binding_create(other, NULL, &binding));
  const VkDeviceSize bytes[S2_SLOT_COUNT] = {
      l.input_bytes, l.tiles_bytes, l.features_bytes, l.output_bytes, l.accumulator_bytes}; /* and nothing is resized */
  for (int slot = 0; slot < S2_SLOT_COUNT; slot++)
    assert_int_equal(binding->owned[slot].bytes, bytes[slot]);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&other);
}

/* However many there are: of device memory there is a limited number of allocations, 4096 on many devices. */
static void few_allocations_are_taken(void **state) {
  (void)state;
  s2vk_context *context;
  assert_ok(s2vk_context_create(&suite_gpu.info, &context));
  const s2vk_plan_info info = suite_plan_info();
  const s2vk_model model = {.struct_size = sizeof model, .record = suite_zero_features};
  float input[2 * 3 * 8 * 8] = {0}, output[2 * 4 * 8];
  s2vk_plan *plans[50];
  s2vk_binding *bindings[50];
  s2vk_context_statistics statistics = {.struct_size = sizeof statistics};
  for (int i = 0; i < 50; i++) {
    assert_ok(s2vk_plan_create(context, &info, &plans[i]));
    assert_ok(s2vk_binding_create(plans[i], NULL, &bindings[i]));
    assert_ok(s2vk_forward(bindings[i], &model, input, sizeof input, output, sizeof output));
    assert_ok(s2vk_context_get_statistics(context, &statistics));
    assert_int_equal(statistics.memory_blocks, 4); /* of tables, tensors, uploads and downloads */
  }
  assert_int_equal(statistics.memory_bytes, 4 << 20);
  for (int i = 0; i < 50; i++) {
    s2vk_binding_destroy(&bindings[i]);
    s2vk_plan_destroy(&plans[i]);
  }
  s2vk_context_destroy(&context);
}

static void bad_buffers_are_named(void **state) {
  (void)state;
  const char *const names[] = {"input", "tiles", "features", "output"};
  for (int i = 0; i < 4; i++) {
    char word[64];
    s2vk_binding *binding;
    s2vk_binding_info info = all_ours();
    s2vk_buffer *const buffers[] = {&info.input, &info.tiles, &info.features, &info.output};
    const VkDeviceSize needed[] = {layout.input_bytes, layout.tiles_bytes, layout.features_bytes, layout.output_bytes};
    buffers[i]->bytes = needed[i] - 1;
    snprintf(word, sizeof word, "%s.bytes is %llu", names[i], (unsigned long long)needed[i] - 1);
    assert_fails(s2vk_binding_create(plan, &info, &binding), S2VK_ERROR_BUFFER_SIZE, word);
    assert_null(binding);
    info = all_ours();
    buffers[i]->offset += 2;
    snprintf(word, sizeof word, "%s.offset is %llu", names[i], (unsigned long long)buffers[i]->offset);
    assert_fails(s2vk_binding_create(plan, &info, &binding), S2VK_ERROR_BUFFER_ALIGNMENT, word, "multiple of");
    assert_null(binding);
    info = all_ours();
    buffers[i]->bytes = needed[i]; /* exactly enough */
    assert_ok(s2vk_binding_create(plan, &info, &binding));
    s2vk_binding_destroy(&binding);
  }
}

static void bad_calls_are_refused(void **state) {
  (void)state;
  s2vk_binding *binding = (s2vk_binding *)&memory;
  s2vk_model_call call;
  s2vk_binding_info info = all_ours();
  assert_int_equal(s2vk_binding_create(NULL, &info, &binding), S2VK_ERROR_NULL);
  assert_null(binding);
  assert_fails(s2vk_binding_create(plan, &info, NULL), S2VK_ERROR_NULL, "binding is NULL");
  info.struct_size = 0;
  assert_fails(s2vk_binding_create(plan, &info, &binding), S2VK_ERROR_STRUCT_SIZE, "struct_size is 0");
  assert_int_equal(s2vk_binding_get_tensors(NULL, NULL, NULL), S2VK_ERROR_NULL);
  assert_int_equal(s2vk_binding_get_call(NULL, 0, &call), S2VK_ERROR_NULL);
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  assert_fails(s2vk_binding_get_call(binding, 2, &call), S2VK_ERROR_CALL_INDEX, "call is 2");
  assert_fails(s2vk_binding_get_call(binding, 0, NULL), S2VK_ERROR_NULL, "model_call is NULL");
  s2vk_binding_destroy(&binding);
}

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

static void bad_late_sources_are_named(void **state) {
  (void)state;
  s2vk_binding_info info = {.struct_size = sizeof info, .late_features = 1};
  s2vk_binding *late, *own;
  s2vk_source source = {.buffer = {memory.buffer, 0, part, 0}};
  s2vk_buffer features = {memory.buffer, 0, part, 0};
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  assert_ok(s2vk_binding_create(plan, &info, &late));
  assert_ok(s2vk_binding_create(plan, NULL, &own));
  assert_fails(s2vk_record_merge(late, 0, commands), S2VK_ERROR_LATE, "without features", "s2vk_record_merge_from()");
  const s2vk_model model = {.struct_size = sizeof model, .record = suite_zero_features};
  assert_fails(s2vk_record(late, commands, &model), S2VK_ERROR_LATE, "without features");
  assert_fails(s2vk_record_merge_from(own, 0, commands, &features), S2VK_ERROR_LATE, "late_features was 0");
  assert_fails(s2vk_record_split_from(late, 0, commands, &source), S2VK_ERROR_LATE, "late_inputs was 0");
  assert_fails(s2vk_record_merge_from(late, 0, commands, NULL), S2VK_ERROR_NULL, "features is NULL");
  assert_fails(s2vk_record_merge_from(late, 9, commands, &features), S2VK_ERROR_CALL_INDEX, "call is 9");
  features.bytes = 8;
  assert_fails(s2vk_record_merge_from(late, 0, commands, &features), S2VK_ERROR_BUFFER_SIZE, "features.bytes is 8");
  features = (s2vk_buffer){memory.buffer, 1, part, 0};
  assert_fails(
      s2vk_record_merge_from(late, 0, commands, &features), S2VK_ERROR_BUFFER_ALIGNMENT, "features.offset is 1");
  features.buffer = VK_NULL_HANDLE;
  assert_fails(s2vk_record_merge_from(late, 0, commands, &features), S2VK_ERROR_NULL, "features.buffer is NULL");
  s2vk_binding_destroy(&late);
  info.late_inputs = 1;
  assert_ok(s2vk_binding_create(plan, &info, &late));
  source.view = (VkImageView)(uintptr_t)&source;
  assert_fails(s2vk_record_split_from(late, 0, commands, &source), S2VK_ERROR_PIXELS, "input.view is given");
  source = (s2vk_source){.buffer = {memory.buffer, 0, 4, 0}};
  assert_fails(s2vk_record_split_from(late, 0, commands, &source), S2VK_ERROR_BUFFER_SIZE, "input.bytes is 4");
  s2vk_binding_destroy(&late);
  info.late_inputs = 5000;
  assert_fails(s2vk_binding_create(plan, &info, &late), S2VK_ERROR_OVERFLOW, "late_inputs is 5000", "4096");
  s2vk_binding_destroy(&own);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
}

/* ---- An application's memory --------------------------------------------------------------------------------------- */

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

/* A run from host memory to host memory; what the first call that fails returns. */
static s2vk_result run_in_pool(struct pool *pool) {
  s2vk_plan_info info = suite_plan_info();
  struct noise noise = {3};
  struct compare compare;
  struct replay replay;
  s2vk_context *theirs = NULL;
  s2vk_plan *made = NULL;
  s2vk_binding *binding = NULL;
  const s2vk_memory_callbacks callbacks = {pool, take_from_pool, give_to_pool};
  s2vk_context_info context_info = suite_gpu.info;
  context_info.memory = &callbacks;
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
      assert_int_equal(statistics.memory_blocks, pool->live);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_may_be_the_applications),
      cmocka_unit_test(sources_may_be_late),
      cmocka_unit_test(bad_late_sources_are_named),
      cmocka_unit_test(storage_buffers_are_enough),
      cmocka_unit_test(callers_buffers_are_used),
      cmocka_unit_test(the_rest_is_made),
      cmocka_unit_test(what_is_made_is_what_the_layout_says),
      cmocka_unit_test(few_allocations_are_taken),
      cmocka_unit_test(bad_buffers_are_named),
      cmocka_unit_test(bad_calls_are_refused),
  };
  return cmocka_run_group_tests_name("binding", tests, open_plan, close_plan);
}
