/* What --list prints. Calls Vulkan through volk, so volkLoadInstance() comes first. */
#ifndef SAMPLES_DEVICES_H
#define SAMPLES_DEVICES_H

#include <stdbool.h>

#include <volk.h>

/* Prints the devices of an instance, numbered as s2vk_device_info.device_index takes them, and marks the best. False,
 * with the reason on stderr, if they cannot be enumerated. */
bool devices_print(VkInstance instance, VkPhysicalDevice best);

#endif
