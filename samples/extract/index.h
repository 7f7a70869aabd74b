/* The index of features: JSON Lines, one object for each image. The object has the image's name and features, and how
 * they were made. An index is read as an untrusted file. */
#ifndef EXTRACT_INDEX_H
#define EXTRACT_INDEX_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_MAX_RECORD_BYTES (1 << 20)

/* What a line says of an image's file. Strings belong to the JSON. */
struct index_line {
  const char *name, *modified, *features;
  const char *settings; /* may be NULL */
  uint64_t bytes;
};

/* Parses a line. Returns false if it is not a line of an index. The caller frees *json in both cases; it may be
 * NULL. */
bool index_parse(const char *line, size_t bytes, cJSON **json, struct index_line *parsed);

/* Whether an index may be written to a file: the file does not exist, is empty, or begins as an index does. */
bool index_is_own(const char *path);

/* The same of NAME.npy.json, which holds one object on several lines. */
bool index_record_is_own(const char *path);

#endif
