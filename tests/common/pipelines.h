/* Keeps the pipelines that are made by volk's vkCreateComputePipelines(), or by functions that went through
 * pipelines_wrap(). A request for the same shader with the same constants gets the same pipeline again, because CPU
 * drivers compile slowly. For one device and one thread. */
#ifndef TESTS_PIPELINES_H
#define TESTS_PIPELINES_H

#include <volk.h>

/* From now on. Layouts of one shader must be defined alike. */
void pipelines_keep(void);

/* The function to call in place of a device's of that name; the same one if pipelines have nothing to do with it. */
PFN_vkVoidFunction pipelines_wrap(const char *name, PFN_vkVoidFunction function);

/* Destroys them all, and ends it. */
void pipelines_drop(VkDevice device);

#endif
