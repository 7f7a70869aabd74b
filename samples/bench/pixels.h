/* Inputs of pixels, in buffers and in images: their storage and their values. */
#ifndef BENCH_PIXELS_H
#define BENCH_PIXELS_H

#include "shape.h"

/* For a shape whose input is pixels. */
const char *pixels_name(const struct shape *shape);
uint32_t pixels_bytes(const struct shape *shape); /* bytes of a pixel */

/* Makes random pixels. Free the result. Returns NULL if there is no memory. */
void *pixels_random(const struct shape *shape, VkDeviceSize bytes, uint64_t seed);

/* The value of a channel of the plan for pixel i, normalization included. */
double pixels_value(const struct shape *shape, const void *pixels, size_t i, uint32_t channel);

#endif
