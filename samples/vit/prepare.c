/* Workspace, pipelines and descriptor sets. */
#include "model.h"

#include <stdlib.h>

/* ---- Workspace ---- */

static uint64_t width_of(const struct vit *vit, enum vit_workspace which) {
  uint64_t hidden = vit->config.hidden, qkv = 3 * hidden, intermediate = vit->config.intermediate;
  return which != VIT_WIDE ? hidden : qkv > intermediate ? qkv : intermediate;
}

bool vit_make_workspace(struct vit *vit, struct vit_error *error) {
  uint64_t tokens = (uint64_t)vit->tiles_per_chunk * vit->tokens;
  for (enum vit_workspace i = 0; i < VIT_WORKSPACE_COUNT; i++) {
    uint64_t bytes = tokens * width_of(vit, i) * sizeof(float);
    VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
    if (vit->texels)
      usage |= VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT;
    if (!vit_buffer_create(&vit->device, "workspace", bytes, usage, false, &vit->workspace[i], error))
      return false;
    const VkBufferViewCreateInfo view = {.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
        .buffer = vit->workspace[i].buffer,
        .format = VK_FORMAT_R32G32B32A32_SFLOAT,
        .range = VK_WHOLE_SIZE};
    VkResult result = vit->texels ? vkCreateBufferView(vit->device.device, &view, NULL, &vit->views[i]) : VK_SUCCESS;
    if (result)
      return vit_fail(error, "vkCreateBufferView: VkResult %d", (int)result);
  }
  return true;
}

/* ---- Pipelines ---- */

/* As ACTIVATION in matmul.glsl. */
static const uint32_t activations[] = {[VIT_GELU] = 1, [VIT_QUICK_GELU] = 2, [VIT_GELU_TANH] = 3};

/* Tiles of 128 x 128 read half as often as those of 64 x 64, and are worth it where there are enough to fill a GPU. */
#define WIDE_SHARED_BYTES (2 * 16 * 33 * 16)
#define WIDE_LANES 256
#define WIDE_GROUPS 256

static bool is_wide(const struct vit *vit, uint32_t columns) {
  const VkPhysicalDeviceLimits *limits = &vit->device.limits;
  uint64_t rows = (uint64_t)vit->tiles_per_chunk * vit->tokens;
  return limits->maxComputeSharedMemorySize >= WIDE_SHARED_BYTES &&
         limits->maxComputeWorkGroupInvocations >= WIDE_LANES && limits->maxComputeWorkGroupSize[0] >= WIDE_LANES &&
         (vit->wide || (rows / 128) * (columns / 128) >= WIDE_GROUPS);
}

/* On a CPU large tiles read less, and take longer to compile: they are worth it for any model but a toy. */
#define CPU_WIDE_COLUMNS 256

/* The shader for matrices of f32, which that for elements of 16 bits follows, and its tiles. */
static enum vit_shader choose_matmul(const struct vit *vit, uint32_t columns, struct vit_matmul *matmul) {
  if (vit->texels && (vit->wide || columns >= CPU_WIDE_COLUMNS)) {
    *matmul = (struct vit_matmul){.tile_rows = 2 * 16, .tile_columns = 4 * 16};
    return VIT_CPU_MATMUL_WIDE;
  }
  if (vit->device.cpu) {
    *matmul = (struct vit_matmul){.tile_rows = 2 * 4, .tile_columns = 4 * 8};
    return vit->texels ? VIT_CPU_MATMUL_TEXELS : VIT_CPU_MATMUL;
  }
  bool wide = is_wide(vit, columns);
  *matmul = (struct vit_matmul){.tile_rows = wide ? 128 : 64, .tile_columns = wide ? 128 : 64};
  return wide ? VIT_MATMUL_WIDE : VIT_MATMUL;
}

/* The product's pipeline for matrices of the type; FC2's is that of VIT_OUTPUT, which does the same. */
static bool make_matmul(struct vit *vit, enum vit_product product, const struct vit_matrix *matrix,
    struct vit_matmul *matmul, struct vit_error *error) {
  bool halves = matrix->type != SAFETENSORS_F32, add = product == VIT_OUTPUT;
  const uint32_t constants[VIT_CONSTANTS] = {product == VIT_FC1 ? activations[vit->config.activation] : 0, add,
      add && vit->config.family->scale1, matrix->type == SAFETENSORS_BF16};
  enum vit_shader shader = choose_matmul(vit, matrix->columns, matmul) + (halves ? 1 : 0);
  return vit_pipeline_create(&vit->device, shader, constants, &matmul->pipeline, error);
}

static bool make_patches(struct vit *vit, struct vit_error *error) {
  enum safetensors_type type = vit->weights.patches.type;
  bool halves = type != SAFETENSORS_F32, aligned = vit->side % 4 == 0 && vit->config.patch_size % 4 == 0;
  const uint32_t constants[VIT_CONSTANTS] = {0, 0, 0, type == SAFETENSORS_BF16, aligned};
  enum vit_shader shader = halves ? VIT_PATCHES_16 : VIT_PATCHES;
  vit->patches = (struct vit_matmul){.tile_rows = 64, .tile_columns = 64};
  if (vit->texels) {
    shader = halves ? VIT_CPU_PATCHES_TEXELS_16 : VIT_CPU_PATCHES_TEXELS;
    vit->patches = (struct vit_matmul){.tile_rows = 2 * 8, .tile_columns = 4 * 16};
  } else if (vit->device.cpu) {
    shader = halves ? VIT_CPU_PATCHES_16 : VIT_CPU_PATCHES;
    vit->patches = (struct vit_matmul){.tile_rows = 2 * 4, .tile_columns = 4 * 8};
  }
  return vit_pipeline_create(&vit->device, shader, constants, &vit->patches.pipeline, error);
}

/* Shared memory of attention.comp. */
static uint32_t attention_bytes(uint32_t block, uint32_t width) {
  return 2 * block * (width + 4) * 4 + block * (block + 1) * 4 + 3 * block * 4;
}

/* Blocks of 32 queries where they and as many keys fit into shared memory, else of 16. */
static bool make_attention(struct vit *vit, struct vit_error *error) {
  uint32_t width = vit->config.hidden / vit->config.heads, limit = vit->device.limits.maxComputeSharedMemorySize;
  const uint32_t constants[VIT_CONSTANTS] = {width};
  bool small = attention_bytes(32, width) > limit;
  enum vit_shader shader = small ? VIT_ATTENTION_SMALL : VIT_ATTENTION;
  vit->attention_block = small ? 16 : 32;
  if (vit->device.cpu) {
    shader = vit->texels ? VIT_CPU_ATTENTION_TEXELS : VIT_CPU_ATTENTION;
    vit->attention_block = 32;
  } else if (attention_bytes(16, width) > limit) {
    return vit_fail(error, "heads of %u channels need %u bytes of shared memory, and this device has %u", width,
        attention_bytes(16, width), limit);
  }
  return vit_pipeline_create(&vit->device, shader, constants, &vit->attention, error);
}

void vit_destroy_pipelines(struct vit *vit) {
  VkDevice device = vit->device.device;
  vkDestroyPipeline(device, vit->patches.pipeline, NULL);
  vkDestroyPipeline(device, vit->attention, NULL);
  vkDestroyPipeline(device, vit->copy_rows, NULL);
  vkDestroyPipeline(device, vit->norm_rows, NULL);
  for (int i = 0; i < VIT_PRODUCT_COUNT; i++)
    for (int j = 0; j < SAFETENSORS_OTHER; j++) {
      vkDestroyPipeline(device, vit->products[i][j].pipeline, NULL);
      vit->products[i][j].pipeline = VK_NULL_HANDLE;
    }
}

bool vit_make_pipelines(struct vit *vit, struct vit_error *error) {
  enum vit_shader rows = vit->device.cpu ? VIT_CPU_ROWS : VIT_ROWS;
  enum vit_shader norms = vit->texels ? VIT_CPU_ROWS_TEXELS : rows;
  if (!make_patches(vit, error) || !make_attention(vit, error) ||
      !vit_pipeline_create(&vit->device, rows, (const uint32_t[VIT_CONSTANTS]){0}, &vit->copy_rows, error) ||
      !vit_pipeline_create(&vit->device, norms, (const uint32_t[VIT_CONSTANTS]){1}, &vit->norm_rows, error))
    return false;
  for (uint32_t i = 0; i < vit->weights.layer_count; i++)
    for (enum vit_product j = 0; j < VIT_PRODUCT_COUNT; j++) {
      const struct vit_matrix *matrix = &vit->weights.layers[i].matrices[j];
      enum vit_product product = vit_pipeline_of(j);
      struct vit_matmul *matmul = &vit->products[product][matrix->type];
      if (!matmul->pipeline && !make_matmul(vit, product, matrix, matmul, error))
        return false;
    }
  return true;
}

/* ---- Descriptor sets ---- */

#define LAYER_SETS VIT_PRODUCT_COUNT
#define OTHER_SETS 4

static VkResult create_pool(const struct vit *vit, uint32_t sets, VkDescriptorPool *pool) {
  const VkDescriptorPoolSize sizes[] = {
      {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, sets * VIT_SOURCE_TEXELS},
      {VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, sets * (VIT_SLOT_COUNT - VIT_SOURCE_TEXELS)},
  };
  const VkDescriptorPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, .maxSets = sets, .poolSizeCount = 2, .pPoolSizes = sizes};
  return vkCreateDescriptorPool(vit->device.device, &info, NULL, pool);
}

/* A set that reads source, matrix (NULL: none) and the vectors, and writes destination. */
static VkResult make_set(const struct vit *vit, VkDescriptorPool pool, const VkDescriptorBufferInfo *source,
    VkBufferView source_texels, const struct vit_matrix *matrix, const VkDescriptorBufferInfo *destination,
    VkDescriptorSet *set) {
  const VkDescriptorSetAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &vit->device.set_layout};
  VkResult result = vkAllocateDescriptorSets(vit->device.device, &allocate, set);
  if (result)
    return result;
  const VkDescriptorBufferInfo vectors = {vit->weights.vectors.buffer, 0, VK_WHOLE_SIZE};
  const VkDescriptorBufferInfo buffers[VIT_SOURCE_TEXELS] = {
      *source,
      matrix ? (VkDescriptorBufferInfo){matrix->buffer, matrix->offset, matrix->bytes} : vectors,
      vectors,
      *destination,
  };
  VkWriteDescriptorSet writes[3] = {{.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = *set,
      .descriptorCount = VIT_SOURCE_TEXELS,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = buffers}};
  const VkBufferView views[] = {source_texels, matrix ? matrix->texels : vit->weights.vector_texels};
  uint32_t count = 1;
  for (uint32_t i = 0; i < 2; i++)
    if (views[i])
      writes[count++] = (VkWriteDescriptorSet){.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
          .dstSet = *set,
          .dstBinding = VIT_SOURCE_TEXELS + i,
          .descriptorCount = 1,
          .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
          .pTexelBufferView = &views[i]};
  vkUpdateDescriptorSets(vit->device.device, count, writes, 0, NULL);
  return VK_SUCCESS;
}

static VkResult make_workspace_set(const struct vit *vit, enum vit_workspace source, const struct vit_matrix *matrix,
    enum vit_workspace destination, VkDescriptorSet *set) {
  return make_set(vit, vit->pool, &(VkDescriptorBufferInfo){vit->workspace[source].buffer, 0, VK_WHOLE_SIZE},
      vit->views[source], matrix, &(VkDescriptorBufferInfo){vit->workspace[destination].buffer, 0, VK_WHOLE_SIZE}, set);
}

static VkResult make_layer_sets(const struct vit *vit, const struct vit_layer *layer, VkDescriptorSet *sets) {
  static const enum vit_workspace from[] = {VIT_NORMED, VIT_NORMED, VIT_NORMED, VIT_WIDE},
                                  to[] = {VIT_WIDE, VIT_STREAM, VIT_WIDE, VIT_STREAM};
  VkResult result = VK_SUCCESS;
  for (int i = 0; !result && i < VIT_PRODUCT_COUNT; i++)
    result = make_workspace_set(vit, from[i], &layer->matrices[i], to[i], &sets[i]);
  return result;
}

bool vit_make_sets(struct vit *vit, struct vit_error *error) {
  vit->layer_sets = calloc(vit->weights.layer_count, sizeof *vit->layer_sets);
  if (!vit->layer_sets)
    return vit_fail(error, "no memory for the sets of %u layers", vit->weights.layer_count);
  const VkDescriptorBufferInfo vectors = {vit->weights.vectors.buffer, 0, VK_WHOLE_SIZE};
  const VkDescriptorBufferInfo stream = {vit->workspace[VIT_STREAM].buffer, 0, VK_WHOLE_SIZE};
  VkResult result = create_pool(vit, vit->weights.layer_count * LAYER_SETS + OTHER_SETS, &vit->pool);
  if (!result)
    result = make_set(vit, vit->pool, &vectors, VK_NULL_HANDLE, NULL, &stream, &vit->prefix_set);
  if (!result)
    result = make_workspace_set(vit, VIT_STREAM, NULL, VIT_STREAM, &vit->pre_norm_set);
  if (!result)
    result = make_workspace_set(vit, VIT_STREAM, NULL, VIT_NORMED, &vit->norm_set);
  if (!result)
    result = make_workspace_set(vit, VIT_WIDE, NULL, VIT_NORMED, &vit->attention_set);
  for (uint32_t i = 0; !result && i < vit->weights.layer_count; i++)
    result = make_layer_sets(vit, &vit->weights.layers[i], vit->layer_sets[i]);
  return result ? vit_fail(error, "vkAllocateDescriptorSets: VkResult %d", (int)result) : true;
}

/* ---- Windows on tiles and features ---- */

void vit_destroy_windows(struct vit *vit) {
  if (vit->device.device)
    vkDestroyDescriptorPool(vit->device.device, vit->window_pool, NULL);
  free(vit->windows);
  vit->window_pool = VK_NULL_HANDLE;
  vit->windows = NULL;
  vit->window_count = 0;
  vit->tiles_buffer = vit->features_buffer = VK_NULL_HANDLE;
}

/* The part of a tensor with `units` of `elements` f32 from unit `first` on, from an aligned offset. */
static VkDescriptorBufferInfo window(const struct vit *vit, const s2vk_tensor *tensor, uint64_t first, uint64_t units,
    uint64_t elements, uint32_t *base) {
  VkDeviceSize alignment = vit->device.limits.minStorageBufferOffsetAlignment;
  VkDeviceSize begin = tensor->offset + first * elements * sizeof(float), aligned = begin / alignment * alignment;
  *base = (uint32_t)((begin - aligned) / sizeof(float));
  return (VkDescriptorBufferInfo){tensor->buffer, aligned, begin - aligned + units * elements * sizeof(float)};
}

static VkResult make_window(
    struct vit *vit, const s2vk_model_call *call, uint32_t first, uint32_t tiles, struct vit_window *w) {
  uint64_t tile = (uint64_t)3 * vit->side * vit->side;
  uint64_t features = (uint64_t)(vit->tokens - vit->skip) * vit->config.hidden;
  const VkDescriptorBufferInfo source = window(vit, &call->tiles, first, tiles, tile, &w->tiles_base);
  const VkDescriptorBufferInfo destination = window(vit, &call->features, first, tiles, features, &w->features_base);
  const VkDescriptorBufferInfo stream = {vit->workspace[VIT_STREAM].buffer, 0, VK_WHOLE_SIZE};
  VkResult result =
      make_set(vit, vit->window_pool, &source, VK_NULL_HANDLE, &vit->weights.patches, &stream, &w->patches);
  return result ? result
                : make_set(vit, vit->window_pool, &stream, vit->views[VIT_STREAM], NULL, &destination, &w->features);
}

static bool make_windows(struct vit *vit, const s2vk_model_call *call, uint32_t tiles, struct vit_error *error) {
  uint32_t count = (tiles - 1) / vit->tiles_per_chunk + 1;
  vit->windows = calloc(count, sizeof *vit->windows);
  if (!vit->windows)
    return vit_fail(error, "no memory for %u chunks", count);
  VkResult result = create_pool(vit, 2 * count, &vit->window_pool);
  for (uint32_t i = 0, first = 0; !result && i < count; i++, first += vit->tiles_per_chunk) {
    uint32_t left = tiles - first;
    result = make_window(vit, call, first, left < vit->tiles_per_chunk ? left : vit->tiles_per_chunk, &vit->windows[i]);
  }
  if (result)
    return vit_fail(error, "vkAllocateDescriptorSets: VkResult %d", (int)result);
  vit->window_count = count;
  vit->tiles_buffer = call->tiles.buffer;
  vit->tiles_offset = call->tiles.offset;
  vit->features_buffer = call->features.buffer;
  vit->features_offset = call->features.offset;
  return true;
}

bool vit_bind(struct vit *vit, const s2vk_plan *plan, const s2vk_binding *binding, struct vit_error *error) {
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  s2vk_model_call call;
  vit_destroy_windows(vit);
  if (s2vk_plan_get_layout(plan, &layout) || s2vk_binding_get_call(binding, 0, &call))
    return vit_fail(error, "no plan, or no binding");
  if (call.tiles.type != S2VK_TYPE_F32 || call.features.type != S2VK_TYPE_F32 || call.features.shape.rank != 3)
    return vit_fail(error, "the plan must have tile_type and feature_type f32, and output_shape BNC");
  if (call.tiles.shape.dims[2] != vit->side || call.tiles.shape.dims[3] != vit->side)
    return vit_fail(
        error, "the plan's tiles have a side of %u, and the model takes %u", call.tiles.shape.dims[2], vit->side);
  uint32_t largest = 0; /* of the plan's calls */
  for (uint32_t i = 0; i < layout.call_count; i++) {
    s2vk_call_layout one = {.struct_size = sizeof one};
    s2vk_plan_get_call(plan, i, &one);
    largest = one.tile_count > largest ? one.tile_count : largest;
  }
  if (make_windows(vit, &call, largest, error))
    return true;
  vit_destroy_windows(vit);
  return false;
}
