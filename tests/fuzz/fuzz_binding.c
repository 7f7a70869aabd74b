/* Bindings with every field free, and recordings of each pass with buffers and views that come late, on the mock
 * device. What is refused is refused with one reason, and records nothing. What is accepted stays within the buffers:
 * the mock counts descriptors and copies outside of them. A recording allocates nothing.
 *
 * The input is a plan of a list, one or two bindings, and then recordings until it ends. */
#include "fuzz.h"

#include "mock_device.h"

#include <s2vk/s2vk.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_COUNT 3
#define BUFFER_BYTES 65536
#define MAX_RECORDINGS 64

static size_t live, allocations;
static unsigned logged;

static void *VKAPI_CALL allocate(void *user, size_t bytes, size_t alignment, VkSystemAllocationScope scope) {
  (void)user;
  (void)alignment;
  (void)scope;
  live++;
  allocations++;
  return malloc(bytes);
}

static void VKAPI_CALL release(void *user, void *memory) {
  (void)user;
  live -= memory != NULL;
  free(memory);
}

static void on_log(void *user, s2vk_log_level level, const char *message) {
  (void)user;
  logged += level == S2VK_LOG_ERROR && *message;
}

static const VkAllocationCallbacks allocator = {.pfnAllocation = allocate, .pfnFree = release};

/* ---- The device -------------------------------------------------------------------------------------------------- */

struct bench {
  s2vk_context_info info;
  s2vk_context *context;
  s2vk_plan *plan;
  s2vk_plan_layout layout;
  s2vk_binding *bindings[2];
  bool image; /* the plan reads one */
  VkBuffer buffers[BUFFER_COUNT];
  VkCommandPool pool;
  VkCommandBuffer commands;
};

static PFN_vkVoidFunction function(const struct bench *b, const char *name) {
  PFN_vkGetDeviceProcAddr get =
      (PFN_vkGetDeviceProcAddr)mock_get_instance_proc_addr(b->info.instance, "vkGetDeviceProcAddr");
  return get(b->info.device, name);
}

static void open_device(struct bench *b, bool cpu, bool small) {
  const s2vk_device_info info = {
      .struct_size = sizeof info, .get_instance_proc_addr = mock_get_instance_proc_addr, .log = on_log};
  mock_reset();
  mock_vk.devices[0] = mock_device_of(cpu ? VK_PHYSICAL_DEVICE_TYPE_CPU : VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU);
  if (small)
    mock_vk.devices[0].properties.limits.maxStorageBufferRange = 4096;
  FUZZ_REQUIRE(s2vk_device_open(&info, &b->info) == S2VK_SUCCESS);
  b->info.allocator = &allocator;
  FUZZ_REQUIRE(s2vk_context_create(&b->info, &b->context) == S2VK_SUCCESS);
  const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  ((PFN_vkCreateCommandPool)function(b, "vkCreateCommandPool"))(b->info.device, &pool, NULL, &b->pool);
  const VkCommandBufferAllocateInfo commands = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, .commandPool = b->pool, .commandBufferCount = 1};
  ((PFN_vkAllocateCommandBuffers)function(b, "vkAllocateCommandBuffers"))(b->info.device, &commands, &b->commands);
  const VkBufferCreateInfo buffer = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = BUFFER_BYTES};
  for (int i = 0; i < BUFFER_COUNT; i++)
    ((PFN_vkCreateBuffer)function(b, "vkCreateBuffer"))(b->info.device, &buffer, NULL, &b->buffers[i]);
}

static void close_device(struct bench *b) {
  for (int i = 0; i < BUFFER_COUNT; i++)
    ((PFN_vkDestroyBuffer)function(b, "vkDestroyBuffer"))(b->info.device, b->buffers[i], NULL);
  ((PFN_vkDestroyCommandPool)function(b, "vkDestroyCommandPool"))(b->info.device, b->pool, NULL);
  s2vk_context_destroy(&b->context);
  s2vk_device_close(&b->info);
  for (int type = 0; type < MOCK_OBJECT_TYPES; type++)
    FUZZ_REQUIRE(mock_vk.alive[type] == 0);
  FUZZ_REQUIRE(mock_vk.misuses == 0 && live == 0);
}

/* A small plan: tokens or maps; a tensor, pixels or an image; with sums and images that outlive a call. False: small
 * ranges have no room for it. */
static bool make_plan(struct bench *b, uint8_t kind) {
  static const double scales[] = {1, 1.25};
  s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .source = (s2vk_pixel_source)((kind >> 1 & 3) % 3)};
  const s2vk_preprocessing_info given = {.struct_size = sizeof given, .rounding = S2VK_ROUNDING_BYTES};
  s2vk_plan_info info = {
      .struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = 8,
      .width = 8,
      .scales = scales,
      .scale_count = 2,
      .max_split_size = 4,
      .output_shape = kind & 1 ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC,
      .model = {.channels = 8, .tokens = 4, .height = 2, .width = 2},
      .tiles_per_call = kind & 8 ? 3 : 0,
      .output_type = kind & 8 ? S2VK_TYPE_F16 : S2VK_TYPE_F32,
      .pixels = (kind >> 1 & 3) == 3 ? NULL : &pixels,
  };
  if (kind & 16 && info.pixels) {
    info.preprocessing = &given;
    info.filter = S2VK_FILTER_BICUBIC_ANTIALIASED;
  }
  b->image = info.pixels && pixels.source != S2VK_PIXELS_BUFFER;
  b->layout = (s2vk_plan_layout){.struct_size = sizeof b->layout};
  const s2vk_result result = s2vk_plan_create(b->context, &info, &b->plan);
  FUZZ_REQUIRE(!result || (result == S2VK_ERROR_LIMIT && kind & 64));
  if (result)
    return false;
  FUZZ_REQUIRE(s2vk_plan_get_layout(b->plan, &b->layout) == S2VK_SUCCESS);
  return true;
}

/* ---- Bindings ---------------------------------------------------------------------------------------------------- */

/* A buffer that is there for as many bytes as it says, or none. */
static s2vk_buffer read_buffer(struct fuzz_input *input, const struct bench *b, VkDeviceSize needed) {
  const uint8_t which = fuzz_u8(input);
  if (which % 4 == BUFFER_COUNT)
    return (s2vk_buffer){0};
  s2vk_buffer buffer = {.buffer = b->buffers[which % 4], .usage = which & 64 ? 0xFFFFFFFF : 0};
  buffer.offset = (uint64_t)fuzz_u8(input) << (which & 32 ? 8 : 4);
  buffer.offset += which & 16 ? fuzz_u8(input) : 0;
  const VkDeviceSize left = BUFFER_BYTES - buffer.offset % BUFFER_BYTES;
  buffer.offset %= BUFFER_BYTES;
  buffer.bytes = which & 8 ? fuzz_u32(input) % (left + 1) : needed < left ? needed : left;
  return buffer;
}

static bool overlap(VkBuffer a, VkDeviceSize at, VkDeviceSize bytes, const s2vk_tensor *b) {
  return a && a == b->buffer && bytes && b->bytes && at < b->offset + b->bytes && b->offset < at + bytes;
}

/* The tensors of a binding, by the bytes of the largest call. */
static void list_tensors(const struct bench *b, const s2vk_binding *binding, s2vk_tensor tensors[4]) {
  s2vk_model_call call;
  FUZZ_REQUIRE(s2vk_binding_get_tensors(binding, &tensors[0], &tensors[1]) == S2VK_SUCCESS);
  FUZZ_REQUIRE(s2vk_binding_get_call(binding, 0, &call) == S2VK_SUCCESS);
  tensors[2] = call.tiles;
  tensors[3] = call.features;
  tensors[2].bytes = b->layout.tiles_bytes;
  tensors[3].bytes = b->layout.features_bytes;
}

static void check_binding(const struct bench *b, const s2vk_binding *binding, const s2vk_binding *other) {
  s2vk_tensor mine[4], theirs[4];
  list_tensors(b, binding, mine);
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < i; k++)
      FUZZ_REQUIRE(!overlap(mine[i].buffer, mine[i].offset, mine[i].bytes, &mine[k]));
  if (!other)
    return;
  list_tensors(b, other, theirs);
  for (int i = 2; i < 4; i++)
    for (int k = 0; k < 4; k++)
      FUZZ_REQUIRE(!overlap(mine[i].buffer, mine[i].offset, mine[i].bytes, &theirs[k]));
}

static void make_binding(struct fuzz_input *input, struct bench *b, s2vk_binding **binding, const s2vk_binding *other) {
  const uint8_t flags = fuzz_u8(input);
  s2vk_binding_info info = {.struct_size = sizeof info ^ (flags & 1), .in_turn_with = other};
  info.late_inputs = flags & 2 ? fuzz_u8(input) % 5 : flags & 4 ? fuzz_u32(input) % 8192 : 0;
  info.late_features = flags & 8 ? fuzz_u8(input) % 5 : flags & 16 ? fuzz_u32(input) % 8192 : 0;
  info.input_view = (VkImageView)(uintptr_t)(flags & 32 ? 1 : 0);
  info.input = read_buffer(input, b, b->layout.input_bytes);
  info.tiles = read_buffer(input, b, b->layout.tiles_bytes);
  info.features = read_buffer(input, b, b->layout.features_bytes);
  info.output = read_buffer(input, b, b->layout.output_bytes);
  info.accumulator = read_buffer(input, b, b->layout.accumulator_bytes);
  info.scratch = read_buffer(input, b, b->layout.scratch_bytes);
  logged = 0;
  const size_t before = live;
  const s2vk_result result = s2vk_binding_create(b->plan, &info, binding);
  FUZZ_REQUIRE(logged == (result ? 1u : 0u) && !result == !!*binding);
  if (!result) {
    check_binding(b, *binding, other);
    return;
  }
  FUZZ_REQUIRE(live >= before); /* the plan may have kept a form for these usages */
  FUZZ_REQUIRE(result == S2VK_ERROR_NULL || result == S2VK_ERROR_STRUCT_SIZE || result == S2VK_ERROR_BUFFER_SIZE ||
               result == S2VK_ERROR_BUFFER_ALIGNMENT || result == S2VK_ERROR_OVERFLOW || result == S2VK_ERROR_PIXELS ||
               result == S2VK_ERROR_WORKSPACE);
}

/* ---- Recordings -------------------------------------------------------------------------------------------------- */

static s2vk_result model(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  (void)user;
  (void)commands;
  (void)call;
  return S2VK_SUCCESS;
}

static void record(struct fuzz_input *input, struct bench *b) {
  const s2vk_model nothing = {.struct_size = sizeof nothing, .record = model};
  const uint8_t flags = fuzz_u8(input), number = fuzz_u8(input);
  const s2vk_binding *binding = b->bindings[flags >> 3 & 1] ? b->bindings[flags >> 3 & 1] : b->bindings[0];
  const uint32_t call = flags & 16 ? number : number % b->layout.call_count;
  VkCommandBuffer commands = flags & 32 ? NULL : b->commands;
  s2vk_source source = {.view = (VkImageView)(uintptr_t)(flags & 64 ? 1 : 0), .layout = fuzz_u8(input) % 8};
  source.buffer = read_buffer(input, b, flags & 1 ? b->layout.input_bytes : b->layout.features_bytes);
  const size_t before = allocations;
  const uint32_t recorded = mock_vk.command_count;
  s2vk_result result = S2VK_SUCCESS;
  logged = 0;
  switch (flags & 7) {
  case 1:
  case 3:
    result = s2vk_record_split_from(binding, call, commands, flags & 128 ? NULL : &source);
    break;
  case 2:
  case 4:
    result = s2vk_record_merge_from(binding, call, commands, flags & 128 ? NULL : &source.buffer);
    break;
  case 5:
    result = s2vk_record_split(binding, call, commands);
    break;
  case 6:
    result = s2vk_record_merge(binding, call, commands);
    break;
  default:
    result = s2vk_record(binding, commands, &nothing);
  }
  FUZZ_REQUIRE(allocations == before && logged == (result ? 1u : 0u));
  FUZZ_REQUIRE(result ? mock_vk.command_count == recorded : mock_vk.command_count > recorded);
  FUZZ_REQUIRE(!result || result == S2VK_ERROR_NULL || result == S2VK_ERROR_CALL_INDEX || result == S2VK_ERROR_LATE ||
               result == S2VK_ERROR_BUFFER_SIZE || result == S2VK_ERROR_BUFFER_ALIGNMENT ||
               result == S2VK_ERROR_WORKSPACE || result == S2VK_ERROR_PIXELS);
  mock_vk.command_count = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, data + size};
  const uint8_t kind = fuzz_u8(&input);
  struct bench b = {0};
  open_device(&b, kind & 32, kind & 64);
  if (make_plan(&b, kind))
    make_binding(&input, &b, &b.bindings[0], NULL);
  if (kind & 128 && b.bindings[0])
    make_binding(&input, &b, &b.bindings[1], b.bindings[0]);
  for (int i = 0; b.bindings[0] && i < MAX_RECORDINGS && input.at < input.end; i++)
    record(&input, &b);
  s2vk_binding_destroy(&b.bindings[1]);
  s2vk_binding_destroy(&b.bindings[0]);
  s2vk_plan_destroy(&b.plan);
  close_device(&b);
  return 0;
}
