#define _DEFAULT_SOURCE

#include "many.h"

#include "engine.h"
#include "progress.h"
#include "sink.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define MAX_SETTINGS 4096

enum status { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_BROKEN = 3 };

struct many {
  const struct options *options;
  struct sources sources;
  char settings[MAX_SETTINGS];
  struct model model;
  struct device device;
  struct engine engine;
  struct decoder *decoder;
  struct batches batches;
  struct batch batch;
  const struct sink_type *sink_type;
  struct sink *sink;
  struct sink_state state;
  size_t broken; /* images that could not be read, those of earlier runs included */

  /* The thread that writes. */
  pthread_t writer;
  atomic_bool failed; /* either thread; the other one ends too */
  size_t written;
  double write_seconds, seconds;
};

/* ---- What there is to do ---- */

static bool find_sources(struct many *many) {
  const struct options *o = many->options;
  struct sources *sources = &many->sources;
  for (uint32_t i = 0; i < o->input_count; i++)
    if (!sources_add(sources, o->inputs[i]))
      return false;
  if (!sources_check(sources))
    return false;
  size_t all = sources->count;
  sources_take(sources, o->shard.index, o->shard.count);
  if (o->shard.from)
    printf("shard    %u of %u, by %s: %zu of %zu images\n", o->shard.index + 1, o->shard.count, o->shard.from,
        sources->count, all);
  if (!all)
    message_print("there are no images");
  return all;
}

static bool open_sink(struct many *many) {
  const struct options *o = many->options;
  size_t length = strlen(o->output), suffix = strlen(".safetensors");
  bool one_file = length > suffix && strcmp(o->output + length - suffix, ".safetensors") == 0;
  size_t count = many->sources.count;
  options_describe(o, many->settings, sizeof many->settings);
  const struct sink_info info = {.output = o->output,
      .sources = &many->sources,
      .shard = &o->shard,
      .settings = many->settings,
      .overwrite = o->overwrite};
  many->sink_type = one_file ? &sink_safetensors : &sink_npy;
  many->sink = many->sink_type->open(&info, &many->state);
  many->broken = many->state.broken;
  if (!many->sink)
    return false;
  size_t left = many->sources.count - many->state.first;
  printf("output   %s: %zu of %zu images to do", o->output, left, count);
  if (left < count)
    printf(", %zu are done already", many->state.done);
  putchar('\n');
  if (!one_file && o->type == S2VK_TYPE_BF16)
    message_print("NumPy has no bf16: files hold the bits as uint16");
  fflush(stdout);
  return true;
}

/* ---- Running ---- */

static void *write_frames(void *user) {
  struct many *many = user;
  bool failed = false;
  for (struct frame *frame; (frame = engine_collect(&many->engine, &failed));) {
    double start = seconds_now();
    size_t count = frame->count;
    failed = failed || many->failed || !many->sink_type->put(many->sink, frame, many->options->type);
    many->write_seconds += seconds_now() - start;
    engine_release(&many->engine, frame);
    if (failed) {
      many->failed = true;
    } else {
      many->written += count;
      progress_add(count);
    }
  }
  return NULL;
}

static void submit_batches(struct many *many) {
  while (!many->failed && batches_next(&many->batches, &many->batch)) {
    enum engine_result result = engine_submit(&many->engine, &many->batch, many->broken);
    if (result == ENGINE_FAILED)
      many->failed = true;
    if (result != ENGINE_REFUSED)
      continue;
    for (uint32_t i = 0; i < many->batch.count; i++)
      message_print("%s: skipped: there is no plan for an image of its size", many->batch.images[i].source->path);
    many->broken += many->batch.count;
    progress_add(many->batch.count);
  }
}

/* All is open; false if it failed. */
static bool run_threads(struct many *many) {
  if (pthread_create(&many->writer, NULL, write_frames, many) != 0) {
    message_print("no thread to write can be started");
    return false;
  }
  progress_start(many->sources.count - many->state.first);
  submit_batches(many);
  engine_finish(&many->engine);
  pthread_join(many->writer, NULL);
  many->seconds = progress_stop();
  return !many->failed;
}

static bool run(struct many *many) {
  const struct options *o = many->options;
  size_t first = many->state.first;
  if (first == many->sources.count)
    return true;
  if (!device_open(&many->device, o->device) || !model_create(&many->model, o, &many->device.info) ||
      !engine_create(&many->engine, &many->device, &many->model, o))
    return false;
  printf("device   %s\n", many->device.properties.deviceName);
  fflush(stdout);
  many->batch.images = calloc(o->batch, sizeof *many->batch.images);
  many->decoder = many->batch.images ? decoder_start(&many->sources, first, &many->model, o) : NULL;
  return many->decoder && batches_create(&many->batches, many->decoder, first, o, &many->broken) && run_threads(many);
}

/* ---- What was done ---- */

static double percent(double seconds, double of) {
  return of > 0 ? 100 * seconds / of : 0;
}

static void print_stats(const struct many *many) {
  const struct engine *engine = &many->engine;
  double seconds = many->seconds;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("decode   %u threads, busy %.1f %% of the time\n", many->options->decoders,
      percent(decoder_seconds(many->decoder), seconds * many->options->decoders));
  printf("submit   waited %.1f %% of the time for images, %.1f %% for the device\n",
      percent(many->batches.waited, seconds), percent(engine->waited, seconds));
  if (engine->timestamps)
    printf("device   busy %.1f %% of the time; %u plans were made\n", percent(engine->device_seconds, seconds),
        engine->plans_made);
  else
    printf("device   has no timestamps; %u plans were made\n", engine->plans_made);
  printf("write    busy %.1f %% of the time\n", percent(many->write_seconds, seconds));
  printf("memory   %.1f MB at most\n", (double)usage.ru_maxrss * 1024 / 1e6);
}

static enum status finish(struct many *many, bool done) {
  if (many->sink && !many->sink_type->close(many->sink, done))
    done = false;
  if (!done)
    return STATUS_FAILED;
  if (many->seconds > 0)
    printf("done     %zu images in %.1f s, %.2f images/s\n", many->written, many->seconds,
        (double)many->written / many->seconds);
  if (many->options->stats && many->decoder)
    print_stats(many);
  if (!many->broken)
    return STATUS_DONE;
  message_print("%zu images could not be read", many->broken);
  return STATUS_BROKEN;
}

static void clean_up(struct many *many) {
  decoder_stop(many->decoder);
  batches_destroy(&many->batches);
  free(many->batch.images);
  engine_destroy(&many->engine);
  model_destroy(&many->model);
  device_close(&many->device);
  sources_free(&many->sources);
}

int many_run(const struct options *options) {
  struct many many = {.options = options};
  bool done = find_sources(&many) && model_open(&many.model, options) && open_sink(&many) && run(&many);
  enum status status = finish(&many, done);
  clean_up(&many);
  return (int)status;
}
