#include "engine.h"

#include "progress.h"

#include <stdlib.h>
#include <string.h>

#define MAX_FAMILIES 64

static bool succeeded(VkResult result, const char *what) {
  if (result)
    message_print("%s: VkResult %d", what, (int)result);
  return !result;
}

/* ---- Making it ---- */

static bool create_timestamps(struct engine *engine) {
  VkQueueFamilyProperties families[MAX_FAMILIES];
  uint32_t count = 0, family = engine->device->info.queue_family;
  vkGetPhysicalDeviceQueueFamilyProperties(engine->device->info.physical_device, &count, NULL);
  count = count < MAX_FAMILIES ? count : MAX_FAMILIES;
  vkGetPhysicalDeviceQueueFamilyProperties(engine->device->info.physical_device, &count, families);
  uint32_t bits = family < count ? families[family].timestampValidBits : 0;
  if (!bits)
    return true;
  engine->timestamp_mask = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
  const VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
      .queryType = VK_QUERY_TYPE_TIMESTAMP,
      .queryCount = 2 * ENGINE_FRAMES};
  return succeeded(
      vkCreateQueryPool(engine->device->info.device, &info, NULL, &engine->timestamps), "vkCreateQueryPool");
}

static bool create_frame(struct engine *engine, uint32_t index) {
  VkDevice vk = engine->device->info.device;
  struct frame *frame = &engine->frames[index];
  const VkCommandBufferAllocateInfo commands = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = engine->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1};
  const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  frame->index = index;
  frame->images = calloc(engine->options->batch, sizeof *frame->images);
  if (!frame->images) {
    message_print("no memory for the names of %u images", engine->options->batch);
    return false;
  }
  queue_push(&engine->free, frame);
  return succeeded(vkAllocateCommandBuffers(vk, &commands, &frame->commands), "vkAllocateCommandBuffers") &&
         succeeded(vkCreateFence(vk, &fence, NULL, &frame->fence), "vkCreateFence");
}

bool engine_create(
    struct engine *engine, const struct device *device, struct model *model, const struct options *options) {
  *engine = (struct engine){.device = device, .model = model, .options = options};
  queue_create(&engine->free);
  queue_create(&engine->submitted);
  const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
      .queueFamilyIndex = device->info.queue_family};
  if (s2vk_context_create(&device->info, &engine->context) || !create_timestamps(engine) ||
      !succeeded(vkCreateCommandPool(device->info.device, &pool, NULL, &engine->pool), "vkCreateCommandPool"))
    return false;
  for (uint32_t i = 0; i < ENGINE_FRAMES; i++)
    if (!create_frame(engine, i))
      return false;
  return true;
}

static void unbind(struct engine_plan *entry) {
  for (uint32_t i = 0; i < ENGINE_FRAMES; i++)
    s2vk_binding_destroy(&entry->bindings[i]);
}

static void forget(struct engine_plan *entry) {
  unbind(entry);
  s2vk_plan_destroy(&entry->plan);
  *entry = (struct engine_plan){0};
}

void engine_destroy(struct engine *engine) {
  const struct device *device = engine->device;
  if (!device)
    return;
  for (uint32_t i = 0; i < ENGINE_PLANS; i++)
    forget(&engine->plans[i]);
  for (uint32_t i = 0; i < ENGINE_FRAMES; i++) {
    struct frame *frame = &engine->frames[i];
    struct buffer *buffers[] = {&frame->upload, &frame->input, &frame->output, &frame->readback};
    for (int j = 0; j < 4; j++)
      buffer_destroy(device, buffers[j]);
    vkDestroyFence(device->info.device, frame->fence, NULL);
    free(frame->images);
  }
  buffer_destroy(device, &engine->tiles);
  buffer_destroy(device, &engine->features);
  buffer_destroy(device, &engine->accumulator);
  buffer_destroy(device, &engine->scratch);
  vkDestroyQueryPool(device->info.device, engine->timestamps, NULL);
  vkDestroyCommandPool(device->info.device, engine->pool, NULL);
  s2vk_context_destroy(&engine->context);
  queue_destroy(&engine->free);
  queue_destroy(&engine->submitted);
  *engine = (struct engine){0};
}

/* ---- Frames that are free ---- */

static struct frame *take_frame(struct engine *engine) {
  double start = seconds_now();
  struct frame *frame = queue_pop(&engine->free);
  engine->waited += seconds_now() - start;
  return frame;
}

/* Waits until the device is idle and no frame is read. All frames except the caller's are free then. */
static void drain(struct engine *engine) {
  struct frame *frames[ENGINE_FRAMES];
  for (uint32_t i = 1; i < ENGINE_FRAMES; i++)
    frames[i] = take_frame(engine);
  for (uint32_t i = 1; i < ENGINE_FRAMES; i++)
    queue_push(&engine->free, frames[i]);
}

/* ---- Plans ---- */

static struct engine_plan *find_plan(struct engine *engine, s2vk_size size, uint32_t batch) {
  struct engine_plan *oldest = &engine->plans[0];
  for (uint32_t i = 0; i < ENGINE_PLANS; i++) {
    struct engine_plan *entry = &engine->plans[i];
    if (entry->plan && entry->size.height == size.height && entry->size.width == size.width && entry->batch == batch) {
      entry->used = ++engine->uses;
      return entry;
    }
    if (entry->used < oldest->used)
      oldest = entry;
  }
  if (oldest->plan) {
    drain(engine);
    forget(oldest);
  }
  oldest->size = size;
  oldest->batch = batch;
  if (plan_create(
          engine->context, engine->device, engine->model, engine->options, size, batch, &oldest->plan, &oldest->layout))
    return NULL;
  oldest->facts = plan_get_facts(oldest->plan, engine->options);
  engine->plans_made++;
  oldest->used = ++engine->uses;
  return oldest;
}

/* ---- Buffers ---- */

/* A buffer grows by half at least. A series of ever larger images then causes few allocations. */
static bool grow(const struct engine *engine, struct buffer *buffer, VkDeviceSize bytes, VkBufferUsageFlags usage,
    enum buffer_place place) {
  VkDeviceSize larger = buffer->bytes + buffer->bytes / 2;
  if (bytes <= buffer->bytes)
    return true;
  buffer_destroy(engine->device, buffer);
  return buffer_create(engine->device, larger > bytes ? larger : bytes, usage, place, buffer);
}

static bool fits(const struct engine *engine, const s2vk_plan_layout *layout) {
  const struct frame *frame = &engine->frames[0];
  return layout->input_bytes <= frame->input.bytes && layout->output_bytes <= frame->output.bytes &&
         layout->tiles_bytes <= engine->tiles.bytes && layout->features_bytes <= engine->features.bytes &&
         layout->accumulator_bytes <= engine->accumulator.bytes && layout->scratch_bytes <= engine->scratch.bytes;
}

/* Makes room for a plan. The model and all bindings must be bound again afterwards. */
static bool make_room(struct engine *engine, const s2vk_plan_layout *layout) {
  const VkBufferUsageFlags source = layout->source_usage, target = layout->target_usage;
  if (fits(engine, layout))
    return true;
  drain(engine);
  for (uint32_t i = 0; i < ENGINE_PLANS; i++)
    unbind(&engine->plans[i]);
  engine->bound_tiles = 0;
  if (!grow(engine, &engine->tiles, layout->tiles_bytes, target, BUFFER_DEVICE) ||
      !grow(engine, &engine->features, layout->features_bytes, source, BUFFER_DEVICE) ||
      !grow(
          engine, &engine->accumulator, layout->accumulator_bytes, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, BUFFER_DEVICE) ||
      !grow(engine, &engine->scratch, layout->scratch_bytes, source, BUFFER_DEVICE))
    return false;
  for (uint32_t i = 0; i < ENGINE_FRAMES; i++) {
    struct frame *frame = &engine->frames[i];
    VkDeviceSize in = layout->input_bytes, out = layout->output_bytes;
    if (!grow(engine, &frame->upload, in, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, BUFFER_UPLOAD) ||
        !grow(engine, &frame->input, in, source | VK_BUFFER_USAGE_TRANSFER_DST_BIT, BUFFER_DEVICE) ||
        !grow(engine, &frame->output, out, target | VK_BUFFER_USAGE_TRANSFER_SRC_BIT, BUFFER_DEVICE) ||
        !grow(engine, &frame->readback, out, VK_BUFFER_USAGE_TRANSFER_DST_BIT, BUFFER_READBACK))
      return false;
  }
  return true;
}

static s2vk_buffer whole(const struct buffer *buffer) {
  return (s2vk_buffer){.buffer = buffer->buffer, .bytes = buffer->bytes, .usage = buffer->usage};
}

static bool bind(struct engine *engine, struct engine_plan *entry, const struct frame *frame) {
  s2vk_binding **binding = &entry->bindings[frame->index];
  if (!make_room(engine, &entry->layout))
    return false;
  const s2vk_binding_info info = {.struct_size = sizeof info,
      .input = whole(&frame->input),
      .tiles = whole(&engine->tiles),
      .features = whole(&engine->features),
      .output = whole(&frame->output),
      .accumulator = whole(&engine->accumulator),
      .scratch = whole(&engine->scratch)};
  if (!*binding && s2vk_binding_create(entry->plan, &info, binding))
    return false;
  if (entry->layout.tiles_bytes <= engine->bound_tiles)
    return true;
  drain(engine);
  if (!model_bind(engine->model, engine->options, engine->device->info.device, entry->plan, *binding))
    return false;
  engine->bound_tiles = entry->layout.tiles_bytes;
  return true;
}

/* ---- Commands ---- */

static void barrier(VkCommandBuffer commands, VkPipelineStageFlags from, VkAccessFlags from_access,
    VkPipelineStageFlags to, VkAccessFlags to_access) {
  const VkMemoryBarrier memory = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER, .srcAccessMask = from_access, .dstAccessMask = to_access};
  vkCmdPipelineBarrier(commands, from, to, 0, 1, &memory, 0, NULL, 0, NULL);
}

/* Writes a timestamp when all earlier work is done, earlier frames included. The times of two frames do not overlap. */
static void stamp(const struct engine *engine, const struct frame *frame, uint32_t which) {
  if (engine->timestamps)
    vkCmdWriteTimestamp(
        frame->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, engine->timestamps, 2 * frame->index + which);
}

static bool record(struct engine *engine, const struct engine_plan *entry, const struct frame *frame) {
  VkCommandBuffer commands = frame->commands;
  const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  const VkBufferCopy input = {0, 0, entry->layout.input_bytes}, output = {0, 0, entry->layout.output_bytes};
  const s2vk_model model = model_callbacks(engine->model);
  if (!succeeded(vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer"))
    return false;
  if (engine->timestamps)
    vkCmdResetQueryPool(commands, engine->timestamps, 2 * frame->index, 2);
  stamp(engine, frame, 0);
  vkCmdCopyBuffer(commands, frame->upload.buffer, frame->input.buffer, 1, &input);
  /* s2vk_record() begins with a barrier. After it the previous frame is done with the workspace, and the input is
   * copied. */
  s2vk_result result = s2vk_record(entry->bindings[frame->index], commands, &model);
  barrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT,
      VK_ACCESS_TRANSFER_READ_BIT);
  vkCmdCopyBuffer(commands, frame->output.buffer, frame->readback.buffer, 1, &output);
  barrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
      VK_ACCESS_HOST_READ_BIT);
  stamp(engine, frame, 1);
  if (result)
    message_print("the commands cannot be recorded: %s", s2vk_result_name(result));
  return succeeded(vkEndCommandBuffer(commands), "vkEndCommandBuffer") && !result;
}

static bool submit(struct engine *engine, struct frame *frame) {
  const VkSubmitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &frame->commands};
  return succeeded(vkResetFences(engine->device->info.device, 1, &frame->fence), "vkResetFences") &&
         succeeded(vkQueueSubmit(engine->device->info.queue, 1, &info, frame->fence), "vkQueueSubmit");
}

/* ---- Batches ---- */

static void fill(struct frame *frame, const struct batch *batch, const struct engine_plan *entry) {
  size_t bytes = batch->images[0].input.bytes;
  for (uint32_t i = 0; i < batch->count; i++) {
    memcpy((char *)frame->upload.host + i * bytes, batch->images[i].input.data, bytes);
    frame->images[i] =
        (struct frame_image){batch->images[i].source, batch->images[i].facts, batch->images[i].input.size};
  }
  frame->count = batch->count;
  frame->plan = entry->facts;
  frame->shape = entry->layout.output;
  frame->shape.dims[0] = 1;
  frame->bytes = entry->layout.output_bytes / batch->count;
}

static enum engine_result compute(struct engine *engine, const struct batch *batch, struct frame *frame) {
  struct engine_plan *entry = find_plan(engine, batch->images[0].input.size, batch->count);
  if (!entry)
    return ENGINE_REFUSED;
  if (!bind(engine, entry, frame))
    return ENGINE_FAILED;
  fill(frame, batch, entry);
  return record(engine, entry, frame) && submit(engine, frame) ? ENGINE_DONE : ENGINE_FAILED;
}

enum engine_result engine_submit(struct engine *engine, struct batch *batch, size_t broken) {
  struct frame *frame = take_frame(engine);
  frame->count = 0;
  enum engine_result result = batch->count ? compute(engine, batch, frame) : ENGINE_DONE;
  for (uint32_t i = 0; i < batch->count; i++)
    free(batch->images[i].input.data);
  if (result != ENGINE_DONE)
    frame->count = 0;
  frame->window_end = result == ENGINE_FAILED ? 0 : batch->window_end;
  frame->broken = broken + (result == ENGINE_REFUSED ? batch->count : 0);
  queue_push(&engine->submitted, frame);
  return result;
}

void engine_begin(struct engine *engine) {
  queue_open(&engine->submitted);
}

void engine_finish(struct engine *engine) {
  queue_close(&engine->submitted);
}

/* ---- Results ---- */

static void add_device_time(struct engine *engine, const struct frame *frame) {
  uint64_t stamps[2];
  if (engine->timestamps && vkGetQueryPoolResults(engine->device->info.device, engine->timestamps, 2 * frame->index, 2,
                                sizeof stamps, stamps, sizeof *stamps, VK_QUERY_RESULT_64_BIT) == VK_SUCCESS)
    engine->device_seconds += (double)((stamps[1] - stamps[0]) & engine->timestamp_mask) *
                              engine->device->properties.limits.timestampPeriod * 1e-9;
}

struct frame *engine_collect(struct engine *engine, bool *failed) {
  struct frame *frame = queue_pop(&engine->submitted);
  if (!frame || !frame->count)
    return frame;
  if (succeeded(
          vkWaitForFences(engine->device->info.device, 1, &frame->fence, VK_TRUE, UINT64_MAX), "vkWaitForFences")) {
    add_device_time(engine, frame);
    frame->features = frame->readback.host;
  } else {
    *failed = true;
    frame->window_end = 0;
  }
  return frame;
}

void engine_release(struct engine *engine, struct frame *frame) {
  for (uint32_t i = 0; i < frame->count; i++)
    source_release(frame->images[i].source);
  frame->count = 0;
  queue_push(&engine->free, frame);
}
