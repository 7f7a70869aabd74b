#include "intercept.h"

#include <stdatomic.h>
#include <string.h>

#include "guard.h"
#include "profile.h"

/* ---- Which functions -------------------------------------------------------------------------------------------- */

/* What a call counts as. */
enum kind { KIND_MADE, KIND_PIPELINE, KIND_SUBMITTED, KIND_OTHER, KIND_COUNT };

#define CREATE(X, name, parent, info_type, handle_type)                                                                \
  X(name, KIND_MADE, 1, memset(d, 0xA5, sizeof *d),                                                                    \
      (parent a, const info_type *b, const VkAllocationCallbacks *c, handle_type *d), (a, b, ((void)c, NULL), d))

/* X(name, kind, objects made, what failing does to the output, parameters, arguments) */
#define RESULT_FUNCTIONS(X)                                                                                            \
  CREATE(X, AllocateMemory, VkDevice, VkMemoryAllocateInfo, VkDeviceMemory)                                            \
  CREATE(X, CreateBuffer, VkDevice, VkBufferCreateInfo, VkBuffer)                                                      \
  CREATE(X, CreateBufferView, VkDevice, VkBufferViewCreateInfo, VkBufferView)                                          \
  CREATE(X, CreateCommandPool, VkDevice, VkCommandPoolCreateInfo, VkCommandPool)                                       \
  CREATE(X, CreateDescriptorPool, VkDevice, VkDescriptorPoolCreateInfo, VkDescriptorPool)                              \
  CREATE(X, CreateDescriptorSetLayout, VkDevice, VkDescriptorSetLayoutCreateInfo, VkDescriptorSetLayout)               \
  CREATE(X, CreateDevice, VkPhysicalDevice, VkDeviceCreateInfo, VkDevice)                                              \
  CREATE(X, CreateFence, VkDevice, VkFenceCreateInfo, VkFence)                                                         \
  CREATE(X, CreatePipelineLayout, VkDevice, VkPipelineLayoutCreateInfo, VkPipelineLayout)                              \
  CREATE(X, CreateShaderModule, VkDevice, VkShaderModuleCreateInfo, VkShaderModule)                                    \
  X(CreateInstance, KIND_OTHER, 1, memset(c, 0xA5, sizeof *c),                                                         \
      (const VkInstanceCreateInfo *a, const VkAllocationCallbacks *b, VkInstance *c), (a, ((void)b, NULL), c))         \
  X(AllocateCommandBuffers, KIND_MADE, 0, *c = NULL,                                                                   \
      (VkDevice a, const VkCommandBufferAllocateInfo *b, VkCommandBuffer *c), (a, b, c))                               \
  X(AllocateDescriptorSets, KIND_MADE, 0, *c = VK_NULL_HANDLE,                                                         \
      (VkDevice a, const VkDescriptorSetAllocateInfo *b, VkDescriptorSet *c), (a, b, c))                               \
  X(BeginCommandBuffer, KIND_OTHER, 0, (void)0, (VkCommandBuffer a, const VkCommandBufferBeginInfo *b), (a, b))        \
  X(BindBufferMemory, KIND_OTHER, 0, (void)0, (VkDevice a, VkBuffer b, VkDeviceMemory c, VkDeviceSize d),              \
      (a, b, c, d))                                                                                                    \
  X(CreateComputePipelines, KIND_PIPELINE, 1, *f = VK_NULL_HANDLE,                                                     \
      (VkDevice a, VkPipelineCache b, uint32_t c, const VkComputePipelineCreateInfo *d,                                \
          const VkAllocationCallbacks *e, VkPipeline *f),                                                              \
      (a, b, c, d, ((void)e, NULL), f))                                                                                \
  X(EndCommandBuffer, KIND_OTHER, 0, (void)0, (VkCommandBuffer a), (a))                                                \
  X(EnumerateDeviceExtensionProperties, KIND_OTHER, 0, *c = 99,                                                        \
      (VkPhysicalDevice a, const char *b, uint32_t *c, VkExtensionProperties *d), (a, b, c, d))                        \
  X(EnumerateInstanceExtensionProperties, KIND_OTHER, 0, *b = 99,                                                      \
      (const char *a, uint32_t *b, VkExtensionProperties *c), (a, b, c))                                               \
  X(EnumeratePhysicalDevices, KIND_OTHER, 0, *b = 99, (VkInstance a, uint32_t *b, VkPhysicalDevice *c), (a, b, c))     \
  X(MapMemory, KIND_OTHER, 0, memset(f, 0xA5, sizeof *f),                                                              \
      (VkDevice a, VkDeviceMemory b, VkDeviceSize c, VkDeviceSize d, VkMemoryMapFlags e, void **f),                    \
      (a, b, c, d, e, f))                                                                                              \
  X(QueueSubmit, KIND_SUBMITTED, 0, (void)0, (VkQueue a, uint32_t b, const VkSubmitInfo *c, VkFence d), (a, b, c, d))  \
  X(ResetCommandPool, KIND_OTHER, 0, (void)0, (VkDevice a, VkCommandPool b, VkCommandPoolResetFlags c), (a, b, c))     \
  X(ResetFences, KIND_OTHER, 0, (void)0, (VkDevice a, uint32_t b, const VkFence *c), (a, b, c))                        \
  X(WaitForFences, KIND_SUBMITTED, 0, (void)0, (VkDevice a, uint32_t b, const VkFence *c, VkBool32 d, uint64_t e),     \
      (a, b, c, d, e))

/* X(name, parent, handle) */
#define DESTROY_FUNCTIONS(X)                                                                                           \
  X(DestroyBuffer, VkDevice, VkBuffer)                                                                                 \
  X(DestroyBufferView, VkDevice, VkBufferView)                                                                         \
  X(DestroyCommandPool, VkDevice, VkCommandPool)                                                                       \
  X(DestroyDescriptorPool, VkDevice, VkDescriptorPool)                                                                 \
  X(DestroyDescriptorSetLayout, VkDevice, VkDescriptorSetLayout)                                                       \
  X(DestroyFence, VkDevice, VkFence)                                                                                   \
  X(DestroyPipeline, VkDevice, VkPipeline)                                                                             \
  X(DestroyPipelineLayout, VkDevice, VkPipelineLayout)                                                                 \
  X(DestroyShaderModule, VkDevice, VkShaderModule)                                                                     \
  X(FreeMemory, VkDevice, VkDeviceMemory)

/* X(name, handle) */
#define ROOT_FUNCTIONS(X)                                                                                              \
  X(DestroyDevice, VkDevice)                                                                                           \
  X(DestroyInstance, VkInstance)

/* ---- Counting and failing ---------------------------------------------------------------------------------------- */

enum function {
#define NUMBER(name, kind, objects, undefined, parameters, arguments) FUNCTION_##name,
  RESULT_FUNCTIONS(NUMBER)
#undef NUMBER
      FUNCTION_COUNT
};

static const char *const names[] = {
#define NAME(name, kind, objects, undefined, parameters, arguments) "vk" #name,
    RESULT_FUNCTIONS(NAME)
#undef NAME
};

static atomic_uint calls[FUNCTION_COUNT], kinds[KIND_COUNT];
static atomic_int alive;
static struct {
  bool armed, fired;
  enum function function;
  unsigned call;
  VkResult result;
} fault;

unsigned intercept_made(void) {
  return kinds[KIND_MADE] + kinds[KIND_PIPELINE];
}

unsigned intercept_pipelines(void) {
  return kinds[KIND_PIPELINE];
}

unsigned intercept_submitted(void) {
  return kinds[KIND_SUBMITTED];
}

int intercept_alive(void) {
  return alive;
}

const char *intercept_function(unsigned index) {
  return index < FUNCTION_COUNT ? names[index] : NULL;
}

unsigned intercept_calls(unsigned index) {
  return calls[index];
}

void intercept_fail(unsigned index, unsigned nth, VkResult result) {
  fault.armed = true;
  fault.fired = false;
  fault.function = (enum function)index;
  fault.call = calls[index] + nth;
  fault.result = result;
}

bool intercept_failed(void) {
  fault.armed = false;
  return fault.fired;
}

/* Counts a call; whether it is to fail. */
static bool count(enum function function, enum kind kind) {
  kinds[kind]++;
  if (++calls[function] != fault.call || !fault.armed || fault.function != function)
    return false;
  fault.armed = false;
  fault.fired = true;
  return true;
}

#define DEFINE(name, kind, objects, undefined, parameters, arguments)                                                  \
  static PFN_vk##name driver_##name;                                                                                   \
  static VKAPI_ATTR VkResult VKAPI_CALL our_##name parameters {                                                        \
    if (count(FUNCTION_##name, kind)) {                                                                                \
      undefined;                                                                                                       \
      return fault.result;                                                                                             \
    }                                                                                                                  \
    VkResult result = driver_##name arguments;                                                                         \
    alive += result == VK_SUCCESS ? objects : 0;                                                                       \
    return result;                                                                                                     \
  }
RESULT_FUNCTIONS(DEFINE)
#undef DEFINE

#define DEFINE(name, parent, handle_type)                                                                              \
  static PFN_vk##name driver_##name;                                                                                   \
  static VKAPI_ATTR void VKAPI_CALL our_##name(                                                                        \
      parent owner, handle_type handle, const VkAllocationCallbacks *allocator) {                                      \
    (void)allocator;                                                                                                   \
    alive -= handle != VK_NULL_HANDLE;                                                                                 \
    driver_##name(owner, handle, NULL);                                                                                \
  }
DESTROY_FUNCTIONS(DEFINE)
#undef DEFINE

#define DEFINE(name, handle_type)                                                                                      \
  static PFN_vk##name driver_##name;                                                                                   \
  static VKAPI_ATTR void VKAPI_CALL our_##name(handle_type handle, const VkAllocationCallbacks *allocator) {           \
    (void)allocator;                                                                                                   \
    alive -= handle != VK_NULL_HANDLE;                                                                                 \
    driver_##name(handle, NULL);                                                                                       \
  }
ROOT_FUNCTIONS(DEFINE)
#undef DEFINE

/* ---- Poison ----------------------------------------------------------------------------------------------------- */

static bool poisons;
static VkPhysicalDeviceMemoryProperties memory_types;
static PFN_vkGetPhysicalDeviceMemoryProperties driver_GetPhysicalDeviceMemoryProperties;
static PFN_vkGetDeviceProcAddr driver_GetDeviceProcAddr;

void intercept_poison(bool on) {
  poisons = on;
}

static VKAPI_ATTR void VKAPI_CALL our_GetPhysicalDeviceMemoryProperties(
    VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties *properties) {
  driver_GetPhysicalDeviceMemoryProperties(device, properties);
  memory_types = *properties;
}

static VKAPI_ATTR VkResult VKAPI_CALL poisoning_AllocateMemory(
    VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *allocator, VkDeviceMemory *memory) {
  VkResult result = our_AllocateMemory(device, info, allocator, memory);
  const VkMemoryPropertyFlags flags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  if (result || !poisons || (memory_types.memoryTypes[info->memoryTypeIndex].propertyFlags & flags) != flags)
    return result;
  PFN_vkMapMemory map = (PFN_vkMapMemory)driver_GetDeviceProcAddr(device, "vkMapMemory");
  PFN_vkUnmapMemory unmap = (PFN_vkUnmapMemory)driver_GetDeviceProcAddr(device, "vkUnmapMemory");
  void *host;
  if (map(device, *memory, 0, VK_WHOLE_SIZE, 0, &host) == VK_SUCCESS) {
    guard_poison(host, (size_t)info->allocationSize);
    unmap(device, *memory);
  }
  return result;
}

/* ---- The table -------------------------------------------------------------------------------------------------- */

/* Ours in place of the driver's, for the functions that are there; others as they are. */
static PFN_vkVoidFunction replace(const char *name, PFN_vkVoidFunction function) {
#define WRAP(function_name, ...)                                                                                       \
  if (function && strcmp(name, "vk" #function_name) == 0) {                                                            \
    driver_##function_name = (PFN_vk##function_name)function;                                                          \
    return (PFN_vkVoidFunction)our_##function_name;                                                                    \
  }
  RESULT_FUNCTIONS(WRAP)
  DESTROY_FUNCTIONS(WRAP)
  ROOT_FUNCTIONS(WRAP)
  WRAP(GetPhysicalDeviceMemoryProperties, )
#undef WRAP
  return function;
}

static intercept_wrap wrap_below;

void intercept_below(intercept_wrap wrap) {
  wrap_below = wrap;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name) {
  PFN_vkVoidFunction function = driver_GetDeviceProcAddr(device, name);
  function = replace(name, function && wrap_below ? wrap_below(name, function) : function);
  return strcmp(name, "vkAllocateMemory") == 0 ? (PFN_vkVoidFunction)poisoning_AllocateMemory : function;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL intercept_get_instance_proc_addr(VkInstance instance, const char *name) {
  PFN_vkVoidFunction function = profile_get_instance_proc_addr(instance, name);
  if (strcmp(name, "vkGetDeviceProcAddr") != 0)
    return replace(name, function);
  driver_GetDeviceProcAddr = (PFN_vkGetDeviceProcAddr)function;
  return (PFN_vkVoidFunction)get_device_proc_addr;
}
