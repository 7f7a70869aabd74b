/* Interpolates position embeddings to another number of patches. */
#ifndef VIT_POSITIONS_H
#define VIT_POSITIONS_H

#include <stdbool.h>
#include <stdint.h>

/* The modes of PyTorch's F.interpolate(align_corners=False). With antialiasing a filter widens if the grid shrinks, and
 * ends at the border of the grid. */
enum vit_interpolation { VIT_CUBIC, VIT_CUBIC_ANTIALIASED, VIT_LINEAR_ANTIALIASED };

/* Interpolates in x in x width to out x out x width. Returns false if there is no memory. */
bool vit_interpolate(
    const float *from, uint32_t in, float *to, uint32_t out, uint32_t width, enum vit_interpolation interpolation);

#endif
