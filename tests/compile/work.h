/* What the dispatches of a plan do: how many invocations, how often each goes through its loop, how many bytes are
 * moved. */
#ifndef TESTS_WORK_H
#define TESTS_WORK_H

#include "run/plan.h"

/* Of all dispatches of a pipeline in one pass. */
struct work {
  const struct s2_pipeline_key *key;
  double groups, invocations;
  double passes;      /* of the code of an invocation; below 0: that is not known of this kernel with this shape */
  double lines, rows; /* of split_polyphase: input rows that an invocation filters, and rows that it makes */
  double moves; /* of split_polyphase: values that are moved when a filtered row is added to those that are kept */
  double bytes; /* read and written: the source once for each scale */
};

/* Of key `index` of a pass. */
struct work work_of(const s2vk_plan *plan, int pass, uint32_t index);

/* Bytes that copies of a pass read and write. */
double work_copied(const s2vk_plan *plan, int pass);

/* Bytes of a pass, each once: the input or the features, and the tiles or the output. */
double work_least_bytes(const s2vk_plan *plan, int pass);

#endif
