#include "cooperative.h"

#include <stdlib.h>
#include <string.h>

/* As in Vulkan's headers from 1.3.255 on. Their own names would clash with these. */
enum {
  TYPE_FEATURES = 1000506000, /* VkStructureType */
  TYPE_PROPERTIES = 1000506001,
  COMPONENT_FLOAT16 = 0, /* VkComponentTypeKHR */
  COMPONENT_FLOAT32 = 1,
  SCOPE_SUBGROUP = 3, /* VkScopeKHR */
};

struct features { /* VkPhysicalDeviceCooperativeMatrixFeaturesKHR */
  VkStructureType type;
  void *next;
  VkBool32 cooperative_matrix, robust_buffer_access;
};

struct property { /* VkCooperativeMatrixPropertiesKHR */
  VkStructureType type;
  void *next;
  uint32_t rows, columns, depth;
  uint32_t a, b, c, result;
  VkBool32 saturating;
  uint32_t scope;
};

typedef VkResult(VKAPI_PTR *get_properties)(VkPhysicalDevice device, uint32_t *count, struct property *properties);

#define SUBGROUPS 4u /* of a workgroup */

static const char *const extensions[] = {"VK_KHR_cooperative_matrix", VK_KHR_VULKAN_MEMORY_MODEL_EXTENSION_NAME,
    VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME};
#define EXTENSION_COUNT (sizeof extensions / sizeof *extensions)

#ifdef VIT_COOPERATIVE /* by CMake, if glslc knows the extension */
static const bool is_built = true;
#else
static const bool is_built = false;
#endif

/* ---- What a device has ---- */

static bool has_extensions(PFN_vkGetInstanceProcAddr get, VkInstance instance, VkPhysicalDevice device) {
  PFN_vkEnumerateDeviceExtensionProperties enumerate =
      (PFN_vkEnumerateDeviceExtensionProperties)get(instance, "vkEnumerateDeviceExtensionProperties");
  uint32_t count = 0, found = 0;
  if (!enumerate || enumerate(device, NULL, &count, NULL))
    return false;
  VkExtensionProperties *offered = calloc(count ? count : 1, sizeof *offered);
  if (offered && enumerate(device, NULL, &count, offered) == VK_SUCCESS)
    for (uint32_t i = 0; i < count; i++)
      for (size_t j = 0; j < EXTENSION_COUNT; j++)
        found += strcmp(offered[i].extensionName, extensions[j]) == 0;
  free(offered);
  return found == EXTENSION_COUNT;
}

/* The features of the extensions, chained. */
struct chain {
  struct features cooperative;
  VkPhysicalDeviceVulkanMemoryModelFeatures memory;
  VkPhysicalDeviceShaderFloat16Int8Features half;
  VkPhysicalDeviceSubgroupSizeControlFeaturesEXT subgroup;
};

static void chain_link(struct chain *chain, void *next) {
  *chain = (struct chain){
      .cooperative = {.type = (VkStructureType)TYPE_FEATURES, .next = &chain->memory},
      .memory = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES, .pNext = &chain->half},
      .half = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES, .pNext = &chain->subgroup},
      .subgroup = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES_EXT, .pNext = next},
  };
}

static bool has_features(PFN_vkGetInstanceProcAddr get, VkInstance instance, VkPhysicalDevice device) {
  PFN_vkGetPhysicalDeviceFeatures2 ask =
      (PFN_vkGetPhysicalDeviceFeatures2)get(instance, "vkGetPhysicalDeviceFeatures2");
  struct chain chain;
  chain_link(&chain, NULL);
  VkPhysicalDeviceFeatures2 features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &chain.cooperative};
  if (!ask)
    return false;
  ask(device, &features);
  return chain.cooperative.cooperative_matrix && chain.memory.vulkanMemoryModel &&
         chain.memory.vulkanMemoryModelDeviceScope && chain.half.shaderFloat16 && chain.subgroup.subgroupSizeControl &&
         chain.subgroup.computeFullSubgroups;
}

/* The invocations of a subgroup, if it has no other size or a pipeline can ask for this one, and four such subgroups
 * fit into a workgroup. Intel's are left out: their matrices have a size of subgroups of their own. */
static void find_subgroup(
    PFN_vkGetInstanceProcAddr get, VkInstance instance, VkPhysicalDevice device, struct vit_cooperative *found) {
  enum { INTEL = 0x8086 };
  PFN_vkGetPhysicalDeviceProperties2 ask =
      (PFN_vkGetPhysicalDeviceProperties2)get(instance, "vkGetPhysicalDeviceProperties2");
  VkPhysicalDeviceSubgroupSizeControlPropertiesEXT control = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES_EXT};
  VkPhysicalDeviceSubgroupProperties subgroup = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES, .pNext = &control};
  VkPhysicalDeviceProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &subgroup};
  if (!ask)
    return;
  ask(device, &properties);
  const VkPhysicalDeviceLimits *limits = &properties.properties.limits;
  const uint32_t size = subgroup.subgroupSize, lanes = size * SUBGROUPS;
  found->sized = control.minSubgroupSize != control.maxSubgroupSize;
  if (properties.properties.vendorID != INTEL && lanes <= limits->maxComputeWorkGroupInvocations &&
      lanes <= limits->maxComputeWorkGroupSize[0] && control.maxComputeWorkgroupSubgroups >= SUBGROUPS &&
      (!found->sized || control.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT))
    found->subgroup = size;
}

/* To matmul_cooperative.comp, whose workgroups have that many invocations. */
static bool suits(const struct property *p, uint32_t lanes) {
  return p->scope == SCOPE_SUBGROUP && p->a == COMPONENT_FLOAT16 && p->b == COMPONENT_FLOAT16 &&
         p->c == COMPONENT_FLOAT32 && p->result == COMPONENT_FLOAT32 && !p->saturating && p->rows <= 16 &&
         p->columns <= 16 && p->depth <= 16 && p->columns % 4 == 0 && p->depth % 4 == 0 &&
         2 * p->rows * p->depth % lanes == 0 && 2 * p->columns * p->depth % lanes == 0;
}

/* The largest matrices of those that suit. */
static bool find_shape(
    PFN_vkGetInstanceProcAddr get, VkInstance instance, VkPhysicalDevice device, struct vit_cooperative *found) {
  get_properties ask = (get_properties)get(instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
  uint32_t count = 0, most = 0;
  if (!ask || ask(device, &count, NULL))
    return false;
  struct property *properties = calloc(count ? count : 1, sizeof *properties);
  for (uint32_t i = 0; properties && i < count; i++)
    properties[i].type = (VkStructureType)TYPE_PROPERTIES;
  if (properties && ask(device, &count, properties) == VK_SUCCESS)
    for (uint32_t i = 0; i < count; i++) {
      const struct property *p = &properties[i];
      const uint32_t work = suits(p, found->subgroup * SUBGROUPS) ? p->rows * p->columns * p->depth : 0;
      if (work <= most)
        continue;
      most = work;
      *found = (struct vit_cooperative){p->rows, p->columns, p->depth, found->subgroup, found->sized};
    }
  free(properties);
  return most;
}

struct vit_cooperative vit_cooperative_find(
    PFN_vkGetInstanceProcAddr get, VkInstance instance, VkPhysicalDevice device) {
  struct vit_cooperative found = {0};
  if (is_built && has_extensions(get, instance, device) && has_features(get, instance, device))
    find_subgroup(get, instance, device, &found);
  if (!found.subgroup || !find_shape(get, instance, device, &found))
    found = (struct vit_cooperative){0};
  return found;
}

/* ---- A device that has it enabled ---- */

static struct {
  PFN_vkGetInstanceProcAddr below;
  PFN_vkCreateDevice create_device;
  VkInstance instance;
} opening;

static VKAPI_ATTR VkResult VKAPI_CALL create_device(
    VkPhysicalDevice physical, const VkDeviceCreateInfo *info, const VkAllocationCallbacks *allocator, VkDevice *made) {
  if (!vit_cooperative_find(opening.below, opening.instance, physical).subgroup)
    return opening.create_device(physical, info, allocator, made);
  const uint32_t count = info->enabledExtensionCount;
  const char **names = malloc((count + EXTENSION_COUNT) * sizeof *names);
  if (!names)
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  for (uint32_t i = 0; i < count; i++)
    names[i] = info->ppEnabledExtensionNames[i];
  memcpy(names + count, extensions, sizeof extensions);
  struct chain chain;
  chain_link(&chain, (void *)(uintptr_t)info->pNext);
  chain.cooperative.cooperative_matrix = chain.half.shaderFloat16 = VK_TRUE;
  /* With the memory model, atomics of any shader have the scope of the device only if that is enabled, too. */
  chain.memory.vulkanMemoryModel = chain.memory.vulkanMemoryModelDeviceScope = VK_TRUE;
  chain.subgroup.subgroupSizeControl = chain.subgroup.computeFullSubgroups = VK_TRUE;
  VkDeviceCreateInfo more = *info;
  more.pNext = &chain.cooperative;
  more.enabledExtensionCount = count + (uint32_t)EXTENSION_COUNT;
  more.ppEnabledExtensionNames = names;
  const VkResult result = opening.create_device(physical, &more, allocator, made);
  free(names);
  return result;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_function(VkInstance instance, const char *name) {
  PFN_vkVoidFunction function = opening.below(instance, name);
  if (!function || strcmp(name, "vkCreateDevice") != 0)
    return function;
  opening.instance = instance;
  opening.create_device = (PFN_vkCreateDevice)function;
  return (PFN_vkVoidFunction)create_device;
}

PFN_vkGetInstanceProcAddr vit_cooperative_enabling(PFN_vkGetInstanceProcAddr below) {
  opening.below = below;
  return below ? get_function : NULL;
}
