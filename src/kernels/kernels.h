/* The kernels, in a list that ends with NULL. The general ones can do every job; without any other one the library still
 * computes the same, only slower. */
#ifndef S2VK_KERNELS_H
#define S2VK_KERNELS_H

#include "schedule/kernel.h"

extern const struct s2_kernel s2_split_gather; /* general: any taps, one by one */
extern const struct s2_kernel
    s2_split_polyphase; /* short supports: rows are filtered once, and kept while they are needed */
extern const struct s2_kernel
    s2_split_scatter;                        /* wide supports: a filtered row is added to all outputs that it is in */
extern const struct s2_kernel s2_split_copy; /* a scale that is the input: a transfer */

extern const struct s2_kernel s2_resample_across; /* general: an image of its own, along x */
extern const struct s2_kernel s2_resample_down;   /* general: likewise along y */

extern const struct s2_kernel s2_resample_walk; /* along either, where the image is made small: inputs are read once */

extern const struct s2_kernel s2_merge_gather; /* general: any taps, prefix tokens, sums over several dispatches */
extern const struct s2_kernel s2_merge_tokens; /* tokens, short windows */
extern const struct s2_kernel s2_merge_feature_maps; /* feature maps, short windows */
extern const struct s2_kernel s2_merge_copy;         /* a scale with the output's own grid: a transfer */

extern const struct s2_kernel *const s2_kernels[];

#endif
