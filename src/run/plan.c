#include "run/plan.h"

#include "base/checked.h"
#include "kernels/kernels.h"
#include "run/describe.h"
#include "vulkan/debug.h"

#include <string.h>

/* Ahead of the schedule, which for far too much work would be long. */
static s2vk_result check_memory(const s2vk_plan *plan) {
  const struct s2_geometry *g = &plan->geometry;
  const uint64_t tables = plan->schedule.entry_count * sizeof(struct s2_entry);
  uint64_t resized;
  const uint64_t scratch = s2_plan_scratch(plan, &resized);
  const uint64_t parts[] = {scratch, g->input_bytes, g->tiles_bytes, g->features_bytes, g->output_bytes,
      plan->schedule.accumulator_bytes, tables};
  uint64_t most = s2_context_memory(plan->context), needed = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    needed += parts[i];
  if (needed <= most || most == 0) /* 0: a device that only compiles */
    return S2VK_SUCCESS;
  return s2_fail(&plan->context->env, S2VK_ERROR_OUT_OF_DEVICE_MEMORY,
      "the plan needs %llu bytes (input %llu, tiles %llu, features %llu, output %llu, accumulator %llu, scratch %llu, tables %llu); the "
      "device has %llu. tiles_per_call bounds tiles and features, batch bounds all",
      (unsigned long long)needed, (unsigned long long)g->input_bytes, (unsigned long long)g->tiles_bytes,
      (unsigned long long)g->features_bytes, (unsigned long long)g->output_bytes,
      (unsigned long long)plan->schedule.accumulator_bytes, (unsigned long long)scratch, (unsigned long long)tables,
      (unsigned long long)most);
}

static s2vk_result acquire_pipelines(s2vk_plan *plan, enum s2_pass_index index) {
  s2vk_context *context = plan->context;
  const struct s2_pass *pass = &plan->schedule.passes[index];
  if (pass->key_count == 0)
    return S2VK_SUCCESS;
  struct s2_pipeline **pipelines = s2_alloc(&context->env, pass->key_count, sizeof *pipelines);
  if (!pipelines)
    return s2_fail(
        &context->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u pipelines", pass->key_count);
  plan->pipelines[index] = pipelines;
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = 0; !result && i < pass->key_count; i++)
    result = s2_pipeline_acquire(&context->env, &context->vk, &context->pipelines, &pass->keys[i], &pipelines[i]);
  return result;
}

static void release_pipelines(s2vk_plan *plan, enum s2_pass_index index) {
  s2vk_context *context = plan->context;
  struct s2_pipeline **pipelines = plan->pipelines[index];
  for (uint32_t i = 0; pipelines && i < plan->schedule.passes[index].key_count; i++)
    if (pipelines[i])
      s2_pipeline_release(&context->env, &context->vk, &context->pipelines, pipelines[i]);
  s2_free(&context->env, pipelines);
}

static uint64_t table_bytes(const s2vk_plan *plan) {
  return plan->schedule.entry_count * sizeof *plan->schedule.entries;
}

static s2vk_result make_table_buffer(s2vk_plan *plan) {
  s2vk_context *context = plan->context;
  const struct s2_buffer_info tables = {
      "tables", table_bytes(plan), VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT};
  if (tables.bytes == 0) /* a plan that only copies */
    return S2VK_SUCCESS;
  s2vk_result result =
      s2_buffers_create(&context->env, &context->vk, &context->memory, S2_PLACE_TABLE, &tables, 1, &plan->tables);
  if (result)
    return result;
  memcpy(plan->tables.mapped, plan->schedule.entries, tables.bytes);
  if (!plan->schedule.table_texels)
    return S2VK_SUCCESS;
  const VkBufferViewCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
      .buffer = plan->tables.buffer,
      .format = VK_FORMAT_R32G32B32A32_UINT,
      .range = tables.bytes,
  };
  VkResult made = context->vk.CreateBufferView(context->vk.device, &info, context->env.allocator, &plan->table_texels);
  if (made)
    return s2_fail_made(&context->env, made, "vkCreateBufferView", &plan->table_texels);
  s2_debug_name(&context->vk, VK_OBJECT_TYPE_BUFFER_VIEW, (uint64_t)plan->table_texels, "s2vk tables");
  return S2VK_SUCCESS;
}

static s2vk_result fill_plan(const s2vk_plan_info *info, s2vk_plan *plan) {
  const s2vk_context *context = plan->context;
  struct s2_budget budget = {.limit = context->max_plan_bytes};
  struct s2_env env = context->env; /* but for the budget, under which shapes, tables and dispatches are made */
  env.budget = &budget;
  s2vk_result result = s2_geometry_create(&env, info, &plan->geometry);
  if (!result && context->vk.device)
    result = check_memory(plan);
  if (!result)
    result = s2_schedule_create(
        &env, &context->target, &plan->geometry, context->kernels ? context->kernels : s2_kernels, &plan->schedule);
  if (!result && context->vk.device && !(result = check_memory(plan))) {
    for (int pass = 0; !result && pass < S2_PASS_COUNT; pass++)
      result = acquire_pipelines(plan, (enum s2_pass_index)pass);
    if (!result)
      result = make_table_buffer(plan);
  }
  s2_schedule_trim(&context->env, &plan->schedule);
  return result;
}

static void log_line(void *user, const char *text) {
  const struct s2_env *env = user;
  env->log(env->log_user, S2VK_LOG_INFO, text);
}

s2vk_result s2vk_plan_create(s2vk_context *context, const s2vk_plan_info *info, s2vk_plan **plan) {
  if (plan)
    *plan = NULL;
  if (!context)
    return S2VK_ERROR_NULL;
  struct s2_env *env = &context->env;
  s2vk_result result =
      s2_check_struct(env, "s2vk_plan_info", info, info ? info->struct_size : 0, sizeof(s2vk_plan_info));
  if (result)
    return result;
  if (!plan)
    return s2_fail(env, S2VK_ERROR_NULL, "plan is NULL");
  s2vk_plan *made = s2_alloc(env, 1, sizeof *made);
  if (!made)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for a plan");
  made->context = context;
  result = fill_plan(info, made);
  if (!result && env->log)
    result = s2_describe(env, &made->geometry, &made->schedule, log_line, env);
  if (result) {
    s2vk_plan_destroy(&made);
    return result;
  }
  *plan = made;
  return S2VK_SUCCESS;
}

void s2vk_plan_destroy(s2vk_plan **plan) {
  if (!plan || !*plan)
    return;
  s2vk_context *context = (*plan)->context;
  if (context->vk.device) {
    context->vk.DestroyBufferView(context->vk.device, (*plan)->table_texels, context->env.allocator);
    s2_buffers_destroy(&context->env, &context->vk, &context->memory, &(*plan)->tables, 1);
    for (int pass = 0; pass < S2_PASS_COUNT; pass++)
      release_pipelines(*plan, (enum s2_pass_index)pass);
  }
  s2_schedule_destroy(&context->env, &(*plan)->schedule);
  s2_geometry_destroy(&context->env, &(*plan)->geometry);
  s2_free(&context->env, *plan);
  *plan = NULL;
}

/* What offsets of every device are multiples of. */
#define SCRATCH_ALIGNMENT 256

uint64_t s2_plan_scratch(const s2vk_plan *plan, uint64_t *resized) {
  const uint64_t middle = plan->schedule.middle_bytes, alignment = s2_plan_alignment(plan);
  *resized = s2_round_up(middle, alignment > SCRATCH_ALIGNMENT ? alignment : SCRATCH_ALIGNMENT);
  return plan->geometry.pre.resample_count ? *resized + plan->geometry.pre.resampled_bytes : 0;
}

/* ---- Queries ------------------------------------------------------------------------------------------------- */

VkDeviceSize s2_plan_alignment(const s2vk_plan *plan) {
  const struct s2_target *target = &plan->context->target;
  const struct s2_pass *passes = plan->schedule.passes;
  bool texels = false;
  for (int pass = 0; pass < S2_PASS_COUNT; pass++)
    texels = texels || passes[pass].source_texels;
  const VkDeviceSize alignment = target->alignment > 4 ? target->alignment : 4;
  return texels && target->texel_alignment > alignment ? target->texel_alignment : alignment;
}

s2vk_result s2_plan_check_call(const s2vk_plan *plan, uint32_t call) {
  if (call < plan->geometry.call_count)
    return S2VK_SUCCESS;
  return s2_fail(
      &plan->context->env, S2VK_ERROR_CALL_INDEX, "call is %u; the plan has %u calls", call, plan->geometry.call_count);
}

s2vk_result s2vk_plan_get_layout(const s2vk_plan *plan, s2vk_plan_layout *layout) {
  if (!plan)
    return S2VK_ERROR_NULL;
  s2vk_result result = s2_check_struct(
      &plan->context->env, "s2vk_plan_layout", layout, layout ? layout->struct_size : 0, sizeof *layout);
  if (result)
    return result;
  const struct s2_geometry *g = &plan->geometry;
  uint64_t resized;
  /* Of the device alone, so that buffers can be kept from one plan to the next. */
  const struct s2_target *target = &plan->context->target;
  const VkBufferUsageFlags storage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
  const VkBufferUsageFlags texels = target->texels ? VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT : 0;
  const VkBufferUsageFlags from = target->copies ? VK_BUFFER_USAGE_TRANSFER_SRC_BIT : 0;
  const VkBufferUsageFlags to = target->copies ? VK_BUFFER_USAGE_TRANSFER_DST_BIT : 0;
  *layout = (s2vk_plan_layout){
      .struct_size = sizeof *layout,
      .scale_count = g->scale_count,
      .call_count = g->call_count,
      .tile_count = g->tile_count,
      .input = s2_input_shape(g),
      .output = s2_output_shape(g),
      .output_grid = g->output_grid,
      .output_block = {g->output_blocks.height, g->output_blocks.width},
      .input_bytes = g->input_bytes,
      .tiles_bytes = g->tiles_bytes,
      .features_bytes = g->features_bytes,
      .output_bytes = g->output_bytes,
      .accumulator_bytes = plan->schedule.accumulator_bytes,
      .table_bytes = table_bytes(plan),
      .scratch_bytes = s2_plan_scratch(plan, &resized),
      .offset_alignment = s2_plan_alignment(plan),
      .source_usage = storage | texels | from,
      .target_usage = storage | to,
      .output_strides = s2_strides_tell(&g->output_strides, g->output_type, g->layout == S2VK_OUTPUT_BNC),
  };
  return S2VK_SUCCESS;
}

s2vk_result s2vk_plan_get_scale(const s2vk_plan *plan, uint32_t scale, s2vk_scale_layout *layout) {
  if (!plan)
    return S2VK_ERROR_NULL;
  const struct s2_env *env = &plan->context->env;
  s2vk_result result =
      s2_check_struct(env, "s2vk_scale_layout", layout, layout ? layout->struct_size : 0, sizeof *layout);
  if (result)
    return result;
  if (scale >= plan->geometry.scale_count)
    return s2_fail(
        env, S2VK_ERROR_CALL_INDEX, "scale is %u; the plan has %u scales", scale, plan->geometry.scale_count);
  const struct s2_scale *s = &plan->geometry.scales[scale];
  *layout = (s2vk_scale_layout){
      .struct_size = sizeof *layout,
      .image = s->image,
      .padded = s->padded,
      .tiles = s->tiles,
      .tile_side = s->tile_side,
      .features = s->features,
      .grid = s->grid,
      .own = s->valid,
      .first_tile = s->first_tile,
      .tile_count = s->tile_count,
  };
  return S2VK_SUCCESS;
}

s2vk_result s2vk_plan_get_call(const s2vk_plan *plan, uint32_t call, s2vk_call_layout *layout) {
  if (!plan)
    return S2VK_ERROR_NULL;
  s2vk_result result = s2_check_struct(
      &plan->context->env, "s2vk_call_layout", layout, layout ? layout->struct_size : 0, sizeof *layout);
  if (!result)
    result = s2_plan_check_call(plan, call);
  if (result)
    return result;
  const struct s2_geometry *g = &plan->geometry;
  const struct s2_call *c = &g->calls[call];
  const s2vk_shape tiles = s2_tiles_shape(g, c), features = s2_features_shape(g, c);
  *layout = (s2vk_call_layout){
      .struct_size = sizeof *layout,
      .scale = c->scale,
      .tile_count = c->tile_count,
      .first_tile = c->first_tile,
      .tiles = tiles,
      .features = features,
      .tiles_bytes = s2_tiles_bytes(g, c),
      .features_bytes = s2_features_bytes(g, c),
      .tile_strides = s2_strides_tell(&g->scales[c->scale].tile_strides, g->tile_type, false),
      .feature_strides = s2_strides_tell(&g->scales[c->scale].feature_strides, g->feature_type, features.rank == 3),
  };
  return S2VK_SUCCESS;
}

s2vk_result s2vk_plan_describe(const s2vk_plan *plan, void (*line)(void *user, const char *text), void *user) {
  if (!plan)
    return S2VK_ERROR_NULL;
  const struct s2_env *env = &plan->context->env;
  if (!line)
    return s2_fail(env, S2VK_ERROR_NULL, "line is NULL");
  return s2_describe(env, &plan->geometry, &plan->schedule, line, user);
}
