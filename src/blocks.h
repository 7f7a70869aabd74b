/* An axis in blocks of as many coordinates each, so regular that what a coordinate reads is known when a pipeline is made: a
 * block reads `source` inputs from its first one on, and its coordinate p reads `taps` of these from offsets[p] on, whichever
 * block it is. Windows are dense: of the taps some have no weight, and at the axis' ends some are not even inputs. */
#ifndef S2VK_BLOCKS_H
#define S2VK_BLOCKS_H

#include "axis.h"

#define S2_MAX_BLOCK 24
#define S2_MAX_BLOCK_SOURCE 64
#define S2_MAX_DRIFT 8 /* inputs, over all of an axis */

struct s2_blocks {
  uint32_t size; /* coordinates of a block */
  uint32_t align;
  uint32_t source; /* a multiple of align */
  uint32_t taps;
  uint32_t advance; /* inputs from a block's first to the next one's; 0: it varies */
  int32_t base;     /* the first block's first input, unless advance is 0 */
  uint8_t offsets[S2_MAX_BLOCK];
};

/* Cuts `padded` coordinates, those of the axis first, into blocks whose first inputs are multiples of align. False where
 * they would have too much in them. */
bool s2_blocks_take(
    const struct s2_axis *axis, uint32_t padded, uint32_t size, uint32_t align, struct s2_blocks *blocks);

/* Likewise, where a block's coordinates span nearly a whole number of inputs, of blocks that follow each other at that distance,
 * and so read a few inputs more: all that they drift by on the way, as an image made by a few rows larger. False also where they
 * do not. */
bool s2_blocks_drift(const struct s2_axis *axis, uint32_t padded, uint32_t size, struct s2_blocks *blocks);

/* The first input of a block; it may be none of the axis'. */
int32_t s2_blocks_first(const struct s2_axis *axis, const struct s2_blocks *blocks, uint32_t block);

/* The first and the last input that coordinates [begin, end) of an axis read. Padding reads what the last coordinate does. */
void s2_axis_reach(const struct s2_axis *axis, uint32_t begin, uint32_t end, uint32_t *low, uint32_t *high);

#endif
