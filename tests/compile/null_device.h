/* To be put between the library and a driver that may only compile: gives memory to a device that has none, lets
 * pipelines be made by someone else, and enables the extension that prints them. */
#ifndef TESTS_NULL_DEVICE_H
#define TESTS_NULL_DEVICE_H

#include <volk.h>

/* What vkCreateComputePipelines and vkCreateShaderModule are to the library from its next context on; NULL: the
 * driver's. */
extern PFN_vkCreateComputePipelines null_device_create_pipelines;
extern PFN_vkCreateShaderModule null_device_create_module;

/* For gpu_options: of contexts, and of the device, which is opened with VK_KHR_pipeline_executable_properties. */
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL null_device_wrapped(VkInstance instance, const char *name);
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL null_device_opened(VkInstance instance, const char *name);

#endif
