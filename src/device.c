#include "host.h"

#include <string.h>

/* The instance's functions that opening a device takes. */
#define INSTANCE_FUNCTIONS(X)                                                                                          \
  X(CreateDevice)                                                                                                      \
  X(DestroyInstance)                                                                                                   \
  X(EnumerateDeviceExtensionProperties)                                                                                \
  X(EnumeratePhysicalDevices)                                                                                          \
  X(GetDeviceProcAddr)                                                                                                 \
  X(GetPhysicalDeviceFeatures)                                                                                         \
  X(GetPhysicalDeviceProperties)                                                                                       \
  X(GetPhysicalDeviceQueueFamilyProperties)

#define MAX_DEVICES 64
#define MAX_FAMILIES 64

struct opener {
  const s2vk_device_info *info;
  struct s2_host host;
  VkInstance instance;
#define DECLARE(name) PFN_vk##name name;
  INSTANCE_FUNCTIONS(DECLARE)
#undef DECLARE
};

static s2vk_result create_instance(struct opener *o) {
  PFN_vkGetInstanceProcAddr get = o->info->get_instance_proc_addr;
  PFN_vkCreateInstance create = (PFN_vkCreateInstance)get(NULL, "vkCreateInstance");
  PFN_vkEnumerateInstanceVersion version = (PFN_vkEnumerateInstanceVersion)get(NULL, "vkEnumerateInstanceVersion");
  if (!create || !version)
    return s2_fail(&o->host, S2VK_ERROR_NO_DRIVER, "the Vulkan loader is below 1.1");
  const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .pEngineName = "s2vk",
      .engineVersion = s2vk_version(),
      .apiVersion = VK_API_VERSION_1_1};
  const VkInstanceCreateInfo instance = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pNext = o->info->instance_next,
      .pApplicationInfo = &application,
      .enabledLayerCount = o->info->layer_count,
      .ppEnabledLayerNames = o->info->layers,
      .enabledExtensionCount = o->info->instance_extension_count,
      .ppEnabledExtensionNames = o->info->instance_extensions,
  };
  VkResult result = create(&instance, NULL, &o->instance);
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
    return s2_fail(&o->host, S2VK_ERROR_NO_DRIVER, "no Vulkan driver is installed");
  if (result)
    return s2_fail_vk(&o->host, result, "vkCreateInstance");
#define LOAD(name)                                                                                                     \
  o->name = (PFN_vk##name)get(o->instance, "vk" #name);                                                                \
  if (!o->name)                                                                                                        \
    return s2_fail(&o->host, S2VK_ERROR_NO_DRIVER, "the instance has no vk" #name);
  INSTANCE_FUNCTIONS(LOAD)
#undef LOAD
  return S2VK_SUCCESS;
}

static int device_rank(VkPhysicalDeviceType type) {
  switch (type) {
  case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
    return 4;
  case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
    return 3;
  case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
    return 2;
  case VK_PHYSICAL_DEVICE_TYPE_CPU:
    return 1;
  default:
    return 0;
  }
}

/* The family to take compute work: one without graphics is often a queue of its own beside the renderer's, but here there
 * is no renderer, and the family with the most capabilities is the best supported one. */
static bool find_family(const struct opener *o, VkPhysicalDevice device, uint32_t *family) {
  VkQueueFamilyProperties families[MAX_FAMILIES];
  uint32_t count = 0;
  o->GetPhysicalDeviceQueueFamilyProperties(device, &count, NULL); /* SwiftShader says how many only so */
  count = count < MAX_FAMILIES ? count : MAX_FAMILIES;
  o->GetPhysicalDeviceQueueFamilyProperties(device, &count, families);
  for (uint32_t i = 0; i < count; i++)
    if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) {
      *family = i;
      return true;
    }
  return false;
}

static s2vk_result choose_device(struct opener *o, s2vk_context_info *context_info) {
  VkPhysicalDevice devices[MAX_DEVICES];
  uint32_t count = MAX_DEVICES;
  VkResult result = o->EnumeratePhysicalDevices(o->instance, &count, devices);
  if (result < 0)
    return s2_fail_vk(&o->host, result, "vkEnumeratePhysicalDevices");
  if (o->info->device_index < 0 || o->info->device_index > (int64_t)count)
    return s2_fail(&o->host, S2VK_ERROR_NO_DRIVER, "device_index is %d; of %u devices the last is number %u",
        o->info->device_index, count, count);
  int best = -1;
  for (uint32_t i = 0; i < count; i++) {
    VkPhysicalDeviceProperties properties;
    uint32_t family;
    o->GetPhysicalDeviceProperties(devices[i], &properties);
    if (o->info->device_index > 0 && i + 1 != (uint32_t)o->info->device_index)
      continue;
    if (properties.apiVersion < VK_API_VERSION_1_1 || !find_family(o, devices[i], &family))
      continue;
    if (device_rank(properties.deviceType) > best) {
      best = device_rank(properties.deviceType);
      context_info->physical_device = devices[i];
      context_info->queue_family = family;
    }
  }
  if (best < 0)
    return s2_fail(&o->host, S2VK_ERROR_NO_DRIVER,
        "none of %u Vulkan devices that were looked at has Vulkan 1.1 and a "
        "compute queue",
        count);
  return S2VK_SUCCESS;
}

/* A device that offers VK_KHR_portability_subset must have it enabled (specification of the extension). */
static bool has_portability_subset(const struct opener *o, VkPhysicalDevice device) {
  VkExtensionProperties extensions[512];
  uint32_t count = sizeof extensions / sizeof *extensions;
  if (o->EnumerateDeviceExtensionProperties(device, NULL, &count, extensions) < 0)
    return false;
  for (uint32_t i = 0; i < count; i++)
    if (strcmp(extensions[i].extensionName, "VK_KHR_portability_subset") == 0)
      return true;
  return false;
}

static s2vk_result create_device(struct opener *o, s2vk_context_info *context_info) {
  const float priority = 1;
  const VkDeviceQueueCreateInfo queue = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = context_info->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
  };
  VkPhysicalDeviceProperties properties;
  VkPhysicalDeviceFeatures offered;
  o->GetPhysicalDeviceProperties(context_info->physical_device, &properties);
  o->GetPhysicalDeviceFeatures(context_info->physical_device, &offered);
  context_info->shader_int64 = properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU && offered.shaderInt64;
  const VkPhysicalDeviceFeatures enabled = {.shaderInt64 = context_info->shader_int64};
  const char *const portability = "VK_KHR_portability_subset";
  const VkDeviceCreateInfo device = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue,
      .enabledExtensionCount = has_portability_subset(o, context_info->physical_device) ? 1 : 0,
      .ppEnabledExtensionNames = &portability,
      .pEnabledFeatures = &enabled,
  };
  VkResult result = o->CreateDevice(context_info->physical_device, &device, NULL, &context_info->device);
  if (result) {
    context_info->device = VK_NULL_HANDLE;
    return s2_fail_vk(&o->host, result, "vkCreateDevice");
  }
  PFN_vkGetDeviceQueue get_queue = (PFN_vkGetDeviceQueue)o->GetDeviceProcAddr(context_info->device, "vkGetDeviceQueue");
  if (!get_queue)
    return s2_fail(&o->host, S2VK_ERROR_NO_DRIVER, "the device has no vkGetDeviceQueue");
  get_queue(context_info->device, context_info->queue_family, 0, &context_info->queue);
  return S2VK_SUCCESS;
}

s2vk_result s2vk_device_open(const s2vk_device_info *info, s2vk_context_info *context_info) {
  if (context_info)
    *context_info = (s2vk_context_info){.struct_size = sizeof *context_info};
  if (!info)
    return S2VK_ERROR_NULL;
  struct opener o = {.info = info};
  if (info->struct_size == sizeof *info)
    o.host = (struct s2_host){.log = info->log, .log_user = info->log_user};
  s2vk_result result = s2_check_struct(&o.host, "s2vk_device_info", info, info->struct_size, sizeof *info);
  if (result)
    return result;
  if (!context_info)
    return s2_fail(&o.host, S2VK_ERROR_NULL, "context_info is NULL");
  if (!info->get_instance_proc_addr)
    return s2_fail(&o.host, S2VK_ERROR_NULL, "s2vk_device_info.get_instance_proc_addr is NULL");
  context_info->get_instance_proc_addr = info->get_instance_proc_addr;
  context_info->log = info->log;
  context_info->log_user = info->log_user;
  result = create_instance(&o);
  context_info->instance = o.instance;
  if (!result)
    result = choose_device(&o, context_info);
  if (!result)
    result = create_device(&o, context_info);
  if (result)
    s2vk_device_close(context_info);
  return result;
}

void s2vk_device_close(s2vk_context_info *context_info) {
  if (!context_info || !context_info->get_instance_proc_addr)
    return;
  PFN_vkGetInstanceProcAddr get = context_info->get_instance_proc_addr;
  if (context_info->device) {
    PFN_vkDestroyDevice destroy = (PFN_vkDestroyDevice)get(context_info->instance, "vkDestroyDevice");
    if (destroy)
      destroy(context_info->device, NULL);
  }
  if (context_info->instance) {
    PFN_vkDestroyInstance destroy = (PFN_vkDestroyInstance)get(context_info->instance, "vkDestroyInstance");
    if (destroy)
      destroy(context_info->instance, NULL);
  }
  context_info->device = VK_NULL_HANDLE;
  context_info->queue = VK_NULL_HANDLE;
  context_info->physical_device = VK_NULL_HANDLE;
  context_info->instance = VK_NULL_HANDLE;
}
