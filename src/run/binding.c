#include "run/binding.h"

#include "vulkan/debug.h"

static const char *const slot_names[S2_SLOT_COUNT] = {"input", "tiles", "features", "output", "accumulator"};

static uint64_t slot_bytes(const s2vk_plan *plan, enum s2_slot slot) {
  const struct s2_geometry *g = &plan->geometry;
  const uint64_t bytes[S2_SLOT_COUNT] = {
      g->input_bytes, g->tiles_bytes, g->features_bytes, g->output_bytes, plan->schedule.sums_bytes};
  return bytes[slot];
}

/* ---- Buffers ------------------------------------------------------------------------------------------------- */

static s2vk_result check_buffer(const s2vk_plan *plan, enum s2_slot slot, const s2vk_buffer *buffer) {
  const struct s2_env *env = &plan->context->env;
  VkDeviceSize alignment = s2_plan_alignment(plan), needed = slot_bytes(plan, slot);
  if (buffer->offset % alignment)
    return s2_fail(env, S2VK_ERROR_BUFFER_ALIGNMENT, "%s.offset is %llu; it must be a multiple of %llu",
        slot_names[slot], (unsigned long long)buffer->offset, (unsigned long long)alignment);
  if (buffer->bytes < needed)
    return s2_fail(env, S2VK_ERROR_BUFFER_SIZE, "%s.bytes is %llu; the plan needs %llu", slot_names[slot],
        (unsigned long long)buffer->bytes, (unsigned long long)needed);
  return S2VK_SUCCESS;
}

static s2vk_result take_buffer(s2vk_binding *binding, enum s2_slot slot, const s2vk_buffer *given) {
  const s2vk_plan *plan = binding->plan;
  uint64_t bytes = slot_bytes(plan, slot);
  if (bytes == 0)
    return S2VK_SUCCESS;
  if (given->buffer) {
    binding->buffers[slot] = *given;
    return check_buffer(plan, slot, given);
  }
  const VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                   VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT;
  s2vk_result result =
      s2_buffer_create(plan->context, slot_names[slot], bytes, usage, S2_MEMORY_DEVICE, &binding->owned[slot]);
  binding->buffers[slot] = (s2vk_buffer){binding->owned[slot].buffer, 0, bytes};
  return result;
}

/* ---- Descriptors --------------------------------------------------------------------------------------------- */

static VkDescriptorBufferInfo slot_range(const s2vk_binding *binding, enum s2_slot slot, struct s2_range range) {
  const s2vk_buffer *buffer = &binding->buffers[slot];
  return (VkDescriptorBufferInfo){buffer->buffer, buffer->offset + range.offset, range.bytes};
}

/* The source of each window as texels. */
static s2vk_result make_views(
    s2vk_binding *binding, const struct s2_pass *pass, enum s2_slot source, VkBufferView **views) {
  const s2vk_context *context = binding->plan->context;
  if (!pass->texels || pass->window_count == 0)
    return S2VK_SUCCESS;
  *views = s2_alloc(&context->env, pass->window_count, sizeof **views);
  if (!*views)
    return s2_fail(
        &context->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u buffer views", pass->window_count);
  for (uint32_t i = 0; i < pass->window_count; i++) {
    const VkDescriptorBufferInfo range = slot_range(binding, source, pass->windows[i].source);
    const VkBufferViewCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
        .buffer = range.buffer,
        .format = VK_FORMAT_R32G32B32A32_UINT,
        .offset = range.offset,
        .range = range.range / 16 * 16, /* what is read a texel at a time has no more */
    };
    if (info.range == 0)
      continue;
    VkResult made = context->vk.CreateBufferView(context->vk.device, &info, context->env.allocator, &(*views)[i]);
    if (made)
      return s2_fail_made(&context->env, made, "vkCreateBufferView", &(*views)[i]);
    s2_debug_name(
        &context->vk, VK_OBJECT_TYPE_BUFFER_VIEW, (uint64_t)(*views)[i], "s2vk %s, window %u", slot_names[source], i);
  }
  return S2VK_SUCCESS;
}

/* Writes the sets of one pass: tables, source, target and, where the plan has them, sums; texels; and the image, in place of
 * a source of no bytes. Shaders do not use what is put in a place that must not be empty. */
static void write_sets(const s2vk_binding *binding, const struct s2_pass *pass, enum s2_slot source,
    enum s2_slot target, const VkBufferView *views, VkDescriptorSet *sets) {
  const struct s2_context *vk = &binding->plan->context->vk;
  for (uint32_t i = 0; i < pass->window_count; i++) {
    const struct s2_window *window = &pass->windows[i];
    const bool sums = window->sums.bytes > 0, image = window->source.bytes == 0;
    const VkDescriptorBufferInfo buffers[] = {
        {binding->plan->tables.buffer, window->tables.offset, window->tables.bytes},
        image ? slot_range(binding, target, window->target) : slot_range(binding, source, window->source),
        slot_range(binding, target, window->target),
        sums ? slot_range(binding, S2_SLOT_SUMS, window->sums) : slot_range(binding, target, window->target),
    };
    const s2vk_plan *plan = binding->plan;
    const VkBufferView texels[] = {plan->table_texels, views && views[i] ? views[i] : plan->table_texels};
    const VkWriteDescriptorSet writes[] = {
        {
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = sets[i],
            .descriptorCount = sizeof buffers / sizeof *buffers, /* spills over into the bindings after the first */
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = buffers,
        },
        {
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = sets[i],
            .dstBinding = 4,
            .descriptorCount = sizeof texels / sizeof *texels,
            .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
            .pTexelBufferView = texels,
        },
    };
    const VkWriteDescriptorSet write_image = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = sets[i],
        .dstBinding = 6,
        .descriptorCount = 1,
        .descriptorType = VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
        .pImageInfo = &binding->image,
    };
    vk->UpdateDescriptorSets(vk->device, plan->table_texels ? 2 : 1, writes, 0, NULL);
    if (image)
      vk->UpdateDescriptorSets(vk->device, 1, &write_image, 0, NULL);
  }
}

static s2vk_result allocate_sets(s2vk_binding *binding, const char *pass, uint32_t count, VkDescriptorSet **sets) {
  const s2vk_context *context = binding->plan->context;
  if (count == 0)
    return S2VK_SUCCESS;
  *sets = s2_alloc(&context->env, count, sizeof **sets);
  if (!*sets)
    return s2_fail(&context->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u descriptor sets", count);
  const VkDescriptorSetAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = binding->pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &context->vk.set_layout,
  };
  for (uint32_t i = 0; i < count; i++) {
    VkResult result = context->vk.AllocateDescriptorSets(context->vk.device, &info, &(*sets)[i]);
    if (result)
      return s2_fail_vk(&context->env, result, "vkAllocateDescriptorSets");
    s2_debug_name(&context->vk, VK_OBJECT_TYPE_DESCRIPTOR_SET, (uint64_t)(*sets)[i], "s2vk %s, window %u", pass, i);
  }
  return S2VK_SUCCESS;
}

static s2vk_result make_descriptors(s2vk_binding *binding) {
  const s2vk_context *context = binding->plan->context;
  const struct s2_pass *split = &binding->plan->schedule.split, *merge = &binding->plan->schedule.merge;
  const uint32_t count = split->window_count + merge->window_count;
  if (count == 0) /* a plan that only copies */
    return S2VK_SUCCESS;
  const VkDescriptorPoolSize sizes[] = {{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 4 * count},
      {VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, 2 * count}, {VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, count}};
  const VkDescriptorPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = count,
      .poolSizeCount = sizeof sizes / sizeof *sizes,
      .pPoolSizes = sizes,
  };
  VkResult made = context->vk.CreateDescriptorPool(context->vk.device, &info, context->env.allocator, &binding->pool);
  if (made)
    return s2_fail_made(&context->env, made, "vkCreateDescriptorPool", &binding->pool);
  s2_debug_name(&context->vk, VK_OBJECT_TYPE_DESCRIPTOR_POOL, (uint64_t)binding->pool, "s2vk binding");
  s2vk_result result = allocate_sets(binding, "split", split->window_count, &binding->split_sets);
  if (!result)
    result = allocate_sets(binding, "merge", merge->window_count, &binding->merge_sets);
  if (!result)
    result = make_views(binding, split, S2_SLOT_INPUT, &binding->split_views);
  if (!result)
    result = make_views(binding, merge, S2_SLOT_FEATURES, &binding->merge_views);
  if (result)
    return result;
  write_sets(binding, split, S2_SLOT_INPUT, S2_SLOT_TILES, binding->split_views, binding->split_sets);
  write_sets(binding, merge, S2_SLOT_FEATURES, S2_SLOT_OUTPUT, binding->merge_views, binding->merge_sets);
  return S2VK_SUCCESS;
}

/* ---- Public ------------------------------------------------------------------------------------------------- */

static s2vk_result take_image(const s2vk_binding_info *info, s2vk_binding *binding) {
  const struct s2_env *env = &binding->plan->context->env;
  if (binding->plan->geometry.pixels.source != S2_SOURCE_IMAGE) {
    if (info->input_view)
      return s2_fail(env, S2VK_ERROR_PIXELS, "input_view is given; the plan reads a buffer, and it must be NULL");
    return S2VK_SUCCESS;
  }
  if (!info->input_view)
    return s2_fail(env, S2VK_ERROR_NULL, "input_view is NULL; the plan's source is S2VK_PIXELS_IMAGE");
  if (info->input.buffer)
    return s2_fail(env, S2VK_ERROR_PIXELS, "input.buffer is given; the plan reads input_view, and it must be NULL");
  const VkImageLayout layout = info->input_layout ? info->input_layout : VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
  binding->image = (VkDescriptorImageInfo){VK_NULL_HANDLE, info->input_view, layout};
  return S2VK_SUCCESS;
}

static s2vk_result fill_binding(const s2vk_binding_info *info, s2vk_binding *binding) {
  const s2vk_buffer *given[S2_SLOT_COUNT] = {
      &info->input, &info->tiles, &info->features, &info->output, &info->accumulator};
  s2vk_result result = take_image(info, binding);
  for (int slot = 0; !result && slot < S2_SLOT_COUNT; slot++)
    result = take_buffer(binding, (enum s2_slot)slot, given[slot]);
  return result ? result : make_descriptors(binding);
}

s2vk_result s2vk_binding_create(const s2vk_plan *plan, const s2vk_binding_info *info, s2vk_binding **binding) {
  if (binding)
    *binding = NULL;
  if (!plan)
    return S2VK_ERROR_NULL;
  const struct s2_env *env = &plan->context->env;
  const s2vk_binding_info none = {.struct_size = sizeof none};
  if (!info)
    info = &none;
  s2vk_result result = s2_check_struct(env, "s2vk_binding_info", info, info->struct_size, sizeof *info);
  if (result)
    return result;
  if (!binding)
    return s2_fail(env, S2VK_ERROR_NULL, "binding is NULL");
  if (!plan->context->vk.device)
    return s2_fail(env, S2VK_ERROR_NO_DEVICE, "the plan's context has no device, so it cannot be bound");
  s2vk_binding *made = s2_alloc(env, 1, sizeof *made);
  if (!made)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for a binding");
  made->plan = plan;
  if ((result = fill_binding(info, made))) {
    s2vk_binding_destroy(&made);
    return result;
  }
  *binding = made;
  return S2VK_SUCCESS;
}

static void destroy_views(const s2vk_context *context, VkBufferView *views, uint32_t count) {
  for (uint32_t i = 0; views && i < count; i++)
    context->vk.DestroyBufferView(context->vk.device, views[i], context->env.allocator);
  s2_free(&context->env, views);
}

void s2vk_binding_destroy(s2vk_binding **binding) {
  if (!binding || !*binding)
    return;
  const s2vk_context *context = (*binding)->plan->context;
  s2_forward_destroy(context, &(*binding)->forward);
  destroy_views(context, (*binding)->split_views, (*binding)->plan->schedule.split.window_count);
  destroy_views(context, (*binding)->merge_views, (*binding)->plan->schedule.merge.window_count);
  context->vk.DestroyDescriptorPool(context->vk.device, (*binding)->pool, context->env.allocator);
  for (int slot = 0; slot < S2_SLOT_COUNT; slot++)
    s2_buffer_destroy(context, &(*binding)->owned[slot]);
  s2_free(&context->env, (*binding)->split_sets);
  s2_free(&context->env, (*binding)->merge_sets);
  s2_free(&context->env, *binding);
  *binding = NULL;
}

static s2vk_tensor slot_tensor(const s2vk_binding *binding, enum s2_slot slot, s2vk_type type, s2vk_shape shape) {
  const s2vk_buffer *buffer = &binding->buffers[slot];
  return (s2vk_tensor){buffer->buffer, buffer->offset, s2_shape_bytes(&shape, type), type, shape};
}

s2vk_model_call s2_binding_call(const s2vk_binding *binding, uint32_t call) {
  const struct s2_geometry *g = &binding->plan->geometry;
  const struct s2_call *c = &g->calls[call];
  return (s2vk_model_call){
      .index = call,
      .scale = c->scale,
      .first_tile = c->first_tile,
      .tiles = slot_tensor(binding, S2_SLOT_TILES, g->tile_type, s2_tiles_shape(g, c)),
      .features = slot_tensor(binding, S2_SLOT_FEATURES, g->feature_type, s2_features_shape(g, c)),
  };
}

s2vk_result s2vk_binding_get_tensors(const s2vk_binding *binding, s2vk_tensor *input, s2vk_tensor *output) {
  if (!binding)
    return S2VK_ERROR_NULL;
  const struct s2_geometry *g = &binding->plan->geometry;
  if (input) {
    *input = slot_tensor(binding, S2_SLOT_INPUT, g->input_type, s2_input_shape(g));
    input->bytes = g->input_bytes; /* of pixels, another number */
  }
  if (output)
    *output = slot_tensor(binding, S2_SLOT_OUTPUT, g->output_type, s2_output_shape(g));
  return S2VK_SUCCESS;
}

s2vk_result s2vk_binding_get_call(const s2vk_binding *binding, uint32_t call, s2vk_model_call *model_call) {
  if (!binding)
    return S2VK_ERROR_NULL;
  if (!model_call)
    return s2_fail(&binding->plan->context->env, S2VK_ERROR_NULL, "model_call is NULL");
  s2vk_result result = s2_plan_check_call(binding->plan, call);
  if (!result)
    *model_call = s2_binding_call(binding, call);
  return result;
}
