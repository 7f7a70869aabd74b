/* What a pass copies as it is: the tiles of a scale that is the input itself, and the tokens of one that has the output's own
 * grid. Drivers on the CPU do that by memcpy(), in a quarter of the time or less that they take for a shader. */
#ifndef S2VK_COPY_H
#define S2VK_COPY_H

#include "shape.h"

/* Rows of as many bytes, relative to the tensors. */
struct s2_copy {
  uint64_t source, target; /* of the first row */
  uint64_t source_stride, target_stride;
  uint64_t bytes;
  uint32_t rows;
};

/* The work of a pass for tiles [begin, end), which are of one scale and in one call, if it is such a copy and the target makes
 * copies. */
bool s2_copy_split(const struct s2_target *target, const struct s2_geometry *geometry, const struct s2_call *call,
    uint32_t scale, uint32_t begin, uint32_t end, struct s2_copy *copy);
bool s2_copy_merge(const struct s2_target *target, const struct s2_geometry *geometry, const struct s2_scale_axes *axes,
    const struct s2_call *call, uint32_t scale, uint32_t begin, uint32_t end, struct s2_copy *copy);

#endif
