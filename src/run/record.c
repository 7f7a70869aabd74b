#include "run/record.h"

#include "vulkan/debug.h"

void s2_record_barrier(const struct s2_vk *vk, VkCommandBuffer commands) {
  const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  const VkMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                       VK_ACCESS_TRANSFER_WRITE_BIT,
  };
  vk->CmdPipelineBarrier(commands, stages, stages, 0, 1, &barrier, 0, NULL, 0, NULL);
}

/* Records some regions at a time, because nothing may be allocated. */
static void record_copy(const s2vk_binding *binding, const struct s2_copy *copy, enum s2_slot source,
    enum s2_slot target, VkCommandBuffer commands) {
  const s2vk_buffer *from = &binding->buffers[source], *to = &binding->buffers[target];
  VkBufferCopy regions[64];
  for (uint32_t row = 0, count = 0; row < copy->rows; row++) {
    regions[count++] = (VkBufferCopy){from->offset + copy->source + row * copy->source_stride,
        to->offset + copy->target + row * copy->target_stride, copy->bytes};
    if (count < sizeof regions / sizeof *regions && row + 1 < copy->rows)
      continue;
    binding->plan->context->vk.CmdCopyBuffer(commands, from->buffer, to->buffer, count, regions);
    count = 0;
  }
}

_Static_assert(sizeof(union s2_push) == S2_PUSH_BYTES, "pipelines have no room for more push constants");

static void record_pass(const s2vk_binding *binding, enum s2_pass_index index, uint32_t call, VkCommandBuffer commands,
    const VkDescriptorSet *sets) {
  const s2vk_plan *plan = binding->plan;
  const struct s2_vk *vk = &plan->context->vk;
  const struct s2_pass *pass = &binding->form->schedule.passes[index];
  const VkPipelineLayout layout = plan->context->pipelines.layout;
  uint32_t bound = S2_NO_KEY;
  if (!pass->first) /* the plan has no such pass */
    return;
  for (uint32_t i = pass->first[call]; i < pass->first[call + 1]; i++) {
    const struct s2_dispatch *dispatch = &pass->dispatches[i];
    s2_record_barrier(vk, commands);
    if (dispatch->key == S2_NO_KEY) {
      record_copy(binding, &dispatch->copy, s2_pass_source(plan, index), s2_pass_target[index], commands);
      continue;
    }
    if (dispatch->key != bound)
      vk->CmdBindPipeline(
          commands, VK_PIPELINE_BIND_POINT_COMPUTE, s2_pipeline_handle(binding->form->pipelines[index][dispatch->key]));
    bound = dispatch->key;
    vk->CmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, &sets[dispatch->ranges], 0, NULL);
    vk->CmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof dispatch->push, &dispatch->push);
    vk->CmdDispatch(commands, dispatch->groups[0], dispatch->groups[1], dispatch->groups[2]);
  }
}

/* Begins a labelled region of the command buffer for one step of a call. s2_debug_end() ends it. */
static void begin_step(const s2vk_binding *binding, const char *step, uint32_t call, VkCommandBuffer commands) {
  const struct s2_call *c = &binding->plan->geometry.calls[call];
  s2_debug_begin(&binding->plan->context->vk, commands, "s2vk %s, call %u: %u tiles from %u of scale %u", step, call,
      c->tile_count, c->first_tile, c->scale);
}

/* Records the passes of a split. The pass that reads the input uses the given descriptor sets. */
static void record_split(
    const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands, const VkDescriptorSet *sets) {
  static const enum s2_pass_index passes[] = {S2_PASS_FIRST, S2_PASS_SECOND, S2_PASS_SPLIT};
  const enum s2_pass_index input = s2_input_pass(binding->plan);
  begin_step(binding, "split", call, commands);
  for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
    record_pass(binding, passes[i], call, commands, passes[i] == input ? sets : binding->sets[passes[i]]);
  s2_debug_end(&binding->plan->context->vk, commands);
}

static void record_merge(
    const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands, const VkDescriptorSet *sets) {
  const struct s2_vk *vk = &binding->plan->context->vk;
  const struct s2_pass *merge = &binding->form->schedule.passes[S2_PASS_MERGE];
  begin_step(binding, "merge", call, commands);
  record_pass(binding, S2_PASS_MERGE, call, commands, sets);
  /* The caller synchronises with COMPUTE_SHADER: this makes copies count as writes of a shader. */
  if (merge->dispatches[merge->first[call + 1] - 1].key == S2_NO_KEY)
    s2_record_barrier(vk, commands);
  s2_debug_end(vk, commands);
}

void s2_record_split(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands) {
  record_split(binding, call, commands, binding->sets[s2_input_pass(binding->plan)]);
}

void s2_record_merge(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands) {
  record_merge(binding, call, commands, binding->sets[S2_PASS_MERGE]);
}

s2vk_result s2_record_all(const s2vk_binding *binding, VkCommandBuffer commands, const s2vk_model *model) {
  const struct s2_vk *vk = &binding->plan->context->vk;
  for (uint32_t k = 0; k < binding->plan->geometry.call_count; k++) {
    s2_record_split(binding, k, commands);
    s2_record_barrier(vk, commands);
    const s2vk_model_call call = s2_binding_call(binding, k);
    begin_step(binding, "model", k, commands);
    s2vk_result result = model->record(model->user, commands, &call);
    s2_debug_end(vk, commands);
    if (result)
      return result;
    s2_record_merge(binding, k, commands);
  }
  return S2VK_SUCCESS;
}

s2vk_result s2_check_model(const struct s2_env *env, const s2vk_model *model) {
  s2vk_result result = s2_check_struct(env, "s2vk_model", model, model ? model->struct_size : 0, sizeof(s2vk_model));
  if (result)
    return result;
  if (!model->record == !model->run)
    return s2_fail(env, S2VK_ERROR_MODEL, "s2vk_model.record and s2vk_model.run are %s NULL; exactly one must be set",
        model->record ? "both not" : "both");
  return S2VK_SUCCESS;
}

/* ---- Public ------------------------------------------------------------------------------------------------- */

static s2vk_result check_commands(const s2vk_binding *binding, VkCommandBuffer commands) {
  if (commands)
    return S2VK_SUCCESS;
  return s2_fail(&binding->plan->context->env, S2VK_ERROR_NULL, "commands is NULL");
}

s2vk_result s2vk_record(const s2vk_binding *binding, VkCommandBuffer commands, const s2vk_model *model) {
  if (!binding)
    return S2VK_ERROR_NULL;
  const struct s2_env *env = &binding->plan->context->env;
  s2vk_result result = check_commands(binding, commands);
  if (!result)
    result = s2_check_model(env, model);
  if (!result)
    result = s2_binding_check_sources(binding);
  if (result)
    return result;
  if (!model->record)
    return s2_fail(env, S2VK_ERROR_MODEL, "s2vk_model.run needs host memory; only s2vk_forward() can call it");
  return s2_record_all(binding, commands, model);
}

/* The checks that all functions share that record one pass. */
static s2vk_result check_call(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands) {
  if (!binding)
    return S2VK_ERROR_NULL;
  s2vk_result result = check_commands(binding, commands);
  return result ? result : s2_plan_check_call(binding->plan, call);
}

s2vk_result s2vk_record_split(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands) {
  s2vk_result result = check_call(binding, call, commands);
  if (!result)
    result = s2_binding_check_source(binding, s2_input_pass(binding->plan));
  if (result)
    return result;
  s2_record_split(binding, call, commands);
  s2_record_barrier(&binding->plan->context->vk, commands);
  return S2VK_SUCCESS;
}

s2vk_result s2vk_record_merge(const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands) {
  s2vk_result result = check_call(binding, call, commands);
  if (!result)
    result = s2_binding_check_source(binding, S2_PASS_MERGE);
  if (!result)
    s2_record_merge(binding, call, commands);
  return result;
}

/* Checks that a buffer or view is given, and that the binding has descriptor sets for it. */
static s2vk_result check_late(const s2vk_binding *binding, enum s2_pass_index index, const void *given) {
  const bool merge = index == S2_PASS_MERGE;
  const struct s2_env *env = &binding->plan->context->env;
  if (!given)
    return s2_fail(env, S2VK_ERROR_NULL, "%s is NULL", merge ? "features" : "input");
  if (binding->late[index])
    return S2VK_SUCCESS;
  return s2_fail(env, S2VK_ERROR_LATE, "s2vk_binding_info.%s was 0; it must be at least 1 for s2vk_record_%s_from()",
      merge ? "late_features" : "late_inputs", merge ? "merge" : "split");
}

static s2vk_result check_buffer(
    const s2vk_binding *binding, enum s2_slot slot, const s2vk_buffer *source, uint64_t bytes) {
  s2vk_result result = s2_binding_check_buffer(binding->plan, slot, source, bytes);
  return result ? result : s2_workspace_check_source(binding->plan, binding->buffers, slot, source, bytes);
}

static s2vk_result check_input(const s2vk_binding *binding, const s2vk_source *input) {
  const struct s2_geometry *g = &binding->plan->geometry;
  const struct s2_env *env = &binding->plan->context->env;
  const bool image = g->pixels.source == S2_SOURCE_IMAGE;
  if (image ? input->buffer.buffer != VK_NULL_HANDLE : input->view != VK_NULL_HANDLE)
    return s2_fail(env, S2VK_ERROR_PIXELS, "input.%s is given; the plan reads %s", image ? "buffer" : "view",
        image ? "a view" : "a buffer");
  if (image ? !input->view : !input->buffer.buffer)
    return s2_fail(env, S2VK_ERROR_NULL, "input.%s is NULL", image ? "view" : "buffer.buffer");
  return image ? S2VK_SUCCESS : check_buffer(binding, S2_SLOT_INPUT, &input->buffer, g->input_bytes);
}

s2vk_result s2vk_record_split_from(
    const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands, const s2vk_source *input) {
  s2vk_result result = check_call(binding, call, commands);
  if (!result)
    result = check_late(binding, s2_input_pass(binding->plan), input);
  if (!result)
    result = check_input(binding, input);
  if (result)
    return result;
  record_split(binding, call, commands, s2_binding_late_sets(binding, s2_input_pass(binding->plan), input));
  s2_record_barrier(&binding->plan->context->vk, commands);
  return S2VK_SUCCESS;
}

s2vk_result s2vk_record_merge_from(
    const s2vk_binding *binding, uint32_t call, VkCommandBuffer commands, const s2vk_buffer *features) {
  s2vk_result result = check_call(binding, call, commands);
  if (!result)
    result = check_late(binding, S2_PASS_MERGE, features);
  if (result)
    return result;
  const struct s2_geometry *g = &binding->plan->geometry;
  if (!features->buffer)
    return s2_fail(&binding->plan->context->env, S2VK_ERROR_NULL, "features.buffer is NULL");
  result = check_buffer(binding, S2_SLOT_FEATURES, features, s2_features_bytes(g, &g->calls[call]));
  if (result)
    return result;
  const s2vk_source source = {.buffer = *features};
  record_merge(binding, call, commands, s2_binding_late_sets(binding, S2_PASS_MERGE, &source));
  return S2VK_SUCCESS;
}
