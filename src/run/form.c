#include "run/form.h"

#include "kernels/kernels.h"
#include "vulkan/debug.h"

#include <string.h>

static s2vk_result acquire_pipelines(s2vk_context *context, struct s2_form *form, enum s2_pass_index index) {
  const struct s2_pass *pass = &form->schedule.passes[index];
  if (pass->key_count == 0)
    return S2VK_SUCCESS;
  struct s2_pipeline **pipelines = s2_alloc(&context->env, pass->key_count, sizeof *pipelines);
  if (!pipelines)
    return s2_fail(
        &context->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u pipelines", pass->key_count);
  form->pipelines[index] = pipelines;
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = 0; !result && i < pass->key_count; i++)
    result = s2_pipeline_acquire(&context->env, &context->vk, &context->pipelines, &pass->keys[i], &pipelines[i]);
  return result;
}

static void release_pipelines(s2vk_context *context, struct s2_form *form, enum s2_pass_index index) {
  struct s2_pipeline **pipelines = form->pipelines[index];
  for (uint32_t i = 0; pipelines && i < form->schedule.passes[index].key_count; i++)
    if (pipelines[i])
      s2_pipeline_release(&context->env, &context->vk, &context->pipelines, pipelines[i]);
  s2_free(&context->env, pipelines);
}

uint64_t s2_form_table_bytes(const struct s2_form *form) {
  return form->schedule.entry_count * sizeof *form->schedule.entries;
}

static s2vk_result make_table_buffer(s2vk_context *context, struct s2_form *form) {
  const struct s2_buffer_info tables = {"tables", s2_form_table_bytes(form),
      VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT};
  if (tables.bytes == 0) /* a plan that consists of copies */
    return S2VK_SUCCESS;
  s2vk_result result =
      s2_buffers_create(&context->env, &context->vk, &context->memory, S2_PLACE_TABLE, &tables, 1, &form->tables);
  if (result)
    return result;
  memcpy(form->tables.mapped, form->schedule.entries, tables.bytes);
  if (!form->schedule.table_texels)
    return S2VK_SUCCESS;
  const VkBufferViewCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
      .buffer = form->tables.buffer,
      .format = VK_FORMAT_R32G32B32A32_UINT,
      .range = tables.bytes,
  };
  VkResult made = context->vk.CreateBufferView(context->vk.device, &info, context->env.allocator, &form->table_texels);
  if (made)
    return s2_fail_made(&context->env, made, "vkCreateBufferView", &form->table_texels);
  s2_debug_name(&context->vk, VK_OBJECT_TYPE_BUFFER_VIEW, (uint64_t)form->table_texels, "s2vk tables");
  return S2VK_SUCCESS;
}

s2vk_result s2_form_schedule(
    const struct s2_env *env, const s2vk_context *context, const struct s2_geometry *geometry, struct s2_form *form) {
  struct s2_target target = context->target;
  target.no_texels = form->no_texels;
  target.no_copies = form->no_copies;
  return s2_schedule_create(env, &target, geometry, context->kernels ? context->kernels : s2_kernels, &form->schedule);
}

s2vk_result s2_form_finish(s2vk_context *context, struct s2_form *form) {
  s2vk_result result = S2VK_SUCCESS;
  for (int pass = 0; !result && pass < S2_PASS_COUNT; pass++)
    result = acquire_pipelines(context, form, (enum s2_pass_index)pass);
  if (!result)
    result = make_table_buffer(context, form);
  s2_schedule_trim(&context->env, &form->schedule);
  return result;
}

void s2_form_destroy(s2vk_context *context, struct s2_form *form) {
  if (context->vk.device) {
    context->vk.DestroyBufferView(context->vk.device, form->table_texels, context->env.allocator);
    s2_buffers_destroy(&context->env, &context->vk, &context->memory, &form->tables, 1);
    for (int pass = 0; pass < S2_PASS_COUNT; pass++)
      release_pipelines(context, form, (enum s2_pass_index)pass);
  }
  s2_schedule_destroy(&context->env, &form->schedule);
}
