/* samples/viewer/analysis.c: principal components and similarities on the GPU against those of the host, in doubles. The
 * validation layer is enabled by the environment; what it says fails the test in CMakeLists.txt. */
#include "../../samples/extract/pca.h"
#include "analysis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define RANK 8 /* values of a token in the projections */

static struct gpu gpu;
static struct analyst analyst;
static uint64_t seed, state;

static double uniform(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (double)(state >> 11) / 9007199254740992.0 * 2 - 1;
}

/* ---- One analysis, and what the host reads of it ------------------------------------------------------------------ */

struct fixture {
  struct analysis_shape shape;
  struct buffer features;
  struct analysis analysis;
  const float *values; /* of the tokens, without prefix */
};

static size_t width(const struct analysis_shape *shape) {
  return (size_t)shape->scales * shape->channels;
}

static void make(struct fixture *f, struct analysis_shape shape) {
  *f = (struct fixture){.shape = shape};
  const size_t count = (shape.prefix + shape.tokens) * width(&shape);
  const VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
  assert_int_equal(buffer_create(&f->features, &gpu, count * sizeof(float), usage, true), VK_SUCCESS);
  const s2vk_tensor tensor = {.buffer = f->features.buffer, .bytes = f->features.bytes};
  assert_int_equal(analysis_create(&f->analysis, &analyst, &tensor, &shape), VK_SUCCESS);
  memset(f->features.host, 0, count * sizeof(float));
  f->values = (float *)f->features.host + shape.prefix * width(&shape);
}

/* Tokens along a few directions, each half as far as the one before, and a little of everything. */
static void fill(struct fixture *f) {
  const size_t count = width(&f->shape);
  float *values = f->features.host;
  double *directions = calloc(6 * count, sizeof *directions);
  assert_non_null(directions);
  for (size_t i = 0; i < 6 * count; i++)
    directions[i] = uniform();
  for (size_t i = 0; i < f->shape.prefix * count; i++)
    values[i] = (float)(1e3 * uniform()); /* must not be seen */
  for (size_t token = 0; token < f->shape.tokens; token++) {
    double along[6];
    for (int k = 0; k < 6; k++)
      along[k] = uniform() * pow(0.5, k);
    for (size_t i = 0; i < count; i++) {
      double value = 0.7 + 0.01 * uniform();
      for (size_t k = 0; k < 6; k++)
        value += along[k] * directions[k * count + i];
      values[(f->shape.prefix + token) * count + i] = (float)value;
    }
  }
  free(directions);
}

static void run(struct fixture *f, uint32_t picked) {
  struct one_time one_time;
  assert_int_equal(one_time_begin(&one_time, &gpu), VK_SUCCESS);
  analysis_record_components(&f->analysis, one_time.commands);
  analysis_record_similarities(&f->analysis, one_time.commands, picked);
  analysis_record_end(one_time.commands);
  assert_int_equal(one_time_end(&one_time, &gpu), VK_SUCCESS);
}

/* A copy of a buffer, to be freed. */
static void *read_buffer(const struct buffer *buffer) {
  struct buffer copy;
  struct one_time one_time;
  assert_int_equal(buffer_create(&copy, &gpu, buffer->bytes, VK_BUFFER_USAGE_TRANSFER_DST_BIT, true), VK_SUCCESS);
  assert_int_equal(one_time_begin(&one_time, &gpu), VK_SUCCESS);
  vkCmdCopyBuffer(one_time.commands, buffer->buffer, copy.buffer, 1, &(VkBufferCopy){.size = buffer->bytes});
  const VkMemoryBarrier copied = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
  vkCmdPipelineBarrier(
      one_time.commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &copied, 0, NULL, 0, NULL);
  assert_int_equal(one_time_end(&one_time, &gpu), VK_SUCCESS);
  void *data = malloc((size_t)copy.bytes);
  assert_non_null(data);
  memcpy(data, copy.host, (size_t)copy.bytes);
  buffer_destroy(&copy, &gpu);
  return data;
}

static void unmake(struct fixture *f) {
  analysis_destroy(&f->analysis);
  buffer_destroy(&f->features, &gpu);
}

/* ---- The host's ------------------------------------------------------------------------------------------------------ */

/* The channels of a field, tokens x count; to be freed. */
static float *take_field(const struct fixture *f, uint32_t field, size_t *count) {
  const bool all = field == f->shape.scales;
  const size_t first = all ? 0 : (size_t)field * f->shape.channels;
  *count = all ? width(&f->shape) : f->shape.channels;
  float *values = malloc(f->shape.tokens * *count * sizeof *values);
  assert_non_null(values);
  for (size_t token = 0; token < f->shape.tokens; token++)
    memcpy(values + token * *count, f->values + token * width(&f->shape) + first, *count * sizeof *values);
  return values;
}

/* 1, or -1 if a component agrees better with the negative of the host's: either may be taken. */
static double sign_of(const float *got, const float *wanted, size_t tokens) {
  double product = 0;
  for (size_t token = 0; token < tokens; token++)
    product += (double)got[token * RANK] * wanted[token * PCA_COMPONENTS];
  return product < 0 ? -1 : 1;
}

static void check_components(const struct fixture *f) {
  float *projections = read_buffer(&f->analysis.projections);
  const size_t tokens = f->shape.tokens;
  float *expected = malloc(tokens * PCA_COMPONENTS * sizeof *expected);
  assert_non_null(expected);
  for (uint32_t field = 0; field <= f->shape.scales; field++) {
    size_t count;
    float *values = take_field(f, field, &count);
    assert_true(pca_project(values, tokens, count, expected));
    double spread = 0;
    for (size_t token = 0; token < tokens; token++)
      spread = fmax(spread, fabs((double)expected[token * PCA_COMPONENTS]));
    for (size_t m = 0; m < PCA_COMPONENTS; m++) {
      const double sign = sign_of(projections + field * tokens * RANK + m, expected + m, tokens);
      for (size_t token = 0; token < tokens; token++) {
        const double got = projections[(field * tokens + token) * RANK + m];
        const double wanted = sign * expected[token * PCA_COMPONENTS + m];
        if (!(fabs(got - wanted) <= 2e-3 * spread))
          fail_msg("seed %llu: field %u, token %zu, component %zu is %g, not %g", (unsigned long long)seed, field,
              token, m, got, wanted);
      }
    }
    free(values);
  }
  free(expected);
  free(projections);
}

static void check_similarities(const struct fixture *f, uint32_t picked) {
  float *similarities = read_buffer(&f->analysis.similarities), *lowest = read_buffer(&f->analysis.lowest);
  for (uint32_t field = 0; field <= f->shape.scales; field++) {
    size_t count;
    float *values = take_field(f, field, &count);
    double smallest = 1, sum = 0, squares = 0;
    for (size_t token = 0; token < f->shape.tokens; token++) {
      double product = 0, a = 0, b = 0;
      for (size_t i = 0; i < count; i++) {
        const double x = values[token * count + i], y = values[picked * count + i];
        product += x * y;
        a += x * x;
        b += y * y;
      }
      const double cosine = product / sqrt(a * b);
      smallest = fmin(smallest, cosine);
      sum += cosine;
      squares += cosine * cosine;
      assert_true(fabs((double)similarities[field * f->shape.tokens + token] - cosine) < 1e-5);
    }
    const double mean = sum / f->shape.tokens, variance = squares / f->shape.tokens - mean * mean;
    assert_true(fabs((double)lowest[field] - fmax(smallest, mean - 1.5 * sqrt(fmax(variance, 0)))) < 1e-3);
    free(values);
  }
  free(similarities);
  free(lowest);
}

/* ---- Tests ----------------------------------------------------------------------------------------------------------- */

static void check(struct analysis_shape shape) {
  struct fixture f;
  make(&f, shape);
  fill(&f);
  const uint32_t picked = shape.tokens / 3;
  run(&f, picked);
  check_components(&f);
  check_similarities(&f, picked);
  unmake(&f);
}

static void components_and_similarities_are_the_hosts(void **unused) {
  (void)unused;
  check((struct analysis_shape){.scales = 2, .channels = 12, .tokens = 333});
}

static void prefix_tokens_are_left_out(void **unused) {
  (void)unused;
  check((struct analysis_shape){.scales = 3, .channels = 20, .tokens = 130, .prefix = 5});
}

static void one_scale_of_many_channels(void **unused) {
  (void)unused;
  check((struct analysis_shape){.scales = 1, .channels = 150, .tokens = 200, .prefix = 1});
}

static void fewer_channels_than_are_iterated(void **unused) {
  (void)unused;
  check((struct analysis_shape){.scales = 1, .channels = 3, .tokens = 100});
}

/* Nothing to tell tokens apart by: one colour, and no NaN. */
static void equal_tokens_have_one_colour(void **unused) {
  (void)unused;
  struct fixture f;
  make(&f, (struct analysis_shape){.scales = 2, .channels = 4, .tokens = 70});
  float *values = f.features.host;
  for (size_t i = 0; i < 70 * 8; i++)
    values[i] = 0.25f * (float)(i % 8 + 1);
  run(&f, 0);
  uint32_t *colours = read_buffer(&f.analysis.colours);
  for (size_t i = 0; i < 3 * 70; i++)
    assert_int_equal(colours[i], colours[0]);
  assert_int_equal(colours[0] >> 24, 255);
  free(colours);
  unmake(&f);
}

/* If the second scale is the negative of the first, its colours are the same. */
static void colours_of_scales_are_alike(void **unused) {
  (void)unused;
  struct fixture f;
  make(&f, (struct analysis_shape){.scales = 2, .channels = 10, .tokens = 150});
  fill(&f);
  float *values = f.features.host;
  for (size_t token = 0; token < 150; token++)
    for (size_t i = 0; i < 10; i++)
      values[token * 20 + 10 + i] = -values[token * 20 + i];
  run(&f, 0);
  unsigned char *colours = read_buffer(&f.analysis.colours);
  bool differ = false;
  for (size_t i = 0; i < 150 * 4; i++) {
    assert_true(abs(colours[i] - colours[150 * 4 + i]) <= 2);
    differ |= abs(colours[i] - colours[i % 4]) > 20;
  }
  assert_true(differ);
  free(colours);
  unmake(&f);
}

static int open_device(void **unused) {
  (void)unused;
  return gpu_open_instance(&gpu, NULL, 0) && gpu_open_device(&gpu, 0, VK_NULL_HANDLE) && !analyst_create(&analyst, &gpu)
             ? 0
             : -1;
}

static int close_device(void **unused) {
  (void)unused;
  analyst_destroy(&analyst);
  gpu_close(&gpu);
  return 0;
}

int main(void) {
  const char *given = getenv("S2VK_TEST_SEED");
  seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
  state = seed;
  printf("seed %llu\n", (unsigned long long)seed);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(components_and_similarities_are_the_hosts),
      cmocka_unit_test(prefix_tokens_are_left_out),
      cmocka_unit_test(one_scale_of_many_channels),
      cmocka_unit_test(fewer_channels_than_are_iterated),
      cmocka_unit_test(equal_tokens_have_one_colour),
      cmocka_unit_test(colours_of_scales_are_alike),
  };
  return cmocka_run_group_tests(tests, open_device, close_device);
}
