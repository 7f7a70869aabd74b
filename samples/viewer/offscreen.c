#include "offscreen.h"

#include "output.h"

#include <stdio.h>

VkResult pass_create(const struct gpu *gpu, VkFormat format, VkImageLayout layout, VkRenderPass *pass) {
  const VkAttachmentDescription attachment = {
      .format = format,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
      .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
      .finalLayout = layout,
  };
  const VkAttachmentReference reference = {0, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
  const VkSubpassDescription subpass = {
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS, .colorAttachmentCount = 1, .pColorAttachments = &reference};
  const VkSubpassDependency dependencies[] = {
      {
          /* the image is there, and copied by then */
          .srcSubpass = VK_SUBPASS_EXTERNAL,
          .srcStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
          .dstStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
          .srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
          .dstAccessMask = VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
      },
      {
          .dstSubpass = VK_SUBPASS_EXTERNAL,
          .srcStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
          .dstStageMask = VK_PIPELINE_STAGE_TRANSFER_BIT,
          .srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
          .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT,
      },
  };
  const VkRenderPassCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &attachment,
      .subpassCount = 1,
      .pSubpasses = &subpass,
      .dependencyCount = 2,
      .pDependencies = dependencies,
  };
  return vkCreateRenderPass(gpu->device, &info, NULL, pass);
}

VkResult framebuffer_create(
    const struct gpu *gpu, VkRenderPass pass, VkImageView view, VkExtent2D extent, VkFramebuffer *framebuffer) {
  const VkFramebufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = pass,
      .attachmentCount = 1,
      .pAttachments = &view,
      .width = extent.width,
      .height = extent.height,
      .layers = 1,
  };
  return vkCreateFramebuffer(gpu->device, &info, NULL, framebuffer);
}

bool format_encodes(VkFormat format) {
  return format == VK_FORMAT_B8G8R8A8_SRGB || format == VK_FORMAT_R8G8B8A8_SRGB;
}

VkResult offscreen_create(struct offscreen *offscreen, const struct gpu *gpu, VkFormat format, VkExtent2D extent) {
  *offscreen = (struct offscreen){.gpu = gpu};
  struct target *target = &offscreen->target;
  target->extent = extent;
  target->encodes = format_encodes(format);
  VkResult result = image_create(
      &offscreen->image, gpu, format, extent, 1, VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT);
  if (!result)
    result = pass_create(gpu, format, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, &target->pass);
  if (!result)
    result = framebuffer_create(gpu, target->pass, offscreen->image.view, extent, &target->framebuffer);
  return result;
}

void offscreen_destroy(struct offscreen *offscreen) {
  if (!offscreen->gpu)
    return;
  vkDestroyFramebuffer(offscreen->gpu->device, offscreen->target.framebuffer, NULL);
  vkDestroyRenderPass(offscreen->gpu->device, offscreen->target.pass, NULL);
  image_destroy(&offscreen->image, offscreen->gpu);
  *offscreen = (struct offscreen){0};
}

static VkResult download(const struct offscreen *offscreen, const struct buffer *buffer) {
  const VkExtent2D extent = offscreen->target.extent;
  struct one_time one_time;
  const VkResult result = one_time_begin(&one_time, offscreen->gpu);
  if (result)
    return result;
  const VkBufferImageCopy region = {
      .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
      .imageExtent = {extent.width, extent.height, 1},
  };
  vkCmdCopyImageToBuffer(
      one_time.commands, offscreen->image.image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, buffer->buffer, 1, &region);
  const VkMemoryBarrier copied = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
  };
  vkCmdPipelineBarrier(
      one_time.commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &copied, 0, NULL, 0, NULL);
  return one_time_end(&one_time, offscreen->gpu);
}

/* Converts to RGB, in place. */
static void pack(unsigned char *pixels, size_t count, bool blue_first) {
  for (size_t i = 0; i < count; i++) {
    const unsigned char p[3] = {pixels[4 * i], pixels[4 * i + 1], pixels[4 * i + 2]};
    pixels[3 * i] = p[blue_first ? 2 : 0];
    pixels[3 * i + 1] = p[1];
    pixels[3 * i + 2] = p[blue_first ? 0 : 2];
  }
}

bool offscreen_write(const struct offscreen *offscreen, const char *path, char *error) {
  const VkExtent2D extent = offscreen->target.extent;
  const VkFormat format = offscreen->image.format;
  const VkDeviceSize count = (VkDeviceSize)extent.width * extent.height;
  struct buffer buffer;
  VkResult result = buffer_create(&buffer, offscreen->gpu, count * 4, VK_BUFFER_USAGE_TRANSFER_DST_BIT, true);
  if (!result)
    result = download(offscreen, &buffer);
  bool written = false;
  if (!result) {
    pack(buffer.host, (size_t)count, format == VK_FORMAT_B8G8R8A8_UNORM || format == VK_FORMAT_B8G8R8A8_SRGB);
    written = output_write_png(path, buffer.host, (int)extent.height, (int)extent.width, error);
  }
  if (result)
    snprintf(error, OUTPUT_REASON_BYTES, "the picture cannot be read: VkResult %d", result);
  buffer_destroy(&buffer, offscreen->gpu);
  return written;
}
