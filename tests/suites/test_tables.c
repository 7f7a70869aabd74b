/* The tables' words, read as the shaders read them, do what the reference does. */
#include "suite.h"

#include "reference.h"
#include "tables.h"

static const struct s2_host host = {.log = gpu_log};

static float word_float(uint32_t word) {
  float value;
  memcpy(&value, &word, sizeof value);
  return value;
}

static struct s2_scale_record record_of(const struct s2_tables *tables, uint32_t scale) {
  struct s2_scale_record record;
  memcpy(&record, tables->words + scale * sizeof record / sizeof(uint32_t), sizeof record);
  return record;
}

static void open_tables(const s2vk_plan_info *info, struct s2_geometry *geometry, struct s2_tables *tables) {
  assert_ok(s2_geometry_create(&host, info, geometry));
  assert_ok(s2_tables_create(&host, geometry, tables));
}

static void close_tables(struct s2_geometry *geometry, struct s2_tables *tables) {
  s2_tables_destroy(&host, tables);
  s2_geometry_destroy(&host, geometry);
}

static void random_info(struct noise *noise, s2vk_plan_info *info, s2vk_size *sizes) {
  for (uint32_t i = 0; i < 2; i++)
    sizes[i] = (s2vk_size){1 + noise_below(noise, 40), 1 + noise_below(noise, 40)};
  *info = suite_plan_info();
  info->batch = 1;
  info->channels = 1;
  info->height = 1 + noise_below(noise, 30);
  info->width = 1 + noise_below(noise, 30);
  info->scales = NULL;
  info->img_sizes = sizes;
  info->max_split_size = 1 + noise_below(noise, 20);
  info->split_mode = (s2vk_split_mode)noise_below(noise, 2);
  info->grid_policy = (s2vk_grid_policy)noise_below(noise, 2);
  info->output_shape = S2VK_OUTPUT_BCHW;
  info->resize_output_to_idx = (int32_t)noise_below(noise, 2);
  info->model =
      (s2vk_model_shape){.channels = 1, .height = 1 + noise_below(noise, 6), .width = 1 + noise_below(noise, 6)};
}

static double split_pixel(
    const struct s2_tables *tables, const s2vk_plan_info *info, uint32_t scale, uint32_t y, uint32_t x, double *input) {
  const struct s2_scale_record r = record_of(tables, scale);
  if (y >= r.image_height || x >= r.image_width)
    return 0;
  double sum = 0;
  for (uint32_t i = 0; i < r.ky; i++)
    for (uint32_t k = 0; k < r.kx; k++) {
      const uint32_t *row = &tables->words[r.split_y + (y * r.ky + i) * 2];
      const uint32_t *column = &tables->words[r.split_x + (x * r.kx + k) * 2];
      sum += (double)word_float(row[1]) * word_float(column[1]) * input[row[0] * info->width + column[0]];
    }
  return sum;
}

static void split_words_interpolate(void **state) {
  (void)state;
  struct noise noise = {3};
  for (int round = 0; round < 200; round++) {
    s2vk_plan_info info;
    s2vk_size sizes[2];
    struct s2_geometry g;
    struct s2_tables tables;
    double input[30 * 30];
    random_info(&noise, &info, sizes);
    open_tables(&info, &g, &tables);
    for (uint32_t i = 0; i < info.height * info.width; i++)
      input[i] = noise_unit(&noise);
    for (uint32_t scale = 0; scale < 2; scale++) {
      double *tiles = reference_split(&info, scale, input);
      const struct reference_scale s = reference_scale(&info, scale);
      for (uint32_t y = 0; y < s.rows * s.side; y++)
        for (uint32_t x = 0; x < s.columns * s.side; x++) {
          const uint32_t tile = y / s.side * s.columns + x / s.side;
          const double expected = tiles[(tile * s.side + y % s.side) * s.side + x % s.side];
          assert_true(fabs(split_pixel(&tables, &info, scale, y, x, input) - expected) < 2e-6);
        }
      free(tiles);
    }
    close_tables(&g, &tables);
  }
}

/* The segments of a coordinate's window, each with the tile it is in; sums them into per-token weights of the grid. */
static void window_weights(const uint32_t *words, uint32_t at, uint32_t j, uint32_t side, double *weights) {
  uint32_t last_tile = 0;
  for (uint32_t segment = words[at + j]; segment < words[at + j + 1]; segment += 3) {
    assert_true(segment == words[at + j] || words[segment] > last_tile);
    last_tile = words[segment];
    assert_true(words[segment + 1] < words[segment + 2]);
    for (uint32_t tap = words[segment + 1]; tap < words[segment + 2]; tap += 2) {
      assert_true(words[tap] < side);
      weights[last_tile * side + words[tap]] += word_float(words[tap + 1]);
    }
  }
}

static void merge_words_sum_windows(void **state) {
  (void)state;
  struct noise noise = {4};
  for (int round = 0; round < 200; round++) {
    s2vk_plan_info info;
    s2vk_size sizes[2];
    struct s2_geometry g;
    struct s2_tables tables;
    random_info(&noise, &info, sizes);
    open_tables(&info, &g, &tables);
    for (uint32_t scale = 0; scale < 2; scale++) {
      const struct s2_scale_record r = record_of(&tables, scale);
      for (int k = 0; k < 2; k++) {
        const struct s2_axis *axis = &tables.axes[scale].merge[k];
        for (uint32_t j = 0; j < axis->out; j++) {
          double weights[40 * 6] = {0};
          window_weights(tables.words, k ? r.merge_x : r.merge_y, j, k ? r.feature_width : r.feature_height, weights);
          for (uint32_t t = axis->first[j]; t < axis->first[j + 1]; t++)
            weights[axis->taps[t].index] -= axis->taps[t].weight;
          for (uint32_t i = 0; i < axis->in; i++)
            assert_true(fabs(weights[i]) < 1e-7);
        }
      }
    }
    close_tables(&g, &tables);
  }
}

static void records_hold_the_geometry(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  struct s2_geometry g;
  struct s2_tables tables;
  info.num_prefix_token = 1;
  info.model.tokens = 5;
  open_tables(&info, &g, &tables);
  const struct s2_scale_record r = record_of(&tables, 1);
  assert_int_equal(r.first_tile, 2);
  assert_int_equal(r.tile_count, 8);
  assert_int_equal(r.tile_rows, 2);
  assert_int_equal(r.tile_columns, 2);
  assert_int_equal(r.image_height, 16);
  assert_int_equal(r.feature_height, 2);
  assert_int_equal(r.feature_elements, 20);
  assert_true(r.prefix_weight == 0.25f);
  close_tables(&g, &tables);
}

/* Padded taps stand for the first one in parts, so that a coordinate reads nothing that its sum does not. */
static void padding_reads_nothing_new(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  struct s2_geometry g;
  struct s2_tables tables;
  open_tables(&info, &g, &tables);
  const struct s2_scale_record r = record_of(&tables, 1);
  const struct s2_axis *axis = &tables.axes[1].split[0];
  assert_int_equal(r.ky, 4);
  assert_int_equal(axis->first[1], 2); /* at the border two taps become four */
  const uint32_t *taps = &tables.words[r.split_y];
  double sums[2] = {0};
  for (uint32_t k = 0; k < 4; k++) {
    assert_true(taps[2 * k] == axis->taps[0].index || taps[2 * k] == axis->taps[1].index);
    sums[taps[2 * k] == axis->taps[1].index] += word_float(taps[2 * k + 1]);
  }
  assert_true(sums[0] == (float)axis->taps[0].weight);
  assert_true(sums[1] == (float)axis->taps[1].weight);
  close_tables(&g, &tables);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(split_words_interpolate),
      cmocka_unit_test(merge_words_sum_windows),
      cmocka_unit_test(records_hold_the_geometry),
      cmocka_unit_test(padding_reads_nothing_new),
  };
  return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
