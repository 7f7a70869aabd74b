/* S2 in simple code, by the steps of the paper's code, in double precision, with every intermediate image in memory. It
 * shares nothing with src/ except s2vk_plan_info, which must describe a valid plan. */
#ifndef TESTS_REFERENCE_H
#define TESTS_REFERENCE_H

#include "s2vk/s2vk.h"

struct reference_scale {
  uint32_t image_h, image_w;     /* pixels */
  uint32_t side;                 /* of a tile */
  uint32_t stride;               /* pixels from a tile to the next */
  uint32_t rows, columns;        /* tiles */
  uint32_t padded_h, padded_w;   /* pixels that they cover */
  uint32_t feature_h, feature_w; /* tokens of a tile, less prefix tokens */
  uint32_t stride_h, stride_w;   /* tokens from a tile to the next */
  uint32_t grid_h, grid_w;       /* tokens of all tiles */
  uint32_t own_h, own_w;         /* tokens of the image's own part */
};

struct reference_scale reference_scale(const s2vk_plan_info *info, uint32_t scale);

/* The scale whose grid the output has. */
uint32_t reference_output_scale(const s2vk_plan_info *info);

size_t reference_tile_elements(const s2vk_plan_info *info, uint32_t scale);    /* of all tiles of a scale */
size_t reference_feature_elements(const s2vk_plan_info *info, uint32_t scale); /* of all tiles of a scale */
size_t reference_output_elements(const s2vk_plan_info *info);
uint32_t reference_prefix_rows(const s2vk_plan_info *info); /* for which the output has num_prefix_token tokens each */

/* Steps 1 to 3: all tiles of a scale, in the order of the original. Free the result. */
double *reference_split(const s2vk_plan_info *info, uint32_t scale, const double *input);

/* Steps 5 to 10: features[i] is what the model returned for all tiles of scale i. Free the result. */
double *reference_merge(const s2vk_plan_info *info, double *const *features);

#endif
