#include "replay.h"

#include <stdlib.h>
#include <string.h>

void replay_create(struct replay *replay, struct gpu *gpu, const s2vk_plan *plan) {
  *replay = (struct replay){.answer_at = UINT32_MAX};
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  if (s2vk_plan_get_layout(plan, &layout))
    abort();
  replay->call_count = layout.call_count;
  replay->tiles_at = calloc(layout.call_count + 1, sizeof(size_t));
  replay->features_at = calloc(layout.call_count + 1, sizeof(size_t));
  for (uint32_t k = 0; k < layout.call_count; k++) {
    s2vk_call_layout call = {.struct_size = sizeof call};
    if (s2vk_plan_get_call(plan, k, &call))
      abort();
    replay->tiles_at[k + 1] = replay->tiles_at[k] + call.tiles_bytes;
    replay->features_at[k + 1] = replay->features_at[k] + call.features_bytes;
  }
  replay->tiles = gpu_buffer_create(gpu, replay->tiles_at[layout.call_count]);
  replay->features = gpu_buffer_create(gpu, replay->features_at[layout.call_count]);
}

void replay_destroy(struct replay *replay, struct gpu *gpu) {
  gpu_buffer_destroy(gpu, &replay->tiles);
  gpu_buffer_destroy(gpu, &replay->features);
  free(replay->tiles_at);
  free(replay->features_at);
}

static s2vk_result answer(struct replay *replay, const s2vk_model_call *call) {
  const uint32_t k = call->index;
  if (k != replay->next_call || k >= replay->call_count ||
      call->tiles.bytes != replay->tiles_at[k + 1] - replay->tiles_at[k] ||
      call->features.bytes != replay->features_at[k + 1] - replay->features_at[k])
    replay->out_of_order = true;
  replay->next_call++;
  return replay->out_of_order ? (s2vk_result)1000 : k == replay->answer_at ? replay->answer : S2VK_SUCCESS;
}

static s2vk_result run(void *user, const void *tiles, void *features, const s2vk_model_call *call) {
  struct replay *replay = user;
  s2vk_result result = answer(replay, call);
  if (result)
    return result;
  memcpy((char *)replay->tiles.host + replay->tiles_at[call->index], tiles, call->tiles.bytes);
  memcpy(features, (char *)replay->features.host + replay->features_at[call->index], call->features.bytes);
  return S2VK_SUCCESS;
}

static s2vk_result record(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  struct replay *replay = user;
  s2vk_result result = answer(replay, call);
  if (result)
    return result;
  const VkBufferCopy out = {call->tiles.offset, replay->tiles_at[call->index], call->tiles.bytes};
  const VkBufferCopy in = {replay->features_at[call->index], call->features.offset, call->features.bytes};
  vkCmdCopyBuffer(commands, call->tiles.buffer, replay->tiles.buffer, 1, &out);
  vkCmdCopyBuffer(commands, replay->features.buffer, call->features.buffer, 1, &in);
  return S2VK_SUCCESS;
}

s2vk_model replay_on_host(struct replay *replay) {
  replay->next_call = 0;
  return (s2vk_model){.struct_size = sizeof(s2vk_model), .user = replay, .run = run};
}

s2vk_model replay_on_device(struct replay *replay) {
  replay->next_call = 0;
  return (s2vk_model){.struct_size = sizeof(s2vk_model), .user = replay, .record = record};
}
