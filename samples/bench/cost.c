#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "cost.h"

#include <stdlib.h>
#include <time.h>

#define COLD_RUNS 3
#define WARM_RUNS 15
#define RECORD_RUNS 300

static bool create_plan(s2vk_context *context, const struct subject *s, struct samples *samples, s2vk_plan **plan) {
  double start = now_ms();
  s2vk_result result = s2vk_plan_create(context, &s->shape->info, plan);
  double ms = now_ms() - start;
  return s2vk_succeeded(result, "s2vk_plan_create") && samples_add(samples, ms);
}

/* ---- Cold ---- */

static bool run_first(const struct subject *s, const s2vk_plan *plan, struct samples *samples) {
  s2vk_binding *binding;
  if (!s2vk_succeeded(s2vk_binding_create(plan, NULL, &binding), "s2vk_binding_create"))
    return false;
  struct subject fresh = *s;
  fresh.binding = binding;
  double start = now_ms();
  bool done = s->jobs[JOB_FORWARD].run(&fresh) && samples_add(samples, now_ms() - start);
  s2vk_binding_destroy(&binding);
  return done;
}

static bool measure_cold(const struct subject *s, int32_t device_index, struct cost *cost) {
  s2vk_context_info info;
  s2vk_context *context = NULL;
  s2vk_plan *plan = NULL;
  if (!device_open_bare(device_index, &info))
    return false;
  bool done = device_context(&info, VK_NULL_HANDLE, &context) && create_plan(context, s, &cost->plan_cold, &plan) &&
              run_first(s, plan, &cost->forward_first);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
  s2vk_device_close(&info);
  return done;
}

/* ---- Warm ---- */

/* Two plans in a new context: the second finds the pipelines there. */
static bool create_twice(
    const struct subject *s, VkPipelineCache cache, struct samples *first, struct samples *second) {
  s2vk_context *context;
  s2vk_plan *plans[2] = {NULL, NULL};
  if (!device_context(&s->device->info, cache, &context))
    return false;
  bool done = create_plan(context, s, first, &plans[0]) && create_plan(context, s, second, &plans[1]);
  s2vk_plan_destroy(&plans[0]);
  s2vk_plan_destroy(&plans[1]);
  s2vk_context_destroy(&context);
  return done;
}

static bool measure_warm(const struct subject *s, struct cost *cost) {
  const VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  VkPipelineCache cache;
  struct samples unused = {0};
  VkDevice device = s->device->info.device;
  if (!succeeded(vkCreatePipelineCache(device, &info, NULL, &cache), "vkCreatePipelineCache"))
    return false;
  bool done = create_twice(s, cache, &unused, &unused);
  for (uint32_t i = 0; done && i < WARM_RUNS; i++)
    done = create_twice(s, cache, &cost->plan_cached, &cost->plan_again);
  vkDestroyPipelineCache(device, cache, NULL);
  free(unused.ms);
  return done;
}

/* ---- Recording ---- */

static double thread_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static bool measure_recording(const struct subject *s, struct cost *cost) {
  for (uint32_t i = 0; i < RECORD_RUNS; i++) {
    VkCommandBuffer commands;
    if (!device_begin(s->device, &commands))
      return false;
    double start = thread_ms();
    s2vk_result result = s2vk_record(s->binding, commands, &subject_no_model);
    double ms = thread_ms() - start;
    bool done = device_end(s->device, commands) && s2vk_succeeded(result, "s2vk_record") &&
                (i == 0 || samples_add(&cost->record, ms));
    vkFreeCommandBuffers(s->device->info.device, s->device->pool, 1, &commands);
    if (!done)
      return false;
  }
  return true;
}

bool cost_measure(struct subject *s, int32_t device_index, struct cost *cost) {
  for (uint32_t i = 0; i < COLD_RUNS; i++)
    if (!measure_cold(s, device_index, cost))
      return false;
  return measure_warm(s, cost) && measure_recording(s, cost);
}

void cost_free(struct cost *cost) {
  struct samples *const all[] = {
      &cost->plan_cold, &cost->forward_first, &cost->plan_cached, &cost->plan_again, &cost->record};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    free(all[i]->ms);
  *cost = (struct cost){0};
}
