#include "ops.h"

#include <string.h>

const struct vit_op *const vit_ops[VIT_OP_COUNT] = {
    [VIT_OP_PATCH_PRODUCT] = &vit_op_patch_product,
    [VIT_OP_PRODUCT] = &vit_op_product,
    [VIT_OP_COPY] = &vit_op_copy,
    [VIT_OP_NORM] = &vit_op_norm,
    [VIT_OP_ATTENTION] = &vit_op_attention,
    [VIT_OP_ROPE] = &vit_op_rope,
    [VIT_OP_GATE] = &vit_op_gate,
    [VIT_OP_DEPTHWISE] = &vit_op_depthwise,
    [VIT_OP_MAPS] = &vit_op_maps,
};

void vit_dispatch(const struct vit_recording *recording, const struct vit_step *step, const void *push,
    uint32_t push_bytes, uint32_t x, uint32_t y, uint32_t z) {
  const VkPipelineLayout layout = recording->device->layout;
  VkCommandBuffer commands = recording->commands;
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, step->pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, &recording->set, 0, NULL);
  /* The layout is one for all operations, and its range is to be set whole. */
  char range[VIT_PUSH_BYTES] = {0};
  memcpy(range, push, push_bytes);
  vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof range, range);
  vkCmdDispatch(commands, x, y, z);
}
