/* Eight threads at once. Each makes plans, some of them equal to those of other threads, binds and records them, and
 * runs them on a queue of its own if the device has eight queues. If threads share a queue, a lock of the test guards
 * it, because the library does not lock queues. */
#include "suite.h"

#include <pthread.h>

#include "compare.h"
#include "heap.h"

#define THREADS 8
#define PLANS 4
#define ROUNDS 6

/* A device of the suite's own, with all queues that it has. */
static struct gpu device;
static uint32_t queue_count;
static struct {
  VkQueue queue;
  pthread_mutex_t lock;
} queues[THREADS];

/* A run and its results: those of the reference, and those of a run before there were threads. */
static struct plan_case {
  s2vk_plan_info info;
  double scales[2];
  struct compare compare;
  s2vk_plan *plan; /* shared by all threads */
  void *expected;  /* output */
} cases[PLANS];

static void make_cases(void) {
  static const double scales[PLANS][2] = {{1, 2}, {1, 1.25}, {0.5, 3}, {1, 2}};
  for (int i = 0; i < PLANS; i++) {
    struct plan_case *c = &cases[i];
    memcpy(c->scales, scales[i], sizeof c->scales);
    c->info = suite_plan_info();
    c->info.scales = c->scales;
    c->info.batch = 1 + (uint32_t)i % 2;
    c->info.tiles_per_call = (uint32_t)i;
    c->info.calls_cross_scales = i > 1;
    c->info.max_split_size = 8;
    if (i == 3) {
      c->info.output_shape = S2VK_OUTPUT_BCHW;
      c->info.model = (s2vk_model_shape){.channels = 3, .height = 2, .width = 2};
      c->info.input_type = c->info.feature_type = c->info.output_type = S2VK_TYPE_F16;
    }
    struct noise noise = {(uint64_t)i};
    compare_create(&c->compare, &c->info, &noise, 0);
    c->expected = calloc(c->compare.output_bytes + 3, 1);
    assert_non_null(c->expected);
  }
}

/* ---- One run, in the hands of one thread ------------------------------------------------------------------------- */

struct job {
  struct gpu gpu; /* with a command pool of the thread's own */
  uint32_t queue;
  const s2vk_plan *plan;
  s2vk_binding *binding;
  struct replay replay;
  struct gpu_buffer upload, download;
  VkCommandBuffer commands;
};

static bool make_job(const struct plan_case *c, uint32_t queue, const s2vk_plan *plan, struct job *job) {
  *job = (struct job){.gpu = device, .queue = queue, .plan = plan};
  const VkCommandPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, .queueFamilyIndex = device.info.queue_family};
  if (vkCreateCommandPool(device.info.device, &pool, NULL, &job->gpu.pool) != VK_SUCCESS ||
      s2vk_binding_create(plan, NULL, &job->binding) != S2VK_SUCCESS)
    return false;
  s2vk_tensor input, output;
  s2vk_binding_get_tensors(job->binding, &input, &output);
  replay_create(&job->replay, &job->gpu, plan);
  compare_fill(&c->compare, plan, &job->replay);
  job->upload = gpu_buffer_create(&job->gpu, input.bytes);
  job->download = gpu_buffer_create(&job->gpu, output.bytes);
  memcpy(job->upload.host, c->compare.input, c->compare.input_bytes);
  return true;
}

static void destroy_job(struct job *job) {
  gpu_buffer_destroy(&job->gpu, &job->upload);
  gpu_buffer_destroy(&job->gpu, &job->download);
  replay_destroy(&job->replay, &job->gpu);
  s2vk_binding_destroy(&job->binding);
  vkDestroyCommandPool(device.info.device, job->gpu.pool, NULL);
}

/* Input, run and output of `binding`, which may be another job's. */
static bool record(struct job *job, const s2vk_binding *binding) {
  s2vk_tensor input, output;
  s2vk_binding_get_tensors(binding, &input, &output);
  const VkBufferCopy in = {0, input.offset, input.bytes}, out = {output.offset, 0, output.bytes};
  const s2vk_model model = replay_on_device(&job->replay);
  job->commands = gpu_begin(&job->gpu);
  vkCmdCopyBuffer(job->commands, job->upload.buffer, input.buffer, 1, &in);
  const s2vk_result result = s2vk_record(binding, job->commands, &model);
  gpu_barrier(job->commands);
  vkCmdCopyBuffer(job->commands, output.buffer, job->download.buffer, 1, &out);
  gpu_barrier(job->commands);
  return result == S2VK_SUCCESS && vkEndCommandBuffer(job->commands) == VK_SUCCESS && !job->replay.out_of_order;
}

/* Submits under the queue's lock, and waits without it. */
static bool submit(struct job *job) {
  const VkFenceCreateInfo fence_info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  const VkSubmitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &job->commands};
  VkFence fence;
  if (vkCreateFence(device.info.device, &fence_info, NULL, &fence) != VK_SUCCESS)
    return false;
  pthread_mutex_lock(&queues[job->queue].lock);
  VkResult result = vkQueueSubmit(queues[job->queue].queue, 1, &info, fence);
  pthread_mutex_unlock(&queues[job->queue].lock);
  if (!result)
    result = vkWaitForFences(device.info.device, 1, &fence, VK_TRUE, UINT64_MAX);
  vkDestroyFence(device.info.device, fence, NULL);
  vkFreeCommandBuffers(device.info.device, job->gpu.pool, 1, &job->commands);
  return result == VK_SUCCESS;
}

static bool same_output(const struct plan_case *c, const struct job *job) {
  return memcmp(job->download.host, c->expected, c->compare.output_bytes) == 0;
}

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

struct thread {
  pthread_t id;
  uint32_t index;
  bool failed;
};

static bool on_threads(void *(*run)(void *)) {
  struct thread threads[THREADS];
  bool failed = false;
  for (uint32_t i = 0; i < THREADS; i++) {
    threads[i] = (struct thread){.index = i};
    if (pthread_create(&threads[i].id, NULL, run, &threads[i]) != 0)
      abort();
  }
  for (uint32_t i = 0; i < THREADS; i++) {
    pthread_join(threads[i].id, NULL);
    if (threads[i].failed)
      print_error("thread %u failed: %s\n", i, gpu_last_log());
    failed |= threads[i].failed;
  }
  return !failed;
}

/* A plan of the thread's own, or a shared one, from plan to output. */
static bool run_once(uint32_t queue, uint32_t number, bool shared) {
  const struct plan_case *c = &cases[number];
  s2vk_plan *own = NULL;
  struct job job;
  if (!shared && s2vk_plan_create(device.context, &c->info, &own) != S2VK_SUCCESS)
    return false;
  bool ok = make_job(c, queue, shared ? c->plan : own, &job);
  ok = ok && record(&job, job.binding) && submit(&job) && same_output(c, &job);
  destroy_job(&job);
  s2vk_plan_destroy(&own);
  return ok;
}

static void *plans_of_every_kind(void *user) {
  struct thread *thread = user;
  for (uint32_t round = 0; !thread->failed && round < ROUNDS; round++) {
    const uint32_t number =
        round % 2 ? thread->index % PLANS : round / 2 % PLANS; /* different ones, then all the same */
    thread->failed = !run_once(thread->index % queue_count, number, round % 3 == 0);
  }
  return NULL;
}

static void plans_bindings_and_runs(void **state) {
  (void)state;
  assert_true(on_threads(plans_of_every_kind));
}

/* Pipelines of a context that has none yet, wanted by all threads at once. */
static s2vk_context *fresh;

static void *first_plans(void *user) {
  struct thread *thread = user;
  s2vk_plan *plans[PLANS] = {NULL};
  for (uint32_t i = 0; i < PLANS; i++)
    thread->failed |= s2vk_plan_create(fresh, &cases[(i + thread->index) % PLANS].info, &plans[i]) != S2VK_SUCCESS;
  for (uint32_t i = 0; i < PLANS; i++)
    s2vk_plan_destroy(&plans[i]);
  return NULL;
}

static void first_plans_of_a_context(void **state) {
  (void)state;
  for (int round = 0; round < 2; round++) {
    assert_ok(s2vk_context_create(&device.info, &fresh));
    assert_true(on_threads(first_plans));
    s2vk_context_destroy(&fresh);
  }
}

/* Two threads prepare what the others make plans of, in a context that keeps two more. */
static void *plans_among_few(void *user) {
  struct thread *thread = user;
  s2vk_prepare_info prepared = {
      .struct_size = sizeof prepared, .feature_type = S2VK_TYPE_BF16, .tile_side = 8, .model_channels = 4};
  if (thread->index < 2) {
    thread->failed = s2vk_context_prepare(fresh, &prepared) != S2VK_SUCCESS;
    return NULL;
  }
  for (uint32_t round = 0; !thread->failed && round < ROUNDS; round++) {
    s2vk_plan_info info = cases[(thread->index + round) % (PLANS - 1)].info;
    info.feature_type = round % 3 ? S2VK_TYPE_BF16 : S2VK_TYPE_F32;
    s2vk_plan *plan = NULL;
    s2vk_binding *binding = NULL;
    s2vk_context_statistics statistics = {.struct_size = sizeof statistics};
    thread->failed = s2vk_plan_create(fresh, &info, &plan) != S2VK_SUCCESS ||
                     s2vk_binding_create(plan, NULL, &binding) != S2VK_SUCCESS ||
                     s2vk_context_get_statistics(fresh, &statistics) != S2VK_SUCCESS || statistics.pipelines == 0;
    s2vk_binding_destroy(&binding);
    s2vk_plan_destroy(&plan);
  }
  return NULL;
}

static void pipelines_come_and_go(void **state) {
  (void)state;
  s2vk_context_info info = device.info;
  info.max_pipelines = 2;
  s2vk_context_statistics statistics = {.struct_size = sizeof statistics};
  assert_ok(s2vk_context_create(&info, &fresh));
  assert_true(on_threads(plans_among_few));
  assert_ok(s2vk_context_get_statistics(fresh, &statistics));
  assert_true(statistics.pipelines_destroyed > 0);
  assert_int_equal(statistics.pipelines, statistics.pipelines_made - statistics.pipelines_destroyed);
  assert_in_range(statistics.pipelines, statistics.pipelines_prepared, statistics.pipelines_prepared + 2);
  assert_in_range(
      statistics.memory_blocks, 1, 4); /* one that is empty of each kind, and what two threads made at once */
  s2vk_context_destroy(&fresh);
}

/* All threads record one binding at once; what they recorded runs one after the other. */
static struct job shared_jobs[THREADS];
static const s2vk_binding *shared_binding;

static void *record_shared(void *user) {
  struct thread *thread = user;
  thread->failed = !record(&shared_jobs[thread->index], shared_binding);
  return NULL;
}

static void one_binding_recorded_by_all(void **state) {
  (void)state;
  for (uint32_t i = 0; i < THREADS; i++)
    assert_true(make_job(&cases[1], 0, cases[1].plan, &shared_jobs[i]));
  shared_binding = shared_jobs[0].binding;
  assert_true(on_threads(record_shared));
  for (uint32_t i = 0; i < THREADS; i++) {
    assert_true(submit(&shared_jobs[i]));
    assert_true(same_output(&cases[1], &shared_jobs[i]));
  }
  for (uint32_t i = 0; i < THREADS; i++)
    destroy_job(&shared_jobs[i]);
}

/* s2vk_forward() waits on the context's queue: a context for each thread, and the lock of a shared queue around the
 * call. */
static void *forwards(void *user) {
  struct thread *thread = user;
  const struct plan_case *c = &cases[thread->index % PLANS];
  const uint32_t queue = thread->index % queue_count;
  s2vk_context_info info = device.info;
  s2vk_context *context = NULL;
  s2vk_plan *plan = NULL;
  s2vk_binding *binding = NULL;
  struct replay replay = {0};
  info.queue = queues[queue].queue;
  void *output = malloc(c->compare.output_bytes);
  thread->failed = !output || s2vk_context_create(&info, &context) != S2VK_SUCCESS ||
                   s2vk_plan_create(context, &c->info, &plan) != S2VK_SUCCESS ||
                   s2vk_binding_create(plan, NULL, &binding) != S2VK_SUCCESS;
  if (!thread->failed) {
    replay_create(&replay, &device, plan);
    compare_fill(&c->compare, plan, &replay);
  }
  for (int round = 0; !thread->failed && round < 4; round++) {
    const s2vk_model model = round % 2 ? replay_on_host(&replay) : replay_on_device(&replay);
    pthread_mutex_lock(&queues[queue].lock);
    const s2vk_result result =
        s2vk_forward(binding, &model, c->compare.input, c->compare.input_bytes, output, c->compare.output_bytes);
    pthread_mutex_unlock(&queues[queue].lock);
    thread->failed = result != S2VK_SUCCESS || memcmp(output, c->expected, c->compare.output_bytes) != 0;
  }
  replay_destroy(&replay, &device);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
  free(output);
  return NULL;
}

static void forwards_of_many_contexts(void **state) {
  (void)state;
  assert_true(on_threads(forwards));
}

/* ---- The device -------------------------------------------------------------------------------------------------- */

static VkResult open_queues(void) {
  VkQueueFamilyProperties families[64];
  uint32_t family_count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(suite_gpu.info.physical_device, &family_count, NULL);
  assert_in_range(family_count, 1, 64);
  vkGetPhysicalDeviceQueueFamilyProperties(suite_gpu.info.physical_device, &family_count, families);
  const uint32_t family = suite_gpu.info.queue_family;
  queue_count = families[family].queueCount < THREADS ? families[family].queueCount : THREADS;
  const float priorities[THREADS] = {0};
  const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = family,
      .queueCount = queue_count,
      .pQueuePriorities = priorities,
  };
  const VkPhysicalDeviceFeatures features = {.shaderInt64 = suite_gpu.info.shader_int64};
  const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
      .pEnabledFeatures = &features,
  };
  device = suite_gpu;
  VkResult result = vkCreateDevice(suite_gpu.info.physical_device, &info, NULL, &device.info.device);
  if (result)
    return result;
  volkLoadDevice(device.info.device);
  heap_load(device.info.instance);
  device.info.get_instance_proc_addr = heap_get_instance_proc_addr;
  for (uint32_t i = 0; i < queue_count; i++) {
    vkGetDeviceQueue(device.info.device, family, i, &queues[i].queue);
    pthread_mutex_init(&queues[i].lock, NULL);
  }
  device.info.queue = queues[0].queue;
  return VK_SUCCESS;
}

static int open_all(void **state) {
  if (suite_open_gpu(state))
    return -1;
  assert_int_equal(open_queues(), VK_SUCCESS);
  print_message("%u threads on %u queue%s\n", THREADS, queue_count, queue_count == 1 ? ", which they share" : "s");
  assert_ok(s2vk_context_create(&device.info, &device.context));
  make_cases();
  for (uint32_t i = 0; i < PLANS; i++) {
    struct plan_case *c = &cases[i];
    struct job job;
    assert_ok(s2vk_plan_create(device.context, &c->info, &c->plan));
    assert_true(make_job(c, 0, c->plan, &job) && record(&job, job.binding) && submit(&job));
    memcpy(c->expected, job.download.host, c->compare.output_bytes);
    assert_true(compare_tiles(&c->compare, c->plan, &job.replay) < 1e-5);
    assert_true(compare_output(&c->compare, c->plan, c->expected) < 1e-5);
    destroy_job(&job);
  }
  return 0;
}

static int close_all(void **state) {
  for (uint32_t i = 0; i < PLANS; i++) {
    s2vk_plan_destroy(&cases[i].plan);
    compare_destroy(&cases[i].compare);
    free(cases[i].expected);
  }
  s2vk_context_destroy(&device.context);
  vkDestroyDevice(device.info.device, NULL);
  volkLoadDevice(suite_gpu.info.device);
  return suite_close_gpu(state);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(first_plans_of_a_context),
      cmocka_unit_test(plans_bindings_and_runs),
      cmocka_unit_test(pipelines_come_and_go),
      cmocka_unit_test(one_binding_recorded_by_all),
      cmocka_unit_test(forwards_of_many_contexts),
  };
  if (argc > 1)
    cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests_name("threads", tests, open_all, close_all);
}
