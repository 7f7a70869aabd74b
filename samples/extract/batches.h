/* Puts images of one size together, up to options->batch of them.
 *
 * Images are looked at in windows, one after the other: up to BATCHES_WINDOW batches' worth of images, or fewer if they
 * are large. Those of a window that are left when it ends make smaller batches. So the batches, and with them the order
 * of all that is written, are the same in every run, whichever threads are fast; and a run may begin
 * with any window. */
#ifndef EXTRACT_BATCHES_H
#define EXTRACT_BATCHES_H

#include "decode.h"

#define BATCHES_WINDOW 8

struct batch {
  struct image *images; /* of one size */
  uint32_t count;       /* 0: there is nothing but the end of a window */
  size_t window_end;    /* if this ends a window, the index of the first source after it; else 0 */
};

struct batches {
  struct decoder *decoder;
  uint32_t most;         /* images of a batch */
  struct image *pending; /* of the window, in order */
  size_t pending_count;
  size_t next;              /* source */
  size_t seen, bytes, room; /* images of the window so far, and at most */
  bool ending, at_end;      /* of the window; of all */
  size_t broken;            /* images that cannot be read */
  const struct options *options;
  double waited; /* seconds */
};

/* From source `first` on, which begins a window. */
bool batches_create(struct batches *batches, struct decoder *decoder, size_t first, const struct options *options);

/* Fills in a batch, whose images are an array of the caller with room for options->batch; to free their data and
 * release their sources is the caller's. Images that cannot be read are reported on the way. False if that was all. */
bool batches_next(struct batches *batches, struct batch *batch);

void batches_destroy(struct batches *batches);

#endif
