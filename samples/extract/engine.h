/* Runs batches on the device, several at a time: while one is computed, the next is recorded and uploaded, and the one
 * before is read from mapped memory.
 *
 * Input, output and their staging are each frame's own. Tiles, features, accumulator and scratch are one workspace for
 * all, since what runs on one queue runs in turn; they grow to the largest plan's. Plans are kept by size and batch,
 * the ENGINE_PLANS used last. */
#ifndef EXTRACT_ENGINE_H
#define EXTRACT_ENGINE_H

#include "batches.h"
#include "plan.h"
#include "queue.h"

#define ENGINE_FRAMES 3
#define ENGINE_PLANS 8

struct engine_plan {
  s2vk_plan *plan;
  s2vk_plan_layout layout;
  s2vk_size size;
  uint32_t batch;
  struct plan_facts facts;
  s2vk_binding *bindings[ENGINE_FRAMES];
  uint64_t used; /* when */
};

struct frame {
  uint32_t index;
  struct buffer upload, input, output, readback;
  VkCommandBuffer commands;
  VkFence fence;

  /* The images of the batch. */
  struct frame_image {
    struct source *source;
    struct photograph facts;
    s2vk_size input;
  } *images;
  uint32_t count;
  struct plan_facts plan;
  size_t window_end;    /* as batch.window_end */
  size_t broken;        /* images that could not be read up to here */
  s2vk_shape shape;     /* of one image's features, with a batch of 1 */
  VkDeviceSize bytes;   /* of one image's features */
  const void *features; /* of all images, once collected */
};

struct engine {
  const struct device *device;
  struct model *model;
  const struct options *options;
  s2vk_context *context;
  VkCommandPool pool;
  VkQueryPool timestamps; /* two of each frame; NULL where the queue has none */
  uint64_t timestamp_mask;
  struct buffer tiles, features, accumulator, scratch;
  VkDeviceSize bound_tiles; /* bytes that the model can be called with */
  struct frame frames[ENGINE_FRAMES];
  struct engine_plan plans[ENGINE_PLANS];
  uint64_t uses;
  struct queue free, submitted;
  double waited;         /* seconds that engine_submit() waited for a free frame */
  double device_seconds; /* that the device worked, of frames collected */
  uint32_t plans_made;
};

enum engine_result {
  ENGINE_DONE,
  ENGINE_REFUSED, /* there is no plan for images of this size; the reason was printed */
  ENGINE_FAILED,  /* the reason was printed */
};

/* False, with the reason on stderr, if it cannot be made. Device, model and options must outlive it. */
bool engine_create(
    struct engine *engine, const struct device *device, struct model *model, const struct options *options);
void engine_destroy(struct engine *engine);

/* Submits a batch, once a frame is free, frees its data and, if that is done, takes over its sources. A batch of no
 * images goes through as it is. */
enum engine_result engine_submit(struct engine *engine, struct batch *batch, size_t broken);

/* Batches will follow, after engine_create() or after a thread has collected all that were before. */
void engine_begin(struct engine *engine);

/* No batch will follow. */
void engine_finish(struct engine *engine);

/* On another thread: frames in the order of submission, computed; NULL after the last one. *failed if the device did.
 * Each is given back. */
struct frame *engine_collect(struct engine *engine, bool *failed);
void engine_release(struct engine *engine, struct frame *frame);

#endif
