/* Buffers whose memory another device, on an instance of its own, exported, or that is the host's: they are bound as
 * any other. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "render.h"
#include "run.h"

static struct gpu exporter; /* the suite's own device imports */
static struct render_device exporter_device, importer_device;

/* volk's functions are those of one device at a time. */
static void use(const struct gpu *gpu) {
  volkLoadInstanceOnly(gpu->info.instance);
  volkLoadDevice(gpu->info.device);
}

static int open_both(void **state) {
  if (!gpu_open(&exporter, NULL) || !render_replace_device(&exporter, &exporter_device))
    return -1;
  if (suite_open_gpu(state) || !render_replace_device(&suite_gpu, &importer_device))
    return -1;
  return 0;
}

static int close_both(void **state) {
  use(&exporter);
  gpu_close(&exporter);
  use(&suite_gpu);
  return suite_close_gpu(state);
}

/* ---- Exported and imported buffers ------------------------------------------------------------------------------- */

struct shared {
  VkBuffer buffer;
  VkDeviceMemory memory;
};

static const VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT |
                                        VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

static VkExternalMemoryFeatureFlags features_of(VkExternalMemoryHandleTypeFlagBits type) {
  const VkPhysicalDeviceExternalBufferInfo info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO, .usage = usage, .handleType = type};
  VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
  vkGetPhysicalDeviceExternalBufferProperties(suite_gpu.info.physical_device, &info, &properties);
  return properties.externalMemoryProperties.externalMemoryFeatures;
}

/* A buffer with memory to export, or with the memory of fd, which it takes over. */
static struct shared make_shared(
    const struct gpu *gpu, VkExternalMemoryHandleTypeFlagBits type, VkDeviceSize bytes, int fd) {
  struct shared made;
  const VkExternalMemoryBufferCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = type};
  const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .pNext = &external, .size = bytes, .usage = usage};
  assert_int_equal(vkCreateBuffer(gpu->info.device, &info, NULL, &made.buffer), VK_SUCCESS);
  VkMemoryRequirements needs;
  vkGetBufferMemoryRequirements(gpu->info.device, made.buffer, &needs);
  uint32_t types = needs.memoryTypeBits;
  if (fd >= 0 && type == VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT) {
    VkMemoryFdPropertiesKHR properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR};
    assert_int_equal(vkGetMemoryFdPropertiesKHR(gpu->info.device, type, fd, &properties), VK_SUCCESS);
    types &= properties.memoryTypeBits;
  }
  assert_true(types);
  const VkMemoryDedicatedAllocateInfo dedicated = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, .buffer = made.buffer};
  const bool alone = features_of(type) & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;
  const VkExportMemoryAllocateInfo export = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, .pNext = alone ? &dedicated : NULL, .handleTypes = type};
  const VkImportMemoryFdInfoKHR import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .pNext = alone ? &dedicated : NULL,
      .handleType = type,
      .fd = fd,
  };
  VkMemoryAllocateInfo allocate = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = fd >= 0 ? (const void *)&import : &export,
      .allocationSize = alone ? needs.size : gpu_allocation(needs.size),
  };
  while (!(types & (1u << allocate.memoryTypeIndex)))
    allocate.memoryTypeIndex++; /* the same on both sides, as an opaque handle asks */
  assert_int_equal(vkAllocateMemory(gpu->info.device, &allocate, NULL, &made.memory), VK_SUCCESS);
  assert_int_equal(vkBindBufferMemory(gpu->info.device, made.buffer, made.memory, 0), VK_SUCCESS);
  return made;
}

static int export_memory(const struct gpu *gpu, const struct shared *shared, VkExternalMemoryHandleTypeFlagBits type) {
  const VkMemoryGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR, .memory = shared->memory, .handleType = type};
  int fd = -1;
  assert_int_equal(vkGetMemoryFdKHR(gpu->info.device, &info, &fd), VK_SUCCESS);
  assert_true(fd >= 0);
  return fd;
}

static void destroy_shared(const struct gpu *gpu, const struct shared *shared) {
  vkDestroyBuffer(gpu->info.device, shared->buffer, NULL);
  vkFreeMemory(gpu->info.device, shared->memory, NULL);
}

/* A buffer goes to, or comes from, the other device. */
static void pass_on(const struct gpu *gpu, VkCommandBuffer commands, VkBuffer buffer, bool release) {
  const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  const VkAccessFlags written = VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_SHADER_WRITE_BIT;
  const VkAccessFlags read = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_SHADER_READ_BIT;
  const VkBufferMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
      .srcAccessMask = release ? written : 0,
      .dstAccessMask = release ? 0 : read | written,
      .srcQueueFamilyIndex = release ? gpu->info.queue_family : VK_QUEUE_FAMILY_EXTERNAL,
      .dstQueueFamilyIndex = release ? VK_QUEUE_FAMILY_EXTERNAL : gpu->info.queue_family,
      .buffer = buffer,
      .size = VK_WHOLE_SIZE,
  };
  vkCmdPipelineBarrier(commands, release ? stages : VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
      release ? VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT : stages, 0, 0, NULL, 1, &barrier, 0, NULL);
}

/* ---- A run ------------------------------------------------------------------------------------------------------- */

struct ends {
  struct shared input, output;
};

/* The exporter writes the input; it alone has seen these values. */
static void write_input(const struct ends *ours, const void *input, VkDeviceSize bytes) {
  struct gpu_buffer staging = gpu_buffer_create(&exporter, bytes);
  memcpy(staging.host, input, bytes);
  VkCommandBuffer commands = gpu_begin(&exporter);
  vkCmdCopyBuffer(commands, staging.buffer, ours->input.buffer, 1, &(VkBufferCopy){.size = bytes});
  pass_on(&exporter, commands, ours->input.buffer, true);
  assert_int_equal(gpu_submit(&exporter, commands), VK_SUCCESS);
  gpu_buffer_destroy(&exporter, &staging);
}

static void read_output(const struct ends *ours, void *output, VkDeviceSize bytes) {
  struct gpu_buffer staging = gpu_buffer_create(&exporter, bytes);
  VkCommandBuffer commands = gpu_begin(&exporter);
  pass_on(&exporter, commands, ours->output.buffer, false);
  vkCmdCopyBuffer(commands, ours->output.buffer, staging.buffer, 1, &(VkBufferCopy){.size = bytes});
  assert_int_equal(gpu_submit(&exporter, commands), VK_SUCCESS);
  memcpy(output, staging.host, bytes);
  gpu_buffer_destroy(&exporter, &staging);
}

static void run_on_imports(struct run *r, const struct ends *theirs) {
  const s2vk_model model = replay_on_device(&r->replay);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  pass_on(&suite_gpu, commands, theirs->input.buffer, false);
  assert_ok(s2vk_record(r->binding, commands, &model));
  pass_on(&suite_gpu, commands, theirs->output.buffer, true);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
}

static void share(VkExternalMemoryHandleTypeFlagBits type) {
  s2vk_plan_info info = suite_plan_info();
  const VkDeviceSize input_bytes = 2 * 3 * 8 * 8 * 4, output_bytes = 2 * 4 * 8 * 4;
  struct ends ours, theirs;
  use(&exporter);
  ours.input = make_shared(&exporter, type, input_bytes, -1);
  ours.output = make_shared(&exporter, type, output_bytes, -1);
  const int input_fd = export_memory(&exporter, &ours.input, type);
  const int output_fd = export_memory(&exporter, &ours.output, type);
  use(&suite_gpu);
  theirs.input = make_shared(&suite_gpu, type, input_bytes, input_fd);
  theirs.output = make_shared(&suite_gpu, type, output_bytes, output_fd);
  const s2vk_binding_info buffers = {
      .struct_size = sizeof buffers,
      .input = {theirs.input.buffer, 0, input_bytes, GPU_BUFFER_USAGE},
      .output = {theirs.output.buffer, 0, output_bytes, GPU_BUFFER_USAGE},
  };
  struct run r;
  run_open(&r, &info, &buffers, 21);
  assert_int_equal(r.input.bytes, input_bytes);
  assert_int_equal(r.output.bytes, output_bytes);
  use(&exporter);
  write_input(&ours, r.upload.host, input_bytes);
  use(&suite_gpu);
  run_on_imports(&r, &theirs);
  use(&exporter);
  read_output(&ours, r.download.host, output_bytes);
  destroy_shared(&exporter, &ours.input);
  destroy_shared(&exporter, &ours.output);
  use(&suite_gpu);
  run_check(&r);
  run_close(&r);
  destroy_shared(&suite_gpu, &theirs.input);
  destroy_shared(&suite_gpu, &theirs.output);
}

static void share_if_offered(bool extension, const char *name, VkExternalMemoryHandleTypeFlagBits type) {
  const VkExternalMemoryFeatureFlags both =
      VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
  if (!extension) {
    print_message("SKIPPED: this device has no %s\n", name);
    skip();
  }
  if ((features_of(type) & both) != both) {
    print_message("SKIPPED: with %s this driver does not both export and import buffers\n", name);
    skip();
  }
  share(type);
}

static void opaque_fd(void **state) {
  (void)state;
  share_if_offered(importer_device.opaque_fd, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
      VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT);
}

static void dma_buf(void **state) {
  (void)state;
  share_if_offered(importer_device.dma_buf, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
      VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT);
}

/* ---- Memory of the host ------------------------------------------------------------------------------------------ */

struct host_memory {
  void *pointer;
  struct shared shared;
};

static VkDeviceSize host_pointer_alignment(void) {
  VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT};
  VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &host};
  vkGetPhysicalDeviceProperties2(suite_gpu.info.physical_device, &properties);
  return host.minImportedHostPointerAlignment;
}

/* A buffer of no usage but STORAGE_BUFFER, on memory that the host has allocated. */
static struct host_memory import_host_memory(VkDeviceSize needed) {
  const VkExternalMemoryHandleTypeFlagBits type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
  const VkDeviceSize alignment = host_pointer_alignment(), wanted = gpu_allocation(needed);
  const VkDeviceSize bytes = (wanted + alignment - 1) / alignment * alignment;
  struct host_memory made = {.pointer = aligned_alloc(alignment, bytes)};
  assert_non_null(made.pointer);
  memset(made.pointer, 0xFF, bytes);
  const VkExternalMemoryBufferCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = type};
  const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .pNext = &external,
      .size = needed,
      .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT};
  const VkDevice device = suite_gpu.info.device;
  assert_int_equal(vkCreateBuffer(device, &info, NULL, &made.shared.buffer), VK_SUCCESS);
  VkMemoryRequirements needs;
  vkGetBufferMemoryRequirements(device, made.shared.buffer, &needs);
  VkMemoryHostPointerPropertiesEXT properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
  assert_int_equal(vkGetMemoryHostPointerPropertiesEXT(device, type, made.pointer, &properties), VK_SUCCESS);
  const uint32_t types = needs.memoryTypeBits & properties.memoryTypeBits;
  assert_true(types);
  const VkImportMemoryHostPointerInfoEXT import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT, .handleType = type, .pHostPointer = made.pointer};
  VkMemoryAllocateInfo allocate = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .pNext = &import, .allocationSize = bytes};
  while (!(types & (1u << allocate.memoryTypeIndex)))
    allocate.memoryTypeIndex++;
  assert_int_equal(vkAllocateMemory(device, &allocate, NULL, &made.shared.memory), VK_SUCCESS);
  assert_int_equal(vkBindBufferMemory(device, made.shared.buffer, made.shared.memory, 0), VK_SUCCESS);
  return made;
}

static void destroy_host_memory(struct host_memory *memory) {
  destroy_shared(&suite_gpu, &memory->shared);
  free(memory->pointer);
}

/* An engine's input and output in the memory of the host, such as ggml has them: no copy on either side. */
static void host_pointers(void **state) {
  (void)state;
  if (!importer_device.host_pointers) {
    print_message("SKIPPED: this device has no %s\n", VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
    skip();
  }
  /* SwiftShader has the extension, and says of every buffer that it cannot be on such memory. */
  const VkExternalMemoryFeatureFlags features = features_of(VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT);
  if (!(features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT)) {
    print_message("SKIPPED: this device imports no host memory for buffers\n");
    skip();
  }
  const s2vk_plan_info info = suite_plan_info();
  const VkDeviceSize input_bytes = 2 * 3 * 8 * 8 * 4, output_bytes = 2 * 4 * 8 * 4;
  use(&suite_gpu);
  struct host_memory input = import_host_memory(input_bytes), output = import_host_memory(output_bytes);
  const s2vk_binding_info buffers = {.struct_size = sizeof buffers,
      .input = {input.shared.buffer, 0, input_bytes, 0},
      .output = {output.shared.buffer, 0, output_bytes, 0}};
  struct run r;
  run_open(&r, &info, &buffers, 22);
  assert_int_equal(r.input.bytes, input_bytes);
  assert_int_equal(r.output.bytes, output_bytes);
  memcpy(input.pointer, r.upload.host, input_bytes);
  const s2vk_model model = replay_on_device(&r.replay);
  VkCommandBuffer commands = gpu_begin(&suite_gpu);
  gpu_barrier(commands);
  assert_ok(s2vk_record(r.binding, commands, &model));
  gpu_barrier(commands);
  assert_int_equal(gpu_submit(&suite_gpu, commands), VK_SUCCESS);
  memcpy(r.download.host, output.pointer, output_bytes);
  run_check(&r);
  run_close(&r);
  destroy_host_memory(&input);
  destroy_host_memory(&output);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opaque_fd),
      cmocka_unit_test(dma_buf),
      cmocka_unit_test(host_pointers),
  };
  return cmocka_run_group_tests_name("external", tests, open_both, close_both);
}
