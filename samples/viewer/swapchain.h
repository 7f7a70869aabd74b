/* A window's images. */
#ifndef VIEWER_SWAPCHAIN_H
#define VIEWER_SWAPCHAIN_H

#include "painter.h"

#define SWAPCHAIN_MAX_IMAGES 16

struct swapchain {
  const struct gpu *gpu;
  VkSurfaceKHR surface;
  VkSurfaceFormatKHR format;
  VkRenderPass pass;
  VkSwapchainKHR handle; /* NULL: it has to be made, for which the window must have a size */
  VkExtent2D extent;
  uint32_t count;
  VkImageView views[SWAPCHAIN_MAX_IMAGES];
  VkFramebuffer framebuffers[SWAPCHAIN_MAX_IMAGES];
  VkSemaphore drawn[SWAPCHAIN_MAX_IMAGES];
  VkSemaphore acquired[FRAMES_IN_FLIGHT];
};

/* Chooses a format and makes the pass. The surface is the caller's. */
VkResult swapchain_create(struct swapchain *swapchain, const struct gpu *gpu, VkSurfaceKHR surface);
void swapchain_destroy(struct swapchain *swapchain);

/* Makes the images anew, of the window's size; waits for the device. VK_NOT_READY: the window has none, being
 * minimised. */
VkResult swapchain_resize(struct swapchain *swapchain, VkExtent2D window);

/* The next image, for a frame in flight; VK_ERROR_OUT_OF_DATE_KHR: swapchain_resize() comes first. */
VkResult swapchain_acquire(struct swapchain *swapchain, uint32_t frame, uint32_t *image);
struct target swapchain_target(const struct swapchain *swapchain, uint32_t image);
VkResult swapchain_present(struct swapchain *swapchain, uint32_t image);

#endif
