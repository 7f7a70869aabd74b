#include "decode.h"

#include "progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct slot {
  struct image image;
  bool ready;
};

struct decoder {
  const struct sources *sources;
  const struct model *model;
  const struct options *options;
  pthread_t *threads;
  uint32_t thread_count;

  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct slot *slots; /* image i is in slot i % slot_count */
  size_t slot_count;
  size_t taken, begun; /* images given out; images that a thread has begun */
  size_t bytes;        /* of those ready */
  bool stop;
  double seconds;
};

static void decode(const struct decoder *decoder, const struct source *source, struct image *image) {
  struct photograph photograph;
  *image = (struct image){.source = source};
  if (!photograph_read(&photograph, source->path, image->reason))
    return;
  struct vit_error error;
  if (!model_take(decoder->model, decoder->options, &photograph, &image->input, &error))
    snprintf(image->reason, sizeof image->reason, "%s", error.text);
  photograph_free(&photograph);
}

/* Whether a thread should begin the next image; it must if that is the one that is waited for. */
static bool may_begin(const struct decoder *decoder) {
  return decoder->begun == decoder->taken ||
         (decoder->begun - decoder->taken < decoder->slot_count && decoder->bytes < DECODED_BYTES);
}

static void *run(void *user) {
  struct decoder *decoder = user;
  pthread_mutex_lock(&decoder->lock);
  for (;;) {
    while (!decoder->stop && decoder->begun < decoder->sources->count && !may_begin(decoder))
      pthread_cond_wait(&decoder->changed, &decoder->lock);
    if (decoder->stop || decoder->begun == decoder->sources->count)
      break;
    size_t index = decoder->begun++;
    struct image image;
    pthread_mutex_unlock(&decoder->lock);
    double start = seconds_now();
    decode(decoder, &decoder->sources->items[index], &image);
    double seconds = seconds_now() - start;
    pthread_mutex_lock(&decoder->lock);
    decoder->slots[index % decoder->slot_count] = (struct slot){image, true};
    decoder->bytes += image.input.bytes;
    decoder->seconds += seconds;
    pthread_cond_broadcast(&decoder->changed);
  }
  pthread_mutex_unlock(&decoder->lock);
  return NULL;
}

struct decoder *decoder_start(
    const struct sources *sources, size_t first, const struct model *model, const struct options *options) {
  struct decoder *decoder = calloc(1, sizeof *decoder);
  if (decoder) {
    decoder->slot_count = options->batch + 2 * (size_t)options->decoders;
    decoder->slots = calloc(decoder->slot_count, sizeof *decoder->slots);
    decoder->threads = calloc(options->decoders, sizeof *decoder->threads);
  }
  if (!decoder || !decoder->slots || !decoder->threads) {
    message_print("no memory to decode images");
    if (decoder) {
      free(decoder->slots);
      free(decoder->threads);
    }
    free(decoder);
    return NULL;
  }
  decoder->sources = sources;
  decoder->model = model;
  decoder->options = options;
  decoder->taken = decoder->begun = first;
  pthread_mutex_init(&decoder->lock, NULL);
  pthread_cond_init(&decoder->changed, NULL);
  while (decoder->thread_count < options->decoders &&
         pthread_create(&decoder->threads[decoder->thread_count], NULL, run, decoder) == 0)
    decoder->thread_count++;
  if (decoder->thread_count)
    return decoder;
  message_print("no thread to decode images can be started");
  decoder_stop(decoder);
  return NULL;
}

bool decoder_next(struct decoder *decoder, struct image *image) {
  bool is_one = false;
  pthread_mutex_lock(&decoder->lock);
  if (decoder->taken < decoder->sources->count) {
    struct slot *slot = &decoder->slots[decoder->taken % decoder->slot_count];
    while (!slot->ready)
      pthread_cond_wait(&decoder->changed, &decoder->lock);
    *image = slot->image;
    *slot = (struct slot){0};
    decoder->taken++;
    decoder->bytes -= image->input.bytes;
    pthread_cond_broadcast(&decoder->changed);
    is_one = true;
  }
  pthread_mutex_unlock(&decoder->lock);
  return is_one;
}

double decoder_seconds(struct decoder *decoder) {
  pthread_mutex_lock(&decoder->lock);
  double seconds = decoder->seconds;
  pthread_mutex_unlock(&decoder->lock);
  return seconds;
}

void decoder_stop(struct decoder *decoder) {
  if (!decoder)
    return;
  pthread_mutex_lock(&decoder->lock);
  decoder->stop = true;
  pthread_cond_broadcast(&decoder->changed);
  pthread_mutex_unlock(&decoder->lock);
  for (uint32_t i = 0; i < decoder->thread_count; i++)
    pthread_join(decoder->threads[i], NULL);
  for (size_t i = 0; i < decoder->slot_count; i++)
    free(decoder->slots[i].image.input.data);
  pthread_cond_destroy(&decoder->changed);
  pthread_mutex_destroy(&decoder->lock);
  free(decoder->slots);
  free(decoder->threads);
  free(decoder);
}
