/* The shard: the part of the images that this process takes. */
#ifndef EXTRACT_SHARD_H
#define EXTRACT_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#define SHARD_MAX 99999 /* file names have five digits for it */

struct shard {
  uint32_t index; /* from 0 */
  uint32_t count;
  const char *from; /* where it was found; NULL: nowhere, so there is one shard */
};

/* Parses "i/n", i from 1 to n. */
bool shard_parse(const char *text, struct shard *shard);

/* Reads the shard from the environment: a task of an array (Slurm, AWS Batch, SGE), and in it the rank of Open MPI or
 * else of srun. If count is given, it also reads schedulers that give only an index (Kubernetes, PBS, GNU parallel);
 * count is then the number of shards. If the variables contradict each other, returns false and prints the reason on
 * stderr. */
bool shard_from_environment(uint32_t count, struct shard *shard);

#endif
