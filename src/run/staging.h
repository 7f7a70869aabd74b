/* What s2vk_forward() needs besides a binding: a command buffer, a fence, and host memory for copies by the device. */
#ifndef S2VK_STAGING_H
#define S2VK_STAGING_H

#include "vulkan/context.h"

struct s2_staging {
  VkCommandPool pool;
  VkCommandBuffer commands;
  VkFence fence;
  bool pending; /* submitted, and not known to be done, for example after a failed wait */
  struct s2_buffer upload, download;
};

/* Makes command buffer, fence and buffers. After a failure nothing is left behind. */
s2vk_result s2_staging_create(
    s2vk_context *context, uint64_t upload_bytes, uint64_t download_bytes, struct s2_staging *staging);

/* Waits for what was submitted. */
s2vk_result s2_staging_wait(const s2vk_context *context, struct s2_staging *staging);

/* Waits, then destroys. Accepts a struct that is all zero. */
void s2_staging_destroy(s2vk_context *context, struct s2_staging *staging);

#endif
