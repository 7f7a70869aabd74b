/* Pillow's resize of bytes, written down once more. */
#ifndef TEST_PILLOW_H
#define TEST_PILLOW_H

#include <s2vk/s2vk.h>

/* A plane of bytes, made by malloc(). */
struct plane {
  uint32_t height, width;
  uint8_t *bytes;
};

struct plane plane_of(uint32_t height, uint32_t width);

/* Replaces the plane by its resize. */
void resize_plane(s2vk_filter filter, s2vk_rounding rounding, s2vk_size size, struct plane *plane);

#endif
