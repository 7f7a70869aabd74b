/* Commands of a binding: passes, barriers, copies. Nothing here allocates. */
#ifndef S2VK_RECORD_H
#define S2VK_RECORD_H

#include "run/binding.h"

/* Compute and transfer work before it happens before, and is visible to, compute and transfer work after it. */
void s2_record_barrier(const struct s2_vk *vk, VkCommandBuffer commands);

/* The passes of one call, each with a barrier ahead. */
void s2_record_split(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands);
void s2_record_merge(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands);

/* All of it; ends at the first call of which the model returns something else than S2VK_SUCCESS. */
s2vk_result s2_record_all(const s2vk_binding *binding, VkCommandBuffer commands, const s2vk_model *model);

s2vk_result s2_check_model(const struct s2_env *env, const s2vk_model *model);

#endif
