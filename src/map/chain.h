/* The steps of docs/semantics.md along one axis of one scale: one sparse map for split (steps 1 to 3), one for merge (7
 * to 9). */
#ifndef S2VK_CHAIN_H
#define S2VK_CHAIN_H

#include "map/axis.h"
#include "map/geometry.h"

/* Both functions make axes[0] for the height and axes[1] for the width. Destroy both with s2_axis_destroy(), also after
 * an error. */

/* From input pixels to the pixels of the tiles, side by side. Padding has no taps: the map ends before it. */
s2vk_result s2_split_axes(
    const struct s2_env *env, const struct s2_geometry *geometry, const struct s2_scale *scale, struct s2_axis *axes);

/* From the tokens of the tiles, side by side, to tokens of the output. */
s2vk_result s2_merge_axes(
    const struct s2_env *env, const struct s2_geometry *geometry, const struct s2_scale *scale, struct s2_axis *axes);

#endif
