#include "vulkan/memory.h"

#include "vulkan/debug.h"

/* Shared blocks begin with 1 MiB and double up to 16. A slice of more than half a block has a block of its own.
 * Validation layers warn of allocations below 256 KiB, and of buffers that fill an allocation below 1 MiB: no block is
 * that small. */
#define MIN_BLOCK ((VkDeviceSize)1 << 20)
#define MAX_BLOCK ((VkDeviceSize)16 << 20)

struct s2_slice {
  struct s2_slice *next; /* in the block, by begin */
  struct s2_block *block;
  VkDeviceSize begin, end;
  uint32_t buffers;   /* in it */
  s2vk_memory theirs; /* the application's, if there is no block */
};

struct s2_block {
  struct s2_block *next;
  enum s2_place place;
  uint32_t type; /* of its memory */
  VkDeviceSize bytes;
  VkDeviceMemory memory;
  unsigned char *mapped;
  struct s2_slice *slices;
};

/* A slice to make. */
struct request {
  enum s2_place place;
  uint32_t type;
  uint32_t allowed; /* types */
  VkDeviceSize bytes, alignment;
};

/* Buffers of one call. */
#define MAX_BUFFERS 8

static const char *const place_names[S2_PLACE_COUNT] = {"device", "tables", "upload", "download"};

static VkDeviceSize round_up(VkDeviceSize value, VkDeviceSize multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

#define COHERENT (VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)
static const struct {
  VkMemoryPropertyFlags required, preferred;
} flags[S2_PLACE_COUNT] = {
    [S2_PLACE_DEVICE] = {0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT},
    [S2_PLACE_TABLE] = {COHERENT, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT},
    [S2_PLACE_UPLOAD] = {COHERENT, 0},
    [S2_PLACE_DOWNLOAD] = {COHERENT, VK_MEMORY_PROPERTY_HOST_CACHED_BIT},
};

/* The memory type to use: the first allowed one with all required and all preferred flags, else the first with all
 * required. */
static bool find_type(const struct s2_vk *vk, uint32_t allowed, enum s2_place place, uint32_t *type) {
  bool found = false;
  for (uint32_t i = 0; i < vk->memory.memoryTypeCount; i++) {
    const VkMemoryPropertyFlags has = vk->memory.memoryTypes[i].propertyFlags;
    if (!(allowed & (1u << i)) || (has & flags[place].required) != flags[place].required)
      continue;
    const bool preferred = (has & flags[place].preferred) == flags[place].preferred;
    if (preferred || !found)
      *type = i;
    if (preferred)
      return true;
    found = true;
  }
  return found;
}

/* ---- Slices: with the lock held --------------------------------------------------------------------------------- */

/* Puts the slice into the first gap of the block that it fits in. */
static bool place_slice(struct s2_block *block, const struct request *request, struct s2_slice *slice) {
  VkDeviceSize begin = 0;
  struct s2_slice **at = &block->slices;
  for (;; at = &(*at)->next) {
    const VkDeviceSize end = *at ? (*at)->begin : block->bytes;
    if (begin <= end && request->bytes <= end - begin)
      break;
    if (!*at)
      return false;
    begin = round_up((*at)->end, request->alignment);
  }
  slice->next = *at;
  slice->block = block;
  slice->begin = begin;
  slice->end = begin + request->bytes;
  *at = slice;
  return true;
}

static bool place_in_blocks(struct s2_memory *memory, const struct request *request, struct s2_slice *slice) {
  for (struct s2_block *block = memory->blocks[request->place]; block; block = block->next)
    if (block->type == request->type && place_slice(block, request, slice))
      return true;
  return false;
}

static void add_block(struct s2_memory *memory, struct s2_block *block) {
  block->next = memory->blocks[block->place];
  memory->blocks[block->place] = block;
  memory->block_count++;
  memory->block_bytes += block->bytes;
}

static void remove_block(struct s2_memory *memory, struct s2_block *block) {
  struct s2_block **at = &memory->blocks[block->place];
  while (*at != block)
    at = &(*at)->next;
  *at = block->next;
  memory->block_count--;
  memory->block_bytes -= block->bytes;
}

/* Takes a slice away. The place keeps one empty block. Another empty block, or an empty one larger than shared blocks
 * are, is removed and returned. */
static struct s2_block *remove_slice(struct s2_memory *memory, struct s2_slice *slice) {
  struct s2_block *block = slice->block;
  struct s2_slice **at = &block->slices;
  while (*at != slice)
    at = &(*at)->next;
  *at = slice->next;
  bool removed = block->bytes > MAX_BLOCK;
  for (const struct s2_block *b = memory->blocks[block->place]; b && !removed; b = b->next)
    removed = b != block && !b->slices;
  if (block->slices || !removed)
    return NULL;
  remove_block(memory, block);
  return block;
}

/* ---- Blocks ----------------------------------------------------------------------------------------------------- */

static void destroy_block(const struct s2_env *env, const struct s2_vk *vk, struct s2_block *block) {
  if (!block)
    return;
  vk->FreeMemory(vk->device, block->memory, env->allocator); /* unmaps it, too */
  s2_free(env, block);
}

static VkDeviceSize choose_block_bytes(
    const struct s2_vk *vk, struct s2_memory *memory, const struct request *request) {
  VkDeviceSize bytes = MIN_BLOCK;
  s2_lock(&memory->lock);
  for (const struct s2_block *block = memory->blocks[request->place]; block && bytes < MAX_BLOCK; block = block->next)
    bytes *= 2;
  s2_unlock(&memory->lock);
  if (request->bytes > bytes / 2)
    bytes = request->bytes > MIN_BLOCK ? request->bytes : MIN_BLOCK;
  return bytes < vk->max_allocation ? bytes : vk->max_allocation;
}

static s2vk_result make_block(const struct s2_env *env, const struct s2_vk *vk, const struct request *request,
    VkDeviceSize bytes, struct s2_block **made) {
  struct s2_block *block = s2_alloc(env, 1, sizeof *block);
  if (!block)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for a block of memory");
  *block = (struct s2_block){.place = request->place, .type = request->type, .bytes = bytes};
  const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = bytes, .memoryTypeIndex = request->type};
  VkResult result = vk->AllocateMemory(vk->device, &info, env->allocator, &block->memory);
  if (result) {
    s2_free(env, block);
    return s2_fail_vk(env, result, "vkAllocateMemory");
  }
  s2_debug_name(vk, VK_OBJECT_TYPE_DEVICE_MEMORY, (uint64_t)block->memory, "s2vk %s", place_names[request->place]);
  void *mapped = NULL;
  if (request->place != S2_PLACE_DEVICE &&
      (result = vk->MapMemory(vk->device, block->memory, 0, VK_WHOLE_SIZE, 0, &mapped))) {
    destroy_block(env, vk, block);
    return s2_fail_vk(env, result, "vkMapMemory");
  }
  block->mapped = mapped;
  *made = block;
  return S2VK_SUCCESS;
}

/* From the application. */
static s2vk_result ask_for_slice(
    const struct s2_env *env, struct s2_memory *memory, const struct request *request, struct s2_slice *slice) {
  const s2vk_memory_request asked = {
      .bytes = request->bytes,
      .alignment = request->alignment,
      .memory_types = request->allowed,
      .required = flags[request->place].required,
      .preferred = flags[request->place].preferred,
      .name = place_names[request->place],
  };
  s2vk_memory *theirs = &slice->theirs;
  s2vk_result result = memory->callbacks.allocate(memory->callbacks.user, &asked, theirs);
  if (result)
    return s2_fail(env, result, "s2vk_memory_callbacks.allocate returned %d for %llu bytes of the %s", (int)result,
        (unsigned long long)asked.bytes, asked.name);
  const bool mapped = theirs->mapped || !asked.required;
  if (!theirs->memory || theirs->offset % asked.alignment || !mapped) {
    result = s2_fail(env, S2VK_ERROR_MEMORY,
        "s2vk_memory_callbacks.allocate gave memory %s, offset %llu and mapped %s for the %s; memory must be given, "
        "offset must be a multiple of %llu%s",
        theirs->memory ? "not NULL" : "NULL", (unsigned long long)theirs->offset, theirs->mapped ? "not NULL" : "NULL",
        asked.name, (unsigned long long)asked.alignment, asked.required ? ", and mapped must be given" : "");
    memory->callbacks.free(memory->callbacks.user, theirs);
    return result;
  }
  slice->begin = theirs->offset;
  slice->end = theirs->offset + request->bytes;
  s2_lock(&memory->lock);
  memory->block_count++;
  memory->block_bytes += request->bytes;
  s2_unlock(&memory->lock);
  return S2VK_SUCCESS;
}

static s2vk_result take_slice(const struct s2_env *env, const struct s2_vk *vk, struct s2_memory *memory,
    const struct request *request, struct s2_slice *slice) {
  if (memory->callbacks.allocate)
    return ask_for_slice(env, memory, request, slice);
  s2_lock(&memory->lock);
  const bool found = place_in_blocks(memory, request, slice);
  s2_unlock(&memory->lock);
  if (found)
    return S2VK_SUCCESS;
  struct s2_block *block = NULL;
  s2vk_result result = make_block(env, vk, request, choose_block_bytes(vk, memory, request), &block);
  if (result)
    return result;
  s2_lock(&memory->lock);
  place_slice(block, request, slice); /* ahead of other threads, which may fill the rest */
  add_block(memory, block);
  s2_unlock(&memory->lock);
  return S2VK_SUCCESS;
}

static void give_slice_back(
    const struct s2_env *env, const struct s2_vk *vk, struct s2_memory *memory, struct s2_slice *slice) {
  s2_lock(&memory->lock);
  const bool empty = --slice->buffers == 0, theirs = empty && !slice->block;
  struct s2_block *removed = empty && !theirs ? remove_slice(memory, slice) : NULL;
  memory->block_count -= theirs;
  memory->block_bytes -= theirs ? slice->end - slice->begin : 0;
  s2_unlock(&memory->lock);
  if (theirs)
    memory->callbacks.free(memory->callbacks.user, &slice->theirs);
  destroy_block(env, vk, removed);
  if (empty)
    s2_free(env, slice);
}

/* ---- Buffers ---------------------------------------------------------------------------------------------------- */

/* Makes the buffers without memory, and sums up what they need. */
static s2vk_result make_handles(const struct s2_env *env, const struct s2_vk *vk, const struct s2_buffer_info *infos,
    uint32_t count, struct s2_buffer *buffers, struct request *request, VkDeviceSize *offsets) {
  uint32_t allowed = UINT32_MAX;
  for (uint32_t i = 0; i < count; i++) {
    if (infos[i].bytes == 0)
      continue;
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = infos[i].bytes, .usage = infos[i].usage};
    VkResult result = vk->CreateBuffer(vk->device, &info, env->allocator, &buffers[i].buffer);
    if (result)
      return s2_fail_made(env, result, "vkCreateBuffer", &buffers[i].buffer);
    s2_debug_name(vk, VK_OBJECT_TYPE_BUFFER, (uint64_t)buffers[i].buffer, "s2vk %s", infos[i].name);
    buffers[i].bytes = infos[i].bytes;
    VkMemoryRequirements needs;
    vk->GetBufferMemoryRequirements(vk->device, buffers[i].buffer, &needs);
    allowed &= needs.memoryTypeBits;
    request->allowed = allowed;
    offsets[i] = round_up(request->bytes, needs.alignment);
    request->bytes = offsets[i] + needs.size;
    request->alignment = needs.alignment > request->alignment ? needs.alignment : request->alignment;
    if (!find_type(vk, allowed, request->place, &request->type))
      return s2_fail(env, S2VK_ERROR_OUT_OF_DEVICE_MEMORY, "the device has no memory for the %s buffer", infos[i].name);
    if (needs.size > vk->max_allocation)
      return s2_fail(env, S2VK_ERROR_LIMIT,
          "the %s buffer needs %llu bytes; the device's maxMemoryAllocationSize is %llu", infos[i].name,
          (unsigned long long)needs.size, (unsigned long long)vk->max_allocation);
  }
  return S2VK_SUCCESS;
}

static s2vk_result back_buffers(const struct s2_env *env, const struct s2_vk *vk, struct s2_memory *memory,
    const struct request *request, const VkDeviceSize *offsets, uint32_t count, struct s2_buffer *buffers) {
  struct s2_slice *slice = s2_alloc(env, 1, sizeof *slice);
  if (!slice)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for a part of a block");
  s2vk_result taken = take_slice(env, vk, memory, request, slice);
  if (taken) {
    s2_free(env, slice);
    return taken;
  }
  for (uint32_t i = 0; i < count; i++)
    if (buffers[i].buffer) {
      buffers[i].slice = slice;
      slice->buffers++;
    }
  const bool theirs = !slice->block;
  unsigned char *mapped = theirs ? slice->theirs.mapped : slice->block->mapped;
  for (uint32_t i = 0; i < count; i++) {
    if (!buffers[i].buffer)
      continue;
    const VkDeviceSize offset = slice->begin + offsets[i];
    VkResult result = vk->BindBufferMemory(
        vk->device, buffers[i].buffer, theirs ? slice->theirs.memory : slice->block->memory, offset);
    if (result)
      return s2_fail_vk(env, result, "vkBindBufferMemory");
    if (mapped && request->place != S2_PLACE_DEVICE)
      buffers[i].mapped = mapped + (theirs ? offsets[i] : offset);
  }
  return S2VK_SUCCESS;
}

static s2vk_result create_apart(const struct s2_env *env, const struct s2_vk *vk, struct s2_memory *memory,
    enum s2_place place, const struct s2_buffer_info *infos, uint32_t count, struct s2_buffer *buffers) {
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = 0; !result && i < count; i++)
    result = s2_buffers_create(env, vk, memory, place, &infos[i], 1, &buffers[i]);
  if (result)
    s2_buffers_destroy(env, vk, memory, buffers, count);
  return result;
}

s2vk_result s2_buffers_create(const struct s2_env *env, const struct s2_vk *vk, struct s2_memory *memory,
    enum s2_place place, const struct s2_buffer_info *infos, uint32_t count, struct s2_buffer *buffers) {
  struct request request = {.place = place, .alignment = 1};
  VkDeviceSize offsets[MAX_BUFFERS];
  for (uint32_t i = 0; i < count; i++)
    buffers[i] = (struct s2_buffer){0};
  s2vk_result result = make_handles(env, vk, infos, count, buffers, &request, offsets);
  const bool apart = !result && request.bytes > vk->max_allocation;
  if (!result && !apart && request.bytes > 0)
    result = back_buffers(env, vk, memory, &request, offsets, count, buffers);
  if (result || apart)
    s2_buffers_destroy(env, vk, memory, buffers, count);
  return apart ? create_apart(env, vk, memory, place, infos, count, buffers) : result;
}

void s2_buffers_destroy(const struct s2_env *env, const struct s2_vk *vk, struct s2_memory *memory,
    struct s2_buffer *buffers, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (buffers[i].buffer)
      vk->DestroyBuffer(vk->device, buffers[i].buffer, env->allocator);
    if (buffers[i].slice)
      give_slice_back(env, vk, memory, buffers[i].slice);
    buffers[i] = (struct s2_buffer){0};
  }
}

void s2_memory_destroy(const struct s2_env *env, const struct s2_vk *vk, struct s2_memory *memory) {
  for (int place = 0; place < S2_PLACE_COUNT; place++)
    for (struct s2_block *block = memory->blocks[place], *next; block; block = next) {
      next = block->next;
      destroy_block(env, vk, block);
    }
  *memory = (struct s2_memory){0};
}
