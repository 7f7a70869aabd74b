/* The order of the output's tokens: blocks, rows or columns, squares of downsampling. */
#ifndef S2VK_PLACES_H
#define S2VK_PLACES_H

#include "map/strides.h"

/* Where the results of the merge are in the output. With squares, the output's token (y, x) consists of square x square
 * results, of which (i, k) begins at its element (i * square + k) * part. Token (y, x), or place (y, x) of a map, is at
 *   y * row + x * column + y / block_height * block_row + x / block_width * block_column. */
struct s2_places {
  uint64_t row, column;
  uint32_t block_height, block_width; /* tokens of a block; 0: there are none */
  uint64_t block_row, block_column;   /* from block to block, less what row and column have stepped already */
  uint32_t square;                    /* at least 1 */
  uint64_t part;
};

/* Tokens that places are laid for. */
struct s2_tokens {
  s2vk_size grid;    /* all of them */
  s2vk_size blocks;  /* down and across, which divide the grid */
  uint64_t token;    /* elements from a token to the next */
  uint64_t channels; /* of a part of a token */
};

/* Both leave square as it is. */
void s2_places_lay_maps(struct s2_places *places, const struct s2_strides *strides);
void s2_places_lay_tokens(struct s2_places *places, const s2vk_plan_info *info, const struct s2_tokens *tokens);

/* Where result (y, x) is, from the first one on. */
uint64_t s2_places_element(const struct s2_places *places, uint32_t y, uint32_t x);

#endif
