#include "suite.h"

#include "map/axis.h"

static const struct s2_env env = {.log = gpu_log};

static double apply(const struct s2_axis *axis, uint32_t j, const double *samples) {
  double sum = 0;
  for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++)
    sum += axis->taps[k].weight * samples[axis->taps[k].index];
  return sum;
}

/* What the header promises of every axis: sorted, each index once, no tap of weight 0, inside the input, no empty
 * coordinate; and for interpolations, that weights add up to 1. */
static void check_form(const struct s2_axis *axis) {
  assert_int_equal(axis->first[0], 0);
  for (uint32_t j = 0; j < axis->out; j++) {
    double sum = 0;
    assert_true(axis->first[j] < axis->first[j + 1]);
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++) {
      assert_true(axis->taps[k].index < axis->in);
      assert_true(axis->taps[k].weight != 0 || axis->taps[k].negative < 0);
      assert_true(axis->taps[k].negative <= 0);
      if (k > axis->first[j])
        assert_true(axis->taps[k].index > axis->taps[k - 1].index);
      sum += axis->taps[k].weight;
    }
    assert_true(fabs(sum - 1) < 1e-9);
  }
}

static void same_size_is_a_copy(void **state) {
  (void)state;
  struct s2_axis axis;
  for (int kind = 0; kind < 3; kind++) {
    assert_ok(kind == 0   ? s2_axis_bicubic(&env, 17, 17, &axis)
              : kind == 1 ? s2_axis_area(&env, 17, 17, &axis)
                          : s2_axis_crop(&env, 17, 17, &axis));
    for (uint32_t j = 0; j < 17; j++) {
      assert_int_equal(axis.first[j + 1] - axis.first[j], 1);
      assert_int_equal(axis.taps[j].index, j);
      assert_true(axis.taps[j].weight == 1);
    }
    s2_axis_destroy(&env, &axis);
  }
}

/* The Keys kernel of a = -0.75 at distances 1.75, 0.75, 0.25 and 1.25. */
static void bicubic_doubles_as_by_hand(void **state) {
  (void)state;
  struct s2_axis axis;
  assert_ok(s2_axis_bicubic(&env, 8, 16, &axis));
  check_form(&axis);
  const double expected[] = {-0.03515625, 0.26171875, 0.87890625, -0.10546875};
  const struct s2_tap *taps = &axis.taps[axis.first[8]]; /* position 3.75: samples 2, 3, 4 and 5 */
  assert_int_equal(axis.first[9] - axis.first[8], 4);
  for (uint32_t k = 0; k < 4; k++) {
    assert_int_equal(taps[k].index, 2 + k);
    assert_true(fabs(taps[k].weight - expected[k]) < 1e-15);
  }
  s2_axis_destroy(&env, &axis);
}

static void bicubic_clamps_at_the_border(void **state) {
  (void)state;
  struct s2_axis axis;
  assert_ok(s2_axis_bicubic(&env, 1, 5, &axis)); /* one sample stands for all */
  check_form(&axis);
  for (uint32_t j = 0; j < 5; j++)
    assert_int_equal(axis.first[j + 1] - axis.first[j], 1);
  s2_axis_destroy(&env, &axis);
  assert_ok(s2_axis_bicubic(&env, 4, 8, &axis));
  const struct s2_tap *taps = axis.taps; /* position -0.25: samples -2, -1 and 0 are all 0 */
  assert_int_equal(axis.first[1], 2);
  assert_true(fabs(taps[0].weight - 1.10546875) < 1e-15);
  assert_true(fabs(taps[1].weight - -0.10546875) < 1e-15);
  s2_axis_destroy(&env, &axis);
}

static void constants_stay(void **state) {
  (void)state;
  const uint32_t sizes[] = {1, 2, 3, 7, 31, 32, 33, 224, 336, 1008};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (size_t o = 0; o < sizeof sizes / sizeof *sizes; o++) {
      struct s2_axis axis;
      assert_ok(s2_axis_bicubic(&env, sizes[i], sizes[o], &axis));
      check_form(&axis);
      assert_true(s2_axis_width(&axis) <= 4);
      s2_axis_destroy(&env, &axis);
      assert_ok(s2_axis_area(&env, sizes[i], sizes[o], &axis));
      check_form(&axis);
      s2_axis_destroy(&env, &axis);
    }
}

/* The ratio is a float, the position from it a double: at 3 to 1 that moves the positions from where
 * they are exactly. */
static void bicubic_takes_the_ratio_in_float(void **state) {
  (void)state;
  struct s2_axis axis;
  assert_ok(s2_axis_bicubic(&env, 336, 1008, &axis));
  const uint32_t j = 1000;
  const double x = (j + 0.5) * (double)(336.0f / 1008.0f) - 0.5, f = x - floor(x);
  const double a = -0.75, weight = ((a + 2) * f - (a + 3)) * f * f + 1; /* of sample floor(x) */
  bool found = false;
  for (uint32_t k = axis.first[j]; k < axis.first[j + 1]; k++)
    if (axis.taps[k].index == (uint32_t)x)
      found = fabs(axis.taps[k].weight - weight) < 1e-15;
  assert_true(found);
  s2_axis_destroy(&env, &axis);
}

static void area_windows_are_integer(void **state) {
  (void)state;
  struct s2_axis axis;
  assert_ok(s2_axis_area(&env, 7, 3, &axis));
  const uint32_t begin[] = {0, 2, 4}, end[] = {3, 5, 7};
  for (uint32_t j = 0; j < 3; j++) {
    assert_int_equal(axis.first[j + 1] - axis.first[j], end[j] - begin[j]);
    assert_int_equal(axis.taps[axis.first[j]].index, begin[j]);
    assert_true(axis.taps[axis.first[j]].weight == 1.0 / 3);
  }
  s2_axis_destroy(&env, &axis);
  assert_ok(s2_axis_area(&env, 3, 7, &axis)); /* it also serves upwards */
  assert_int_equal(axis.first[3] - axis.first[2], 2);
  assert_int_equal(axis.taps[axis.first[2]].index, 0);
  s2_axis_destroy(&env, &axis);
}

static void crop_takes_the_first(void **state) {
  (void)state;
  struct s2_axis axis;
  assert_ok(s2_axis_crop(&env, 9, 4, &axis));
  check_form(&axis);
  assert_int_equal(axis.out, 4);
  assert_int_equal(axis.taps[3].index, 3);
  assert_int_equal(s2_axis_width(&axis), 1);
  s2_axis_destroy(&env, &axis);
}

static void make_random(struct noise *noise, uint32_t in, uint32_t out, struct s2_axis *axis) {
  const uint32_t kind = noise_below(noise, out <= in ? 3 : 2);
  assert_ok(kind == 0   ? s2_axis_bicubic(&env, in, out, axis)
            : kind == 1 ? s2_axis_area(&env, in, out, axis)
                        : s2_axis_crop(&env, in, out, axis));
}

/* Three tiles of 4 that share 2, of 7 coordinates: the last one has no fourth. */
static void tiles_overlap(void **state) {
  (void)state;
  static const uint32_t expected[] = {0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6};
  struct s2_axis axis;
  assert_ok(s2_axis_tiles(&env, 7, 3, 4, 2, &axis));
  assert_int_equal(axis.in, 7);
  assert_int_equal(axis.out, 11);
  check_form(&axis);
  for (uint32_t j = 0; j < 11; j++)
    assert_true(axis.first[j + 1] == j + 1 && axis.taps[j].index == expected[j] && axis.taps[j].weight == 1);
  s2_axis_destroy(&env, &axis);
}

/* Two tiles of 5 that share 2: (0.75, 0.25) of the first and the second, then (0.25, 0.75). */
static void shared_coordinates_are_blended(void **state) {
  (void)state;
  struct s2_axis axis;
  assert_ok(s2_axis_blend(&env, 2, 5, 2, &axis));
  assert_int_equal(axis.in, 10);
  assert_int_equal(axis.out, 8);
  check_form(&axis);
  const double samples[] = {1, 2, 3, 4, 5, 8, 16, 32, 64, 128};
  const double expected[] = {1, 2, 3, 0.75 * 4 + 0.25 * 8, 0.25 * 5 + 0.75 * 16, 32, 64, 128};
  for (uint32_t j = 0; j < 8; j++)
    assert_true(apply(&axis, j, samples) == expected[j]);
  s2_axis_destroy(&env, &axis);
}

/* If two tiles have equal values, their blend has them, too. */
static void blending_undoes_tiling(void **state) {
  (void)state;
  for (uint32_t side = 2; side < 12; side++)
    for (uint32_t shared = 1; shared <= side / 2; shared++)
      for (uint32_t tiles = 1; tiles < 5; tiles++) {
        struct s2_axis axis, next;
        const uint32_t whole = tiles * (side - shared) + shared;
        assert_ok(s2_axis_tiles(&env, whole, tiles, side, side - shared, &axis));
        assert_int_equal(axis.out, tiles * side);
        assert_ok(s2_axis_blend(&env, tiles, side, shared, &next));
        assert_int_equal(next.out, whole);
        check_form(&next);
        assert_ok(s2_axis_compose(&env, &axis, &next));
        for (uint32_t j = 0; j < whole; j++) {
          assert_int_equal(axis.first[j + 1], j + 1);
          assert_true(axis.taps[j].index == j && fabs(axis.taps[j].weight - 1) < 1e-15);
        }
        s2_axis_destroy(&env, &axis);
        s2_axis_destroy(&env, &next);
      }
}

static void a_chain_is_the_product(void **state) {
  (void)state;
  struct noise noise = {1};
  for (int round = 0; round < 500; round++) {
    const uint32_t sizes[] = {1 + noise_below(&noise, 60), 1 + noise_below(&noise, 60), 1 + noise_below(&noise, 60)};
    double samples[60], between[60];
    for (uint32_t i = 0; i < sizes[0]; i++)
      samples[i] = noise_unit(&noise);
    struct s2_axis first, second;
    make_random(&noise, sizes[0], sizes[1], &first);
    make_random(&noise, sizes[1], sizes[2], &second);
    for (uint32_t j = 0; j < sizes[1]; j++)
      between[j] = apply(&first, j, samples);
    assert_ok(s2_axis_compose(&env, &first, &second));
    assert_int_equal(first.in, sizes[0]);
    assert_int_equal(first.out, sizes[2]);
    check_form(&first);
    for (uint32_t j = 0; j < sizes[2]; j++)
      assert_true(fabs(apply(&first, j, samples) - apply(&second, j, between)) < 1e-13);
    s2_axis_destroy(&env, &first);
    s2_axis_destroy(&env, &second);
  }
}

static VKAPI_ATTR void *VKAPI_CALL allocate_until(
    void *user, size_t size, size_t alignment, VkSystemAllocationScope scope) {
  (void)alignment;
  (void)scope;
  int *left = user;
  return (*left)-- > 0 ? malloc(size) : NULL;
}

static VKAPI_ATTR void VKAPI_CALL plain_free(void *user, void *memory) {
  (void)user;
  free(memory);
}

static void out_of_memory_leaves_nothing(void **state) {
  (void)state;
  int left = 0, allowed = 0;
  const VkAllocationCallbacks callbacks = {.pUserData = &left, .pfnAllocation = allocate_until, .pfnFree = plain_free};
  const struct s2_env scarce = {.log = gpu_log, .callbacks = callbacks, .allocator = &callbacks};
  for (bool done = false; !done; allowed++) {
    assert_true(allowed < 20);
    struct s2_axis axis = {0}, next = {0};
    left = allowed;
    s2vk_result result = s2_axis_bicubic(&scarce, 10, 20, &axis);
    if (!result)
      result = s2_axis_area(&scarce, 20, 5, &next);
    if (!result)
      result = s2_axis_compose(&scarce, &axis, &next);
    done = result == S2VK_SUCCESS;
    if (!done)
      assert_int_equal(result, S2VK_ERROR_OUT_OF_HOST_MEMORY);
    s2_axis_destroy(&scarce, &axis);
    s2_axis_destroy(&scarce, &next);
  }
  assert_true(allowed > 5);
}

/* Sources are clamped at the border, and chained: a sample that counts with both signs keeps both. */
static void both_signs_are_kept(void **state) {
  (void)state;
  struct s2_axis axis, next;
  assert_ok(s2_axis_bicubic(&env, 4, 8, &axis));
  /* The first position is -0.25: sources -2 to 1, at distances 1.75, 0.75, 0.25 and 1.25. */
  assert_int_equal(axis.taps[0].index, 0);
  assert_true(fabs(axis.taps[0].negative - -0.03515625) < 1e-9);
  assert_true(fabs(axis.taps[0].weight - (-0.03515625 + 0.26171875 + 0.87890625)) < 1e-9);
  assert_true(axis.taps[1].negative == 0 && axis.taps[1].weight < 0);
  assert_int_equal(s2_axis_width(&axis), 4);
  assert_ok(s2_axis_bicubic(&env, 8, 9, &next));
  assert_ok(s2_axis_compose(&env, &axis, &next));
  check_form(&axis);
  uint32_t mixed = 0;
  for (uint32_t k = axis.first[4]; k < axis.first[5]; k++) /* far from the border */
    mixed += axis.taps[k].negative < 0 && axis.taps[k].negative < axis.taps[k].weight;
  assert_true(mixed > 0);
  s2_axis_destroy(&env, &axis);
  s2_axis_destroy(&env, &next);
}

static void a_copy_stands_alone(void **state) {
  (void)state;
  struct s2_axis axis, copy;
  assert_ok(s2_axis_bicubic(&env, 4, 9, &axis));
  assert_ok(s2_axis_copy(&env, &axis, &copy));
  assert_int_equal(copy.in, 4);
  assert_int_equal(copy.out, 9);
  assert_memory_equal(copy.first, axis.first, 10 * sizeof *axis.first);
  assert_memory_equal(copy.taps, axis.taps, axis.first[9] * sizeof *axis.taps);
  s2_axis_destroy(&env, &axis);
  check_form(&copy);
  s2_axis_destroy(&env, &copy);
}

/* Of three coordinates, which begin far from each other: 2, 4 and 1 inputs wide, the one in between without some. */
static void the_support_is_that_of_the_widest(void **state) {
  (void)state;
  struct s2_tap taps[] = {{0, 0.5, 0}, {1, 0.5, 0}, {20, 0.5, 0}, {23, 0.5, 0}, {50, 1, 0}, {90, 1, 0}};
  uint32_t first[] = {0, 2, 4, 5};
  const struct s2_axis axis = {.in = 100, .out = 3, .first = first, .taps = taps};
  assert_int_equal(s2_axis_support(&axis), 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_size_is_a_copy),
      cmocka_unit_test(bicubic_doubles_as_by_hand),
      cmocka_unit_test(bicubic_clamps_at_the_border),
      cmocka_unit_test(constants_stay),
      cmocka_unit_test(bicubic_takes_the_ratio_in_float),
      cmocka_unit_test(area_windows_are_integer),
      cmocka_unit_test(crop_takes_the_first),
      cmocka_unit_test(tiles_overlap),
      cmocka_unit_test(shared_coordinates_are_blended),
      cmocka_unit_test(blending_undoes_tiling),
      cmocka_unit_test(a_chain_is_the_product),
      cmocka_unit_test(both_signs_are_kept),
      cmocka_unit_test(a_copy_stands_alone),
      cmocka_unit_test(out_of_memory_leaves_nothing),
      cmocka_unit_test(the_support_is_that_of_the_widest),
  };
  return cmocka_run_group_tests_name("axis", tests, NULL, NULL);
}
