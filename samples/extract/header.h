/* The header of a safetensors file, from a journal. */
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
#define HEADER_MAX_BYTES 100000000 /* that readers take */

/* Bytes that the header of a tensor of this name may take at most, with its record and without; 0 if it cannot have
 * that name. */
size_t header_bound(const struct header_info *info, const char *name, bool record);

/* The longest that the rest of it is. */
size_t header_bound_of_all(const struct header_info *info);

/* All of it with its length ahead, a new string of *bytes: at least min_bytes, filled up with blanks, as the format
 * allows. Records are left out if they make it longer than readers take. NULL, with the reason on stderr, if that
 * fails. */
char *header_make(const struct header_info *info, struct journal *journal, size_t min_bytes, size_t *bytes);

#endif
