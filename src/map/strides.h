/* Where the elements of a tensor are in memory. Pure arithmetic. */
#ifndef S2VK_STRIDES_H
#define S2VK_STRIDES_H

#include "base/env.h"

/* Strides in elements. Element (n, c, y, x) is at
 *   n * item + c / block * channel + c % block + y * row + x * column.
 * Tokens have their channels side by side, and a row is a row of their grid. */
struct s2_strides {
  s2vk_order order;
  uint64_t item, channel, row, column;
  uint32_t block;      /* channels side by side: 1, 4 or 8 */
  uint32_t block_bits; /* its logarithm */
};

/* The tensor that strides belong to. */
struct s2_extents {
  const char *name; /* the field's, for messages */
  s2vk_type type;
  bool tokens;     /* batch x tokens x channels */
  uint32_t prefix; /* tokens ahead of the grid */
  uint64_t channels;
  s2vk_size grid; /* rows and columns of an item */
};

/* Checks a caller's strides, replaces zeros by dense strides, and converts bytes to elements. */
s2vk_result s2_strides_create(
    const struct s2_env *env, const struct s2_extents *extents, const s2vk_strides *given, struct s2_strides *strides);

/* Elements of an item from its first one to the end of its last. */
uint64_t s2_strides_span(const struct s2_strides *strides, const struct s2_extents *extents);

/* The strides in bytes, as s2vk_tensor has them. */
s2vk_strides s2_strides_in_bytes(const struct s2_strides *strides, s2vk_type type, bool tokens);

/* The element of a channel, relative to the item. */
static inline uint64_t s2_strides_channel(const struct s2_strides *strides, uint64_t channel) {
  return channel / strides->block * strides->channel + channel % strides->block;
}

/* The number of channels, rounded up to whole blocks. */
static inline uint32_t s2_strides_filled(const struct s2_strides *strides, uint32_t channels) {
  return (channels + strides->block - 1) / strides->block * strides->block;
}

/* Whether the elements of a row are side by side. */
static inline bool s2_strides_planar(const struct s2_strides *strides) {
  return strides->block == 1 && strides->column == 1;
}

#endif
