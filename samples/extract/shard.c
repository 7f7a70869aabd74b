#include "shard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_SHARDS 99999 /* as file names have five digits */

/* Part index of count, from a pair of variables. False if one of them is no such number. */
struct part {
  uint32_t index, count;
};

static bool number(const char *text, long min, long max, long *value) {
  char *end;
  errno = 0;
  *value = strtol(text, &end, 10);
  return end != text && !*end && !errno && *value >= min && *value <= max;
}

bool shard_parse(const char *text, struct shard *shard) {
  char *end;
  long count, index = strtol(text, &end, 10);
  if (end == text || *end != '/' || !number(end + 1, 1, MAX_SHARDS, &count) || index < 1 || index > count)
    return false;
  *shard = (struct shard){(uint32_t)index - 1, (uint32_t)count, "--shard"};
  return true;
}

/* A variable's value, or the default if there is none. */
static bool variable(const char *name, long min, long max, long otherwise, long *value) {
  const char *text = getenv(name);
  *value = otherwise;
  if (!text || number(text, min, max, value))
    return true;
  fprintf(stderr, "extract: %s=%s: expected a number from %ld to %ld; --shard i/n takes no notice of it\n", name, text,
      min, max);
  return false;
}

static bool ranks(const char *rank_name, const char *size_name, struct part *part) {
  long rank, size;
  if (!variable(size_name, 1, MAX_SHARDS, 1, &size) || !variable(rank_name, 0, size - 1, 0, &rank))
    return false;
  *part = (struct part){(uint32_t)rank, (uint32_t)size};
  return true;
}

static bool array_task(struct part *part) {
  long id, min, count, step;
  if (!variable("SLURM_ARRAY_TASK_COUNT", 1, MAX_SHARDS, 1, &count) ||
      !variable("SLURM_ARRAY_TASK_MIN", 0, INT32_MAX, 0, &min) ||
      !variable("SLURM_ARRAY_TASK_STEP", 1, INT32_MAX, 1, &step) ||
      !variable("SLURM_ARRAY_TASK_ID", min, min + (count - 1) * step, min, &id))
    return false;
  if ((id - min) % step != 0) {
    fprintf(stderr,
        "extract: SLURM_ARRAY_TASK_ID=%ld: is no multiple of SLURM_ARRAY_TASK_STEP=%ld from the first task %ld on; "
        "--shard i/n takes no notice of it\n",
        id, step, min);
    return false;
  }
  *part = (struct part){(uint32_t)((id - min) / step), (uint32_t)count};
  return true;
}

bool shard_from_environment(struct shard *shard) {
  bool array = getenv("SLURM_ARRAY_TASK_ID") && getenv("SLURM_ARRAY_TASK_COUNT");
  bool mpi = getenv("OMPI_COMM_WORLD_RANK") && getenv("OMPI_COMM_WORLD_SIZE");
  bool srun = !mpi && getenv("SLURM_PROCID") && getenv("SLURM_NTASKS");
  struct part outer = {0, 1}, inner = {0, 1};
  *shard = (struct shard){0, 1, NULL};
  if ((array && !array_task(&outer)) || (mpi && !ranks("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", &inner)) ||
      (srun && !ranks("SLURM_PROCID", "SLURM_NTASKS", &inner)))
    return false;
  if ((uint64_t)outer.count * inner.count > MAX_SHARDS) {
    fprintf(stderr, "extract: %u array tasks of %u processes: there are at most %d shards\n", outer.count, inner.count,
        MAX_SHARDS);
    return false;
  }
  shard->index = outer.index * inner.count + inner.index;
  shard->count = outer.count * inner.count;
  shard->from = array && (mpi || srun) ? "Slurm array and ranks"
                : array                ? "SLURM_ARRAY_TASK_ID"
                : mpi                  ? "OMPI_COMM_WORLD_RANK"
                : srun                 ? "SLURM_PROCID"
                                       : NULL;
  return true;
}
