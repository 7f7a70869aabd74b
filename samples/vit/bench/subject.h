/* A model with S2 around it on a device, and what is measured of it. */
#ifndef VIT_BENCH_SUBJECT_H
#define VIT_BENCH_SUBJECT_H

#include "bench/timing.h"
#include "vit.h"

#define MAX_SCALES 8

struct scales {
  double values[MAX_SCALES];
  uint32_t count;
};

enum stage { STAGE_SPLIT, STAGE_MODEL, STAGE_MERGE, STAGE_COUNT };

/* Bytes of the device's memory while a subject is there: exact, by what was asked for, but for `allocated`. */
struct memory {
  VkDeviceSize weights;
  VkDeviceSize workspace; /* of the model */
  VkDeviceSize calls;     /* the library's workspace: tiles and features of the largest call, accumulator */
  VkDeviceSize ends;      /* input, output, and the plan's tables */
  VkDeviceSize allocated; /* of the driver, with what it rounds up */
};

struct subject {
  struct device *device;
  s2vk_context *context;
  s2vk_plan *plan;
  s2vk_binding *binding;
  struct vit *vit;
  s2vk_plan_layout layout;
  struct buffer input, output;
  VkQueryPool queries; /* none: the queue has no timestamps */
  VkCommandBuffer commands;

  double flops; /* of a run: of all tiles */
  struct memory memory;
  struct samples host;                /* around submission and wait */
  struct samples stages[STAGE_COUNT]; /* between timestamps; each is of all calls together */
  double cores;                       /* that the process kept busy meanwhile */
};

/* One image, whose side is a tile's, at some scales. tiles_per_call 0: all scales in one call. The model's workspace is
 * made for the tiles of a call. */
bool subject_create(struct device *device, const struct vit_folder *folder, const struct scales *scales,
    uint32_t tiles_per_call, enum vit_precision precision, struct subject *subject);

/* Runs once, untimed, and then until that took seconds and was done `runs` times. */
bool subject_time(struct subject *subject, double seconds, uint32_t runs);

/* Host tensors of the plan's shapes, in f32. */
bool subject_write_input(struct subject *subject, const float *input);
bool subject_read_output(struct subject *subject, float *output);

void subject_destroy(struct subject *subject);

#endif
