/* The list of devices of --list. Calls Vulkan through volk: call volkLoadInstance() first. */
#ifndef SAMPLES_DEVICES_H
#define SAMPLES_DEVICES_H

#include <stdbool.h>

#include <volk.h>

/* Prints the devices of an instance with their numbers as in s2vk_device_info.device_index, and marks the best one. If
 * they cannot be enumerated, returns false and prints the reason on stderr. */
bool devices_print(VkInstance instance, VkPhysicalDevice best);

#endif
