#include "copy.h"

#include <stdio.h>

#define LOCAL_SIZE 64
#define MAX_GROUPS 65535 /* that every device has */

static const uint32_t word_code[] =
#include "copy_word.spv.h"
    ;
static const uint32_t vec4_code[] =
#include "copy_vec4.spv.h"
    ;
static const uint32_t vec4_four_code[] =
#include "copy_vec4_four.spv.h"
    ;
static const uint32_t line_code[] =
#include "copy_line.spv.h"
    ;

static const struct {
  const char *name;
  const uint32_t *code;
  size_t code_bytes;
  uint32_t element_bytes, per_invocation;
} shaders[] = {
    {"float", word_code, sizeof word_code, 4, 1},
    {"uvec4", vec4_code, sizeof vec4_code, 16, 1},
    {"4 x uvec4", vec4_four_code, sizeof vec4_four_code, 16, 4},
    {"64-byte line", line_code, sizeof line_code, 64, 1},
};

uint32_t copy_shader_count(void) {
  return sizeof shaders / sizeof *shaders;
}

const char *copy_shader_name(uint32_t shader) {
  return shaders[shader].name;
}

bool copy_create(struct device *device, uint32_t shader, const struct buffer *source, const struct buffer *destination,
    struct copy *copy) {
  VkDeviceSize range = device->properties.limits.maxStorageBufferRange;
  *copy = (struct copy){.shader = shader, .piece_bytes = range / COPY_ALIGNMENT * COPY_ALIGNMENT};
  for (VkDeviceSize at = 0; at < source->bytes; at += copy->piece_bytes) {
    VkDeviceSize bytes = source->bytes - at < copy->piece_bytes ? source->bytes - at : copy->piece_bytes;
    const VkDescriptorBufferInfo buffers[] = {{source->buffer, at, bytes}, {destination->buffer, at, bytes}};
    if (copy->piece_count == COPY_MAX_PIECES) {
      fprintf(stderr, "bench: %llu bytes are too many to copy in pieces of %llu\n", (unsigned long long)source->bytes,
          (unsigned long long)copy->piece_bytes);
      return false;
    }
    if (!succeeded(kernel_create(&copy->pieces[copy->piece_count], device->info.device, shaders[shader].code,
                       shaders[shader].code_bytes, buffers, 2, 2 * sizeof(uint32_t)),
            "copy shader"))
      return false;
    copy->piece_count++;
  }
  return true;
}

void copy_destroy(struct copy *copy) {
  for (uint32_t i = 0; i < copy->piece_count; i++)
    kernel_destroy(&copy->pieces[i]);
  *copy = (struct copy){0};
}

static void record_piece(const struct copy *copy, uint32_t piece, VkDeviceSize bytes, VkCommandBuffer commands) {
  const uint32_t end = (uint32_t)(bytes / shaders[copy->shader].element_bytes);
  const uint32_t per_group = LOCAL_SIZE * shaders[copy->shader].per_invocation;
  for (uint32_t first = 0; first < end;) {
    uint32_t groups = (end - first + per_group - 1) / per_group;
    if (groups > MAX_GROUPS)
      groups = MAX_GROUPS;
    kernel_record(&copy->pieces[piece], commands, (uint32_t[]){first, end}, groups);
    uint32_t left = end - first;
    first += left < groups * per_group ? left : groups * per_group;
  }
}

void copy_record(const struct copy *copy, const struct buffer *source, const struct buffer *destination,
    VkDeviceSize bytes, VkCommandBuffer commands) {
  if (!copy) {
    vkCmdCopyBuffer(commands, source->buffer, destination->buffer, 1, &(VkBufferCopy){0, 0, bytes});
    return;
  }
  for (uint32_t i = 0; i < copy->piece_count; i++) {
    VkDeviceSize at = i * copy->piece_bytes;
    if (at < bytes)
      record_piece(copy, i, bytes - at < copy->piece_bytes ? bytes - at : copy->piece_bytes, commands);
  }
}

static bool time_shader(struct device *device, uint32_t shader, const struct buffer *source,
    const struct buffer *destination, struct copy *copy, double *ms) {
  struct job job = {.name = shaders[shader].name};
  bool done = copy_create(device, shader, source, destination, copy) && device_begin(device, &job.commands);
  if (done) {
    copy_record(copy, source, destination, source->bytes, job.commands);
    done = device_end(device, job.commands) && jobs_warm_up(device, &job, 1) && jobs_run(device, &job, 1, 0.1);
  }
  *ms = samples_summary(&job.host).median;
  jobs_free(device, &job, 1);
  return done;
}

bool copy_create_best(
    struct device *device, const struct buffer *source, const struct buffer *destination, struct copy *copy) {
  double best_ms = 0;
  *copy = (struct copy){0};
  for (uint32_t i = 0; i < copy_shader_count(); i++) {
    struct copy made;
    double ms;
    if (!time_shader(device, i, source, destination, &made, &ms)) {
      copy_destroy(&made);
      return false;
    }
    if (i == 0 || ms < best_ms) {
      copy_destroy(copy);
      *copy = made;
      best_ms = ms;
    } else {
      copy_destroy(&made);
    }
  }
  return true;
}
