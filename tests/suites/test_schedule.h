/* Checks that a schedule does all of its work once, and keeps within the limits that it was made for. */
#ifndef TESTS_TEST_SCHEDULE_H
#define TESTS_TEST_SCHEDULE_H

#include "suite.h"

#include "kernels/kernels.h"
#include "schedule/schedule.h"

struct made {
  const struct s2_target *target;
  struct s2_geometry geometry;
  struct s2_schedule schedule;
};

void check_pass(const struct made *m, enum s2_pass_index index, uint64_t source_bytes, uint64_t target_bytes);
void check_split(const struct made *m);
void check_merge(const struct made *m);

extern uint32_t merges_seen[S2_SHADER_COUNT]; /* dispatches of each, by check_merge() */

#endif
