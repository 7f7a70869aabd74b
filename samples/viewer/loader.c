#define _POSIX_C_SOURCE 200809L

#include "loader.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE 64             /* thumbnails */
#define SMALL_PIXELS 400000u /* a JPEG with more pixels is decoded at a smaller size for a thumbnail */

struct request {
  bool wanted, busy, done;
  uint32_t ticket; /* the result of an older request is thrown away */
  char path[4096];
  struct preparation preparation;
  struct loaded *result;
};

struct thumb_request {
  uint32_t number;
  char *path;
};

struct loader {
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t asked;
  void (*wake)(void);
  bool stop;
  struct request lanes[LOADER_LANES];
  struct thumb_request asked_thumbs[QUEUE];
  struct thumb *thumbs[QUEUE]; /* read, and not yet taken */
  uint32_t asked_count, thumb_count, generation;
};

/* ---- The thread -------------------------------------------------------------------------------------------------- */

/* The mean of the pixels that fall into one pixel. */
static void shrink(const struct photograph *photograph, struct thumb *thumb) {
  const s2vk_size size = photograph->size;
  const double factor = (double)size.width / THUMB_WIDTH > (double)size.height / THUMB_HEIGHT
                            ? (double)size.width / THUMB_WIDTH
                            : (double)size.height / THUMB_HEIGHT;
  thumb->width = (uint32_t)(size.width / factor) > 0 ? (uint32_t)(size.width / factor) : 1;
  thumb->height = (uint32_t)(size.height / factor) > 0 ? (uint32_t)(size.height / factor) : 1;
  for (uint32_t y = 0; y < thumb->height; y++)
    for (uint32_t x = 0; x < thumb->width; x++) {
      const uint64_t y0 = (uint64_t)y * size.height / thumb->height, x0 = (uint64_t)x * size.width / thumb->width;
      uint64_t y1 = (y + 1ull) * size.height / thumb->height, x1 = (x + 1ull) * size.width / thumb->width;
      uint64_t sum[3] = {0};
      y1 = y1 > y0 ? y1 : y0 + 1;
      x1 = x1 > x0 ? x1 : x0 + 1;
      for (uint64_t row = y0; row < y1; row++)
        for (uint64_t column = x0; column < x1; column++)
          for (int c = 0; c < 3; c++)
            sum[c] += photograph->pixels[(row * size.width + column) * 3 + (uint64_t)c];
      unsigned char *out = thumb->rgba + 4 * ((size_t)y * thumb->width + x);
      for (int c = 0; c < 3; c++)
        out[c] = (unsigned char)(sum[c] / ((y1 - y0) * (x1 - x0)));
      out[3] = 255;
    }
}

void thumb_read(struct thumb *thumb, const char *path) {
  char reason[PHOTOGRAPH_REASON_BYTES];
  struct photograph photograph;
  const struct photograph_options small = {.max_pixels = SMALL_PIXELS, .shrink_side = THUMB_WIDTH};
  thumb->width = thumb->height = 0;
  if (photograph_read_as(&photograph, &small, path, reason) || photograph_read(&photograph, path, reason)) {
    shrink(&photograph, thumb);
    photograph_free(&photograph);
  }
}

static void drop_result(struct request *lane) {
  if (lane->result && lane->result->read)
    picture_data_free(&lane->result->data);
  free(lane->result);
  lane->result = NULL;
}

/* The caller holds the mutex. It is released while a file is read. */
static void serve(struct loader *loader, struct request *lane) {
  const struct request request = *lane;
  const uint32_t ticket = lane->ticket;
  lane->wanted = false;
  lane->busy = true;
  pthread_mutex_unlock(&loader->mutex);
  struct loaded *loaded = calloc(1, sizeof *loaded);
  if (loaded) {
    snprintf(loaded->path, sizeof loaded->path, "%s", request.path);
    loaded->read = picture_read(request.path, &request.preparation, &loaded->data, loaded->error);
  }
  pthread_mutex_lock(&loader->mutex);
  lane->busy = false;
  struct request read = {.result = loaded};
  if (lane->ticket != ticket) {
    drop_result(&read);
    return;
  }
  drop_result(lane);
  lane->result = loaded;
}

static void serve_thumb(struct loader *loader) {
  /* The last request comes first, because that thumbnail is on the screen now. */
  const struct thumb_request request = loader->asked_thumbs[--loader->asked_count];
  const uint32_t generation = loader->generation;
  pthread_mutex_unlock(&loader->mutex);
  struct thumb *thumb = calloc(1, sizeof *thumb);
  if (thumb) {
    thumb->number = request.number;
    thumb_read(thumb, request.path);
  }
  free(request.path);
  pthread_mutex_lock(&loader->mutex);
  if (!thumb || generation != loader->generation || loader->thumb_count == QUEUE)
    free(thumb);
  else
    loader->thumbs[loader->thumb_count++] = thumb;
}

static void *run(void *user) {
  struct loader *loader = user;
  pthread_mutex_lock(&loader->mutex);
  while (!loader->stop) {
    struct request *lane = NULL;
    for (int i = LOADER_LANES; i-- > 0;)
      if (loader->lanes[i].wanted)
        lane = &loader->lanes[i];
    if (lane)
      serve(loader, lane);
    else if (loader->asked_count && loader->thumb_count < QUEUE)
      serve_thumb(loader);
    else {
      pthread_cond_wait(&loader->asked, &loader->mutex);
      continue;
    }
    if (loader->wake)
      loader->wake();
  }
  pthread_mutex_unlock(&loader->mutex);
  return NULL;
}

/* ---- Its users --------------------------------------------------------------------------------------------------- */

struct loader *loader_create(void (*wake)(void)) {
  struct loader *loader = calloc(1, sizeof *loader);
  if (!loader)
    return NULL;
  loader->wake = wake;
  pthread_mutex_init(&loader->mutex, NULL);
  pthread_cond_init(&loader->asked, NULL);
  if (!pthread_create(&loader->thread, NULL, run, loader))
    return loader;
  free(loader);
  return NULL;
}

void loader_destroy(struct loader *loader) {
  if (!loader)
    return;
  pthread_mutex_lock(&loader->mutex);
  loader->stop = true;
  pthread_cond_signal(&loader->asked);
  pthread_mutex_unlock(&loader->mutex);
  pthread_join(loader->thread, NULL);
  loader_forget_thumbs(loader);
  for (int i = 0; i < LOADER_LANES; i++)
    drop_result(&loader->lanes[i]);
  pthread_cond_destroy(&loader->asked);
  pthread_mutex_destroy(&loader->mutex);
  free(loader);
}

void loader_ask(struct loader *loader, uint32_t index, const char *path, const struct preparation *preparation) {
  struct request *lane = &loader->lanes[index];
  pthread_mutex_lock(&loader->mutex);
  drop_result(lane);
  lane->ticket++;
  lane->wanted = true;
  lane->preparation = *preparation;
  snprintf(lane->path, sizeof lane->path, "%s", path);
  pthread_cond_signal(&loader->asked);
  pthread_mutex_unlock(&loader->mutex);
}

void loader_cancel(struct loader *loader, uint32_t index) {
  struct request *lane = &loader->lanes[index];
  pthread_mutex_lock(&loader->mutex);
  drop_result(lane);
  lane->ticket++;
  lane->wanted = false;
  pthread_mutex_unlock(&loader->mutex);
}

bool loader_is_busy(struct loader *loader, uint32_t index) {
  const struct request *lane = &loader->lanes[index];
  pthread_mutex_lock(&loader->mutex);
  const bool busy = lane->wanted || lane->busy || lane->result;
  pthread_mutex_unlock(&loader->mutex);
  return busy;
}

bool loader_take(struct loader *loader, uint32_t index, struct loaded *loaded) {
  struct request *lane = &loader->lanes[index];
  pthread_mutex_lock(&loader->mutex);
  struct loaded *result = lane->result;
  lane->result = NULL;
  pthread_mutex_unlock(&loader->mutex);
  if (result)
    *loaded = *result;
  free(result);
  return result;
}

bool loader_ask_thumb(struct loader *loader, uint32_t number, const char *path) {
  pthread_mutex_lock(&loader->mutex);
  char *copy = loader->asked_count < QUEUE ? strdup(path) : NULL;
  if (copy)
    loader->asked_thumbs[loader->asked_count++] = (struct thumb_request){number, copy};
  pthread_cond_signal(&loader->asked);
  pthread_mutex_unlock(&loader->mutex);
  return copy;
}

bool loader_take_thumb(struct loader *loader, struct thumb *thumb) {
  pthread_mutex_lock(&loader->mutex);
  struct thumb *taken = loader->thumb_count ? loader->thumbs[--loader->thumb_count] : NULL;
  pthread_cond_signal(&loader->asked);
  pthread_mutex_unlock(&loader->mutex);
  if (taken)
    *thumb = *taken;
  free(taken);
  return taken;
}

void loader_forget_thumbs(struct loader *loader) {
  pthread_mutex_lock(&loader->mutex);
  loader->generation++;
  while (loader->asked_count)
    free(loader->asked_thumbs[--loader->asked_count].path);
  while (loader->thumb_count)
    free(loader->thumbs[--loader->thumb_count]);
  pthread_mutex_unlock(&loader->mutex);
}
