/* What the merges share. */
#ifndef S2VK_MERGE_H
#define S2VK_MERGE_H

#include "kernels/common.h"

/* The first entries of a section: the general gather's record, `own` of the kernel's, which are returned, and the gather's tables. */
struct s2_entry *s2_merge_tables(const struct s2_job *job, size_t own, struct s2_writer *writer);

/* The taps of an axis, as many for each coordinate of the output, some with a weight of 0; two to an entry: (element, weight).
 * An input coordinate of the next tile is `tile` elements on, the next one of a tile `coordinate`. Returns what follows. */
struct s2_entry *s2_merge_write_taps(const struct s2_axis *axis, uint32_t taps, uint32_t side, uint64_t tile,
    uint64_t coordinate, struct s2_entry *entries);

/* The key of a shader that reads the job's features, with its types. */
struct s2_pipeline_key s2_merge_key(const struct s2_job *job, uint32_t shader);

/* Loop rounds of the general gather for one output, at most. */
uint64_t s2_merge_gather_rounds(const struct s2_job *job);

/* The most inputs that a coordinate of the output has. */
uint32_t s2_merge_taps(const struct s2_axis *axis);

#endif
