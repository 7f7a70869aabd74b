/* Which part of the images this process takes. */
#ifndef EXTRACT_SHARD_H
#define EXTRACT_SHARD_H

#include <stdbool.h>
#include <stdint.h>

struct shard {
  uint32_t index; /* from 0 */
  uint32_t count;
  const char *from; /* where it was found; NULL: nowhere, and there is one shard */
};

/* "i/n", i from 1 to n. */
bool shard_parse(const char *text, struct shard *shard);

/* What the environment says: the tasks of a Slurm array (SLURM_ARRAY_TASK_ID, _MIN, _COUNT, _STEP), and in each of them the ranks
 * of Open MPI (OMPI_COMM_WORLD_RANK, _SIZE) or else of srun (SLURM_PROCID, SLURM_NTASKS). False, with the reason on stderr, if
 * that contradicts itself. */
bool shard_from_environment(struct shard *shard);

#endif
