/* A shape on a device: its plan, bound to buffers with random contents, and the jobs that are timed. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include "copy.h"
#include "image.h"
#include "moved.h"

/* All jobs of a shape, in the order in which they take turns. */
enum job_index {
  JOB_EMPTY,
  JOB_SPLIT,   /* of all calls */
  JOB_MERGE,   /* of all calls */
  JOB_BOTH,    /* split and merge of each call, with nothing in between */
  JOB_FORWARD, /* s2vk_forward() with a model that records nothing */
  JOB_COPY_SPLIT,
  JOB_COPY_MERGE,
  JOB_COPY_BOTH,
  JOB_SHADER_SPLIT,
  JOB_SHADER_MERGE,
  JOB_SHADER_BOTH,
  JOB_PEER, /* both passes on the CPU, without Vulkan */
  JOB_COUNT
};

/* Sets of them. */
#define JOBS(first, last) ((1u << ((last) + 1)) - (1u << (first)))
#define JOBS_ALL JOBS(JOB_EMPTY, JOB_SHADER_BOTH)
#define JOBS_BRIEF (1u << JOB_EMPTY | 1u << JOB_BOTH | 1u << JOB_COPY_BOTH | 1u << JOB_SHADER_BOTH)
#define JOBS_COPY JOBS(JOB_COPY_SPLIT, JOB_SHADER_BOTH)

struct subject {
  struct device *device;
  const struct shape *shape;
  s2vk_context *context;
  s2vk_plan *plan;
  s2vk_plan_layout layout;
  s2vk_binding *binding;
  struct buffer input, tiles, features, output, source, destination;
  struct device_image image; /* the input, if it is an image */
  struct copy copy;
  struct peer *peer;
  struct moved moved;

  /* The content of the buffers. All calls read the same features, from the first one on. */
  void *host_input, *host_features, *host_output;

  struct job jobs[JOB_COUNT];
  bool taken[JOB_COUNT];
};

struct wanted {
  uint32_t jobs;     /* a set of jobs. The peer's job is left out if it cannot run the plan */
  bool plain_copies; /* no copy shaders with 64-bit integers */
};

/* Makes a subject. Destroy it also after a failure. */
bool subject_create(
    struct device *device, const struct shape *shape, const struct wanted *wanted, struct subject *subject);
void subject_destroy(struct subject *subject);

/* Times the jobs. */
bool subject_time(struct subject *subject, double seconds);

/* A model that does nothing. */
extern const s2vk_model subject_no_model;

#endif
