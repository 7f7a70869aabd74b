#include "gpu.h"

#include <string.h>

/* ---- Buffers ----------------------------------------------------------------------------------------------------- */

VkResult buffer_create(
    struct buffer *buffer, const struct gpu *gpu, VkDeviceSize bytes, VkBufferUsageFlags usage, bool mapped) {
  return buffers_make(gpu->buffers, bytes, usage, mapped ? BUFFER_UPLOAD : BUFFER_DEVICE, buffer);
}

void buffer_destroy(struct buffer *buffer, const struct gpu *gpu) {
  buffers_drop(gpu->buffers, buffer);
}

/* ---- Images ------------------------------------------------------------------------------------------------------ */

VkResult image_create(struct image *image, const struct gpu *gpu, VkFormat format, VkExtent2D extent, uint32_t levels,
    VkImageUsageFlags usage) {
  *image = (struct image){.format = format, .extent = extent, .levels = levels};
  const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = format,
      .extent = {extent.width, extent.height, 1},
      .mipLevels = levels,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .usage = usage,
  };
  VkMemoryRequirements needs;
  VkResult result = vkCreateImage(gpu->device, &info, NULL, &image->image);
  if (!result) {
    vkGetImageMemoryRequirements(gpu->device, image->image, &needs);
    result = buffers_take(gpu->buffers, &needs, BUFFER_DEVICE, &image->piece);
  }
  if (!result)
    result = vkBindImageMemory(gpu->device, image->image, image->piece.memory, image->piece.offset);
  const VkImageViewCreateInfo view = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = image->image,
      .viewType = usage & VK_IMAGE_USAGE_SAMPLED_BIT ? VK_IMAGE_VIEW_TYPE_2D_ARRAY : VK_IMAGE_VIEW_TYPE_2D,
      .format = format,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, levels, 0, 1},
  };
  if (!result)
    result = vkCreateImageView(gpu->device, &view, NULL, &image->view);
  if (result)
    image_destroy(image, gpu);
  return result;
}

void image_destroy(struct image *image, const struct gpu *gpu) {
  vkDestroyImageView(gpu->device, image->view, NULL);
  vkDestroyImage(gpu->device, image->image, NULL);
  buffers_give(gpu->buffers, &image->piece);
  *image = (struct image){0};
}

void image_barrier(VkCommandBuffer commands, const struct image *image, uint32_t level, uint32_t levels,
    VkImageLayout from, VkImageLayout to) {
  const VkImageMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = from == VK_IMAGE_LAYOUT_UNDEFINED ? 0 : VK_ACCESS_MEMORY_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
      .oldLayout = from,
      .newLayout = to,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = image->image,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, level, levels, 0, 1},
  };
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0,
      NULL, 1, &barrier);
}

/* Fills each level from the one before it, which is twice as large. */
static void record_levels(VkCommandBuffer commands, const struct image *image) {
  int32_t width = (int32_t)image->extent.width, height = (int32_t)image->extent.height;
  for (uint32_t level = 1; level < image->levels; level++) {
    image_barrier(
        commands, image, level - 1, 1, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
    const int32_t half_width = width > 1 ? width / 2 : 1, half_height = height > 1 ? height / 2 : 1;
    const VkImageBlit blit = {
        .srcSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, level - 1, 0, 1},
        .srcOffsets = {{0, 0, 0}, {width, height, 1}},
        .dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, level, 0, 1},
        .dstOffsets = {{0, 0, 0}, {half_width, half_height, 1}},
    };
    vkCmdBlitImage(commands, image->image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, image->image,
        VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &blit, VK_FILTER_LINEAR);
    width = half_width;
    height = half_height;
  }
  const uint32_t last = image->levels - 1;
  if (last)
    image_barrier(
        commands, image, 0, last, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
  image_barrier(
      commands, image, last, 1, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
}

VkResult image_upload(const struct image *image, const struct gpu *gpu, const void *pixels, VkDeviceSize bytes) {
  struct buffer staging;
  VkResult result = buffer_create(&staging, gpu, bytes, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, true);
  if (result)
    return result;
  memcpy(staging.host, pixels, (size_t)bytes);
  struct one_time one_time;
  result = one_time_begin(&one_time, gpu);
  if (!result) {
    image_barrier(
        one_time.commands, image, 0, image->levels, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    const VkBufferImageCopy region = {
        .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
        .imageExtent = {image->extent.width, image->extent.height, 1},
    };
    vkCmdCopyBufferToImage(
        one_time.commands, staging.buffer, image->image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region);
    record_levels(one_time.commands, image);
    result = one_time_end(&one_time, gpu);
  }
  buffer_destroy(&staging, gpu);
  return result;
}

/* ---- Commands that are waited for -------------------------------------------------------------------------------- */

VkResult one_time_begin(struct one_time *one_time, const struct gpu *gpu) {
  *one_time = (struct one_time){0};
  const VkCommandPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, .queueFamilyIndex = gpu->queue_family};
  VkResult result = vkCreateCommandPool(gpu->device, &pool, NULL, &one_time->pool);
  if (result)
    return result;
  const VkCommandBufferAllocateInfo commands = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = one_time->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
  };
  const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  result = vkAllocateCommandBuffers(gpu->device, &commands, &one_time->commands);
  if (!result)
    result = vkBeginCommandBuffer(one_time->commands, &begin);
  if (result)
    vkDestroyCommandPool(gpu->device, one_time->pool, NULL);
  return result;
}

VkResult one_time_end(struct one_time *one_time, const struct gpu *gpu) {
  const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &one_time->commands};
  VkResult result = vkEndCommandBuffer(one_time->commands);
  if (!result)
    result = vkQueueSubmit(gpu->queue, 1, &submit, VK_NULL_HANDLE);
  if (!result)
    result = vkQueueWaitIdle(gpu->queue);
  vkDestroyCommandPool(gpu->device, one_time->pool, NULL);
  return result;
}
