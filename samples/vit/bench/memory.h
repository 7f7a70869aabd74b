/* How much of the device's memory is allocated, seen at vkAllocateMemory. */
#ifndef VIT_BENCH_MEMORY_H
#define VIT_BENCH_MEMORY_H

#include <volk.h>

/* From now on what is allocated through volk is counted, and through what this gives the library, as its
 * get_instance_proc_addr. volkLoadInstance() or volkLoadDevice() comes first. */
PFN_vkGetInstanceProcAddr memory_count(void);

/* Bytes that are allocated now. */
VkDeviceSize memory_now(void);

#endif
