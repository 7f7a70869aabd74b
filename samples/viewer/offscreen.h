/* A target that is an image, and the file it is written to. */
#ifndef VIEWER_OFFSCREEN_H
#define VIEWER_OFFSCREEN_H

#include "painter.h"

struct offscreen {
  const struct gpu *gpu;
  struct image image;
  struct target target;
};

/* A pass that clears, draws and leaves the image in a layout: of window and file alike. */
VkResult pass_create(const struct gpu *gpu, VkFormat format, VkImageLayout layout, VkRenderPass *pass);
VkResult framebuffer_create(
    const struct gpu *gpu, VkRenderPass pass, VkImageView view, VkExtent2D extent, VkFramebuffer *framebuffer);

bool format_encodes(VkFormat format);

/* format: of four components of 8 bits. */
VkResult offscreen_create(struct offscreen *offscreen, const struct gpu *gpu, VkFormat format, VkExtent2D extent);
void offscreen_destroy(struct offscreen *offscreen);

/* Writes what was drawn as .png, and waits for the queue. False, with the reason (OUTPUT_REASON_BYTES) in error. */
bool offscreen_write(const struct offscreen *offscreen, const char *path, char *error);

#endif
