/* Names and labels of VK_EXT_debug_utils, as a function table between the library and the loader sees them. */
#include "suite.h"

#define MAX_SEEN 256

static struct {
  VkObjectType type;
  char text[128];
} names[MAX_SEEN];
static char labels[MAX_SEEN][128];
static uint32_t name_count, label_count, depth, deepest;

static VKAPI_ATTR VkResult VKAPI_CALL our_name(VkDevice device, const VkDebugUtilsObjectNameInfoEXT *info) {
  assert_true(name_count < MAX_SEEN);
  names[name_count].type = info->objectType;
  snprintf(names[name_count++].text, sizeof names->text, "%s", info->pObjectName);
  return vkSetDebugUtilsObjectNameEXT(device, info);
}

static VKAPI_ATTR void VKAPI_CALL our_begin(VkCommandBuffer commands, const VkDebugUtilsLabelEXT *label) {
  assert_true(label_count < MAX_SEEN);
  snprintf(labels[label_count++], sizeof *labels, "%s", label->pLabelName);
  depth++;
  deepest = depth > deepest ? depth : deepest;
  vkCmdBeginDebugUtilsLabelEXT(commands, label);
}

static VKAPI_ATTR void VKAPI_CALL our_end(VkCommandBuffer commands) {
  assert_true(depth > 0);
  depth--;
  vkCmdEndDebugUtilsLabelEXT(commands);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_proc(VkInstance instance, const char *name) {
  if (strcmp(name, "vkSetDebugUtilsObjectNameEXT") == 0)
    return (PFN_vkVoidFunction)our_name;
  if (strcmp(name, "vkCmdBeginDebugUtilsLabelEXT") == 0)
    return (PFN_vkVoidFunction)our_begin;
  if (strcmp(name, "vkCmdEndDebugUtilsLabelEXT") == 0)
    return (PFN_vkVoidFunction)our_end;
  return vkGetInstanceProcAddr(instance, name);
}

static bool is_named(VkObjectType type, const char *text) {
  for (uint32_t i = 0; i < name_count; i++)
    if (names[i].type == type && strcmp(names[i].text, text) == 0)
      return true;
  print_error("no object of type %d is named \"%s\"\n", (int)type, text);
  return false;
}

/* ---- A run ------------------------------------------------------------------------------------------------------- */

struct fixture {
  s2vk_context *context;
  s2vk_plan *plan;
  s2vk_binding *binding;
};

static void open_fixture(struct fixture *f, bool debug_utils) {
  name_count = label_count = depth = deepest = 0;
  s2vk_context_info info = suite_gpu.info;
  info.get_instance_proc_addr = instance_proc;
  info.debug_utils = debug_utils;
  assert_ok(s2vk_context_create(&info, &f->context));
  s2vk_plan_info plan = suite_plan_info();
  const double scales[] = {1, 1.25}; /* sums outlive the calls */
  plan.scales = scales;
  plan.model.tokens = 9;
  plan.tiles_per_call = 6;
  assert_ok(s2vk_plan_create(f->context, &plan, &f->plan));
  assert_ok(s2vk_binding_create(f->plan, NULL, &f->binding));
}

static void close_fixture(struct fixture *f) {
  s2vk_binding_destroy(&f->binding);
  s2vk_plan_destroy(&f->plan);
  s2vk_context_destroy(&f->context);
}

static s2vk_result refuse_the_second(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  return call->index == 1 ? (s2vk_result)7 : suite_zero_features(user, commands, call);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void objects_have_names(void **state) {
  (void)state;
  struct fixture f;
  open_fixture(&f, true);
  const s2vk_model model = {.struct_size = sizeof model, .record = suite_zero_features};
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_get_layout(f.plan, &layout));
  void *input = calloc(1, layout.input_bytes), *output = calloc(1, layout.output_bytes);
  assert_ok(s2vk_forward(f.binding, &model, input, layout.input_bytes, output, layout.output_bytes));
  const char *const buffers[] = {
      "s2vk tables", "s2vk input", "s2vk tiles", "s2vk features", "s2vk output", "s2vk upload", "s2vk download"};
  for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
    assert_true(is_named(VK_OBJECT_TYPE_BUFFER, buffers[i]));
  const char *const blocks[] = {"s2vk tables", "s2vk device", "s2vk upload", "s2vk download"};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
    assert_true(is_named(VK_OBJECT_TYPE_DEVICE_MEMORY, blocks[i]));
  if (layout.accumulator_bytes)
    assert_true(is_named(VK_OBJECT_TYPE_BUFFER, "s2vk accumulator"));
  assert_true(is_named(VK_OBJECT_TYPE_DESCRIPTOR_SET_LAYOUT, "s2vk passes"));
  assert_true(is_named(VK_OBJECT_TYPE_PIPELINE_LAYOUT, "s2vk passes"));
  assert_true(is_named(VK_OBJECT_TYPE_DESCRIPTOR_POOL, "s2vk binding"));
  assert_true(is_named(VK_OBJECT_TYPE_DESCRIPTOR_SET, "s2vk split, range 0"));
  assert_true(is_named(VK_OBJECT_TYPE_DESCRIPTOR_SET, "s2vk merge, range 0"));
  assert_true(is_named(VK_OBJECT_TYPE_COMMAND_POOL, "s2vk forward"));
  assert_true(is_named(VK_OBJECT_TYPE_COMMAND_BUFFER, "s2vk forward"));
  assert_true(is_named(VK_OBJECT_TYPE_FENCE, "s2vk forward"));
  bool split = false, merge = false;
  for (uint32_t i = 0; i < name_count; i++) {
    assert_ptr_equal(strstr(names[i].text, "s2vk "), names[i].text);
    assert_null(strstr(names[i].text, "null"));
    split |= names[i].type == VK_OBJECT_TYPE_PIPELINE && strstr(names[i].text, "s2vk split");
    merge |= names[i].type == VK_OBJECT_TYPE_PIPELINE && strstr(names[i].text, "s2vk merge");
  }
  assert_true(split && merge);
  assert_int_equal(depth, 0);
  free(input);
  free(output);
  close_fixture(&f);
}

static void steps_have_labels(void **state) {
  (void)state;
  struct fixture f;
  open_fixture(&f, true);
  const s2vk_model model = {.struct_size = sizeof model, .record = suite_zero_features};
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  assert_ok(s2vk_record(f.binding, commands, &model));
  const char *const expected[] = {
      "s2vk split, call 0: 2 tiles from 0 of scale 0",
      "s2vk model, call 0: 2 tiles from 0 of scale 0",
      "s2vk merge, call 0: 2 tiles from 0 of scale 0",
      "s2vk split, call 1: 6 tiles from 2 of scale 1",
      "s2vk model, call 1: 6 tiles from 2 of scale 1",
      "s2vk merge, call 1: 6 tiles from 2 of scale 1",
      "s2vk split, call 2: 2 tiles from 8 of scale 1",
      "s2vk model, call 2: 2 tiles from 8 of scale 1",
      "s2vk merge, call 2: 2 tiles from 8 of scale 1",
  };
  assert_int_equal(label_count, sizeof expected / sizeof *expected);
  for (uint32_t i = 0; i < label_count; i++)
    assert_string_equal(labels[i], expected[i]);
  assert_int_equal(depth, 0);
  assert_int_equal(deepest, 1);
  label_count = 0;
  assert_ok(s2vk_record_split(f.binding, 1, commands));
  assert_ok(s2vk_record_merge(f.binding, 1, commands));
  assert_int_equal(label_count, 2);
  assert_string_equal(labels[0], expected[3]);
  assert_string_equal(labels[1], expected[5]);
  assert_int_equal(depth, 0);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  close_fixture(&f);
}

static void a_models_error_closes_its_label(void **state) {
  (void)state;
  struct fixture f;
  open_fixture(&f, true);
  const s2vk_model model = {.struct_size = sizeof model, .record = refuse_the_second};
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  assert_int_equal(s2vk_record(f.binding, commands, &model), 7);
  assert_int_equal(label_count, 5);
  assert_int_equal(depth, 0);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  close_fixture(&f);
}

static void unasked_it_says_nothing(void **state) {
  (void)state;
  struct fixture f;
  open_fixture(&f, false);
  const s2vk_model model = {.struct_size = sizeof model, .record = suite_zero_features};
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  assert_ok(s2vk_record(f.binding, commands, &model));
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  assert_int_equal(name_count, 0);
  assert_int_equal(label_count, 0);
  close_fixture(&f);
}

/* An instance on which the extension is not enabled. */
static void without_the_extension_it_is_refused(void **state) {
  (void)state;
  const s2vk_device_info bare = {
      .struct_size = sizeof bare, .get_instance_proc_addr = vkGetInstanceProcAddr, .log = gpu_log};
  s2vk_context_info info;
  assert_true(suite_gpu.info.debug_utils); /* s2vk_device_open() saw the extension */
  assert_ok(s2vk_device_open(&bare, &info));
  assert_false(info.debug_utils);
  s2vk_context *context;
  assert_ok(s2vk_context_create(&info, &context));
  s2vk_context_destroy(&context);
  info.debug_utils = true;
  assert_fails(s2vk_context_create(&info, &context), S2VK_ERROR_NO_DRIVER, "debug_utils", "VK_EXT_debug_utils");
  assert_null(context);
  s2vk_device_close(&info);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(objects_have_names),
      cmocka_unit_test(steps_have_labels),
      cmocka_unit_test(a_models_error_closes_its_label),
      cmocka_unit_test(unasked_it_says_nothing),
      cmocka_unit_test(without_the_extension_it_is_refused),
  };
  return cmocka_run_group_tests_name("debug", tests, suite_open_gpu, suite_close_gpu);
}
