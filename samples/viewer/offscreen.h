/* A render target without a window, and the file that it is written to. */
#ifndef VIEWER_OFFSCREEN_H
#define VIEWER_OFFSCREEN_H

#include "painter.h"

struct offscreen {
  const struct gpu *gpu;
  struct image image;
  struct target target;
};

/* Creates the render pass of both window and file. It clears, draws, and leaves the image in a layout. */
VkResult pass_create(const struct gpu *gpu, VkFormat format, VkImageLayout layout, VkRenderPass *pass);
VkResult framebuffer_create(
    const struct gpu *gpu, VkRenderPass pass, VkImageView view, VkExtent2D extent, VkFramebuffer *framebuffer);

bool format_encodes(VkFormat format);

/* format: four components of 8 bits. */
VkResult offscreen_create(struct offscreen *offscreen, const struct gpu *gpu, VkFormat format, VkExtent2D extent);
void offscreen_destroy(struct offscreen *offscreen);

/* Waits for the queue, and writes what was drawn as .png. On failure returns false and the reason
 * (OUTPUT_REASON_BYTES). */
bool offscreen_write(const struct offscreen *offscreen, const char *path, char *error);

#endif
