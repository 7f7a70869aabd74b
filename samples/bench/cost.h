/* The CPU time of making a plan and of recording it. */
#ifndef BENCH_COST_H
#define BENCH_COST_H

#include "subject.h"

struct cost {
  struct samples plan_cold;     /* s2vk_plan_create() on a new device, the pipeline cache empty */
  struct samples forward_first; /* s2vk_forward() right after: some drivers compile only when a pipeline first runs */
  struct samples plan_cached;   /* in a new context, with a pipeline cache that has seen the plan */
  struct samples plan_again;    /* in a context that has made the plan before */
  struct samples record;        /* s2vk_record(), in CPU time of the thread */
};

bool cost_measure(struct subject *subject, int32_t device_index, struct cost *cost);
void cost_free(struct cost *cost);

#endif
