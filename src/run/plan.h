/* One geometry with all that running it takes but buffers; immutable once made. */
#ifndef S2VK_PLAN_H
#define S2VK_PLAN_H

#include "run/form.h"

struct s2vk_plan {
  s2vk_context *context;
  struct s2_geometry geometry;
  struct s2_form form; /* of buffers of all usages */
  struct s2_forms *forms;
};

/* The form of the plan for buffers without the usages of some passes, as in struct s2_target; found or made. */
s2vk_result s2_plan_form(const s2vk_plan *plan, uint32_t no_texels, uint32_t no_copies, const struct s2_form **form);

/* The offset alignment that the plan asks of a caller's buffers. */
VkDeviceSize s2_plan_alignment(const s2vk_plan *plan);

/* Bytes of the scratch buffer; *resized is where the images that splits start from are in it. */
uint64_t s2_plan_scratch(const s2vk_plan *plan, uint64_t *resized);

/* Checks a call index of the plan. */
s2vk_result s2_plan_check_call(const s2vk_plan *plan, uint32_t call);

#endif
