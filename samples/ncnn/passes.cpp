/* A run of a plan. s2vk's passes are in command buffers of this file, and the model is in ncnn's. They alternate on
 * ncnn's queue. */
#include "network_private.h"

#include <cstdio>
#include <cstring>

namespace {

/* A buffer that the host reads or writes. */
struct Staging {
  explicit Staging(ncnn::VkAllocator *allocator, size_t bytes)
      : allocator(allocator), data(allocator->fastMalloc(bytes)) {
  }
  ~Staging() {
    if (data)
      allocator->fastFree(data);
  }
  Staging(const Staging &) = delete;
  Staging &operator=(const Staging &) = delete;
  ncnn::VkAllocator *allocator;
  ncnn::VkBufferMemory *data;
};

/* A command buffer for s2vk's passes, submitted to ncnn's queue. */
class Commands {
public:
  explicit Commands(const ncnn::VulkanDevice *device) : device(device) {
    const VkCommandPoolCreateInfo pool_info = {VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr,
        VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT, device->info.compute_queue_family_index()};
    const VkFenceCreateInfo fence_info = {VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, nullptr, 0};
    if (ncnn::vkCreateCommandPool(device->vkdevice(), &pool_info, nullptr, &pool) ||
        ncnn::vkCreateFence(device->vkdevice(), &fence_info, nullptr, &fence))
      return;
    const VkCommandBufferAllocateInfo info = {
        VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr, pool, VK_COMMAND_BUFFER_LEVEL_PRIMARY, 1};
    if (ncnn::vkAllocateCommandBuffers(device->vkdevice(), &info, &commands))
      commands = VkCommandBuffer();
  }
  ~Commands() {
    ncnn::vkDestroyFence(device->vkdevice(), fence, nullptr);
    ncnn::vkDestroyCommandPool(device->vkdevice(), pool, nullptr);
  }
  Commands(const Commands &) = delete;
  Commands &operator=(const Commands &) = delete;

  VkCommandBuffer begin() {
    const VkCommandBufferBeginInfo info = {
        VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, nullptr, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT, nullptr};
    return commands && !ncnn::vkBeginCommandBuffer(commands, &info) ? commands : VkCommandBuffer();
  }

  bool submit_and_wait() {
    if (ncnn::vkEndCommandBuffer(commands))
      return false;
    const VkQueue queue = device->acquire_queue(device->info.compute_queue_family_index());
    const VkSubmitInfo info = {VK_STRUCTURE_TYPE_SUBMIT_INFO, nullptr, 0, nullptr, nullptr, 1, &commands, 0, nullptr};
    const bool done = queue && !ncnn::vkQueueSubmit(queue, 1, &info, fence) &&
                      !ncnn::vkWaitForFences(device->vkdevice(), 1, &fence, VK_TRUE, UINT64_MAX) &&
                      !ncnn::vkResetFences(device->vkdevice(), 1, &fence);
    if (queue)
      device->reclaim_queue(device->info.compute_queue_family_index(), queue);
    return done;
  }

private:
  const ncnn::VulkanDevice *device;
  VkCommandPool pool = VkCommandPool();
  VkFence fence = VkFence();
  VkCommandBuffer commands = VkCommandBuffer();
};

/* A tile of s2vk as a matrix of ncnn, in the same memory. */
struct Tile {
  Tile(const net *net, const s2vk_tensor &tiles, uint32_t index) {
    const int side = (int)net->model.side;
    memory.buffer = tiles.buffer;
    memory.offset = (size_t)(tiles.offset + index * tiles.strides.item);
    memory.capacity = (size_t)(3 * net->model.tile_strides.channel);
    memory.memory = VkDeviceMemory();
    memory.mapped_ptr = nullptr;
    memory.memory_type_index = 0;
    memory.access_flags = VK_ACCESS_SHADER_WRITE_BIT;
    memory.stage_flags = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
    memory.refcount = 2; /* one for this struct and one for the matrix: ncnn then neither frees it nor works in place */
    mat = ncnn::VkMat(side, side, 3, &memory, net->scalar, net->blobs);
    mat.cstep = (size_t)net->model.tile_strides.channel / net->scalar;
    mat.refcount = &memory.refcount;
  }
  Tile(const Tile &) = delete;
  Tile &operator=(const Tile &) = delete;
  ncnn::VkBufferMemory memory;
  ncnn::VkMat mat;
};

/* Makes writes of shaders visible to the host, once the commands are done. */
void show_host(VkCommandBuffer commands) {
  const VkMemoryBarrier barrier = {
      VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, VK_ACCESS_SHADER_WRITE_BIT, VK_ACCESS_HOST_READ_BIT};
  ncnn::vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier,
      0, nullptr, 0, nullptr);
}

void copy(VkCommandBuffer commands, VkBuffer from, VkDeviceSize from_offset, VkBuffer to, VkDeviceSize to_offset,
    VkDeviceSize bytes) {
  const VkBufferCopy region = {from_offset, to_offset, bytes};
  ncnn::vkCmdCopyBuffer(commands, from, to, 1, &region);
}

bool fail(char *reason, const char *text) {
  snprintf(reason, NET_REASON_BYTES, "%s", text);
  return false;
}

} // namespace

/* Runs the model on the tiles of a call, one by one, in one submission. */
static bool run_model(net *net, const s2vk_model_call *call, std::vector<ncnn::VkMat> &features) {
  ncnn::VkCompute commands(net->device);
  const uint32_t count = call->tiles.shape.dims[0];
  std::vector<Tile *> tiles;
  bool done = true;
  features.assign(count, ncnn::VkMat());
  for (uint32_t i = 0; done && i < count; i++) {
    tiles.push_back(new Tile(net, call->tiles, i));
    done = net_record(net, tiles.back()->mat, features[i], commands);
  }
  done = done && !commands.submit_and_wait();
  for (Tile *tile : tiles)
    delete tile;
  return done;
}

static bool has_late_features(const s2vk_plan_layout &layout) {
  return layout.call_count == layout.tile_count;
}

static s2vk_buffer buffer_of(const ncnn::VkBufferMemory *memory) {
  s2vk_buffer buffer = {};
  buffer.buffer = memory->buffer;
  buffer.offset = memory->offset;
  buffer.bytes = memory->capacity;
  buffer.usage =
      VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  return buffer;
}

/* If each call has one tile, the merge reads its features in ncnn's buffer. With several tiles, ncnn has a buffer for
 * each tile. The device copies them to their places in the binding's features. */
static s2vk_result merge(const s2vk_binding *binding, const s2vk_plan_layout &layout, uint32_t k,
    VkCommandBuffer commands, const std::vector<ncnn::VkMat> &features) {
  if (has_late_features(layout)) {
    const s2vk_buffer late = buffer_of(features[0].data);
    return s2vk_record_merge_from(binding, k, commands, &late);
  }
  s2vk_model_call call;
  s2vk_binding_get_call(binding, k, &call);
  for (uint32_t i = 0; i < features.size(); i++)
    copy(commands, features[i].buffer(), features[i].buffer_offset(), call.features.buffer,
        call.features.offset + i * call.features.strides.item, features[i].total() * features[i].elemsize);
  return s2vk_record_merge(binding, k, commands);
}

/* Each submission merges the model's last features, and splits its next tiles. */
static bool run_calls(
    net *net, const s2vk_binding *binding, const s2vk_plan_layout &layout, Commands &commands, char *reason) {
  const uint32_t count = layout.call_count;
  std::vector<ncnn::VkMat> features;
  for (uint32_t k = 0; k <= count; k++) {
    const VkCommandBuffer recorded = commands.begin();
    if (!recorded || (k > 0 && merge(binding, layout, k - 1, recorded, features)) ||
        (k < count && s2vk_record_split(binding, k, recorded)))
      return fail(reason, "a pass cannot be recorded");
    if (k == count)
      show_host(recorded);
    if (!commands.submit_and_wait())
      return fail(reason, "a pass failed");
    s2vk_model_call call;
    if (k < count && (s2vk_binding_get_call(binding, k, &call) || !run_model(net, &call, features)))
      return fail(reason, "the model failed");
  }
  return true;
}

/* Input and output are ncnn's staging buffers, bound as they are. */
bool net_forward(
    net *net, const s2vk_plan *plan, const engine_input *input, float *output, char reason[NET_REASON_BYTES]) {
  s2vk_plan_layout layout = {};
  layout.struct_size = sizeof layout;
  s2vk_plan_get_layout(plan, &layout);
  const Staging in(net->staging, (size_t)layout.input_bytes), out(net->staging, (size_t)layout.output_bytes);
  Commands commands(net->device);
  if (!in.data || !out.data)
    return fail(reason, "no memory for input and output");
  s2vk_binding_info info = {};
  info.struct_size = sizeof info;
  info.input = buffer_of(in.data);
  info.output = buffer_of(out.data);
  info.late_features = has_late_features(layout); /* the queue is done with one recording before the next is made */
  s2vk_binding *binding = nullptr;
  if (s2vk_binding_create(plan, &info, &binding))
    return fail(reason, "no memory for tiles and features");
  memcpy(in.data->mapped_ptr, input->data, input->bytes);
  net->staging->flush(in.data);
  const bool done = run_calls(net, binding, layout, commands, reason);
  if (done) {
    net->staging->invalidate(out.data);
    memcpy(output, out.data->mapped_ptr, (size_t)layout.output_bytes);
  }
  s2vk_binding_destroy(&binding);
  return done;
}
