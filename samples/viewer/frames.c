#include "frames.h"

VkResult frames_create(struct frames *frames, const struct gpu *gpu) {
  *frames = (struct frames){.gpu = gpu};
  VkResult result = VK_SUCCESS;
  for (int i = 0; !result && i < FRAMES_IN_FLIGHT; i++) {
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, .queueFamilyIndex = gpu->queue_family};
    result = vkCreateCommandPool(gpu->device, &pool, NULL, &frames->pools[i]);
    const VkCommandBufferAllocateInfo commands = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = frames->pools[i],
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    if (!result)
      result = vkAllocateCommandBuffers(gpu->device, &commands, &frames->commands[i]);
    const VkFenceCreateInfo fence = {
        .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, .flags = VK_FENCE_CREATE_SIGNALED_BIT};
    if (!result)
      result = vkCreateFence(gpu->device, &fence, NULL, &frames->fences[i]);
  }
  return result;
}

void frames_destroy(struct frames *frames) {
  if (!frames->gpu)
    return;
  vkDeviceWaitIdle(frames->gpu->device);
  for (int i = 0; i < FRAMES_IN_FLIGHT; i++) {
    vkDestroyFence(frames->gpu->device, frames->fences[i], NULL);
    vkDestroyCommandPool(frames->gpu->device, frames->pools[i], NULL);
  }
  *frames = (struct frames){0};
}

VkResult frames_wait(const struct frames *frames) {
  return vkWaitForFences(frames->gpu->device, 1, &frames->fences[frames->index], VK_TRUE, UINT64_MAX);
}

VkResult frames_begin(struct frames *frames, VkCommandBuffer *commands) {
  const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  *commands = frames->commands[frames->index];
  const VkResult result = vkResetCommandPool(frames->gpu->device, frames->pools[frames->index], 0);
  return result ? result : vkBeginCommandBuffer(*commands, &begin);
}

VkResult frames_end(struct frames *frames, VkSemaphore wait, VkSemaphore signal) {
  const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
  const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .waitSemaphoreCount = wait ? 1 : 0,
      .pWaitSemaphores = &wait,
      .pWaitDstStageMask = &stage,
      .commandBufferCount = 1,
      .pCommandBuffers = &frames->commands[frames->index],
      .signalSemaphoreCount = signal ? 1 : 0,
      .pSignalSemaphores = &signal,
  };
  VkFence fence = frames->fences[frames->index];
  VkResult result = vkEndCommandBuffer(frames->commands[frames->index]);
  if (!result)
    result = vkResetFences(frames->gpu->device, 1, &fence);
  if (!result)
    result = vkQueueSubmit(frames->gpu->queue, 1, &submit, fence);
  frames->index = (frames->index + 1) % FRAMES_IN_FLIGHT;
  return result;
}
