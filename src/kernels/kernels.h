/* The kernels, in a list that ends with NULL. The general kernels can do every job. Without the others the library
 * computes the same, only slower. */
#ifndef S2VK_KERNELS_H
#define S2VK_KERNELS_H

#include "schedule/kernel.h"

/* Split. */
extern const struct s2_kernel s2_split_gather;    /* general: sums any taps, one by one */
extern const struct s2_kernel s2_split_polyphase; /* short supports: keeps filtered rows while they are needed */
extern const struct s2_kernel s2_split_scatter;   /* wide supports: adds a filtered row to all outputs that read it */
extern const struct s2_kernel s2_split_convert;   /* a scale that is the input, from pixels: no sums */
extern const struct s2_kernel s2_split_copy;      /* a scale that is the input: a transfer */

/* Resampling to an image of its own. */
extern const struct s2_kernel s2_resample_across; /* general: along x */
extern const struct s2_kernel s2_resample_down;   /* general: along y */
extern const struct s2_kernel s2_resample_walk;   /* along x or y, to a smaller image: reads each input once */

/* Merge. */
extern const struct s2_kernel s2_merge_gather; /* general: any taps, prefix tokens, sums over several dispatches */
extern const struct s2_kernel s2_merge_tokens; /* tokens, short supports */
extern const struct s2_kernel s2_merge_feature_maps; /* feature maps, short supports */
extern const struct s2_kernel s2_merge_blocks;       /* feature maps with channels side by side, on CPU drivers */
extern const struct s2_kernel s2_merge_copy;         /* a scale that has the output's own grid: a transfer */

extern const struct s2_kernel *const s2_kernels[];

#endif
