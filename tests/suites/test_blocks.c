/* Blocks read all that their coordinates read, and no more than they say. */
#include "suite.h"

#include "blocks.h"

static const struct s2_host host = {.log = gpu_log};

/* Every tap of every coordinate is in its window, and every window in its block. */
static void check(const struct s2_axis *axis, uint32_t padded, const struct s2_blocks *b) {
  assert_int_equal(b->source % b->align, 0);
  assert_true(b->taps <= b->source);
  for (uint32_t j = 0; j < padded; j++) {
    const uint32_t p = j % b->size;
    const int32_t first = s2_blocks_first(axis, b, j / b->size);
    assert_true(b->offsets[p] + b->taps <= b->source);
    assert_int_equal(first % (int32_t)b->align, 0);
    if (b->advance && j >= b->size)
      assert_int_equal(first - s2_blocks_first(axis, b, j / b->size - 1), b->advance);
    for (uint32_t k = j < axis->out ? axis->first[j] : 0; j < axis->out && k < axis->first[j + 1]; k++) {
      const int64_t place = (int64_t)axis->taps[k].index - first - b->offsets[p];
      assert_true(place >= 0 && place < b->taps);
    }
  }
}

static void windows_hold_all_taps(void **state) {
  (void)state;
  struct noise noise = {21};
  uint32_t taken = 0, even = 0;
  for (int round = 0; round < 3000; round++) {
    const uint32_t in = 4 * (1 + noise_below(&noise, 40)), out = 1 + noise_below(&noise, 200);
    const uint32_t size = 1 + noise_below(&noise, S2_MAX_BLOCK), align = noise_below(&noise, 2) ? 4 : 1;
    const uint32_t padded = (out + noise_below(&noise, 50) + size - 1) / size * size;
    struct s2_axis axis;
    struct s2_blocks blocks;
    assert_ok(round % 3 ? s2_axis_bicubic(&host, in, out, &axis) : s2_axis_area(&host, in, out, &axis));
    if (s2_blocks_take(&axis, padded, size, align, &blocks)) {
      taken++;
      even += blocks.advance > 0;
      check(&axis, padded, &blocks);
    }
    s2_axis_destroy(&host, &axis);
  }
  assert_true(taken > 1500 && even > 100);
}

static struct s2_blocks take(uint32_t in, uint32_t out, uint32_t size, uint32_t align) {
  struct s2_axis axis;
  struct s2_blocks blocks;
  assert_ok(s2_axis_bicubic(&host, in, out, &axis));
  assert_true(s2_blocks_take(&axis, out, size, align, &blocks));
  s2_axis_destroy(&host, &axis);
  return blocks;
}

/* One that nearly repeats is read as if it did, and a little more. */
static void blocks_drift(void **state) {
  (void)state;
  struct noise noise = {22};
  uint32_t taken = 0;
  for (int round = 0; round < 3000; round++) {
    const uint32_t in = 1 + noise_below(&noise, 400), size = 1 + noise_below(&noise, S2_MAX_BLOCK);
    const uint32_t out = in * (1 + noise_below(&noise, 3)) + noise_below(&noise, 9);
    const uint32_t padded = (out + noise_below(&noise, 50) + size - 1) / size * size;
    struct s2_axis axis;
    struct s2_blocks blocks;
    assert_ok(round % 3 ? s2_axis_bicubic(&host, in, out, &axis) : s2_axis_area(&host, in, out, &axis));
    if (s2_blocks_drift(&axis, padded, size, &blocks)) {
      taken++;
      assert_true(blocks.advance > 0 && blocks.taps <= 4 + 2 + S2_MAX_DRIFT);
      check(&axis, padded, &blocks);
    }
    s2_axis_destroy(&host, &axis);
  }
  assert_true(taken > 500);
  struct s2_axis axis;
  struct s2_blocks blocks;
  assert_ok(s2_axis_bicubic(&host, 333, 336, &axis));
  assert_true(s2_blocks_drift(&axis, 336, 4, &blocks)); /* from 0 to 332 in 84 steps of 4, less 3 */
  assert_int_equal(blocks.advance, 4);
  s2_axis_destroy(&host, &axis);
  assert_ok(s2_axis_bicubic(&host, 336, 504, &axis));
  assert_false(s2_blocks_drift(&axis, 504, 3, &blocks)); /* these do not */
  assert_false(s2_blocks_drift(&axis, 504, 4, &blocks)); /* nor are these near to a whole number */
  s2_axis_destroy(&host, &axis);
}

/* At whole ratios nothing is read in vain, the ends included. */
static void whole_ratios_are_tight(void **state) {
  (void)state;
  const struct s2_blocks rows = take(336, 672, 16, 1), columns = take(336, 1008, 24, 4), copy = take(336, 336, 8, 4);
  assert_int_equal(rows.taps, 4);
  assert_int_equal(rows.advance, 8);
  assert_int_equal(rows.source, 12);
  assert_int_equal(columns.taps, 4);
  assert_int_equal(columns.advance, 8);
  assert_int_equal(columns.source, 16);
  assert_int_equal(copy.taps, 1);
  assert_int_equal(copy.source, 8);
}

static void refuses_what_is_too_long(void **state) {
  (void)state;
  struct s2_axis axis;
  struct s2_blocks blocks;
  assert_ok(s2_axis_bicubic(&host, 1600, 160, &axis));
  assert_false(s2_blocks_take(&axis, 160, 8, 1, &blocks));
  assert_true(s2_blocks_take(&axis, 160, 4, 1, &blocks));
  s2_axis_destroy(&host, &axis);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(windows_hold_all_taps),
      cmocka_unit_test(blocks_drift),
      cmocka_unit_test(whole_ratios_are_tight),
      cmocka_unit_test(refuses_what_is_too_long),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
