/* Gives the sources of a run's images, one after the other. */
#ifndef EXTRACT_FEED_H
#define EXTRACT_FEED_H

#include "options.h"
#include "sources.h"

struct feed {
  /* Returns the next source, or NULL after the last one or a failure (`failed`). One thread at a time calls this. */
  struct source *(*next)(struct feed *feed);
  bool failed; /* the reason is on stderr */
};

/* The sources of a list, from `first` on. */
struct feed_list {
  struct feed feed;
  const struct sources *sources;
  size_t next;
};
void feed_list_create(struct feed_list *list, const struct sources *sources, size_t first);

/* The images in a tar file, which is read once from front to back. If it cannot be opened, returns NULL and prints the
 * reason on stderr. */
struct feed_tar;
struct feed_tar *feed_tar_open(const struct source *tar, const struct options *options);
struct feed *feed_tar_feed(struct feed_tar *tar);
/* The number of members that are neither images nor kept. */
size_t feed_tar_left_out(const struct feed_tar *tar);
/* Accepts NULL. */
void feed_tar_close(struct feed_tar *tar);

#endif
