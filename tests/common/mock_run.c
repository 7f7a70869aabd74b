#include "mock_run.h"

int mock_run_reset(void **state) {
  (void)state;
  mock_reset();
  return 0;
}

void mock_run_open_device(struct mock_run *run, int32_t device_index) {
  const s2vk_device_info info = {.struct_size = sizeof info,
      .get_instance_proc_addr = mock_get_instance_proc_addr,
      .device_index = device_index,
      .log = gpu_log};
  *run = (struct mock_run){0};
  assert_ok(s2vk_device_open(&info, &run->info));
}

void mock_run_open(struct mock_run *run, const s2vk_plan_info *info) {
  mock_run_open_device(run, 0);
  assert_ok(s2vk_context_create(&run->info, &run->context));
  assert_ok(s2vk_plan_create(run->context, info, &run->plan));
  assert_ok(s2vk_binding_create(run->plan, NULL, &run->binding));
}

void mock_run_close(struct mock_run *run) {
  s2vk_binding_destroy(&run->binding);
  s2vk_plan_destroy(&run->plan);
  s2vk_context_destroy(&run->context);
  s2vk_device_close(&run->info);
  for (int type = 0; type < MOCK_OBJECT_TYPES; type++)
    assert_int_equal(mock_vk.alive[type], 0);
  assert_int_equal(mock_vk.misuses, 0);
}

/* The bytes of a dense tensor, not rounded up. */
static size_t dense_bytes(const s2vk_tensor *tensor) {
  size_t bytes = s2vk_type_size(tensor->type);
  for (uint32_t i = 0; i < tensor->shape.rank; i++)
    bytes *= tensor->shape.dims[i];
  return tensor->bytes - bytes < 4 ? bytes : tensor->bytes; /* those of pixels are others */
}

s2vk_result mock_run_forward(struct mock_run *run, const s2vk_model *model) {
  s2vk_tensor in, out;
  assert_ok(s2vk_binding_get_tensors(run->binding, &in, &out));
  void *input = calloc(1, in.bytes), *output = calloc(1, out.bytes);
  assert_true(input && output);
  gpu_clear_log();
  const s2vk_result result = s2vk_forward(run->binding, model, input, dense_bytes(&in), output, dense_bytes(&out));
  free(input);
  free(output);
  return result;
}

s2vk_result mock_run_record(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  (void)user;
  (void)commands;
  (void)call;
  return S2VK_SUCCESS;
}

s2vk_result mock_run_on_host(void *user, const void *tiles, void *features, const s2vk_model_call *call) {
  (void)user;
  (void)tiles;
  (void)features;
  (void)call;
  return S2VK_SUCCESS;
}
