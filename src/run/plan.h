/* One geometry with all that running it takes but buffers; immutable once made. */
#ifndef S2VK_PLAN_H
#define S2VK_PLAN_H

#include "schedule/schedule.h"
#include "vulkan/context.h"

struct s2vk_plan {
  s2vk_context *context;
  struct s2_geometry geometry;
  struct s2_schedule schedule;
  struct s2_buffer tables;
  VkBufferView table_texels;                     /* NULL: the shaders read the buffer */
  struct s2_pipeline **pipelines[S2_PASS_COUNT]; /* held; one for each key of the pass */
};

/* The offset alignment that the plan asks of a caller's buffers. */
VkDeviceSize s2_plan_alignment(const s2vk_plan *plan);

/* Bytes of the scratch buffer; *resized is where the images that splits start from are in it. */
uint64_t s2_plan_scratch(const s2vk_plan *plan, uint64_t *resized);

/* Checks a call index of the plan. */
s2vk_result s2_plan_check_call(const s2vk_plan *plan, uint32_t call);

#endif
