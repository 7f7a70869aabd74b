/* A plan with its buffers: descriptor sets for every window of its dispatches, and what s2vk_forward() keeps. */
#ifndef S2VK_BINDING_H
#define S2VK_BINDING_H

#include "run/plan.h"

enum s2_slot { S2_SLOT_INPUT, S2_SLOT_TILES, S2_SLOT_FEATURES, S2_SLOT_OUTPUT, S2_SLOT_SUMS, S2_SLOT_COUNT };

/* Made by the first s2vk_forward(). */
struct s2_forward {
  VkCommandPool pool;
  VkCommandBuffer commands;
  VkFence fence;
  bool pending;              /* submitted, and not known to be done: a wait failed */
  struct s2_buffer upload;   /* input, and features of a host model */
  struct s2_buffer download; /* output, and tiles for a host model */
};

struct s2vk_binding {
  const s2vk_plan *plan;
  s2vk_buffer buffers[S2_SLOT_COUNT];    /* in use */
  struct s2_buffer owned[S2_SLOT_COUNT]; /* those that the library made */
  VkDescriptorImageInfo image;           /* the input, of a plan that reads one */
  VkDescriptorPool pool;
  VkDescriptorSet *split_sets, *merge_sets; /* one for each window of the pass */
  VkBufferView *split_views, *merge_views;  /* likewise; NULL: the pass reads no texels */
  struct s2_forward forward;
};

/* The tensors of a model call. */
s2vk_model_call s2_binding_call(const s2vk_binding *binding, uint32_t call);

/* Destroys what s2vk_forward() made; see forward.c. */
void s2_forward_destroy(const s2vk_context *context, struct s2_forward *forward);

#endif
