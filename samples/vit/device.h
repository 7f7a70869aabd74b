/* The device, seen from the model: its limits, buffers, and uploads. */
#ifndef VIT_DEVICE_H
#define VIT_DEVICE_H

#include "buffers.h"
#include "cooperative.h"
#include "error.h"

#include <s2vk/s2vk.h>

/* Bindings of every shader. */
enum vit_slot {
  VIT_SOURCE,
  VIT_MATRIX,
  VIT_VECTORS,
  VIT_DESTINATION,
  VIT_SOURCE_TEXELS, /* source, and matrix or vectors, again, for drivers on the CPU */
  VIT_MATRIX_TEXELS,
  VIT_SLOT_COUNT
};

#define VIT_PUSH_BYTES 64

struct vit_device {
  VkDevice device;
  VkQueue queue;
  uint32_t queue_family;
  VkPhysicalDeviceLimits limits;
  struct buffers *buffers;
  bool cpu;                           /* shaders for a driver on the CPU */
  uint32_t largest_share;             /* of a product on a GPU, to a workgroup: 128, 64 or 32 elements a side */
  struct vit_cooperative cooperative; /* of products that may be in f16; all zero: none may, or the device cannot */
  bool texels;                        /* which read through texel buffers: all that is read fits into one */
  VkDescriptorSetLayout set_layout;
  VkPipelineLayout layout;
  struct vit_kept_pipeline *pipelines; /* see shaders.h */
  uint32_t pipeline_count;
};

bool vit_device_create(struct vit_device *device, const s2vk_context_info *gpu, struct vit_error *error);
void vit_device_destroy(struct vit_device *device);

/* Whether reading through texel buffers pays: on a CPU, where all that is read can be one. A driver that has no more of
 * their elements than it must could only for toys. */
bool vit_device_has_texels(const struct vit_device *device);

/* ---- Buffers ---- */

/* In device-local memory if there is any, or mapped. The name is for errors. */
bool vit_buffer_create(const struct vit_device *device, const char *name, uint64_t bytes, VkBufferUsageFlags usage,
    bool mapped, struct buffer *buffer, struct vit_error *error);
void vit_buffer_destroy(const struct vit_device *device, struct buffer *buffer);

/* ---- Uploads, through a staging buffer of bounded size ---- */

struct vit_upload {
  const struct vit_device *device;
  struct buffer staging;
  VkCommandPool pool;
  VkCommandBuffer commands;
  VkFence fence;
  void (*progress)(void *user, uint64_t done, uint64_t total);
  void *progress_user;
  uint64_t done, total; /* bytes */
};

bool vit_upload_begin(struct vit_upload *upload, const struct vit_device *device, struct vit_error *error);
bool vit_upload_write(struct vit_upload *upload, const struct buffer *buffer, uint64_t offset, const void *data,
    uint64_t bytes, struct vit_error *error);
void vit_upload_end(struct vit_upload *upload);

#endif
