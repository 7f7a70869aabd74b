/* Jobs that are timed in turns. */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include "device.h"

#define MIN_ROUNDS 7
#define MIN_SLOW_ROUNDS 3

/* Milliseconds, in the order they were measured: jobs that take turns have one sample each of a round. */
struct samples {
  double *ms;
  uint32_t count, room;
};

struct summary {
  double median, min, p10, p90, p95;
};

bool samples_add(struct samples *samples, double ms);
struct summary samples_summary(const struct samples *samples);

/* How often each sample of one takes the time of the other's of the same round. */
struct summary samples_ratio(const struct samples *samples, const struct samples *other);

struct job {
  const char *name;
  uint64_t bytes;             /* read and written */
  VkCommandBuffer commands;   /* submitted and waited for, or ... */
  bool (*run)(void *user);    /* ... called */
  void (*before)(void *user); /* called before and after each run, untimed; may be NULL */
  void (*after)(void *user);
  void *user;
  struct samples host;      /* clock of the host, around submission and wait */
  struct samples cpu;       /* user and system time of all threads of the process, meanwhile */
  struct samples timestamp; /* by the device's timestamps; none for calls, or without timestamps */
};

/* Runs each job once, untimed. */
bool jobs_warm_up(struct device *device, struct job *jobs, uint32_t count);

/* Runs the jobs round after round, until they have taken seconds each on average and MIN_ROUNDS were run; or
 * MIN_SLOW_ROUNDS, if they have then taken ten times as long. */
bool jobs_run(struct device *device, struct job *jobs, uint32_t count, double seconds);

void job_free_samples(struct job *job);

/* Frees samples and command buffers. */
void jobs_free(struct device *device, struct job *jobs, uint32_t count);

double now_ms(void);

/* CPU time of all threads of the process. */
double process_cpu_ms(void);

/* How many cores a job kept busy on average. Beside a driver that runs on the CPU, a figure lower than usual means that
 * other processes had the rest. */
double job_cores(const struct job *job);

/* The clock that ratios to copies are taken by: timestamps where the device is not the host's own processor, has them,
 * and they agree with the host's clock on a long fill; else the host's. */
struct clock {
  bool timestamps;
  double empty_ms; /* host's clock around an empty submission */
  double fill_host_ms, fill_timestamp_ms;
};

bool clock_choose(struct device *device, struct clock *clock);

#endif
