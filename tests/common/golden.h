/* A case in the format of tests/golden: inputs and results of the original. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "npy.h"
#include "s2vk/s2vk.h"

#define GOLDEN_MAX_SCALES 64

struct golden {
  char name[256];
  s2vk_plan_info info; /* points to the fields below */
  s2vk_pixels_info pixels;
  s2vk_preprocessing_info preprocessing;
  double scales[GOLDEN_MAX_SCALES];
  s2vk_size img_sizes[GOLDEN_MAX_SCALES];
  s2vk_model_shape models[GOLDEN_MAX_SCALES];
  struct npy input, output;
  struct npy tiles[GOLDEN_MAX_SCALES];
  struct npy features[GOLDEN_MAX_SCALES];
};

/* Reads DIR/case.json and the arrays beside it. If it is not a case, returns false and sets error. */
bool golden_read(const char *dir, struct golden *golden, char *error, size_t error_bytes);
void golden_free(struct golden *golden);

#endif
