/* A golden case as a model with known answers: it compares the tiles that it is given with the original's and returns
 * the features that the original's model did. */
#ifndef TESTS_CASE_H
#define TESTS_CASE_H

#include "golden.h"

struct case_model {
  const struct golden *golden;
  const s2vk_plan *plan; /* of golden->info */
  double error;          /* the largest tensor_error() of a tile so far */
  char wrong[256];       /* why a function of these failed */
};

/* Whether tiles, features and output have the shapes that the plan has. */
bool case_check_shapes(struct case_model *model);

/* s2vk_model.run of a struct case_model whose shapes hold. */
s2vk_result case_run(void *user, const void *tiles, void *features, const s2vk_model_call *call);

#endif
