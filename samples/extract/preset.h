/* What --preset says in a plan. */
#ifndef EXTRACT_PRESET_H
#define EXTRACT_PRESET_H

#include "model.h"

/* What a plan's info points at while the plan is made. */
struct preset_parts {
  s2vk_size sizes[MAX_SCALES];
  s2vk_pixels_info pixels;
  s2vk_preprocessing_info preprocessing;
};

/* The side of a tile, in pixels, and the largest scale, in tiles of it, that the preset's own model has. */
uint32_t preset_side(enum preset preset);
uint32_t preset_scales(enum preset preset, double scales[MAX_SCALES]);

/* The sizes of the scales with tiles of that side; with --dynamic-s2 those that sizes of an image are chosen from. How
 * many. */
uint32_t preset_sizes(const struct options *options, uint32_t side, s2vk_size sizes[MAX_SCALES]);

/* Of --dynamic-s2. */
uint32_t preset_max_tiles(const struct options *options);

/* Fills in what the preset says of images of info's height and width; parts must live until the plan is made. A
 * transformer's own mean and standard deviation take the place of the preset's. The context's log has the reason of an
 * error. */
s2vk_result preset_apply(const s2vk_context *context, const struct model *model, const struct options *options,
    s2vk_plan_info *info, struct preset_parts *parts);

/* A new image of what the preset leaves of a photograph: its middle, or a square around it. NULL: there
 * is no memory. */
unsigned char *preset_view(
    const struct model *model, const struct options *options, const unsigned char *pixels, s2vk_size *size);

#endif
