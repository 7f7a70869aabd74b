/* Filters agree with Pillow and PyTorch: what tests/filters/regenerate.py made of one image. */
#include "suite.h"

#include "map/axis.h"
#include "npy.h"

static const struct s2_env env = {.log = gpu_log};

static const struct {
  const char *name;
  s2vk_filter filter;
} filters[] = {
    {"bicubic", S2VK_FILTER_BICUBIC},
    {"bilinear", S2VK_FILTER_BILINEAR},
    {"nearest", S2VK_FILTER_NEAREST},
    {"bicubic_antialiased", S2VK_FILTER_BICUBIC_ANTIALIASED},
    {"bilinear_antialiased", S2VK_FILTER_BILINEAR_ANTIALIASED},
    {"lanczos3", S2VK_FILTER_LANCZOS3},
};

static const s2vk_size sizes[] = {{37, 53}, {74, 106}, {16, 24}, {5, 7}, {61, 31}};

static void read_image(const char *name, struct npy *image) {
  char path[4096], error[512];
  snprintf(path, sizeof path, "%s/%s.npy", S2VK_FILTERS_DIR, name);
  if (!npy_read(path, image, error, sizeof error))
    fail_msg("%s: %s", path, error);
}

static double resized(
    const struct s2_axis *rows, const struct s2_axis *columns, uint32_t y, uint32_t x, const float *in) {
  double sum = 0;
  for (uint32_t i = rows->first[y]; i < rows->first[y + 1]; i++)
    for (uint32_t k = columns->first[x]; k < columns->first[x + 1]; k++)
      sum += rows->taps[i].weight * columns->taps[k].weight *
             (double)in[(size_t)rows->taps[i].index * columns->in + columns->taps[k].index];
  return sum;
}

static void check(const char *name, s2vk_filter filter, s2vk_size size, const float *input) {
  char file[256];
  struct npy expected;
  struct s2_axis rows, columns;
  snprintf(file, sizeof file, "%s_%ux%u", name, size.height, size.width);
  read_image(file, &expected);
  assert_int_equal(expected.dims[0], size.height);
  assert_int_equal(expected.dims[1], size.width);
  assert_ok(s2_axis_filter(&env, filter, 37, size.height, &rows));
  assert_ok(s2_axis_filter(&env, filter, 53, size.width, &columns));
  double worst = 0;
  for (uint32_t y = 0; y < size.height; y++)
    for (uint32_t x = 0; x < size.width; x++) {
      const double error =
          resized(&rows, &columns, y, x, input) - (double)((const float *)expected.data)[y * size.width + x];
      worst = fmax(worst, fabs(error));
    }
  if (!(worst < 1e-5))
    fail_msg("%s is off by %g", file, worst);
  s2_axis_destroy(&env, &rows);
  s2_axis_destroy(&env, &columns);
  npy_free(&expected);
}

static void filters_agree_with_pillow_and_pytorch(void **state) {
  (void)state;
  struct npy input;
  read_image("input", &input);
  for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
      check(filters[i].name, filters[i].filter, sizes[k], input.data);
  npy_free(&input);
}

static void weights_sum_to_one(void **state) {
  (void)state;
  struct noise noise = {11};
  for (int round = 0; round < 600; round++) {
    const uint32_t in = 1 + noise_below(&noise, 300), out = 1 + noise_below(&noise, 300);
    const s2vk_filter filter = (s2vk_filter)(round % 6);
    struct s2_axis axis;
    assert_ok(s2_axis_filter(&env, filter, in, out, &axis));
    for (uint32_t j = 0; j < out; j++) {
      double sum = 0;
      for (uint32_t k = axis.first[j]; k < axis.first[j + 1]; k++) {
        assert_true(axis.taps[k].index < in && (k == axis.first[j] || axis.taps[k].index > axis.taps[k - 1].index));
        sum += axis.taps[k].weight;
      }
      assert_true(fabs(sum - 1) < 1e-9);
    }
    s2_axis_destroy(&env, &axis);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(filters_agree_with_pillow_and_pytorch),
      cmocka_unit_test(weights_sum_to_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
