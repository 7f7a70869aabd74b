/* A Vulkan that runs nothing, behind a vkGetInstanceProcAddr of its own: for what no driver at hand can show, such as
 * other memory types, limits, queue families and lists of devices, and for counting what the library makes.
 *
 *   mock_reset();                                                      one discrete GPU, nothing made
 *   mock_vk.devices[0].properties.limits.maxStorageBufferRange = 65536;
 *   info.get_instance_proc_addr = mock_get_instance_proc_addr;         and s2vk_device_open() as ever
 *   assert_int_equal(mock_vk.made[VK_OBJECT_TYPE_PIPELINE], 2);
 *   assert_int_equal(mock_vk.misuses, 0);
 *
 * It checks: handles, the limits of its device, memory types, what was enabled, what may still be running. A
 * breach is a misuse: counted, and printed on stderr. A function that it does not have ends the process with the
 * function's name; most are one line of a list in mock_device.c. One thread. */
#ifndef TESTS_MOCK_DEVICE_H
#define TESTS_MOCK_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

#define MOCK_MAX_DEVICES 4
#define MOCK_MAX_FAMILIES 4
#define MOCK_MAX_EXTENSIONS 4
#define MOCK_OBJECT_TYPES (VK_OBJECT_TYPE_COMMAND_POOL + 1) /* those of Vulkan 1.0 */

/* A physical device. */
struct mock_device {
  VkPhysicalDeviceProperties properties;
  VkPhysicalDeviceFeatures features;
  VkPhysicalDeviceMemoryProperties memory;
  VkDriverId driver;
  VkDeviceSize max_allocation;
  VkDeviceSize buffer_alignment; /* of a buffer in its memory */
  uint32_t buffer_types;         /* memory types that a buffer may be in: a bit each */
  VkQueueFamilyProperties families[MOCK_MAX_FAMILIES];
  uint32_t family_count;
  const char *extensions[MOCK_MAX_EXTENSIONS]; /* those left are NULL */
};

/* A command that was recorded, with what its kind has. */
struct mock_command {
  const char *name; /* vkCmdDispatch */
  VkCommandBuffer commands;
  VkPipelineStageFlags from, to; /* of a barrier */
  VkAccessFlags before, after;   /* of its first VkMemoryBarrier */
  uint32_t groups[3];            /* of a dispatch */
  VkBuffer source, target;       /* of a copy */
  VkBufferCopy region;           /* the first */
};

extern struct mock_vulkan {
  /* What there is; to be changed before it is asked for. */
  uint32_t device_count;
  struct mock_device devices[MOCK_MAX_DEVICES];
  const char *extensions[MOCK_MAX_EXTENSIONS]; /* of the instance; those left are NULL */

  /* What was done with it. */
  uint32_t alive[MOCK_OBJECT_TYPES], made[MOCK_OBJECT_TYPES]; /* objects, by VkObjectType */
  VkDeviceSize allocated[VK_MAX_MEMORY_TYPES];                /* bytes alive, by memory type */
  const struct mock_device *opened;                           /* the device of the last VkDevice */
  VkPhysicalDeviceFeatures enabled;                           /* of the last VkDevice */
  uint32_t queue_family;                                      /* of its first queue */
  struct mock_command *commands;
  uint32_t command_count, command_room; /* the count may be set to 0 */
  unsigned misuses;
} mock_vk;

/* One discrete GPU, nothing made, nothing failing. Objects that are alive are forgotten. */
void mock_reset(void);

/* A device of that type as they commonly are. A discrete GPU has memory of its own, and can map 256 MiB of it; others
 * have one heap. */
struct mock_device mock_device_of(VkPhysicalDeviceType type);

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL mock_get_instance_proc_addr(VkInstance instance, const char *name);

/* Calls of a function, such as "vkAllocateMemory", since mock_reset(). */
unsigned mock_calls(const char *name);

/* The nth call of a function from now on, 1 for the next, does nothing and returns result. One at a time; an nth of 0:
 * none. */
void mock_fail(const char *name, unsigned nth, VkResult result);

#endif
