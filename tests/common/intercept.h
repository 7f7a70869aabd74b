/* A function table between the library and the driver: counts the calls of every device function that makes an object,
 * allocates, submits or waits. */
#ifndef TESTS_INTERCEPT_H
#define TESTS_INTERCEPT_H

#include "gpu.h"

/* For gpu_options.wrapped. */
PFN_vkVoidFunction intercept_get_instance_proc_addr(VkInstance instance, const char *name);

/* Calls so far: of everything that makes or allocates; of vkCreateComputePipelines among them; of what submits or
 * waits. */
unsigned intercept_made(void);
unsigned intercept_pipelines(void);
unsigned intercept_submitted(void);

#endif
