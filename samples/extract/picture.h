/* Photographs in, pictures of features out. */
#ifndef EXTRACT_PICTURE_H
#define EXTRACT_PICTURE_H

#include "features.h"

struct photograph {
  unsigned char *pixels; /* height x width x 3 */
  s2vk_size size;
};

/* Reads a JPEG or PNG file, and allocates no more than an image in a file of that size can need. False, with the reason on
 * stderr, if it cannot be read. */
bool photograph_read(struct photograph *photograph, const char *path);

void photograph_free(struct photograph *photograph);

/* Writes a .png file: the photograph, each scale alone and all scales together, side by side. The photograph covers
 * covered_height x covered_width tokens of the grid. False, with the reason on stderr, if that fails. */
bool picture_write(const struct features *features, const struct photograph *photograph, double covered_height,
    double covered_width, const char *path);

#endif
