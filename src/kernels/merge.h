/* Functions that the merge kernels share. */
#ifndef S2VK_MERGE_H
#define S2VK_MERGE_H

#include "kernels/common.h"

/* Writes the first entries of a section, in this order: the general gather's record, `own` entries of the kernel's, and
 * the gather's tables. Returns the kernel's entries. */
struct s2_entry *s2_merge_tables(const struct s2_job *job, size_t own, struct s2_writer *writer);

/* Writes `taps` taps for each coordinate of the output, two to an entry. A tap is (element, weight). Coordinates with
 * fewer taps get some with a weight of 0. `coordinate`: elements from an input coordinate to the next one of its tile;
 * `tile`: elements from a tile to the next. Returns the entry that follows. */
struct s2_entry *s2_merge_write_taps(const struct s2_axis *axis, uint32_t taps, uint32_t side, uint64_t tile,
    uint64_t coordinate, struct s2_entry *entries);

/* The key of a shader that reads the job's features, with its types. */
struct s2_pipeline_key s2_merge_key(const struct s2_job *job, uint32_t shader);

/* The most loop rounds of the general gather for one output. */
uint64_t s2_merge_gather_rounds(const struct s2_job *job);

/* The most taps that a coordinate of the output has. */
uint32_t s2_merge_taps(const struct s2_axis *axis);

#endif
