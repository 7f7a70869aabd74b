/* The images of a window. */
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

/* Chooses a format and creates the pass. The surface stays the caller's. */
VkResult swapchain_create(struct swapchain *swapchain, const struct gpu *gpu, VkSurfaceKHR surface);
void swapchain_destroy(struct swapchain *swapchain);

/* Waits for the device, and creates the images again in the window's size. VK_NOT_READY: the window is minimised and
 * has no size. */
VkResult swapchain_resize(struct swapchain *swapchain, VkExtent2D window);

/* Acquires the next image for a frame in flight. VK_ERROR_OUT_OF_DATE_KHR: call swapchain_resize() first. */
VkResult swapchain_acquire(struct swapchain *swapchain, uint32_t frame, uint32_t *image);
struct target swapchain_target(const struct swapchain *swapchain, uint32_t image);
VkResult swapchain_present(struct swapchain *swapchain, uint32_t image);

#endif
