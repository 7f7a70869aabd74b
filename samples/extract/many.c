#define _DEFAULT_SOURCE

#include "many.h"

#include "describe.h"
#include "engine.h"
#include "feed.h"
#include "progress.h"
#include "sink.h"
#include "tell.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SETTINGS 4096

enum status { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_BROKEN = 3 };

/* State that the parts of a run share. A run is all images of a list, or the tar files one after the other. */
struct many {
  const struct options *options;
  struct sources inputs;  /* all files that are read */
  struct sources sources; /* those of this shard */
  bool tars;
  char settings[MAX_SETTINGS];
  cJSON *run;
  struct model model;
  struct device device;
  struct engine engine;
  bool ready; /* device, model and engine are made */
  size_t all; /* images, or tar files, of all shards */
  size_t done, broken, written, failed_tars, left_out;
  double seconds, decode_seconds, waited, write_seconds;
};

/* One part. */
struct part {
  struct many *many;
  struct feed *feed;
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
};

/* ---- What there is to do ---- */

static bool add_sources(const struct options *o, struct sources *sources) {
  *sources = (struct sources){.nul_separated = o->nul_separated, .read_tar = o->read_tar};
  for (uint32_t i = 0; i < o->input_count; i++)
    if (!sources_add(sources, o->inputs[i]))
      return false;
  return true;
}

/* Keeps a copy of what identifies the inputs: outputs must not be among them, whichever shard has them. */
static bool keep_inputs(struct many *many) {
  struct sources *inputs = &many->inputs;
  const struct options *o = many->options;
  size_t count = many->sources.count + o->input_count + MODEL_MAX_FILES;
  inputs->items = calloc(count, sizeof *inputs->items);
  if (!inputs->items) {
    message_print("no memory for the names of %zu images", count);
    return false;
  }
  for (size_t i = 0; i < many->sources.count; i++)
    inputs->items[inputs->count++] =
        (struct source){.device = many->sources.items[i].device, .inode = many->sources.items[i].inode};
  for (uint32_t i = 0; i < o->input_count; i++) /* lists, too */
    sources_describe_file(&inputs->items[inputs->count++], o->inputs[i]);
  inputs->count += model_files(o, inputs->items + inputs->count);
  return true;
}

static bool find_sources(struct many *many) {
  const struct options *o = many->options;
  struct sources *sources = &many->sources;
  if (!add_sources(o, sources) || !sources_check(sources, &many->tars) || !keep_inputs(many))
    return false;
  size_t all = many->all = sources->count;
  if (!o->quiet)
    sources_tell_left_out(sources);
  many->left_out = sources->left_out_all;
  sources_take(sources, o->shard.index, o->shard.count);
  if (o->shard.from)
    tell(o, "shard    %u of %u, by %s: %zu of %zu %s\n", o->shard.index + 1, o->shard.count, o->shard.from,
        sources->count, all, many->tars ? "tar files" : "images");
  if (!all)
    message_print("there are no images");
  return all;
}

/* ---- Running ---- */

static bool put_images(struct part *part, struct frame *frame) {
  const struct options *o = part->many->options;
  bool done = true;
  for (uint32_t i = 0; done && i < frame->count; i++) {
    struct frame_image *image = &frame->images[i];
    const struct described described = {
        image->source, &image->facts, image->input, &frame->plan, &frame->shape, o->type};
    cJSON *record = describe_image(&described);
    if (image->source->kept)
      cJSON_AddItemReferenceToObject(record, "sample", image->source->kept);
    done = part->sink_type->put(part->sink, frame, i, record);
    if (done)
      tell_json(o, record);
    cJSON_Delete(record);
  }
  return done && part->sink_type->end_frame(part->sink, frame);
}

static void *write_frames(void *user) {
  struct part *part = user;
  bool failed = false;
  for (struct frame *frame; (frame = engine_collect(&part->many->engine, &failed));) {
    double start = seconds_now();
    size_t count = frame->count;
    failed = failed || part->failed || !put_images(part, frame);
    part->many->write_seconds += seconds_now() - start;
    engine_release(&part->many->engine, frame);
    if (failed) {
      part->failed = true;
    } else {
      part->written += count;
      progress_add(count);
    }
  }
  return NULL;
}

static void drop(struct part *part, bool refused) {
  for (uint32_t i = 0; i < part->batch.count; i++) {
    if (refused)
      tell_broken(
          part->many->options, part->batch.images[i].source, "skipped: there is no plan for an image of its size");
    source_release(part->batch.images[i].source);
  }
}

static void submit_batches(struct part *part) {
  while (!part->failed && batches_next(&part->batches, &part->batch)) {
    size_t broken = part->broken + part->batches.broken;
    enum engine_result result = engine_submit(&part->many->engine, &part->batch, broken);
    if (result == ENGINE_FAILED)
      part->failed = true;
    if (result != ENGINE_DONE)
      drop(part, result == ENGINE_REFUSED);
    if (result == ENGINE_REFUSED) {
      part->broken += part->batch.count;
      progress_add(part->batch.count);
    }
  }
  part->broken += part->batches.broken;
}

/* Runs the threads, with everything open. Returns false if one failed. */
static bool run_threads(struct part *part, size_t total) {
  struct many *many = part->many;
  engine_begin(&many->engine);
  if (pthread_create(&part->writer, NULL, write_frames, part) != 0) {
    message_print("no thread to write can be started");
    return false;
  }
  progress_start("", "images", total);
  submit_batches(part);
  engine_finish(&many->engine);
  pthread_join(part->writer, NULL);
  many->seconds += progress_stop();
  return !part->failed && !part->feed->failed;
}

static bool make_ready(struct many *many) {
  const struct options *o = many->options;
  if (many->ready)
    return true;
  if (!device_open(&many->device, o->device, o->describe) || !model_create(&many->model, o, &many->device.info) ||
      !engine_create(&many->engine, &many->device, &many->model, o))
    return false;
  tell(o, "device   %s\n", many->device.properties.deviceName);
  return many->ready = true;
}

static bool run_part(struct part *part, size_t total) {
  struct many *many = part->many;
  const struct options *o = many->options;
  if (!make_ready(many))
    return false;
  part->batch.images = calloc(o->batch, sizeof *part->batch.images);
  part->decoder = part->batch.images ? decoder_start(part->feed, &many->model, o) : NULL;
  bool done =
      part->decoder && batches_create(&part->batches, part->decoder, part->state.first, o) && run_threads(part, total);
  if (part->decoder) {
    many->decode_seconds += decoder_seconds(part->decoder);
    many->waited += part->batches.waited;
  }
  decoder_stop(part->decoder);
  batches_destroy(&part->batches);
  free(part->batch.images);
  return done;
}

/* Completes the outputs, and adds to the totals. */
static bool finish_part(struct part *part, bool done) {
  struct many *many = part->many;
  done = part->sink_type->close(part->sink, done, part->broken) && done;
  many->written += part->written;
  many->done += part->state.done + part->written;
  many->broken += part->broken;
  return done;
}

/* ---- A list of images ---- */

static bool run_list(struct many *many) {
  const struct options *o = many->options;
  struct part part = {.many = many};
  struct feed_list list;
  const bool one_file = has_ending(o->output, ".safetensors");
  const struct sink_info info = {.options = o,
      .output = o->output,
      .sources = &many->sources,
      .inputs = &many->inputs,
      .shard = &o->shard,
      .settings = many->settings,
      .run = many->run};
  size_t count = many->sources.count;
  for (size_t i = 0; i < count; i++)
    many->sources.items[i].index = i;
  part.sink_type = one_file ? &sink_safetensors : &sink_npy;
  part.sink = part.sink_type->open(&info, &part.state);
  if (!part.sink)
    return false;
  part.broken = part.state.broken;
  size_t left = many->sources.count - part.state.first;
  if (left < count)
    tell(o, "output   %s: %zu of %zu images to do, %zu are done already\n", o->output, left, count, part.state.done);
  else
    tell(o, "output   %s: %zu of %zu images to do\n", o->output, left, count);
  if (!one_file && o->type == S2VK_TYPE_BF16)
    message_print("NumPy has no bf16: files hold the bits as uint16");
  feed_list_create(&list, &many->sources, part.state.first);
  part.feed = &list.feed;
  return finish_part(&part, !left || run_part(&part, left));
}

/* ---- Tar files ---- */

/* OUTPUT/NAME.safetensors, or OUTPUT itself for a single one. */
static char *tar_output(const struct options *o, const struct source *tar, size_t all) {
  if (has_ending(o->output, ".safetensors")) {
    if (all == 1)
      return strdup(o->output);
    message_print("--output %s: takes one tar file; of several, give a folder", o->output);
    return NULL;
  }
  return sink_join(o->output, tar->name, ".safetensors");
}

/* A tar file that fails leaves nothing behind, and the run goes on with the next one. Returns false if the next one
 * would fail, too. */
static bool run_tar(struct many *many, const struct source *tar, const char *output) {
  const struct options *o = many->options;
  struct part part = {.many = many, .sink_type = &sink_safetensors};
  const struct sink_info info = {.options = o,
      .output = output,
      .inputs = &many->inputs,
      .tar = tar,
      .settings = many->settings,
      .run = many->run};
  part.sink = part.sink_type->open(&info, &part.state);
  if (!part.sink) {
    many->failed_tars++;
    return true;
  }
  if (part.state.complete) {
    tell(o, "tar      %s: is done already%s\n", tar->path,
        strcmp(tar->path, "-") == 0 ? ": what comes from standard input was not compared with it" : "");
    part.broken = part.state.broken;
    return finish_part(&part, true);
  }
  struct feed_tar *feed = feed_tar_open(tar, o);
  bool done = false;
  if (feed) {
    part.feed = feed_tar_feed(feed);
    done = run_part(&part, 0);
    many->left_out += feed_tar_left_out(feed);
  }
  size_t written = part.written, broken = part.broken;
  done = finish_part(&part, done);
  if (done)
    tell(o, "tar      %s: %zu images, %zu that could not be read\n", tar->path, written, broken);
  else
    many->failed_tars++;
  feed_tar_close(feed);
  return !part.failed && (!feed || many->ready);
}

static bool run_tars(struct many *many) {
  const struct options *o = many->options;
  bool done = true;
  for (size_t i = 0; done && i < many->sources.count; i++) {
    char *output = tar_output(o, &many->sources.items[i], many->all);
    done = output && run_tar(many, &many->sources.items[i], output);
    free(output);
  }
  if (many->failed_tars)
    message_print("%zu tar files are not done: the same command tries them again", many->failed_tars);
  return done && !many->failed_tars;
}

/* ---- What was done ---- */

static double percent(double seconds, double of) {
  return of > 0 ? 100 * seconds / of : 0;
}

static void print_stats(const struct many *many) {
  const struct engine *engine = &many->engine;
  const struct options *o = many->options;
  double seconds = many->seconds;
  tell(o, "decode   %u threads, busy %.1f %% of the time\n", o->decoders,
      percent(many->decode_seconds, seconds * o->decoders));
  tell(o, "submit   waited %.1f %% of the time for images, %.1f %% for the device\n", percent(many->waited, seconds),
      percent(engine->waited, seconds));
  if (engine->timestamps)
    tell(o, "device   busy %.1f %% of the time; %u plans were made\n", percent(engine->device_seconds, seconds),
        engine->plans_made);
  else
    tell(o, "device   has no timestamps; %u plans were made\n", engine->plans_made);
  tell(o, "write    busy %.1f %% of the time\n", percent(many->write_seconds, seconds));
  tell(o, "memory   %.1f MB at most\n", tell_memory_mb());
}

static enum status finish(struct many *many, bool done) {
  const struct options *o = many->options;
  const struct tell_summary summary = {
      done, many->done, many->written, many->broken, many->left_out, many->seconds, many->run};
  tell_summary(o, &summary);
  if (many->broken)
    message_print("%zu images could not be read", many->broken);
  if (!done)
    return STATUS_FAILED;
  if (many->seconds > 0)
    tell(o, "done     %zu images in %.1f s, %.2f images/s\n", many->written, many->seconds,
        (double)many->written / many->seconds);
  if (o->stats && many->ready)
    print_stats(many);
  return many->broken ? STATUS_BROKEN : STATUS_DONE;
}

static void clean_up(struct many *many) {
  engine_destroy(&many->engine);
  model_destroy(&many->model);
  device_close(&many->device);
  sources_free(&many->sources);
  free(many->inputs.items);
  cJSON_Delete(many->run);
}

int many_run(const struct options *options) {
  struct many many = {.options = options};
  bool done = model_open(&many.model, options) && find_sources(&many);
  if (done) {
    options_describe(options, many.model.identity, many.settings, sizeof many.settings);
    many.run = describe_run(options, &many.model);
    done = many.run && (many.tars ? run_tars : run_list)(&many);
  }
  enum status status = finish(&many, done);
  clean_up(&many);
  return (int)status;
}
