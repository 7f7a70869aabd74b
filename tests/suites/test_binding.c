#include "suite.h"

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

/* Buffers that overlap by one aligned step, and none that only touch. */
static void overlaps_are_named(void **state) {
  (void)state;
  const char *const names[] = {"input", "tiles", "features", "output"};
  const VkDeviceSize needed[] = {layout.input_bytes, layout.tiles_bytes, layout.features_bytes, layout.output_bytes};
  const VkDeviceSize step = layout.offset_alignment;
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 4; k++) {
      s2vk_binding *binding = NULL;
      s2vk_binding_info info = all_ours();
      s2vk_buffer *const buffers[] = {&info.input, &info.tiles, &info.features, &info.output};
      if (i == k)
        continue;
      buffers[i]->offset = buffers[k]->offset + (needed[k] - 1) / step * step; /* its last bytes */
      char word[64];
      snprintf(word, sizeof word, "%s.offset is %llu", names[i], (unsigned long long)buffers[i]->offset);
      assert_fails(s2vk_binding_create(plan, &info, &binding), S2VK_ERROR_WORKSPACE, word, "overlap");
      assert_null(binding);
      info = all_ours();
      buffers[i]->offset = buffers[k]->offset;
      assert_fails(s2vk_binding_create(plan, &info, &binding), S2VK_ERROR_WORKSPACE, "overlap");
    }
}

static void a_workspace_is_not_shared(void **state) {
  (void)state;
  s2vk_binding *first, *second;
  s2vk_binding_info info = all_ours();
  assert_ok(s2vk_binding_create(plan, &info, &first));
  s2vk_binding_info next = {.struct_size = sizeof next, .in_turn_with = first};
  assert_ok(s2vk_binding_create(plan, &next, &second));
  s2vk_tensor input, output;
  s2vk_model_call call;
  assert_ok(s2vk_binding_get_tensors(second, &input, &output));
  assert_ok(s2vk_binding_get_call(second, 0, &call));
  assert_true(input.buffer == memory.buffer && input.offset == part);
  assert_true(output.buffer == memory.buffer && output.offset == 0);
  assert_true(call.tiles.buffer != memory.buffer && call.features.buffer != memory.buffer);
  s2vk_binding_destroy(&second);
  for (int i = 0; i < 2; i++) {
    next.tiles = i == 0 ? info.tiles : (s2vk_buffer){0};
    next.features = i == 1 ? info.features : (s2vk_buffer){0};
    assert_fails(s2vk_binding_create(plan, &next, &second), S2VK_ERROR_WORKSPACE,
        i ? "in_turn_with's features.offset" : "in_turn_with's tiles.offset", "overlap");
    assert_null(second);
  }
  next.features = info.tiles; /* the model reads the one while it writes the other */
  assert_fails(s2vk_binding_create(plan, &next, &second), S2VK_ERROR_WORKSPACE, "in_turn_with's tiles.offset");
  s2vk_binding_destroy(&first);
}

static void bindings_in_turn_are_of_one_plan(void **state) {
  (void)state;
  const s2vk_plan_info other_info = suite_plan_info();
  s2vk_plan *other;
  s2vk_binding *first, *second;
  assert_ok(s2vk_plan_create(suite_gpu.context, &other_info, &other));
  assert_ok(s2vk_binding_create(other, NULL, &first));
  const s2vk_binding_info info = {.struct_size = sizeof info, .in_turn_with = first};
  assert_fails(s2vk_binding_create(plan, &info, &second), S2VK_ERROR_WORKSPACE, "in_turn_with is a binding of another");
  s2vk_binding_destroy(&first);
  s2vk_plan_destroy(&other);
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
  info = all_ours();
  info.late_inputs = info.late_features = 1;
  assert_ok(s2vk_binding_create(plan, &info, &late));
  source.buffer = info.tiles;
  features = info.output;
  assert_fails(
      s2vk_record_split_from(late, 0, commands, &source), S2VK_ERROR_WORKSPACE, "late input.offset", "tiles.offset");
  assert_fails(s2vk_record_merge_from(late, 0, commands, &features), S2VK_ERROR_WORKSPACE, "late features.offset",
      "output.offset");
  s2vk_binding_destroy(&late);
  info.late_inputs = 5000;
  assert_fails(s2vk_binding_create(plan, &info, &late), S2VK_ERROR_OVERFLOW, "late_inputs is 5000", "4096");
  s2vk_binding_destroy(&own);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bad_late_sources_are_named),
      cmocka_unit_test(callers_buffers_are_used),
      cmocka_unit_test(the_rest_is_made),
      cmocka_unit_test(what_is_made_is_what_the_layout_says),
      cmocka_unit_test(few_allocations_are_taken),
      cmocka_unit_test(bad_buffers_are_named),
      cmocka_unit_test(overlaps_are_named),
      cmocka_unit_test(a_workspace_is_not_shared),
      cmocka_unit_test(bindings_in_turn_are_of_one_plan),
      cmocka_unit_test(bad_calls_are_refused),
  };
  return cmocka_run_group_tests_name("binding", tests, open_plan, close_plan);
}
