#include "batches.h"

#include "progress.h"
#include "tell.h"

#include <stdlib.h>
#include <string.h>

bool batches_create(struct batches *batches, struct decoder *decoder, size_t first, const struct options *options) {
  *batches = (struct batches){.decoder = decoder, .options = options, .most = options->batch, .next = first};
  batches->room = options->batch == 1 ? 1 : (size_t)BATCHES_WINDOW * options->batch;
  batches->pending = calloc(batches->room, sizeof *batches->pending);
  if (!batches->pending)
    message_print("no memory for batches of %u images", options->batch);
  return batches->pending;
}

static bool same_size(const struct image *a, const struct image *b) {
  return a->input.size.height == b->input.size.height && a->input.size.width == b->input.size.width;
}

/* Takes the next image into the window. */
static void take(struct batches *batches) {
  struct image image;
  double start = seconds_now();
  bool is_one = decoder_next(batches->decoder, &image);
  batches->waited += seconds_now() - start;
  if (!is_one) {
    batches->at_end = batches->ending = true;
    return;
  }
  batches->next++;
  batches->seen++;
  if (image.input.data) {
    batches->pending[batches->pending_count++] = image;
    batches->bytes += image.input.bytes;
  } else {
    tell_broken(batches->options, image.source, image.reason);
    source_release(image.source);
    batches->broken++;
    progress_add(1);
  }
  batches->ending = batches->seen == batches->room || batches->bytes >= DECODED_BYTES;
}

static size_t count_same(const struct batches *batches, const struct image *image) {
  size_t count = 0;
  for (size_t i = 0; i < batches->pending_count; i++)
    count += same_size(&batches->pending[i], image);
  return count;
}

/* Moves all pending images of this size to the batch. */
static void move(struct batches *batches, struct image like, struct batch *batch) {
  size_t kept = 0;
  for (size_t i = 0; i < batches->pending_count; i++)
    if (batch->count < batches->most && same_size(&batches->pending[i], &like))
      batch->images[batch->count++] = batches->pending[i];
    else
      batches->pending[kept++] = batches->pending[i];
  batches->pending_count = kept;
}

bool batches_next(struct batches *batches, struct batch *batch) {
  batch->count = 0;
  batch->window_end = 0;
  while (!batch->count && !batches->ending) {
    size_t pending = batches->pending_count;
    take(batches);
    if (batches->pending_count > pending && count_same(batches, &batches->pending[pending]) == batches->most)
      move(batches, batches->pending[pending], batch);
  }
  if (!batch->count && batches->pending_count)
    move(batches, batches->pending[0], batch);
  if (batches->ending && !batches->pending_count) {
    batch->window_end = batches->seen ? batches->next : 0;
    batches->seen = batches->bytes = 0;
    batches->ending = batches->at_end;
  }
  return batch->count || batch->window_end;
}

void batches_destroy(struct batches *batches) {
  for (size_t i = 0; i < batches->pending_count; i++) {
    free(batches->pending[i].input.data);
    source_release(batches->pending[i].source);
  }
  free(batches->pending);
  *batches = (struct batches){0};
}
