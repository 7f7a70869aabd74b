/* Makes the header of a safetensors file from a journal. */
#ifndef EXTRACT_HEADER_H
#define EXTRACT_HEADER_H

#include "journal.h"

/* Facts about the file as a whole. */
struct header_info {
  const char *settings;
  const cJSON *run;
  uint64_t hash;
  s2vk_type type;
  uint32_t scale_count;
};

#define HEADER_LENGTH_BYTES 8
#define HEADER_MAX_BYTES 100000000 /* the maximum that readers accept */

/* The most bytes that a tensor of this name takes in the header, with its record and without. Returns 0 if a tensor
 * cannot have this name. */
size_t header_bound(const struct header_info *info, const char *name, bool record);

/* The most bytes of the rest of the header. */
size_t header_bound_of_all(const struct header_info *info);

/* Makes the whole header, with its length in front: a new string of *bytes. It has at least min_bytes, and blanks at
 * its end, as the format allows. Records are left out if the header would be longer than readers accept. On failure
 * returns NULL and prints the reason on stderr. */
char *header_make(const struct header_info *info, struct journal *journal, size_t min_bytes, size_t *bytes);

#endif
