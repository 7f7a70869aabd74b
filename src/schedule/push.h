/* Push constants, as shaders/split.glsl, shaders/resample.glsl and shaders/merge.glsl declare them. Indices are modulo
 * 2^32. The bound ranges of tensors are smaller than that, and a base says where each begins. */
#ifndef S2VK_PUSH_H
#define S2VK_PUSH_H

#include "vulkan/pipeline.h"

struct s2_split_push {
  uint32_t section;                        /* entry of the tables where the scale's section begins */
  uint32_t batch, channels, height, width; /* of the input */
  uint32_t side, tile_columns;             /* side of a tile, in pixels; tiles across */
  uint32_t first_tile;                     /* of the dispatch, counted from the scale's first */
  uint32_t first_channel, channel_count;
  uint32_t first_row, row_count, run; /* rows of a tile; run: rows that an invocation makes */
  uint32_t input_base;                /* first element, or byte of pixels, of the bound range */
  uint32_t tiles_base;                /* first element of the bound range of tiles, less the dispatch's first tile */
  uint32_t tile_item, tile_channel, tile_row, tile_column, tile_block_bits; /* struct s2_strides */
  /* The following are for pixels only. origin: in a buffer, the strides of rows and images in bytes; in an image, the
   * region's first column and row. */
  uint32_t origin[2];
  uint32_t order, pixel_bytes;
  float scales[4], biases[4];
};

struct s2_merge_push {
  uint32_t section;
  uint32_t batch; /* of the plan */
  uint32_t out_height, out_width;
  uint32_t tile_columns, tile_count; /* of the scale */
  uint32_t tile_begin, tile_end;     /* of the dispatch, counted from the scale's first */
  uint32_t first_image, first_channel, channel_count;
  uint32_t box_y, box_x, box_height, box_width;
  uint32_t feature_item, feature_channel, feature_row, feature_column, feature_block_bits; /* struct s2_strides */
  /* struct s2_places, but output_item. output_channel: of maps, from a channel to the next; of tokens, its `part`. Of
   * prefix tokens: output_row is from those of a tile to those of the next; 0: their mean is made. */
  uint32_t output_item, output_channel, output_row, output_column;
  uint32_t block_height, block_width, block_row, block_column; /* struct s2_places; block_height 0: there are none */
  /* The first element of each bound range. features_base is less the first token, or prefix token, of the scale's first
   * tile. The others are less the scale's first channel of the first image. */
  uint32_t features_base, output_base, accumulator_base;
  uint32_t square; /* struct s2_places */
};

struct s2_resample_push {
  uint32_t section;
  uint32_t first_image;
  uint32_t first_row, row_count, first_column, column_count; /* of the target */
  uint32_t source_row, source_column, last_row, last_column; /* of the source */
  uint32_t target_row, target_image, target_base;            /* pixels */
  uint32_t input_base;
  uint32_t origin[2];
  uint32_t order, pixel_bytes;
  uint32_t run, unused; /* a vec4 begins at a multiple of 16 bytes */
  float fill[4];
};

union s2_push {
  struct s2_split_push split;
  struct s2_resample_push resample;
  struct s2_merge_push merge;
  uint32_t words[S2_PUSH_BYTES / 4]; /* a pipeline's push constants; all are set */
};

#endif
