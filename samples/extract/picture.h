/* Photographs in, pictures of features out. */
#ifndef EXTRACT_PICTURE_H
#define EXTRACT_PICTURE_H

#include "features.h"

struct photograph {
  unsigned char *pixels; /* height x width x 3 */
  s2vk_size size;
};

#define PHOTOGRAPH_REASON_BYTES 512

/* Reads a JPEG or PNG file, and allocates no more than an image in a file of that size can need. False, with a reason that
 * does not name the file, if it cannot be read. Any thread. */
bool photograph_read(struct photograph *photograph, const char *path, char reason[PHOTOGRAPH_REASON_BYTES]);

void photograph_free(struct photograph *photograph);

/* Writes a .png file: the photograph, each scale alone and all scales together, side by side. The photograph covers
 * covered_height x covered_width tokens of the grid. False, with the reason on stderr, if that fails. */
bool picture_write(const struct features *features, const struct photograph *photograph, double covered_height,
    double covered_width, const char *path);

#endif
