/* Sparse linear maps along one axis: every output coordinate is a short weighted sum of input coordinates.
 *
 * Interpolation, cropping and their chains are all such maps, and a chain is the product of its maps. Taps are sorted
 * by index, and each index occurs once. A tap of weight 0 is left out, so its sample is not read.
 *
 * There are two exceptions: s2_axis_fill(), and this one. If a product adds weights of both signs for one sample, the
 * tap stays even if they cancel out: an infinite sample then gives NaN, as the steps one by one would. */
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

/* The functions below make *axis. Destroy it by s2_axis_destroy(). Their only error is S2VK_ERROR_OUT_OF_HOST_MEMORY.
 */

/* Keys cubic with a = -0.75, clamped at the border, no antialiasing; as PyTorch's F.interpolate(mode="bicubic"). */
s2vk_result s2_axis_bicubic(const struct s2_env *env, uint32_t in, uint32_t out, struct s2_axis *axis);

/* Any filter of step 1, the bicubic one included. */
s2vk_result s2_axis_filter(
    const struct s2_env *env, s2vk_filter filter, uint32_t in, uint32_t out, struct s2_axis *axis);

/* The mean over the support of each output coordinate; as PyTorch's F.interpolate(mode="area"). */
s2vk_result s2_axis_area(const struct s2_env *env, uint32_t in, uint32_t out, struct s2_axis *axis);

/* The first out coordinates. */
s2vk_result s2_axis_crop(const struct s2_env *env, uint32_t in, uint32_t out, struct s2_axis *axis);

/* The out coordinates from `begin` on. */
s2vk_result s2_axis_window(const struct s2_env *env, uint32_t in, uint32_t begin, uint32_t out, struct s2_axis *axis);

/* Tiles of `side` coordinates that begin `stride` apart: output tile * side + x is input tile * stride + x. If there is
 * no such input, the output has no tap. */
s2vk_result s2_axis_tiles(
    const struct s2_env *env, uint32_t in, uint32_t tiles, uint32_t side, uint32_t stride, struct s2_axis *axis);

/* The inverse, for tiles whose neighbours share `shared` coordinates, at most half of a side. Shared coordinates are
 * blended. */
s2vk_result s2_axis_blend(
    const struct s2_env *env, uint32_t tiles, uint32_t side, uint32_t shared, struct s2_axis *axis);

/* Replaces *axis: after each `block` outputs, outputs that are 0 fill it up to `filled`. They have the taps of the
 * output before them, with a weight of 0: these say in which tiles the outputs are, and are not read. */
s2vk_result s2_axis_fill(const struct s2_env *env, struct s2_axis *axis, uint32_t block, uint32_t filled);

/* A map without inputs and outputs. */
s2vk_result s2_axis_none(const struct s2_env *env, struct s2_axis *axis);

/* Copies the map of another axis. */
s2vk_result s2_axis_copy(const struct s2_env *env, const struct s2_axis *other, struct s2_axis *axis);

/* Replaces *axis by the map that applies *axis first and *next after it. next->in must be axis->out. */
s2vk_result s2_axis_compose(const struct s2_env *env, struct s2_axis *axis, const struct s2_axis *next);

void s2_axis_destroy(const struct s2_env *env, struct s2_axis *axis);

/* The first and the last input that outputs [begin, end) read. Outputs past the end of the axis are padding; they count
 * as the last output. */
void s2_axis_footprint(const struct s2_axis *axis, uint32_t begin, uint32_t end, uint32_t *first, uint32_t *last);

/* The largest number of inputs from an output's first one to its last one. */
uint32_t s2_axis_support(const struct s2_axis *axis);

/* Whether every output is the input of its own index. */
bool s2_axis_is_identity(const struct s2_axis *axis);

/* The largest number of taps of a coordinate; a tap with a negative part counts twice. */
uint32_t s2_axis_width(const struct s2_axis *axis);

#endif
