#include "run/plan.h"

#include "base/checked.h"
#include "run/describe.h"

/* Compares the plan's buffers with the device's memory. It also runs before the schedule is made: that would take long
 * for far too much work. */
static s2vk_result check_memory(const s2vk_plan *plan) {
  const struct s2_geometry *g = &plan->geometry;
  const uint64_t tables = plan->form.schedule.entry_count * sizeof(struct s2_entry);
  uint64_t resized;
  const uint64_t scratch = s2_plan_scratch(plan, &resized);
  const uint64_t parts[] = {scratch, g->input_bytes, g->tiles_bytes, g->features_bytes, g->output_bytes,
      plan->form.schedule.accumulator_bytes, tables};
  uint64_t most = s2_context_memory(plan->context), needed = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    needed += parts[i];
  if (needed <= most || most == 0) /* 0: the device only compiles */
    return S2VK_SUCCESS;
  return s2_fail(&plan->context->env, S2VK_ERROR_OUT_OF_DEVICE_MEMORY,
      "the plan needs %llu bytes (input %llu, tiles %llu, features %llu, output %llu, accumulator %llu, scratch %llu, "
      "tables %llu); the device has %llu. tiles_per_call bounds tiles and features, batch bounds all",
      (unsigned long long)needed, (unsigned long long)g->input_bytes, (unsigned long long)g->tiles_bytes,
      (unsigned long long)g->features_bytes, (unsigned long long)g->output_bytes,
      (unsigned long long)plan->form.schedule.accumulator_bytes, (unsigned long long)scratch,
      (unsigned long long)tables, (unsigned long long)most);
}

static s2vk_result fill_plan(const s2vk_plan_info *info, s2vk_plan *plan) {
  s2vk_context *context = plan->context;
  struct s2_budget budget = {.limit = context->max_plan_bytes};
  struct s2_env env = context->env; /* and the budget, for geometry, tables and dispatches */
  env.budget = &budget;
  s2vk_result result = s2_geometry_create(&env, info, &plan->geometry);
  if (!result && context->vk.device)
    result = check_memory(plan);
  if (!result)
    result = s2_form_schedule(&env, context, &plan->geometry, &plan->form);
  if (!result && context->vk.device && !(result = check_memory(plan)))
    result = s2_form_finish(context, &plan->form);
  s2_schedule_trim(&context->env, &plan->form.schedule);
  return result;
}

/* ---- Other forms --------------------------------------------------------------------------------------------- */

static bool any_copy(const struct s2_schedule *schedule, int pass) {
  bool any = false;
  for (uint32_t i = 0; i < schedule->passes[pass].dispatch_count; i++)
    any = any || schedule->passes[pass].dispatches[i].key == S2_NO_KEY;
  return any;
}

static struct s2_form *find_form(struct s2_forms *forms, uint32_t no_texels, uint32_t no_copies) {
  struct s2_form *form = forms->first;
  while (form && (form->no_texels != no_texels || form->no_copies != no_copies))
    form = form->next;
  return form;
}

static void free_form(s2vk_context *context, struct s2_form *form) {
  if (form)
    s2_form_destroy(context, form);
  s2_free(&context->env, form);
}

static s2vk_result make_form(const s2vk_plan *plan, struct s2_form *form) {
  struct s2_budget budget = {.limit = plan->context->max_plan_bytes};
  struct s2_env env = plan->context->env;
  env.budget = &budget;
  s2vk_result result = s2_form_schedule(&env, plan->context, &plan->geometry, form);
  if (!result)
    result = s2_form_finish(plan->context, form);
  s2_schedule_trim(&plan->context->env, &form->schedule);
  return result;
}

s2vk_result s2_plan_form(const s2vk_plan *plan, uint32_t no_texels, uint32_t no_copies, const struct s2_form **found) {
  const struct s2_schedule *schedule = &plan->form.schedule;
  for (int pass = 0; pass < S2_PASS_COUNT; pass++) { /* the plan may not use what buffers lack */
    no_texels &= ~((schedule->passes[pass].source_texels ? 0 : 1u) << pass);
    no_copies &= ~((any_copy(schedule, pass) ? 0 : 1u) << pass);
  }
  *found = &plan->form;
  if (!no_texels && !no_copies)
    return S2VK_SUCCESS;
  struct s2_forms *forms = plan->forms;
  s2_lock(&forms->lock);
  *found = find_form(forms, no_texels, no_copies);
  s2_unlock(&forms->lock);
  if (*found)
    return S2VK_SUCCESS;
  s2vk_context *context = plan->context;
  struct s2_form *form = s2_alloc(&context->env, 1, sizeof *form);
  if (!form)
    return s2_fail(
        &context->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for another set of a plan's tables");
  form->no_texels = no_texels;
  form->no_copies = no_copies;
  s2vk_result result = make_form(plan, form);
  if (result) {
    free_form(context, form);
    return result;
  }
  s2_lock(&forms->lock);
  struct s2_form *other = find_form(forms, no_texels, no_copies); /* another thread may have made it */
  if (!other) {
    form->next = forms->first;
    forms->first = form;
  }
  s2_unlock(&forms->lock);
  *found = other ? other : form;
  if (other)
    free_form(context, form);
  return S2VK_SUCCESS;
}

/* ---- Public -------------------------------------------------------------------------------------------------- */

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
  made->forms = s2_alloc(env, 1, sizeof *made->forms);
  result = made->forms ? fill_plan(info, made)
                       : s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for a plan");
  if (!result && env->log)
    result = s2_describe(env, &made->geometry, &made->form.schedule, log_line, env);
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
  for (struct s2_form *form = (*plan)->forms ? (*plan)->forms->first : NULL, *next; form; form = next) {
    next = form->next;
    free_form(context, form);
  }
  s2_form_destroy(context, &(*plan)->form);
  s2_free(&context->env, (*plan)->forms);
  s2_geometry_destroy(&context->env, &(*plan)->geometry);
  s2_free(&context->env, *plan);
  *plan = NULL;
}

/* No device asks for more. */
#define SCRATCH_ALIGNMENT 256

uint64_t s2_plan_scratch(const s2vk_plan *plan, uint64_t *resized) {
  const uint64_t middle = plan->form.schedule.middle_bytes, alignment = s2_plan_alignment(plan);
  *resized = s2_round_up(middle, alignment > SCRATCH_ALIGNMENT ? alignment : SCRATCH_ALIGNMENT);
  return plan->geometry.pre.resample_count ? *resized + plan->geometry.pre.resampled_bytes : 0;
}

/* ---- Queries ------------------------------------------------------------------------------------------------- */

VkDeviceSize s2_plan_alignment(const s2vk_plan *plan) {
  const struct s2_target *target = &plan->context->target;
  const struct s2_pass *passes = plan->form.schedule.passes;
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
  /* Usages depend on the device alone: an application can keep buffers from one plan to the next. */
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
      .output_block = {g->places.block_height, g->places.block_width},
      .output_prefix = s2_output_prefix(g),
      .input_bytes = g->input_bytes,
      .tiles_bytes = g->tiles_bytes,
      .features_bytes = g->features_bytes,
      .output_bytes = g->output_bytes,
      .accumulator_bytes = plan->form.schedule.accumulator_bytes,
      .table_bytes = s2_form_table_bytes(&plan->form),
      .scratch_bytes = s2_plan_scratch(plan, &resized),
      .offset_alignment = s2_plan_alignment(plan),
      .source_usage = storage | texels | from,
      .target_usage = storage | to,
      .output_strides = s2_strides_in_bytes(&g->output_strides, g->output_type, g->layout == S2VK_OUTPUT_BNC),
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
      .tile_strides = s2_strides_in_bytes(&g->scales[c->scale].tile_strides, g->tile_type, false),
      .feature_strides = s2_strides_in_bytes(&g->scales[c->scale].feature_strides, g->feature_type, features.rank == 3),
  };
  return S2VK_SUCCESS;
}

s2vk_result s2vk_plan_describe(const s2vk_plan *plan, void (*line)(void *user, const char *text), void *user) {
  if (!plan)
    return S2VK_ERROR_NULL;
  const struct s2_env *env = &plan->context->env;
  if (!line)
    return s2_fail(env, S2VK_ERROR_NULL, "line is NULL");
  return s2_describe(env, &plan->geometry, &plan->form.schedule, line, user);
}
