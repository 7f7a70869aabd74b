/* Records a binding's passes, barriers and copies. Nothing here allocates. */
#ifndef S2VK_RECORD_H
#define S2VK_RECORD_H

#include "run/binding.h"

/* A barrier between compute and transfer work before it and compute and transfer work after it. */
void s2_record_barrier(const struct s2_vk *vk, VkCommandBuffer commands);

/* Record the passes of one call. Each begins with a barrier. */
void s2_record_split(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands);
void s2_record_merge(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands);

/* Records all calls. Ends when the model returns anything but S2VK_SUCCESS. */
s2vk_result s2_record_all(const s2vk_binding *binding, VkCommandBuffer commands, const s2vk_model *model);

/* Checks that the model has exactly one callback. */
s2vk_result s2_check_model(const struct s2_env *env, const s2vk_model *model);

#endif
