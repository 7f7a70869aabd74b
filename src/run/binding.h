/* A plan with its buffers. It owns the descriptor sets for all ranges of the plan's dispatches, and what s2vk_forward()
 * keeps. */
#ifndef S2VK_BINDING_H
#define S2VK_BINDING_H

#include "run/staging.h"
#include "run/workspace.h"

/* The buffer that a pass reads, and the buffer that it writes. */
enum s2_slot s2_pass_source(const struct s2vk_plan *plan, enum s2_pass_index pass);
extern const enum s2_slot s2_pass_target[S2_PASS_COUNT];

/* The pass that reads the input. */
enum s2_pass_index s2_input_pass(const struct s2vk_plan *plan);

/* Descriptor sets for inputs or features that are given when they are recorded. They are a ring of `count` groups; a
 * group has one set for each range of the pass. */
struct s2_late {
  uint32_t count;
  atomic_uint next;
  VkDescriptorSet *sets;
};

struct s2vk_binding {
  const s2vk_plan *plan;
  const struct s2_form *form;            /* the plan's, for the usages of these buffers */
  s2vk_buffer buffers[S2_SLOT_COUNT];    /* in use */
  struct s2_buffer owned[S2_SLOT_COUNT]; /* those that the library made */
  VkDescriptorImageInfo image;           /* the input, of a plan that reads one */
  VkDescriptorPool pool;
  VkDescriptorSet *sets[S2_PASS_COUNT]; /* one for each of the pass's ranges */
  VkBufferView *views[S2_PASS_COUNT];   /* one for each range; NULL: the pass reads no texels */
  struct s2_late *late[S2_PASS_COUNT];  /* NULL: the pass reads the binding's own buffer only */
  struct s2_staging staging;            /* made by the first s2vk_forward() */
};

/* Writes the next group of the pass's ring for a source, and returns it. */
const VkDescriptorSet *s2_binding_late_sets(
    const s2vk_binding *binding, enum s2_pass_index index, const s2vk_source *source);

/* Checks the offset of a buffer for a slot, and that it has at least `needed` bytes. */
s2vk_result s2_binding_check_buffer(
    const s2vk_plan *plan, enum s2_slot slot, const s2vk_buffer *buffer, VkDeviceSize needed);

/* Fails if the binding has no buffer or view of its own for the pass to read. */
s2vk_result s2_binding_check_source(const s2vk_binding *binding, enum s2_pass_index index);
s2vk_result s2_binding_check_sources(const s2vk_binding *binding); /* of input and features */

/* The tensors of a model call. */
s2vk_model_call s2_binding_call(const s2vk_binding *binding, uint32_t call);

#endif
