/* A plan with its buffers: descriptor sets for all ranges of its dispatches, and what s2vk_forward() keeps. */
#ifndef S2VK_BINDING_H
#define S2VK_BINDING_H

#include "run/plan.h"
#include "run/staging.h"

enum s2_slot { S2_SLOT_INPUT, S2_SLOT_TILES, S2_SLOT_FEATURES, S2_SLOT_OUTPUT, S2_SLOT_ACCUMULATOR, S2_SLOT_COUNT };

/* What a pass reads and writes. */
extern const enum s2_slot s2_pass_source[S2_PASS_COUNT], s2_pass_target[S2_PASS_COUNT];

struct s2vk_binding {
  const s2vk_plan *plan;
  const struct s2_form *form;            /* of the plan, for its buffers */
  s2vk_buffer buffers[S2_SLOT_COUNT];    /* in use */
  struct s2_buffer owned[S2_SLOT_COUNT]; /* those that the library made */
  VkDescriptorImageInfo image;           /* the input, of a plan that reads one */
  VkDescriptorPool pool;
  VkDescriptorSet *sets[S2_PASS_COUNT]; /* one for each of the pass's ranges */
  VkBufferView *views[S2_PASS_COUNT];   /* likewise; NULL: the pass reads no texels */
  struct s2_staging staging;            /* made by the first s2vk_forward() */
};

/* The tensors of a model call. */
s2vk_model_call s2_binding_call(const s2vk_binding *binding, uint32_t call);

#endif
