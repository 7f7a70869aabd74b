#include "resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PRECISION_BITS 22 /* of a weight: 32 less 8 for the pixel and 2 for what goes over */
#define PI 3.14159265358979323846

/* ---- Filters ---- */

static double bilinear(double x) {
  x = fabs(x);
  return x < 1 ? 1 - x : 0;
}

static double bicubic(double x) {
  const double a = -0.5;
  x = fabs(x);
  if (x < 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static double sinc(double x) {
  return x == 0 ? 1 : sin(x * PI) / (x * PI);
}

static double lanczos(double x) {
  return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

static const struct filter {
  double (*weight)(double x);
  double support;
} filters[] = {
    [VIT_LANCZOS] = {lanczos, 3},
    [VIT_BILINEAR] = {bilinear, 1},
    [VIT_BICUBIC] = {bicubic, 2},
};

/* ---- Weights of one axis ---- */

struct axis {
  uint32_t width;  /* weights of a coordinate, at most */
  uint32_t *first; /* input coordinate of the first one */
  uint32_t *count;
  double *weights;
  int32_t *fixed; /* the same in fixed point */
};

static void axis_free(struct axis *axis) {
  free(axis->first);
  free(axis->count);
  free(axis->weights);
  free(axis->fixed);
}

static void weigh(
    struct axis *axis, uint32_t j, const struct filter *filter, double centre, double scale, uint32_t in) {
  double support = filter->support * scale, sum = 0, *weights = axis->weights + (size_t)j * axis->width;
  int32_t low = (int32_t)(centre - support + 0.5), high = (int32_t)(centre + support + 0.5);
  low = low < 0 ? 0 : low;
  high = high > (int32_t)in ? (int32_t)in : high;
  axis->first[j] = (uint32_t)low;
  axis->count[j] = (uint32_t)(high - low);
  for (int32_t i = low; i < high; i++) {
    weights[i - low] = filter->weight((i - centre + 0.5) * (1 / scale));
    sum += weights[i - low];
  }
  for (int32_t i = 0; i < high - low; i++) {
    weights[i] = sum != 0 ? weights[i] / sum : weights[i];
    double fixed = weights[i] * (1 << PRECISION_BITS);
    axis->fixed[(size_t)j * axis->width + (size_t)i] = (int32_t)(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
  }
}

static bool axis_create(struct axis *axis, uint32_t in, const struct vit_span *span, const struct filter *filter) {
  const uint32_t out = span->count;
  double ratio = (double)in / span->size, scale = ratio < 1 ? 1 : ratio;
  *axis = (struct axis){.width = (uint32_t)ceil(filter->support * scale) * 2 + 1};
  axis->first = calloc(out, sizeof *axis->first);
  axis->count = calloc(out, sizeof *axis->count);
  axis->weights = calloc((size_t)out * axis->width, sizeof *axis->weights);
  axis->fixed = calloc((size_t)out * axis->width, sizeof *axis->fixed);
  bool done = axis->first && axis->count && axis->weights && axis->fixed;
  for (uint32_t j = 0; done && j < out; j++)
    weigh(axis, j, filter, (span->first + j + 0.5) * ratio, scale, in);
  if (!done)
    axis_free(axis);
  return done;
}

/* ---- Passes ---- */

/* An axis of an image seen as outer x axis x inner elements. */
struct pass {
  const struct axis *axis;
  size_t outer, in, out, inner;
};

static void pass_bytes(const struct pass *p, const unsigned char *source, unsigned char *target) {
  for (size_t o = 0; o < p->outer; o++)
    for (size_t j = 0; j < p->out; j++)
      for (size_t i = 0; i < p->inner; i++) {
        const int32_t *weights = p->axis->fixed + j * p->axis->width;
        int64_t sum = 1 << (PRECISION_BITS - 1);
        for (size_t k = 0; k < p->axis->count[j]; k++)
          sum += (int64_t)source[(o * p->in + p->axis->first[j] + k) * p->inner + i] * weights[k];
        sum = sum < 0 ? 0 : sum >> PRECISION_BITS;
        target[(o * p->out + j) * p->inner + i] = (unsigned char)(sum > 255 ? 255 : sum);
      }
}

static void pass_floats(const struct pass *p, const float *source, float *target) {
  for (size_t o = 0; o < p->outer; o++)
    for (size_t j = 0; j < p->out; j++)
      for (size_t i = 0; i < p->inner; i++) {
        const double *weights = p->axis->weights + j * p->axis->width;
        double sum = 0;
        for (size_t k = 0; k < p->axis->count[j]; k++)
          sum += (double)source[(o * p->in + p->axis->first[j] + k) * p->inner + i] * weights[k];
        target[(o * p->out + j) * p->inner + i] = (float)sum;
      }
}

/* The weights of an axis that keeps its size. */
static void copy_part(
    const struct pass *p, const struct vit_span *span, size_t size, const char *source, char *target) {
  for (size_t o = 0; o < p->outer; o++)
    memcpy(target + o * p->out * p->inner * size, source + (o * p->in + span->first) * p->inner * size,
        p->out * p->inner * size);
}

static bool resize_axis(
    struct vit_image *image, bool vertical, const struct vit_span *span, const struct filter *filter) {
  uint32_t *side = vertical ? &image->height : &image->width;
  struct axis axis = {0};
  if (*side == span->size && *side == span->count)
    return true;
  const struct pass p = {
      &axis, vertical ? 1 : image->height, *side, span->count, vertical ? (size_t)image->width * 3 : 3};
  void *target = malloc(p.outer * p.out * p.inner * vit_image_size(image));
  if (!target || (*side != span->size && !axis_create(&axis, *side, span, filter))) {
    free(target);
    return false;
  }
  if (*side == span->size)
    copy_part(&p, span, vit_image_size(image), image->pixels, target);
  else if (image->floats)
    pass_floats(&p, image->pixels, target);
  else
    pass_bytes(&p, image->pixels, target);
  axis_free(&axis);
  free(image->pixels);
  image->pixels = target;
  *side = span->count;
  return true;
}

/* Finds the nearest sample for each coordinate of a span. Positions are summed up, as in Pillow: rounding errors decide
 * between two samples that are equally near. */
static uint32_t *find_nearest(uint32_t in, const struct vit_span *span) {
  const double step = (double)in / span->size;
  uint32_t *from = malloc(span->count * sizeof *from);
  double at = step * 0.5;
  for (uint32_t j = 0; from && j < span->first + span->count; j++, at += step)
    if (j >= span->first)
      from[j - span->first] = at < in ? (uint32_t)at : in - 1;
  return from;
}

static bool resize_nearest(struct vit_image *image, const struct vit_span *rows, const struct vit_span *columns) {
  const size_t pixel = 3 * vit_image_size(image);
  const uint32_t height = rows->count, width = columns->count;
  uint32_t *from_y = find_nearest(image->height, rows), *from_x = find_nearest(image->width, columns);
  unsigned char *target = malloc((size_t)height * width * pixel), *source = image->pixels;
  const bool done = from_y && from_x && target;
  for (size_t y = 0; done && y < height; y++)
    for (size_t x = 0; x < width; x++)
      memcpy(target + (y * width + x) * pixel, source + ((size_t)from_y[y] * image->width + from_x[x]) * pixel, pixel);
  free(from_y);
  free(from_x);
  if (!done) {
    free(target);
    return false;
  }
  free(source);
  image->pixels = target;
  image->height = height;
  image->width = width;
  return true;
}

bool vit_resize(
    struct vit_image *image, const struct vit_span *rows, const struct vit_span *columns, enum vit_resample resample) {
  if (resample == VIT_NEAREST)
    return resize_nearest(image, rows, columns);
  if (image->height / 100. > image->width && rows->size < image->height) /* as Pillow up to 12 */
    return resize_axis(image, true, rows, &filters[resample]) && resize_axis(image, false, columns, &filters[resample]);
  return resize_axis(image, false, columns, &filters[resample]) && resize_axis(image, true, rows, &filters[resample]);
}
