/* Decodes images on threads of their own, and gives them out in the order of the feed. */
#ifndef EXTRACT_DECODE_H
#define EXTRACT_DECODE_H

#include "feed.h"
#include "model.h"
#include "options.h"
#include "photograph.h"

/* Bytes of images that are ready and wait: once reached, a thread does not begin another. */
#define DECODED_BYTES ((size_t)256 << 20)

struct image {
  struct source *source;
  struct photograph facts;  /* of the file: without pixels */
  struct model_input input; /* data NULL: it cannot be read */
  char reason[PHOTOGRAPH_REASON_BYTES];
};

struct decoder;

/* At most options->batch + 2 x threads images are ready or on their way, and those that are decoded at one time have
 * max_pixels together. NULL, with the reason on stderr, if no thread can be started. Feed, model and options must
 * outlive it. */
struct decoder *decoder_start(struct feed *feed, const struct model *model, const struct options *options);

/* The next image, whose data the caller frees, and whose source it releases; false if that was all. From one thread. */
bool decoder_next(struct decoder *decoder, struct image *image);

/* Seconds that the threads spent working, together. */
double decoder_seconds(struct decoder *decoder);

/* Drops what has not been taken. Accepts NULL. */
void decoder_stop(struct decoder *decoder);

#endif
