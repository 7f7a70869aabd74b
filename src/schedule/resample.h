/* Lays out the images between the two passes of each resampling. Cuts the work of both passes until each piece keeps
 * within the device's limits. */
#ifndef S2VK_RESAMPLE_H
#define S2VK_RESAMPLE_H

#include "schedule/builder.h"

/* Makes the axes and the images in between of all resamplings. */
s2vk_result s2_resample_lay(struct s2_builder *b);

/* Adds the work of the builder's current pass for the scales that its call is the first to need. */
s2vk_result s2_schedule_resample(struct s2_builder *b);

#endif
