/* A graphics pipeline without vertices: one triangle over the whole viewport, so that a fragment shader runs for each
 * of its pixels. It calls Vulkan through volk, as kernel.h does. */
#ifndef SAMPLES_TRIANGLE_H
#define SAMPLES_TRIANGLE_H

#include <stddef.h>
#include <stdint.h>

#include <volk.h>

/* Makes the pipeline. The fragment shader is SPIR-V with the entry point "main". The render pass has one subpass, with
 * attachment_count color attachments, 0 or 1. After an error *pipeline is VK_NULL_HANDLE. */
VkResult triangle_create(VkPipeline *pipeline, VkDevice device, const uint32_t *code, size_t code_bytes,
    VkPipelineLayout layout, VkRenderPass pass, uint32_t attachment_count);

/* Records a draw onto an area, with the pipeline bound. */
void triangle_record(VkCommandBuffer commands, VkPipeline pipeline, VkRect2D area);

#endif
