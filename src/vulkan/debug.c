#include "vulkan/debug.h"

#include <stdarg.h>
#include <stdio.h>

#define MAX_NAME 96

s2vk_result s2_debug_load(const s2vk_context_info *info, const struct s2_env *env, struct s2_debug *debug) {
  if (!info->debug_utils)
    return S2VK_SUCCESS;
#define LOAD(name)                                                                                                     \
  debug->name = (PFN_vk##name)info->get_instance_proc_addr(info->instance, "vk" #name);                                \
  if (!debug->name)                                                                                                    \
    return s2_fail(env, S2VK_ERROR_NO_DRIVER,                                                                          \
        "s2vk_context_info.debug_utils is set and the instance has no vk" #name                                        \
        "; VK_EXT_debug_utils must be enabled");
  S2_DEBUG_FUNCTIONS(LOAD)
#undef LOAD
  return S2VK_SUCCESS;
}

void s2_debug_name(const struct s2_vk *vk, VkObjectType type, uint64_t handle, const char *format, ...) {
  if (!vk->debug.SetDebugUtilsObjectNameEXT || !handle)
    return;
  char name[MAX_NAME];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(name, sizeof name, format, arguments);
  va_end(arguments);
  const VkDebugUtilsObjectNameInfoEXT info = {
      .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
      .objectType = type,
      .objectHandle = handle,
      .pObjectName = name,
  };
  vk->debug.SetDebugUtilsObjectNameEXT(vk->device, &info); /* an object without a name is no less usable */
}

void s2_debug_begin(const struct s2_vk *vk, VkCommandBuffer commands, const char *format, ...) {
  if (!vk->debug.CmdBeginDebugUtilsLabelEXT)
    return;
  char name[MAX_NAME];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(name, sizeof name, format, arguments);
  va_end(arguments);
  const VkDebugUtilsLabelEXT label = {.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT, .pLabelName = name};
  vk->debug.CmdBeginDebugUtilsLabelEXT(commands, &label);
}

void s2_debug_end(const struct s2_vk *vk, VkCommandBuffer commands) {
  if (vk->debug.CmdEndDebugUtilsLabelEXT)
    vk->debug.CmdEndDebugUtilsLabelEXT(commands);
}
