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
  struct feed *feed;
  const struct model *model;
  struct photograph_options images;
  const struct options *options;
  pthread_t *threads;
  uint32_t thread_count;

  pthread_mutex_t feeding; /* held while the next source is taken; locked before `lock` */
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct slot *slots; /* image i is in slot i % slot_count */
  size_t slot_count;
  size_t taken, begun; /* images given out; images that a thread has begun */
  size_t bytes;        /* of images that are ready */
  uint64_t pixels;     /* of images that are being decoded */
  bool at_end, stop;
  double seconds;
};

/* ---- Pixels that are decoded at one time ---- */

struct ticket {
  struct decoder *decoder;
  uint64_t pixels;
};

static void admit(void *user, uint64_t pixels) {
  struct ticket *ticket = user;
  struct decoder *decoder = ticket->decoder;
  uint64_t most = decoder->images.max_pixels ? decoder->images.max_pixels : PHOTOGRAPH_MAX_PIXELS;
  pthread_mutex_lock(&decoder->lock);
  while (decoder->pixels && decoder->pixels + pixels > most)
    pthread_cond_wait(&decoder->changed, &decoder->lock);
  decoder->pixels += pixels;
  pthread_mutex_unlock(&decoder->lock);
  ticket->pixels += pixels;
}

static void leave(struct ticket *ticket) {
  pthread_mutex_lock(&ticket->decoder->lock);
  ticket->decoder->pixels -= ticket->pixels;
  pthread_cond_broadcast(&ticket->decoder->changed);
  pthread_mutex_unlock(&ticket->decoder->lock);
}

/* ---- One image ---- */

static void decode(struct decoder *decoder, struct source *source, struct image *image) {
  struct photograph photograph;
  struct ticket ticket = {decoder, 0};
  struct photograph_options options = decoder->images;
  struct vit_error error;
  options.admit = admit;
  options.admit_user = &ticket;
  *image = (struct image){.source = source};
  bool done;
  if (source->reason) {
    snprintf(image->reason, sizeof image->reason, "%s", source->reason);
    return;
  }
  if (source->owned)
    done = photograph_decode(&photograph, &options, source->data, source->bytes, image->reason);
  else
    done = photograph_read_as(&photograph, &options, source->path, image->reason);
  free(source->data);
  source->data = NULL;
  if (done) {
    if (!model_take(decoder->model, decoder->options, &photograph, &image->input, &error))
      snprintf(image->reason, sizeof image->reason, "%s", error.text);
    image->facts = photograph;
    image->facts.pixels = NULL;
    photograph_free(&photograph);
  }
  leave(&ticket);
}

/* ---- Threads ---- */

/* Whether a thread should begin the next image. It must if decoder_next() waits for this image. */
static bool may_begin(const struct decoder *decoder) {
  return decoder->begun == decoder->taken ||
         (decoder->begun - decoder->taken < decoder->slot_count && decoder->bytes < DECODED_BYTES);
}

/* Takes the next source. *index: its place among all. Returns NULL if there is none. */
static struct source *take(struct decoder *decoder, size_t *index) {
  pthread_mutex_lock(&decoder->feeding);
  pthread_mutex_lock(&decoder->lock);
  while (!decoder->stop && !decoder->at_end && !may_begin(decoder))
    pthread_cond_wait(&decoder->changed, &decoder->lock);
  bool ended = decoder->stop || decoder->at_end;
  pthread_mutex_unlock(&decoder->lock);
  struct source *source = ended ? NULL : decoder->feed->next(decoder->feed);
  pthread_mutex_lock(&decoder->lock);
  if (source) {
    *index = decoder->begun++;
  } else {
    decoder->at_end = true;
    pthread_cond_broadcast(&decoder->changed);
  }
  pthread_mutex_unlock(&decoder->lock);
  pthread_mutex_unlock(&decoder->feeding);
  return source;
}

static void *run(void *user) {
  struct decoder *decoder = user;
  size_t index = 0;
  for (struct source *source; (source = take(decoder, &index));) {
    struct image image;
    double start = seconds_now();
    decode(decoder, source, &image);
    double seconds = seconds_now() - start;
    pthread_mutex_lock(&decoder->lock);
    decoder->slots[index % decoder->slot_count] = (struct slot){image, true};
    decoder->bytes += image.input.bytes;
    decoder->seconds += seconds;
    pthread_cond_broadcast(&decoder->changed);
    pthread_mutex_unlock(&decoder->lock);
  }
  return NULL;
}

/* ---- All of it ---- */

struct decoder *decoder_start(struct feed *feed, const struct model *model, const struct options *options) {
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
  decoder->feed = feed;
  decoder->model = model;
  decoder->images = model_images(model, options);
  decoder->options = options;
  pthread_mutex_init(&decoder->feeding, NULL);
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
  pthread_mutex_lock(&decoder->lock);
  struct slot *slot = &decoder->slots[decoder->taken % decoder->slot_count];
  while (!slot->ready && !(decoder->at_end && decoder->taken == decoder->begun))
    pthread_cond_wait(&decoder->changed, &decoder->lock);
  bool is_one = slot->ready;
  if (is_one) {
    *image = slot->image;
    *slot = (struct slot){0};
    decoder->taken++;
    decoder->bytes -= image->input.bytes;
    pthread_cond_broadcast(&decoder->changed);
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
    if (decoder->slots[i].ready) {
      free(decoder->slots[i].image.input.data);
      source_release(decoder->slots[i].image.source);
    }
  pthread_cond_destroy(&decoder->changed);
  pthread_mutex_destroy(&decoder->lock);
  pthread_mutex_destroy(&decoder->feeding);
  free(decoder->slots);
  free(decoder->threads);
  free(decoder);
}
