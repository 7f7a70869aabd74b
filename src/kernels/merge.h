/* What the merges share. */
#ifndef S2VK_MERGE_H
#define S2VK_MERGE_H

#include "schedule/kernel.h"

/* The first entries of a section: the general gather's record, `own` of the kernel's, which are returned, and the gather's tables. */
struct s2_entry *s2_merge_tables(const struct s2_job *job, size_t own, struct s2_writer *writer);

/* The key of a shader that reads the job's features, with its types. */
struct s2_pipeline_key s2_merge_key(const struct s2_job *job, uint32_t shader);

/* The most inputs that a coordinate of the output has. */
uint32_t s2_merge_taps(const struct s2_axis *axis);

static inline uint64_t s2_ceil_div(uint64_t a, uint64_t b) {
  return (a + b - 1) / b;
}

#endif
