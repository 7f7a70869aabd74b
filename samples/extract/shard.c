#include "shard.h"

#include "progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
  if (end == text || *end != '/' || !number(end + 1, 1, SHARD_MAX, &count) || index < 1 || index > count)
    return false;
  *shard = (struct shard){(uint32_t)index - 1, (uint32_t)count, "--shard"};
  return true;
}

/* The value of a variable. SGE sets unused ones to "undefined", which counts as not set. */
static const char *variable(const char *name) {
  const char *text = name ? getenv(name) : NULL;
  return text && *text && strcmp(text, "undefined") != 0 ? text : NULL;
}

/* Reads a variable that is a number. If it is not set, *value becomes `otherwise`. */
static bool read_variable(const char *name, long min, long max, long otherwise, long *value) {
  const char *text = variable(name);
  *value = otherwise;
  if (!text || number(text, min, max, value))
    return true;
  message_print("%s=%s: expected a number from %ld to %ld; with --shard I/N it is ignored", name, text, min, max);
  return false;
}

/* Environment variables of schedulers: a number and a count, or a number from first on in steps, up to last. NULL:
 * none. */
struct scheduler {
  const char *index, *count, *first, *last, *step;
};

static const struct scheduler arrays[] = {
    {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN", NULL, "SLURM_ARRAY_TASK_STEP"},
    {"AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", NULL, NULL, NULL},
    {"SGE_TASK_ID", NULL, "SGE_TASK_FIRST", "SGE_TASK_LAST", "SGE_TASK_STEPSIZE"},
};
static const struct scheduler ranks[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", NULL, NULL, NULL},
    {"SLURM_PROCID", "SLURM_NTASKS", NULL, NULL, NULL},
};

/* These variables have the index of a shard, and not the number of shards, which --shards gives. Any --shards
 * consecutive numbers are all shards, once each. Kubernetes and PBS set them for array jobs only. Without --shards each
 * job would then do everything, so it is needed. GNU parallel sets its variable always, so there it is not. */
static const struct {
  const char *index;
  bool needs_count;
} uncounted[] = {
    {"JOB_COMPLETION_INDEX", true}, {"PBS_ARRAY_INDEX", true}, {"PBS_ARRAYID", true}, {"PARALLEL_SEQ", false}};

static bool read_part(const struct scheduler *scheduler, struct part *part) {
  long first, last, step, count, index;
  if (!read_variable(scheduler->first, 0, INT32_MAX, 0, &first) ||
      !read_variable(scheduler->step, 1, INT32_MAX, 1, &step) ||
      !read_variable(scheduler->last, first, INT32_MAX, first, &last) ||
      !read_variable(scheduler->count, 1, SHARD_MAX, (last - first) / step + 1, &count) ||
      !read_variable(scheduler->index, first, first + (count - 1) * step, first, &index))
    return false;
  if ((index - first) % step != 0) {
    message_print("%s=%ld: is not a multiple of %s=%ld from the first one, %ld, on; with --shard I/N it is ignored",
        scheduler->index, index, scheduler->step, step, first);
    return false;
  }
  *part = (struct part){(uint32_t)((index - first) / step), (uint32_t)count};
  return true;
}

/* The first scheduler of a list whose variables give an index and a number of shards. */
static const struct scheduler *find(const struct scheduler *schedulers, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (variable(schedulers[i].index) && variable(schedulers[i].count ? schedulers[i].count : schedulers[i].last))
      return &schedulers[i];
  return NULL;
}

static bool read_uncounted(uint32_t count, struct shard *shard, bool found) {
  for (size_t i = 0; i < sizeof uncounted / sizeof *uncounted; i++) {
    const char *name = uncounted[i].index;
    long index;
    if (!variable(name) || (!count && (found || !uncounted[i].needs_count)))
      continue;
    if (!count) {
      message_print(
          "%s=%s: gives the index of the shard but not their number: give --shards N, or --shard 1/1 for everything",
          name, variable(name));
      return false;
    }
    if (!read_variable(name, 0, INT32_MAX, 0, &index))
      return false;
    *shard = (struct shard){(uint32_t)index % count, count, name};
    return true;
  }
  if (count && !found)
    message_print("--shards %u: the environment does not give the index of this one: give --shard I/%u", count, count);
  return found || !count;
}

bool shard_from_environment(uint32_t count, struct shard *shard) {
  const struct scheduler *array = find(arrays, sizeof arrays / sizeof *arrays);
  const struct scheduler *rank = find(ranks, sizeof ranks / sizeof *ranks);
  struct part outer = {0, 1}, inner = {0, 1};
  *shard = (struct shard){0, 1, NULL};
  if ((array && !read_part(array, &outer)) || (rank && !read_part(rank, &inner)))
    return false;
  if ((uint64_t)outer.count * inner.count > SHARD_MAX) {
    message_print("%u array tasks of %u processes: there are at most %d shards", outer.count, inner.count, SHARD_MAX);
    return false;
  }
  *shard = (struct shard){outer.index * inner.count + inner.index, outer.count * inner.count,
      array && rank ? "array and ranks"
      : array       ? array->index
      : rank        ? rank->index
                    : NULL};
  if (count && shard->from && shard->count != count) {
    message_print("--shards %u: %s says that there are %u", count, shard->from, shard->count);
    return false;
  }
  return read_uncounted(count, shard, shard->from);
}
