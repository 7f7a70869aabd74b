/* The library among an application's other work on the GPU: where its barriers end and the application's begin.
 * Synchronization validation watches, and the numbers are checked. With --unsynchronised the application leaves its
 * barriers out, which the validation layer must see. */
#include "suite.h"

#include "render.h"
#include "run.h"

#define CALLS 3 /* of the plan below */

/* The stages of a submission that wait for semaphores; later commands of it wait for these stages. */
#define USES (VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT)

static struct render_device application;
static bool unsynchronised, copies_last;

static int open_application(void **state) {
  if (suite_open_gpu(state) || !render_replace_device(&suite_gpu, &application))
    return -1;
  return 0;
}

/* Two scales in three calls. One scale has two calls. The passes of the other scale are copies on CPU drivers, and are
 * the first, or the last. */
static s2vk_plan_info plan_info(void) {
  static const double scales[] = {2, 1};
  s2vk_plan_info info = suite_plan_info();
  info.tiles_per_call = 4;
  if (copies_last) {
    info.scales = scales;
    info.resize_output_to_idx = 1;
    info.max_split_size = info.height;
  }
  return info;
}

/* The application's own barrier. */
static void barrier(VkCommandBuffer commands, VkPipelineStageFlags before, VkAccessFlags written,
    VkPipelineStageFlags after, VkAccessFlags read) {
  const VkMemoryBarrier memory = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER, .srcAccessMask = written, .dstAccessMask = read};
  if (!unsynchronised)
    vkCmdPipelineBarrier(commands, before, after, 0, 1, &memory, 0, NULL, 0, NULL);
}

static VkCommandPool create_pool(uint32_t family) {
  const VkCommandPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .queueFamilyIndex = family,
  };
  VkCommandPool pool;
  assert_int_equal(vkCreateCommandPool(suite_gpu.info.device, &info, NULL, &pool), VK_SUCCESS);
  return pool;
}

static void begin(VkCommandBuffer commands, VkCommandBufferUsageFlags flags) {
  const VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = flags};
  assert_int_equal(vkBeginCommandBuffer(commands, &info), VK_SUCCESS);
}

static VkCommandBuffer allocate(VkCommandPool pool) {
  const VkCommandBufferAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
  };
  VkCommandBuffer commands;
  assert_int_equal(vkAllocateCommandBuffers(suite_gpu.info.device, &info, &commands), VK_SUCCESS);
  return commands;
}

static void submit_and_wait(const VkCommandBuffer *commands, uint32_t count) {
  const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = count, .pCommandBuffers = commands};
  assert_int_equal(vkQueueSubmit(suite_gpu.info.queue, 1, &submit, VK_NULL_HANDLE), VK_SUCCESS);
  assert_int_equal(vkQueueWaitIdle(suite_gpu.info.queue), VK_SUCCESS);
}

/* ---- One queue --------------------------------------------------------------------------------------------------- */

static void a_transfer_needs_no_barrier(void **state) {
  (void)state;
  const s2vk_plan_info info = plan_info();
  struct run r;
  run_open(&r, &info, NULL, 1);
  assert_int_equal(r.replay.call_count, CALLS);
  const s2vk_model model = replay_on_device(&r.replay);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  run_copy_in(&r, commands);
  assert_ok(s2vk_record(r.binding, commands, &model));
  run_copy_out(&r, commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  run_check(&r);
  run_close(&r);
}

/* Frames of a renderer: a pass that writes the input, the library, and a pass that reads the output. */
static void between_two_graphics_passes(void **state) {
  (void)state;
  const s2vk_plan_info info = plan_info();
  struct run r;
  struct render render;
  run_open(&r, &info, NULL, 2);
  assert_true(render_create(&render, &suite_gpu));
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  for (int frame = 0; frame < 2; frame++) {
    const s2vk_model model = replay_on_device(&r.replay);
    /* The last frame's split has read the input, its merge and its pass have touched the output. */
    barrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, 0,
        VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT | VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0);
    render_copy(&render, commands, r.upload.buffer, r.input.buffer, r.input.bytes);
    barrier(commands, VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
        VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT);
    gpu_barrier(commands); /* the test's own copies of tiles */
    assert_ok(s2vk_record(r.binding, commands, &model));
    barrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
        VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT);
    if (frame == 1) /* ... and the last frame's pass wrote what this one writes */
      barrier(commands, VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
          VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT);
    render_copy(&render, commands, r.output.buffer, r.download.buffer, r.output.bytes);
  }
  barrier(commands, VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
      VK_ACCESS_HOST_READ_BIT);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  run_check(&r);
  render_destroy(&render);
  run_close(&r);
}

/* Three bindings in one command buffer: the first two share their tiles and features, the third has another plan. */
static void several_bindings_in_one_command_buffer(void **state) {
  (void)state;
  const s2vk_plan_info first = plan_info();
  s2vk_plan_info other = plan_info();
  const double scales[] = {1, 1.5};
  other.scales = scales;
  other.split_mode = S2VK_SPLIT_PAD;
  s2vk_context *shapes = open_shapes_only();
  s2vk_plan *plan;
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_create(shapes, &first, &plan));
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&shapes);
  struct gpu_buffer tiles = gpu_buffer_create(&suite_gpu, layout.tiles_bytes);
  struct gpu_buffer features = gpu_buffer_create(&suite_gpu, layout.features_bytes);
  const s2vk_binding_info shared = {
      .struct_size = sizeof shared,
      .tiles = {tiles.buffer, 0, tiles.bytes, GPU_BUFFER_USAGE},
      .features = {features.buffer, 0, features.bytes, GPU_BUFFER_USAGE},
  };
  struct run runs[3];
  run_open(&runs[0], &first, &shared, 3);
  run_open(&runs[1], &first, &shared, 4);
  run_open(&runs[2], &other, NULL, 5);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  for (int i = 0; i < 3; i++)
    run_copy_in(&runs[i], commands);
  for (int i = 0; i < 3; i++) {
    const s2vk_model model = replay_on_device(&runs[i].replay);
    assert_ok(s2vk_record(runs[i].binding, commands, &model));
  }
  for (int i = 0; i < 3; i++)
    run_copy_out(&runs[i], commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  for (int i = 0; i < 3; i++) {
    run_check(&runs[i]);
    run_close(&runs[i]);
  }
  gpu_buffer_destroy(&suite_gpu, &tiles);
  gpu_buffer_destroy(&suite_gpu, &features);
}

static void record_frame(struct run *r, VkCommandBuffer commands) {
  const s2vk_model model = replay_on_device(&r->replay);
  begin(commands, 0);
  run_copy_in(r, commands);
  assert_ok(s2vk_record(r->binding, commands, &model));
  run_copy_out(r, commands);
  gpu_barrier(commands);
  assert_int_equal(vkEndCommandBuffer(commands), VK_SUCCESS);
}

/* Two command buffers of one binding, submitted at once; one of them again, with another input and with the first; and
 * recorded anew. */
static void commands_are_submitted_and_recorded_again(void **state) {
  (void)state;
  const s2vk_plan_info info = plan_info();
  struct run r;
  run_open(&r, &info, NULL, 6);
  VkCommandPool pool = create_pool(suite_gpu.info.queue_family);
  VkCommandBuffer commands = allocate(pool), second = allocate(pool);
  record_frame(&r, commands);
  record_frame(&r, second);
  submit_and_wait((VkCommandBuffer[]){commands, second}, 2);
  run_check(&r);
  memset(r.upload.host, 0, r.upload.bytes);
  submit_and_wait(&commands, 1);
  assert_true(compare_tiles(&r.compare, r.plan, &r.replay) > 0.1);
  memcpy(r.upload.host, r.compare.input, r.compare.input_bytes);
  memset(r.download.host, 0xFF, r.download.bytes);
  submit_and_wait(&commands, 1);
  run_check(&r);
  assert_int_equal(vkResetCommandPool(suite_gpu.info.device, pool, 0), VK_SUCCESS);
  memset(r.download.host, 0xFF, r.download.bytes);
  record_frame(&r, commands);
  submit_and_wait(&commands, 1);
  run_check(&r);
  vkDestroyCommandPool(suite_gpu.info.device, pool, NULL);
  run_close(&r);
}

/* ---- Several queues, several submissions ------------------------------------------------------------------------- */

/* Half of an ownership transfer; between equal families it is a barrier like any. */
static void pass_on(VkCommandBuffer commands, VkBuffer buffer, uint32_t from, uint32_t to, VkPipelineStageFlags before,
    VkAccessFlags written, VkPipelineStageFlags after, VkAccessFlags read) {
  const VkBufferMemoryBarrier memory = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
      .srcAccessMask = written,
      .dstAccessMask = read,
      .srcQueueFamilyIndex = from,
      .dstQueueFamilyIndex = to,
      .buffer = buffer,
      .size = VK_WHOLE_SIZE,
  };
  vkCmdPipelineBarrier(commands, before, after, 0, 0, NULL, 1, &memory, 0, NULL);
}

static VkSemaphore create_semaphore(bool timeline) {
  const VkSemaphoreTypeCreateInfo type = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
  const VkSemaphoreCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = timeline ? &type : NULL};
  VkSemaphore semaphore;
  assert_int_equal(vkCreateSemaphore(suite_gpu.info.device, &info, NULL, &semaphore), VK_SUCCESS);
  return semaphore;
}

/* Waits for a semaphore's value and signals another's, unless they are NULL. Binary semaphores take no
 * heed of values. */
static void submit(VkQueue queue, VkCommandBuffer commands, VkSemaphore wait, uint64_t wait_value, VkSemaphore signal,
    uint64_t signal_value) {
  assert_int_equal(vkEndCommandBuffer(commands), VK_SUCCESS);
  const VkPipelineStageFlags stages = USES;
  const VkTimelineSemaphoreSubmitInfo values = {
      .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
      .waitSemaphoreValueCount = wait != VK_NULL_HANDLE,
      .pWaitSemaphoreValues = &wait_value,
      .signalSemaphoreValueCount = signal != VK_NULL_HANDLE,
      .pSignalSemaphoreValues = &signal_value,
  };
  const VkSubmitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .pNext = wait_value || signal_value ? &values : NULL,
      .waitSemaphoreCount = wait != VK_NULL_HANDLE,
      .pWaitSemaphores = wait ? &wait : NULL,
      .pWaitDstStageMask = &stages,
      .commandBufferCount = 1,
      .pCommandBuffers = &commands,
      .signalSemaphoreCount = signal != VK_NULL_HANDLE,
      .pSignalSemaphores = signal ? &signal : NULL,
  };
  assert_int_equal(vkQueueSubmit(queue, 1, &info, VK_NULL_HANDLE), VK_SUCCESS);
}

/* The input comes from another queue family, and the output goes there. */
static void another_queue_family(void **state) {
  (void)state;
  const uint32_t ours = suite_gpu.info.queue_family;
  const bool one = application.other_family == UINT32_MAX;
  const uint32_t other = one ? ours : application.other_family;
  VkQueue other_queue = one ? suite_gpu.info.queue : application.other_queue;
  if (one)
    print_message(
        "SKIPPED: a transfer of ownership, for this device has one queue family; barriers between equal ones\n");
  const s2vk_plan_info info = plan_info();
  struct run r;
  run_open(&r, &info, NULL, 7);
  const s2vk_model model = replay_on_device(&r.replay);
  VkCommandPool pool = create_pool(ours), other_pool = create_pool(other);
  VkSemaphore written = create_semaphore(false), done = create_semaphore(false);
  VkCommandBuffer upload = allocate(other_pool), commands = allocate(pool), download = allocate(other_pool);
  begin(upload, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
  run_copy_in(&r, upload);
  pass_on(upload, r.input.buffer, other, ours, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
      VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0);
  submit(other_queue, upload, VK_NULL_HANDLE, 0, written, 0);

  begin(commands, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
  pass_on(
      commands, r.input.buffer, other, ours, USES, 0, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT);
  assert_ok(s2vk_record(r.binding, commands, &model));
  pass_on(commands, r.output.buffer, ours, other, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
      VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0);
  submit(suite_gpu.info.queue, commands, written, 0, done, 0);

  begin(download, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
  pass_on(download, r.output.buffer, ours, other, USES, 0, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT);
  vkCmdCopyBuffer(download, r.output.buffer, r.download.buffer, 1,
      &(VkBufferCopy){.srcOffset = r.output.offset, .size = r.output.bytes});
  const VkMemoryBarrier host = {
      VK_STRUCTURE_TYPE_MEMORY_BARRIER, NULL, VK_ACCESS_TRANSFER_WRITE_BIT, VK_ACCESS_HOST_READ_BIT};
  vkCmdPipelineBarrier(
      download, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &host, 0, NULL, 0, NULL);
  submit(other_queue, download, done, 0, VK_NULL_HANDLE, 0);
  assert_int_equal(vkDeviceWaitIdle(suite_gpu.info.device), VK_SUCCESS);
  run_check(&r);
  vkDestroySemaphore(suite_gpu.info.device, written, NULL);
  vkDestroySemaphore(suite_gpu.info.device, done, NULL);
  vkDestroyCommandPool(suite_gpu.info.device, pool, NULL);
  vkDestroyCommandPool(suite_gpu.info.device, other_pool, NULL);
  run_close(&r);
}

static void need_timeline(void) {
  if (application.timeline)
    return;
  print_message("SKIPPED: no VK_KHR_timeline_semaphore here\n");
  skip();
}

/* An engine that submits its own work: for call k it waits for value 2k + 1 and signals 2k + 2. */
static void timeline_between_engine_and_library(void **state) {
  (void)state;
  need_timeline();
  const s2vk_plan_info info = plan_info();
  struct run r;
  run_open(&r, &info, NULL, 8);
  const s2vk_model model = replay_on_device(&r.replay);
  VkCommandPool pool = create_pool(suite_gpu.info.queue_family);
  VkSemaphore timeline = create_semaphore(true);
  const VkQueue queue = suite_gpu.info.queue;
  for (uint32_t k = 0; k < CALLS; k++) {
    s2vk_model_call call;
    assert_ok(s2vk_binding_get_call(r.binding, k, &call));
    VkCommandBuffer split = allocate(pool), engine = allocate(pool), merge = allocate(pool);
    begin(split, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
    if (k == 0)
      run_copy_in(&r, split);
    assert_ok(s2vk_record_split(r.binding, k, split));
    submit(queue, split, VK_NULL_HANDLE, 0, timeline, 2 * k + 1);
    begin(engine, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
    assert_ok(model.record(model.user, engine, &call));
    submit(queue, engine, timeline, 2 * k + 1, timeline, 2 * k + 2);
    begin(merge, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
    assert_ok(s2vk_record_merge(r.binding, k, merge));
    if (k == CALLS - 1) {
      run_copy_out(&r, merge);
      gpu_barrier(merge);
    }
    submit(queue, merge, timeline, 2 * k + 2, VK_NULL_HANDLE, 0);
  }
  assert_int_equal(vkQueueWaitIdle(queue), VK_SUCCESS);
  run_check(&r);
  vkDestroySemaphore(suite_gpu.info.device, timeline, NULL);
  vkDestroyCommandPool(suite_gpu.info.device, pool, NULL);
  run_close(&r);
}

/* The library's part of all calls, submitted before the engine has begun. */
static void submit_all(struct run *r, VkCommandPool pool, VkSemaphore timeline) {
  const VkQueue queue = suite_gpu.info.queue;
  for (uint32_t k = 0; k < CALLS; k++) {
    VkCommandBuffer split = allocate(pool), merge = allocate(pool);
    begin(split, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
    if (k == 0)
      run_copy_in(r, split);
    assert_ok(s2vk_record_split(r->binding, k, split));
    barrier(split, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
        VK_ACCESS_HOST_READ_BIT);
    submit(queue, split, VK_NULL_HANDLE, 0, timeline, 2 * k + 1);
    begin(merge, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
    barrier(merge, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_WRITE_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
        VK_ACCESS_SHADER_READ_BIT);
    assert_ok(s2vk_record_merge(r->binding, k, merge));
    if (k == CALLS - 1) {
      run_copy_out(r, merge);
      gpu_barrier(merge);
    }
    submit(queue, merge, timeline, 2 * k + 2, VK_NULL_HANDLE, 0);
  }
}

/* An engine on the CPU, woken and answering by the timeline alone. */
static void timeline_with_an_engine_on_the_host(void **state) {
  (void)state;
  need_timeline();
  const s2vk_plan_info info = plan_info();
  struct gpu_buffer tiles = gpu_buffer_create(&suite_gpu, 1 << 16), features = gpu_buffer_create(&suite_gpu, 1 << 16);
  const s2vk_binding_info buffers = {
      .struct_size = sizeof buffers,
      .tiles = {tiles.buffer, 0, tiles.bytes, GPU_BUFFER_USAGE},
      .features = {features.buffer, 0, features.bytes, GPU_BUFFER_USAGE},
  };
  struct run r;
  run_open(&r, &info, &buffers, 9);
  const s2vk_model model = replay_on_host(&r.replay);
  VkCommandPool pool = create_pool(suite_gpu.info.queue_family);
  VkSemaphore timeline = create_semaphore(true);
  submit_all(&r, pool, timeline);
  for (uint32_t k = 0; k < CALLS; k++) {
    s2vk_model_call call;
    const uint64_t value = 2 * k + 1;
    const VkSemaphoreWaitInfo wait = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &timeline,
        .pValues = &value,
    };
    const VkSemaphoreSignalInfo signal = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .semaphore = timeline, .value = value + 1};
    assert_ok(s2vk_binding_get_call(r.binding, k, &call));
    assert_int_equal(vkWaitSemaphoresKHR(suite_gpu.info.device, &wait, UINT64_MAX), VK_SUCCESS);
    assert_ok(model.run(model.user, tiles.host, features.host, &call));
    assert_int_equal(vkSignalSemaphoreKHR(suite_gpu.info.device, &signal), VK_SUCCESS);
  }
  assert_int_equal(vkQueueWaitIdle(suite_gpu.info.queue), VK_SUCCESS);
  run_check(&r);
  vkDestroySemaphore(suite_gpu.info.device, timeline, NULL);
  vkDestroyCommandPool(suite_gpu.info.device, pool, NULL);
  run_close(&r);
  gpu_buffer_destroy(&suite_gpu, &tiles);
  gpu_buffer_destroy(&suite_gpu, &features);
}

/* Two bindings of a plan with a workspace each, and one input and output: calls take turns. */
struct workspaces {
  struct gpu_buffer tiles[2], features[2], accumulator;
  s2vk_binding *second; /* the first is the run's */
  VkSemaphore splits, answers;
};

static s2vk_binding_info workspace(const struct workspaces *w, int index) {
  return (s2vk_binding_info){
      .struct_size = sizeof(s2vk_binding_info),
      .tiles = {w->tiles[index].buffer, 0, w->tiles[index].bytes, GPU_BUFFER_USAGE},
      .features = {w->features[index].buffer, 0, w->features[index].bytes, GPU_BUFFER_USAGE},
      .accumulator = {w->accumulator.buffer, 0, w->accumulator.bytes, GPU_BUFFER_USAGE},
  };
}

static void submit_split(struct run *r, const struct workspaces *w, VkCommandPool pool, uint32_t k) {
  VkCommandBuffer split = allocate(pool);
  begin(split, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
  if (k == 0)
    run_copy_in(r, split);
  assert_ok(s2vk_record_split(k % 2 ? w->second : r->binding, k, split));
  barrier(split, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
      VK_ACCESS_HOST_READ_BIT);
  submit(suite_gpu.info.queue, split, VK_NULL_HANDLE, 0, w->splits, k + 1);
}

static void submit_merge(struct run *r, const struct workspaces *w, VkCommandPool pool, uint32_t k) {
  VkCommandBuffer merge = allocate(pool);
  begin(merge, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
  barrier(merge, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_WRITE_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
      VK_ACCESS_SHADER_READ_BIT);
  assert_ok(s2vk_record_merge(k % 2 ? w->second : r->binding, k, merge));
  if (k == CALLS - 1) {
    run_copy_out(r, merge);
    gpu_barrier(merge);
  }
  submit(suite_gpu.info.queue, merge, w->answers, k + 1, VK_NULL_HANDLE, 0);
}

/* The split of call k + 1 is done ahead of the engine's answer to call k. */
static void answer_one_call_behind(const struct run *r, const struct workspaces *w, const s2vk_model *model) {
  for (uint32_t k = 0; k < CALLS; k++) {
    const uint64_t value = k + 2 < CALLS ? k + 2 : CALLS;
    s2vk_model_call call;
    const VkSemaphoreWaitInfo wait = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &w->splits,
        .pValues = &value};
    const VkSemaphoreSignalInfo signal = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .semaphore = w->answers, .value = k + 1};
    assert_ok(s2vk_binding_get_call(k % 2 ? w->second : r->binding, k, &call));
    assert_int_equal(vkWaitSemaphoresKHR(suite_gpu.info.device, &wait, UINT64_MAX), VK_SUCCESS);
    assert_ok(model->run(model->user, w->tiles[k % 2].host, w->features[k % 2].host, &call));
    assert_int_equal(vkSignalSemaphoreKHR(suite_gpu.info.device, &signal), VK_SUCCESS);
  }
}

static void two_calls_in_flight(void **state) {
  (void)state;
  need_timeline();
  const s2vk_plan_info info = plan_info();
  struct workspaces w = {.accumulator = gpu_buffer_create(&suite_gpu, 1 << 16)};
  for (int i = 0; i < 2; i++) {
    w.tiles[i] = gpu_buffer_create(&suite_gpu, 1 << 16);
    w.features[i] = gpu_buffer_create(&suite_gpu, 1 << 16);
  }
  const s2vk_binding_info first = workspace(&w, 0);
  struct run r;
  run_open(&r, &info, &first, 12);
  s2vk_binding_info second = workspace(&w, 1);
  second.accumulator = (s2vk_buffer){0}; /* the first's, as input and output */
  second.in_turn_with = r.binding;
  assert_ok(s2vk_binding_create(r.plan, &second, &w.second));
  const s2vk_model model = replay_on_host(&r.replay);
  VkCommandPool pool = create_pool(suite_gpu.info.queue_family);
  w.splits = create_semaphore(true);
  w.answers = create_semaphore(true);
  submit_split(&r, &w, pool, 0);
  for (uint32_t k = 0; k < CALLS; k++) {
    if (k + 1 < CALLS)
      submit_split(&r, &w, pool, k + 1);
    submit_merge(&r, &w, pool, k);
  }
  answer_one_call_behind(&r, &w, &model);
  assert_int_equal(vkQueueWaitIdle(suite_gpu.info.queue), VK_SUCCESS);
  run_check(&r);
  vkDestroySemaphore(suite_gpu.info.device, w.splits, NULL);
  vkDestroySemaphore(suite_gpu.info.device, w.answers, NULL);
  vkDestroyCommandPool(suite_gpu.info.device, pool, NULL);
  s2vk_binding_destroy(&w.second);
  run_close(&r);
  for (int i = 0; i < 2; i++) {
    gpu_buffer_destroy(&suite_gpu, &w.tiles[i]);
    gpu_buffer_destroy(&suite_gpu, &w.features[i]);
  }
  gpu_buffer_destroy(&suite_gpu, &w.accumulator);
}

int main(int argc, char **argv) {
  unsynchronised = argc == 2 && strcmp(argv[1], "--unsynchronised") == 0;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_transfer_needs_no_barrier),
      cmocka_unit_test(between_two_graphics_passes),
      cmocka_unit_test(several_bindings_in_one_command_buffer),
      cmocka_unit_test(commands_are_submitted_and_recorded_again),
      cmocka_unit_test(another_queue_family),
      cmocka_unit_test(timeline_between_engine_and_library),
      cmocka_unit_test(timeline_with_an_engine_on_the_host),
      cmocka_unit_test(two_calls_in_flight),
  };
  const int failed = cmocka_run_group_tests_name("sync", tests, open_application, suite_close_gpu);
  copies_last = true;
  return failed + cmocka_run_group_tests_name("sync, copies last", tests, open_application, suite_close_gpu);
}
