/* Frames in flight: while the GPU works on one, the next is recorded. */
#ifndef VIEWER_FRAMES_H
#define VIEWER_FRAMES_H

#include "painter.h"

struct frames {
  const struct gpu *gpu;
  VkCommandPool pools[FRAMES_IN_FLIGHT];
  VkCommandBuffer commands[FRAMES_IN_FLIGHT];
  VkFence fences[FRAMES_IN_FLIGHT];
  uint32_t index; /* the frame that is recorded now or next */
};

VkResult frames_create(struct frames *frames, const struct gpu *gpu);

/* Waits for the device. */
void frames_destroy(struct frames *frames);

/* Waits until the last use of the next frame is over. */
VkResult frames_wait(const struct frames *frames);

/* Begins the commands of the next frame. Call frames_wait() first. */
VkResult frames_begin(struct frames *frames, VkCommandBuffer *commands);

/* Submits the commands. The drawing waits for `wait`; `signal` is signalled at the end. Either may be NULL. */
VkResult frames_end(struct frames *frames, VkSemaphore wait, VkSemaphore signal);

#endif
