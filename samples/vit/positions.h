/* Position embeddings for another number of patches than trained with. */
#ifndef VIT_POSITIONS_H
#define VIT_POSITIONS_H

#include <stdbool.h>
#include <stdint.h>

/* As PyTorch's F.interpolate(align_corners=False) has them: with antialiasing a filter is stretched where the grid
 * shrinks, and reaches no further than the grid. */
enum vit_interpolation { VIT_CUBIC, VIT_CUBIC_ANTIALIASED, VIT_LINEAR_ANTIALIASED };

/* From in x in x width to out x out x width. False if there is no memory. */
bool vit_interpolate(
    const float *from, uint32_t in, float *to, uint32_t out, uint32_t width, enum vit_interpolation interpolation);

#endif
