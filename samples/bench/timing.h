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

/* The ratios of the samples of one job to those of another one, round by round. */
struct summary samples_ratio(const struct samples *samples, const struct samples *other);

struct job {
  const char *name;
  uint64_t bytes;             /* read and written */
  VkCommandBuffer commands;   /* submitted and waited for, or ... */
  bool (*run)(void *user);    /* ... called */
  void (*before)(void *user); /* called before and after each run, and not timed; may be NULL */
  void (*after)(void *user);
  void *user;
  struct samples host;      /* the host's clock, around submission and wait */
  struct samples cpu;       /* user and system time of all threads of the process, meanwhile */
  struct samples timestamp; /* by the device's timestamps; none for calls, or without timestamps */
};

/* Runs each job once, without timing it. */
bool jobs_warm_up(struct device *device, struct job *jobs, uint32_t count);

/* Runs the jobs round after round. Ends when each has taken `seconds` on average and there were MIN_ROUNDS rounds. If
 * that takes ten times as long, MIN_SLOW_ROUNDS rounds are enough. */
bool jobs_run(struct device *device, struct job *jobs, uint32_t count, double seconds);

void job_free_samples(struct job *job);

/* Frees samples and command buffers. */
void jobs_free(struct device *device, struct job *jobs, uint32_t count);

double now_ms(void);

/* CPU time of all threads of the process. */
double process_cpu_ms(void);

/* The number of cores that a job kept busy on average. On a CPU driver, a lower number than usual means that other
 * processes used the cores. */
double job_cores(const struct job *job);

/* The clock for ratios to copies. It is the device's timestamps if the device is not a CPU driver, has timestamps, and
 * they agree with the host's clock on a long fill. Otherwise it is the host's clock. */
struct clock {
  bool timestamps;
  double empty_ms; /* the host's time of an empty submission */
  double fill_host_ms, fill_timestamp_ms;
};

bool clock_choose(struct device *device, struct clock *clock);

#endif
