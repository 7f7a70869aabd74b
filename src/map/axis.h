/* Sparse linear maps along one axis: every output coordinate is a short weighted sum of input coordinates.
 *
 * Interpolation, cropping and their chains are all such maps, and a chain is the product of its maps. Taps are sorted
 * by index, each index occurs once, and a tap of weight 0 is left out: what has no weight is not read. But where a sample
 * counts several times, with weights of both signs, and is infinite, the sum is NaN, as that of each step by itself is. Such
 * a tap stays even if its weight is 0. */
#ifndef S2VK_AXIS_H
#define S2VK_AXIS_H

#include "base/env.h"

struct s2_tap {
  uint32_t index;
  double weight;
  double negative; /* the part of weight that is below 0, if another is above; else 0 */
};

struct s2_axis {
  uint32_t in;
  uint32_t out;
  uint32_t *first; /* out + 1 entries: taps of coordinate j are taps[first[j]] up to taps[first[j + 1]] */
  struct s2_tap *taps;
};

/* Each makes *axis, to be destroyed by s2_axis_destroy(); S2VK_ERROR_OUT_OF_HOST_MEMORY is their only error. */

/* Keys cubic with a = -0.75, clamped at the border, no antialiasing; as PyTorch's F.interpolate(mode="bicubic"). */
s2vk_result s2_axis_bicubic(const struct s2_env *env, uint32_t in, uint32_t out, struct s2_axis *axis);

/* Any filter of step 1, which the bicubic one above is, too. */
s2vk_result s2_axis_filter(
    const struct s2_env *env, s2vk_filter filter, uint32_t in, uint32_t out, struct s2_axis *axis);

/* Mean over the window of each output coordinate; as PyTorch's F.interpolate(mode="area"). */
s2vk_result s2_axis_area(const struct s2_env *env, uint32_t in, uint32_t out, struct s2_axis *axis);

/* The first out coordinates. */
s2vk_result s2_axis_crop(const struct s2_env *env, uint32_t in, uint32_t out, struct s2_axis *axis);

/* The out coordinates from `begin` on. */
s2vk_result s2_axis_window(const struct s2_env *env, uint32_t in, uint32_t begin, uint32_t out, struct s2_axis *axis);

/* Tiles of `side` coordinates that begin `stride` apart, one after the other: coordinate tile * side + x is tile * stride + x,
 * as far as there is one. */
s2vk_result s2_axis_tiles(
    const struct s2_env *env, uint32_t in, uint32_t tiles, uint32_t side, uint32_t stride, struct s2_axis *axis);

/* The inverse of tiles of which neighbours share `shared` coordinates, at most half of a side: these are blended, from the one
 * tile to the next. */
s2vk_result s2_axis_blend(
    const struct s2_env *env, uint32_t tiles, uint32_t side, uint32_t shared, struct s2_axis *axis);

/* Another axis' map. */
s2vk_result s2_axis_copy(const struct s2_env *env, const struct s2_axis *other, struct s2_axis *axis);

/* Replaces *axis by the map that applies *axis first and *next after it. next->in must be axis->out. */
s2vk_result s2_axis_compose(const struct s2_env *env, struct s2_axis *axis, const struct s2_axis *next);

void s2_axis_destroy(const struct s2_env *env, struct s2_axis *axis);

/* The first and the last input that outputs [begin, end) read. Outputs past the axis' end, which are padding, read what the
 * last one does. */
void s2_axis_footprint(const struct s2_axis *axis, uint32_t begin, uint32_t end, uint32_t *first, uint32_t *last);

/* The most inputs from an output's first to its last one. */
uint32_t s2_axis_support(const struct s2_axis *axis);

/* Whether every output is the input of its own index. */
bool s2_axis_is_identity(const struct s2_axis *axis);

/* The most taps that any coordinate has; one with a negative part counts twice. */
uint32_t s2_axis_width(const struct s2_axis *axis);

#endif
