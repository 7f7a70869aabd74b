/* A schedule while it is made. split.c, resample.c and merge.c divide the work of their passes and add it here. */
#ifndef S2VK_BUILDER_H
#define S2VK_BUILDER_H

#include "schedule/dispatch.h"

/* A hash table that finds equal ranges of a pass. */
struct s2_lookup {
  uint32_t *slots; /* 1 + index; 0: free */
  uint32_t slot_count;
};

struct s2_builder {
  const struct s2_env *env;
  const struct s2_target *target;
  const struct s2_geometry *geometry;
  struct s2_schedule *schedule;
  bool sectioned; /* a dispatch sees one section of the tables, because all of them are over the limit */
  /* The pass and the call that are being made. */
  enum s2_pass_index pass_index;
  struct s2_pass *pass;
  const struct s2_call *call;
  struct s2_lookup lookup;
};

/* The job of one pass of one scale. */
struct s2_job s2_builder_job(const struct s2_builder *b, uint32_t scale, enum s2_pass_index pass);

/* The range of bytes, or elements, [begin, end) of a tensor. It is widened to the alignments of device and shaders. A
 * tensor within the limit is one range. */
struct s2_range s2_range_of_bytes(const struct s2_target *target, uint64_t tensor_bytes, uint64_t begin, uint64_t end);
struct s2_range s2_range_of_elements(
    const struct s2_target *target, uint64_t tensor_bytes, s2vk_type type, uint64_t begin, uint64_t end);

/* The range of the tables that a scale sees in the current pass. *section is the entry in it where the scale's section
 * begins. */
struct s2_range s2_range_of_tables(const struct s2_builder *b, uint32_t scale, uint32_t *section);

/* Add a dispatch, or a copy, to the current pass. The key gets its permutation here. */
s2vk_result s2_add_dispatch(struct s2_builder *b, const struct s2_pipeline_key *key, const struct s2_ranges *ranges,
    const struct s2_dispatch *dispatch);
s2vk_result s2_add_copy(struct s2_builder *b, uint32_t scale, const struct s2_copy *copy);

/* The point where work [begin, end) is cut in two: about halfway, and a multiple of step after begin. */
static inline uint32_t s2_middle(uint32_t begin, uint32_t end, uint32_t step) {
  return begin + (uint32_t)(((uint64_t)end - begin + step - 1) / step / 2) * step;
}

#endif
