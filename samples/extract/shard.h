/* Which part of the images this process takes. */
#ifndef EXTRACT_SHARD_H
#define EXTRACT_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#define SHARD_MAX 99999 /* as file names have five digits */

struct shard {
  uint32_t index; /* from 0 */
  uint32_t count;
  const char *from; /* where it was found; NULL: nowhere, and there is one shard */
};

/* "i/n", i from 1 to n. */
bool shard_parse(const char *text, struct shard *shard);

/* What the environment says: a task of an array (Slurm, AWS Batch, SGE), and in it the rank of Open MPI or else of
 * srun. With count, of how many there are, also of those that say only which one it is (Kubernetes, PBS, GNU parallel).
 * False, with the reason on stderr, if that contradicts itself. */
bool shard_from_environment(uint32_t count, struct shard *shard);

#endif
