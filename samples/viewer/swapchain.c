#include "swapchain.h"

#include "offscreen.h"

/* Values are drawn with sRGB coding, so that a format that does not encode them again comes first. */
static VkSurfaceFormatKHR choose_format(const VkSurfaceFormatKHR *formats, uint32_t count) {
  static const VkFormat wanted[] = {
      VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_B8G8R8A8_SRGB, VK_FORMAT_R8G8B8A8_SRGB};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    for (uint32_t j = 0; j < count; j++)
      if (formats[j].format == wanted[i] && formats[j].colorSpace == VK_COLOR_SPACE_SRGB_NONLINEAR_KHR)
        return formats[j];
  return (VkSurfaceFormatKHR){VK_FORMAT_UNDEFINED, VK_COLOR_SPACE_SRGB_NONLINEAR_KHR};
}

VkResult swapchain_create(struct swapchain *swapchain, const struct gpu *gpu, VkSurfaceKHR surface) {
  *swapchain = (struct swapchain){.gpu = gpu, .surface = surface};
  VkSurfaceFormatKHR formats[256];
  uint32_t count = 0;
  VkResult result = vkGetPhysicalDeviceSurfaceFormatsKHR(gpu->physical_device, surface, &count, NULL);
  count = count < 256 ? count : 256;
  if (!result)
    result = vkGetPhysicalDeviceSurfaceFormatsKHR(gpu->physical_device, surface, &count, formats);
  if (result < 0)
    return result;
  swapchain->format = choose_format(formats, count);
  if (swapchain->format.format == VK_FORMAT_UNDEFINED)
    return VK_ERROR_FORMAT_NOT_SUPPORTED;
  const VkSemaphoreCreateInfo semaphore = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
  result = pass_create(gpu, swapchain->format.format, VK_IMAGE_LAYOUT_PRESENT_SRC_KHR, &swapchain->pass);
  for (int i = 0; !result && i < FRAMES_IN_FLIGHT; i++)
    result = vkCreateSemaphore(gpu->device, &semaphore, NULL, &swapchain->acquired[i]);
  return result;
}

static void destroy_images(struct swapchain *swapchain) {
  const VkDevice device = swapchain->gpu->device;
  for (uint32_t i = 0; i < swapchain->count; i++) {
    vkDestroySemaphore(device, swapchain->drawn[i], NULL);
    vkDestroyFramebuffer(device, swapchain->framebuffers[i], NULL);
    vkDestroyImageView(device, swapchain->views[i], NULL);
    swapchain->drawn[i] = VK_NULL_HANDLE;
    swapchain->framebuffers[i] = VK_NULL_HANDLE;
    swapchain->views[i] = VK_NULL_HANDLE;
  }
  swapchain->count = 0;
}

void swapchain_destroy(struct swapchain *swapchain) {
  if (!swapchain->gpu)
    return;
  const VkDevice device = swapchain->gpu->device;
  destroy_images(swapchain);
  vkDestroySwapchainKHR(device, swapchain->handle, NULL);
  for (int i = 0; i < FRAMES_IN_FLIGHT; i++)
    vkDestroySemaphore(device, swapchain->acquired[i], NULL);
  vkDestroyRenderPass(device, swapchain->pass, NULL);
  *swapchain = (struct swapchain){0};
}

static VkResult create_images(struct swapchain *swapchain) {
  const struct gpu *gpu = swapchain->gpu;
  VkImage images[SWAPCHAIN_MAX_IMAGES];
  uint32_t count = SWAPCHAIN_MAX_IMAGES;
  VkResult result = vkGetSwapchainImagesKHR(gpu->device, swapchain->handle, &count, images);
  const VkSemaphoreCreateInfo semaphore = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
  for (uint32_t i = 0; !result && i < count; i++) {
    swapchain->count = i + 1;
    const VkImageViewCreateInfo view = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
        .image = images[i],
        .viewType = VK_IMAGE_VIEW_TYPE_2D,
        .format = swapchain->format.format,
        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
    };
    result = vkCreateImageView(gpu->device, &view, NULL, &swapchain->views[i]);
    if (!result)
      result =
          framebuffer_create(gpu, swapchain->pass, swapchain->views[i], swapchain->extent, &swapchain->framebuffers[i]);
    if (!result)
      result = vkCreateSemaphore(gpu->device, &semaphore, NULL, &swapchain->drawn[i]);
  }
  return result;
}

static uint32_t between(uint32_t value, uint32_t low, uint32_t high) {
  return value < low ? low : value > high ? high : value;
}

/* Chooses how to blend with the desktop: opaque if possible, else the first supported way. */
static VkCompositeAlphaFlagBitsKHR composite_alpha(VkCompositeAlphaFlagsKHR offered) {
  const VkCompositeAlphaFlagsKHR lowest = offered & (~offered + 1);
  return (VkCompositeAlphaFlagBitsKHR)lowest; /* OPAQUE is the lowest bit */
}

VkResult swapchain_resize(struct swapchain *swapchain, VkExtent2D window) {
  const struct gpu *gpu = swapchain->gpu;
  VkSurfaceCapabilitiesKHR surface;
  VkResult result = vkDeviceWaitIdle(gpu->device);
  if (!result)
    result = vkGetPhysicalDeviceSurfaceCapabilitiesKHR(gpu->physical_device, swapchain->surface, &surface);
  if (result)
    return result;
  VkExtent2D extent = surface.currentExtent;
  if (extent.width == UINT32_MAX)
    extent = (VkExtent2D){between(window.width, surface.minImageExtent.width, surface.maxImageExtent.width),
        between(window.height, surface.minImageExtent.height, surface.maxImageExtent.height)};
  if (!extent.width || !extent.height || !window.width || !window.height)
    return VK_NOT_READY;
  const uint32_t most = surface.maxImageCount ? surface.maxImageCount : SWAPCHAIN_MAX_IMAGES;
  const VkSwapchainKHR old = swapchain->handle;
  const VkSwapchainCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
      .surface = swapchain->surface,
      .minImageCount = between(3, surface.minImageCount, most),
      .imageFormat = swapchain->format.format,
      .imageColorSpace = swapchain->format.colorSpace,
      .imageExtent = extent,
      .imageArrayLayers = 1,
      .imageUsage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
      .preTransform = surface.currentTransform,
      .compositeAlpha = composite_alpha(surface.supportedCompositeAlpha),
      .presentMode = VK_PRESENT_MODE_FIFO_KHR,
      .clipped = VK_TRUE,
      .oldSwapchain = old,
  };
  destroy_images(swapchain);
  swapchain->handle = VK_NULL_HANDLE;
  result = vkCreateSwapchainKHR(gpu->device, &info, NULL, &swapchain->handle);
  vkDestroySwapchainKHR(gpu->device, old, NULL);
  swapchain->extent = extent;
  return result ? result : create_images(swapchain);
}

VkResult swapchain_acquire(struct swapchain *swapchain, uint32_t frame, uint32_t *image) {
  return vkAcquireNextImageKHR(
      swapchain->gpu->device, swapchain->handle, UINT64_MAX, swapchain->acquired[frame], VK_NULL_HANDLE, image);
}

struct target swapchain_target(const struct swapchain *swapchain, uint32_t image) {
  return (struct target){
      swapchain->pass, swapchain->framebuffers[image], swapchain->extent, format_encodes(swapchain->format.format)};
}

VkResult swapchain_present(struct swapchain *swapchain, uint32_t image) {
  const VkPresentInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
      .waitSemaphoreCount = 1,
      .pWaitSemaphores = &swapchain->drawn[image],
      .swapchainCount = 1,
      .pSwapchains = &swapchain->handle,
      .pImageIndices = &image,
  };
  return vkQueuePresentKHR(swapchain->gpu->queue, &info);
}
