/* A schedule while it is made: split.c and merge.c, which cut the work of their pass, add to it. */
#ifndef S2VK_BUILDER_H
#define S2VK_BUILDER_H

#include "schedule/dispatch.h"

/* Finds equal ranges and keys of a pass that has many. */
struct s2_lookup {
  uint32_t *slots; /* 1 + index; 0: free */
  uint32_t slot_count;
};

struct s2_builder {
  const struct s2_env *env;
  const struct s2_target *target;
  const struct s2_geometry *geometry;
  struct s2_schedule *schedule;
  bool sectioned; /* a scale sees its section of the tables alone, since all of them are over the limit */
  /* Of the pass at hand. */
  enum s2_pass_index pass_index;
  struct s2_pass *pass;
  const struct s2_call *call;
  struct s2_lookup lookup;
};

/* The job of a pass of a scale. */
struct s2_job s2_builder_job(const struct s2_builder *b, uint32_t scale, enum s2_pass_index pass);

/* The range of bytes [begin, end) of a tensor, widened to what devices and shaders ask for. A tensor within the limit is seen
 * whole. */
struct s2_range s2_range_of_bytes(const struct s2_target *target, uint64_t tensor_bytes, uint64_t begin, uint64_t end);
struct s2_range s2_range_of_elements(
    const struct s2_target *target, uint64_t tensor_bytes, s2vk_type type, uint64_t begin, uint64_t end);

/* The tables that a pass of a scale sees, and where its section begins in them. */
struct s2_range s2_range_of_tables(const struct s2_builder *b, uint32_t scale, uint32_t *section);

/* Adds to the pass at hand. The key is finished here: with its permutation. */
s2vk_result s2_add_dispatch(struct s2_builder *b, const struct s2_pipeline_key *key, const struct s2_ranges *ranges,
    const struct s2_dispatch *dispatch);
s2vk_result s2_add_copy(struct s2_builder *b, uint32_t scale, const struct s2_copy *copy);

/* Halfway from begin to end, a multiple of step after begin; of work that is cut in two. */
static inline uint32_t s2_middle(uint32_t begin, uint32_t end, uint32_t step) {
  return begin + (uint32_t)(((uint64_t)end - begin + step - 1) / step / 2) * step;
}

#endif
