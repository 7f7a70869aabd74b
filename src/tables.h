/* The tables that the shaders read: one record per scale, then the taps of every axis.
 *
 * Split reads, for each pixel coordinate of a padded scale, ky (or kx) pairs (input coordinate, weight): every coordinate
 * has as many, so that neighbouring invocations do the same work. Merge reads, for each coordinate of the output grid,
 * the segments of its window, one per tile that the window touches, and for each segment its taps (coordinate inside
 * the tile, weight). */
#ifndef S2VK_TABLES_H
#define S2VK_TABLES_H

#include "axis.h"
#include "geometry.h"

/* One scale as shaders/plan.glsl reads it: the fields are its words, in this order. */
struct s2_scale_record {
  uint32_t first_tile, tile_count;
  uint32_t tile_rows, tile_columns;
  uint32_t image_height, image_width; /* what is interpolated of the padded scale; zeros beyond */
  uint32_t split_y, split_x;          /* word offsets of the taps */
  uint32_t ky, kx;                    /* taps per coordinate */
  uint32_t merge_y, merge_x;          /* word offsets of the windows: out + 1 offsets of segments */
  uint32_t feature_height, feature_width;
  uint32_t feature_elements; /* of a tile, modulo 2^32 */
  float prefix_weight;       /* 1 / tiles of an image */
};

/* The axes of one scale. */
struct s2_scale_axes {
  struct s2_axis split[2]; /* height, width: input pixels to pixels of the scale */
  struct s2_axis merge[2]; /* tokens of the grid to tokens of the output */
};

struct s2_tables {
  uint32_t scale_count;
  struct s2_scale_axes *axes;
  uint32_t *words;
  size_t word_count;
};

s2vk_result s2_tables_create(const struct s2_host *host, const struct s2_geometry *geometry, struct s2_tables *tables);
void s2_tables_destroy(const struct s2_host *host, struct s2_tables *tables);

#endif
