/* A model that needs no weights: a dense descriptor. */
#ifndef SAMPLES_DESCRIPTOR_H
#define SAMPLES_DESCRIPTOR_H

#include "kernel.h"

#include <s2vk/s2vk.h>

#define DESCRIPTOR_CHANNELS 12 /* mean colour and nine orientations */

struct descriptor {
  struct kernel kernel;
  uint32_t patch;
  s2vk_output_shape shape;
};

/* The shape of the features of a tile. */
s2vk_model_shape descriptor_shape(uint32_t side, uint32_t patch);

/* Makes the descriptor for the buffers of a binding, none larger than maxStorageBufferRange. */
VkResult descriptor_create(struct descriptor *descriptor, VkDevice device, const s2vk_plan *plan,
    const s2vk_binding *binding, uint32_t patch, s2vk_output_shape shape);

/* s2vk_model.record of a descriptor. */
s2vk_result descriptor_record(void *descriptor, VkCommandBuffer commands, const s2vk_model_call *call);

void descriptor_destroy(struct descriptor *descriptor);

#endif
