/* Groups images of one size into batches of up to options->batch images.
 *
 * Images are taken in windows, one after the other. A window has the images of up to BATCHES_WINDOW batches, or fewer
 * if they are large. Images that are left when a window ends make smaller batches. The batches, and the order of all
 * that is written, are therefore the same in every run, whichever threads are fast, and a run can begin with any
 * window. */
#ifndef EXTRACT_BATCHES_H
#define EXTRACT_BATCHES_H

#include "decode.h"

#define BATCHES_WINDOW 8

struct batch {
  struct image *images; /* of one size */
  uint32_t count;       /* 0: this is only the end of a window */
  size_t window_end;    /* if this ends a window, the index of the first source after it; else 0 */
};

struct batches {
  struct decoder *decoder;
  uint32_t most;         /* images of a batch */
  struct image *pending; /* of the window, in order */
  size_t pending_count;
  size_t next;              /* source */
  size_t seen, bytes, room; /* images and bytes of the window so far; the most images */
  bool ending, at_end;      /* of the window; of all */
  size_t broken;            /* images that cannot be read */
  const struct options *options;
  double waited; /* seconds */
};

/* Begins at source `first`, which begins a window. */
bool batches_create(struct batches *batches, struct decoder *decoder, size_t first, const struct options *options);

/* Fills in the next batch. Its images are an array of the caller with room for options->batch. The caller frees their
 * data and releases their sources. The function reports images that cannot be read. Returns false after the last
 * batch. */
bool batches_next(struct batches *batches, struct batch *batch);

void batches_destroy(struct batches *batches);

#endif
