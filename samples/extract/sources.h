/* The images to extract from: named one by one, in folders, in lists. */
#ifndef EXTRACT_SOURCES_H
#define EXTRACT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
  char *path; /* to open */
  char *name; /* what its features are called: no two are equal, and none leads out of a folder */
};

struct sources {
  struct source *items;
  size_t count, capacity;
};

/* Whether an argument is a folder or a list, and not one image. */
bool sources_are_many(const char *argument);

/* Adds what an argument stands for. The reason of an error is on stderr.
 *   a folder    every .jpg, .jpeg and .png file in it and in the folders below, sorted by name folder by folder; the name is
 *               the path from the folder on
 *   *.txt, -    a list (- is stdin): the path of an image on each line, as it is; empty lines are skipped. The name is the path
 *               without what leads to the current folder, or up from it
 *   any other   an image; the name is that of the file */
bool sources_add(struct sources *sources, const char *argument);

/* False, with the reason on stderr, if two have one name. */
bool sources_check(const struct sources *sources);

/* Keeps every count-th, from index on, and frees the others. */
void sources_take(struct sources *sources, uint32_t index, uint32_t count);

void sources_free(struct sources *sources);

#endif
