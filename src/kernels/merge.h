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

/* The taps along each axis that a shader's code has unrolled, at most 4; 0: it goes through a list of them. */
uint32_t s2_merge_unrolled_taps(const struct s2_job *job);

/* Writes the taps of all rows and columns of the output: merge_tokens.c describes the tables. taps: the number that
 * s2_merge_unrolled_taps() gives. Returns the kernel's entry 1. */
struct s2_entry *s2_merge_tap_tables(const struct s2_job *job, uint32_t taps, struct s2_writer *writer);

/* Whether four channels of feature maps can be read at once: they are side by side, at multiples of four, and all
 * exist. */
bool s2_merge_reads_fours(const struct s2_job *job);

/* The key of a shader that reads the job's features, with its types. */
struct s2_pipeline_key s2_merge_key(const struct s2_job *job, uint32_t shader);

/* The most loop rounds of the general gather for one output. */
uint64_t s2_merge_gather_rounds(const struct s2_job *job);

/* The most taps that a coordinate of the output has. */
uint32_t s2_merge_taps(const struct s2_axis *axis);

#endif
