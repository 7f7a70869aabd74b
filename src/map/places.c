#include "map/places.h"

void s2_places_lay_maps(struct s2_places *places, const struct s2_strides *strides) {
  places->row = strides->row;
  places->column = strides->column;
  places->part = strides->channel;
}

void s2_places_lay_tokens(struct s2_places *places, const s2vk_plan_info *info, const struct s2_tokens *tokens) {
  const s2vk_size blocks = tokens->blocks, grid = tokens->grid;
  const uint32_t height = grid.height / blocks.height, width = grid.width / blocks.width;
  const uint64_t token = tokens->token, block = (uint64_t)height * width * token;
  places->part = tokens->channels;
  places->row = info->output_by_columns ? token : width * token;
  places->column = info->output_by_columns ? height * token : token;
  if (!info->output_blocks)
    return;
  places->block_height = height;
  places->block_width = width;
  places->block_row = blocks.width * block - height * places->row;
  places->block_column = block - width * places->column;
}

uint64_t s2_places_element(const struct s2_places *p, uint32_t y, uint32_t x) {
  const uint64_t part = p->square > 1 ? ((uint64_t)(y % p->square) * p->square + x % p->square) * p->part : 0;
  y /= p->square;
  x /= p->square;
  const uint64_t element = y * p->row + x * p->column + part;
  return p->block_height == 0 ? element
                              : element + y / p->block_height * p->block_row + x / p->block_width * p->block_column;
}
