/* Cuts the merge's work until each piece keeps within the device's limits. An output may be the sum of several
 * pieces. */
#ifndef S2VK_MERGE_H
#define S2VK_MERGE_H

#include "schedule/builder.h"

/* Adds the work of the builder's current call. */
s2vk_result s2_schedule_merge(struct s2_builder *b);

/* Where sums that outlive a dispatch are kept: S2_ACCUMULATOR_*. It does not depend on the choice of kernels. */
uint32_t s2_accumulator_of(struct s2_builder *b);

#endif
