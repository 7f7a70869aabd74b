/* Position embeddings for another number of patches than trained with. */
#ifndef VIT_POSITIONS_H
#define VIT_POSITIONS_H

#include <stdbool.h>
#include <stdint.h>

/* From in x in x width to out x out x width, bicubic: as PyTorch's F.interpolate(mode="bicubic", align_corners=False), with
 * or without antialias. False if there is no memory. */
bool vit_interpolate(const float *from, uint32_t in, float *to, uint32_t out, uint32_t width, bool antialias);

#endif
