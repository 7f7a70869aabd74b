/* A function table between the library and the driver. It has the functions that make or destroy an object, allocate,
 * submit, wait, or can fail in another way. It counts calls and objects, makes calls fail, and poisons memory. It does
 * not pass the library's allocator on, so that a test sees only the library's own allocations. */
#ifndef TESTS_INTERCEPT_H
#define TESTS_INTERCEPT_H

#include "gpu.h"

/* For gpu_options.wrapped and s2vk_device_info. */
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL intercept_get_instance_proc_addr(VkInstance instance, const char *name);

/* Adds a layer below this one: its functions replace those of devices from now on. */
typedef PFN_vkVoidFunction (*intercept_wrap)(const char *name, PFN_vkVoidFunction function);
void intercept_below(intercept_wrap wrap);

/* Calls so far: of everything that makes or allocates; of vkCreateComputePipelines among them; of what submits or
 * waits. */
unsigned intercept_made(void);
unsigned intercept_pipelines(void);
unsigned intercept_submitted(void);

/* Objects and allocations made and not destroyed. */
int intercept_alive(void);

/* The functions that return a VkResult, by index; NULL after the last one. */
const char *intercept_function(unsigned index);

/* Calls of one of these functions. */
unsigned intercept_calls(unsigned index);

/* Makes the nth call of a function from now on (from 1) fail with a result, without calling the driver. The object that
 * it should have made is undefined, as in the specification: it is not a valid handle. intercept_failed() returns
 * whether this has happened. */
void intercept_fail(unsigned index, unsigned nth, VkResult result);
bool intercept_failed(void);

/* From now on, mapped memory that the library allocates is filled with NaN, in every type. */
void intercept_poison(bool on);

#endif
