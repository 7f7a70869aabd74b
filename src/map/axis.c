#include "map/axis.h"

#include <math.h>
#include <string.h>

static s2vk_result axis_alloc(
    const struct s2_env *env, uint32_t in, uint32_t out, size_t tap_count, struct s2_axis *axis) {
  *axis = (struct s2_axis){.in = in, .out = out};
  axis->first = s2_alloc(env, (size_t)out + 1, sizeof *axis->first);
  axis->taps = s2_alloc(env, tap_count, sizeof *axis->taps);
  if (axis->first && axis->taps)
    return S2VK_SUCCESS;
  s2_axis_destroy(env, axis);
  return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for an axis of %u to %u samples", in, out);
}

void s2_axis_destroy(const struct s2_env *env, struct s2_axis *axis) {
  s2_free(env, axis->first);
  s2_free(env, axis->taps);
  *axis = (struct s2_axis){0};
}

s2vk_result s2_axis_copy(const struct s2_env *env, const struct s2_axis *other, struct s2_axis *axis) {
  const uint32_t count = other->first[other->out];
  s2vk_result result = axis_alloc(env, other->in, other->out, count, axis);
  if (result)
    return result;
  memcpy(axis->first, other->first, ((size_t)other->out + 1) * sizeof *axis->first);
  memcpy(axis->taps, other->taps, count * sizeof *axis->taps);
  return S2VK_SUCCESS;
}

uint32_t s2_axis_width(const struct s2_axis *axis) {
  uint32_t width = 0;
  for (uint32_t j = 0; j < axis->out; j++) {
    uint32_t count = axis->first[j + 1] - axis->first[j];
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++)
      count += axis->taps[k].negative != 0;
    width = count > width ? count : width;
  }
  return width;
}

void s2_axis_footprint(const struct s2_axis *axis, uint32_t begin, uint32_t end, uint32_t *first, uint32_t *last) {
  begin = begin < axis->out ? begin : axis->out - 1;
  end = end < axis->out ? end : axis->out;
  end = end > begin ? end : begin + 1;
  *first = axis->in;
  *last = 0;
  for (uint32_t j = begin; j < end; j++) {
    const uint32_t low = axis->taps[axis->first[j]].index, high = axis->taps[axis->first[j + 1] - 1].index;
    *first = low < *first ? low : *first;
    *last = high > *last ? high : *last;
  }
}

uint32_t s2_axis_support(const struct s2_axis *axis) {
  uint32_t support = 1;
  for (uint32_t j = 0; j < axis->out; j++) {
    const uint32_t span = axis->taps[axis->first[j + 1] - 1].index - axis->taps[axis->first[j]].index + 1;
    support = span > support ? span : support;
  }
  return support;
}

bool s2_axis_is_identity(const struct s2_axis *axis) {
  bool identity = axis->in == axis->out;
  for (uint32_t j = 0; identity && j < axis->out; j++) {
    const struct s2_tap *tap = &axis->taps[axis->first[j]];
    identity = axis->first[j + 1] - axis->first[j] == 1 && tap->index == j && tap->weight == 1;
  }
  return identity;
}

/* A weight below this would be 0 without rounding. At a sample, the position has an error of up to 1e-6, because the
 * ratio is a float. The weight at the kernel's end has the square of that error. */
#define NEGLIGIBLE 1e-10

/* The Keys cubic convolution kernel at a distance of up to 2. */
static double keys_cubic(double a, double distance) {
  double x = fabs(distance);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

static struct s2_tap make_tap(uint32_t index, double positive, double negative) {
  return (struct s2_tap){index, positive + negative, positive > 0 ? negative : 0};
}

/* The parts of a tap's weight. */
static double positive_part(const struct s2_tap *tap) {
  return tap->negative != 0 ? tap->weight - tap->negative : tap->weight > 0 ? tap->weight : 0;
}

static double negative_part(const struct s2_tap *tap) {
  return tap->negative != 0 ? tap->negative : tap->weight < 0 ? tap->weight : 0;
}

s2vk_result s2_axis_bicubic(const struct s2_env *env, uint32_t in, uint32_t out, struct s2_axis *axis) {
  s2vk_result result = axis_alloc(env, in, out, (size_t)out * 4, axis);
  if (result)
    return result;
  /* PyTorch takes the ratio in float and the position from it in double; see docs/semantics.md. */
  double ratio = (double)((float)in / (float)out);
  uint32_t count = 0;
  for (uint32_t j = 0; j < out; j++) {
    double x = (j + 0.5) * ratio - 0.5;
    double x0 = floor(x);
    for (int k = -1; k <= 2; k++) {
      double clamped = fmin(fmax(x0 + k, 0), in - 1.0);
      double weight = keys_cubic(-0.75, x - (x0 + k));
      uint32_t index = (uint32_t)clamped;
      if (fabs(weight) <= NEGLIGIBLE)
        continue;
      struct s2_tap *last = count > axis->first[j] ? &axis->taps[count - 1] : NULL;
      if (last && last->index == index)
        *last = make_tap(index, positive_part(last) + fmax(weight, 0), negative_part(last) + fmin(weight, 0));
      else
        axis->taps[count++] = (struct s2_tap){index, weight, 0};
    }
    axis->first[j + 1] = count;
  }
  return S2VK_SUCCESS;
}

/* One tap: the nearest sample; or two: bilinear. Positions as in s2_axis_bicubic(). */
static s2vk_result short_filter(
    const struct s2_env *env, bool linear, uint32_t in, uint32_t out, struct s2_axis *axis) {
  s2vk_result result = axis_alloc(env, in, out, (size_t)out * 2, axis);
  if (result)
    return result;
  const double ratio = (double)((float)in / (float)out), last = in - 1.0;
  uint32_t count = 0;
  for (uint32_t j = 0; j < out; j++) {
    const double center = (j + 0.5) * ratio, x = fmin(fmax(center - 0.5, 0), last);
    const double x0 = linear ? floor(x) : fmin(floor(center), last), f = linear ? x - x0 : 0;
    axis->taps[count++] = (struct s2_tap){(uint32_t)x0, 1 - f, 0};
    if (f > NEGLIGIBLE)
      axis->taps[count++] = (struct s2_tap){(uint32_t)x0 + 1, f, 0};
    axis->first[j + 1] = count;
  }
  return S2VK_SUCCESS;
}

static double catmull_rom(double x) {
  return keys_cubic(-0.5, x);
}

static double triangle(double x) {
  return fmax(1 - fabs(x), 0);
}

static double sinc(double x) {
  const double pi = 3.14159265358979323846;
  return x == 0 ? 1 : sin(pi * x) / (pi * x);
}

static double lanczos3(double x) {
  return fabs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
}

/* A kernel that widens where the image shrinks. Its weights sum to 1 over the samples that exist; as Pillow's
 * Image.resize(). */
static s2vk_result antialiased(const struct s2_env *env, double (*kernel)(double), double radius, uint32_t in,
    uint32_t out, struct s2_axis *axis) {
  /* Operations in the order of Pillow's, which decides last bits, and so, now and then, a byte. */
  const double ratio = (double)in / out, stretch = fmax(ratio, 1), reach = radius * stretch, narrow = 1 / stretch;
  s2vk_result result = axis_alloc(env, in, out, (size_t)out * ((size_t)(2 * reach) + 3), axis);
  if (result)
    return result;
  uint32_t count = 0;
  for (uint32_t j = 0; j < out; j++) {
    const double center = (j + 0.5) * ratio;
    const uint32_t begin = (uint32_t)fmax(center - reach + 0.5, 0), end = (uint32_t)fmin(center + reach + 0.5, in);
    struct s2_tap *row = axis->taps + count;
    double sum = 0;
    for (uint32_t i = begin; i < end; i++)
      sum += row[i - begin].weight = kernel((i - center + 0.5) * narrow);
    for (uint32_t i = begin; i < end; i++) { /* in place: a tap is written where it was read, or ahead of that */
      const double weight = row[i - begin].weight / sum;
      if (fabs(weight) > NEGLIGIBLE)
        axis->taps[count++] = (struct s2_tap){i, weight, 0};
    }
    axis->first[j + 1] = count;
  }
  return S2VK_SUCCESS;
}

s2vk_result s2_axis_filter(
    const struct s2_env *env, s2vk_filter filter, uint32_t in, uint32_t out, struct s2_axis *axis) {
  switch (filter) {
  case S2VK_FILTER_BILINEAR:
    return short_filter(env, true, in, out, axis);
  case S2VK_FILTER_NEAREST:
    return short_filter(env, false, in, out, axis);
  case S2VK_FILTER_BICUBIC_ANTIALIASED:
    return antialiased(env, catmull_rom, 2, in, out, axis);
  case S2VK_FILTER_BILINEAR_ANTIALIASED:
    return antialiased(env, triangle, 1, in, out, axis);
  case S2VK_FILTER_LANCZOS3:
    return antialiased(env, lanczos3, 3, in, out, axis);
  case S2VK_FILTER_BICUBIC:
    break;
  }
  return s2_axis_bicubic(env, in, out, axis);
}

s2vk_result s2_axis_area(const struct s2_env *env, uint32_t in, uint32_t out, struct s2_axis *axis) {
  /* Adjacent supports share at most one sample. */
  s2vk_result result = axis_alloc(env, in, out, (size_t)in + (size_t)out * 2, axis);
  if (result)
    return result;
  uint32_t count = 0;
  for (uint32_t j = 0; j < out; j++) {
    uint64_t begin = (uint64_t)j * in / out;
    uint64_t end = ((uint64_t)(j + 1) * in + out - 1) / out;
    for (uint64_t i = begin; i < end; i++)
      axis->taps[count++] = (struct s2_tap){(uint32_t)i, 1.0 / (double)(end - begin), 0};
    axis->first[j + 1] = count;
  }
  return S2VK_SUCCESS;
}

s2vk_result s2_axis_window(const struct s2_env *env, uint32_t in, uint32_t begin, uint32_t out, struct s2_axis *axis) {
  s2vk_result result = axis_alloc(env, in, out, out, axis);
  if (result)
    return result;
  for (uint32_t j = 0; j < out; j++) {
    axis->taps[j] = (struct s2_tap){begin + j, 1, 0};
    axis->first[j + 1] = j + 1;
  }
  return S2VK_SUCCESS;
}

s2vk_result s2_axis_crop(const struct s2_env *env, uint32_t in, uint32_t out, struct s2_axis *axis) {
  return s2_axis_window(env, in, 0, out, axis);
}

s2vk_result s2_axis_fill(const struct s2_env *env, struct s2_axis *axis, uint32_t block, uint32_t filled) {
  const uint32_t out = axis->out / block * filled;
  struct s2_axis made;
  size_t count = 0;
  for (uint32_t j = 0; j < out; j++) {
    const uint32_t inside = j % filled, from = j / filled * block + (inside < block ? inside : block - 1);
    count += axis->first[from + 1] - axis->first[from];
  }
  s2vk_result result = axis_alloc(env, axis->in, out, count, &made);
  for (uint32_t j = 0, k = 0; !result && j < out; j++) {
    const uint32_t inside = j % filled, from = j / filled * block + (inside < block ? inside : block - 1);
    for (uint32_t i = axis->first[from]; i < axis->first[from + 1]; i++)
      made.taps[k++] = inside < block ? axis->taps[i] : (struct s2_tap){axis->taps[i].index, 0, 0};
    made.first[j + 1] = k;
  }
  s2_axis_destroy(env, axis);
  *axis = made;
  return result;
}

s2vk_result s2_axis_none(const struct s2_env *env, struct s2_axis *axis) {
  return axis_alloc(env, 0, 0, 1, axis);
}

s2vk_result s2_axis_tiles(
    const struct s2_env *env, uint32_t in, uint32_t tiles, uint32_t side, uint32_t stride, struct s2_axis *axis) {
  const uint32_t rest = in - (tiles - 1) * stride, out = (tiles - 1) * side + (rest < side ? rest : side);
  s2vk_result result = axis_alloc(env, in, out, out, axis);
  if (result)
    return result;
  for (uint32_t j = 0; j < out; j++) {
    axis->taps[j] = (struct s2_tap){j / side * stride + j % side, 1, 0};
    axis->first[j + 1] = j + 1;
  }
  return S2VK_SUCCESS;
}

s2vk_result s2_axis_blend(
    const struct s2_env *env, uint32_t tiles, uint32_t side, uint32_t shared, struct s2_axis *axis) {
  const uint32_t stride = side - shared, out = tiles * stride + shared;
  s2vk_result result = axis_alloc(env, tiles * side, out, (size_t)out * 2, axis);
  if (result)
    return result;
  uint32_t count = 0;
  for (uint32_t j = 0; j < out; j++) {
    const uint32_t tile = j / stride < tiles ? j / stride : tiles - 1, x = j - tile * stride;
    const bool blended = tile > 0 && x < shared;
    const double weight = blended ? (x + 0.5) / shared : 1;
    if (blended)
      axis->taps[count++] = (struct s2_tap){(tile - 1) * side + stride + x, 1 - weight, 0};
    axis->taps[count++] = (struct s2_tap){tile * side + x, weight, 0};
    axis->first[j + 1] = count;
  }
  return S2VK_SUCCESS;
}

/* The row of the product for coordinate j. Sums its positive and its negative parts in dense, which is all zero before
 * and after. */
static uint32_t product_row(
    const struct s2_axis *axis, const struct s2_axis *next, uint32_t j, double (*dense)[2], struct s2_tap *taps) {
  uint32_t low = axis->in, high = 0, count = 0;
  for (uint32_t n = next->first[j]; n < next->first[j + 1]; n++) {
    const uint32_t row = next->taps[n].index, begin = axis->first[row], end = axis->first[row + 1];
    const double positive = positive_part(&next->taps[n]), negative = negative_part(&next->taps[n]);
    for (uint32_t m = begin; m < end; m++) {
      const double p = positive_part(&axis->taps[m]), q = negative_part(&axis->taps[m]);
      dense[axis->taps[m].index][0] += positive * p + negative * q;
      dense[axis->taps[m].index][1] += positive * q + negative * p;
    }
    if (begin < end) {
      low = axis->taps[begin].index < low ? axis->taps[begin].index : low;
      high = axis->taps[end - 1].index > high ? axis->taps[end - 1].index : high;
    }
  }
  for (uint32_t i = low; i < axis->in && i <= high; i++) {
    if (dense[i][0] != 0 || dense[i][1] != 0)
      taps[count++] = make_tap(i, dense[i][0], dense[i][1]);
    dense[i][0] = dense[i][1] = 0;
  }
  return count;
}

s2vk_result s2_axis_compose(const struct s2_env *env, struct s2_axis *axis, const struct s2_axis *next) {
  size_t most = 0;
  for (uint32_t n = 0; n < next->first[next->out]; n++)
    most += axis->first[next->taps[n].index + 1] - axis->first[next->taps[n].index];
  struct s2_axis product;
  s2vk_result result = axis_alloc(env, axis->in, next->out, most, &product);
  if (result)
    return result;
  double(*dense)[2] = s2_alloc(env, axis->in, sizeof *dense);
  if (!dense) {
    s2_axis_destroy(env, &product);
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for an axis of %u samples", axis->in);
  }
  for (uint32_t j = 0; j < next->out; j++) {
    struct s2_tap *row = product.taps + product.first[j];
    product.first[j + 1] = product.first[j] + product_row(axis, next, j, dense, row);
  }
  s2_free(env, dense);
  s2_axis_destroy(env, axis);
  *axis = product;
  return S2VK_SUCCESS;
}
