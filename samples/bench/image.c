#include "image.h"

static bool create_view(struct device *device, VkFormat format, uint32_t layers, struct device_image *image) {
  const VkImageViewCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = image->image,
      .viewType = VK_IMAGE_VIEW_TYPE_2D_ARRAY,
      .format = format,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, layers},
  };
  return succeeded(vkCreateImageView(device->info.device, &info, NULL, &image->view), "vkCreateImageView");
}

static void record_transition(VkCommandBuffer commands, VkImage image, uint32_t layers, bool before_copy) {
  const VkImageMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = before_copy ? 0 : VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = before_copy ? VK_ACCESS_TRANSFER_WRITE_BIT : VK_ACCESS_SHADER_READ_BIT,
      .oldLayout = before_copy ? VK_IMAGE_LAYOUT_UNDEFINED : VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
      .newLayout = before_copy ? VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL : VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = image,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, layers},
  };
  const VkPipelineStageFlags copy = VK_PIPELINE_STAGE_TRANSFER_BIT, shader = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  vkCmdPipelineBarrier(commands, copy, before_copy ? copy : shader, 0, 0, NULL, 0, NULL, 1, &barrier);
}

static bool fill(struct device *device, s2vk_size size, uint32_t layers, const struct buffer *pixels,
    const struct device_image *image) {
  const VkBufferImageCopy region = {
      .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, layers}, .imageExtent = {size.width, size.height, 1}};
  VkCommandBuffer commands;
  if (!device_begin(device, &commands))
    return false;
  record_transition(commands, image->image, layers, true);
  vkCmdCopyBufferToImage(commands, pixels->buffer, image->image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region);
  record_transition(commands, image->image, layers, false);
  bool done = device_end(device, commands) && device_submit(device, commands);
  vkFreeCommandBuffers(device->info.device, device->pool, 1, &commands);
  return done;
}

bool image_create(struct device *device, VkFormat format, s2vk_size size, uint32_t layers, const struct buffer *pixels,
    struct device_image *image) {
  VkDevice vk = device->info.device;
  const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = format,
      .extent = {size.width, size.height, 1},
      .mipLevels = 1,
      .arrayLayers = layers,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
  };
  *image = (struct device_image){0};
  if (!succeeded(vkCreateImage(vk, &info, NULL, &image->image), "vkCreateImage"))
    return false;
  VkMemoryRequirements needs;
  vkGetImageMemoryRequirements(vk, image->image, &needs);
  return succeeded(buffers_take(device->buffers, &needs, BUFFER_DEVICE, &image->piece), "memory for an image") &&
         succeeded(
             vkBindImageMemory(vk, image->image, image->piece.memory, image->piece.offset), "vkBindImageMemory") &&
         create_view(device, format, layers, image) && fill(device, size, layers, pixels, image);
}

void image_destroy(struct device *device, struct device_image *image) {
  vkDestroyImageView(device->info.device, image->view, NULL);
  vkDestroyImage(device->info.device, image->image, NULL);
  buffers_give(device->buffers, &image->piece);
  *image = (struct device_image){0};
}
