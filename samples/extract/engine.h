/* Runs batches on the device, several at a time. While one batch is computed, the next one is uploaded and recorded,
 * and the previous one is read from mapped memory.
 *
 * Each frame has its own input, output and staging buffers. All frames share one workspace: tiles, features,
 * accumulator and scratch. They can, because batches run in turn on one queue. The workspace grows to that of the
 * largest plan. The engine keeps the last ENGINE_PLANS plans, by size and batch. */
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
  uint64_t used; /* when it was used last */
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
  VkDeviceSize bound_tiles; /* bytes of tiles in the largest call that the model is bound for */
  struct frame frames[ENGINE_FRAMES];
  struct engine_plan plans[ENGINE_PLANS];
  uint64_t uses;
  struct queue free, submitted;
  double waited;         /* seconds that engine_submit() waited for a free frame */
  double device_seconds; /* seconds of work on the device, for the frames that were collected */
  uint32_t plans_made;
};

enum engine_result {
  ENGINE_DONE,
  ENGINE_REFUSED, /* no plan can be made for images of this size; the reason was printed */
  ENGINE_FAILED,  /* the reason was printed */
};

/* Makes an engine. On failure returns false and prints the reason on stderr. Device, model and options must outlive the
 * engine. */
bool engine_create(
    struct engine *engine, const struct device *device, struct model *model, const struct options *options);
void engine_destroy(struct engine *engine);

/* Waits for a free frame, submits a batch and frees its data. Takes over its sources if the result is ENGINE_DONE. A
 * batch without images passes through. */
enum engine_result engine_submit(struct engine *engine, struct batch *batch, size_t broken);

/* Begins a series of batches. Call it after engine_create(), or after a thread has collected the whole series
 * before. */
void engine_begin(struct engine *engine);

/* Ends the series of batches. */
void engine_finish(struct engine *engine);

/* Waits for the next frame in the order of submission. Call it on another thread. Returns NULL after the last frame;
 * *failed: the device failed. The caller gives each frame back. */
struct frame *engine_collect(struct engine *engine, bool *failed);
void engine_release(struct engine *engine, struct frame *frame);

#endif
