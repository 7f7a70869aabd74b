#include "peer_axis.h"

#include <math.h>
#include <stdlib.h>

#define BICUBIC_TAPS 4

/* Makes an axis of taps. Inputs beyond the end of the axis are moved inside, with their weights. */
static bool create(uint32_t in, uint32_t out, uint32_t taps, struct peer_axis *axis) {
  *axis = (struct peer_axis){.in = in, .out = out, .taps = taps < in ? taps : in};
  axis->first = calloc(out, sizeof *axis->first);
  axis->weights = calloc((size_t)out * axis->taps, sizeof *axis->weights);
  return axis->first && axis->weights;
}

static void add(struct peer_axis *axis, uint32_t j, double index, double weight) {
  const double clamped = fmin(fmax(index, 0), axis->in - 1.0);
  axis->weights[(size_t)j * axis->taps + ((uint32_t)clamped - axis->first[j])] += (float)weight;
}

static void begin(struct peer_axis *axis, uint32_t j, double index) {
  axis->first[j] = (uint32_t)fmin(fmax(index, 0), axis->in - axis->taps);
}

static void find_identity(struct peer_axis *axis) {
  axis->identity = axis->in == axis->out;
  for (uint32_t j = 0; axis->identity && j < axis->out; j++)
    for (uint32_t k = 0; k < axis->taps; k++)
      axis->identity = axis->identity && axis->weights[(size_t)j * axis->taps + k] == (axis->first[j] + k == j);
}

static double keys(double x) {
  const double a = -0.75;
  x = fabs(x);
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

bool peer_axis_bicubic(uint32_t in, uint32_t out, struct peer_axis *axis) {
  if (!create(in, out, in == out ? 1 : BICUBIC_TAPS, axis))
    return false;
  for (uint32_t j = 0; j < out; j++) {
    const double ratio = (float)in / (float)out, at = (j + 0.5) * ratio - 0.5, below = floor(at);
    begin(axis, j, in == out ? j : below - 1);
    if (in == out)
      add(axis, j, j, 1);
    for (int k = -1; in != out && k < BICUBIC_TAPS - 1; k++)
      add(axis, j, below + k, keys(at - (below + k)));
  }
  find_identity(axis);
  return true;
}

bool peer_axis_area(uint32_t in, uint32_t out, struct peer_axis *axis) {
  uint32_t taps = 1;
  for (uint32_t j = 0; j < out; j++) {
    const uint64_t from = (uint64_t)j * in / out, to = ((uint64_t)(j + 1) * in + out - 1) / out;
    taps = to - from > taps ? (uint32_t)(to - from) : taps;
  }
  if (!create(in, out, taps, axis))
    return false;
  for (uint32_t j = 0; j < out; j++) {
    const uint64_t from = (uint64_t)j * in / out, to = ((uint64_t)(j + 1) * in + out - 1) / out;
    begin(axis, j, (double)from);
    for (uint64_t i = from; i < to; i++)
      add(axis, j, (double)i, 1.0 / (double)(to - from));
  }
  find_identity(axis);
  return true;
}

bool peer_axis_crop(uint32_t in, uint32_t out, struct peer_axis *axis) {
  if (!create(in, out, 1, axis))
    return false;
  for (uint32_t j = 0; j < out; j++) {
    begin(axis, j, j);
    add(axis, j, j, 1);
  }
  find_identity(axis);
  return true;
}

/* The inputs of axis that output j of next reads: [*first, *end). */
static void reach(
    const struct peer_axis *axis, const struct peer_axis *next, uint32_t j, uint32_t *from, uint32_t *end) {
  *from = axis->in;
  *end = 0;
  for (uint32_t k = 0; k < next->taps; k++) {
    if (next->weights[(size_t)j * next->taps + k] == 0)
      continue;
    const uint32_t first = axis->first[next->first[j] + k];
    *from = first < *from ? first : *from;
    *end = first + axis->taps > *end ? first + axis->taps : *end;
  }
}

static void compose(const struct peer_axis *axis, const struct peer_axis *next, uint32_t j, struct peer_axis *both) {
  for (uint32_t k = 0; k < next->taps; k++) {
    const uint32_t middle = next->first[j] + k;
    const double weight = next->weights[(size_t)j * next->taps + k];
    for (uint32_t i = 0; weight != 0 && i < axis->taps; i++)
      add(both, j, axis->first[middle] + i, weight * axis->weights[(size_t)middle * axis->taps + i]);
  }
}

bool peer_axis_compose(struct peer_axis *axis, struct peer_axis *next) {
  struct peer_axis both = {0};
  uint32_t taps = 1;
  bool done = true;
  if (axis->identity) {
    both = *next;
    *next = (struct peer_axis){0};
  } else {
    for (uint32_t j = 0, from, end; j < next->out; j++) {
      reach(axis, next, j, &from, &end);
      taps = end - from > taps ? end - from : taps;
    }
    done = create(axis->in, next->out, taps, &both);
    for (uint32_t j = 0, from, end; done && j < next->out; j++) {
      reach(axis, next, j, &from, &end);
      begin(&both, j, from);
      compose(axis, next, j, &both);
    }
    if (done)
      find_identity(&both);
  }
  peer_axis_free(axis);
  peer_axis_free(next);
  *axis = both;
  return done;
}

void peer_axis_free(struct peer_axis *axis) {
  free(axis->first);
  free(axis->weights);
  *axis = (struct peer_axis){0};
}
