/* The steps of docs/semantics.md along one axis of one scale, as one sparse map each: split is steps 1 to 3, merge is steps 7 to 9. */
#ifndef S2VK_CHAIN_H
#define S2VK_CHAIN_H

#include "map/axis.h"
#include "map/geometry.h"

/* Makes axes[0] for the height and axes[1] for the width, to be destroyed by s2_axis_destroy() also after an error. */

/* Input pixels to the pixels of the tiles, which lie side by side. Padding has no taps: the map ends before it. */
s2vk_result s2_split_axes(
    const struct s2_env *env, const struct s2_geometry *geometry, const struct s2_scale *scale, struct s2_axis *axes);

/* Tokens of the tiles, side by side, to tokens of the output. */
s2vk_result s2_merge_axes(
    const struct s2_env *env, const struct s2_geometry *geometry, const struct s2_scale *scale, struct s2_axis *axes);

#endif
