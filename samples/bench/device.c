#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FAMILIES 64
#define STAGING_BYTES (16u << 20)

bool succeeded(VkResult result, const char *what) {
  if (result)
    fprintf(stderr, "bench: %s: VkResult %d\n", what, (int)result);
  return !result;
}

bool s2vk_succeeded(s2vk_result result, const char *what) {
  if (result)
    fprintf(stderr, "bench: %s: %s\n", what, s2vk_result_name(result));
  return !result;
}

/* What plans are made of is printed if the first argument is not NULL: see struct device. */
static void print_log(void *describe, s2vk_log_level level, const char *message) {
  if (level != S2VK_LOG_INFO || describe)
    fprintf(stderr, "bench: %s\n", message);
}

/* ---- Device ---- */

static void load_properties(struct device *device) {
  VkPhysicalDevice physical = device->info.physical_device;
  vkGetPhysicalDeviceProperties(physical, &device->properties);
  uint32_t version = device->properties.driverVersion;
  VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
  const char *name = "driver", *detail = "";
  if (device->properties.apiVersion >= VK_API_VERSION_1_2) {
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &driver};
    vkGetPhysicalDeviceProperties2(physical, &properties);
    name = driver.driverName;
    detail = driver.driverInfo;
  }
  if (*detail)
    snprintf(device->driver, sizeof device->driver, "%s %s", name, detail);
  else
    snprintf(device->driver, sizeof device->driver, "%s %u.%u.%u", name, VK_API_VERSION_MAJOR(version),
        VK_API_VERSION_MINOR(version), VK_API_VERSION_PATCH(version));
  VkQueueFamilyProperties families[MAX_FAMILIES];
  uint32_t count = MAX_FAMILIES;
  vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families);
  if (device->info.queue_family < count)
    device->timestamp_bits = families[device->info.queue_family].timestampValidBits;
}

static bool make_objects(struct device *device) {
  VkDevice vk = device->info.device;
  device->buffers = buffers_create(device->info.physical_device, vk);
  const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
      .queueFamilyIndex = device->info.queue_family};
  const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  const VkQueryPoolCreateInfo queries = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO, .queryType = VK_QUERY_TYPE_TIMESTAMP, .queryCount = 2};
  return succeeded(device->buffers ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY, "memory for buffers") &&
         succeeded(vkCreateCommandPool(vk, &pool, NULL, &device->pool), "vkCreateCommandPool") &&
         succeeded(vkCreateFence(vk, &fence, NULL, &device->fence), "vkCreateFence") &&
         (!device->timestamp_bits ||
             succeeded(vkCreateQueryPool(vk, &queries, NULL, &device->queries), "vkCreateQueryPool"));
}

static bool open_by(PFN_vkGetInstanceProcAddr get, int32_t index, s2vk_context_info *info) {
  const s2vk_device_info device_info = {
      .struct_size = sizeof device_info, .get_instance_proc_addr = get, .device_index = index, .log = print_log};
  return s2vk_succeeded(s2vk_device_open(&device_info, info), "s2vk_device_open");
}

bool device_open_bare(int32_t index, s2vk_context_info *info) {
  return open_by(vkGetInstanceProcAddr, index, info);
}

bool device_open(struct device *device, int32_t index) {
  return device_open_wrapped(device, index, NULL);
}

bool device_open_wrapped(
    struct device *device, int32_t index, PFN_vkGetInstanceProcAddr (*wrapped)(PFN_vkGetInstanceProcAddr below)) {
  volkInitialize(); /* without a loader vkGetInstanceProcAddr stays NULL, which s2vk_device_open() reports */
  if (!vkGetInstanceProcAddr) {
    fprintf(stderr, "bench: no Vulkan loader is installed\n");
    return false;
  }
  if (!open_by(wrapped ? wrapped(vkGetInstanceProcAddr) : vkGetInstanceProcAddr, index, &device->info)) {
    if (index)
      fprintf(stderr, "bench: --device %d: there is no such device; --list lists them\n", index);
    return false;
  }
  volkLoadInstance(device->info.instance);
  load_properties(device);
  return make_objects(device);
}

void device_close(struct device *device) {
  VkDevice vk = device->info.device;
  if (vk) {
    vkDestroyQueryPool(vk, device->queries, NULL);
    vkDestroyFence(vk, device->fence, NULL);
    vkDestroyCommandPool(vk, device->pool, NULL);
  }
  buffers_destroy(&device->buffers);
  s2vk_device_close(&device->info);
  *device = (struct device){0};
}

bool device_context(const s2vk_context_info *info, VkPipelineCache cache, s2vk_context **context) {
  s2vk_context_info with_cache = *info;
  with_cache.pipeline_cache = cache;
  return s2vk_succeeded(s2vk_context_create(&with_cache, context), "s2vk_context_create");
}

/* ---- Commands ---- */

bool device_begin(struct device *device, VkCommandBuffer *commands) {
  const VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = device->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1};
  const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  if (!succeeded(vkAllocateCommandBuffers(device->info.device, &info, commands), "vkAllocateCommandBuffers") ||
      !succeeded(vkBeginCommandBuffer(*commands, &begin), "vkBeginCommandBuffer"))
    return false;
  if (device->queries) {
    vkCmdResetQueryPool(*commands, device->queries, 0, 2);
    vkCmdWriteTimestamp(*commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, device->queries, 0);
  }
  return true;
}

bool device_end(struct device *device, VkCommandBuffer commands) {
  if (device->queries)
    vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, device->queries, 1);
  return succeeded(vkEndCommandBuffer(commands), "vkEndCommandBuffer");
}

bool device_submit(struct device *device, VkCommandBuffer commands) {
  VkDevice vk = device->info.device;
  const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &commands};
  return succeeded(vkQueueSubmit(device->info.queue, 1, &submit, device->fence), "vkQueueSubmit") &&
         succeeded(vkWaitForFences(vk, 1, &device->fence, VK_TRUE, UINT64_MAX), "vkWaitForFences") &&
         succeeded(vkResetFences(vk, 1, &device->fence), "vkResetFences");
}

bool device_timestamps(struct device *device, double *ms) {
  uint64_t ticks[2];
  if (!succeeded(vkGetQueryPoolResults(device->info.device, device->queries, 0, 2, sizeof ticks, ticks, sizeof *ticks,
                     VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
          "vkGetQueryPoolResults"))
    return false;
  uint64_t mask = device->timestamp_bits < 64 ? ((uint64_t)1 << device->timestamp_bits) - 1 : UINT64_MAX;
  *ms = (double)((ticks[1] - ticks[0]) & mask) * (double)device->properties.limits.timestampPeriod * 1e-6;
  return true;
}

/* ---- Buffers ---- */

bool buffer_create(struct device *device, VkDeviceSize bytes, bool staging, struct buffer *buffer) {
  const VkBufferUsageFlags usage =
      VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
      (staging ? 0 : VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT);
  *buffer = (struct buffer){.bytes = bytes};
  return !bytes ||
         succeeded(buffers_make(device->buffers, bytes, usage, staging ? BUFFER_UPLOAD : BUFFER_DEVICE, buffer),
             "making a buffer");
}

void buffer_destroy(struct device *device, struct buffer *buffer) {
  buffers_drop(device->buffers, buffer);
}

/* Each of these functions waits for its work. The barrier only makes writes visible to the next work on the queue. */
static void record_barrier(VkCommandBuffer commands) {
  const VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                       VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT};
  const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  vkCmdPipelineBarrier(commands, stages, stages | VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
}

static bool run_copy(struct device *device, VkBuffer source, VkBuffer destination, VkBufferCopy region) {
  VkCommandBuffer commands;
  if (!device_begin(device, &commands))
    return false;
  record_barrier(commands);
  vkCmdCopyBuffer(commands, source, destination, 1, &region);
  record_barrier(commands);
  bool done = device_end(device, commands) && device_submit(device, commands);
  vkFreeCommandBuffers(device->info.device, device->pool, 1, &commands);
  return done;
}

/* Copies piece by piece through a staging buffer. One of to_device and to_host is NULL. */
static bool transfer(
    struct device *device, const struct buffer *buffer, const char *to_device, char *to_host, VkDeviceSize bytes) {
  struct buffer staging;
  bool done = buffer_create(device, bytes < STAGING_BYTES ? bytes : STAGING_BYTES, true, &staging);
  for (VkDeviceSize at = 0; done && at < bytes; at += staging.bytes) {
    VkDeviceSize piece = bytes - at < staging.bytes ? bytes - at : staging.bytes;
    if (to_device)
      memcpy(staging.host, to_device + at, piece);
    done = to_device ? run_copy(device, staging.buffer, buffer->buffer, (VkBufferCopy){0, at, piece})
                     : run_copy(device, buffer->buffer, staging.buffer, (VkBufferCopy){at, 0, piece});
    if (done && to_host)
      memcpy(to_host + at, staging.host, piece);
  }
  buffer_destroy(device, &staging);
  return done;
}

bool buffer_write(struct device *device, const struct buffer *buffer, const void *data, VkDeviceSize bytes) {
  return transfer(device, buffer, data, NULL, bytes);
}

bool buffer_read(struct device *device, const struct buffer *buffer, void *data, VkDeviceSize bytes) {
  return transfer(device, buffer, NULL, data, bytes);
}

bool buffer_fill(struct device *device, const struct buffer *buffer, uint32_t word) {
  VkCommandBuffer commands;
  if (!buffer->bytes)
    return true;
  if (!device_begin(device, &commands))
    return false;
  record_barrier(commands);
  vkCmdFillBuffer(commands, buffer->buffer, 0, VK_WHOLE_SIZE, word);
  record_barrier(commands);
  bool done = device_end(device, commands) && device_submit(device, commands);
  vkFreeCommandBuffers(device->info.device, device->pool, 1, &commands);
  return done;
}
