/* The dispatches of each model call. The scheduler takes the cheapest kernel for each pass of each scale, and cuts the
 * work until every piece keeps within the device's limits. This is arithmetic alone: no Vulkan function is called.
 *
 * A piece sees each tensor through a range of at most target.range bytes. The range of a tensor that is no larger is
 * the whole tensor. Usually, therefore, all calls share one set of ranges, and a scale is one dispatch. */
#ifndef S2VK_SCHEDULE_H
#define S2VK_SCHEDULE_H

#include "schedule/dispatch.h"

/* Makes a schedule of kernels from a list that ends with NULL. Errors: LIMIT (work that cannot be cut any further),
 * OVERFLOW, OUT_OF_HOST_MEMORY. */
s2vk_result s2_schedule_create(const struct s2_env *env, const struct s2_target *target,
    const struct s2_geometry *geometry, const struct s2_kernel *const *kernels, struct s2_schedule *schedule);

/* Frees axes and table entries. Only making the schedule and the tables takes them. */
void s2_schedule_trim(const struct s2_env *env, struct s2_schedule *schedule);

void s2_schedule_destroy(const struct s2_env *env, struct s2_schedule *schedule);

#endif
