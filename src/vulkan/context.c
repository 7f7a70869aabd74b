#include "vulkan/context.h"

#include "vulkan/debug.h"

#define DEFAULT_MAX_PIPELINES 64
#define DEFAULT_MAX_PLAN_BYTES (UINT64_C(128) << 20)

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

static s2vk_result load_functions(const struct s2_env *env, const s2vk_context_info *info, struct s2_vk *vk) {
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

/* Queries limits and memory, once. Those functions belong to the instance. */
static s2vk_result load_limits(const struct s2_env *env, const s2vk_context_info *info, struct s2_vk *vk) {
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
  vk->type = properties.properties.deviceType;
  vk->quirks = s2_quirks_of(driver.driverID);
  vk->worth = s2_worth_of(driver.driverID, properties.properties.vendorID);
  vk->limits = properties.properties.limits;
  vk->max_allocation = maintenance3.maxMemoryAllocationSize;
  get_memory(info->physical_device, &vk->memory);
  return S2VK_SUCCESS;
}

static s2vk_result create_layouts(s2vk_context *context) {
  const struct s2_env *env = &context->env;
  const struct s2_vk *vk = &context->vk;
  VkDescriptorSetLayoutBinding bindings[S2_BINDING_COUNT];
  for (uint32_t i = 0; i < S2_BINDING_COUNT; i++)
    bindings[i] = (VkDescriptorSetLayoutBinding){
        .binding = i,
        .descriptorType = i < S2_BINDING_TABLE_TEXELS   ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
                          : i < S2_BINDING_SOURCE_IMAGE ? VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER
                                                        : VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
        .descriptorCount = 1,
        .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
    };
  const VkDescriptorSetLayoutCreateInfo set_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = S2_BINDING_COUNT,
      .pBindings = bindings,
  };
  VkResult result = vk->CreateDescriptorSetLayout(vk->device, &set_info, env->allocator, &context->set_layout);
  if (result)
    return s2_fail_made(env, result, "vkCreateDescriptorSetLayout", &context->set_layout);
  s2_debug_name(vk, VK_OBJECT_TYPE_DESCRIPTOR_SET_LAYOUT, (uint64_t)context->set_layout, "s2vk passes");
  const VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, S2_PUSH_BYTES};
  const VkPipelineLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &context->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &range,
  };
  result = vk->CreatePipelineLayout(vk->device, &layout_info, env->allocator, &context->pipelines.layout);
  if (result)
    return s2_fail_made(env, result, "vkCreatePipelineLayout", &context->pipelines.layout);
  s2_debug_name(vk, VK_OBJECT_TYPE_PIPELINE_LAYOUT, (uint64_t)context->pipelines.layout, "s2vk passes");
  return S2VK_SUCCESS;
}

static s2vk_result open_device(const s2vk_context_info *info, s2vk_context *context) {
  const struct s2_env *env = &context->env;
  struct s2_vk *vk = &context->vk;
  s2vk_result result = check_info(env, info);
  if (!result && (info->variant < S2VK_VARIANT_AUTO || info->variant > S2VK_VARIANT_CPU))
    result = s2_fail(env, S2VK_ERROR_ENUM, "s2vk_context_info.variant is %d; it must be %d to %d", (int)info->variant,
        S2VK_VARIANT_AUTO, S2VK_VARIANT_CPU);
  if (!result && info->memory && (!info->memory->allocate || !info->memory->free))
    result = s2_fail(env, S2VK_ERROR_MEMORY, "s2vk_context_info.memory has no %s; it must have both callbacks",
        info->memory->allocate ? "free" : "allocate");
  if (!result && info->memory)
    context->memory.callbacks = *info->memory;
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
  context->pipelines.cache = info->pipeline_cache;
  context->pipelines.max_count = info->max_pipelines ? info->max_pipelines : DEFAULT_MAX_PIPELINES;
  return create_layouts(context);
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
  made->max_plan_bytes = info->max_plan_bytes ? info->max_plan_bytes : DEFAULT_MAX_PLAN_BYTES;
  if (env.allocator)
    made->env.allocator = &made->env.callbacks;
  if (info->device && (result = open_device(info, made))) {
    s2vk_context_destroy(&made);
    return result;
  }
  made->target = s2_target_of(&made->vk, info);
  *context = made;
  return S2VK_SUCCESS;
}

void s2vk_context_destroy(s2vk_context **context) {
  if (!context || !*context)
    return;
  struct s2_env env = (*context)->env;
  if (env.allocator)
    env.allocator = &env.callbacks;
  const struct s2_vk *vk = &(*context)->vk;
  if (vk->device) {
    s2_pipelines_destroy(&env, vk, &(*context)->pipelines);
    s2_memory_destroy(&env, vk, &(*context)->memory);
    vk->DestroyPipelineLayout(vk->device, (*context)->pipelines.layout, env.allocator);
    vk->DestroyDescriptorSetLayout(vk->device, (*context)->set_layout, env.allocator);
  }
  s2_free(&env, *context);
  *context = NULL;
}

/* ---- Queries ------------------------------------------------------------------------------------------------- */

VkDeviceSize s2_context_memory(const s2vk_context *context) {
  const VkPhysicalDeviceMemoryProperties *memory = &context->vk.memory;
  VkDeviceSize largest = 0;
  for (uint32_t i = 0; i < memory->memoryHeapCount; i++)
    if ((memory->memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) && memory->memoryHeaps[i].size > largest)
      largest = memory->memoryHeaps[i].size;
  return largest;
}

s2vk_result s2vk_context_get_statistics(s2vk_context *context, s2vk_context_statistics *statistics) {
  if (!context)
    return S2VK_ERROR_NULL;
  s2vk_result result = s2_check_struct(&context->env, "s2vk_context_statistics", statistics,
      statistics ? statistics->struct_size : 0, sizeof *statistics);
  if (result)
    return result;
  struct s2_pipelines *pipelines = &context->pipelines;
  s2_lock(&pipelines->lock);
  statistics->pipelines = pipelines->count + pipelines->prepared;
  statistics->pipelines_prepared = pipelines->prepared;
  statistics->pipelines_made = pipelines->made;
  statistics->pipelines_destroyed = pipelines->destroyed;
  s2_unlock(&pipelines->lock);
  s2_lock(&context->memory.lock);
  statistics->memory_blocks = context->memory.block_count;
  statistics->memory_bytes = context->memory.block_bytes;
  s2_unlock(&context->memory.lock);
  return S2VK_SUCCESS;
}
