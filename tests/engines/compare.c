/* compare MADE.npy EXPECTED.npy LIMIT: whether two tensors of f32 have one shape, and no element is further off than
 * LIMIT times the root mean square of what is expected. */
#include "npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read(const char *path, struct npy *array) {
  char reason[256];
  if (npy_read(path, array, reason, sizeof reason) && strcmp(array->type, "f4") == 0)
    return;
  fprintf(stderr, "compare: %s: not a tensor of f32\n", path);
  exit(1);
}

static double relative_error(const float *made, const float *expected, size_t count) {
  double largest = 0, squares = 0;
  for (size_t i = 0; i < count; i++) {
    const double off = fabs((double)made[i] - (double)expected[i]);
    largest = !(off <= largest) ? off : largest; /* a NaN is the largest */
    squares += (double)expected[i] * (double)expected[i];
  }
  return largest / sqrt(squares / (double)count);
}

int main(int argc, char **argv) {
  struct npy made, expected;
  if (argc != 4)
    return 2;
  read(argv[1], &made);
  read(argv[2], &expected);
  if (made.rank != expected.rank || memcmp(made.dims, expected.dims, made.rank * sizeof *made.dims) != 0) {
    fprintf(stderr, "compare: %s and %s differ in shape\n", argv[1], argv[2]);
    return 1;
  }
  const double error = relative_error(made.data, expected.data, made.elements);
  printf("%s: relative error %.2g\n", argv[2], error);
  npy_free(&made);
  npy_free(&expected);
  return error <= strtod(argv[3], NULL) ? 0 : 1;
}
