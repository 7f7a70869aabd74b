/* The source of a run's images, one after the other. */
#ifndef EXTRACT_FEED_H
#define EXTRACT_FEED_H

#include "options.h"
#include "sources.h"

struct feed {
  /* The next source; NULL: that was all, or *failed. Called by one thread at a time. */
  struct source *(*next)(struct feed *feed);
  bool failed; /* the reason is on stderr */
};

/* Those of a list of sources, from first on. */
struct feed_list {
  struct feed feed;
  const struct sources *sources;
  size_t next;
};
void feed_list_create(struct feed_list *list, const struct sources *sources, size_t first);

/* The images in a tar file, read once from front to back. NULL, with the reason on stderr, if it cannot be opened. */
struct feed_tar;
struct feed_tar *feed_tar_open(const struct source *tar, const struct options *options);
struct feed *feed_tar_feed(struct feed_tar *tar);
/* Members that are neither images nor kept. */
size_t feed_tar_left_out(const struct feed_tar *tar);
/* Accepts NULL. */
void feed_tar_close(struct feed_tar *tar);

#endif
