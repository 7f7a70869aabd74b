#define _POSIX_C_SOURCE 200809L /* nanosleep */

#include "in_flight.h"

#include "subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 5

/* A plan with two workspaces. Call k takes workspace k % 2. */
struct flight {
  struct device *device;
  struct subject subject; /* the plan, its input and its output */
  struct buffer accumulator, tiles[2], features[2];
  s2vk_binding *bindings[2];
  VkFence fences[2];
  VkCommandBuffer *commands; /* for each call its split, then its merge */
  uint32_t calls;
  double model_ms;
};

/* ---- What is run ---- */

static bool bind(struct flight *f, int i) {
  const struct subject *s = &f->subject;
  if (!buffer_create(f->device, s->layout.tiles_bytes, false, &f->tiles[i]) ||
      !buffer_create(f->device, s->layout.features_bytes, false, &f->features[i]) ||
      !buffer_fill(f->device, &f->features[i], 0x3F800000))
    return false;
  const s2vk_binding_info info = {
      .struct_size = sizeof info,
      .input = {s->input.buffer, 0, s->input.bytes, s->input.usage},
      .tiles = {f->tiles[i].buffer, 0, f->tiles[i].bytes, f->tiles[i].usage},
      .features = {f->features[i].buffer, 0, f->features[i].bytes, f->features[i].usage},
      .output = {s->output.buffer, 0, s->output.bytes, s->output.usage},
      .accumulator = {f->accumulator.buffer, 0, f->accumulator.bytes, f->accumulator.usage},
      .input_view = s->image.view,
      .in_turn_with = i ? f->bindings[0] : NULL, /* whose resized images it shares, if the plan has any */
  };
  const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  return s2vk_succeeded(s2vk_binding_create(s->plan, &info, &f->bindings[i]), "s2vk_binding_create") &&
         succeeded(vkCreateFence(f->device->info.device, &fence, NULL, &f->fences[i]), "vkCreateFence");
}

static bool record(struct flight *f) {
  const VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = f->device->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 2 * f->calls};
  const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  f->commands = calloc(2 * (size_t)f->calls, sizeof(VkCommandBuffer));
  bool done = f->commands && succeeded(vkAllocateCommandBuffers(f->device->info.device, &info, f->commands),
                                 "vkAllocateCommandBuffers");
  for (uint32_t i = 0; done && i < 2 * f->calls; i++) {
    const s2vk_binding *binding = f->bindings[i / 2 % 2];
    done = succeeded(vkBeginCommandBuffer(f->commands[i], &begin), "vkBeginCommandBuffer") &&
           s2vk_succeeded(i % 2 ? s2vk_record_merge(binding, i / 2, f->commands[i])
                                : s2vk_record_split(binding, i / 2, f->commands[i]),
               "s2vk_record") &&
           succeeded(vkEndCommandBuffer(f->commands[i]), "vkEndCommandBuffer");
  }
  return done;
}

static bool flight_create(struct flight *f, const struct shape *shape) {
  const struct wanted wanted = {.jobs = 1u << JOB_BOTH};
  if (!subject_create(f->device, shape, &wanted, &f->subject) ||
      !buffer_create(f->device, f->subject.layout.accumulator_bytes, false, &f->accumulator))
    return false;
  f->calls = f->subject.layout.call_count;
  return bind(f, 0) && bind(f, 1) && record(f);
}

static void flight_destroy(struct flight *f) {
  if (f->commands && f->commands[0])
    vkFreeCommandBuffers(f->device->info.device, f->device->pool, 2 * f->calls, f->commands);
  free(f->commands);
  for (int i = 0; i < 2; i++) {
    vkDestroyFence(f->device->info.device, f->fences[i], NULL);
    s2vk_binding_destroy(&f->bindings[i]);
    buffer_destroy(f->device, &f->tiles[i]);
    buffer_destroy(f->device, &f->features[i]);
  }
  buffer_destroy(f->device, &f->accumulator);
  subject_destroy(&f->subject);
}

/* ---- How it is run ---- */

static bool submit(const struct flight *f, uint32_t call, bool merge, VkFence fence) {
  const VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &f->commands[2 * call + merge]};
  return succeeded(vkQueueSubmit(f->device->info.queue, 1, &info, fence), "vkQueueSubmit");
}

static bool finish(const struct flight *f, VkFence fence) {
  const VkDevice device = f->device->info.device;
  return succeeded(vkWaitForFences(device, 1, &fence, VK_TRUE, UINT64_MAX), "vkWaitForFences") &&
         succeeded(vkResetFences(device, 1, &fence), "vkResetFences");
}

static void work_elsewhere(const struct flight *f) {
  const long long ns = (long long)(f->model_ms * 1e6);
  nanosleep(&(struct timespec){.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)}, NULL);
}

static bool run_in_turn(const struct flight *f) {
  bool done = true;
  for (uint32_t k = 0; done && k < f->calls; k++) {
    done = submit(f, k, false, f->fences[0]) && finish(f, f->fences[0]);
    work_elsewhere(f);
    done = done && submit(f, k, true, f->fences[0]) && finish(f, f->fences[0]);
  }
  return done;
}

/* While the model works on call k, the device merges call k - 1 and splits call k + 1. */
static bool run_in_flight(const struct flight *f) {
  bool done = submit(f, 0, false, f->fences[0]);
  for (uint32_t k = 0; done && k < f->calls; k++) {
    done = finish(f, f->fences[k % 2]) && (k + 1 == f->calls || submit(f, k + 1, false, f->fences[(k + 1) % 2]));
    work_elsewhere(f);
    done = done && submit(f, k, true, VK_NULL_HANDLE);
  }
  return done && succeeded(vkQueueWaitIdle(f->device->info.queue), "vkQueueWaitIdle");
}

static bool time_once(const struct flight *f, bool (*run)(const struct flight *), struct samples *samples) {
  const double begin = now_ms();
  return run(f) && samples_add(samples, now_ms() - begin);
}

/* ---- Printing ---- */

static bool measure(struct flight *f, const char *name) {
  struct samples passes = {0}, turns = {0}, flight = {0};
  bool done = run_in_turn(f); /* the first run compiles */
  for (int i = 0; done && i < ROUNDS; i++)
    done = time_once(f, run_in_turn, &passes);
  if (done)
    f->model_ms = samples_summary(&passes).median / f->calls;
  for (int i = 0; done && i < ROUNDS; i++)
    done = time_once(f, run_in_turn, &turns) && time_once(f, run_in_flight, &flight);
  if (done) {
    const double one = samples_summary(&turns).median, two = samples_summary(&flight).median;
    printf("  %-12s %6" PRIu32 " %10.2f %10.2f %12.2f %10.2f %8.2f\n", name, f->calls, f->model_ms, f->model_ms, one,
        two, two / one);
    fflush(stdout);
  }
  free(passes.ms);
  free(turns.ms);
  free(flight.ms);
  return done;
}

bool in_flight_run(struct device *device, const struct options *options) {
  printf("Device    %s; %s\n", device->properties.deviceName, device->driver);
  printf("Clock     the host's; medians of %d runs. The model is a wait: it works elsewhere\n\n", ROUNDS);
  printf("  %-12s %6s %10s %10s %12s %10s %8s\n", "shape", "calls", "passes ms", "model ms", "in turn ms", "in flight",
      "times");
  bool done = true;
  for (uint32_t i = 0; done && i < options->shape_count; i++) {
    struct flight f = {.device = device, .subject = {.device = device}};
    done = flight_create(&f, options->shapes[i]) && measure(&f, options->shapes[i]->name);
    flight_destroy(&f);
  }
  return done;
}
