#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "timing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_ROUNDS 2000

double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

double process_cpu_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* ---- Samples ---- */

bool samples_add(struct samples *samples, double ms) {
  if (samples->count == samples->room) {
    uint32_t room = samples->room ? 2 * samples->room : 64;
    double *grown = realloc(samples->ms, room * sizeof *grown);
    if (!grown)
      return false;
    samples->ms = grown;
    samples->room = room;
  }
  samples->ms[samples->count++] = ms;
  return true;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Interpolates linearly between the two nearest ranks. */
static double quantile(const double *sorted, uint32_t count, double q) {
  double rank = q * (count - 1);
  uint32_t below = (uint32_t)rank;
  uint32_t above = below + 1 < count ? below + 1 : below;
  return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
}

struct summary samples_summary(const struct samples *samples) {
  struct summary summary = {0};
  double *sorted = malloc((samples->count + 1) * sizeof *sorted);
  if (samples->count && sorted) {
    memcpy(sorted, samples->ms, samples->count * sizeof *sorted);
    qsort(sorted, samples->count, sizeof *sorted, compare_doubles);
    summary = (struct summary){
        .median = quantile(sorted, samples->count, 0.5),
        .min = sorted[0],
        .p10 = quantile(sorted, samples->count, 0.1),
        .p90 = quantile(sorted, samples->count, 0.9),
        .p95 = quantile(sorted, samples->count, 0.95),
    };
  }
  free(sorted);
  return summary;
}

struct summary samples_ratio(const struct samples *samples, const struct samples *other) {
  struct samples ratios = {0};
  for (uint32_t i = 0; i < samples->count && i < other->count; i++)
    if (!(other->ms[i] > 0) || !samples_add(&ratios, samples->ms[i] / other->ms[i]))
      break;
  struct summary summary = samples_summary(&ratios);
  free(ratios.ms);
  return summary;
}

/* ---- Jobs ---- */

/* Milliseconds of one run. */
struct run {
  double host, cpu, timestamp; /* timestamp below 0: there is none */
};

static bool run_once(struct device *device, struct job *job, struct run *run) {
  if (job->before)
    job->before(job->user);
  double cpu = process_cpu_ms(), start = now_ms();
  if (job->run ? !job->run(job->user) : !device_submit(device, job->commands))
    return false;
  *run = (struct run){.host = now_ms() - start, .cpu = process_cpu_ms() - cpu, .timestamp = -1};
  if (job->after)
    job->after(job->user);
  return job->run || !device->timestamp_bits || device_timestamps(device, &run->timestamp);
}

double job_cores(const struct job *job) {
  double host_ms = 0, cpu_ms = 0;
  for (uint32_t i = 0; i < job->host.count; i++) {
    host_ms += job->host.ms[i];
    cpu_ms += job->cpu.ms[i];
  }
  return host_ms > 0 ? cpu_ms / host_ms : 0;
}

bool jobs_warm_up(struct device *device, struct job *jobs, uint32_t count) {
  struct run run;
  for (uint32_t i = 0; i < count; i++)
    if (!run_once(device, &jobs[i], &run))
      return false;
  return true;
}

bool jobs_run(struct device *device, struct job *jobs, uint32_t count, double seconds) {
  const double start = now_ms(), budget = seconds * 1e3 * count;
  for (uint32_t round = 0; round < MAX_ROUNDS; round++) {
    double taken = now_ms() - start;
    if ((round >= MIN_ROUNDS && taken >= budget) || (round >= MIN_SLOW_ROUNDS && taken >= 10 * budget))
      break;
    for (uint32_t i = 0; i < count; i++) {
      struct run run;
      if (!run_once(device, &jobs[i], &run) || !samples_add(&jobs[i].host, run.host) ||
          !samples_add(&jobs[i].cpu, run.cpu) ||
          (run.timestamp >= 0 && !samples_add(&jobs[i].timestamp, run.timestamp)))
        return false;
    }
  }
  return true;
}

void job_free_samples(struct job *job) {
  free(job->host.ms);
  free(job->cpu.ms);
  free(job->timestamp.ms);
  job->host = job->cpu = job->timestamp = (struct samples){0};
}

void jobs_free(struct device *device, struct job *jobs, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (jobs[i].commands)
      vkFreeCommandBuffers(device->info.device, device->pool, 1, &jobs[i].commands);
    job_free_samples(&jobs[i]);
    jobs[i] = (struct job){0};
  }
}

/* ---- Clock ---- */

#define FILL_BYTES (64u << 20)

static bool record_clock_jobs(struct device *device, const struct buffer *buffer, struct job jobs[2]) {
  for (int i = 0; i < 2; i++) {
    if (!device_begin(device, &jobs[i].commands))
      return false;
    if (i)
      vkCmdFillBuffer(jobs[i].commands, buffer->buffer, 0, VK_WHOLE_SIZE, 0);
    if (!device_end(device, jobs[i].commands))
      return false;
  }
  return true;
}

bool clock_choose(struct device *device, struct clock *clock) {
  struct job jobs[2] = {{.name = "empty"}, {.name = "fill"}};
  struct buffer buffer;
  *clock = (struct clock){0};
  bool done = buffer_create(device, FILL_BYTES, false, &buffer) && record_clock_jobs(device, &buffer, jobs) &&
              jobs_warm_up(device, jobs, 2) && jobs_run(device, jobs, 2, 0.1);
  if (done) {
    clock->empty_ms = samples_summary(&jobs[0].host).median;
    clock->fill_host_ms = samples_summary(&jobs[1].host).median;
    clock->fill_timestamp_ms = samples_summary(&jobs[1].timestamp).median;
    double expected = clock->fill_host_ms - clock->empty_ms;
    clock->timestamps = device->properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_CPU && device->timestamp_bits &&
                        fabs(clock->fill_timestamp_ms - expected) < 0.25 * expected;
  }
  jobs_free(device, jobs, 2);
  buffer_destroy(device, &buffer);
  return done;
}
