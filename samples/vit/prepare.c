/* Makes the workspace and the descriptor sets for the largest call of a plan. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

/* ---- Steps ---- */

struct vit_step *vit_add_step(
    struct vit *vit, const struct vit_step *step, uint64_t elements, uint32_t rows, struct vit_error *error) {
  if (vit->step_count == vit->step_capacity) {
    uint32_t capacity = vit->step_capacity * 2 + 64;
    struct vit_step *steps = realloc(vit->steps, capacity * sizeof *steps);
    if (!steps) {
      vit_fail(error, "no memory for %u steps", capacity);
      return NULL;
    }
    vit->steps = steps;
    vit->step_capacity = capacity;
  }
  uint64_t *most = &vit->elements[step->destination];
  *most = elements > *most ? elements : *most;
  vit->rows = rows > vit->rows ? rows : vit->rows;
  vit->steps[vit->step_count] = *step;
  return &vit->steps[vit->step_count++];
}

bool vit_prepare_steps(struct vit *vit, struct vit_error *error) {
  vit_pipelines_drop(&vit->device);
  for (uint32_t i = 0; i < vit->step_count; i++)
    if (!vit_ops[vit->steps[i].op]->prepare(&vit->device, &vit->steps[i], vit->max_chunk, vit->largest, error))
      return false;
  return true;
}

static bool in_windows(const struct vit_step *step) {
  return step->source == VIT_TILES || step->destination == VIT_FEATURES;
}

/* ---- Workspace ---- */

static bool make_workspace(struct vit *vit, struct vit_error *error) {
  for (int i = VIT_FIRST_WORKSPACE; i < VIT_AFTER_WORKSPACE; i++) {
    if (!vit->elements[i])
      continue;
    VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
    if (vit->device.texels)
      usage |= VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT;
    if (!vit_buffer_create(&vit->device, "workspace", vit->chunk * vit->elements[i] * sizeof(float), usage, false,
            &vit->workspace[i], error))
      return false;
    const VkBufferViewCreateInfo view = {.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
        .buffer = vit->workspace[i].buffer,
        .format = VK_FORMAT_R32G32B32A32_SFLOAT,
        .range = VK_WHOLE_SIZE};
    VkResult result =
        vit->device.texels ? vkCreateBufferView(vit->device.device, &view, NULL, &vit->views[i]) : VK_SUCCESS;
    if (result)
      return vit_fail(error, "vkCreateBufferView: VkResult %d", (int)result);
  }
  return true;
}

/* ---- Descriptor sets ---- */

static VkResult create_pool(const struct vit *vit, uint32_t sets, VkDescriptorPool *pool) {
  const VkDescriptorPoolSize sizes[] = {
      {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, sets * VIT_SOURCE_TEXELS},
      {VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, sets * (VIT_SLOT_COUNT - VIT_SOURCE_TEXELS)},
  };
  const VkDescriptorPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, .maxSets = sets, .poolSizeCount = 2, .pPoolSizes = sizes};
  return vkCreateDescriptorPool(vit->device.device, &info, NULL, pool);
}

/* A buffer as a shader sees it. */
struct view {
  VkDescriptorBufferInfo buffer;
  VkBufferView texels;
};

static struct view view_of(const struct vit *vit, enum vit_place place) {
  if (place == VIT_VECTORS_PLACE)
    return (struct view){{vit->weights.vectors.buffer, 0, VK_WHOLE_SIZE}, vit->weights.vector_texels};
  return (struct view){{vit->workspace[place].buffer, 0, VK_WHOLE_SIZE}, vit->views[place]};
}

static VkResult make_set(const struct vit *vit, VkDescriptorPool pool, const struct view *source, uint32_t matrix,
    const struct view *destination, VkDescriptorSet *set) {
  const VkDescriptorSetAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &vit->device.set_layout};
  VkResult result = vkAllocateDescriptorSets(vit->device.device, &allocate, set);
  if (result)
    return result;
  const struct view vectors = view_of(vit, VIT_VECTORS_PLACE);
  const struct vit_matrix *m = matrix == VIT_NO_MATRIX ? NULL : &vit->weights.matrices[matrix];
  const VkDescriptorBufferInfo buffers[VIT_SOURCE_TEXELS] = {
      source->buffer,
      m ? (VkDescriptorBufferInfo){m->buffer.buffer, 0, VK_WHOLE_SIZE} : vectors.buffer,
      vectors.buffer,
      destination->buffer,
  };
  VkWriteDescriptorSet writes[3] = {{.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = *set,
      .descriptorCount = VIT_SOURCE_TEXELS,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = buffers}};
  const VkBufferView views[] = {source->texels, m ? m->texels : vectors.texels};
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

static bool make_sets(struct vit *vit, struct vit_error *error) {
  vit->sets = calloc(vit->step_count, sizeof *vit->sets);
  if (!vit->sets)
    return vit_fail(error, "no memory for the sets of %u steps", vit->step_count);
  VkResult result = create_pool(vit, vit->step_count, &vit->pool);
  for (uint32_t i = 0; !result && i < vit->step_count; i++) {
    const struct vit_step *step = &vit->steps[i];
    if (in_windows(step))
      continue;
    const struct view source = view_of(vit, step->source), destination = view_of(vit, step->destination);
    result = make_set(vit, vit->pool, &source, step->matrix, &destination, &vit->sets[i]);
  }
  return result ? vit_fail(error, "vkAllocateDescriptorSets: VkResult %d", (int)result) : true;
}

/* ---- Windows on tiles and features ---- */

static void drop_windows(struct vit *vit) {
  if (vit->device.device)
    vkDestroyDescriptorPool(vit->device.device, vit->window_pool, NULL);
  free(vit->windows);
  vit->window_pool = VK_NULL_HANDLE;
  vit->windows = NULL;
  vit->window_count = 0;
  vit->tiles_buffer = VK_NULL_HANDLE;
}

void vit_unbind(struct vit *vit) {
  drop_windows(vit);
  vkDestroyDescriptorPool(vit->device.device, vit->pool, NULL);
  for (int i = 0; i < VIT_PLACE_COUNT; i++) {
    vkDestroyBufferView(vit->device.device, vit->views[i], NULL);
    vit_buffer_destroy(&vit->device, &vit->workspace[i]);
    vit->views[i] = VK_NULL_HANDLE;
  }
  free(vit->sets);
  vit->pool = VK_NULL_HANDLE;
  vit->sets = NULL;
  vit->chunk = 0;
}

/* The part of a tensor with `units` of `elements` f32 from unit `first` on, from an aligned offset. */
static struct view window(const struct vit *vit, const s2vk_tensor *tensor, uint64_t first, uint64_t units,
    uint64_t elements, uint32_t *base) {
  VkDeviceSize alignment = vit->device.limits.minStorageBufferOffsetAlignment;
  VkDeviceSize begin = tensor->offset + first * elements * sizeof(float), aligned = begin / alignment * alignment;
  *base = (uint32_t)((begin - aligned) / sizeof(float));
  return (struct view){{tensor->buffer, aligned, begin - aligned + units * elements * sizeof(float)}, VK_NULL_HANDLE};
}

static uint64_t elements_of(const s2vk_shape *shape) {
  uint64_t elements = 1;
  for (uint32_t i = 1; i < shape->rank; i++)
    elements *= shape->dims[i];
  return elements;
}

/* For the tiles of a chunk, from tile `first` on. */
static VkResult make_window(
    struct vit *vit, const s2vk_model_call *calls, uint32_t first, uint32_t tiles, struct vit_window *w) {
  VkResult result = VK_SUCCESS;
  for (uint32_t i = 0; !result && i < vit->step_count; i++) {
    const struct vit_step *step = &vit->steps[i];
    struct view source = view_of(vit, step->source), destination = view_of(vit, step->destination);
    if (!in_windows(step))
      continue;
    const s2vk_model_call *call = &calls[step->level];
    if (step->source == VIT_TILES)
      source = window(vit, &calls[0].tiles, first, tiles, elements_of(&calls[0].tiles.shape), &w->tiles_base);
    else
      destination = window(
          vit, &call->features, first, tiles, elements_of(&call->features.shape), &w->features_base[step->level]);
    result = make_set(vit, vit->window_pool, &source, step->matrix, &destination,
        step->source == VIT_TILES ? &w->tiles : &w->features[step->level]);
  }
  return result;
}

static bool make_windows(struct vit *vit, const s2vk_model_call *calls, uint32_t tiles, struct vit_error *error) {
  uint32_t count = (tiles - 1) / vit->chunk + 1;
  vit->windows = calloc(count, sizeof *vit->windows);
  if (!vit->windows)
    return vit_fail(error, "no memory for %u chunks", count);
  VkResult result = create_pool(vit, (1 + vit->level_count) * count, &vit->window_pool);
  for (uint32_t i = 0, first = 0; !result && i < count; i++, first += vit->chunk) {
    uint32_t left = tiles - first;
    result = make_window(vit, calls, first, left < vit->chunk ? left : vit->chunk, &vit->windows[i]);
  }
  if (result)
    return vit_fail(error, "vkAllocateDescriptorSets: VkResult %d", (int)result);
  vit->window_count = count;
  vit->tiles_buffer = calls[0].tiles.buffer;
  vit->tiles_offset = calls[0].tiles.offset;
  for (uint32_t i = 0; i < vit->level_count; i++) {
    vit->levels[i].buffer = calls[i].features.buffer;
    vit->levels[i].offset = calls[i].features.offset;
  }
  return true;
}

/* ---- Binding ---- */

static bool check_call(
    const struct vit *vit, const struct vit_level *level, const s2vk_model_call *call, struct vit_error *error) {
  const bool maps = level->shape.height;
  if (call->tiles.type != S2VK_TYPE_F32 || call->features.type != S2VK_TYPE_F32 ||
      call->features.shape.rank != (maps ? 4 : 3))
    return vit_fail(
        error, "the plan must have tile_type and feature_type f32, and output_shape %s", maps ? "BCHW" : "BNC");
  if (call->tiles.shape.dims[2] != vit->side || call->tiles.shape.dims[3] != vit->side)
    return vit_fail(
        error, "the plan's tiles have a side of %u, and the model takes %u", call->tiles.shape.dims[2], vit->side);
  const uint64_t elements = (uint64_t)level->shape.channels *
                            (maps ? (uint64_t)level->shape.height * level->shape.width : level->shape.tokens);
  if (elements_of(&call->features.shape) != elements)
    return vit_fail(error, "the plan's features of layer %u have %llu elements for a tile, and the model's %llu",
        level->layer, (unsigned long long)elements_of(&call->features.shape), (unsigned long long)elements);
  return true;
}

/* Tiles of the plan's largest call. */
static uint32_t largest_call(const s2vk_plan *plan, const s2vk_plan_layout *layout) {
  uint32_t largest = 0;
  for (uint32_t i = 0; i < layout->call_count; i++) {
    s2vk_call_layout one = {.struct_size = sizeof one};
    s2vk_plan_get_call(plan, i, &one);
    largest = one.tile_count > largest ? one.tile_count : largest;
  }
  return largest;
}

bool vit_bind_levels(
    struct vit *vit, const s2vk_plan *const *plans, const s2vk_binding *const *bindings, struct vit_error *error) {
  s2vk_model_call calls[VIT_MAX_LEVELS];
  uint32_t tiles = 0;
  drop_windows(vit);
  for (uint32_t i = 0; i < vit->level_count; i++) {
    s2vk_plan_layout layout = {.struct_size = sizeof layout};
    if (s2vk_plan_get_layout(plans[i], &layout) || s2vk_binding_get_call(bindings[i], 0, &calls[i]))
      return vit_fail(error, "no plan, or no binding");
    if (!check_call(vit, &vit->levels[i], &calls[i], error))
      return false;
    uint32_t largest = largest_call(plans[i], &layout);
    if (i && largest != tiles)
      return vit_fail(error, "the plan of layer %u has calls of up to %u tiles, and that of layer %u of %u",
          vit->levels[i].layer, largest, vit->levels[0].layer, tiles);
    tiles = largest;
  }
  uint32_t chunk = tiles < vit->max_chunk ? tiles : vit->max_chunk;
  if (chunk != vit->chunk) {
    vit_unbind(vit);
    vit->chunk = chunk;
    if (!make_workspace(vit, error) || !make_sets(vit, error)) {
      vit_unbind(vit);
      return false;
    }
  }
  if (make_windows(vit, calls, tiles, error))
    return true;
  drop_windows(vit);
  return false;
}

bool vit_bind(struct vit *vit, const s2vk_plan *plan, const s2vk_binding *binding, struct vit_error *error) {
  if (vit->level_count != 1)
    return vit_fail(error, "the model returns %u layers: each needs a plan", vit->level_count);
  return vit_bind_levels(vit, &plan, &binding, error);
}
