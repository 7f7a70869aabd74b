/* What kernels share. */
#ifndef S2VK_KERNELS_COMMON_H
#define S2VK_KERNELS_COMMON_H

#include "schedule/kernel.h"

/* What the smallest devices allow. */
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

/* Whether transfers are fast here, and the pass's buffers allow them. */
static inline bool s2_may_copy(const struct s2_job *job) {
  return job->target->copies && !(job->target->no_copies >> job->pass & 1);
}

/* Invocations of a workgroup that fill `units` with few to spare. */
uint32_t s2_local_size(const struct s2_target *target, uint64_t units);

/* S2_ROWS_*: where rows of `width` elements begin. Of several strides, their bits together are as even as the least even one. */
uint32_t s2_rows_of(s2vk_type type, uint64_t width);

/* ---- Split ------------------------------------------------------------------------------------------------------ */

/* S2_PIXEL_*: the form of pixels in a buffer. */
uint32_t s2_pixel_form(const struct s2_pixels *pixels);

/* A key with what all split kernels ask of types and pixels. */
struct s2_pipeline_key s2_split_key(const struct s2_job *job, uint32_t shader);

/* Where rows of pixels of four bytes begin decides how they are read: adds each of `count` keys in the other form, and returns how
 * many keys there are then. */
size_t s2_split_other_forms(const struct s2_job *job, struct s2_pipeline_key *keys, size_t count, size_t room);

/* S2_ROWS_*: where rows of tiles of `side` pixels begin. */
uint32_t s2_split_target_rows(const struct s2_job *job, uint32_t side);

/* Channels that an invocation makes at once: all of pixels, which have them side by side. */
uint32_t s2_split_channels(const struct s2_job *job);

/* Whether a range has room for a tile in all channels that an invocation makes at once. */
bool s2_split_has_room(const struct s2_job *job);

/* Rows that an invocation walks down, at most `rows`: fewer on a GPU that would have too little to do, and as few as keep `rounds`
 * loop rounds a row within what the driver allows. */
uint32_t s2_split_run(const struct s2_job *job, uint32_t columns, uint32_t rows, uint64_t rounds);

/* Loop rounds of the general gather for one pixel, at most. */
uint64_t s2_split_gather_rounds(const struct s2_job *job);

/* Entry 0 of a section, with the taps of rows and columns for the general gather; entry 1 is left to the kernel. */
void s2_split_gather_tables(const struct s2_job *job, struct s2_writer *writer);

#endif
