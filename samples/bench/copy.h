/* Plain copies, by vkCmdCopyBuffer and by the fastest of a few shaders. */
#ifndef BENCH_COPY_H
#define BENCH_COPY_H

#include "kernel.h"
#include "timing.h"

#define COPY_ALIGNMENT 256 /* of the bytes that are copied: a multiple of what one invocation of any shader takes */
#define COPY_MAX_PIECES 64
#define COPY_NAME_BYTES 64

/* A copy shader with two buffers. Buffers that are larger than a device's ranges are bound in pieces. */
struct copy {
  struct kernel pieces[COPY_MAX_PIECES];
  VkDeviceSize piece_bytes;
  uint32_t piece_count;
  uint32_t shader;
};

/* The number of copy shaders, counting each size of workgroups. Some need 64-bit integers or large workgroups. */
uint32_t copy_shader_count(void);
bool copy_shader_runs(const struct device *device, uint32_t shader);
void copy_shader_name(uint32_t shader, char name[COPY_NAME_BYTES]);

bool copy_create(struct device *device, uint32_t shader, const struct buffer *source, const struct buffer *destination,
    struct copy *copy);
void copy_destroy(struct copy *copy);

/* Records a copy of the first bytes. copy NULL: by vkCmdCopyBuffer. */
void copy_record(const struct copy *copy, const struct buffer *source, const struct buffer *destination,
    VkDeviceSize bytes, VkCommandBuffer commands);

/* Makes the copy that is fastest for the whole buffers. plain: only shaders without 64-bit integers. */
bool copy_create_best(struct device *device, bool plain, const struct buffer *source, const struct buffer *destination,
    struct copy *copy);

/* Times all copy shaders and vkCmdCopyBuffer in turn, and prints a table. */
bool copy_print_all(struct device *device, VkDeviceSize bytes, double seconds);

#endif
