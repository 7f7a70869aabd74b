#include "run/binding.h"

#include "vulkan/debug.h"

const enum s2_slot s2_pass_target[S2_PASS_COUNT] = {S2_SLOT_TILES, S2_SLOT_OUTPUT, S2_SLOT_MIDDLE, S2_SLOT_RESIZED};
static const char *const pass_names[S2_PASS_COUNT] = {"split", "merge", "resize", "resize"};

enum s2_slot s2_pass_source(const s2vk_plan *plan, enum s2_pass_index pass) {
  static const enum s2_slot sources[S2_PASS_COUNT] = {S2_SLOT_INPUT, S2_SLOT_FEATURES, S2_SLOT_INPUT, S2_SLOT_MIDDLE};
  return pass == S2_PASS_SPLIT && s2_input_pass(plan) != S2_PASS_SPLIT ? S2_SLOT_RESIZED : sources[pass];
}

enum s2_pass_index s2_input_pass(const s2vk_plan *plan) {
  return plan->geometry.pre.resample_count > 0 ? S2_PASS_FIRST : S2_PASS_SPLIT;
}

/* ---- Buffers ------------------------------------------------------------------------------------------------- */

s2vk_result s2_binding_check_buffer(
    const s2vk_plan *plan, enum s2_slot slot, const s2vk_buffer *buffer, VkDeviceSize needed) {
  const struct s2_env *env = &plan->context->env;
  const VkDeviceSize alignment = s2_plan_alignment(plan);
  if (buffer->offset % alignment)
    return s2_fail(env, S2VK_ERROR_BUFFER_ALIGNMENT, "%s.offset is %llu; it must be a multiple of %llu",
        s2_slot_names[slot], (unsigned long long)buffer->offset, (unsigned long long)alignment);
  if (buffer->bytes < needed)
    return s2_fail(env, S2VK_ERROR_BUFFER_SIZE, "%s.bytes is %llu; the plan needs %llu", s2_slot_names[slot],
        (unsigned long long)buffer->bytes, (unsigned long long)needed);
  return S2VK_SUCCESS;
}

/* Divides scratch into the parts of its two slots. */
static s2vk_result divide_scratch(
    const s2vk_plan *plan, const s2vk_buffer *scratch, s2vk_buffer *middle, s2vk_buffer *resized) {
  uint64_t begin;
  const uint64_t needed = s2_plan_scratch(plan, &begin);
  *middle = *resized = (s2vk_buffer){0};
  if (!scratch->buffer || needed == 0)
    return S2VK_SUCCESS;
  if (scratch->bytes < needed)
    return s2_fail(&plan->context->env, S2VK_ERROR_BUFFER_SIZE, "scratch.bytes is %llu; the plan needs %llu",
        (unsigned long long)scratch->bytes, (unsigned long long)needed);
  *middle = *resized = *scratch;
  middle->bytes = begin;
  resized->offset += begin;
  resized->bytes = needed - begin;
  return S2VK_SUCCESS;
}

/* Takes the buffers that the caller gives. */
static s2vk_result take_buffers(s2vk_binding *binding, const s2vk_buffer *const given[S2_SLOT_COUNT]) {
  s2vk_result result = S2VK_SUCCESS;
  for (int slot = 0; !result && slot < S2_SLOT_COUNT; slot++)
    if (given[slot]->buffer && s2_slot_bytes(binding->plan, (enum s2_slot)slot) > 0) {
      binding->buffers[slot] = *given[slot];
      result = s2_binding_check_buffer(
          binding->plan, (enum s2_slot)slot, given[slot], s2_slot_bytes(binding->plan, (enum s2_slot)slot));
    }
  return result;
}

/* Whether a buffer was created with a usage. The library creates its own buffers with all of them. */
static bool is_for(const s2vk_binding *binding, enum s2_slot slot, VkBufferUsageFlags usage) {
  return !binding->buffers[slot].buffer || (binding->buffers[slot].usage & usage);
}

static bool is_late(const s2vk_binding *binding, int slot) {
  return (slot == S2_SLOT_INPUT && binding->late[s2_input_pass(binding->plan)]) ||
         (slot == S2_SLOT_FEATURES && binding->late[S2_PASS_MERGE]);
}

static s2vk_result choose_form(s2vk_binding *binding) {
  uint32_t no_texels = 0, no_copies = 0;
  for (int pass = 0; pass < S2_PASS_COUNT; pass++) {
    const enum s2_slot source = s2_pass_source(binding->plan, (enum s2_pass_index)pass), target = s2_pass_target[pass];
    const bool copies = !binding->late[pass] && is_for(binding, source, VK_BUFFER_USAGE_TRANSFER_SRC_BIT) &&
                        is_for(binding, target, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
    no_texels |= (!binding->late[pass] && is_for(binding, source, VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT) ? 0 : 1u)
                 << pass;
    no_copies |= (copies ? 0 : 1u) << pass;
  }
  return s2_plan_form(binding->plan, no_texels, no_copies, &binding->form);
}

/* Makes the buffers that the caller does not give, side by side in one allocation. */
static s2vk_result make_buffers(s2vk_binding *binding) {
  s2vk_context *context = binding->plan->context;
  struct s2_buffer_info infos[S2_SLOT_COUNT];
  for (int slot = 0; slot < S2_SLOT_COUNT; slot++) {
    const bool taken = binding->buffers[slot].buffer;
    const uint64_t bytes = s2_slot_bytes(binding->plan, (enum s2_slot)slot);
    infos[slot] = (struct s2_buffer_info){
        .name = s2_slot_names[slot],
        .bytes = taken || is_late(binding, slot) ? 0 : (bytes + 15) / 16 * 16, /* whole texels */
        .usage = S2_OWN_USAGE,
    };
  }
  s2vk_result result = s2_buffers_create(
      &context->env, &context->vk, &context->memory, S2_PLACE_DEVICE, infos, S2_SLOT_COUNT, binding->owned);
  for (int slot = 0; !result && slot < S2_SLOT_COUNT; slot++)
    if (binding->owned[slot].buffer)
      binding->buffers[slot] =
          (s2vk_buffer){binding->owned[slot].buffer, 0, s2_slot_bytes(binding->plan, (enum s2_slot)slot), S2_OWN_USAGE};
  return result;
}

/* ---- Descriptors --------------------------------------------------------------------------------------------- */

static VkDescriptorBufferInfo slot_range(const s2vk_binding *binding, enum s2_slot slot, struct s2_range range) {
  const s2vk_buffer *buffer = &binding->buffers[slot];
  return (VkDescriptorBufferInfo){buffer->buffer, buffer->offset + range.offset, range.bytes};
}

/* Makes a texel view of the source for each range. */
static s2vk_result make_views(s2vk_binding *binding, enum s2_pass_index index) {
  const s2vk_context *context = binding->plan->context;
  const struct s2_pass *pass = &binding->form->schedule.passes[index];
  const enum s2_slot source = s2_pass_source(binding->plan, index);
  if (!pass->source_texels || pass->range_count == 0)
    return S2VK_SUCCESS;
  VkBufferView *views = binding->views[index] = s2_alloc(&context->env, pass->range_count, sizeof *views);
  if (!views)
    return s2_fail(
        &context->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u buffer views", pass->range_count);
  for (uint32_t i = 0; i < pass->range_count; i++) {
    const VkDescriptorBufferInfo range = slot_range(binding, source, pass->ranges[i].source);
    const VkBufferViewCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
        .buffer = range.buffer,
        .format = VK_FORMAT_R32G32B32A32_UINT,
        .offset = range.offset,
        .range = range.range / 16 * 16, /* shaders read whole texels only */
    };
    if (info.range == 0)
      continue;
    VkResult made = context->vk.CreateBufferView(context->vk.device, &info, context->env.allocator, &views[i]);
    if (made)
      return s2_fail_made(&context->env, made, "vkCreateBufferView", &views[i]);
    s2_debug_name(
        &context->vk, VK_OBJECT_TYPE_BUFFER_VIEW, (uint64_t)views[i], "s2vk %s, range %u", s2_slot_names[source], i);
  }
  return S2VK_SUCCESS;
}

/* A range of a source. It is cut at the source's end: features of a small call end before those of the largest call. */
static VkDescriptorBufferInfo source_range(const s2vk_buffer *source, struct s2_range range) {
  const VkDeviceSize there = source->bytes - range.offset;
  return (VkDescriptorBufferInfo){
      source->buffer, source->offset + range.offset, range.bytes < there ? range.bytes : there};
}

/* A descriptor set, and the source to write into it. */
struct set {
  VkDescriptorSet set;
  const struct s2_ranges *ranges;
  const s2vk_buffer *source;
  const VkDescriptorImageInfo *image;
  VkBufferView texels; /* of the source, or NULL */
};

/* Writes a set: tables, source, target and accumulator; the texels of tables and source; the image, if the pass reads
 * one. A descriptor that the shader does not use must be valid, too: it shows the target or the tables. */
static void write_set(const s2vk_binding *binding, enum s2_pass_index index, const struct set *set) {
  const struct s2_form *form = binding->form;
  const struct s2_vk *vk = &binding->plan->context->vk;
  const struct s2_ranges *ranges = set->ranges;
  const enum s2_slot target = s2_pass_target[index];
  const bool accumulates = ranges->accumulator.bytes > 0, image = ranges->source.bytes == 0;
  const VkDescriptorBufferInfo buffers[] = {
      {form->tables.buffer, ranges->tables.offset, ranges->tables.bytes},
      image ? slot_range(binding, target, ranges->target) : source_range(set->source, ranges->source),
      slot_range(binding, target, ranges->target),
      accumulates ? slot_range(binding, S2_SLOT_ACCUMULATOR, ranges->accumulator)
                  : slot_range(binding, target, ranges->target),
  };
  const VkBufferView texels[] = {form->table_texels, set->texels ? set->texels : form->table_texels};
  VkWriteDescriptorSet writes[3];
  uint32_t count = 0;
  writes[count++] = (VkWriteDescriptorSet){
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = set->set,
      .dstBinding = S2_BINDING_TABLES,
      .descriptorCount = sizeof buffers / sizeof *buffers, /* continues into the bindings that follow */
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = buffers,
  };
  if (form->table_texels)
    writes[count++] = (VkWriteDescriptorSet){
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = set->set,
        .dstBinding = S2_BINDING_TABLE_TEXELS,
        .descriptorCount = sizeof texels / sizeof *texels,
        .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
        .pTexelBufferView = texels,
    };
  if (image)
    writes[count++] = (VkWriteDescriptorSet){
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = set->set,
        .dstBinding = S2_BINDING_SOURCE_IMAGE,
        .descriptorCount = 1,
        .descriptorType = VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
        .pImageInfo = set->image,
    };
  vk->UpdateDescriptorSets(vk->device, count, writes, 0, NULL);
}

static s2vk_result allocate_sets(
    const s2vk_binding *binding, enum s2_pass_index index, uint32_t count, VkDescriptorSet **made) {
  const s2vk_context *context = binding->plan->context;
  VkDescriptorSet *sets = *made = s2_alloc(&context->env, count, sizeof *sets);
  if (!sets)
    return s2_fail(&context->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u descriptor sets", count);
  const VkDescriptorSetAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = binding->pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &context->set_layout,
  };
  for (uint32_t i = 0; i < count; i++) {
    VkResult result = context->vk.AllocateDescriptorSets(context->vk.device, &info, &sets[i]);
    if (result)
      return s2_fail_vk(&context->env, result, "vkAllocateDescriptorSets");
    s2_debug_name(
        &context->vk, VK_OBJECT_TYPE_DESCRIPTOR_SET, (uint64_t)sets[i], "s2vk %s, range %u", pass_names[index], i);
  }
  return S2VK_SUCCESS;
}

/* Whether the binding itself has a buffer or view for the pass to read. */
static bool has_source(const s2vk_binding *binding, enum s2_pass_index index) {
  const enum s2_slot source = s2_pass_source(binding->plan, index);
  return source == S2_SLOT_INPUT && binding->plan->geometry.pixels.source == S2_SOURCE_IMAGE
             ? binding->image.imageView != VK_NULL_HANDLE
             : binding->buffers[source].buffer != VK_NULL_HANDLE;
}

static s2vk_result make_sets(s2vk_binding *binding, enum s2_pass_index index) {
  const struct s2_pass *pass = &binding->form->schedule.passes[index];
  struct s2_late *late = binding->late[index];
  if (pass->range_count == 0)
    return S2VK_SUCCESS;
  s2vk_result result = allocate_sets(binding, index, pass->range_count, &binding->sets[index]);
  if (!result && late)
    result = allocate_sets(binding, index, late->count * pass->range_count, &late->sets);
  for (uint32_t i = 0; !result && has_source(binding, index) && i < pass->range_count; i++) {
    const VkBufferView *views = binding->views[index];
    const struct set set = {binding->sets[index][i], &pass->ranges[i],
        &binding->buffers[s2_pass_source(binding->plan, index)], &binding->image, views ? views[i] : VK_NULL_HANDLE};
    write_set(binding, index, &set);
  }
  return result;
}

static s2vk_result make_descriptors(s2vk_binding *binding) {
  const s2vk_context *context = binding->plan->context;
  const struct s2_pass *passes = binding->form->schedule.passes;
  uint32_t count = 0;
  for (int pass = 0; pass < S2_PASS_COUNT; pass++)
    count += passes[pass].range_count * (1 + (binding->late[pass] ? binding->late[pass]->count : 0));
  if (count == 0) /* a plan that consists of copies */
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
  s2vk_result result = S2VK_SUCCESS;
  for (int pass = 0; !result && pass < S2_PASS_COUNT; pass++) {
    result = make_views(binding, (enum s2_pass_index)pass);
    if (!result)
      result = make_sets(binding, (enum s2_pass_index)pass);
  }
  return result;
}

/* ---- Public ------------------------------------------------------------------------------------------------- */

static s2vk_result take_image(const s2vk_binding_info *info, s2vk_binding *binding) {
  const struct s2_env *env = &binding->plan->context->env;
  if (binding->plan->geometry.pixels.source != S2_SOURCE_IMAGE) {
    if (info->input_view)
      return s2_fail(env, S2VK_ERROR_PIXELS, "input_view is given; it must be NULL, because the plan reads a buffer");
    return S2VK_SUCCESS;
  }
  const VkImageLayout layout = info->input_layout ? info->input_layout : VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
  binding->image = (VkDescriptorImageInfo){VK_NULL_HANDLE, info->input_view, layout};
  if (!info->input_view && info->in_turn_with)
    binding->image = info->in_turn_with->image;
  if (!binding->image.imageView && !binding->late[s2_input_pass(binding->plan)])
    return s2_fail(env, S2VK_ERROR_NULL, "input_view is NULL; the plan's source is S2VK_PIXELS_IMAGE%s",
        binding->plan->geometry.pixels.flat ? "_2D" : "");
  if (info->input.buffer)
    return s2_fail(env, S2VK_ERROR_PIXELS, "input.buffer is given; it must be NULL, because the plan reads input_view");
  return S2VK_SUCCESS;
}

#define MAX_LATE 4096

static s2vk_result make_late(const s2vk_binding_info *info, s2vk_binding *binding) {
  static const char *const names[] = {"late_inputs", "late_features"};
  const enum s2_pass_index passes[] = {s2_input_pass(binding->plan), S2_PASS_MERGE};
  const uint32_t counts[] = {info->late_inputs, info->late_features};
  const struct s2_env *env = &binding->plan->context->env;
  for (int i = 0; i < 2; i++) {
    if (counts[i] == 0)
      continue;
    if (counts[i] > MAX_LATE)
      return s2_fail(env, S2VK_ERROR_OVERFLOW, "%s is %u; it must be at most %u", names[i], counts[i], MAX_LATE);
    struct s2_late *late = binding->late[passes[i]] = s2_alloc(env, 1, sizeof *late);
    if (!late)
      return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %s", names[i]);
    late->count = counts[i];
  }
  return S2VK_SUCCESS;
}

static s2vk_result check_turns(const s2vk_binding_info *info, const s2vk_binding *binding) {
  if (!info->in_turn_with || info->in_turn_with->plan == binding->plan)
    return S2VK_SUCCESS;
  return s2_fail(&binding->plan->context->env, S2VK_ERROR_WORKSPACE,
      "in_turn_with is a binding of another plan; it must be one of the same plan");
}

static s2vk_result fill_binding(const s2vk_binding_info *info, s2vk_binding *binding) {
  s2vk_buffer middle, resized;
  const s2vk_buffer *given[S2_SLOT_COUNT] = {
      &info->input, &info->tiles, &info->features, &info->output, &info->accumulator, &middle, &resized};
  s2vk_result result = check_turns(info, binding);
  if (!result)
    result = make_late(info, binding);
  if (!result)
    result = take_image(info, binding);
  if (!result)
    result = divide_scratch(binding->plan, &info->scratch, &middle, &resized);
  if (!result)
    result = take_buffers(binding, given);
  if (!result)
    result =
        s2_workspace_share(binding->plan, binding->buffers, info->in_turn_with ? info->in_turn_with->buffers : NULL);
  if (!result)
    result = choose_form(binding);
  if (!result)
    result = make_buffers(binding);
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

void s2vk_binding_destroy(s2vk_binding **binding) {
  if (!binding || !*binding)
    return;
  s2vk_context *context = (*binding)->plan->context;
  const struct s2_vk *vk = &context->vk;
  s2_staging_destroy(context, &(*binding)->staging);
  for (int pass = 0; (*binding)->form && pass < S2_PASS_COUNT; pass++) {
    VkBufferView *views = (*binding)->views[pass];
    for (uint32_t i = 0; views && i < (*binding)->form->schedule.passes[pass].range_count; i++)
      vk->DestroyBufferView(vk->device, views[i], context->env.allocator);
    s2_free(&context->env, views);
    s2_free(&context->env, (*binding)->sets[pass]);
  }
  for (int pass = 0; pass < S2_PASS_COUNT; pass++) {
    if ((*binding)->late[pass])
      s2_free(&context->env, (*binding)->late[pass]->sets);
    s2_free(&context->env, (*binding)->late[pass]);
  }
  vk->DestroyDescriptorPool(vk->device, (*binding)->pool, context->env.allocator);
  s2_buffers_destroy(&context->env, vk, &context->memory, (*binding)->owned, S2_SLOT_COUNT);
  s2_free(&context->env, *binding);
  *binding = NULL;
}

/* ---- Late sources -------------------------------------------------------------------------------------------- */

const VkDescriptorSet *s2_binding_late_sets(
    const s2vk_binding *binding, enum s2_pass_index index, const s2vk_source *source) {
  const struct s2_pass *pass = &binding->form->schedule.passes[index];
  struct s2_late *late = binding->late[index];
  const uint32_t place = atomic_fetch_add_explicit(&late->next, 1, memory_order_relaxed) % late->count;
  const VkImageLayout layout = source->layout ? source->layout : VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
  const VkDescriptorImageInfo image = {VK_NULL_HANDLE, source->view, layout};
  VkDescriptorSet *sets = late->sets + (size_t)place * pass->range_count;
  for (uint32_t i = 0; i < pass->range_count; i++) {
    if (pass->ranges[i].source.bytes && pass->ranges[i].source.offset >= source->buffer.bytes)
      continue; /* only calls with more tiles have this range */
    const struct set set = {sets[i], &pass->ranges[i], &source->buffer, &image, VK_NULL_HANDLE};
    write_set(binding, index, &set);
  }
  return sets;
}

s2vk_result s2_binding_check_source(const s2vk_binding *binding, enum s2_pass_index index) {
  const bool merge = index == S2_PASS_MERGE;
  if (has_source(binding, index))
    return S2VK_SUCCESS;
  return s2_fail(&binding->plan->context->env, S2VK_ERROR_LATE,
      "the binding was made without %s but with late_%s; call s2vk_record_%s_from() instead",
      merge ? "features" : "input", merge ? "features" : "inputs", merge ? "merge" : "split");
}

s2vk_result s2_binding_check_sources(const s2vk_binding *binding) {
  s2vk_result result = s2_binding_check_source(binding, s2_input_pass(binding->plan));
  return result ? result : s2_binding_check_source(binding, S2_PASS_MERGE);
}

static s2vk_tensor slot_tensor(const s2vk_binding *binding, enum s2_slot slot, s2vk_type type, s2vk_shape shape,
    const struct s2_strides *strides) {
  const s2vk_buffer *buffer = &binding->buffers[slot];
  return (s2vk_tensor){buffer->buffer, buffer->offset, s2_slot_bytes(binding->plan, slot), type, shape,
      s2_strides_in_bytes(strides, type, shape.rank == 3)};
}

s2vk_model_call s2_binding_call(const s2vk_binding *binding, uint32_t call) {
  const struct s2_geometry *g = &binding->plan->geometry;
  const struct s2_call *c = &g->calls[call];
  const struct s2_scale *scale = &g->scales[c->scale];
  s2vk_model_call made = {
      .index = call,
      .scale = c->scale,
      .first_tile = c->first_tile,
      .tiles = slot_tensor(binding, S2_SLOT_TILES, g->tile_type, s2_tiles_shape(g, c), &scale->tile_strides),
      .features =
          slot_tensor(binding, S2_SLOT_FEATURES, g->feature_type, s2_features_shape(g, c), &scale->feature_strides),
  };
  made.tiles.bytes = s2_tiles_bytes(g, c);
  made.features.bytes = s2_features_bytes(g, c);
  return made;
}

s2vk_result s2vk_binding_get_tensors(const s2vk_binding *binding, s2vk_tensor *input, s2vk_tensor *output) {
  if (!binding)
    return S2VK_ERROR_NULL;
  const struct s2_geometry *g = &binding->plan->geometry;
  const struct s2_strides dense = {.item = (uint64_t)g->channels * g->input.height * g->input.width,
      .channel = (uint64_t)g->input.height * g->input.width,
      .row = g->input.width,
      .column = 1};
  if (input)
    *input = slot_tensor(binding, S2_SLOT_INPUT, g->input_type, s2_input_shape(g), &dense);
  if (output)
    *output = slot_tensor(binding, S2_SLOT_OUTPUT, g->output_type, s2_output_shape(g), &g->output_strides);
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
