/* The tables' entries, read as the shaders read them, do what the reference does; as made for GPUs and for CPU drivers. */
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
  memcpy(&record, tables->entries + scale * sizeof record / sizeof *tables->entries, sizeof record);
  return record;
}

static const struct s2_target gpu = {.range = UINT64_MAX, .texels = UINT32_MAX};
static const struct s2_target looping = {.keeps_branches = true, .range = UINT64_MAX, .texels = UINT32_MAX};
static const struct s2_target cpu = {.cpu = true, .int64 = true, .range = UINT64_MAX, .texels = UINT32_MAX};

static void open_tables(const s2vk_plan_info *info, const struct s2_target *target, struct s2_geometry *geometry,
    struct s2_tables *tables) {
  assert_ok(s2_geometry_create(&host, info, geometry));
  assert_ok(s2_tables_create(&host, target, geometry, tables));
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
  info->width = noise_below(noise, 2) ? 1 + noise_below(noise, 30) : 4 + noise_below(noise, 6) * 4;
  info->scales = NULL;
  info->img_sizes = sizes;
  info->max_split_size = noise_below(noise, 2) ? 1 + noise_below(noise, 20) : 4 + noise_below(noise, 5) * 4;
  info->split_mode = (s2vk_split_mode)noise_below(noise, 2);
  info->filter = (s2vk_filter)(noise_below(noise, 2) ? noise_below(noise, S2VK_FILTER_LANCZOS3 + 1) : 0);
  info->grid_policy = (s2vk_grid_policy)noise_below(noise, 2);
  info->output_shape = S2VK_OUTPUT_BCHW;
  info->resize_output_to_idx = (int32_t)noise_below(noise, 2);
  info->model =
      (s2vk_model_shape){.channels = 1, .height = 1 + noise_below(noise, 6), .width = 1 + noise_below(noise, 6)};
  if (noise_below(noise, 3) == 0)
    suite_random_overlap(noise, info);
}

/* The weight of an input in coordinate j, by the blocks at `at` of a straight split, which read the nearest input (or the
 * nearest `align` inputs) where there is none. */
static double block_weight(const struct s2_entry *entries, size_t at, const struct s2_blocks *blocks, uint32_t j,
    uint32_t input, uint32_t in) {
  const uint32_t groups = (blocks->taps + 3) / 4, p = j % blocks->size;
  const struct s2_entry *block = &entries[at + j / blocks->size * (1 + blocks->size * groups)];
  const int32_t align = (int32_t)blocks->align, last = (int32_t)(in - 1) / align * align;
  double weight = 0;
  for (uint32_t i = 0; i < blocks->taps; i++) {
    const int32_t place = blocks->offsets[p] + (int32_t)i, from = (int32_t)block->words[0] + place / align * align;
    const int32_t read = (from < 0 ? 0 : from > last ? last : from) + place % align;
    weight += read == (int32_t)input ? (double)word_float(block[1 + p * groups + i / 4].words[i % 4]) : 0;
  }
  return weight;
}

/* The weight of an input in a window. */
static double window_weight(const struct s2_entry *window, uint32_t taps, uint32_t input) {
  const uint32_t i = input - window->words[0];
  return input >= window->words[0] && i < taps ? (double)word_float(window[1 + i / 4].words[i % 4]) : 0;
}

/* The weight of an input row in a row of the scale, by the dense tables. */
static double row_weight(
    const struct s2_tables *tables, uint32_t scale, uint32_t y, uint32_t input_row, uint32_t height) {
  const struct s2_split_shape *shape = &tables->split[scale];
  const struct s2_scale_record r = record_of(tables, scale);
  if (shape->mode == S2_SPLIT_STRAIGHT)
    return block_weight(tables->entries, r.rows, &shape->down, y, input_row, height);
  return window_weight(&tables->entries[r.rows + y * (1 + shape->taps_y / 4)], shape->taps_y, input_row);
}

/* The weight of an input column in a column of the scale, by the dense tables. */
static double column_weight(
    const struct s2_tables *tables, uint32_t scale, uint32_t x, uint32_t column, uint32_t width) {
  const struct s2_split_shape *shape = &tables->split[scale];
  const struct s2_scale_record r = record_of(tables, scale);
  if (shape->mode == S2_SPLIT_STRAIGHT)
    return block_weight(tables->entries, r.columns, &shape->across, x, column, width);
  return window_weight(&tables->entries[r.columns + x * (1 + shape->taps_x / 4)], shape->taps_x, column);
}

/* A pixel as split_walk.comp sums it, walking from its own row on. */
static double walked_pixel(
    const struct s2_tables *tables, const s2vk_plan_info *info, uint32_t scale, uint32_t y, uint32_t x, double *input) {
  const struct s2_split_shape *shape = &tables->split[scale];
  const struct s2_scale_record r = record_of(tables, scale);
  const struct s2_entry *rows = tables->entries + r.rows;
  const uint32_t input_rows = tables->entries[r.taps_y + y / shape->side].words[0];
  const struct s2_entry *column = &tables->entries[r.columns + x * (1 + (shape->taps_x + 3) / 4)];
  double sums[64] = {0};
  uint32_t next = rows[y].words[0];
  assert_true(column->words[0] + shape->taps_x <= info->width && column->words[0] % shape->input_width == 0);
  for (uint32_t row = rows[y].words[2]; row <= y; row++) {
    next = next > rows[row].words[0] ? next : rows[row].words[0];
    for (; next < rows[row].words[1]; next++) {
      double line = 0;
      for (uint32_t i = 0; i < shape->taps_x; i++)
        line += (double)word_float(column[1 + i / 4].words[i % 4]) * input[next * info->width + column->words[0] + i];
      for (uint32_t i = 0; i < shape->overlap; i++)
        sums[i] +=
            line *
            (double)word_float(
                tables->entries[(uint32_t)(input_rows + next * ((shape->overlap + 3) / 4)) + i / 4].words[i % 4]);
    }
    if (row < y)
      memmove(sums, sums + 1, sizeof sums - sizeof *sums);
  }
  return sums[0];
}

/* Tap by tap, and with dense weights where the shape has them; both must be the same sum. */
static double split_pixel(
    const struct s2_tables *tables, const s2vk_plan_info *info, uint32_t scale, uint32_t y, uint32_t x, double *input) {
  const struct s2_scale_record r = record_of(tables, scale);
  const struct s2_split_shape *shape = &tables->split[scale];
  const struct s2_entry *e = tables->entries;
  double by_taps = 0, dense = 0;
  if (shape->mode == S2_SPLIT_WALK)
    return walked_pixel(tables, info, scale, y, x, input);
  for (uint32_t i = e[r.taps_y + y].words[0]; i < e[r.taps_y + y].words[1]; i++)
    for (uint32_t k = e[r.taps_x + x].words[0]; k < e[r.taps_x + x].words[1]; k++)
      by_taps += (double)word_float(e[i].words[1]) * word_float(e[k].words[1]) *
                 input[e[i].words[0] * info->width + e[k].words[0]];
  if (shape->mode == S2_SPLIT_COPY || shape->mode == S2_SPLIT_TAPS)
    return by_taps;
  for (uint32_t i = 0; i < info->height; i++) {
    const double weight = row_weight(tables, scale, y, i, info->height);
    for (uint32_t k = 0; weight != 0 && k < info->width; k++)
      dense += weight * column_weight(tables, scale, x, k, info->width) * input[i * info->width + k];
  }
  assert_true(fabs(by_taps - dense) < 1e-6); /* weights of both signs are rounded to float apart */
  return dense;
}

static uint32_t modes_seen[5];

static void check_split(const s2vk_plan_info *info, const struct s2_target *target, double *input) {
  struct s2_geometry g;
  struct s2_tables tables;
  open_tables(info, target, &g, &tables);
  for (uint32_t scale = 0; scale < 2; scale++) {
    modes_seen[tables.split[scale].mode]++;
    double *tiles = reference_split(info, scale, input);
    const struct reference_scale s = reference_scale(info, scale);
    for (uint32_t y = 0; y < s.rows * s.side; y++)
      for (uint32_t x = 0; x < s.columns * s.side; x++) {
        const uint32_t tile = y / s.side * s.columns + x / s.side;
        const double expected = tiles[(tile * s.side + y % s.side) * s.side + x % s.side];
        assert_true(fabs(split_pixel(&tables, info, scale, y, x, input) - expected) < 2e-6);
      }
    free(tiles);
  }
  close_tables(&g, &tables);
}

static void split_entries_interpolate(void **state) {
  (void)state;
  struct noise noise = {3};
  for (int round = 0; round < 200; round++) {
    s2vk_plan_info info;
    s2vk_size sizes[2];
    double input[30 * 30];
    random_info(&noise, &info, sizes);
    for (uint32_t i = 0; i < info.height * info.width; i++)
      input[i] = noise_unit(&noise);
    check_split(&info, &gpu, input);
    check_split(&info, &cpu, input);
  }
  for (int mode = 0; mode < 5; mode++)
    assert_true(mode == S2_SPLIT_COPY || modes_seen[mode] > 0);
}

/* What a shader may do without a check: windows are inside the input; rows never go back inside a tile. */
static void windows_stay_inside(void **state) {
  (void)state;
  struct noise noise = {8};
  for (int round = 0; round < 400; round++) {
    s2vk_plan_info info;
    s2vk_size sizes[2];
    struct s2_geometry g;
    struct s2_tables tables;
    random_info(&noise, &info, sizes);
    open_tables(&info, round % 2 ? &cpu : &gpu, &g, &tables);
    for (uint32_t scale = 0; scale < 2; scale++) {
      const struct s2_scale_record r = record_of(&tables, scale);
      const struct s2_split_shape *shape = &tables.split[scale];
      if (shape->mode != S2_SPLIT_WINDOWS)
        continue;
      uint32_t last = 0;
      for (uint32_t y = 0; y < g.scales[scale].tiled.height; y++) {
        const uint32_t first = tables.entries[r.rows + y * (1 + shape->taps_y / 4)].words[0];
        assert_true((y % g.scales[scale].tile_side == 0 || first >= last) && first + shape->taps_y <= info.height);
        last = first;
      }
      for (uint32_t x = 0; x < g.scales[scale].tiled.width; x++)
        assert_true(tables.entries[r.columns + x * (1 + shape->taps_x / 4)].words[0] + shape->taps_x <= info.width);
    }
    close_tables(&g, &tables);
  }
}

/* The segments of a coordinate's window, each with the tile it is in; sums them into per-token weights of the grid. */
static void window_weights(const struct s2_entry *entries, uint32_t at, uint32_t side, double *weights) {
  const struct s2_entry *window = &entries[at];
  uint32_t last_tile = 0;
  for (uint32_t k = window->words[0]; k < window->words[1]; k++) {
    const struct s2_entry *segment = &entries[k];
    assert_true(k == window->words[0] ? segment->words[0] == window->words[2] : segment->words[0] > last_tile);
    last_tile = segment->words[0];
    assert_true(segment->words[1] < segment->words[2]);
    for (uint32_t tap = segment->words[1]; tap < segment->words[2]; tap++) {
      assert_true(entries[tap].words[0] < side);
      weights[last_tile * side + entries[tap].words[0]] += word_float(entries[tap].words[1]);
    }
  }
  assert_int_equal(last_tile, window->words[3]);
}

static void check_axis(const struct s2_axis *axis, uint32_t j, double *weights) {
  for (uint32_t t = axis->first[j]; t < axis->first[j + 1]; t++)
    weights[axis->taps[t].index] -= axis->taps[t].weight;
  for (uint32_t i = 0; i < axis->in; i++)
    assert_true(fabs(weights[i]) < 1e-7);
}

static void merge_entries_sum_windows(void **state) {
  (void)state;
  struct noise noise = {4};
  for (int round = 0; round < 200; round++) {
    s2vk_plan_info info;
    s2vk_size sizes[2];
    struct s2_geometry g;
    struct s2_tables tables;
    random_info(&noise, &info, sizes);
    open_tables(&info, &gpu, &g, &tables);
    for (uint32_t scale = 0; scale < 2; scale++) {
      const struct s2_scale_record r = record_of(&tables, scale);
      for (int k = 0; k < 2; k++) {
        const struct s2_axis *axis = &tables.axes[scale].merge[k];
        for (uint32_t j = 0; j < axis->out; j++) {
          double weights[40 * 8] = {0};
          window_weights(
              tables.entries, (k ? r.merge_x : r.merge_y) + j, k ? r.feature_width : r.feature_height, weights);
          check_axis(axis, j, weights);
        }
      }
    }
    close_tables(&g, &tables);
  }
}

/* The weights of a straight merge's blocks along one axis, read as the shader reads them: from the offset on, as many as a
 * token has taps; and whether all that a block of several tokens reads is in one tile. */
static size_t check_straight_axis(const struct s2_entry *entries, size_t at, const struct s2_axis *axis,
    const struct s2_blocks *b, uint32_t side, bool maps) {
  const uint32_t each = b->size > 2 ? 2 : 1;
  for (uint32_t j = 0; j < axis->out; j++) {
    double weights[40 * 6] = {0};
    const uint32_t p = j % b->size;
    const struct s2_entry *block = &entries[at + j / b->size * b->source * each];
    for (uint32_t i = b->offsets[p]; i < b->offsets[p] + b->taps; i++) {
      const uint32_t *read = block[i * each].words, *more = block[i * each + each - 1].words;
      assert_true(read[1] < side && (b->size == 1 || maps || read[0] == block->words[0]));
      weights[read[0] * side + read[1]] += word_float(p < 2 ? read[2 + p] : more[p - 2]);
    }
    check_axis(axis, j, weights);
  }
  return axis->out / b->size * b->source * each;
}

/* Likewise of the columns of maps, four neighbours at a time, all in one tile. */
static void check_quads(
    const struct s2_entry *entries, size_t at, const struct s2_axis *axis, const struct s2_blocks *b, uint32_t side) {
  const uint32_t places = (b->source / 4 + 1) / 2, groups = (b->taps + 3) / 4;
  for (uint32_t j = 0; j < axis->out; j++) {
    double weights[40 * 16] = {0};
    const uint32_t p = j % b->size;
    const struct s2_entry *block = &entries[at + j / b->size * (places + b->size * groups)];
    for (uint32_t i = 0; i < b->taps; i++) {
      const uint32_t place = b->offsets[p] + i, quad = place / 4;
      const uint32_t *read = block[quad / 2].words + quad % 2 * 2;
      assert_true(place < b->source && read[1] % 4 == 0 && read[1] + 4 <= side && read[0] * side < axis->in);
      weights[read[0] * side + read[1] + place % 4] += word_float(block[places + p * groups + i / 4].words[i % 4]);
    }
    check_axis(axis, j, weights);
  }
}

static void straight_maps_sum_windows(void **state) {
  (void)state;
  struct noise noise = {6};
  uint32_t seen = 0, wide = 0, apart = 0;
  for (int round = 0; round < 800; round++) {
    s2vk_plan_info info;
    s2vk_size sizes[2];
    struct s2_geometry g;
    struct s2_tables tables;
    random_info(&noise, &info, sizes);
    info.output_shape = S2VK_OUTPUT_BCHW;
    info.num_prefix_token = 0;
    info.tile_overlap = 0;
    const uint32_t width = 4 * (1 + noise_below(&noise, 4));
    info.model = (s2vk_model_shape){.channels = 5, .height = 1 + noise_below(&noise, 6), .width = width};
    open_tables(&info, round % 2 ? &cpu : &gpu, &g, &tables);
    for (uint32_t scale = 0; scale < 2; scale++) {
      const struct s2_straight_shape *shape = &tables.straight[scale];
      const struct s2_axis *axes = tables.axes[scale].merge;
      if (shape->down.size == 0)
        continue;
      assert_true(shape->maps);
      size_t at = record_of(&tables, scale).merge_straight;
      at += check_straight_axis(tables.entries, at, &axes[0], &shape->down, info.model.height, true);
      check_quads(tables.entries, at, &axes[1], &shape->across, width);
      seen++;
      wide += shape->across.size == 8;
      apart += !shape->tight;
    }
    close_tables(&g, &tables);
  }
  assert_true(seen > 100 && wide > 20 && apart > 20);
}

static void straight_merges_sum_windows(void **state) {
  (void)state;
  struct noise noise = {5};
  uint32_t blocks = 0, tight = 0, loose = 0;
  for (int round = 0; round < 400; round++) {
    s2vk_plan_info info;
    s2vk_size sizes[2];
    struct s2_geometry g;
    struct s2_tables tables;
    random_info(&noise, &info, sizes);
    info.output_shape = S2VK_OUTPUT_BNC;
    uint32_t grid = 1 + noise_below(&noise, 6);
    info.tile_overlap = 0;
    info.model = (s2vk_model_shape){.channels = 8, .tokens = grid * grid};
    if (noise_below(&noise, 3) == 0) {
      suite_random_overlap(&noise, &info);
      grid = info.model.height;
    }
    open_tables(&info, &cpu, &g, &tables);
    for (uint32_t scale = 0; scale < 2; scale++) {
      const struct s2_straight_shape *shape = &tables.straight[scale];
      const struct s2_axis *axes = tables.axes[scale].merge;
      if (shape->down.size == 0)
        continue;
      size_t at = record_of(&tables, scale).merge_straight;
      at += check_straight_axis(tables.entries, at, &axes[0], &shape->down, grid, false);
      check_straight_axis(tables.entries, at, &axes[1], &shape->across, grid, false);
      blocks += shape->down.size > 1 && shape->across.size > 1;
      tight += shape->tight;
      loose += !shape->tight;
    }
    close_tables(&g, &tables);
  }
  assert_true(blocks > 20 && tight > 20 && loose > 20);
}

/* Four elements at once: of maps of `width`, which scale 1.25 makes other grids of. */
static void check_chunks(uint32_t width) {
  const double scales[] = {1, 1.25};
  s2vk_plan_info info = suite_plan_info();
  info.scales = scales;
  info.output_shape = S2VK_OUTPUT_BCHW;
  info.model = (s2vk_model_shape){.channels = 3, .height = 5, .width = width};
  struct s2_geometry g;
  struct s2_tables tables;
  open_tables(&info, &gpu, &g, &tables);
  assert_int_equal(tables.merge.width, 4);
  assert_int_equal(tables.merge.aligned, width % 4 == 0);
  for (uint32_t scale = 0; scale < 2; scale++) {
    const struct s2_scale_record r = record_of(&tables, scale);
    const struct s2_axis *axis = &tables.axes[scale].merge[1];
    for (uint32_t j = 0; j < axis->out; j++) {
      double weights[40] = {0};
      const struct s2_entry *block = &tables.entries[r.merge_blocks + j / 4];
      for (uint32_t c = block->words[0]; c < block->words[1]; c += 5) {
        const struct s2_entry *chunk = &tables.entries[c];
        assert_true((chunk->words[1] % 4 == 0 || !tables.merge.aligned) && chunk->words[1] + 4 <= width);
        for (uint32_t i = 0; i < 4; i++)
          weights[chunk->words[0] * width + chunk->words[1] + i] += word_float(chunk[1 + i].words[j % 4]);
      }
      check_axis(axis, j, weights);
    }
  }
  close_tables(&g, &tables);
}

static void merge_chunks_sum_windows(void **state) {
  (void)state;
  for (uint32_t width = 4; width <= 16; width++)
    check_chunks(width);
}

/* The last rows and columns of a tile read no more where the next tile begins ahead of their end. */
static void overlap_keeps_windows_narrow(void **state) {
  (void)state;
  static const s2vk_size size = {80, 80};
  struct s2_split_shape shapes[2];
  for (int i = 0; i < 2; i++) {
    s2vk_plan_info info = suite_plan_info();
    info.height = info.width = 40;
    info.scales = NULL;
    info.img_sizes = &size;
    info.scale_count = 1;
    info.max_split_size = 16;
    info.tile_type = S2VK_TYPE_F16; /* for which no driver has a build with blocks */
    info.tile_overlap = i ? 8 : 0;  /* 9 x 9 tiles, which cover 80 pixels too */
    struct s2_geometry g;
    struct s2_tables tables;
    open_tables(&info, &looping, &g, &tables);
    assert_int_equal(g.scales[0].padded.width, 80);
    assert_int_equal(g.scales[0].tiled.width, i ? 144 : 80);
    shapes[i] = tables.split[0];
    close_tables(&g, &tables);
  }
  assert_int_equal(shapes[0].mode, S2_SPLIT_WINDOWS);
  assert_int_equal(shapes[1].mode, S2_SPLIT_WINDOWS);
  assert_int_equal(shapes[1].taps_y, shapes[0].taps_y);
  assert_int_equal(shapes[1].taps_x, shapes[0].taps_x);
}

static void records_hold_the_geometry(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  struct s2_geometry g;
  struct s2_tables tables;
  info.num_prefix_token = 1;
  info.model.tokens = 5;
  open_tables(&info, &gpu, &g, &tables);
  const struct s2_scale_record r = record_of(&tables, 1);
  assert_int_equal(r.first_tile, 2);
  assert_int_equal(r.tile_count, 8);
  assert_int_equal(r.tile_columns, 2);
  assert_int_equal(r.feature_height, 2);
  assert_int_equal(r.feature_elements, 20);
  assert_true(r.prefix_weight == 0.25f);
  close_tables(&g, &tables);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(split_entries_interpolate),
      cmocka_unit_test(windows_stay_inside),
      cmocka_unit_test(merge_entries_sum_windows),
      cmocka_unit_test(straight_merges_sum_windows),
      cmocka_unit_test(straight_maps_sum_windows),
      cmocka_unit_test(merge_chunks_sum_windows),
      cmocka_unit_test(overlap_keeps_windows_narrow),
      cmocka_unit_test(records_hold_the_geometry),
  };
  return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
