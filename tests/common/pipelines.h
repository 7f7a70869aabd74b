/* Keeps the pipelines that volk's vkCreateComputePipelines() makes, and gives them again to whoever asks for the same shader
 * with the same constants: drivers on the CPU take their time to compile. */
#ifndef TESTS_PIPELINES_H
#define TESTS_PIPELINES_H

#include <volk.h>

/* From now on. Layouts of one shader must be defined alike. */
void pipelines_keep(void);

/* Destroys them all, and ends it. */
void pipelines_drop(VkDevice device);

#endif
