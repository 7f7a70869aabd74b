#include "base/env.h"

#include <string.h>

/* The instance functions that open a device. */
#define INSTANCE_FUNCTIONS(X)                                                                                          \
  X(CreateDevice)                                                                                                      \
  X(DestroyInstance)                                                                                                   \
  X(EnumerateDeviceExtensionProperties)                                                                                \
  X(EnumeratePhysicalDevices)                                                                                          \
  X(GetDeviceProcAddr)                                                                                                 \
  X(GetPhysicalDeviceFeatures)                                                                                         \
  X(GetPhysicalDeviceProperties)                                                                                       \
  X(GetPhysicalDeviceQueueFamilyProperties)

/* VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR, which headers before 1.3.207 lack. */
#define ENUMERATE_PORTABILITY 1u

#define MAX_DEVICES 64
#define MAX_FAMILIES 64

struct opener {
  const s2vk_device_info *info;
  struct s2_env env;
  VkInstance instance;
#define DECLARE(name) PFN_vk##name name;
  INSTANCE_FUNCTIONS(DECLARE)
#undef DECLARE
  PFN_vkEnumerateInstanceExtensionProperties EnumerateInstanceExtensionProperties;
};

/* Whether the device, or the instance if device is NULL, offers an extension. */
static s2vk_result find_extension(const struct opener *o, VkPhysicalDevice device, const char *name, bool *found) {
  VkExtensionProperties *extensions = NULL;
  uint32_t count = 0;
  *found = false;
  VkResult result = device ? o->EnumerateDeviceExtensionProperties(device, NULL, &count, NULL)
                           : o->EnumerateInstanceExtensionProperties(NULL, &count, NULL);
  if (result == VK_SUCCESS && count > 0) {
    extensions = s2_alloc(&o->env, count, sizeof *extensions);
    if (!extensions)
      return s2_fail(&o->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u extensions", count);
    result = device ? o->EnumerateDeviceExtensionProperties(device, NULL, &count, extensions)
                    : o->EnumerateInstanceExtensionProperties(NULL, &count, extensions);
  }
  for (uint32_t i = 0; extensions && result >= 0 && i < count; i++)
    *found = *found || strcmp(extensions[i].extensionName, name) == 0;
  s2_free(&o->env, extensions);
  if (result >= 0)
    return S2VK_SUCCESS;
  return s2_fail_vk(
      &o->env, result, device ? "vkEnumerateDeviceExtensionProperties" : "vkEnumerateInstanceExtensionProperties");
}

/* The caller's extensions, and VK_KHR_portability_enumeration if it is offered. Without it the loader hides devices
 * that are not quite conformant, such as MoltenVK's. */
static s2vk_result list_extensions(
    const struct opener *o, const char ***extensions, uint32_t *count, bool *portability) {
  const char *const name = "VK_KHR_portability_enumeration";
  s2vk_result result = find_extension(o, VK_NULL_HANDLE, name, portability);
  if (result)
    return result;
  *count = o->info->instance_extension_count;
  *extensions = s2_alloc(&o->env, (size_t)*count + 1, sizeof **extensions);
  if (!*extensions)
    return s2_fail(&o->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u extensions", *count + 1);
  bool given = false;
  for (uint32_t i = 0; i < *count; i++) {
    (*extensions)[i] = o->info->instance_extensions[i];
    given = given || strcmp((*extensions)[i], name) == 0;
  }
  if (*portability && !given)
    (*extensions)[(*count)++] = name;
  return S2VK_SUCCESS;
}

static s2vk_result create_instance(struct opener *o) {
  PFN_vkGetInstanceProcAddr get = o->info->get_instance_proc_addr;
  PFN_vkCreateInstance create = (PFN_vkCreateInstance)get(NULL, "vkCreateInstance");
  PFN_vkEnumerateInstanceVersion version = (PFN_vkEnumerateInstanceVersion)get(NULL, "vkEnumerateInstanceVersion");
  o->EnumerateInstanceExtensionProperties =
      (PFN_vkEnumerateInstanceExtensionProperties)get(NULL, "vkEnumerateInstanceExtensionProperties");
  if (!create || !version || !o->EnumerateInstanceExtensionProperties)
    return s2_fail(&o->env, S2VK_ERROR_NO_DRIVER, "the Vulkan loader is below 1.1");
  const char **extensions = NULL;
  uint32_t extension_count;
  bool portability;
  s2vk_result listed = list_extensions(o, &extensions, &extension_count, &portability);
  if (listed)
    return listed;
  const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .pEngineName = "s2vk",
      .engineVersion = s2vk_version(),
      .apiVersion = VK_API_VERSION_1_1};
  const VkInstanceCreateInfo instance = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pNext = o->info->instance_next,
      .flags = portability ? ENUMERATE_PORTABILITY : 0,
      .pApplicationInfo = &application,
      .enabledLayerCount = o->info->layer_count,
      .ppEnabledLayerNames = o->info->layers,
      .enabledExtensionCount = extension_count,
      .ppEnabledExtensionNames = extensions,
  };
  VkResult result = create(&instance, NULL, &o->instance);
  s2_free(&o->env, extensions);
  if (result)
    o->instance = VK_NULL_HANDLE;
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
    return s2_fail(&o->env, S2VK_ERROR_NO_DRIVER, "no Vulkan driver is installed");
  if (result)
    return s2_fail_vk(&o->env, result, "vkCreateInstance");
#define LOAD(name)                                                                                                     \
  o->name = (PFN_vk##name)get(o->instance, "vk" #name);                                                                \
  if (!o->name)                                                                                                        \
    return s2_fail(&o->env, S2VK_ERROR_NO_DRIVER, "the instance has no vk" #name);
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

/* The family for compute work. A family without graphics is often a queue of its own beside the renderer's. There is no
 * renderer here, and the family with the most capabilities is the best supported one. */
static bool find_family(const struct opener *o, VkPhysicalDevice device, uint32_t *family) {
  VkQueueFamilyProperties families[MAX_FAMILIES];
  uint32_t count = 0; /* queried first: SwiftShader does not reduce a count that is too large */
  o->GetPhysicalDeviceQueueFamilyProperties(device, &count, NULL);
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
    return s2_fail_vk(&o->env, result, "vkEnumeratePhysicalDevices");
  if (o->info->device_index < 0 || o->info->device_index > (int64_t)count)
    return s2_fail(&o->env, S2VK_ERROR_NO_DRIVER, "device_index is %d; it must be 0 to %u, the number of devices",
        o->info->device_index, count);
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
    return s2_fail(
        &o->env, S2VK_ERROR_NO_DRIVER, "none of the %u Vulkan devices has Vulkan 1.1 and a compute queue", count);
  return S2VK_SUCCESS;
}

static s2vk_result create_device(struct opener *o, s2vk_context_info *context_info) {
  /* A device that offers this one must have it enabled (specification of the extension). */
  const char *const portability = "VK_KHR_portability_subset";
  bool has_portability;
  s2vk_result found = find_extension(o, context_info->physical_device, portability, &has_portability);
  if (found)
    return found;
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
  const VkDeviceCreateInfo device = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue,
      .enabledExtensionCount = has_portability ? 1 : 0,
      .ppEnabledExtensionNames = &portability,
      .pEnabledFeatures = &enabled,
  };
  VkResult result = o->CreateDevice(context_info->physical_device, &device, NULL, &context_info->device);
  if (result)
    return s2_fail_made(&o->env, result, "vkCreateDevice", &context_info->device);
  PFN_vkGetDeviceQueue get_queue = (PFN_vkGetDeviceQueue)o->GetDeviceProcAddr(context_info->device, "vkGetDeviceQueue");
  if (!get_queue)
    return s2_fail(&o->env, S2VK_ERROR_NO_DRIVER, "the device has no vkGetDeviceQueue");
  get_queue(context_info->device, context_info->queue_family, 0, &context_info->queue);
  return S2VK_SUCCESS;
}

static bool enables(const s2vk_device_info *info, const char *extension) {
  for (uint32_t i = 0; i < info->instance_extension_count; i++)
    if (strcmp(info->instance_extensions[i], extension) == 0)
      return true;
  return false;
}

s2vk_result s2vk_device_open(const s2vk_device_info *info, s2vk_context_info *context_info) {
  if (context_info)
    *context_info = (s2vk_context_info){.struct_size = sizeof *context_info};
  if (!info)
    return S2VK_ERROR_NULL;
  struct opener o = {.info = info};
  if (info->struct_size == sizeof *info)
    o.env = (struct s2_env){.log = info->log, .log_user = info->log_user};
  s2vk_result result = s2_check_struct(&o.env, "s2vk_device_info", info, info->struct_size, sizeof *info);
  if (result)
    return result;
  if (!context_info)
    return s2_fail(&o.env, S2VK_ERROR_NULL, "context_info is NULL");
  if (!info->get_instance_proc_addr)
    return s2_fail(&o.env, S2VK_ERROR_NULL, "s2vk_device_info.get_instance_proc_addr is NULL");
  context_info->get_instance_proc_addr = info->get_instance_proc_addr;
  context_info->log = info->log;
  context_info->log_user = info->log_user;
  context_info->debug_utils = enables(info, VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
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
