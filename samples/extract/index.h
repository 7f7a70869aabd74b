/* The index of features: JSON Lines, one object for each image, with its name, its features and how they were made.
 * What is read of one is checked like a file from outside. */
#ifndef EXTRACT_INDEX_H
#define EXTRACT_INDEX_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The file of an image, as a line describes it. Strings belong to the JSON. */
struct index_line {
  const char *name, *modified, *features;
  uint64_t bytes;
};

/* False if the line is not one of an index. The JSON is the caller's then too, and may be NULL. */
bool index_parse(const char *line, size_t bytes, cJSON **json, struct index_line *parsed);

/* Whether a file can be written over as an index: it is not there, is empty, or begins as one does. */
bool index_is_own(const char *path);

#endif
