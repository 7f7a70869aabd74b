/* A plan as it runs on buffers of some usages. Drivers on the CPU read faster through texel buffers, and copy faster than shaders do; a
 * buffer must have been created for that. What a plan makes first takes all buffers to be; a binding with one that is not has
 * another form of it made, of which the schedule, the tables and the pipelines may be others. What is computed is the same. */
#ifndef S2VK_FORM_H
#define S2VK_FORM_H

#include "schedule/schedule.h"
#include "vulkan/context.h"

struct s2_form {
  uint32_t no_texels, no_copies; /* as in struct s2_target */
  struct s2_schedule schedule;
  struct s2_buffer tables;
  VkBufferView table_texels;                     /* NULL: the shaders read the buffer */
  struct s2_pipeline **pipelines[S2_PASS_COUNT]; /* held; one for each key of the pass */
  struct s2_form *next;
};

/* Those that bindings have had made, which a plan keeps. */
struct s2_forms {
  struct s2_lock lock;
  struct s2_form *first;
};

/* Makes the schedule of *form, of which no_texels and no_copies are given; env has the budget. Then pipelines and tables, which take a
 * device, and frees what only making them took. If one fails, the form is to be destroyed all the same. */
s2vk_result s2_form_schedule(
    const struct s2_env *env, const s2vk_context *context, const struct s2_geometry *geometry, struct s2_form *form);
s2vk_result s2_form_finish(s2vk_context *context, struct s2_form *form);

void s2_form_destroy(s2vk_context *context, struct s2_form *form);

uint64_t s2_form_table_bytes(const struct s2_form *form);

#endif
