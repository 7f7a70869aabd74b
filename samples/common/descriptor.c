#include "descriptor.h"

#define MAX_GROUPS 65535 /* the least that a device may have */

struct push {
  uint32_t patch_count;
  uint32_t side;
  uint32_t patch_side;
  uint32_t token_stride;
  uint32_t channel_stride;
};

s2vk_model_shape descriptor_shape(uint32_t side, uint32_t patch) {
  uint32_t across = side / patch;
  return (s2vk_model_shape){
      .channels = DESCRIPTOR_CHANNELS, .tokens = across * across, .height = across, .width = across};
}

VkResult descriptor_create(struct descriptor *descriptor, VkDevice device, const s2vk_plan *plan,
    const s2vk_binding *binding, uint32_t patch, s2vk_output_shape shape) {
  static const uint32_t code[] =
#include "descriptor.spv.h"
      ;
  *descriptor = (struct descriptor){.patch = patch, .shape = shape};
  /* All calls use the same two buffers, which hold the largest call. */
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_model_call call;
  if (s2vk_plan_get_layout(plan, &layout) || s2vk_binding_get_call(binding, 0, &call))
    return VK_ERROR_INITIALIZATION_FAILED;
  const VkDescriptorBufferInfo buffers[] = {
      {call.tiles.buffer, call.tiles.offset, layout.tiles_bytes},
      {call.features.buffer, call.features.offset, layout.features_bytes},
  };
  return kernel_create(&descriptor->kernel, device, code, sizeof code, buffers, 2, sizeof(struct push));
}

s2vk_result descriptor_record(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  const struct descriptor *descriptor = user;
  uint32_t side = call->tiles.shape.dims[2];
  uint32_t tokens = descriptor_shape(side, descriptor->patch).tokens;
  bool channels_last = descriptor->shape == S2VK_OUTPUT_BNC;
  const struct push push = {
      .patch_count = call->tiles.shape.dims[0] * tokens,
      .side = side,
      .patch_side = descriptor->patch,
      .token_stride = channels_last ? DESCRIPTOR_CHANNELS : 1,
      .channel_stride = channels_last ? 1 : tokens,
  };
  kernel_record(&descriptor->kernel, commands, &push, push.patch_count < MAX_GROUPS ? push.patch_count : MAX_GROUPS);
  return S2VK_SUCCESS;
}

void descriptor_destroy(struct descriptor *descriptor) {
  kernel_destroy(&descriptor->kernel);
}
