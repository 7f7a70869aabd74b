/* A run with known answers: a plan and a binding with random input, a model with random features, and the comparison of
 * tiles and output with the reference. */
#ifndef TESTS_RUN_H
#define TESTS_RUN_H

#include "compare.h"

struct run {
  s2vk_plan *plan;
  s2vk_binding *binding;
  struct compare compare;
  struct replay replay;
  s2vk_tensor input, output;
  struct gpu_buffer upload, download; /* as large as input and output; upload holds the input */
};

/* With the suite's device. binding may be NULL, as for s2vk_binding_create(). info and what it points to must outlive
 * the run. */
void run_open(struct run *run, const s2vk_plan_info *info, const s2vk_binding_info *binding, uint64_t seed);
void run_close(struct run *run);

/* Copies by transfer. The one out has a barrier ahead. */
void run_copy_in(struct run *run, VkCommandBuffer commands);
void run_copy_out(struct run *run, VkCommandBuffer commands);

/* Compares the tiles that the model kept, and the output in `download`, with the reference. */
void run_check(struct run *run);

#endif
