/* A plan: one geometry with its schedule, tables and pipelines. It is immutable, except that it may get more forms. */
#ifndef S2VK_PLAN_H
#define S2VK_PLAN_H

#include "run/form.h"

struct s2vk_plan {
  s2vk_context *context;
  struct s2_geometry geometry;
  struct s2_form form;    /* for buffers of all usages */
  struct s2_forms *forms; /* for other buffers */
};

/* Finds or makes the form for buffers that lack the usages in some passes, as in struct s2_target. */
s2vk_result s2_plan_form(const s2vk_plan *plan, uint32_t no_texels, uint32_t no_copies, const struct s2_form **form);

/* The alignment that the offsets of a caller's buffers must have. */
VkDeviceSize s2_plan_alignment(const s2vk_plan *plan);

/* Bytes of the scratch buffer. *resized is the offset in it of the images that splits read. */
uint64_t s2_plan_scratch(const s2vk_plan *plan, uint64_t *resized);

/* Checks a call index of the plan. */
s2vk_result s2_plan_check_call(const s2vk_plan *plan, uint32_t call);

#endif
