#include "positions.h"

#include <math.h>
#include <stdlib.h>

struct axis {
  uint32_t taps;
  uint32_t *index; /* out x taps */
  double *weight;
};

static double cubic(double x, double a) {
  x = fabs(x);
  if (x < 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

/* Four taps, clamped to the grid; Keys' a is -0.75. */
static void weigh_plain(const struct axis *axis, uint32_t in, uint32_t j, double ratio) {
  double at = (j + 0.5) * ratio - 0.5, low = floor(at);
  for (uint32_t k = 0; k < 4; k++) {
    double index = low - 1 + k;
    axis->index[j * axis->taps + k] = (uint32_t)fmin(fmax(index, 0), in - 1.0);
    axis->weight[j * axis->taps + k] = cubic(at - index, -0.75);
  }
}

static double linear(double x) {
  return fmax(1 - fabs(x), 0);
}

static double keys(double x) {
  return cubic(x, -0.5);
}

/* All taps that the filter, stretched when shrinking, reaches, and none outside the grid; Keys' a is -0.5. */
static void weigh_antialiased(const struct axis *axis, uint32_t in, uint32_t j, double ratio, bool is_linear) {
  double (*const filter)(double) = is_linear ? linear : keys;
  double stretch = fmax(ratio, 1), reach = (is_linear ? 1 : 2) * stretch, centre = (j + 0.5) * ratio, sum = 0;
  uint32_t low = (uint32_t)fmax(centre - reach + 0.5, 0), high = (uint32_t)fmin(centre + reach + 0.5, in);
  for (uint32_t k = 0; k < high - low; k++) {
    axis->index[j * axis->taps + k] = low + k;
    axis->weight[j * axis->taps + k] = filter((low + k + 0.5 - centre) / stretch);
    sum += axis->weight[j * axis->taps + k];
  }
  for (uint32_t k = 0; k < high - low; k++)
    axis->weight[j * axis->taps + k] /= sum;
}

static bool axis_create(struct axis *axis, uint32_t in, uint32_t out, enum vit_interpolation interpolation) {
  double ratio = (double)in / out;
  axis->taps = interpolation == VIT_CUBIC ? 4 : (uint32_t)ceil(2 * fmax(ratio, 1)) * 2 + 1;
  axis->index = calloc((size_t)out * axis->taps, sizeof *axis->index);
  axis->weight = calloc((size_t)out * axis->taps, sizeof *axis->weight);
  bool done = axis->index && axis->weight;
  for (uint32_t j = 0; done && j < out; j++)
    if (interpolation == VIT_CUBIC)
      weigh_plain(axis, in, j, ratio);
    else
      weigh_antialiased(axis, in, j, ratio, interpolation == VIT_LINEAR_ANTIALIASED);
  return done;
}

static double sample(
    const struct axis *axis, const float *from, uint32_t in, uint32_t y, uint32_t x, uint32_t width, uint32_t channel) {
  double sum = 0;
  for (uint32_t i = 0; i < axis->taps; i++)
    for (uint32_t k = 0; k < axis->taps; k++) {
      size_t token = (size_t)axis->index[y * axis->taps + i] * in + axis->index[x * axis->taps + k];
      sum += axis->weight[y * axis->taps + i] * axis->weight[x * axis->taps + k] * from[token * width + channel];
    }
  return sum;
}

bool vit_interpolate(
    const float *from, uint32_t in, float *to, uint32_t out, uint32_t width, enum vit_interpolation interpolation) {
  struct axis axis;
  bool done = axis_create(&axis, in, out, interpolation);
  for (uint32_t y = 0; done && y < out; y++)
    for (uint32_t x = 0; x < out; x++)
      for (uint32_t channel = 0; channel < width; channel++)
        to[((size_t)y * out + x) * width + channel] = (float)sample(&axis, from, in, y, x, width, channel);
  free(axis.index);
  free(axis.weight);
  return done;
}
