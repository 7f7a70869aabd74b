/* Cuts the split's work until each piece keeps within the device's limits. */
#ifndef S2VK_SPLIT_H
#define S2VK_SPLIT_H

#include "schedule/builder.h"

/* Adds the work of the builder's current call. */
s2vk_result s2_schedule_split(struct s2_builder *b);

#endif
