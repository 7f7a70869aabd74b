/* The tables that the shaders read, in entries of four words: one record per scale, then what its axes say, shaped for the
 * passes. Words are indices of entries, unsigned numbers, or floats.
 *
 * Split reads windows. A row of a padded scale has an entry with the first input row that it reads, then its weights from there
 * on, four an entry; and a column likewise. Weights are dense: 0 where there is no tap. A straight split has such an entry for
 * a block of rows or columns. For work tap by tap, each row and each column also has an entry (first tap, end tap), and a tap
 * (input coordinate, weight). A walk reads other tables,
 * which walk.c describes.
 *
 * Merge reads, for each coordinate of the output grid, an entry (first segment, end segment, first tile, last tile). A segment
 * is the part of the coordinate's window in one tile: (tile, first tap, end tap). A tap is (coordinate inside the tile,
 * weight). Where four elements of a row are made at once, it also reads along x, for each block of four, an entry (first
 * chunk, end chunk). A chunk is four neighbouring input coordinates, in five entries: (tile, first coordinate inside the
 * tile), and for each coordinate its weights in the four elements. For straight merges, each row and then each column has its
 * taps (tile, coordinate inside the tile, weight), as many as any of them has. */
#ifndef S2VK_TABLES_H
#define S2VK_TABLES_H

#include "shape.h"

struct s2_entry {
  uint32_t words[4];
};

/* One scale as shaders/plan.glsl reads it: the fields are the words of four entries, in this order. */
struct s2_scale_record {
  uint32_t first_tile, tile_count, tile_columns;
  float prefix_weight; /* 1 / tiles of an image */

  uint32_t rows, columns, taps_y, taps_x;

  uint32_t merge_y, merge_x, merge_blocks, merge_straight;

  uint32_t feature_height, feature_width;
  uint32_t feature_elements; /* of a tile, modulo 2^32 */
  uint32_t unused;
};

/* Entries that are bound together. */
struct s2_section {
  size_t first, count;
};

enum s2_pass_index { S2_PASS_SPLIT, S2_PASS_MERGE, S2_PASS_COUNT };

struct s2_tables {
  uint32_t scale_count;
  struct s2_scale_axes *axes;
  struct s2_split_shape *split; /* of each scale */
  struct s2_merge_shape merge;
  struct s2_straight_shape *straight; /* of each scale */
  struct s2_entry *entries;
  size_t entry_count;

  /* What the passes of each scale see: everything, where that is within the limit of a binding; else sections of their own,
   * each with all records in front, of which that of its scale counts. Indices are relative to the section. */
  struct s2_section (*sections)[S2_PASS_COUNT];
  bool sectioned;
};

s2vk_result s2_tables_create(const struct s2_env *env, const struct s2_target *target,
    const struct s2_geometry *geometry, struct s2_tables *tables);
void s2_tables_destroy(const struct s2_env *env, struct s2_tables *tables);

/* The entries of one scale's axes, from entry `at` on; returns how many there are. With entries NULL they are only counted;
 * otherwise the record gets its offsets. The shape of a merge is NULL where it has no blocks of four. */
size_t s2_tables_split(const struct s2_scale *scale, const struct s2_scale_axes *axes,
    const struct s2_split_shape *shape, struct s2_entry *entries, size_t at, struct s2_scale_record *record);
size_t s2_tables_merge(const struct s2_scale *scale, const struct s2_scale_axes *axes,
    const struct s2_merge_shape *shape, const struct s2_straight_shape *straight, struct s2_entry *entries, size_t at,
    struct s2_scale_record *record);

uint32_t s2_float_bits(float value);

#endif
