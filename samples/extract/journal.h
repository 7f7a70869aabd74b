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
  uint64_t end; /* of its data, which begin where those of the one before end */
  s2vk_shape shape;
  uint64_t record; /* where the journal has it */
  uint32_t record_bytes;
};

struct journal {
  FILE *file;
  uint64_t bytes, check; /* of what was written so far */
  struct journal_tensor *tensors;
  size_t count, capacity;
  size_t next, broken; /* as the last window has them */
};

/* Bounds for the numbers of a journal. */
struct journal_limits {
  size_t sources;             /* how many there are */
  size_t element_bytes;       /* of a tensor's element */
  uint64_t hash;              /* of the run */
  const uint64_t *identities; /* of the first 0, 1, ... sources; NULL: not looked at */
  bool unchecked;             /* CHECK is not looked at: for the fuzzer */
};

/* Takes in text as far as it holds, up to its last window; journal is empty before. False without memory, and if it is
 * no journal of this run; *foreign says then whether it is no journal at all. */
bool journal_parse(
    const char *text, size_t bytes, const struct journal_limits *limits, struct journal *journal, bool *foreign);

/* Reads what there is if it is of the run, and goes on from there; or begins anew. False, with the reason on stderr, if
 * that fails, or if the file is no journal, which is then left as it is. */
bool journal_open(struct journal *journal, const char *path, const struct journal_limits *limits, bool anew);

/* False, with the reason on stderr, if it cannot be written. */
bool journal_add(struct journal *journal, const struct journal_tensor *tensor, const cJSON *record);
/* identity: of all sources before next. */
bool journal_end_window(struct journal *journal, size_t next, size_t broken, uint64_t identity);

/* The record of a tensor: cJSON_Delete() it; NULL, with the reason on stderr, if it cannot be read. */
cJSON *journal_record(struct journal *journal, size_t index);

/* Accepts an empty journal. The file stays. */
void journal_close(struct journal *journal);

#endif
