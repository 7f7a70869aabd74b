/* Allocation callbacks that count the bytes that are asked for; what is freed does not lower the count. */
#ifndef TESTS_COUNTING_H
#define TESTS_COUNTING_H

#include <stdint.h>

#include <vulkan/vulkan_core.h>

/* Of all that the callbacks gave; a test sets it. */
extern uint64_t counting_asked;

extern const VkAllocationCallbacks counting_callbacks;

#endif
