/* What of a safetensors file is on disk already: text beside the data, by which a run that was ended goes on.
 *
 *   extract 1 HASH                of settings and names; a journal with another one is of another run
 *   tensor SOURCE END D0 D1...    its index among the sources, where its data end, its shape
 *   window SOURCE BROKEN          all sources before this one are done, and so many could not be read; only what is ahead of such a
 *                                 line counts */
#ifndef EXTRACT_JOURNAL_H
#define EXTRACT_JOURNAL_H

#include <s2vk/s2vk.h>

#include <stdio.h>

struct journal_tensor {
  size_t source;
  uint64_t end; /* of its data, which begin where those of the one before end */
  s2vk_shape shape;
};

struct journal {
  FILE *file;
  struct journal_tensor *tensors;
  size_t count, capacity;
  size_t next, broken; /* as the last window has them */
};

/* Reads what there is if it has the hash, up to its last window, and goes on from there; or begins anew. False, with the reason on
 * stderr, if that fails. */
bool journal_open(struct journal *journal, const char *path, uint64_t hash, bool anew);

/* False, with the reason on stderr, if it cannot be written. */
bool journal_add(struct journal *journal, const struct journal_tensor *tensor);
bool journal_end_window(struct journal *journal, size_t next, size_t broken);

/* Accepts an empty journal. The file stays. */
void journal_close(struct journal *journal);

#endif
