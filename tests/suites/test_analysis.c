/* samples/viewer/analysis.c: principal components and similarities on the GPU against those of the host, in doubles.
 * The validation layer is enabled by the environment; what it says fails the test in CMakeLists.txt. */
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

/* ---- One analysis, and what the host reads of it ----------------------------------------------------------------- */

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
  const VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT;
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
  analysis_record_components(&f->analysis, one_time.commands, NULL, false);
  analysis_record_similarities(&f->analysis, one_time.commands, &f->analysis, picked);
  const struct stats_range all = {.columns = f->shape.tokens, .end_row = 1, .end_column = f->shape.tokens, .high = 1};
  analysis_record_stats(&f->analysis, one_time.commands, VALUES_SIMILARITIES, &all);
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

/* ---- The host's -------------------------------------------------------------------------------------------------- */

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
  float *similarities = read_buffer(&f->analysis.values[VALUES_SIMILARITIES]);
  float *stats = read_buffer(&f->analysis.stats[VALUES_SIMILARITIES]);
  for (uint32_t field = 0; field <= f->shape.scales; field++) {
    size_t count;
    float *values = take_field(f, field, &count);
    double smallest = 1, largest = -1, sum = 0, squares = 0;
    uint32_t bins[STATS_BINS] = {0};
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
      largest = fmax(largest, cosine);
      const float got = similarities[field * f->shape.tokens + token];
      bins[(uint32_t)(fminf(fmaxf(got, 0), 0.9999f) * STATS_BINS)]++;
      sum += cosine;
      squares += cosine * cosine;
      assert_true(fabs((double)similarities[field * f->shape.tokens + token] - cosine) < 1e-5);
    }
    const double mean = sum / f->shape.tokens, variance = squares / f->shape.tokens - mean * mean;
    const float *own = stats + field * STATS_VALUES;
    assert_true(fabs((double)own[0] - fmax(smallest, mean - 1.5 * sqrt(fmax(variance, 0)))) < 1e-3);
    assert_true(fabs((double)own[1] - smallest) < 1e-5 && fabs((double)own[2] - largest) < 1e-5);
    assert_true(fabs((double)own[3] - mean) < 1e-4);
    for (int i = 0; i < STATS_BINS; i++)
      assert_int_equal((uint32_t)own[4 + i], bins[i]);
    free(values);
  }
  free(similarities);
  free(stats);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

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

/* If all tokens are equal, there is one colour, and no NaN. */
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

static void norms_are_lengths(void **unused) {
  (void)unused;
  struct fixture f;
  struct one_time one_time;
  make(&f, (struct analysis_shape){.scales = 2, .channels = 7, .tokens = 140, .prefix = 2});
  fill(&f);
  assert_int_equal(one_time_begin(&one_time, &gpu), VK_SUCCESS);
  analysis_record_norms(&f.analysis, one_time.commands);
  analysis_record_end(one_time.commands);
  assert_int_equal(one_time_end(&one_time, &gpu), VK_SUCCESS);
  float *norms = read_buffer(&f.analysis.values[VALUES_NORMS]);
  for (uint32_t field = 0; field <= 2; field++) {
    size_t count;
    float *values = take_field(&f, field, &count);
    for (size_t token = 0; token < 140; token++) {
      double squares = 0;
      for (size_t i = 0; i < count; i++)
        squares += (double)values[token * count + i] * (double)values[token * count + i];
      assert_true(fabs((double)norms[field * 140 + token] - sqrt(squares)) < 1e-5 * (1 + sqrt(squares)));
    }
    free(values);
  }
  free(norms);
  unmake(&f);
}

/* Of the second of three scales, on a grid of 6 x 8 tokens within one of 3 x 4. */
static void differences_are_within_coarse_tokens(void **unused) {
  (void)unused;
  struct fixture f;
  struct one_time one_time;
  const uint32_t chosen = 6; /* the second and the third */
  const s2vk_size grid = {6, 8}, coarse = {3, 4};
  make(&f, (struct analysis_shape){.scales = 3, .channels = 5, .tokens = 48, .prefix = 1});
  fill(&f);
  assert_int_equal(one_time_begin(&one_time, &gpu), VK_SUCCESS);
  analysis_record_norms(&f.analysis, one_time.commands);
  analysis_record_differences(&f.analysis, one_time.commands, chosen, &grid, &coarse);
  analysis_record_end(one_time.commands);
  assert_int_equal(one_time_end(&one_time, &gpu), VK_SUCCESS);
  float *differences = read_buffer(&f.analysis.values[VALUES_DIFFERENCES]);
  for (uint32_t token = 0; token < 48; token++) {
    const uint32_t row = token / 8 / 2 * 2, column = token % 8 / 2 * 2;
    double sums[10] = {0}, squares = 0;
    for (uint32_t i = 0; i < 4; i++) {
      const float *values = f.values + ((row + i / 2) * 8 + column + i % 2) * 15 + 5;
      double norm = 0;
      for (int c = 0; c < 10; c++)
        norm += (double)values[c] * (double)values[c];
      for (int c = 0; c < 10; c++)
        sums[c] += (double)values[c] / sqrt(norm);
    }
    for (int c = 0; c < 10; c++)
      squares += sums[c] * sums[c];
    assert_true(fabs((double)differences[token] - (1 - sqrt(squares) / 4)) < 1e-5);
  }
  free(differences);
  unmake(&f);
}

/* Tokens are in four groups that are far apart. Four segments must find them. */
static void segments_are_the_groups(void **unused) {
  (void)unused;
  struct fixture f;
  struct one_time one_time;
  make(&f, (struct analysis_shape){.scales = 1, .channels = 12, .tokens = 200});
  float *values = f.features.host;
  for (size_t token = 0; token < 200; token++)
    for (size_t i = 0; i < 12; i++)
      values[token * 12 + i] = (float)((i % 4 == token % 4 ? 3 : 0) + 0.2 * uniform());
  assert_int_equal(one_time_begin(&one_time, &gpu), VK_SUCCESS);
  analysis_record_components(&f.analysis, one_time.commands, NULL, false);
  analysis_record_segments(&f.analysis, one_time.commands, 4);
  analysis_record_end(one_time.commands);
  assert_int_equal(one_time_end(&one_time, &gpu), VK_SUCCESS);
  uint32_t *labels = read_buffer(&f.analysis.labels), *colours = read_buffer(&f.analysis.segments);
  for (size_t token = 4; token < 400; token++) { /* of the one scale, and of all */
    const size_t first = token / 200 * 200 + token % 200 % 4;
    assert_int_equal(labels[token], labels[first]);
    assert_int_equal(colours[token], colours[first]);
    for (size_t other = 0; other < 4; other++)
      if (other != token % 200 % 4)
        assert_int_not_equal(labels[token], labels[token / 200 * 200 + other]);
  }
  free(labels);
  free(colours);
  unmake(&f);
}

/* A field of 8 x 10 with a square in its middle that differs: it is in front, and what is behind has no colour. */
static void what_is_in_front_has_colours(void **unused) {
  (void)unused;
  for (int flipped = 0; flipped < 2; flipped++) {
    struct fixture f;
    struct one_time one_time;
    const uint32_t grids[4] = {8, 10, 0, 0};
    make(&f, (struct analysis_shape){.scales = 1, .channels = 6, .tokens = 80});
    float *values = f.features.host;
    for (size_t token = 0; token < 80; token++)
      for (size_t i = 0; i < 6; i++)
        values[token * 6 + i] =
            (float)(0.3 * uniform() +
                    (token / 10 % 7 >= 2 && token / 10 < 6 && token % 10 >= 2 && token % 10 < 8 ? 4 : 0));
    assert_int_equal(one_time_begin(&one_time, &gpu), VK_SUCCESS);
    analysis_record_components(&f.analysis, one_time.commands, grids, flipped);
    analysis_record_end(one_time.commands);
    assert_int_equal(one_time_end(&one_time, &gpu), VK_SUCCESS);
    uint32_t *colours = read_buffer(&f.analysis.colours);
    for (size_t token = 1; token < 80; token++) {
      const bool inside = token / 10 >= 2 && token / 10 < 6 && token % 10 >= 2 && token % 10 < 8;
      const bool plain = colours[token] == colours[flipped ? 22 : 0];
      assert_true(plain == (inside == (flipped != 0)));
    }
    free(colours);
    unmake(&f);
  }
}

/* Similarities to a token of another analysis are to its features. */
static void similarities_go_from_one_to_the_other(void **unused) {
  (void)unused;
  struct fixture a, b;
  struct one_time one_time;
  make(&a, (struct analysis_shape){.scales = 2, .channels = 6, .tokens = 50, .prefix = 1});
  make(&b, (struct analysis_shape){.scales = 2, .channels = 6, .tokens = 70});
  fill(&a);
  fill(&b);
  assert_int_equal(one_time_begin(&one_time, &gpu), VK_SUCCESS);
  analysis_record_similarities(&b.analysis, one_time.commands, &a.analysis, 17);
  analysis_record_end(one_time.commands);
  assert_int_equal(one_time_end(&one_time, &gpu), VK_SUCCESS);
  float *similarities = read_buffer(&b.analysis.values[VALUES_SIMILARITIES]);
  for (size_t token = 0; token < 70; token++) {
    double product = 0, x = 0, y = 0;
    for (size_t i = 0; i < 12; i++) {
      product += (double)a.values[17 * 12 + i] * (double)b.values[token * 12 + i];
      x += (double)a.values[17 * 12 + i] * (double)a.values[17 * 12 + i];
      y += (double)b.values[token * 12 + i] * (double)b.values[token * 12 + i];
    }
    assert_true(fabs((double)similarities[2 * 70 + token] - product / sqrt(x * y)) < 1e-5);
  }
  free(similarities);
  unmake(&a);
  unmake(&b);
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
      cmocka_unit_test(norms_are_lengths),
      cmocka_unit_test(differences_are_within_coarse_tokens),
      cmocka_unit_test(segments_are_the_groups),
      cmocka_unit_test(what_is_in_front_has_colours),
      cmocka_unit_test(similarities_go_from_one_to_the_other),
  };
  return cmocka_run_group_tests(tests, open_device, close_device);
}
