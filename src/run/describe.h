/* The text of s2vk_plan_describe(). */
#ifndef S2VK_DESCRIBE_H
#define S2VK_DESCRIBE_H

#include "schedule/schedule.h"

/* Calls line for each line. A line has fewer than 256 characters. The only error is OUT_OF_HOST_MEMORY. */
s2vk_result s2_describe(const struct s2_env *env, const struct s2_geometry *geometry,
    const struct s2_schedule *schedule, void (*line)(void *user, const char *text), void *user);

#endif
