/* Functions that the kernels share. */
#ifndef S2VK_KERNELS_COMMON_H
#define S2VK_KERNELS_COMMON_H

#include "schedule/kernel.h"

/* The workgroup size that even the smallest devices allow. */
#define S2_MAX_LOCAL_SIZE 128

static inline uint32_t s2_min(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static inline uint32_t s2_max(uint32_t a, uint32_t b) {
  return a > b ? a : b;
}

static inline uint64_t s2_ceil_div(uint64_t value, uint64_t divisor) {
  return (value + divisor - 1) / divisor;
}

static inline uint32_t s2_round_to(uint32_t value, uint32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/* Whether the job may be a transfer: transfers are fast on the device, and the pass's buffers allow them. */
static inline bool s2_may_copy(const struct s2_job *job) {
  return job->target->copies && !(job->target->no_copies >> job->pass & 1);
}

/* The size of a workgroup that leaves few invocations of `units` idle. */
uint32_t s2_local_size(const struct s2_target *target, uint64_t units);

/* S2_ROWS_*: where rows begin that are `width` elements apart. For rows with several strides, pass the bitwise or of
 * the strides. */
uint32_t s2_rows_of(s2vk_type type, uint64_t width);

/* ---- Split ------------------------------------------------------------------------------------------------------- */

/* S2_PIXEL_*: the form of pixels in a buffer. */
uint32_t s2_pixel_form(const struct s2_pixels *pixels);

/* The source of a key that reads these pixels. */
uint32_t s2_key_source(const struct s2_pixels *pixels);

/* A key with the constants that all split kernels set: types and pixels. */
struct s2_pipeline_key s2_split_key(const struct s2_job *job, uint32_t shader);

/* Pixels of four bytes are read in one of two forms, depending on where their rows begin. Adds each of `count` keys in
 * the other form, and returns the number of keys with these. */
size_t s2_split_other_forms(const struct s2_job *job, struct s2_pipeline_key *keys, size_t count, size_t room);

/* S2_ROWS_*: where rows of tiles of `side` pixels begin. */
uint32_t s2_split_target_rows(const struct s2_job *job, uint32_t side);

/* Channels that an invocation makes at once: all of pixels, because they are side by side; else 1. */
uint32_t s2_split_channels(const struct s2_job *job);

/* Whether a pixel that is read takes four registers: those of images, and of floats. */
bool s2_split_is_wide(const struct s2_job *job);

/* Whether the largest range has room for a tile in all channels that an invocation makes at once. */
bool s2_split_has_room(const struct s2_job *job);

/* Rows that an invocation makes, at most `rows`. They are fewer
 * - on a GPU that would have too few invocations,
 * - where `rounds` loop rounds per row would exceed what the driver allows. 0: not even one row is allowed. */
uint32_t s2_split_run(const struct s2_job *job, uint32_t columns, uint32_t rows, uint64_t rounds);

/* The most loop rounds of the general gather for one pixel. */
uint64_t s2_split_gather_rounds(const struct s2_job *job);

/* Writes entry 0 of a section, and the taps of rows and columns for the general gather. The kernel writes entry 1. */
void s2_split_gather_tables(const struct s2_job *job, struct s2_writer *writer);

/* The footprint of a kernel that reads the taps of its outputs, and nothing else. See kernel.h. */
void s2_split_gather_footprint(const struct s2_job *job, const struct s2_config *config, uint32_t begin, uint32_t end,
    uint32_t *low, uint32_t *high);

#endif
