/* An application that renders: its own device, with what it wants of it, and a render pass whose fragments copy a
 * buffer to another. */
#ifndef TESTS_RENDER_H
#define TESTS_RENDER_H

#include "gpu.h"

#define RENDER_MAX_PASSES 8

struct render_device {
  bool timeline;         /* VK_KHR_timeline_semaphore */
  bool opaque_fd;        /* VK_KHR_external_memory_fd */
  bool dma_buf;          /* VK_EXT_external_memory_dma_buf, too */
  bool host_pointers;    /* VK_EXT_external_memory_host */
  uint32_t other_family; /* one beside the library's; UINT32_MAX: there is none */
  VkQueue other_queue;
};

/* Puts a device that an application made in the place of a gpu's, with a context and a command pool for it. */
bool render_replace_device(struct gpu *gpu, struct render_device *device);

struct render {
  struct gpu *gpu;
  VkRenderPass pass;
  VkFramebuffer framebuffer;
  VkDescriptorSetLayout set_layout;
  VkPipelineLayout layout;
  VkPipeline pipeline;
  VkDescriptorPool pool;
};

bool render_create(struct render *render, struct gpu *gpu);
void render_destroy(struct render *render);

/* Records a render pass that copies bytes, a multiple of 4, from the start of one buffer to the start of another. No
 * barrier on either side: the reads and writes are of FRAGMENT_SHADER. At most RENDER_MAX_PASSES for a render. */
void render_copy(struct render *render, VkCommandBuffer commands, VkBuffer source, VkBuffer target, VkDeviceSize bytes);

#endif
