#include "profile.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spirv.h"

/* ---- Limits ----------------------------------------------------------------------------------------------------- */

enum profile { PROFILE_NONE, PROFILE_SMALLEST, PROFILE_TINY, PROFILE_FEW };
static const char *const names[] = {NULL, "smallest", "tiny", "few"};

static enum profile current(void) {
  const char *given = getenv("S2VK_TEST_PROFILE");
  if (!given || !*given)
    return PROFILE_NONE;
  for (size_t i = 1; i < sizeof names / sizeof *names; i++)
    if (strcmp(given, names[i]) == 0)
      return (enum profile)i;
  fprintf(stderr, "S2VK_TEST_PROFILE is '%s'; it must be smallest, tiny or few\n", given);
  exit(2);
}

const char *profile_name(void) {
  return names[current()];
}

/* The specification's "Required Limits", of those that compute work has to do with. */
static void shrink(VkPhysicalDeviceLimits *limits) {
  const bool tiny = current() == PROFILE_TINY;
  limits->maxTexelBufferElements = 65536;
  limits->maxUniformBufferRange = 16384;
  limits->maxStorageBufferRange = tiny ? 1 << 16 : 1 << 27;
  limits->maxPushConstantsSize = 128;
  limits->maxMemoryAllocationCount = 4096;
  limits->maxBoundDescriptorSets = 4;
  limits->maxPerStageDescriptorUniformBuffers = 12;
  limits->maxPerStageDescriptorStorageBuffers = 4;
  limits->maxPerStageDescriptorSampledImages = 16;
  limits->maxPerStageDescriptorStorageImages = 4;
  limits->maxPerStageResources = 128;
  limits->maxComputeSharedMemorySize = 16384;
  limits->maxComputeWorkGroupInvocations = 128;
  for (int i = 0; i < 3; i++) {
    limits->maxComputeWorkGroupCount[i] = tiny ? 7 : 65535;
    limits->maxComputeWorkGroupSize[i] = i < 2 ? 128 : 64;
  }
  limits->minMemoryMapAlignment = 64;
  limits->minTexelBufferOffsetAlignment = 256;
  limits->minUniformBufferOffsetAlignment = 256;
  limits->minStorageBufferOffsetAlignment = 256;
  limits->optimalBufferCopyOffsetAlignment = 256;
  limits->nonCoherentAtomSize = 256;
}

#define MAX_ALLOCATION ((VkDeviceSize)1 << 30)

static VkPhysicalDeviceLimits limits; /* as last answered */

#define INSTANCE_FUNCTIONS(X)                                                                                          \
  X(CreateDevice)                                                                                                      \
  X(GetDeviceProcAddr)                                                                                                 \
  X(GetPhysicalDeviceFeatures)                                                                                         \
  X(GetPhysicalDeviceProperties)                                                                                       \
  X(GetPhysicalDeviceProperties2)
#define DEVICE_FUNCTIONS(X)                                                                                            \
  X(AllocateMemory)                                                                                                    \
  X(CmdDispatch)                                                                                                       \
  X(CreateBufferView)                                                                                                  \
  X(CreateComputePipelines)                                                                                            \
  X(CreateDescriptorSetLayout)                                                                                         \
  X(CreatePipelineLayout)                                                                                              \
  X(CreateShaderModule)                                                                                                \
  X(UpdateDescriptorSets)
#define DECLARE(name) static PFN_vk##name driver_##name;
INSTANCE_FUNCTIONS(DECLARE)
DEVICE_FUNCTIONS(DECLARE)
#undef DECLARE

static VKAPI_ATTR void VKAPI_CALL our_GetPhysicalDeviceProperties(
    VkPhysicalDevice device, VkPhysicalDeviceProperties *properties) {
  driver_GetPhysicalDeviceProperties(device, properties);
  shrink(&properties->limits);
  limits = properties->limits;
}

static VKAPI_ATTR void VKAPI_CALL our_GetPhysicalDeviceProperties2(
    VkPhysicalDevice device, VkPhysicalDeviceProperties2 *properties) {
  driver_GetPhysicalDeviceProperties2(device, properties);
  shrink(&properties->properties.limits);
  limits = properties->properties.limits;
  if (current() == PROFILE_FEW)
    properties->properties.deviceType = VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU;
  for (VkBaseOutStructure *next = properties->pNext; next; next = next->pNext)
    if (next->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES) {
      VkPhysicalDeviceMaintenance3Properties *maintenance3 = (VkPhysicalDeviceMaintenance3Properties *)next;
      maintenance3->maxPerSetDescriptors = 1024;
      maintenance3->maxMemoryAllocationSize = MAX_ALLOCATION;
    } else if (current() == PROFILE_FEW && next->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES) {
      ((VkPhysicalDeviceDriverProperties *)next)->driverID = VK_DRIVER_ID_MESA_V3DV;
    }
}

static VKAPI_ATTR void VKAPI_CALL our_GetPhysicalDeviceFeatures(
    VkPhysicalDevice device, VkPhysicalDeviceFeatures *features) {
  driver_GetPhysicalDeviceFeatures(device, features); /* the layer wants to see that it is asked */
  *features = (VkPhysicalDeviceFeatures){0};
}

/* ---- Watching --------------------------------------------------------------------------------------------------- */

static atomic_uint violations;

unsigned profile_violations(void) {
  return violations;
}

static void check(const char *what, uint64_t used, uint64_t limit) {
  if (used <= limit)
    return;
  violations++;
  fprintf(stderr, "profile %s: %s is %llu; the limit is %llu\n", profile_name(), what, (unsigned long long)used,
      (unsigned long long)limit);
}

/* Offsets may be any multiple. */
static void check_offset(const char *what, uint64_t offset, uint64_t alignment) {
  check(what, offset % alignment, 0);
}

static VKAPI_ATTR VkResult VKAPI_CALL our_AllocateMemory(
    VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *allocator, VkDeviceMemory *memory) {
  check("VkMemoryAllocateInfo.allocationSize", info->allocationSize, MAX_ALLOCATION);
  return driver_AllocateMemory(device, info, allocator, memory);
}

static VKAPI_ATTR void VKAPI_CALL our_CmdDispatch(VkCommandBuffer commands, uint32_t x, uint32_t y, uint32_t z) {
  check("groups along x", x, limits.maxComputeWorkGroupCount[0]);
  check("groups along y", y, limits.maxComputeWorkGroupCount[1]);
  check("groups along z", z, limits.maxComputeWorkGroupCount[2]);
  driver_CmdDispatch(commands, x, y, z);
}

static VKAPI_ATTR VkResult VKAPI_CALL our_CreateBufferView(
    VkDevice device, const VkBufferViewCreateInfo *info, const VkAllocationCallbacks *allocator, VkBufferView *view) {
  const bool four_words = info->format == VK_FORMAT_R32G32B32A32_UINT || info->format == VK_FORMAT_R32G32B32A32_SFLOAT;
  check("texels of a view", info->range / (four_words ? 16 : 8), limits.maxTexelBufferElements);
  check_offset("offset of a view, modulo its alignment,", info->offset, limits.minTexelBufferOffsetAlignment);
  return driver_CreateBufferView(device, info, allocator, view);
}

static VKAPI_ATTR VkResult VKAPI_CALL our_CreateDescriptorSetLayout(VkDevice device,
    const VkDescriptorSetLayoutCreateInfo *info, const VkAllocationCallbacks *allocator,
    VkDescriptorSetLayout *layout) {
  uint32_t storage_buffers = 0, sampled_images = 0, others = 0;
  for (uint32_t i = 0; i < info->bindingCount; i++) {
    const VkDescriptorSetLayoutBinding *binding = &info->pBindings[i];
    uint32_t *count = binding->descriptorType == VK_DESCRIPTOR_TYPE_STORAGE_BUFFER         ? &storage_buffers
                      : binding->descriptorType == VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER ? &sampled_images
                      : binding->descriptorType == VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE        ? &sampled_images
                                                                                           : &others;
    *count += binding->descriptorCount;
  }
  check("storage buffers of a set", storage_buffers, limits.maxPerStageDescriptorStorageBuffers);
  check("texel buffers and sampled images of a set", sampled_images, limits.maxPerStageDescriptorSampledImages);
  check("descriptors of a kind that the profile does not know", others, 0);
  return driver_CreateDescriptorSetLayout(device, info, allocator, layout);
}

static VKAPI_ATTR VkResult VKAPI_CALL our_CreatePipelineLayout(VkDevice device, const VkPipelineLayoutCreateInfo *info,
    const VkAllocationCallbacks *allocator, VkPipelineLayout *layout) {
  check("descriptor sets of a pipeline", info->setLayoutCount, 1); /* the counts above are of one */
  for (uint32_t i = 0; i < info->pushConstantRangeCount; i++)
    check("bytes of push constants", info->pPushConstantRanges[i].offset + info->pPushConstantRanges[i].size,
        limits.maxPushConstantsSize);
  return driver_CreatePipelineLayout(device, info, allocator, layout);
}

static VKAPI_ATTR void VKAPI_CALL our_UpdateDescriptorSets(VkDevice device, uint32_t write_count,
    const VkWriteDescriptorSet *writes, uint32_t copy_count, const VkCopyDescriptorSet *copies) {
  for (uint32_t i = 0; i < write_count; i++)
    for (uint32_t k = 0; writes[i].pBufferInfo && k < writes[i].descriptorCount; k++) {
      const VkDescriptorBufferInfo *buffer = &writes[i].pBufferInfo[k];
      check("range of a descriptor", buffer->range, limits.maxStorageBufferRange);
      check_offset(
          "offset of a descriptor, modulo its alignment,", buffer->offset, limits.minStorageBufferOffsetAlignment);
    }
  driver_UpdateDescriptorSets(device, write_count, writes, copy_count, copies);
}

/* The module that this thread made last: the library makes a pipeline of each at once. */
static _Thread_local struct {
  VkShaderModule module;
  struct spirv_workgroup workgroup;
} last;

static VKAPI_ATTR VkResult VKAPI_CALL our_CreateShaderModule(VkDevice device, const VkShaderModuleCreateInfo *info,
    const VkAllocationCallbacks *allocator, VkShaderModule *module) {
  VkResult result = driver_CreateShaderModule(device, info, allocator, module);
  check("modules that cannot be read", !spirv_read(info->pCode, info->codeSize / 4, &last.workgroup), 0);
  check("modules with shared memory, which the profile does not count,", last.workgroup.shared, 0);
  last.module = *module;
  return result;
}

static uint32_t constant_value(const struct spirv_constant *constant, const VkSpecializationInfo *specialization) {
  uint32_t value = constant->value;
  for (uint32_t i = 0; constant->specialized && specialization && i < specialization->mapEntryCount; i++)
    if (specialization->pMapEntries[i].constantID == constant->id)
      memcpy(&value, (const char *)specialization->pData + specialization->pMapEntries[i].offset, sizeof value);
  return value;
}

static VKAPI_ATTR VkResult VKAPI_CALL our_CreateComputePipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
    const VkComputePipelineCreateInfo *infos, const VkAllocationCallbacks *allocator, VkPipeline *pipelines) {
  for (uint32_t i = 0; i < count; i++) {
    uint64_t invocations = 1;
    check("pipelines of a module that was not made last", infos[i].stage.module != last.module, 0);
    for (int axis = 0; axis < 3; axis++) {
      const uint32_t size = constant_value(&last.workgroup.size[axis], infos[i].stage.pSpecializationInfo);
      check("size of a workgroup along an axis", size, limits.maxComputeWorkGroupSize[axis]);
      invocations *= size;
    }
    check("invocations of a workgroup", invocations, limits.maxComputeWorkGroupInvocations);
  }
  return driver_CreateComputePipelines(device, cache, count, infos, allocator, pipelines);
}

static VKAPI_ATTR VkResult VKAPI_CALL our_CreateDevice(VkPhysicalDevice physical_device, const VkDeviceCreateInfo *info,
    const VkAllocationCallbacks *allocator, VkDevice *device) {
  static const VkPhysicalDeviceFeatures none = {0};
  const bool plain =
      !info->pEnabledFeatures || memcmp(info->pEnabledFeatures, &none, sizeof none) == 0; /* all are VkBool32 */
  check("devices with optional features", !plain || info->pNext, 0);
  return driver_CreateDevice(physical_device, info, allocator, device);
}

/* ---- The table -------------------------------------------------------------------------------------------------- */

#define WRAP(function_name)                                                                                            \
  if (strcmp(name, "vk" #function_name) == 0) {                                                                        \
    driver_##function_name = (PFN_vk##function_name)function;                                                          \
    return (PFN_vkVoidFunction)our_##function_name;                                                                    \
  }

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL our_GetDeviceProcAddr(VkDevice device, const char *name) {
  PFN_vkVoidFunction function = driver_GetDeviceProcAddr(device, name);
  DEVICE_FUNCTIONS(WRAP)
  return function;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL profile_get_instance_proc_addr(VkInstance instance, const char *name) {
  PFN_vkVoidFunction function = vkGetInstanceProcAddr(instance, name);
  if (current() == PROFILE_NONE)
    return function;
  INSTANCE_FUNCTIONS(WRAP)
  return function;
}
