/* Features of one image, and how they were made, as the files that extract writes: for programs that have the features
 * already. */
#ifndef EXTRACT_RECORD_H
#define EXTRACT_RECORD_H

#include "preset.h"

struct record_info {
  const char *image; /* a file */
  const char *model; /* a folder; NULL: the descriptor */
  int32_t layer;     /* as vit_options.layer */
  enum vit_norm norm;
  uint32_t side, patch; /* of a tile, and the descriptor's */
  struct preset_choice preset;
  bool blocks;
  const double *scales; /* scale_count of them; NULL: the next */
  const s2vk_size *img_sizes;
  uint32_t scale_count;
  s2vk_split_mode split_mode;
  s2vk_grid_policy grid;
  s2vk_filter filter;
  int32_t output;  /* as resize_output_to_idx */
  s2vk_size input; /* of the plan */
  const s2vk_plan *plan;
  const void *features; /* the plan's output, in f32 and BNC */
};

/* Writes path and path.json. On failure returns false and sets the reason. */
bool record_write(const struct record_info *info, const char *path, char *error, size_t error_bytes);

#endif
