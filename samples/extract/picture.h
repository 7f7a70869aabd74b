/* Pictures of features. */
#ifndef EXTRACT_PICTURE_H
#define EXTRACT_PICTURE_H

#include "host_features.h"
#include "photograph.h"

/* Writes a .png file with the photograph, each scale alone and all scales together, side by side. The photograph covers
 * covered_height x covered_width tokens of the grid. On failure returns false and prints the reason on stderr. */
bool picture_write(const struct features *features, const struct photograph *photograph, double covered_height,
    double covered_width, const char *path);

#endif
