#include "renderer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Device ---------------------------------------------------------------------------------------------------- */

static bool has_debug_utils(void) {
  VkExtensionProperties extensions[256];
  uint32_t count = sizeof extensions / sizeof *extensions;
  if (vkEnumerateInstanceExtensionProperties(NULL, &count, extensions) < 0)
    return false;
  for (uint32_t i = 0; i < count; i++)
    if (strcmp(extensions[i].extensionName, VK_EXT_DEBUG_UTILS_EXTENSION_NAME) == 0)
      return true;
  return false;
}

static bool open_instance(struct renderer *renderer) {
  renderer->debug_utils = has_debug_utils();
  const char *const debug_utils = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
  const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
  const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pApplicationInfo = &application,
      .enabledExtensionCount = renderer->debug_utils ? 1 : 0,
      .ppEnabledExtensionNames = &debug_utils,
  };
  if (vkCreateInstance(&info, NULL, &renderer->instance))
    return false;
  volkLoadInstance(renderer->instance);
  return true;
}

/* Finds the first device with a queue family for graphics and compute. */
static bool find_device(struct renderer *renderer) {
  VkPhysicalDevice devices[16];
  uint32_t count = sizeof devices / sizeof *devices;
  if (vkEnumeratePhysicalDevices(renderer->instance, &count, devices) < 0)
    return false;
  for (uint32_t i = 0; i < count; i++) {
    VkPhysicalDeviceFeatures features;
    VkQueueFamilyProperties families[64];
    uint32_t family_count = 0;
    vkGetPhysicalDeviceFeatures(devices[i], &features);
    vkGetPhysicalDeviceQueueFamilyProperties(devices[i], &family_count, NULL);
    family_count = family_count < 64 ? family_count : 64;
    vkGetPhysicalDeviceQueueFamilyProperties(devices[i], &family_count, families);
    for (uint32_t j = 0; features.fragmentStoresAndAtomics && j < family_count; j++)
      if ((families[j].queueFlags & VK_QUEUE_GRAPHICS_BIT) && (families[j].queueFlags & VK_QUEUE_COMPUTE_BIT)) {
        renderer->physical_device = devices[i];
        renderer->queue_family = j;
        return true;
      }
  }
  return false;
}

static bool open_device(struct renderer *renderer) {
  const float priority = 1;
  const VkDeviceQueueCreateInfo queue = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = renderer->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
  };
  const VkPhysicalDeviceFeatures features = {.fragmentStoresAndAtomics = VK_TRUE};
  const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue,
      .pEnabledFeatures = &features,
  };
  if (vkCreateDevice(renderer->physical_device, &info, NULL, &renderer->device))
    return false;
  vkGetDeviceQueue(renderer->device, renderer->queue_family, 0, &renderer->queue);
  renderer->buffers = buffers_create(renderer->physical_device, renderer->device);
  return renderer->buffers;
}

/* ---- Screen ---------------------------------------------------------------------------------------------------- */

static bool create_screen(struct renderer *renderer) {
  const VkImageCreateInfo image = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .extent = {renderer->width, renderer->height, 1},
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
  };
  if (vkCreateImage(renderer->device, &image, NULL, &renderer->screen))
    return false;
  VkMemoryRequirements needs;
  vkGetImageMemoryRequirements(renderer->device, renderer->screen, &needs);
  struct buffers_piece *piece = &renderer->screen_piece;
  if (buffers_take(renderer->buffers, &needs, BUFFER_DEVICE, piece) ||
      vkBindImageMemory(renderer->device, renderer->screen, piece->memory, piece->offset))
    return false;
  const VkImageViewCreateInfo view = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = renderer->screen,
      .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = image.format,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
  };
  return !vkCreateImageView(renderer->device, &view, NULL, &renderer->screen_view);
}

/* Makes a render pass that keeps what the image has. */
static bool create_pass(struct renderer *renderer) {
  const VkImageLayout layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL;
  const VkAttachmentDescription attachment = {
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .loadOp = VK_ATTACHMENT_LOAD_OP_LOAD,
      .initialLayout = layout,
      .finalLayout = layout,
  };
  const VkAttachmentReference reference = {0, layout};
  const VkSubpassDescription subpass = {
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
      .colorAttachmentCount = 1,
      .pColorAttachments = &reference,
  };
  const VkAccessFlags both = VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;
  const VkSubpassDependency after_the_last = {
      .srcSubpass = VK_SUBPASS_EXTERNAL,
      .srcStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
      .dstStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
      .srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
      .dstAccessMask = both,
  };
  const VkRenderPassCreateInfo pass = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &attachment,
      .subpassCount = 1,
      .pSubpasses = &subpass,
      .dependencyCount = 1,
      .pDependencies = &after_the_last,
  };
  if (vkCreateRenderPass(renderer->device, &pass, NULL, &renderer->pass))
    return false;
  const VkFramebufferCreateInfo framebuffer = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = renderer->pass,
      .attachmentCount = 1,
      .pAttachments = &renderer->screen_view,
      .width = renderer->width,
      .height = renderer->height,
      .layers = 1,
  };
  return !vkCreateFramebuffer(renderer->device, &framebuffer, NULL, &renderer->framebuffer);
}

static bool create_commands(struct renderer *renderer) {
  const VkCommandPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, .queueFamilyIndex = renderer->queue_family};
  if (vkCreateCommandPool(renderer->device, &pool, NULL, &renderer->pool))
    return false;
  const VkCommandBufferAllocateInfo commands = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = renderer->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
  };
  const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  return !vkAllocateCommandBuffers(renderer->device, &commands, &renderer->commands) &&
         !vkCreateFence(renderer->device, &fence, NULL, &renderer->fence);
}

bool renderer_open(struct renderer *renderer, uint32_t width, uint32_t height) {
  *renderer = (struct renderer){.width = width, .height = height};
  if (!volkInitialize() && open_instance(renderer) && find_device(renderer) && open_device(renderer) &&
      create_screen(renderer) && create_pass(renderer) && create_commands(renderer))
    return true;
  fprintf(stderr, "no Vulkan 1.1 device was found that renders and computes on one queue, or it could not be opened\n");
  renderer_close(renderer);
  return false;
}

void renderer_close(struct renderer *renderer) {
  if (renderer->device) {
    vkDestroyFence(renderer->device, renderer->fence, NULL);
    vkDestroyCommandPool(renderer->device, renderer->pool, NULL);
    vkDestroyFramebuffer(renderer->device, renderer->framebuffer, NULL);
    vkDestroyRenderPass(renderer->device, renderer->pass, NULL);
    vkDestroyImageView(renderer->device, renderer->screen_view, NULL);
    vkDestroyImage(renderer->device, renderer->screen, NULL);
    buffers_give(renderer->buffers, &renderer->screen_piece);
    buffers_destroy(&renderer->buffers);
    vkDestroyDevice(renderer->device, NULL);
  }
  if (renderer->instance)
    vkDestroyInstance(renderer->instance, NULL);
  *renderer = (struct renderer){0};
}

/* ---- Frames ---------------------------------------------------------------------------------------------------- */

bool renderer_begin(struct renderer *renderer) {
  const VkCommandBufferBeginInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  if (vkResetCommandPool(renderer->device, renderer->pool, 0) || vkBeginCommandBuffer(renderer->commands, &info))
    return false;
  const VkImageMemoryBarrier blank = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .dstAccessMask = VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
      .newLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = renderer->screen,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
  };
  vkCmdPipelineBarrier(renderer->commands, VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
      VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT, 0, 0, NULL, 0, NULL, 1, &blank);
  return true;
}

bool renderer_end(struct renderer *renderer) {
  const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &renderer->commands};
  return !vkEndCommandBuffer(renderer->commands) && !vkQueueSubmit(renderer->queue, 1, &submit, renderer->fence) &&
         !vkWaitForFences(renderer->device, 1, &renderer->fence, VK_TRUE, UINT64_MAX) &&
         !vkResetFences(renderer->device, 1, &renderer->fence);
}

static void record_read(struct renderer *renderer, const struct buffer *buffer) {
  const VkImageMemoryBarrier drawn = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT,
      .oldLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
      .newLayout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = renderer->screen,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
  };
  vkCmdPipelineBarrier(renderer->commands, VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
      VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0, NULL, 1, &drawn);
  const VkBufferImageCopy region = {
      .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
      .imageExtent = {renderer->width, renderer->height, 1},
  };
  vkCmdCopyImageToBuffer(
      renderer->commands, renderer->screen, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, buffer->buffer, 1, &region);
  const VkMemoryBarrier copied = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
  vkCmdPipelineBarrier(
      renderer->commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &copied, 0, NULL, 0, NULL);
}

unsigned char *renderer_read(struct renderer *renderer) {
  struct buffer buffer;
  const VkDeviceSize bytes = (VkDeviceSize)renderer->width * renderer->height * 4;
  unsigned char *pixels = malloc(bytes);
  bool ok =
      pixels && !buffers_make(renderer->buffers, bytes, VK_BUFFER_USAGE_TRANSFER_DST_BIT, BUFFER_READBACK, &buffer);
  const VkCommandBufferBeginInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  ok = ok && !vkResetCommandPool(renderer->device, renderer->pool, 0) &&
       !vkBeginCommandBuffer(renderer->commands, &info);
  if (ok) {
    record_read(renderer, &buffer);
    ok = renderer_end(renderer);
    memcpy(pixels, buffer.host, bytes);
    buffers_drop(renderer->buffers, &buffer);
  }
  if (!ok) {
    free(pixels);
    return NULL;
  }
  return pixels;
}
