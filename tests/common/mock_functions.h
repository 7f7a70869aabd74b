/* The functions of mock_device.c, one in each line. mock_device.c has the code that a line names. */
#ifndef TESTS_MOCK_FUNCTIONS_H
#define TESTS_MOCK_FUNCTIONS_H

#define ALLOCATOR const VkAllocationCallbacks *allocator

/* X(name, type, what is done): vkCreate and vkDestroy of an object of a device, from `info`, as the object `made`. */
#define MOCK_OBJECTS(X)                                                                                                \
  X(Buffer, BUFFER, made->bytes = info->size)                                                                          \
  X(BufferView, BUFFER_VIEW, check_view(info))                                                                         \
  X(CommandPool, COMMAND_POOL, (void)0)                                                                                \
  X(DescriptorPool, DESCRIPTOR_POOL, made->room = info->maxSets)                                                       \
  X(DescriptorSetLayout, DESCRIPTOR_SET_LAYOUT, (void)0)                                                               \
  X(Fence, FENCE, (void)0)                                                                                             \
  X(PipelineCache, PIPELINE_CACHE, (void)0)                                                                            \
  X(PipelineLayout, PIPELINE_LAYOUT, check_layout(info))                                                               \
  X(ShaderModule, SHADER_MODULE, check_module(info))

/* X(name, level, parameters, what is returned): functions that return a VkResult. */
#define MOCK_RESULTS(X)                                                                                                \
  X(CreateInstance, GLOBAL, (const VkInstanceCreateInfo *info, ALLOCATOR, VkInstance *instance),                       \
      create_instance(info, instance))                                                                                 \
  X(EnumerateInstanceVersion, GLOBAL, (uint32_t *version), (*version = VK_API_VERSION_1_3, VK_SUCCESS))                \
  X(EnumerateInstanceExtensionProperties, GLOBAL, (const char *layer, uint32_t *count, VkExtensionProperties *list),   \
      list_extensions(mock_vk.extensions, count, list))                                                                \
  X(EnumeratePhysicalDevices, INSTANCE, (VkInstance instance, uint32_t *count, VkPhysicalDevice *list),                \
      list_devices(count, list))                                                                                       \
  X(EnumerateDeviceExtensionProperties, INSTANCE,                                                                      \
      (VkPhysicalDevice device, const char *layer, uint32_t *count, VkExtensionProperties *list),                      \
      list_extensions(device_of(device)->extensions, count, list))                                                     \
  X(CreateDevice, INSTANCE, (VkPhysicalDevice device, const VkDeviceCreateInfo *info, ALLOCATOR, VkDevice *made),      \
      create_device(device_of(device), info, made))                                                                    \
  X(AllocateMemory, DEVICE, (VkDevice device, const VkMemoryAllocateInfo *info, ALLOCATOR, VkDeviceMemory *memory),    \
      allocate_memory(info, memory))                                                                                   \
  X(MapMemory, DEVICE,                                                                                                 \
      (VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, VkMemoryMapFlags flags,         \
          void **host),                                                                                                \
      map_memory(memory, offset, host))                                                                                \
  X(BindBufferMemory, DEVICE, (VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset),          \
      bind_memory(buffer, memory, offset))                                                                             \
  X(AllocateDescriptorSets, DEVICE, (VkDevice device, const VkDescriptorSetAllocateInfo *info, VkDescriptorSet *sets), \
      allocate_sets(info, sets))                                                                                       \
  X(AllocateCommandBuffers, DEVICE,                                                                                    \
      (VkDevice device, const VkCommandBufferAllocateInfo *info, VkCommandBuffer *buffers),                            \
      allocate_commands(info, buffers))                                                                                \
  X(CreateComputePipelines, DEVICE,                                                                                    \
      (VkDevice device, VkPipelineCache cache, uint32_t count, const VkComputePipelineCreateInfo *infos, ALLOCATOR,    \
          VkPipeline *pipelines),                                                                                      \
      create_pipelines(count, infos, pipelines))                                                                       \
  X(BeginCommandBuffer, DEVICE, (VkCommandBuffer commands, const VkCommandBufferBeginInfo *info),                      \
      (check_idle("vkBeginCommandBuffer"), VK_SUCCESS))                                                                \
  X(EndCommandBuffer, DEVICE, (VkCommandBuffer commands), VK_SUCCESS)                                                  \
  X(ResetCommandPool, DEVICE, (VkDevice device, VkCommandPool pool, VkCommandPoolResetFlags flags),                    \
      (check_idle("vkResetCommandPool"), VK_SUCCESS))                                                                  \
  X(ResetFences, DEVICE, (VkDevice device, uint32_t count, const VkFence *fences),                                     \
      (check_idle("vkResetFences"), VK_SUCCESS))                                                                       \
  X(QueueSubmit, DEVICE, (VkQueue queue, uint32_t count, const VkSubmitInfo *infos, VkFence fence), submit(fence))     \
  X(WaitForFences, DEVICE, (VkDevice device, uint32_t count, const VkFence *fences, VkBool32 all, uint64_t timeout),   \
      wait_for(count, fences))                                                                                         \
  X(SetDebugUtilsObjectNameEXT, INSTANCE, (VkDevice device, const VkDebugUtilsObjectNameInfoEXT *info), VK_SUCCESS)

/* X(name, level, parameters, what is done): those that return nothing. */
#define MOCK_VOIDS(X)                                                                                                  \
  X(DestroyInstance, INSTANCE, (VkInstance instance, ALLOCATOR), destroy(instance, VK_OBJECT_TYPE_INSTANCE))           \
  X(GetPhysicalDeviceFeatures, INSTANCE, (VkPhysicalDevice device, VkPhysicalDeviceFeatures * features),               \
      *features = device_of(device)->features)                                                                         \
  X(GetPhysicalDeviceMemoryProperties, INSTANCE, (VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties * memory), \
      *memory = device_of(device)->memory)                                                                             \
  X(GetPhysicalDeviceProperties, INSTANCE, (VkPhysicalDevice device, VkPhysicalDeviceProperties * properties),         \
      *properties = device_of(device)->properties)                                                                     \
  X(GetPhysicalDeviceProperties2, INSTANCE, (VkPhysicalDevice device, VkPhysicalDeviceProperties2 * properties),       \
      get_properties(device_of(device), properties))                                                                   \
  X(GetPhysicalDeviceQueueFamilyProperties, INSTANCE,                                                                  \
      (VkPhysicalDevice device, uint32_t *count, VkQueueFamilyProperties *list),                                       \
      list_families(device_of(device), count, list))                                                                   \
  X(DestroyDevice, DEVICE, (VkDevice device, ALLOCATOR), (check_leaks(), destroy(device, VK_OBJECT_TYPE_DEVICE)))      \
  X(GetDeviceQueue, DEVICE, (VkDevice device, uint32_t family, uint32_t index, VkQueue *queue),                        \
      *queue = queue_of(family))                                                                                       \
  X(FreeMemory, DEVICE, (VkDevice device, VkDeviceMemory memory, ALLOCATOR),                                           \
      (check_idle("vkFreeMemory"), destroy(memory, VK_OBJECT_TYPE_DEVICE_MEMORY)))                                     \
  X(DestroyPipeline, DEVICE, (VkDevice device, VkPipeline pipeline, ALLOCATOR),                                        \
      (check_idle("vkDestroyPipeline"), destroy(pipeline, VK_OBJECT_TYPE_PIPELINE)))                                   \
  X(GetBufferMemoryRequirements, DEVICE, (VkDevice device, VkBuffer buffer, VkMemoryRequirements * needs),             \
      *needs = requirements_of(buffer))                                                                                \
  X(UpdateDescriptorSets, DEVICE,                                                                                      \
      (VkDevice device, uint32_t count, const VkWriteDescriptorSet *writes, uint32_t copy_count,                       \
          const VkCopyDescriptorSet *copies),                                                                          \
      update_sets(count, writes))                                                                                      \
  X(CmdBindDescriptorSets, DEVICE,                                                                                     \
      (VkCommandBuffer commands, VkPipelineBindPoint point, VkPipelineLayout layout, uint32_t first, uint32_t count,   \
          const VkDescriptorSet *sets, uint32_t offset_count, const uint32_t *offsets),                                \
      record("vkCmdBindDescriptorSets", commands))                                                                     \
  X(CmdBindPipeline, DEVICE, (VkCommandBuffer commands, VkPipelineBindPoint point, VkPipeline pipeline),               \
      (object_of(pipeline, VK_OBJECT_TYPE_PIPELINE), record("vkCmdBindPipeline", commands)))                           \
  X(CmdPushConstants, DEVICE,                                                                                          \
      (VkCommandBuffer commands, VkPipelineLayout layout, VkShaderStageFlags stages, uint32_t offset, uint32_t size,   \
          const void *values),                                                                                         \
      record("vkCmdPushConstants", commands))                                                                          \
  X(CmdDispatch, DEVICE, (VkCommandBuffer commands, uint32_t x, uint32_t y, uint32_t z),                               \
      record_dispatch(record("vkCmdDispatch", commands), x, y, z))                                                     \
  X(CmdCopyBuffer, DEVICE,                                                                                             \
      (VkCommandBuffer commands, VkBuffer source, VkBuffer target, uint32_t count, const VkBufferCopy *regions),       \
      record_copy(record("vkCmdCopyBuffer", commands), source, target, count, regions))                                \
  X(CmdPipelineBarrier, DEVICE,                                                                                        \
      (VkCommandBuffer commands, VkPipelineStageFlags from, VkPipelineStageFlags to, VkDependencyFlags flags,          \
          uint32_t count, const VkMemoryBarrier *barriers, uint32_t buffer_count,                                      \
          const VkBufferMemoryBarrier *buffers, uint32_t image_count, const VkImageMemoryBarrier *images),             \
      record_barrier(record("vkCmdPipelineBarrier", commands), from, to, count, barriers))                             \
  X(CmdBeginDebugUtilsLabelEXT, INSTANCE, (VkCommandBuffer commands, const VkDebugUtilsLabelEXT *label),               \
      record("vkCmdBeginDebugUtilsLabelEXT", commands))                                                                \
  X(CmdEndDebugUtilsLabelEXT, INSTANCE, (VkCommandBuffer commands), record("vkCmdEndDebugUtilsLabelEXT", commands))

#endif
