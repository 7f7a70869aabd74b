/* VulkanMemoryAllocator behind the library's memory callbacks, as in docs/integrating.md. Its header is C++. */
#ifndef TESTS_VMA_H
#define TESTS_VMA_H

#include <volk.h>

#include <s2vk/s2vk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes an allocator for the device of *gpu, from which the callbacks take memory. Returns false on failure. */
bool vma_open(const s2vk_context_info *gpu, s2vk_memory_callbacks *callbacks);

/* The number of allocations of these callbacks that exist. */
uint32_t vma_live(void *user);

void vma_close(s2vk_memory_callbacks *callbacks);

#ifdef __cplusplus
}
#endif
#endif
