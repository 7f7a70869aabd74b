#include "gpu.h"

#include "profile.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_uint messages;
static _Thread_local char last_log[1024];

unsigned gpu_messages(void) {
  return messages + profile_violations();
}

const char *gpu_last_log(void) {
  return last_log;
}

void gpu_clear_log(void) {
  last_log[0] = '\0';
}

void gpu_log(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  if (level != S2VK_LOG_INFO)
    snprintf(last_log, sizeof last_log, "%s", message);
}

/* Messages that say nothing of the library, by their names in the layers of Vulkan 1.3.239 (Debian 12) and 1.4.309
 * (Debian 13). */
static bool is_beside_the_point(const char *name) {
  static const char *const names[] = {
      /* That VK_EXT_debug_utils is enabled: by the tests, which these messages come through. */
      "UNASSIGNED-BestPractices-vkCreateInstance-specialuse-extension-debugging",
      "BestPractices-specialuse-extension",
      /* That vkGetPhysicalDeviceFeatures() was not called before vkCreateDevice(): 1.4.309 says so when it was, just
         before. */
      "BestPractices-vkCreateDevice-physical-device-features-not-retrieved",
  };
  for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0)
      return true;
  return false;
}

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
    VkDebugUtilsMessageTypeFlagsEXT types, const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
  (void)severity;
  (void)types;
  (void)user;
  if (is_beside_the_point(data->pMessageIdName))
    return VK_FALSE;
  messages++;
  fprintf(stderr, "validation: %s: %s\n", data->pMessageIdName ? data->pMessageIdName : "", data->pMessage);
  return VK_FALSE;
}

static bool has_layer(const char *name) {
  VkLayerProperties layers[64];
  uint32_t count = sizeof layers / sizeof *layers;
  if (vkEnumerateInstanceLayerProperties(&count, layers) < 0)
    return false;
  for (uint32_t i = 0; i < count; i++)
    if (strcmp(layers[i].layerName, name) == 0)
      return true;
  return false;
}

static const VkDebugUtilsMessengerCreateInfoEXT messenger_info = {
    .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
    .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
    .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
    .pfnUserCallback = on_message,
};

/* One that is chained to the instance hears of that alone. The device's is made just before vkCreateDevice(), by a
 * function table that s2vk_device_open() is given. */
static struct {
  PFN_vkGetInstanceProcAddr below;
  PFN_vkCreateDevice create_device;
  VkInstance instance;
  VkDebugUtilsMessengerEXT messenger;
} opening;

static VKAPI_ATTR VkResult VKAPI_CALL listening_CreateDevice(
    VkPhysicalDevice physical, const VkDeviceCreateInfo *info, const VkAllocationCallbacks *allocator, VkDevice *made) {
  PFN_vkCreateDebugUtilsMessengerEXT listen =
      (PFN_vkCreateDebugUtilsMessengerEXT)opening.below(opening.instance, "vkCreateDebugUtilsMessengerEXT");
  const VkResult result = listen(opening.instance, &messenger_info, NULL, &opening.messenger);
  return result ? result : opening.create_device(physical, info, allocator, made);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL listening_get_instance_proc_addr(
    VkInstance instance, const char *name) {
  PFN_vkVoidFunction function = opening.below(instance, name);
  if (!function || strcmp(name, "vkCreateDevice") != 0)
    return function;
  opening.instance = instance;
  opening.create_device = (PFN_vkCreateDevice)function;
  return (PFN_vkVoidFunction)listening_CreateDevice;
}

static bool open_device(struct gpu *gpu, const struct gpu_options *options) {
  static const char layer[] = "VK_LAYER_KHRONOS_validation";
  const bool validated = !options->no_validation && has_layer(layer);
  if (!validated && !options->no_validation && !options->optional_validation) {
    fprintf(stderr, "%s is not installed; tests with a device need it\n", layer);
    return false;
  }
  static const VkValidationFeatureEnableEXT enables[] = {
      VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT,
      VK_VALIDATION_FEATURE_ENABLE_BEST_PRACTICES_EXT,
  };
  const VkValidationFeaturesEXT features = {
      .sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
      .enabledValidationFeatureCount = sizeof enables / sizeof *enables,
      .pEnabledValidationFeatures = enables,
  };
  VkDebugUtilsMessengerCreateInfoEXT chained = messenger_info;
  chained.pNext = &features;
  static const char *const layers[] = {layer};
  static const char *const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
  opening.below = options->opened ? options->opened : profile_get_instance_proc_addr;
  opening.messenger = VK_NULL_HANDLE;
  const s2vk_device_info info = {
      .struct_size = sizeof info,
      .get_instance_proc_addr = validated ? listening_get_instance_proc_addr : opening.below,
      .device_index = options->device_index,
      .layers = layers,
      .layer_count = validated ? 1 : 0,
      .instance_next = validated ? &chained : NULL,
      .instance_extensions = extensions,
      .instance_extension_count = validated ? 1 : 0,
      .log = gpu_log,
  };
  s2vk_result result = s2vk_device_open(&info, &gpu->info);
  gpu->info.get_instance_proc_addr = opening.below;
  gpu->messenger = opening.messenger;
  if (result) {
    fprintf(stderr, "%s: %s\n", s2vk_result_name(result), last_log);
    return false;
  }
  volkLoadInstanceOnly(gpu->info.instance);
  volkLoadDevice(gpu->info.device);
  ((PFN_vkGetPhysicalDeviceProperties)profile_get_instance_proc_addr(
      gpu->info.instance, "vkGetPhysicalDeviceProperties"))(gpu->info.physical_device, &gpu->properties);
  return true;
}

bool gpu_open(struct gpu *gpu, const struct gpu_options *options) {
  static const struct gpu_options none = {0};
  options = options ? options : &none;
  *gpu = (struct gpu){0};
  if (volkInitialize()) {
    fprintf(stderr, "no Vulkan loader is installed\n");
    return false;
  }
  if (!open_device(gpu, options))
    return false;
  gpu->info.allocator = options->allocator;
  gpu->info.variant = options->variant;
  if (options->wrapped)
    gpu->info.get_instance_proc_addr = options->wrapped;
  s2vk_result result = s2vk_context_create(&gpu->info, &gpu->context);
  gpu->info.get_instance_proc_addr = profile_get_instance_proc_addr;
  if (result) {
    fprintf(stderr, "%s: %s\n", s2vk_result_name(result), last_log);
    return false;
  }
  const VkCommandPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, .queueFamilyIndex = gpu->info.queue_family};
  return vkCreateCommandPool(gpu->info.device, &pool, NULL, &gpu->pool) == VK_SUCCESS;
}

bool gpu_compiles_slowly(const struct gpu *gpu) {
  return strstr(gpu->properties.deviceName, "SwiftShader") != NULL;
}

void gpu_close(struct gpu *gpu) {
  if (gpu->pool)
    vkDestroyCommandPool(gpu->info.device, gpu->pool, NULL);
  s2vk_context_destroy(&gpu->context);
  if (gpu->info.device)
    vkDestroyDevice(gpu->info.device, NULL); /* while the messenger listens: the layer now reports what leaked */
  gpu->info.device = VK_NULL_HANDLE;
  if (gpu->messenger)
    vkDestroyDebugUtilsMessengerEXT(gpu->info.instance, gpu->messenger, NULL);
  s2vk_device_close(&gpu->info);
  *gpu = (struct gpu){0};
}

/* Tests cannot go on without these. */
static void must(VkResult result, const char *what) {
  if (result) {
    fprintf(stderr, "%s: VkResult %d\n", what, (int)result);
    abort();
  }
}

VkCommandBuffer gpu_begin(struct gpu *gpu) {
  VkCommandBuffer commands;
  const VkCommandBufferAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = gpu->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
  };
  must(vkAllocateCommandBuffers(gpu->info.device, &info, &commands), "vkAllocateCommandBuffers");
  const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  must(vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
  return commands;
}

VkResult gpu_submit(struct gpu *gpu, VkCommandBuffer commands) {
  gpu_barrier(commands);
  must(vkEndCommandBuffer(commands), "vkEndCommandBuffer");
  const VkFenceCreateInfo fence_info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  VkFence fence;
  must(vkCreateFence(gpu->info.device, &fence_info, NULL, &fence), "vkCreateFence");
  const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &commands};
  VkResult result = vkQueueSubmit(gpu->info.queue, 1, &submit, fence);
  if (!result)
    result = vkWaitForFences(gpu->info.device, 1, &fence, VK_TRUE, UINT64_MAX);
  vkDestroyFence(gpu->info.device, fence, NULL);
  vkFreeCommandBuffers(gpu->info.device, gpu->pool, 1, &commands);
  return result;
}

/* Best practices have thresholds of 256 KiB for memory, and of 1 MiB for what is alone in it. */
VkDeviceSize gpu_allocation(VkDeviceSize needed) {
  const VkDeviceSize least = 1 << 20;
  return needed > least ? needed : least;
}

struct gpu_buffer gpu_buffer_create(struct gpu *gpu, VkDeviceSize bytes) {
  return gpu_buffer_create_for(gpu, bytes, GPU_BUFFER_USAGE);
}

struct gpu_buffer gpu_buffer_create_for(struct gpu *gpu, VkDeviceSize bytes, VkBufferUsageFlags usage) {
  struct gpu_buffer b = {.bytes = bytes};
  const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = bytes, .usage = usage};
  must(vkCreateBuffer(gpu->info.device, &info, NULL, &b.buffer), "vkCreateBuffer");
  VkMemoryRequirements needs;
  vkGetBufferMemoryRequirements(gpu->info.device, b.buffer, &needs);
  VkPhysicalDeviceMemoryProperties memory;
  vkGetPhysicalDeviceMemoryProperties(gpu->info.physical_device, &memory);
  const VkMemoryPropertyFlags flags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  uint32_t type = 0;
  while (!(needs.memoryTypeBits & (1u << type)) || (memory.memoryTypes[type].propertyFlags & flags) != flags)
    type++; /* the specification guarantees one */
  const VkMemoryAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = gpu_allocation(needs.size),
      .memoryTypeIndex = type};
  must(vkAllocateMemory(gpu->info.device, &allocate, NULL, &b.memory), "vkAllocateMemory");
  must(vkBindBufferMemory(gpu->info.device, b.buffer, b.memory, 0), "vkBindBufferMemory");
  must(vkMapMemory(gpu->info.device, b.memory, 0, VK_WHOLE_SIZE, 0, &b.host), "vkMapMemory");
  return b;
}

void gpu_buffer_destroy(struct gpu *gpu, struct gpu_buffer *buffer) {
  vkDestroyBuffer(gpu->info.device, buffer->buffer, NULL);
  vkFreeMemory(gpu->info.device, buffer->memory, NULL);
  *buffer = (struct gpu_buffer){0};
}

void gpu_barrier(VkCommandBuffer commands) {
  const VkMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                       VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT,
  };
  const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  vkCmdPipelineBarrier(commands, stages, stages | VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
}
