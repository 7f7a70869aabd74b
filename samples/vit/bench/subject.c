#include "subject.h"

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>

static uint32_t tiles_of(const struct vit_folder *folder, const struct scales *scales) {
  uint32_t side = vit_folder_config(folder)->image_size, tiles = 0;
  for (uint32_t i = 0; i < scales->count; i++) {
    uint32_t across = ((uint32_t)(side * scales->values[i]) + side - 1) / side;
    tiles += across * across;
  }
  return tiles;
}

/* ---- Making it --------------------------------------------------------------------------------------------------- */

static bool make_model(
    struct subject *s, const struct vit_folder *folder, uint32_t tiles, enum vit_precision precision) {
  struct vit_error error;
  const struct vit_options options = {.tiles_per_chunk = tiles, .precision = precision};
  if (vit_create(folder, &s->device->info, &options, &s->vit, &error))
    return true;
  fprintf(stderr, "vit-bench: %s\n", error.text);
  return false;
}

static bool make_plan(struct subject *s, const struct scales *scales, uint32_t tiles_per_call) {
  uint32_t side = vit_side(s->vit);
  const s2vk_plan_info info = {.struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = side,
      .width = side,
      .scales = scales->values,
      .scale_count = scales->count,
      .max_split_size = side,
      .num_prefix_token = vit_prefix(s->vit),
      .tiles_per_call = tiles_per_call,
      .calls_cross_scales = true,
      .model = vit_shape(s->vit)};
  s->layout = (s2vk_plan_layout){.struct_size = sizeof s->layout};
  return device_context(&s->device->info, VK_NULL_HANDLE, &s->context) &&
         s2vk_succeeded(s2vk_plan_create(s->context, &info, &s->plan), "s2vk_plan_create") &&
         s2vk_succeeded(s2vk_plan_get_layout(s->plan, &s->layout), "s2vk_plan_get_layout");
}

static bool bind(struct subject *s) {
  struct vit_error error;
  if (!buffer_create(s->device, s->layout.input_bytes, false, &s->input) ||
      !buffer_create(s->device, s->layout.output_bytes, false, &s->output))
    return false;
  const s2vk_binding_info info = {.struct_size = sizeof info,
      .input = {s->input.buffer, 0, s->input.bytes, s->input.usage},
      .output = {s->output.buffer, 0, s->output.bytes, s->output.usage}};
  if (!s2vk_succeeded(s2vk_binding_create(s->plan, &info, &s->binding), "s2vk_binding_create"))
    return false;
  if (vit_bind(s->vit, s->plan, s->binding, &error))
    return true;
  fprintf(stderr, "vit-bench: %s\n", error.text);
  return false;
}

static void add_up(struct subject *s) {
  const s2vk_plan_layout *layout = &s->layout;
  s->flops = (double)layout->tile_count * vit_flops(s->vit);
  s->memory = (struct memory){
      .weights = vit_weight_bytes(s->vit),
      .workspace = vit_workspace_bytes(s->vit),
      .calls = layout->tiles_bytes + layout->features_bytes + layout->accumulator_bytes,
      .ends = layout->input_bytes + layout->output_bytes + layout->table_bytes,
      .allocated = memory_now(),
  };
}

/* ---- Commands ---------------------------------------------------------------------------------------------------- */

/* The stages of a call in their order, and a timestamp after each, when all before it is done. */
static bool record_call(struct subject *s, uint32_t index) {
  const s2vk_model model = vit_model(s->vit);
  s2vk_model_call call;
  s2vk_result result = s2vk_binding_get_call(s->binding, index, &call);
  for (enum stage stage = STAGE_SPLIT; !result && stage < STAGE_COUNT; stage++) {
    result = stage == STAGE_SPLIT   ? s2vk_record_split(s->binding, index, s->commands)
             : stage == STAGE_MODEL ? model.record(model.user, s->commands, &call)
                                    : s2vk_record_merge(s->binding, index, s->commands);
    if (s->queries)
      vkCmdWriteTimestamp(
          s->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, s->queries, 1 + index * STAGE_COUNT + (uint32_t)stage);
  }
  return s2vk_succeeded(result, "recording a call");
}

static bool record(struct subject *s) {
  VkDevice vk = s->device->info.device;
  const uint32_t count = 1 + s->layout.call_count * STAGE_COUNT;
  const VkQueryPoolCreateInfo queries = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO, .queryType = VK_QUERY_TYPE_TIMESTAMP, .queryCount = count};
  if (s->device->timestamp_bits && !succeeded(vkCreateQueryPool(vk, &queries, NULL, &s->queries), "vkCreateQueryPool"))
    return false;
  if (!device_begin(s->device, &s->commands))
    return false;
  if (s->queries) {
    vkCmdResetQueryPool(s->commands, s->queries, 0, count);
    vkCmdWriteTimestamp(s->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, s->queries, 0);
  }
  for (uint32_t i = 0; i < s->layout.call_count; i++)
    if (!record_call(s, i))
      return false;
  return device_end(s->device, s->commands);
}

bool subject_create(struct device *device, const struct vit_folder *folder, const struct scales *scales,
    uint32_t tiles_per_call, enum vit_precision precision, struct subject *subject) {
  *subject = (struct subject){.device = device};
  uint32_t tiles = tiles_of(folder, scales);
  if (!make_model(subject, folder, tiles_per_call && tiles_per_call < tiles ? tiles_per_call : tiles, precision) ||
      !make_plan(subject, scales, tiles_per_call) || !bind(subject))
    return false;
  add_up(subject);
  return record(subject);
}

void subject_destroy(struct subject *s) {
  VkDevice vk = s->device->info.device;
  if (s->commands)
    vkFreeCommandBuffers(vk, s->device->pool, 1, &s->commands);
  vkDestroyQueryPool(vk, s->queries, NULL);
  vit_destroy(&s->vit);
  s2vk_binding_destroy(&s->binding);
  s2vk_plan_destroy(&s->plan);
  s2vk_context_destroy(&s->context);
  buffer_destroy(s->device, &s->input);
  buffer_destroy(s->device, &s->output);
  free(s->host.ms);
  for (int i = 0; i < STAGE_COUNT; i++)
    free(s->stages[i].ms);
  *s = (struct subject){0};
}

/* ---- Runs -------------------------------------------------------------------------------------------------------- */

static bool read_stages(struct subject *s) {
  const struct device *device = s->device;
  const uint32_t count = 1 + s->layout.call_count * STAGE_COUNT;
  const uint64_t mask = device->timestamp_bits < 64 ? ((uint64_t)1 << device->timestamp_bits) - 1 : UINT64_MAX;
  double ms[STAGE_COUNT] = {0};
  uint64_t *ticks = malloc(count * sizeof *ticks);
  bool done = ticks && succeeded(vkGetQueryPoolResults(device->info.device, s->queries, 0, count, count * sizeof *ticks,
                                     ticks, sizeof *ticks, VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
                           "vkGetQueryPoolResults");
  for (uint32_t i = 0; done && i + 1 < count; i++)
    ms[i % STAGE_COUNT] +=
        (double)((ticks[i + 1] - ticks[i]) & mask) * (double)device->properties.limits.timestampPeriod * 1e-6;
  for (int i = 0; done && i < STAGE_COUNT; i++)
    done = samples_add(&s->stages[i], ms[i]);
  free(ticks);
  return done;
}

bool subject_time(struct subject *s, double seconds, uint32_t runs) {
  if (!device_submit(s->device, s->commands))
    return false;
  const double first = now_ms(), cpu = process_cpu_ms();
  for (uint32_t i = 0; i < runs || now_ms() - first < seconds * 1e3; i++) {
    double start = now_ms();
    if (!device_submit(s->device, s->commands) || !samples_add(&s->host, now_ms() - start) ||
        (s->queries && !read_stages(s)))
      return false;
  }
  s->cores = (process_cpu_ms() - cpu) / (now_ms() - first);
  return true;
}

bool subject_write_input(struct subject *s, const float *input) {
  return buffer_write(s->device, &s->input, input, s->layout.input_bytes);
}

bool subject_read_output(struct subject *s, float *output) {
  return buffer_read(s->device, &s->output, output, s->layout.output_bytes);
}
