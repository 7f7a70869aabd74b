/* A form of a plan: its schedule, tables and pipelines for buffers of certain usages. CPU drivers read faster through
 * texel buffers, and copy faster by vkCmdCopyBuffer than by shaders. Buffers must be created with the usages for that.
 * A plan's first form assumes all usages. A binding with a buffer that lacks one makes the plan build another form. All
 * forms compute the same. */
#ifndef S2VK_FORM_H
#define S2VK_FORM_H

#include "schedule/schedule.h"
#include "vulkan/context.h"

struct s2_form {
  uint32_t no_texels, no_copies; /* passes whose buffers lack the usages, as in struct s2_target */
  struct s2_schedule schedule;
  struct s2_buffer tables;
  VkBufferView table_texels;                     /* NULL: the shaders read the buffer */
  struct s2_pipeline **pipelines[S2_PASS_COUNT]; /* acquired; one for each key of the pass */
  struct s2_form *next;
};

/* The forms of a plan besides the first. The plan keeps them until it is destroyed. */
struct s2_forms {
  struct s2_lock lock;
  struct s2_form *first;
};

/* Makes the schedule of a form, whose no_texels and no_copies are set; env has the budget. Destroy the form also after
 * a failure. */
s2vk_result s2_form_schedule(
    const struct s2_env *env, const s2vk_context *context, const struct s2_geometry *geometry, struct s2_form *form);

/* Makes the pipelines and tables of a form, on a device. Frees what only this takes. Destroy the form also after a
 * failure. */
s2vk_result s2_form_finish(s2vk_context *context, struct s2_form *form);

void s2_form_destroy(s2vk_context *context, struct s2_form *form);

uint64_t s2_form_table_bytes(const struct s2_form *form);

#endif
