/* A record of the part of a safetensors file that is on disk already. A run that was ended goes on by it. It is text:
 *
 *   extract 2 HASH
 *     The hash is of settings and names. A journal with another hash belongs to another run.
 *   tensor SOURCE END D0 D1 D2\tJSON
 *     The index of a source, the end of its data in the file, its shape, and the record of its image.
 *   window SOURCE BROKEN CHECK
 *     All sources before this one are done, and BROKEN of them could not be read. Only lines ahead of such a line
 *     count. CHECK is a hash of these lines, and of the identities of the files of these sources.
 *
 * It is read like a file from outside: every number is checked, and everything from the first wrong line on is ignored.
 */
#ifndef EXTRACT_JOURNAL_H
#define EXTRACT_JOURNAL_H

#include <s2vk/s2vk.h>

#include <cJSON.h>
#include <stdio.h>

struct journal_tensor {
  size_t source;
  uint64_t end; /* end of its data, which begin at the end of the tensor before */
  s2vk_shape shape;
  uint64_t record; /* the place of its record in the journal */
  uint32_t record_bytes;
};

struct journal {
  FILE *file;
  uint64_t bytes, check; /* bytes written so far, and their hash */
  struct journal_tensor *tensors;
  size_t count, capacity;
  size_t next, broken; /* of the last window */
};

/* Bounds for the numbers of a journal. */
struct journal_limits {
  size_t sources;             /* the number of sources */
  size_t element_bytes;       /* of a tensor's element */
  uint64_t hash;              /* of the run */
  const uint64_t *identities; /* of the first 0, 1, ... sources; NULL: not checked */
  bool unchecked;             /* CHECK is not checked; for the fuzzer */
};

/* Parses the correct part of a text, up to its last window, into an empty journal. Returns false if there is no memory,
 * or if the text is not a journal of this run. *foreign: it is not a journal at all. */
bool journal_parse(
    const char *text, size_t bytes, const struct journal_limits *limits, struct journal *journal, bool *foreign);

/* Opens a journal. Continues the file if it is of this run, and otherwise begins a new one. On failure returns false
 * and prints the reason on stderr. A file that is not a journal is a failure, and is not changed. */
bool journal_open(struct journal *journal, const char *path, const struct journal_limits *limits, bool anew);

/* Adds a tensor. If it cannot be written, returns false and prints the reason on stderr. */
bool journal_add(struct journal *journal, const struct journal_tensor *tensor, const cJSON *record);
/* Ends a window. identity: the hash of all sources before `next`. */
bool journal_end_window(struct journal *journal, size_t next, size_t broken, uint64_t identity);

/* Reads the record of a tensor. Free it by cJSON_Delete(). On failure returns NULL and prints the reason on stderr. */
cJSON *journal_record(struct journal *journal, size_t index);

/* The same as text, without the end of its line. */
char *journal_text(struct journal *journal, size_t index);

/* Closes the journal and keeps the file. Accepts an empty journal. */
void journal_close(struct journal *journal);

#endif
