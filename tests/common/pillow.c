#include "pillow.h"

#include <math.h>
#include <stdlib.h>

static double kernel(s2vk_filter filter, double x) {
  const double pi = 3.14159265358979323846;
  x = fabs(x);
  if (filter == S2VK_FILTER_BILINEAR_ANTIALIASED)
    return x < 1 ? 1 - x : 0;
  if (filter == S2VK_FILTER_LANCZOS3)
    return x == 0 ? 1 : x < 3 ? sin(pi * x) / (pi * x) * (sin(pi * x / 3) / (pi * x / 3)) : 0;
  const double a = -0.5;
  return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/* Resizes one line of bytes. Neighbours are `step` bytes apart. */
static void resize_line(s2vk_filter filter, const uint8_t *in, uint32_t count, size_t step, uint8_t *out,
    uint32_t out_count, size_t out_step) {
  const double radius = filter == S2VK_FILTER_LANCZOS3 ? 3 : filter == S2VK_FILTER_BILINEAR_ANTIALIASED ? 1 : 2;
  const double ratio = (double)count / out_count, stretch = ratio > 1 ? ratio : 1, reach = radius * stretch;
  double *weights = malloc(count * sizeof *weights);
  for (uint32_t j = 0; j < out_count; j++) {
    const double center = (j + 0.5) * ratio;
    const double low = center - reach + 0.5, high = center + reach + 0.5;
    const uint32_t begin = low > 0 ? (uint32_t)low : 0, end = high < count ? (uint32_t)high : count;
    double total = 0;
    for (uint32_t i = begin; i < end; i++)
      total += weights[i] = kernel(filter, (i - center + 0.5) * (1 / stretch));
    int64_t sum = 1 << 21;
    for (uint32_t i = begin; i < end; i++) {
      const double w = weights[i] / total * (1 << 22);
      sum += (int64_t)(w < 0 ? w - 0.5 : w + 0.5) * in[i * step];
    }
    const int64_t value = sum >> 22; /* of a negative number down, as everywhere that this runs */
    out[j * out_step] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
  }
  free(weights);
}

struct plane plane_of(uint32_t height, uint32_t width) {
  return (struct plane){height, width, malloc((size_t)height * width)};
}

static void resize_across(s2vk_filter filter, struct plane *plane, uint32_t width) {
  struct plane made = plane_of(plane->height, width);
  for (uint32_t y = 0; y < plane->height; y++)
    resize_line(
        filter, plane->bytes + (size_t)y * plane->width, plane->width, 1, made.bytes + (size_t)y * width, width, 1);
  free(plane->bytes);
  *plane = made;
}

static void resize_down(s2vk_filter filter, struct plane *plane, uint32_t height) {
  struct plane made = plane_of(height, plane->width);
  for (uint32_t x = 0; x < plane->width; x++)
    resize_line(filter, plane->bytes + x, plane->height, plane->width, made.bytes + x, height, plane->width);
  free(plane->bytes);
  *plane = made;
}

void resize_plane(s2vk_filter filter, s2vk_rounding rounding, s2vk_size size, struct plane *plane) {
  const int64_t rows = (int64_t)plane->height - size.height, columns = (int64_t)plane->width - size.width;
  const bool down_first =
      rows > 0 &&
      (rounding == S2VK_ROUNDING_BYTES_PILLOW_13 ? rows > 2 * columns : plane->height > 100ull * plane->width);
  if (down_first)
    resize_down(filter, plane, size.height);
  resize_across(filter, plane, size.width);
  if (!down_first)
    resize_down(filter, plane, size.height);
}
