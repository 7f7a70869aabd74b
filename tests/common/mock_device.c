#include "mock_device.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mock_functions.h"

struct mock_vulkan mock_vk;

/* ---- Objects ---------------------------------------------------------------------------------------------------- */

/* What a handle points to. It stays until mock_reset(), so that a handle of what was destroyed is known as such. */
struct object {
  struct object *next;
  VkObjectType type;
  bool alive;
  bool busy;                  /* of a fence: work was submitted with it and not waited for */
  VkDeviceSize bytes;         /* of a buffer, of memory, of a layout's push constants */
  uint32_t memory_type;       /* of memory */
  void *host;                 /* where it is mapped */
  const struct object *owner; /* the pool that it is from */
  uint32_t room;              /* sets that a pool has left */
};

static struct object *objects;

static void misuse(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("mock: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  mock_vk.misuses++;
}

/* Messages give a type by its number, a VkObjectType. */
static struct object *object_of(const void *handle, VkObjectType type) {
  static struct object none;
  struct object *object = (struct object *)(uintptr_t)handle;
  if (object && object->type == type && object->alive)
    return object;
  misuse("%p is no object of type %d that is alive", handle, (int)type);
  return &none;
}

static void *make(VkObjectType type) {
  struct object *object = calloc(1, sizeof *object);
  if (!object)
    abort();
  *object = (struct object){.next = objects, .type = type, .alive = true};
  objects = object;
  mock_vk.alive[type]++;
  mock_vk.made[type]++;
  return object;
}

static void end(struct object *object) {
  object->alive = false;
  mock_vk.alive[object->type]--;
  free(object->host);
  object->host = NULL;
  if (object->type == VK_OBJECT_TYPE_DEVICE_MEMORY)
    mock_vk.allocated[object->memory_type] -= object->bytes;
}

/* Objects of a pool are destroyed with it. */
static void destroy(const void *handle, VkObjectType type) {
  if (!handle)
    return;
  struct object *object = object_of(handle, type);
  const bool pool = type == VK_OBJECT_TYPE_COMMAND_POOL || type == VK_OBJECT_TYPE_DESCRIPTOR_POOL;
  for (struct object *other = pool ? objects : NULL; other; other = other->next)
    if (other->alive && other->owner == object)
      end(other);
  if (object->alive)
    end(object);
}

/* Objects of a device that are left when it is destroyed. */
static void check_leaks(void) {
  for (int type = VK_OBJECT_TYPE_DEVICE + 1; type < MOCK_OBJECT_TYPES; type++)
    if (mock_vk.alive[type])
      misuse("%u objects of type %d outlive their device", mock_vk.alive[type], type);
}

/* Work that was submitted and not waited for: of all fences, since what a queue uses is not known here. */
static unsigned busy;

static void check_idle(const char *what) {
  if (busy)
    misuse("%s while work that was submitted has not been waited for", what);
}

/* ---- Devices ----------------------------------------------------------------------------------------------------- */

/* Lists what there is, as Vulkan's functions do. */
#define LIST(count, list, there, item)                                                                                 \
  do {                                                                                                                 \
    const uint32_t there_ = (there);                                                                                   \
    for (uint32_t i = 0; (list) && i < *(count) && i < there_; i++)                                                    \
      (list)[i] = (item);                                                                                              \
    *(count) = (list) && *(count) < there_ ? *(count) : there_;                                                        \
  } while (0)

static struct mock_device *device_of(VkPhysicalDevice handle) {
  return (struct mock_device *)(void *)handle;
}

static uint32_t count_names(const char *const *names) {
  uint32_t count = 0;
  while (count < MOCK_MAX_EXTENSIONS && names[count])
    count++;
  return count;
}

static VkExtensionProperties extension(const char *name) {
  VkExtensionProperties properties = {.specVersion = 1};
  snprintf(properties.extensionName, sizeof properties.extensionName, "%s", name);
  return properties;
}

static VkResult list_extensions(const char *const *names, uint32_t *count, VkExtensionProperties *list) {
  LIST(count, list, count_names(names), extension(names[i]));
  return VK_SUCCESS;
}

static VkResult list_devices(uint32_t *count, VkPhysicalDevice *list) {
  LIST(count, list, mock_vk.device_count, (VkPhysicalDevice)(void *)&mock_vk.devices[i]);
  return VK_SUCCESS;
}

static void list_families(const struct mock_device *device, uint32_t *count, VkQueueFamilyProperties *list) {
  LIST(count, list, device->family_count, device->families[i]);
}

static bool has_all(const char *const *there, uint32_t count, const char *const *names) {
  bool all = true;
  for (uint32_t i = 0; i < count; i++) {
    bool found = false;
    for (uint32_t k = 0; k < count_names(there); k++)
      found = found || strcmp(there[k], names[i]) == 0;
    all = all && found;
  }
  return all;
}

static VkResult create_instance(const VkInstanceCreateInfo *info, VkInstance *instance) {
  if (info->enabledLayerCount)
    return VK_ERROR_LAYER_NOT_PRESENT;
  if (!has_all(mock_vk.extensions, info->enabledExtensionCount, info->ppEnabledExtensionNames))
    return VK_ERROR_EXTENSION_NOT_PRESENT;
  *instance = make(VK_OBJECT_TYPE_INSTANCE);
  return VK_SUCCESS;
}

static VkResult create_device(const struct mock_device *device, const VkDeviceCreateInfo *info, VkDevice *made) {
  const VkPhysicalDeviceFeatures none = {0};
  const VkPhysicalDeviceFeatures *enabled = info->pEnabledFeatures ? info->pEnabledFeatures : &none;
  const VkBool32 *asked = (const VkBool32 *)enabled, *offered = (const VkBool32 *)&device->features;
  for (size_t i = 0; i < sizeof *enabled / sizeof *asked; i++)
    if (asked[i] && !offered[i])
      return VK_ERROR_FEATURE_NOT_PRESENT;
  if (!has_all(device->extensions, info->enabledExtensionCount, info->ppEnabledExtensionNames))
    return VK_ERROR_EXTENSION_NOT_PRESENT;
  if (info->queueCreateInfoCount == 0 || info->pQueueCreateInfos->queueFamilyIndex >= device->family_count)
    misuse("vkCreateDevice without a queue of a family that there is");
  mock_vk.opened = device;
  mock_vk.enabled = *enabled;
  mock_vk.queue_family = info->queueCreateInfoCount ? info->pQueueCreateInfos->queueFamilyIndex : UINT32_MAX;
  *made = make(VK_OBJECT_TYPE_DEVICE);
  return VK_SUCCESS;
}

static VkQueue queue_of(uint32_t family) {
  static struct object queue = {.type = VK_OBJECT_TYPE_QUEUE, .alive = true};
  if (family != mock_vk.queue_family)
    misuse("vkGetDeviceQueue of family %u, and no queue of it was made", family);
  return (VkQueue)(void *)&queue;
}

static void get_properties(const struct mock_device *device, VkPhysicalDeviceProperties2 *properties) {
  properties->properties = device->properties;
  for (VkBaseOutStructure *next = properties->pNext; next; next = next->pNext)
    if (next->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES)
      ((VkPhysicalDeviceMaintenance3Properties *)next)->maxMemoryAllocationSize = device->max_allocation;
    else if (next->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES)
      ((VkPhysicalDeviceDriverProperties *)next)->driverID = device->driver;
    else
      misuse("vkGetPhysicalDeviceProperties2 with a struct of type %d; get_properties() is to know it", next->sType);
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static VkResult allocate_memory(const VkMemoryAllocateInfo *info, VkDeviceMemory *memory) {
  const VkPhysicalDeviceMemoryProperties *types = &mock_vk.opened->memory;
  if (info->memoryTypeIndex >= types->memoryTypeCount) {
    misuse("vkAllocateMemory of type %u; there are %u", info->memoryTypeIndex, types->memoryTypeCount);
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  }
  if (info->allocationSize > mock_vk.opened->max_allocation)
    misuse("vkAllocateMemory of %llu bytes, over maxMemoryAllocationSize", (unsigned long long)info->allocationSize);
  if (info->allocationSize > types->memoryHeaps[types->memoryTypes[info->memoryTypeIndex].heapIndex].size)
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  struct object *made = make(VK_OBJECT_TYPE_DEVICE_MEMORY);
  made->bytes = info->allocationSize;
  made->memory_type = info->memoryTypeIndex;
  mock_vk.allocated[made->memory_type] += made->bytes;
  *memory = (VkDeviceMemory)(void *)made;
  return VK_SUCCESS;
}

/* Memory that is mapped is coherent: there is no vkFlushMappedMemoryRanges() here. */
static VkResult map_memory(const void *memory, VkDeviceSize offset, void **host) {
  const VkMemoryPropertyFlags flags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  struct object *object = object_of(memory, VK_OBJECT_TYPE_DEVICE_MEMORY);
  if ((mock_vk.opened->memory.memoryTypes[object->memory_type].propertyFlags & flags) != flags)
    misuse("vkMapMemory of type %u, which is not visible to the host and coherent", object->memory_type);
  if (!object->host)
    object->host = calloc(1, (size_t)object->bytes);
  if (!object->host)
    return VK_ERROR_MEMORY_MAP_FAILED;
  *host = (char *)object->host + offset;
  return VK_SUCCESS;
}

static VkDeviceSize round_up(VkDeviceSize bytes, VkDeviceSize alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

static VkMemoryRequirements requirements_of(const void *buffer) {
  const VkDeviceSize alignment = mock_vk.opened->buffer_alignment;
  const VkDeviceSize bytes = object_of(buffer, VK_OBJECT_TYPE_BUFFER)->bytes;
  return (VkMemoryRequirements){round_up(bytes, alignment), alignment, mock_vk.opened->buffer_types};
}

static VkResult bind_memory(const void *buffer, const void *memory, VkDeviceSize offset) {
  const VkMemoryRequirements needs = requirements_of(buffer);
  const struct object *given = object_of(memory, VK_OBJECT_TYPE_DEVICE_MEMORY);
  if (!(needs.memoryTypeBits & (1u << given->memory_type)))
    misuse("vkBindBufferMemory of type %u, which the buffer may not be in", given->memory_type);
  if (offset % needs.alignment || offset > given->bytes || given->bytes - offset < needs.size)
    misuse("vkBindBufferMemory at %llu of %llu bytes; the buffer takes %llu", (unsigned long long)offset,
        (unsigned long long)given->bytes, (unsigned long long)needs.size);
  return VK_SUCCESS;
}

/* ---- Descriptors and pipelines ----------------------------------------------------------------------------------- */

static void check_range(const char *what, VkDescriptorBufferInfo range, VkDeviceSize alignment, VkDeviceSize most) {
  const VkDeviceSize bytes = object_of(range.buffer, VK_OBJECT_TYPE_BUFFER)->bytes;
  if (range.offset % alignment || range.range == 0 || range.range > most || range.offset > bytes ||
      range.range > bytes - range.offset)
    misuse("%s of %llu bytes at %llu of a buffer of %llu; at most %llu are allowed, at a multiple of %llu", what,
        (unsigned long long)range.range, (unsigned long long)range.offset, (unsigned long long)bytes,
        (unsigned long long)most, (unsigned long long)alignment);
}

static void check_view(const VkBufferViewCreateInfo *info) {
  const VkPhysicalDeviceLimits *limits = &mock_vk.opened->properties.limits;
  const bool halves = info->format == VK_FORMAT_R32G32_UINT;
  check_range("a buffer view", (VkDescriptorBufferInfo){info->buffer, info->offset, info->range},
      limits->minTexelBufferOffsetAlignment, (VkDeviceSize)limits->maxTexelBufferElements * (halves ? 8 : 16));
}

static void update_sets(uint32_t count, const VkWriteDescriptorSet *writes) {
  const VkPhysicalDeviceLimits *limits = &mock_vk.opened->properties.limits;
  for (uint32_t i = 0; i < count; i++) {
    object_of(writes[i].dstSet, VK_OBJECT_TYPE_DESCRIPTOR_SET);
    for (uint32_t k = 0; writes[i].pBufferInfo && k < writes[i].descriptorCount; k++)
      check_range("a descriptor", writes[i].pBufferInfo[k], limits->minStorageBufferOffsetAlignment,
          limits->maxStorageBufferRange);
    for (uint32_t k = 0; writes[i].pTexelBufferView && k < writes[i].descriptorCount; k++)
      object_of(writes[i].pTexelBufferView[k], VK_OBJECT_TYPE_BUFFER_VIEW);
  }
}

static VkResult allocate_sets(const VkDescriptorSetAllocateInfo *info, VkDescriptorSet *sets) {
  struct object *pool = object_of(info->descriptorPool, VK_OBJECT_TYPE_DESCRIPTOR_POOL);
  if (info->descriptorSetCount > pool->room)
    return VK_ERROR_OUT_OF_POOL_MEMORY;
  pool->room -= info->descriptorSetCount;
  for (uint32_t i = 0; i < info->descriptorSetCount; i++) {
    struct object *made = make(VK_OBJECT_TYPE_DESCRIPTOR_SET);
    made->owner = pool;
    sets[i] = (VkDescriptorSet)(void *)made;
  }
  return VK_SUCCESS;
}

/* What a module uses of what must have been enabled (SPIR-V specification, OpCapability). */
static void check_module(const VkShaderModuleCreateInfo *info) {
  enum { HEADER = 5, CAPABILITY = 17, FLOAT64 = 10, INT64 = 11, INT16 = 22 };
  const size_t count = info->codeSize / sizeof *info->pCode;
  for (size_t i = HEADER; i + 1 < count && (info->pCode[i] & 0xFFFF) == CAPABILITY; i += info->pCode[i] >> 16) {
    const uint32_t capability = info->pCode[i + 1];
    if ((capability == FLOAT64 && !mock_vk.enabled.shaderFloat64) ||
        (capability == INT64 && !mock_vk.enabled.shaderInt64) || (capability == INT16 && !mock_vk.enabled.shaderInt16))
      misuse("a shader has capability %u, whose feature is not enabled", capability);
  }
}

static VkResult create_pipelines(uint32_t count, const VkComputePipelineCreateInfo *infos, VkPipeline *pipelines) {
  for (uint32_t i = 0; i < count; i++) {
    object_of(infos[i].stage.module, VK_OBJECT_TYPE_SHADER_MODULE);
    object_of(infos[i].layout, VK_OBJECT_TYPE_PIPELINE_LAYOUT);
    pipelines[i] = (VkPipeline)make(VK_OBJECT_TYPE_PIPELINE);
  }
  return VK_SUCCESS;
}

static void check_layout(const VkPipelineLayoutCreateInfo *info) {
  for (uint32_t i = 0; i < info->pushConstantRangeCount; i++)
    if (info->pPushConstantRanges[i].offset + info->pPushConstantRanges[i].size >
        mock_vk.opened->properties.limits.maxPushConstantsSize)
      misuse("push constants of %u bytes, over maxPushConstantsSize", info->pPushConstantRanges[i].size);
}

/* ---- Commands ---------------------------------------------------------------------------------------------------- */

static VkResult allocate_commands(const VkCommandBufferAllocateInfo *info, VkCommandBuffer *buffers) {
  for (uint32_t i = 0; i < info->commandBufferCount; i++) {
    struct object *made = make(VK_OBJECT_TYPE_COMMAND_BUFFER);
    made->owner = object_of(info->commandPool, VK_OBJECT_TYPE_COMMAND_POOL);
    buffers[i] = (VkCommandBuffer)(void *)made;
  }
  return VK_SUCCESS;
}

static struct mock_command *record(const char *name, VkCommandBuffer commands) {
  object_of(commands, VK_OBJECT_TYPE_COMMAND_BUFFER);
  if (mock_vk.command_count == mock_vk.command_room) {
    mock_vk.command_room = mock_vk.command_room ? mock_vk.command_room * 2 : 64;
    mock_vk.commands = realloc(mock_vk.commands, mock_vk.command_room * sizeof *mock_vk.commands);
    if (!mock_vk.commands)
      abort();
  }
  struct mock_command *command = &mock_vk.commands[mock_vk.command_count++];
  *command = (struct mock_command){.name = name, .commands = commands};
  return command;
}

static void record_barrier(struct mock_command *command, VkPipelineStageFlags from, VkPipelineStageFlags to,
    uint32_t count, const VkMemoryBarrier *barriers) {
  command->from = from;
  command->to = to;
  command->before = count ? barriers->srcAccessMask : 0;
  command->after = count ? barriers->dstAccessMask : 0;
}

static void record_copy(
    struct mock_command *command, VkBuffer source, VkBuffer target, uint32_t count, const VkBufferCopy *regions) {
  const VkDeviceSize from = object_of(source, VK_OBJECT_TYPE_BUFFER)->bytes;
  const VkDeviceSize to = object_of(target, VK_OBJECT_TYPE_BUFFER)->bytes;
  for (uint32_t i = 0; i < count; i++)
    if (regions[i].srcOffset + regions[i].size > from || regions[i].dstOffset + regions[i].size > to)
      misuse("vkCmdCopyBuffer of %llu bytes outside of a buffer", (unsigned long long)regions[i].size);
  command->source = source;
  command->target = target;
  command->region = *regions;
}

static void record_dispatch(struct mock_command *command, uint32_t x, uint32_t y, uint32_t z) {
  const uint32_t *most = mock_vk.opened->properties.limits.maxComputeWorkGroupCount;
  if (x > most[0] || y > most[1] || z > most[2])
    misuse(
        "vkCmdDispatch of %u x %u x %u groups; at most %u x %u x %u are allowed", x, y, z, most[0], most[1], most[2]);
  command->groups[0] = x;
  command->groups[1] = y;
  command->groups[2] = z;
}

static void set_busy(const void *fence, bool value) {
  struct object *object = object_of(fence, VK_OBJECT_TYPE_FENCE);
  busy += (unsigned)value - (unsigned)object->busy;
  object->busy = value;
}

static VkResult submit(const void *fence) {
  if (fence)
    set_busy(fence, true);
  return VK_SUCCESS;
}

static VkResult wait_for(uint32_t count, const VkFence *fences) {
  for (uint32_t i = 0; i < count; i++)
    set_busy(fences[i], false);
  return VK_SUCCESS;
}

/* ---- Functions --------------------------------------------------------------------------------------------------- */

enum level { GLOBAL, INSTANCE, DEVICE };

enum function {
#define NUMBER(name, ...) FUNCTION_##name,
#define NUMBER_BOTH(name, ...) FUNCTION_Create##name, FUNCTION_Destroy##name,
  MOCK_RESULTS(NUMBER) MOCK_VOIDS(NUMBER) MOCK_OBJECTS(NUMBER_BOTH) FUNCTION_COUNT
};

static unsigned calls[FUNCTION_COUNT];

static struct {
  enum function function;
  unsigned call; /* 0: none */
  VkResult result;
} fault;

/* Counts a call; its result, if it is to fail. */
static VkResult called(enum function function) {
  calls[function]++;
  return fault.call && fault.function == function && fault.call == calls[function] ? fault.result : VK_SUCCESS;
}

/* Most parameters of most functions mean nothing here. */
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

#define DEFINE_RESULT(name, level, parameters, returned)                                                               \
  static VKAPI_ATTR VkResult VKAPI_CALL mock_##name parameters {                                                       \
    const VkResult failed = called(FUNCTION_##name);                                                                   \
    return failed ? failed : (returned);                                                                               \
  }
MOCK_RESULTS(DEFINE_RESULT)

#define DEFINE_VOID(name, level, parameters, done)                                                                     \
  static VKAPI_ATTR void VKAPI_CALL mock_##name parameters {                                                           \
    called(FUNCTION_##name);                                                                                           \
    done;                                                                                                              \
  }
MOCK_VOIDS(DEFINE_VOID)

#define DEFINE_OBJECT(name, object_type, done)                                                                         \
  static VKAPI_ATTR VkResult VKAPI_CALL mock_Create##name(                                                             \
      VkDevice device, const Vk##name##CreateInfo *info, ALLOCATOR, Vk##name *handle) {                                \
    const VkResult failed = called(FUNCTION_Create##name);                                                             \
    if (failed)                                                                                                        \
      return failed;                                                                                                   \
    struct object *made = make(VK_OBJECT_TYPE_##object_type);                                                          \
    done;                                                                                                              \
    *handle = (Vk##name)(void *)made;                                                                                  \
    return VK_SUCCESS;                                                                                                 \
  }                                                                                                                    \
  static VKAPI_ATTR void VKAPI_CALL mock_Destroy##name(VkDevice device, Vk##name handle, ALLOCATOR) {                  \
    called(FUNCTION_Destroy##name);                                                                                    \
    check_idle("vkDestroy" #name);                                                                                     \
    destroy(handle, VK_OBJECT_TYPE_##object_type);                                                                     \
  }
MOCK_OBJECTS(DEFINE_OBJECT)

static const struct {
  const char *name;
  enum level level;
  PFN_vkVoidFunction function;
} functions[FUNCTION_COUNT] = {
#define ENTRY(name, level) {"vk" #name, level, (PFN_vkVoidFunction)mock_##name},
#define ROW(name, level, parameters, done) ENTRY(name, level)
#define ROW_BOTH(name, type, done) ENTRY(Create##name, DEVICE) ENTRY(Destroy##name, DEVICE)
    MOCK_RESULTS(ROW) MOCK_VOIDS(ROW) MOCK_OBJECTS(ROW_BOTH)};

static enum function find(const char *name) {
  int i = 0;
  while (i < FUNCTION_COUNT && strcmp(functions[i].name, name) != 0)
    i++;
  if (i == FUNCTION_COUNT) {
    fprintf(stderr, "mock: there is no %s here; it can be added in tests/common/mock_functions.h\n", name);
    exit(EXIT_FAILURE);
  }
  return (enum function)i;
}

/* Extensions' functions of a device are those of its instance, too. */
static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name) {
  object_of(device, VK_OBJECT_TYPE_DEVICE);
  const enum function function = find(name);
  if (functions[function].level != DEVICE && !strstr(name, "EXT"))
    misuse("vkGetDeviceProcAddr of %s, which is no device's function", name);
  return functions[function].function;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL mock_get_instance_proc_addr(VkInstance instance, const char *name) {
  if (strcmp(name, "vkGetDeviceProcAddr") == 0)
    return (PFN_vkVoidFunction)get_device_proc_addr;
  const enum function function = find(name);
  if (instance)
    object_of(instance, VK_OBJECT_TYPE_INSTANCE);
  else if (functions[function].level != GLOBAL)
    misuse("vkGetInstanceProcAddr of %s without an instance", name);
  return functions[function].function;
}

unsigned mock_calls(const char *name) {
  return calls[find(name)];
}

void mock_fail(const char *name, unsigned nth, VkResult result) {
  fault.function = find(name);
  fault.call = nth ? calls[fault.function] + nth : 0;
  fault.result = result;
}

void mock_reset(void) {
  while (objects) {
    struct object *next = objects->next;
    free(objects->host);
    free(objects);
    objects = next;
  }
  free(mock_vk.commands);
  memset(calls, 0, sizeof calls);
  fault.call = 0;
  busy = 0;
  mock_vk = (struct mock_vulkan){.device_count = 1, .devices = {mock_device_of(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU)}};
}
