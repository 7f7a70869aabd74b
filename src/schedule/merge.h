/* The merge's work, cut likewise; and where it keeps what one piece cannot sum up. */
#ifndef S2VK_MERGE_H
#define S2VK_MERGE_H

#include "schedule/builder.h"

/* Adds the work of the builder's call. */
s2vk_result s2_schedule_merge(struct s2_builder *b);

/* Where sums that outlive a dispatch are: S2_ACCUMULATOR_*. Known before kernels are chosen. */
uint32_t s2_accumulator_of(struct s2_builder *b);

#endif
