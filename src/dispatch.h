/* What is dispatched for each model call: the work of a pass, cut until every piece keeps within the device's limits.
 *
 * Pure arithmetic. A piece sees its tensors through windows, at most target.range bytes each; where a whole tensor is no
 * larger, its window is all of it, so that usually all calls share one set of windows and a pass is one dispatch for each
 * shape that its scales have. */
#ifndef S2VK_DISPATCH_H
#define S2VK_DISPATCH_H

#include "copy.h"
#include "pipeline.h"
#include "tables.h"

/* What a device is; without one, a GPU without limits. */
struct s2_target s2_target_of(const struct s2_context *vk);

struct s2_range {
  uint64_t offset, bytes; /* relative to the tensor */
};

/* What a descriptor set shows of the tables, of source, target and, for merge, the sums. */
struct s2_window {
  struct s2_range tables, source, target, sums;
};

#define S2_NO_KEY UINT32_MAX

struct s2_dispatch {
  uint32_t groups[3];
  uint32_t window;
  uint32_t key; /* of the pipeline; S2_NO_KEY: this is no dispatch, but a copy */
  union {
    struct s2_split_push split;
    struct s2_merge_push merge;
    struct s2_copy copy;
  } push;
};

/* The dispatches of call k are dispatches[first[k]] up to dispatches[first[k + 1]], to be run in this order. */
struct s2_pass {
  uint32_t *first; /* calls + 1 entries */
  struct s2_dispatch *dispatches;
  uint32_t dispatch_count, dispatch_room;
  struct s2_window *windows;
  uint32_t window_count, window_room;
  struct s2_pipeline_key *keys;
  uint32_t key_count, key_room;
  bool texels; /* the source is read as texels, too */
};

struct s2_schedule {
  struct s2_pass split, merge;
  enum s2_sums sums;
  uint64_t sums_bytes; /* of the accumulator */
  bool texels;         /* the tables are read as texels */
};

/* Errors: LIMIT, for what cannot be cut; OVERFLOW; OUT_OF_HOST_MEMORY. */
s2vk_result s2_schedule_create(const struct s2_host *host, const struct s2_target *target,
    const struct s2_geometry *geometry, const struct s2_tables *tables, struct s2_schedule *schedule);
void s2_schedule_destroy(const struct s2_host *host, struct s2_schedule *schedule);

/* The two halves of s2_schedule_create(): dispatch_split.c and dispatch_merge.c. Each adds the dispatches of one call. */
struct s2_builder {
  const struct s2_host *host;
  const struct s2_target *target;
  const struct s2_geometry *geometry;
  const struct s2_tables *tables;
  const struct s2_call *call;
  struct s2_pass *pass;
  enum s2_sums sums;
  uint64_t sums_bytes;
};

s2vk_result s2_schedule_split(struct s2_builder *builder);
s2vk_result s2_schedule_merge(struct s2_builder *builder);

/* Where merge keeps sums that outlive a dispatch, given how many tiles' features one dispatch can see. */
enum s2_sums s2_schedule_sums(const struct s2_builder *builder);

/* The build of the shaders that suits a plan's tables. */
enum s2_build s2_schedule_build(const struct s2_builder *builder);

/* That of a straight shape, given its factor: see shape.h. */
enum s2_build s2_schedule_straight_build(const struct s2_builder *builder, uint32_t factor);

/* The tables that a pass of a scale sees. */
struct s2_range s2_window_tables(const struct s2_builder *builder, uint32_t scale, enum s2_pass_index pass);

/* Bytes that a window of elements [begin, end) takes, and whether that is within the limit. A tensor within the limit is
 * seen whole. */
struct s2_range s2_window_range(
    const struct s2_target *target, uint64_t tensor_bytes, s2vk_type type, uint64_t begin, uint64_t end);

/* A window of bytes [begin, end), likewise. */
struct s2_range s2_window_bytes(const struct s2_target *target, uint64_t tensor_bytes, uint64_t begin, uint64_t end);

s2vk_result s2_pass_add(const struct s2_host *host, struct s2_pass *pass, const struct s2_pipeline_key *key,
    const struct s2_window *window, const struct s2_dispatch *dispatch);
s2vk_result s2_pass_add_copy(const struct s2_host *host, struct s2_pass *pass, const struct s2_copy *copy);

#endif
