#include "peak.h"

#include "core.h"

#include "bench/timing.h"
#include "kernel.h"

#define LANES 64u
#define GROUPS 1024u
#define FLOPS_PER_ROUND (2 * 4 * 6 * 16) /* as in peak.comp */
#define TIMES 5

struct push {
  uint32_t rounds;
  float factor, term;
};

static const uint32_t code[] =
#include "peak.spv.h"
    ;

static bool run(struct device *device, const struct kernel *kernel, uint32_t rounds, double *ms) {
  const struct push push = {rounds, 0.999f, 0.001f};
  VkCommandBuffer commands;
  if (!device_begin(device, &commands))
    return false;
  kernel_record(kernel, commands, &push, GROUPS);
  bool done = device_end(device, commands);
  double start = now_ms();
  done = done && device_submit(device, commands);
  *ms = now_ms() - start;
  vkFreeCommandBuffers(device->info.device, device->pool, 1, &commands);
  return done;
}

static double least(double a, double b) {
  return a > 0 && a < b ? a : b;
}

bool peak_measure(struct device *device, struct peak *peak) {
  struct buffer buffer = {0};
  struct kernel kernel = {0};
  uint32_t rounds = 16;
  double ms = 0, best = 0;
  bool done = buffer_create(device, (VkDeviceSize)GROUPS * LANES * sizeof(float), false, &buffer);
  done = done && succeeded(kernel_create(&kernel, device->info.device, code, sizeof code,
                               &(VkDescriptorBufferInfo){buffer.buffer, 0, VK_WHOLE_SIZE}, 1, sizeof(struct push)),
                     "the pipeline of peak.comp");
  while (done && ms < 50 && rounds < 1u << 24) { /* long enough to measure */
    rounds *= 2;
    done = run(device, &kernel, rounds, &ms);
  }
  for (int i = 0; done && i < TIMES; i++) {
    done = run(device, &kernel, rounds, &ms);
    best = least(best, ms);
  }
  kernel_destroy(&kernel);
  buffer_destroy(device, &buffer);
  const double gflop = (double)GROUPS * LANES * rounds * FLOPS_PER_ROUND / 1e9;
  if (done)
    *peak = (struct peak){gflop / best * 1e3, core_measure()};
  return done;
}
