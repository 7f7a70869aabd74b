/* A plan with its buffers: descriptor sets for all ranges of its dispatches, and what s2vk_forward() keeps. */
#ifndef S2VK_BINDING_H
#define S2VK_BINDING_H

#include "run/plan.h"
#include "run/staging.h"

enum s2_slot {
  S2_SLOT_INPUT,
  S2_SLOT_TILES,
  S2_SLOT_FEATURES,
  S2_SLOT_OUTPUT,
  S2_SLOT_ACCUMULATOR,
  S2_SLOT_MIDDLE,  /* images in between, of S2_PASS_FIRST */
  S2_SLOT_RESIZED, /* images that splits start from */
  S2_SLOT_COUNT
};

/* What a pass reads and writes. */
enum s2_slot s2_pass_source(const struct s2vk_plan *plan, enum s2_pass_index pass);
extern const enum s2_slot s2_pass_target[S2_PASS_COUNT];

/* The pass that reads the input. */
enum s2_pass_index s2_input_pass(const struct s2vk_plan *plan);

/* Descriptor sets for what is known when it is recorded: a ring of `count`, each of as many as the pass has ranges. */
struct s2_late {
  uint32_t count;
  atomic_uint next;
  VkDescriptorSet *sets;
};

struct s2vk_binding {
  const s2vk_plan *plan;
  const struct s2_form *form;            /* of the plan, for its buffers */
  s2vk_buffer buffers[S2_SLOT_COUNT];    /* in use */
  struct s2_buffer owned[S2_SLOT_COUNT]; /* those that the library made */
  VkDescriptorImageInfo image;           /* the input, of a plan that reads one */
  VkDescriptorPool pool;
  VkDescriptorSet *sets[S2_PASS_COUNT]; /* one for each of the pass's ranges */
  VkBufferView *views[S2_PASS_COUNT];   /* likewise; NULL: the pass reads no texels */
  struct s2_late *late[S2_PASS_COUNT];  /* NULL: none */
  struct s2_staging staging;            /* made by the first s2vk_forward() */
};

/* The sets of a pass for a source that is known now: those that are the next of the ring, written. */
const VkDescriptorSet *s2_binding_late_sets(
    const s2vk_binding *binding, enum s2_pass_index index, const s2vk_source *source);

/* Checks a buffer for a slot, of which so many bytes are needed. */
s2vk_result s2_binding_check_buffer(
    const s2vk_plan *plan, enum s2_slot slot, const s2vk_buffer *buffer, VkDeviceSize needed);

/* Whether the binding has an input, or features, of its own. */
s2vk_result s2_binding_check_source(const s2vk_binding *binding, enum s2_pass_index index);
s2vk_result s2_binding_check_sources(const s2vk_binding *binding); /* both */

/* The tensors of a model call. */
s2vk_model_call s2_binding_call(const s2vk_binding *binding, uint32_t call);

#endif
