#include "run/staging.h"

#include "vulkan/debug.h"

static s2vk_result make_commands(const s2vk_context *context, struct s2_staging *staging) {
  const struct s2_vk *vk = &context->vk;
  const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, .queueFamilyIndex = vk->queue_family};
  VkResult result = vk->CreateCommandPool(vk->device, &pool_info, context->env.allocator, &staging->pool);
  if (result)
    return s2_fail_made(&context->env, result, "vkCreateCommandPool", &staging->pool);
  s2_debug_name(vk, VK_OBJECT_TYPE_COMMAND_POOL, (uint64_t)staging->pool, "s2vk forward");
  const VkCommandBufferAllocateInfo commands_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = staging->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
  };
  if ((result = vk->AllocateCommandBuffers(vk->device, &commands_info, &staging->commands)))
    return s2_fail_made(&context->env, result, "vkAllocateCommandBuffers", &staging->commands);
  s2_debug_name(vk, VK_OBJECT_TYPE_COMMAND_BUFFER, (uint64_t)(uintptr_t)staging->commands, "s2vk forward");
  const VkFenceCreateInfo fence_info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  if ((result = vk->CreateFence(vk->device, &fence_info, context->env.allocator, &staging->fence)))
    return s2_fail_made(&context->env, result, "vkCreateFence", &staging->fence);
  s2_debug_name(vk, VK_OBJECT_TYPE_FENCE, (uint64_t)staging->fence, "s2vk forward");
  return S2VK_SUCCESS;
}

s2vk_result s2_staging_create(
    s2vk_context *context, uint64_t upload_bytes, uint64_t download_bytes, struct s2_staging *staging) {
  const struct s2_buffer_info upload = {"upload", upload_bytes, VK_BUFFER_USAGE_TRANSFER_SRC_BIT};
  const struct s2_buffer_info download = {"download", download_bytes, VK_BUFFER_USAGE_TRANSFER_DST_BIT};
  *staging = (struct s2_staging){0};
  s2vk_result result = make_commands(context, staging);
  if (!result)
    result =
        s2_buffers_create(&context->env, &context->vk, &context->memory, S2_PLACE_UPLOAD, &upload, 1, &staging->upload);
  if (!result)
    result = s2_buffers_create(
        &context->env, &context->vk, &context->memory, S2_PLACE_DOWNLOAD, &download, 1, &staging->download);
  if (result)
    s2_staging_destroy(context, staging);
  return result;
}

s2vk_result s2_staging_wait(const s2vk_context *context, struct s2_staging *staging) {
  if (!staging->pending)
    return S2VK_SUCCESS;
  VkResult result = context->vk.WaitForFences(context->vk.device, 1, &staging->fence, VK_TRUE, UINT64_MAX);
  if (result)
    return s2_fail_vk(&context->env, result, "vkWaitForFences");
  staging->pending = false;
  return S2VK_SUCCESS;
}

void s2_staging_destroy(s2vk_context *context, struct s2_staging *staging) {
  const struct s2_vk *vk = &context->vk;
  s2_staging_wait(context, staging); /* after a failure there is nothing else to do */
  s2_buffers_destroy(&context->env, vk, &context->memory, &staging->upload, 1);
  s2_buffers_destroy(&context->env, vk, &context->memory, &staging->download, 1);
  vk->DestroyFence(vk->device, staging->fence, context->env.allocator);
  vk->DestroyCommandPool(vk->device, staging->pool, context->env.allocator);
  *staging = (struct s2_staging){0};
}
