/* Products of matrices of f16 with sums of f32, by VK_KHR_cooperative_matrix. */
#ifndef VIT_COOPERATIVE_H
#define VIT_COOPERATIVE_H

#include <volk.h>

#include <stdbool.h>

/* What a subgroup of the device multiplies at once, and its invocations. All zero: the device lacks something that
 * matmul_cooperative.comp needs, or the build has no such shader. */
struct vit_cooperative {
  uint32_t rows, columns, depth, subgroup;
  bool sized; /* subgroups have several sizes, and a pipeline asks for this one */
};

/* get: the vkGetInstanceProcAddr of the instance. */
struct vit_cooperative vit_cooperative_find(
    PFN_vkGetInstanceProcAddr get, VkInstance instance, VkPhysicalDevice device);

/* For s2vk_device_info.get_instance_proc_addr, in place of `below`: the device is then opened with all that the
 * products need, if it has it. Thread safety: one thread at a time may open a device by it. */
PFN_vkGetInstanceProcAddr vit_cooperative_enabling(PFN_vkGetInstanceProcAddr below);

#endif
