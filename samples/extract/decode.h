/* Decodes images on threads of their own, and gives them out in the order of the feed. */
#ifndef EXTRACT_DECODE_H
#define EXTRACT_DECODE_H

#include "feed.h"
#include "model.h"
#include "options.h"
#include "photograph.h"

/* Bytes of images that are ready. If this is reached, no thread begins another image. */
#define DECODED_BYTES ((size_t)256 << 20)

struct image {
  struct source *source;
  struct photograph facts;  /* facts about the file, without pixels */
  struct model_input input; /* data is NULL if the image cannot be read */
  char reason[PHOTOGRAPH_REASON_BYTES];
};

struct decoder;

/* Starts the threads. At most options->batch + 2 x threads images are ready or being decoded. Images that are decoded
 * at one time have at most max_pixels together. If no thread can be started, returns NULL and prints the reason on
 * stderr. Feed, model and options must outlive the decoder. */
struct decoder *decoder_start(struct feed *feed, const struct model *model, const struct options *options);

/* Waits for the next image. The caller frees its data and releases its source. Returns false after the last image. One
 * thread may call this. */
bool decoder_next(struct decoder *decoder, struct image *image);

/* Seconds of work of all threads together. */
double decoder_seconds(struct decoder *decoder);

/* Ends the threads and drops images that were not taken. Accepts NULL. */
void decoder_stop(struct decoder *decoder);

#endif
