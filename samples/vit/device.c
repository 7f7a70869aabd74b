#include "shaders.h"

#include <string.h>

#define STAGING_BYTES (8u << 20)

static bool fail_vk(struct vit_error *error, VkResult result, const char *call) {
  return vit_fail(error, "%s: VkResult %d", call, (int)result);
}

/* ---- Layouts ---- */

static VkResult create_layouts(struct vit_device *device) {
  VkDescriptorSetLayoutBinding bindings[VIT_SLOT_COUNT];
  for (uint32_t i = 0; i < VIT_SLOT_COUNT; i++)
    bindings[i] = (VkDescriptorSetLayoutBinding){.binding = i,
        .descriptorType =
            i < VIT_SOURCE_TEXELS ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER : VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
        .descriptorCount = 1,
        .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
  const VkDescriptorSetLayoutCreateInfo set = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = VIT_SLOT_COUNT,
      .pBindings = bindings};
  VkResult result = vkCreateDescriptorSetLayout(device->device, &set, NULL, &device->set_layout);
  const VkPushConstantRange push = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = VIT_PUSH_BYTES};
  const VkPipelineLayoutCreateInfo layout = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &device->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &push};
  return result ? result : vkCreatePipelineLayout(device->device, &layout, NULL, &device->layout);
}

/* The largest share that the vendor's compiler does not spill in, as tests/vendors.sh checks. */
static uint32_t largest_share(uint32_t vendor) {
  enum { INTEL = 0x8086, QUALCOMM = 0x5143, ARM = 0x13B5 };
  return vendor == INTEL || vendor == ARM ? 32 : vendor == QUALCOMM ? 64 : 128;
}

bool vit_device_create(struct vit_device *device, const s2vk_context_info *gpu, struct vit_error *error) {
  *device = (struct vit_device){.device = gpu->device, .queue = gpu->queue, .queue_family = gpu->queue_family};
  VkPhysicalDeviceProperties properties;
  vkGetPhysicalDeviceProperties(gpu->physical_device, &properties);
  device->buffers = buffers_create(gpu->physical_device, gpu->device);
  if (!device->buffers) {
    *device = (struct vit_device){0};
    return vit_fail(error, "no memory for the device");
  }
  device->limits = properties.limits;
  device->cpu = gpu->variant == S2VK_VARIANT_CPU ||
                (gpu->variant == S2VK_VARIANT_AUTO && properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU);
  device->largest_share = largest_share(properties.vendorID);
  VkResult result = create_layouts(device);
  if (!result)
    return true;
  vit_device_destroy(device);
  return fail_vk(error, result, "vkCreatePipelineLayout");
}

void vit_device_destroy(struct vit_device *device) {
  vit_pipelines_drop(device);
  if (device->device) {
    vkDestroyPipelineLayout(device->device, device->layout, NULL);
    vkDestroyDescriptorSetLayout(device->device, device->set_layout, NULL);
  }
  buffers_destroy(&device->buffers);
  *device = (struct vit_device){0};
}

bool vit_device_has_texels(const struct vit_device *device) {
  return device->cpu && device->limits.maxTexelBufferElements > 65536; /* the least that there may be */
}

/* ---- Buffers ---- */

bool vit_buffer_create(const struct vit_device *device, const char *name, uint64_t bytes, VkBufferUsageFlags usage,
    bool mapped, struct buffer *buffer, struct vit_error *error) {
  VkResult result = buffers_make(device->buffers, bytes, usage, mapped ? BUFFER_UPLOAD : BUFFER_DEVICE, buffer);
  return !result || vit_fail(error, "a buffer of %llu bytes for the %s: VkResult %d", (unsigned long long)bytes, name,
                        (int)result);
}

void vit_buffer_destroy(const struct vit_device *device, struct buffer *buffer) {
  buffers_drop(device->buffers, buffer);
}

/* ---- Uploads ---- */

bool vit_upload_begin(struct vit_upload *upload, const struct vit_device *device, struct vit_error *error) {
  *upload = (struct vit_upload){.device = device};
  if (!vit_buffer_create(
          device, "staging", STAGING_BYTES, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, true, &upload->staging, error))
    return false;
  const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
      .queueFamilyIndex = device->queue_family};
  const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  VkResult result = vkCreateCommandPool(device->device, &pool, NULL, &upload->pool);
  if (!result)
    result = vkCreateFence(device->device, &fence, NULL, &upload->fence);
  const VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = upload->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1};
  if (!result)
    result = vkAllocateCommandBuffers(device->device, &info, &upload->commands);
  if (!result)
    return true;
  vit_upload_end(upload);
  return fail_vk(error, result, "vkCreateCommandPool");
}

/* Copies the first bytes of the staging buffer and waits. What is recorded later sees them: a fence was waited for. */
static VkResult copy(struct vit_upload *upload, VkBuffer buffer, uint64_t offset, uint64_t bytes) {
  const struct vit_device *device = upload->device;
  const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  VkResult result = vkResetCommandPool(device->device, upload->pool, 0);
  if (!result)
    result = vkBeginCommandBuffer(upload->commands, &begin);
  if (result)
    return result;
  const VkBufferCopy region = {.dstOffset = offset, .size = bytes};
  vkCmdCopyBuffer(upload->commands, upload->staging.buffer, buffer, 1, &region);
  const VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_SHADER_READ_BIT};
  vkCmdPipelineBarrier(upload->commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1,
      &barrier, 0, NULL, 0, NULL);
  result = vkEndCommandBuffer(upload->commands);
  const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &upload->commands};
  if (!result)
    result = vkQueueSubmit(device->queue, 1, &submit, upload->fence);
  if (!result)
    result = vkWaitForFences(device->device, 1, &upload->fence, VK_TRUE, UINT64_MAX);
  return result ? result : vkResetFences(device->device, 1, &upload->fence);
}

bool vit_upload_write(struct vit_upload *upload, const struct buffer *buffer, uint64_t offset, const void *data,
    uint64_t bytes, struct vit_error *error) {
  for (uint64_t done = 0; done < bytes;) {
    uint64_t piece = bytes - done < STAGING_BYTES ? bytes - done : STAGING_BYTES;
    memcpy(upload->staging.host, (const char *)data + done, (size_t)piece);
    VkResult result = copy(upload, buffer->buffer, offset + done, piece);
    if (result)
      return fail_vk(error, result, "uploading weights");
    done += piece;
    upload->done += piece;
    if (upload->progress)
      upload->progress(upload->progress_user, upload->done, upload->total);
  }
  return true;
}

void vit_upload_end(struct vit_upload *upload) {
  if (!upload->device)
    return;
  vkDestroyFence(upload->device->device, upload->fence, NULL);
  vkDestroyCommandPool(upload->device->device, upload->pool, NULL);
  vit_buffer_destroy(upload->device, &upload->staging);
  *upload = (struct vit_upload){0};
}
