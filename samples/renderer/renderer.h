/* A renderer as small as one can be: a device, a screen that is an image, and full-screen fragment shaders that read
 * and write buffers. It knows nothing of s2vk. */
#ifndef RENDERER_H
#define RENDERER_H

#include <stdbool.h>
#include <stddef.h>

#include "buffers.h"

struct renderer {
  VkInstance instance;
  VkPhysicalDevice physical_device;
  VkDevice device;
  uint32_t queue_family; /* graphics and compute */
  VkQueue queue;
  bool debug_utils; /* VK_EXT_debug_utils is enabled */
  struct buffers *buffers;

  uint32_t width, height;
  VkImage screen;
  struct buffers_piece screen_piece;
  VkImageView screen_view;
  VkRenderPass pass;
  VkFramebuffer framebuffer;

  VkCommandPool pool;
  VkCommandBuffer commands;
  VkFence fence;
};

/* Opens a renderer. It needs a device that renders and computes, and whose fragment shaders can write buffers. On
 * failure returns false and prints the reason on stderr. */
bool renderer_open(struct renderer *renderer, uint32_t width, uint32_t height);
void renderer_close(struct renderer *renderer);

/* A fragment shader over a part of the screen, with one storage buffer at set 0, binding 0. */
struct drawing {
  VkDescriptorSetLayout set_layout;
  VkPipelineLayout layout;
  VkPipeline pipeline;
  VkDescriptorPool pool;
  VkDescriptorSet set;
};

bool drawing_create(struct drawing *drawing, const struct renderer *renderer, const uint32_t *code, size_t code_bytes,
    VkBuffer buffer, VkDeviceSize bytes);
void drawing_destroy(struct drawing *drawing, const struct renderer *renderer);

/* Records a render pass that draws on columns [x, x + width) of the screen. */
void drawing_record(const struct drawing *drawing, const struct renderer *renderer, uint32_t x, uint32_t width);

/* Begins the frame's command buffer; ends, submits and waits for it. */
bool renderer_begin(struct renderer *renderer);
bool renderer_end(struct renderer *renderer);

/* The pixels of the screen, row by row, four bytes each; NULL after an error. The caller frees them. */
unsigned char *renderer_read(struct renderer *renderer);

#endif
