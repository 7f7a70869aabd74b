/* A model with known answers: it keeps the tiles that it was given and returns features made beforehand. It runs on the
 * host, or records copies into a command buffer. Tiles and features of all calls lie one after the other, in the order
 * of calls, each call's rounded up to 4 bytes. */
#ifndef TESTS_REPLAY_H
#define TESTS_REPLAY_H

#include "gpu.h"

struct replay {
  uint32_t call_count;
  uint32_t next_call;             /* the call that the model expects */
  size_t *tiles_at, *features_at; /* bytes; call_count + 1 entries */
  struct gpu_buffer tiles, features;
  s2vk_result answer; /* what the model returns at call ... */
  uint32_t answer_at; /* ... this one; UINT32_MAX: never */
  bool out_of_order;  /* calls came in another order, or a tensor was not that of the plan */
};

void replay_create(struct replay *replay, struct gpu *gpu, const s2vk_plan *plan);
void replay_destroy(struct replay *replay, struct gpu *gpu);

s2vk_model replay_on_host(struct replay *replay);
s2vk_model replay_on_device(struct replay *replay);

#endif
