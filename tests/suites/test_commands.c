/* What is recorded, submitted and waited for, and what is left when a call fails: on the mock, which keeps the
 * commands. */
#include "mock_run.h"

/* ---- Barriers ---------------------------------------------------------------------------------------------------- */

static const VkPipelineStageFlags compute_stage = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
static const VkPipelineStageFlags copy_stage = VK_PIPELINE_STAGE_TRANSFER_BIT;
static const VkAccessFlags shader_read = VK_ACCESS_SHADER_READ_BIT, shader_write = VK_ACCESS_SHADER_WRITE_BIT;
static const VkAccessFlags copy_read = VK_ACCESS_TRANSFER_READ_BIT, copy_write = VK_ACCESS_TRANSFER_WRITE_BIT;

static bool is(const struct mock_command *command, const char *name) {
  return strcmp(command->name, name) == 0;
}

static bool is_barrier(const struct mock_command *command, VkPipelineStageFlags from, VkPipelineStageFlags to,
    VkAccessFlags before, VkAccessFlags after) {
  return is(command, "vkCmdPipelineBarrier") && (command->from & from) == from && (command->to & to) == to &&
         (command->before & before) == before && (command->after & after) == after;
}

/* Waits for all compute and transfer work before it, and makes its writes visible to all after it. */
static bool is_full_barrier(const struct mock_command *command) {
  const VkPipelineStageFlags stages = compute_stage | copy_stage;
  return is_barrier(command, stages, stages, shader_write | copy_write, shader_read | copy_read);
}

static void open_as(struct mock_run *run, VkPhysicalDeviceType type, const s2vk_plan_info *info) {
  mock_reset();
  mock_vk.devices[0] = mock_device_of(type);
  mock_run_open(run, info);
}

/* A command buffer that is recording. */
static VkCommandBuffer begin(const struct mock_run *run, VkCommandPool *pool) {
  PFN_vkGetDeviceProcAddr get =
      (PFN_vkGetDeviceProcAddr)mock_get_instance_proc_addr(run->info.instance, "vkGetDeviceProcAddr");
  const VkCommandPoolCreateInfo pool_info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  VkDevice device = run->info.device;
  ((PFN_vkCreateCommandPool)get(device, "vkCreateCommandPool"))(device, &pool_info, NULL, pool);
  const VkCommandBufferAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, .commandPool = *pool, .commandBufferCount = 1};
  VkCommandBuffer commands;
  ((PFN_vkAllocateCommandBuffers)get(device, "vkAllocateCommandBuffers"))(device, &info, &commands);
  mock_vk.command_count = 0;
  return commands;
}

static void end(const struct mock_run *run, VkCommandPool pool) {
  PFN_vkGetDeviceProcAddr get =
      (PFN_vkGetDeviceProcAddr)mock_get_instance_proc_addr(run->info.instance, "vkGetDeviceProcAddr");
  ((PFN_vkDestroyCommandPool)get(run->info.device, "vkDestroyCommandPool"))(run->info.device, pool, NULL);
}

static const VkPhysicalDeviceType kinds[] = {VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, VK_PHYSICAL_DEVICE_TYPE_CPU};

/* Plans of tokens and of maps, whose scales copy and do not. */
static s2vk_plan_info plan_info(int which) {
  static const double scales[] = {1, 1.5};
  s2vk_plan_info info = suite_plan_info();
  info.scales = which & 1 ? scales : info.scales;
  info.output_shape = which & 2 ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC;
  info.model = (s2vk_model_shape){.channels = 4, .tokens = 4, .height = 2, .width = 2};
  info.resize_output_to_idx = which & 4 ? -1 : 0;
  return info;
}

static void stages_begin_and_end_with_barriers(void **state) {
  (void)state;
  for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
    for (int which = 0; which < 8; which++) {
      const s2vk_plan_info info = plan_info(which);
      struct mock_run run;
      open_as(&run, kinds[kind], &info);
      VkCommandPool pool;
      VkCommandBuffer commands = begin(&run, &pool);
      for (uint32_t call = 0; call < 2; call++) {
        mock_vk.command_count = 0;
        assert_ok(s2vk_record_split(run.binding, call, commands));
        assert_true(mock_vk.command_count >= 3);
        assert_true(is_full_barrier(&mock_vk.commands[0]));
        assert_true(is_full_barrier(&mock_vk.commands[mock_vk.command_count - 1]));
        mock_vk.command_count = 0;
        assert_ok(s2vk_record_merge(run.binding, call, commands));
        assert_true(is_full_barrier(&mock_vk.commands[0]));
        /* The caller's barrier waits for compute shaders: a copy is behind one of the library's. */
        const struct mock_command *last = &mock_vk.commands[mock_vk.command_count - 1];
        assert_true(is(last, "vkCmdDispatch") ||
                    is_barrier(last, copy_stage, compute_stage, copy_write, shader_read | shader_write));
      }
      end(&run, pool);
      mock_run_close(&run);
    }
}

/* Between any two dispatches or copies of a run there is a barrier, and so around the model. */
static void nothing_runs_into_what_comes_before(void **state) {
  (void)state;
  for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
    for (int which = 0; which < 8; which++) {
      const s2vk_plan_info info = plan_info(which);
      const s2vk_model model = {.struct_size = sizeof model, .record = mock_run_record};
      struct mock_run run;
      open_as(&run, kinds[kind], &info);
      mock_vk.command_count = 0;
      assert_ok(mock_run_forward(&run, &model));
      bool waited = false;
      unsigned steps = 0;
      for (uint32_t i = 0; i < mock_vk.command_count; i++) {
        const struct mock_command *command = &mock_vk.commands[i];
        const bool step = is(command, "vkCmdDispatch") || is(command, "vkCmdCopyBuffer");
        assert_true(!step || waited);
        steps += step;
        waited = is_full_barrier(command) || (waited && !step);
      }
      assert_true(steps >= 2 + 4);
      mock_run_close(&run);
    }
}

/* What the host reads once the fence is signalled was made available to it: the last command of each submission. */
static void downloads_are_made_visible_to_the_host(void **state) {
  (void)state;
  const s2vk_model models[] = {{.struct_size = sizeof *models, .record = mock_run_record},
      {.struct_size = sizeof *models, .run = mock_run_on_host}};
  const unsigned submissions[] = {1, 3}; /* one, or one for each call and the last merge */
  for (int i = 0; i < 2; i++) {
    const s2vk_plan_info info = suite_plan_info();
    struct mock_run run;
    mock_reset();
    mock_run_open(&run, &info);
    mock_vk.command_count = 0;
    assert_ok(mock_run_forward(&run, &models[i]));
    assert_int_equal(mock_calls("vkQueueSubmit"), submissions[i]);
    unsigned visible = 0;
    for (uint32_t k = 1; k < mock_vk.command_count; k++)
      if (is_barrier(
              &mock_vk.commands[k], copy_stage, VK_PIPELINE_STAGE_HOST_BIT, copy_write, VK_ACCESS_HOST_READ_BIT)) {
        assert_true(is(&mock_vk.commands[k - 1], "vkCmdCopyBuffer"));
        visible++;
      }
    assert_int_equal(visible, submissions[i]);
    assert_true(mock_vk.commands[mock_vk.command_count - 1].to & VK_PIPELINE_STAGE_HOST_BIT);
    mock_run_close(&run);
  }
}

/* ---- Waiting ----------------------------------------------------------------------------------------------------- */

/* The mock reports when something is reset or destroyed that the GPU may be using. */
static void a_failed_wait_is_made_up_for(void **state) {
  (void)state;
  const s2vk_model models[] = {{.struct_size = sizeof *models, .record = mock_run_record},
      {.struct_size = sizeof *models, .run = mock_run_on_host}};
  const s2vk_plan_info info = suite_plan_info();
  for (int i = 0; i < 2; i++)
    for (unsigned nth = 1; nth <= (i ? 3 : 1); nth++)
      for (int again = 0; again < 2; again++) {
        struct mock_run run;
        mock_reset();
        mock_run_open(&run, &info);
        mock_fail("vkWaitForFences", nth, VK_ERROR_OUT_OF_HOST_MEMORY);
        assert_int_equal(mock_run_forward(&run, &models[i]), S2VK_ERROR_OUT_OF_HOST_MEMORY);
        const unsigned waits = mock_calls("vkWaitForFences");
        if (again) {
          assert_ok(mock_run_forward(&run, &models[i]));
          assert_int_equal(mock_calls("vkWaitForFences"), waits + 1 + (i ? 3 : 1));
        } else {
          s2vk_binding_destroy(&run.binding);
          assert_int_equal(mock_calls("vkWaitForFences"), waits + 1);
        }
        mock_run_close(&run);
      }
}

/* ---- Host memory ------------------------------------------------------------------------------------------------- */

static int outstanding;

static VKAPI_ATTR void *VKAPI_CALL allocate(void *user, size_t size, size_t alignment, VkSystemAllocationScope scope) {
  (void)user;
  (void)alignment; /* 16, as malloc()'s */
  (void)scope;
  outstanding++;
  return malloc(size);
}

static VKAPI_ATTR void *VKAPI_CALL reallocate(
    void *user, void *old, size_t size, size_t alignment, VkSystemAllocationScope scope) {
  (void)user;
  (void)alignment;
  (void)scope;
  outstanding += old == NULL;
  return realloc(old, size);
}

static VKAPI_ATTR void VKAPI_CALL release(void *user, void *memory) {
  (void)user;
  outstanding -= memory != NULL;
  free(memory);
}

/* Pipelines that were made stay with the context, so it is destroyed before memory is counted. */
static void a_pipeline_that_fails_leaves_no_host_memory(void **state) {
  (void)state;
  static const char *const calls[] = {"vkCreateShaderModule", "vkCreateComputePipelines"};
  const VkAllocationCallbacks callbacks = {
      .pfnAllocation = allocate, .pfnReallocation = reallocate, .pfnFree = release};
  const s2vk_plan_info info = suite_plan_info();
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    for (unsigned nth = 1;; nth++) {
      struct mock_run run;
      mock_reset();
      mock_run_open_device(&run, 0);
      run.info.allocator = &callbacks;
      outstanding = 0;
      assert_ok(s2vk_context_create(&run.info, &run.context));
      mock_fail(calls[i], nth, VK_ERROR_OUT_OF_HOST_MEMORY);
      const s2vk_result result = s2vk_plan_create(run.context, &info, &run.plan);
      mock_run_close(&run);
      assert_int_equal(outstanding, 0);
      if (!result) {
        assert_true(nth > 2); /* there are two pipelines at least */
        break;
      }
      assert_int_equal(result, S2VK_ERROR_OUT_OF_HOST_MEMORY);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(stages_begin_and_end_with_barriers, mock_run_reset),
      cmocka_unit_test_setup(nothing_runs_into_what_comes_before, mock_run_reset),
      cmocka_unit_test_setup(downloads_are_made_visible_to_the_host, mock_run_reset),
      cmocka_unit_test_setup(a_failed_wait_is_made_up_for, mock_run_reset),
      cmocka_unit_test_setup(a_pipeline_that_fails_leaves_no_host_memory, mock_run_reset),
  };
  return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
