/* A function table between the library and the driver, of those functions that make or destroy an object, allocate,
 * submit, wait or may fail in another way. It counts calls and objects, makes calls fail, and poisons memory. The
 * library's allocator is not passed on: with it only the library's own allocations are of its host's memory. */
#ifndef TESTS_INTERCEPT_H
#define TESTS_INTERCEPT_H

#include "gpu.h"

/* For gpu_options.wrapped and s2vk_device_info. */
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL intercept_get_instance_proc_addr(VkInstance instance, const char *name);

/* From now on, functions of devices that others put in between, below these. */
typedef PFN_vkVoidFunction (*intercept_wrap)(const char *name, PFN_vkVoidFunction function);
void intercept_below(intercept_wrap wrap);

/* Calls so far: of everything that makes or allocates; of vkCreateComputePipelines among them; of what submits or
 * waits. */
unsigned intercept_made(void);
unsigned intercept_pipelines(void);
unsigned intercept_submitted(void);

/* Objects and allocations made and not destroyed. */
int intercept_alive(void);

/* The functions that return a VkResult, one after the other; NULL after the last. */
const char *intercept_function(unsigned index);

/* Calls of one of them. */
unsigned intercept_calls(unsigned index);

/* Makes the nth call from now on (from 1) of a function fail with a result, without the driver. What it was to make is
 * then undefined, as the specification has it: it is no handle. intercept_failed() returns whether
 * that has happened. */
void intercept_fail(unsigned index, unsigned nth, VkResult result);
bool intercept_failed(void);

/* From now on memory that the library allocates, if the host can see it, is NaN in every type to begin with. */
void intercept_poison(bool on);

#endif
