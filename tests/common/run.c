#include "run.h"

void run_open(struct run *run, const s2vk_plan_info *info, const s2vk_binding_info *binding, uint64_t seed) {
  struct noise noise = {seed};
  compare_create(&run->compare, info, &noise, 0);
  assert_ok(s2vk_plan_create(suite_gpu.context, info, &run->plan));
  assert_ok(s2vk_binding_create(run->plan, binding, &run->binding));
  assert_ok(s2vk_binding_get_tensors(run->binding, &run->input, &run->output));
  replay_create(&run->replay, &suite_gpu, run->plan);
  compare_fill(&run->compare, run->plan, &run->replay);
  run->upload = gpu_buffer_create(&suite_gpu, run->input.bytes);
  run->download = gpu_buffer_create(&suite_gpu, run->output.bytes);
  memcpy(run->upload.host, run->compare.input, run->compare.input_bytes);
}

void run_close(struct run *run) {
  gpu_buffer_destroy(&suite_gpu, &run->upload);
  gpu_buffer_destroy(&suite_gpu, &run->download);
  replay_destroy(&run->replay, &suite_gpu);
  s2vk_binding_destroy(&run->binding);
  s2vk_plan_destroy(&run->plan);
  compare_destroy(&run->compare);
}

void run_copy_in(struct run *run, VkCommandBuffer commands) {
  const VkBufferCopy region = {0, run->input.offset, run->input.bytes};
  vkCmdCopyBuffer(commands, run->upload.buffer, run->input.buffer, 1, &region);
}

void run_copy_out(struct run *run, VkCommandBuffer commands) {
  const VkBufferCopy region = {run->output.offset, 0, run->output.bytes};
  gpu_barrier(commands);
  vkCmdCopyBuffer(commands, run->output.buffer, run->download.buffer, 1, &region);
}

void run_check(struct run *run) {
  assert_false(run->replay.out_of_order);
  assert_int_equal(run->replay.next_call, run->replay.call_count);
  assert_true(compare_tiles(&run->compare, run->plan, &run->replay) < 1e-5);
  assert_true(compare_output(&run->compare, run->plan, run->download.host) < 1e-5);
}
