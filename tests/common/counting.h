/* Allocation callbacks that count the bytes that are requested. Freed bytes stay in the count. */
#ifndef TESTS_COUNTING_H
#define TESTS_COUNTING_H

#include <stdint.h>

#include <vulkan/vulkan_core.h>

/* Bytes that were requested from the callbacks. A test sets it. */
extern uint64_t counting_asked;

extern const VkAllocationCallbacks counting_callbacks;

#endif
