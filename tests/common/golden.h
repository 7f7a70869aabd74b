/* A case in the format of tests/golden: what the original was given, and what it produced. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "npy.h"
#include "s2vk/s2vk.h"

#define GOLDEN_MAX_SCALES 64

struct golden {
  char name[256];
  s2vk_plan_info info; /* points into what is below */
  s2vk_pixels_info pixels;
  s2vk_preprocessing_info preprocessing;
  double scales[GOLDEN_MAX_SCALES];
  s2vk_size img_sizes[GOLDEN_MAX_SCALES];
  s2vk_model_shape models[GOLDEN_MAX_SCALES];
  struct npy input, output;
  struct npy tiles[GOLDEN_MAX_SCALES];
  struct npy features[GOLDEN_MAX_SCALES];
};

/* Reads DIR/case.json and the arrays beside it. False, with a reason in error, if that is no case. */
bool golden_read(const char *dir, struct golden *golden, char *error, size_t error_bytes);
void golden_free(struct golden *golden);

#endif
