/* What is dispatched for each model call: the work of both passes, cut until every piece keeps within the device's limits, each by
 * the cheapest kernel that can do it.
 *
 * Pure arithmetic. A piece sees its tensors through ranges of at most target.range bytes each. Where a whole tensor is no
 * larger, its range is all of it, so that usually all calls share one set of ranges and a scale is one dispatch. */
#ifndef S2VK_SCHEDULE_H
#define S2VK_SCHEDULE_H

#include "schedule/dispatch.h"

/* Chooses among kernels, a list that ends with NULL. Errors: LIMIT, for what cannot be cut; OVERFLOW; OUT_OF_HOST_MEMORY. */
s2vk_result s2_schedule_create(const struct s2_env *env, const struct s2_target *target,
    const struct s2_geometry *geometry, const struct s2_kernel *const *kernels, struct s2_schedule *schedule);

/* Frees what only making it took: axes and table entries. */
void s2_schedule_trim(const struct s2_env *env, struct s2_schedule *schedule);

void s2_schedule_destroy(const struct s2_env *env, struct s2_schedule *schedule);

#endif
