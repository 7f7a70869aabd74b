#include "texture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(VkResult result, const char *what) {
  if (result) {
    fprintf(stderr, "%s: VkResult %d\n", what, (int)result);
    abort();
  }
}

bool texture_supported(struct gpu *gpu, VkFormat format) {
  const VkFormatFeatureFlags needed = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT | VK_FORMAT_FEATURE_TRANSFER_DST_BIT;
  VkFormatProperties properties;
  vkGetPhysicalDeviceFormatProperties(gpu->info.physical_device, format, &properties);
  return (properties.optimalTilingFeatures & needed) == needed;
}

static void back(struct gpu *gpu, struct texture *texture) {
  VkMemoryRequirements needs;
  vkGetImageMemoryRequirements(gpu->info.device, texture->image, &needs);
  uint32_t type = 0;
  while (!(needs.memoryTypeBits & (1u << type)))
    type++;
  const VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = gpu_allocation(needs.size),
      .memoryTypeIndex = type};
  must(vkAllocateMemory(gpu->info.device, &info, NULL, &texture->memory), "vkAllocateMemory");
  must(vkBindImageMemory(gpu->info.device, texture->image, texture->memory, 0), "vkBindImageMemory");
}

void texture_transition(
    VkCommandBuffer commands, VkImage image, uint32_t layers, VkImageLayout from, VkImageLayout to) {
  const bool first = from == VK_IMAGE_LAYOUT_UNDEFINED;
  const VkImageMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = first ? 0 : VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = first ? VK_ACCESS_TRANSFER_WRITE_BIT : VK_ACCESS_SHADER_READ_BIT,
      .oldLayout = from,
      .newLayout = to,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = image,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, layers},
  };
  const VkPipelineStageFlags compute = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, copy = VK_PIPELINE_STAGE_TRANSFER_BIT;
  vkCmdPipelineBarrier(commands, first ? VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT : copy, first ? copy : compute, 0, 0, NULL,
      0, NULL, 1, &barrier);
}

static void fill(struct gpu *gpu, struct texture *texture, uint32_t layers, s2vk_size size, const void *pixels,
    size_t bytes, VkImageLayout layout) {
  struct gpu_buffer staging = gpu_buffer_create(gpu, bytes);
  memcpy(staging.host, pixels, bytes);
  VkCommandBuffer commands = gpu_begin(gpu);
  const VkImageLayout copied = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
  const VkBufferImageCopy region = {
      .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, layers}, .imageExtent = {size.width, size.height, 1}};
  texture_transition(commands, texture->image, layers, VK_IMAGE_LAYOUT_UNDEFINED, copied);
  vkCmdCopyBufferToImage(commands, staging.buffer, texture->image, copied, 1, &region);
  texture_transition(commands, texture->image, layers, copied, layout);
  must(gpu_submit(gpu, commands), "vkQueueSubmit");
  gpu_buffer_destroy(gpu, &staging);
}

struct texture texture_create(struct gpu *gpu, VkFormat format, uint32_t layers, s2vk_size size, const void *pixels,
    size_t bytes, VkImageLayout layout) {
  struct texture texture = {0};
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
  must(vkCreateImage(gpu->info.device, &info, NULL, &texture.image), "vkCreateImage");
  back(gpu, &texture);
  VkImageViewCreateInfo view = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = texture.image,
      .viewType = VK_IMAGE_VIEW_TYPE_2D_ARRAY,
      .format = format,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, layers},
  };
  must(vkCreateImageView(gpu->info.device, &view, NULL, &texture.view), "vkCreateImageView");
  view.viewType = VK_IMAGE_VIEW_TYPE_2D;
  view.subresourceRange.layerCount = 1;
  must(vkCreateImageView(gpu->info.device, &view, NULL, &texture.flat_view), "vkCreateImageView");
  fill(gpu, &texture, layers, size, pixels, bytes, layout);
  return texture;
}

void texture_destroy(struct gpu *gpu, struct texture *texture) {
  vkDestroyImageView(gpu->info.device, texture->flat_view, NULL);
  vkDestroyImageView(gpu->info.device, texture->view, NULL);
  vkDestroyImage(gpu->info.device, texture->image, NULL);
  vkFreeMemory(gpu->info.device, texture->memory, NULL);
  *texture = (struct texture){0};
}
