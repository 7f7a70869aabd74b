#include "feed.h"

static struct source *next_of_list(struct feed *feed) {
  struct feed_list *list = (struct feed_list *)feed;
  return list->next < list->sources->count ? &list->sources->items[list->next++] : NULL;
}

void feed_list_create(struct feed_list *list, const struct sources *sources, size_t first) {
  *list = (struct feed_list){{next_of_list, false}, sources, first};
}
