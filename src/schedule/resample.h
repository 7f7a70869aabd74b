/* Resamplings: images in between, and the work of their two passes, cut likewise. */
#ifndef S2VK_RESAMPLE_H
#define S2VK_RESAMPLE_H

#include "schedule/builder.h"

/* Makes the axes and the images in between of all resamplings. */
s2vk_result s2_resample_lay(struct s2_builder *b);

/* Adds the work of the builder's pass for what its call is the first to need. */
s2vk_result s2_schedule_resample(struct s2_builder *b);

#endif
