/* What a plan's fields may be, each and together, apart from what scales and preprocessing make of them. */
#ifndef S2VK_CHECK_H
#define S2VK_CHECK_H

#include "base/env.h"

/* The input is what comes out of the preprocessing. */
s2vk_result s2_check_plan_info(const struct s2_env *env, const s2vk_plan_info *info);

#endif
