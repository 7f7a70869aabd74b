/* How the suites of kernels read tables: as shaders do. */
#ifndef TESTS_TEST_KERNELS_H
#define TESTS_TEST_KERNELS_H

#include "suite.h"

#include "kernels/kernels.h"

/* A job, with what it points to, and how a kernel does it. */
struct work {
  struct s2_geometry geometry;
  struct s2_axis axes[2];
  struct s2_job job;
  const struct s2_kernel *kernel;
  struct s2_config config;
  struct s2_entry *entries;
  size_t count;
};

float float_of(uint32_t word);

/* As the shaders' entry(). */
const uint32_t *entry(const struct work *w, uint32_t index);
double weight_at(const struct work *w, uint32_t index, uint32_t word);

#define MOST 512 /* inputs along an axis in these tests */

/* Checks that weights are those of a coordinate of an axis, and 0 where it has no tap. Two differences are allowed: the
 * rounding of a weight, or of its parts of either sign, to f32; and two bits that a table may use for other things. */
void check_weights(const struct s2_axis *axis, uint32_t j, const double *weights);

uint32_t least(uint32_t a, uint32_t b);

void check_split(const struct work *w, struct noise *noise);
void check_merge(const struct work *w, struct noise *noise);

#endif
