#include "render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "triangle.h"

static const uint32_t fragment_code[] =
#include "copy.spv.h"
    ;

#define WIDTH 64
#define MAX_HEIGHT 4096

/* ---- Device ----------------------------------------------------------------------------------------------------- */

static bool has_extension(VkPhysicalDevice device, const char *name) {
  VkExtensionProperties extensions[512];
  uint32_t count = sizeof extensions / sizeof *extensions;
  if (vkEnumerateDeviceExtensionProperties(device, NULL, &count, extensions) < 0)
    return false;
  for (uint32_t i = 0; i < count; i++)
    if (strcmp(extensions[i].extensionName, name) == 0)
      return true;
  return false;
}

static VkResult make_device(const s2vk_context_info *info, struct render_device *device, VkDevice *made) {
  const float priority = 1;
  VkDeviceQueueCreateInfo queues[2];
  const uint32_t queue_count = device->other_family == UINT32_MAX ? 1 : 2;
  for (uint32_t i = 0; i < queue_count; i++)
    queues[i] = (VkDeviceQueueCreateInfo){
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = i ? device->other_family : info->queue_family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
  const char *extensions[4];
  uint32_t extension_count = 0;
  if (device->timeline)
    extensions[extension_count++] = VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME;
  if (device->opaque_fd)
    extensions[extension_count++] = VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME;
  if (device->dma_buf)
    extensions[extension_count++] = VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME;
  if (device->host_pointers)
    extensions[extension_count++] = VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME;
  VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES, .timelineSemaphore = VK_TRUE};
  const VkPhysicalDeviceFeatures features = {.fragmentStoresAndAtomics = VK_TRUE, .shaderInt64 = info->shader_int64};
  const VkDeviceCreateInfo device_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .pNext = device->timeline ? &timeline : NULL,
      .queueCreateInfoCount = queue_count,
      .pQueueCreateInfos = queues,
      .enabledExtensionCount = extension_count,
      .ppEnabledExtensionNames = extensions,
      .pEnabledFeatures = &features,
  };
  return vkCreateDevice(info->physical_device, &device_info, NULL, made);
}

/* The first family that has none of the library's queues. */
static uint32_t find_other_family(VkPhysicalDevice device, uint32_t family) {
  VkQueueFamilyProperties families[64];
  uint32_t count = 0; /* asked first: SwiftShader leaves a larger count as it is */
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, NULL);
  count = count > 64 ? 64 : count;
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families);
  for (uint32_t i = 0; i < count; i++)
    if (i != family &&
        (families[i].queueFlags & (VK_QUEUE_TRANSFER_BIT | VK_QUEUE_COMPUTE_BIT | VK_QUEUE_GRAPHICS_BIT)))
      return i;
  return UINT32_MAX;
}

bool render_replace_device(struct gpu *gpu, struct render_device *device) {
  const VkPhysicalDevice physical = gpu->info.physical_device;
  VkPhysicalDeviceFeatures offered;
  vkGetPhysicalDeviceFeatures(physical, &offered);
  if (!offered.fragmentStoresAndAtomics) {
    fprintf(stderr, "no fragmentStoresAndAtomics here, which the tests' render pass needs\n");
    return false;
  }
  *device = (struct render_device){
      .timeline = has_extension(physical, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME),
      .opaque_fd = has_extension(physical, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME),
      .host_pointers = has_extension(physical, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME),
      .other_family = find_other_family(physical, gpu->info.queue_family),
  };
  device->dma_buf = device->opaque_fd && has_extension(physical, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME);
  VkDevice made;
  if (make_device(&gpu->info, device, &made))
    return false;
  vkDestroyCommandPool(gpu->info.device, gpu->pool, NULL);
  s2vk_context_destroy(&gpu->context);
  vkDestroyDevice(gpu->info.device, NULL);
  gpu->info.device = made;
  volkLoadDevice(made);
  vkGetDeviceQueue(made, gpu->info.queue_family, 0, &gpu->info.queue);
  if (device->other_family != UINT32_MAX)
    vkGetDeviceQueue(made, device->other_family, 0, &device->other_queue);
  const VkCommandPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, .queueFamilyIndex = gpu->info.queue_family};
  gpu->pool = VK_NULL_HANDLE;
  return s2vk_context_create(&gpu->info, &gpu->context) == S2VK_SUCCESS &&
         vkCreateCommandPool(made, &pool, NULL, &gpu->pool) == VK_SUCCESS;
}

/* ----
 * Render pass --------------------------------------------------------------------------------------------------- */

static VkResult create_layouts(struct render *render) {
  const VkDevice device = render->gpu->info.device;
  VkDescriptorSetLayoutBinding bindings[2];
  for (uint32_t i = 0; i < 2; i++)
    bindings[i] =
        (VkDescriptorSetLayoutBinding){i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_FRAGMENT_BIT, NULL};
  const VkDescriptorSetLayoutCreateInfo set_layout = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = 2, .pBindings = bindings};
  VkResult result = vkCreateDescriptorSetLayout(device, &set_layout, NULL, &render->set_layout);
  const VkPushConstantRange push = {VK_SHADER_STAGE_FRAGMENT_BIT, 0, 2 * sizeof(uint32_t)};
  const VkPipelineLayoutCreateInfo layout = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &render->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &push,
  };
  if (!result)
    result = vkCreatePipelineLayout(device, &layout, NULL, &render->layout);
  const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 2 * RENDER_MAX_PASSES};
  const VkDescriptorPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = RENDER_MAX_PASSES,
      .poolSizeCount = 1,
      .pPoolSizes = &size,
  };
  return result ? result : vkCreateDescriptorPool(device, &pool, NULL, &render->pool);
}

/* Without an attachment: what fragments write are buffers. */
static VkResult create_pass(struct render *render) {
  const VkDevice device = render->gpu->info.device;
  const VkSubpassDescription subpass = {.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS};
  const VkRenderPassCreateInfo pass = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO, .subpassCount = 1, .pSubpasses = &subpass};
  VkResult result = vkCreateRenderPass(device, &pass, NULL, &render->pass);
  const VkFramebufferCreateInfo framebuffer = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = render->pass,
      .width = WIDTH,
      .height = MAX_HEIGHT,
      .layers = 1,
  };
  return result ? result : vkCreateFramebuffer(device, &framebuffer, NULL, &render->framebuffer);
}

bool render_create(struct render *render, struct gpu *gpu) {
  *render = (struct render){.gpu = gpu};
  return !create_layouts(render) && !create_pass(render) &&
         !triangle_create(
             &render->pipeline, gpu->info.device, fragment_code, sizeof fragment_code, render->layout, render->pass, 0);
}

void render_destroy(struct render *render) {
  const VkDevice device = render->gpu->info.device;
  vkDestroyPipeline(device, render->pipeline, NULL);
  vkDestroyPipelineLayout(device, render->layout, NULL);
  vkDestroyDescriptorPool(device, render->pool, NULL);
  vkDestroyDescriptorSetLayout(device, render->set_layout, NULL);
  vkDestroyFramebuffer(device, render->framebuffer, NULL);
  vkDestroyRenderPass(device, render->pass, NULL);
}

static VkDescriptorSet make_set(struct render *render, VkBuffer source, VkBuffer target) {
  const VkDescriptorSetAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = render->pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &render->set_layout,
  };
  VkDescriptorSet set;
  if (vkAllocateDescriptorSets(render->gpu->info.device, &info, &set))
    abort();
  const VkDescriptorBufferInfo buffers[] = {{source, 0, VK_WHOLE_SIZE}, {target, 0, VK_WHOLE_SIZE}};
  const VkWriteDescriptorSet write = {
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = set,
      .descriptorCount = 2,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = buffers,
  };
  vkUpdateDescriptorSets(render->gpu->info.device, 1, &write, 0, NULL);
  return set;
}

void render_copy(
    struct render *render, VkCommandBuffer commands, VkBuffer source, VkBuffer target, VkDeviceSize bytes) {
  const uint32_t count = (uint32_t)(bytes / 4), height = (count + WIDTH - 1) / WIDTH;
  if (height > MAX_HEIGHT)
    abort();
  const VkDescriptorSet set = make_set(render, source, target);
  const VkRect2D area = {.extent = {WIDTH, height}};
  const uint32_t push[] = {WIDTH, count};
  const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = render->pass,
      .framebuffer = render->framebuffer,
      .renderArea = area,
  };
  vkCmdBeginRenderPass(commands, &begin, VK_SUBPASS_CONTENTS_INLINE);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, render->layout, 0, 1, &set, 0, NULL);
  vkCmdPushConstants(commands, render->layout, VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof push, push);
  triangle_record(commands, render->pipeline, area);
  vkCmdEndRenderPass(commands);
}
