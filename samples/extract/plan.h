/* The plan of images of one size. */
#ifndef EXTRACT_PLAN_H
#define EXTRACT_PLAN_H

#include "device.h"
#include "model.h"
#include "options.h"

#define PLAN_MAX_SCALES 16

/* State that outlives a plan. */
struct plan_facts {
  uint32_t scale_count;
  s2vk_scale_layout scales[PLAN_MAX_SCALES];
  s2vk_size grid;  /* of the output */
  s2vk_size block; /* tokens of a block of the grid; 0 x 0: there are no blocks */
  bool by_columns; /* tokens of a block, or of the grid, follow each other column by column */
  uint32_t prefix; /* tokens ahead of the grid */
};

struct plan_facts plan_get_facts(const s2vk_plan *plan, const struct options *options);

/* Makes the plan of `batch` images of one size, as model_take() returns them, and gets its layout. The features of an
 * image do not depend on batch. The reason of an error is on stderr. */
s2vk_result plan_create(s2vk_context *context, const struct device *device, const struct model *model,
    const struct options *options, s2vk_size size, uint32_t batch, s2vk_plan **plan, s2vk_plan_layout *layout);

#endif
