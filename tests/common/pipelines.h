/* Keeps the pipelines that are made by volk's vkCreateComputePipelines(), or by functions that went through
 * pipelines_wrap(). A request for the same shader with the same constants gets the same pipeline again, because CPU
 * drivers compile slowly. For one device and one thread. */
#ifndef TESTS_PIPELINES_H
#define TESTS_PIPELINES_H

#include <volk.h>

/* Begins to keep pipelines. All layouts of a shader must be defined alike. */
void pipelines_keep(void);

/* Returns the function that replaces a device's function of that name; the same function if it does not concern
 * pipelines. */
PFN_vkVoidFunction pipelines_wrap(const char *name, PFN_vkVoidFunction function);

/* Destroys all pipelines, and stops keeping them. */
void pipelines_drop(VkDevice device);

#endif
