#include "vulkan/context.h"

#include "vulkan/debug.h"
#include "vulkan/pipeline.h"

#define SET_BINDINGS 7

/* ---- Creation ------------------------------------------------------------------------------------------------ */

static s2vk_result check_info(const struct s2_env *env, const s2vk_context_info *info) {
  const struct {
    const char *name;
    bool given;
  } fields[] = {
      {"get_instance_proc_addr", info->get_instance_proc_addr != NULL},
      {"instance", info->instance != VK_NULL_HANDLE},
      {"physical_device", info->physical_device != VK_NULL_HANDLE},
  };
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (!fields[i].given)
      return s2_fail(
          env, S2VK_ERROR_NULL, "s2vk_context_info.%s is NULL; it is required with a device", fields[i].name);
  return S2VK_SUCCESS;
}

static s2vk_result load_functions(const struct s2_env *env, const s2vk_context_info *info, struct s2_context *vk) {
  PFN_vkGetDeviceProcAddr get =
      (PFN_vkGetDeviceProcAddr)info->get_instance_proc_addr(info->instance, "vkGetDeviceProcAddr");
  if (!get)
    return s2_fail(env, S2VK_ERROR_NO_DRIVER, "the instance has no vkGetDeviceProcAddr");
#define LOAD(name)                                                                                                     \
  vk->name = (PFN_vk##name)get(info->device, "vk" #name);                                                              \
  if (!vk->name)                                                                                                       \
    return s2_fail(env, S2VK_ERROR_NO_DRIVER, "the device has no vk" #name);
  S2_DEVICE_FUNCTIONS(LOAD)
#undef LOAD
  return S2VK_SUCCESS;
}

/* Limits and memory are asked once; the functions for that belong to the instance. */
static s2vk_result load_limits(const struct s2_env *env, const s2vk_context_info *info, struct s2_context *vk) {
  PFN_vkGetPhysicalDeviceProperties2 get_properties = (PFN_vkGetPhysicalDeviceProperties2)info->get_instance_proc_addr(
      info->instance, "vkGetPhysicalDeviceProperties2");
  PFN_vkGetPhysicalDeviceMemoryProperties get_memory =
      (PFN_vkGetPhysicalDeviceMemoryProperties)info->get_instance_proc_addr(
          info->instance, "vkGetPhysicalDeviceMemoryProperties");
  if (!get_properties || !get_memory)
    return s2_fail(env, S2VK_ERROR_NO_DRIVER, "the instance is below Vulkan 1.1");
  VkPhysicalDeviceMaintenance3Properties maintenance3 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES};
  VkPhysicalDeviceProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &maintenance3};
  VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
  get_properties(info->physical_device, &properties);
  if (properties.properties.apiVersion >= VK_API_VERSION_1_2) { /* knows its driver's name */
    maintenance3.pNext = &driver;
    get_properties(info->physical_device, &properties);
  }
  if (properties.properties.apiVersion < VK_API_VERSION_1_1)
    return s2_fail(env, S2VK_ERROR_NO_DRIVER, "%s offers Vulkan %u.%u; s2vk needs 1.1",
        properties.properties.deviceName, VK_API_VERSION_MAJOR(properties.properties.apiVersion),
        VK_API_VERSION_MINOR(properties.properties.apiVersion));
  vk->faults = s2_quirks_of(driver.driverID);
  const bool by_type = info->variant == S2VK_VARIANT_AUTO;
  const bool cpu = properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  vk->cpu = by_type ? cpu && !vk->quirks.keeps_branches : info->variant == S2VK_VARIANT_CPU;
  vk->copies = by_type ? cpu : info->variant == S2VK_VARIANT_CPU;
  vk->int64 = vk->cpu && info->shader_int64;
  vk->limits = properties.properties.limits;
  vk->max_allocation = maintenance3.maxMemoryAllocationSize;
  get_memory(info->physical_device, &vk->memory);
  return S2VK_SUCCESS;
}

static s2vk_result create_layouts(const struct s2_env *env, struct s2_context *vk) {
  VkDescriptorSetLayoutBinding bindings[SET_BINDINGS];
  for (uint32_t i = 0; i < SET_BINDINGS; i++)
    bindings[i] = (VkDescriptorSetLayoutBinding){
        .binding = i,
        .descriptorType = i < 4   ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
                          : i < 6 ? VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER
                                  : VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
        .descriptorCount = 1,
        .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
    };
  const VkDescriptorSetLayoutCreateInfo set_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = SET_BINDINGS,
      .pBindings = bindings,
  };
  VkResult result = vk->CreateDescriptorSetLayout(vk->device, &set_info, env->allocator, &vk->set_layout);
  if (result)
    return s2_fail_made(env, result, "vkCreateDescriptorSetLayout", &vk->set_layout);
  s2_debug_name(vk, VK_OBJECT_TYPE_DESCRIPTOR_SET_LAYOUT, (uint64_t)vk->set_layout, "s2vk passes");
  const VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, S2_PUSH_BYTES};
  const VkPipelineLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &vk->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &range,
  };
  result = vk->CreatePipelineLayout(vk->device, &layout_info, env->allocator, &vk->pipeline_layout);
  if (result)
    return s2_fail_made(env, result, "vkCreatePipelineLayout", &vk->pipeline_layout);
  s2_debug_name(vk, VK_OBJECT_TYPE_PIPELINE_LAYOUT, (uint64_t)vk->pipeline_layout, "s2vk passes");
  return S2VK_SUCCESS;
}

static s2vk_result open_device(const struct s2_env *env, const s2vk_context_info *info, struct s2_context *vk) {
  s2vk_result result = check_info(env, info);
  if (!result && (info->variant < S2VK_VARIANT_AUTO || info->variant > S2VK_VARIANT_CPU))
    result = s2_fail(env, S2VK_ERROR_ENUM, "s2vk_context_info.variant is %d; it must be %d to %d", (int)info->variant,
        S2VK_VARIANT_AUTO, S2VK_VARIANT_CPU);
  if (!result)
    result = load_functions(env, info, vk);
  if (!result)
    result = s2_debug_load(info, env, &vk->debug);
  if (!result)
    result = load_limits(env, info, vk);
  if (result)
    return result;
  vk->device = info->device;
  vk->queue = info->queue;
  vk->queue_family = info->queue_family;
  vk->cache = info->pipeline_cache;
  return create_layouts(env, vk);
}

s2vk_result s2vk_context_create(const s2vk_context_info *info, s2vk_context **context) {
  if (context)
    *context = NULL;
  if (!info)
    return S2VK_ERROR_NULL;
  struct s2_env env = {0};
  if (info->struct_size == sizeof *info) {
    env.log = info->log;
    env.log_user = info->log_user;
    if (info->allocator) {
      env.callbacks = *info->allocator;
      env.allocator = &env.callbacks;
    }
  }
  s2vk_result result = s2_check_struct(&env, "s2vk_context_info", info, info->struct_size, sizeof *info);
  if (result)
    return result;
  if (!context)
    return s2_fail(&env, S2VK_ERROR_NULL, "context is NULL");
  s2vk_context *made = s2_alloc(&env, 1, sizeof *made);
  if (!made)
    return s2_fail(&env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for a context");
  made->env = env;
  if (env.allocator)
    made->env.allocator = &made->env.callbacks;
  if (info->device && (result = open_device(&made->env, info, &made->vk))) {
    s2vk_context_destroy(&made);
    return result;
  }
  *context = made;
  return S2VK_SUCCESS;
}

void s2vk_context_destroy(s2vk_context **context) {
  if (!context || !*context)
    return;
  struct s2_env env = (*context)->env;
  if (env.allocator)
    env.allocator = &env.callbacks;
  struct s2_context *vk = &(*context)->vk;
  if (vk->device) {
    s2_pipelines_destroy(*context);
    vk->DestroyPipelineLayout(vk->device, vk->pipeline_layout, env.allocator);
    vk->DestroyDescriptorSetLayout(vk->device, vk->set_layout, env.allocator);
  }
  s2_free(&env, *context);
  *context = NULL;
}

/* ---- Memory -------------------------------------------------------------------------------------------------- */

VkDeviceSize s2_context_memory(const s2vk_context *context) {
  const VkPhysicalDeviceMemoryProperties *memory = &context->vk.memory;
  VkDeviceSize most = 0;
  for (uint32_t i = 0; i < memory->memoryHeapCount; i++)
    if ((memory->memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) && memory->memoryHeaps[i].size > most)
      most = memory->memoryHeaps[i].size;
  return most;
}

/* The memory type to use: of those allowed that have all required flags, the one with the most preferred flags. */
static bool find_memory_type(const struct s2_context *vk, uint32_t allowed, enum s2_memory where, uint32_t *type) {
  const VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
  const VkMemoryPropertyFlags coherent = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  const VkMemoryPropertyFlags required = where == S2_MEMORY_DEVICE ? 0 : coherent;
  const VkMemoryPropertyFlags preferred = where == S2_MEMORY_DEVICE || where == S2_MEMORY_TABLE ? local
                                          : where == S2_MEMORY_DOWNLOAD ? VK_MEMORY_PROPERTY_HOST_CACHED_BIT
                                                                        : 0;
  bool found = false;
  for (uint32_t i = 0; i < vk->memory.memoryTypeCount; i++) {
    VkMemoryPropertyFlags flags = vk->memory.memoryTypes[i].propertyFlags;
    if (!(allowed & (1u << i)) || (flags & required) != required)
      continue;
    if ((flags & preferred) == preferred) {
      *type = i;
      return true;
    }
    if (!found)
      *type = i;
    found = true;
  }
  return found;
}

static s2vk_result back_buffer(
    const s2vk_context *context, const char *name, enum s2_memory where, struct s2_buffer *buffer) {
  const struct s2_context *vk = &context->vk;
  VkMemoryRequirements needs;
  vk->GetBufferMemoryRequirements(vk->device, buffer->buffer, &needs);
  VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = needs.size};
  if (!find_memory_type(vk, needs.memoryTypeBits, where, &info.memoryTypeIndex))
    return s2_fail(&context->env, S2VK_ERROR_OUT_OF_DEVICE_MEMORY, "the device has no memory for the %s buffer", name);
  if (needs.size > vk->max_allocation)
    return s2_fail(&context->env, S2VK_ERROR_LIMIT,
        "the %s buffer needs %llu bytes; the device's maxMemoryAllocationSize is %llu", name,
        (unsigned long long)needs.size, (unsigned long long)vk->max_allocation);
  VkResult result = vk->AllocateMemory(vk->device, &info, context->env.allocator, &buffer->memory);
  if (result)
    return s2_fail_made(&context->env, result, "vkAllocateMemory", &buffer->memory);
  s2_debug_name(vk, VK_OBJECT_TYPE_DEVICE_MEMORY, (uint64_t)buffer->memory, "s2vk %s", name);
  if ((result = vk->BindBufferMemory(vk->device, buffer->buffer, buffer->memory, 0)))
    return s2_fail_vk(&context->env, result, "vkBindBufferMemory");
  if (where != S2_MEMORY_DEVICE &&
      (result = vk->MapMemory(vk->device, buffer->memory, 0, VK_WHOLE_SIZE, 0, &buffer->mapped)))
    return s2_fail_vk(&context->env, result, "vkMapMemory");
  return S2VK_SUCCESS;
}

s2vk_result s2_buffer_create(const s2vk_context *context, const char *name, VkDeviceSize bytes,
    VkBufferUsageFlags usage, enum s2_memory where, struct s2_buffer *buffer) {
  const struct s2_context *vk = &context->vk;
  *buffer = (struct s2_buffer){.bytes = bytes};
  const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = bytes, .usage = usage};
  VkResult result = vk->CreateBuffer(vk->device, &info, context->env.allocator, &buffer->buffer);
  if (result) {
    *buffer = (struct s2_buffer){0};
    return s2_fail_vk(&context->env, result, "vkCreateBuffer");
  }
  s2_debug_name(vk, VK_OBJECT_TYPE_BUFFER, (uint64_t)buffer->buffer, "s2vk %s", name);
  s2vk_result backed = back_buffer(context, name, where, buffer);
  if (backed)
    s2_buffer_destroy(context, buffer);
  return backed;
}

void s2_buffer_destroy(const s2vk_context *context, struct s2_buffer *buffer) {
  const struct s2_context *vk = &context->vk;
  if (vk->device) {
    vk->DestroyBuffer(vk->device, buffer->buffer, context->env.allocator);
    vk->FreeMemory(vk->device, buffer->memory, context->env.allocator);
  }
  *buffer = (struct s2_buffer){0};
}
