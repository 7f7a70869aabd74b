/* VulkanMemoryAllocator behind the library's callbacks, as docs/integrating.md has it. Its header is C++. */
#ifndef TESTS_VMA_H
#define TESTS_VMA_H

#include <volk.h>

#include <s2vk/s2vk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes an allocator of the device of *gpu, which the callbacks then take memory from. False if that fails. */
bool vma_open(const s2vk_context_info *gpu, s2vk_memory_callbacks *callbacks);

/* Allocations of the user of these callbacks that exist. */
uint32_t vma_live(void *user);

void vma_close(s2vk_memory_callbacks *callbacks);

#ifdef __cplusplus
}
#endif
#endif
