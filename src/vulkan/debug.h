/* Names of objects and labels around commands, for captures and validation messages. These functions do nothing unless
 * the application set s2vk_context_info.debug_utils. */
#ifndef S2VK_DEBUG_H
#define S2VK_DEBUG_H

#include "vulkan/vk.h"

/* Gets the functions from the instance, since the extension is one of the instance. */
s2vk_result s2_debug_load(const s2vk_context_info *info, const struct s2_env *env, struct s2_debug *debug);

/* Names an object "s2vk ..."; handle is cast from the Vulkan handle, and may be 0. */
void s2_debug_name(const struct s2_vk *vk, VkObjectType type, uint64_t handle, const char *format, ...) S2_PRINTF(4, 5);

/* Opens a labelled region in a command buffer, and closes it. Allocates nothing. */
void s2_debug_begin(const struct s2_vk *vk, VkCommandBuffer commands, const char *format, ...) S2_PRINTF(3, 4);
void s2_debug_end(const struct s2_vk *vk, VkCommandBuffer commands);

#endif
