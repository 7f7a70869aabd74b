/* A function table between the library and the driver, for ThreadSanitizer. A driver that has device memory in a file
 * gives what one thread has freed to another. It orders the two by a lock that ThreadSanitizer does not see, since the
 * driver is not built with it. Here each allocation is told to come after all frees so far. */
#ifndef TESTS_HEAP_H
#define TESTS_HEAP_H

#include <volk.h>

/* Orders the test's own calls. volkLoadDevice() comes first. */
void heap_load(VkInstance instance);

/* For s2vk_context_info, after heap_load(). */
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL heap_get_instance_proc_addr(VkInstance instance, const char *name);

#endif
