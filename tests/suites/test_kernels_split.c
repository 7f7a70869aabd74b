/* Tables and workgroups of splits, and the rows that they read. */
#include "test_kernels.h"

/* ---- Splits: tables ---------------------------------------------------------------------------------------------- */

/* As gather() of shaders/split.glsl: taps of rows and of columns. */
static void check_gather_axis(const struct work *w, uint32_t at, const struct s2_axis *axis, uint32_t padded) {
  for (uint32_t j = 0; j < padded; j++) {
    double weights[MOST] = {0};
    const uint32_t *range = entry(w, at + j);
    for (uint32_t i = range[0]; i < range[1]; i++) {
      assert_true(entry(w, i)[0] < axis->in);
      weights[entry(w, i)[0]] += (double)float_of(entry(w, i)[1]);
    }
    check_weights(axis, j, weights);
  }
}

static void check_gather(const struct work *w) {
  check_gather_axis(w, entry(w, 0)[0], &w->axes[0], w->job.scale->tiled.height);
  check_gather_axis(w, entry(w, 0)[1], &w->axes[1], w->job.scale->tiled.width);
}

/* The input rows that a walk of a shader reads, and the footprint that they must be in. */
struct reads {
  uint32_t low, high;
};

static void read_row(struct reads *reads, uint32_t row) {
  reads->low = least(reads->low, row);
  reads->high = row + 1 > reads->high ? row + 1 : reads->high;
}

static void check_reads(const struct work *w, uint32_t row, uint32_t count, const struct reads *reads) {
  uint32_t low, high;
  w->kernel->footprint(&w->job, &w->config, row, row + count, &low, &high);
  assert_true(high <= w->geometry.input.height);
  assert_true(reads->low >= low && reads->high <= high);
}

/* Two bits of a row's weights tell strides. What is left is the nearest to the weight in f32. */
static void check_rounding(const struct work *w, uint32_t row, const uint32_t *held, const uint32_t *bits) {
  const struct s2_axis *axis = &w->axes[0];
  for (uint32_t k = row < axis->out ? axis->first[row] : 0; row < axis->out && k < axis->first[row + 1]; k++)
    for (uint32_t i = 0; i < 4; i++)
      if (held[i] == axis->taps[k].index) {
        const float weight = (float)axis->taps[k].weight;
        uint32_t exact;
        memcpy(&exact, &weight, sizeof exact);
        assert_in_range((bits[i] & ~3u) - exact + 2, 0, 4);
      }
}

/* As main() of split_polyphase.comp: TAPS filtered rows are held; a row of the tile weighs them. */
static void walk_polyphase(const struct work *w, uint32_t row, uint32_t count) {
  const uint32_t taps = w->config.key.constants[S2_TAPS], *record = entry(w, 1);
  uint32_t at = record[0] + row * (taps / 4), from = entry(w, record[2] + row)[0], todo = taps;
  const uint32_t end = at + count * (taps / 4);
  struct reads reads = {UINT32_MAX, 0};
  uint32_t held[16] = {0};
  do {
    do {
      read_row(&reads, from);
      memmove(held, held + 1, (taps - 1) * sizeof *held);
      held[taps - 1] = from++;
    } while (--todo > 0);
    do {
      double weights[MOST] = {0};
      const uint32_t *bits = entry(w, at);
      for (uint32_t i = 0; i < taps; i++) {
        assert_true(held[i] < w->axes[0].in);
        weights[held[i]] += weight_at(w, at, i);
      }
      for (uint32_t i = 0; i < w->axes[0].in; i++)
        weights[i] = fabs(weights[i]) < 1e-40 ? 0 : weights[i]; /* the two bits alone, where there is no weight */
      check_rounding(w, row, held, bits);
      check_weights(&w->axes[0], row++, weights);
      todo = (bits[0] & 3) + (bits[1] & 3) * 4 + (bits[2] & 3) * 16 + (bits[3] & 3) * 64;
      at += taps / 4;
    } while (todo == 0 && at < end);
    const uint32_t skipped = todo > taps ? todo - taps : 0;
    from += skipped;
    todo -= skipped;
  } while (at < end);
  check_reads(w, row - count, count, &reads);
}

/* Columns from strip to strip. */
static uint32_t step_of(const struct work *w) {
  const uint32_t rows = w->config.key.constants[S2_TARGET_ROWS], columns = w->config.columns;
  const bool overlaps = w->config.key.shader == S2_SHADER_SPLIT_POLYPHASE;
  return columns - (overlaps && rows == S2_ROWS_HALVES ? 2 : overlaps && rows == S2_ROWS_PIXEL_HALVES ? 1 : 0);
}

/* As read_columns() and push_line() there. */
static void check_polyphase_columns(const struct work *w) {
  const uint32_t *constants = w->config.key.constants, side = w->job.scale->tile_side;
  const uint32_t columns = constants[S2_COLUMNS], span = constants[S2_QUADS] * 4, shared = constants[S2_SHARED];
  const uint32_t step = step_of(w), strips = side <= columns ? 1 : (side - columns + step - 1) / step + 1;
  for (uint32_t tile = 0; tile < w->job.scale->tiles.width; tile++)
    for (uint32_t strip = 0; strip < strips; strip++) {
      const uint32_t column = tile * side + least(strip * step, side - columns);
      const uint32_t each = 1 + (shared ? columns : 1) * span / 4;
      for (uint32_t x = 0; x < columns; x++) {
        double weights[MOST] = {0};
        const uint32_t at = entry(w, 1)[1] + (shared ? tile * strips + strip : column + x) * each;
        const uint32_t first = entry(w, at)[0], own = at + 1 + (shared ? x * span / 4 : 0);
        const bool has_rest = !shared || columns <= 4 || span > columns + 8;
        for (uint32_t i = 0; i < span; i++)
          if (weight_at(w, own, i) != 0) {
            assert_true(first + i < w->axes[1].in && (has_rest || i < x + constants[S2_TAPS]));
            weights[first + i] += weight_at(w, own, i);
          }
        assert_true(first + span <= w->axes[1].in || (shared && columns > 4)); /* these are clamped */
        if (constants[S2_SOURCE_ROWS] == S2_ROWS_QUADS)
          assert_true(first % 4 == 0 && w->geometry.input.width % 4 == 0);
        check_weights(&w->axes[1], column + x, weights);
      }
    }
}

/* As walk() of split_scatter.comp. */
static void walk_scatter(const struct work *w, uint32_t first_row, uint32_t count) {
  const uint32_t *record = entry(w, 1), overlap = w->config.key.constants[S2_OVERLAP];
  const uint32_t lines = w->config.key.constants[S2_LINES], group = w->config.key.constants[S2_GROUP];
  const uint32_t begin = entry(w, record[0] + first_row)[0];
  const uint32_t weights_at = entry(w, record[2] + first_row / w->job.scale->tile_side)[0];
  const uint32_t end = first_row + count, stop = entry(w, record[0] + end - 1)[1];
  uint32_t line = begin / group * group, row = entry(w, record[0] + first_row)[2];
  uint32_t row_end = entry(w, record[0] + row)[1], stored = first_row;
  static double sums[16][MOST];
  struct reads reads = {UINT32_MAX, 0};
  memset(sums, 0, sizeof sums);
  do {
    for (uint32_t r = 0; r < lines; r++) {
      const uint32_t at = weights_at + least(line + r, stop - 1) * ((overlap + 3) / 4);
      const bool is_late = (r + 1) % group == 0;
      read_row(&reads, least(line + r < begin ? begin : line + r, stop - 1));
      for (uint32_t i = 0; i < overlap && line + r >= begin && line + r < stop; i++)
        sums[i][line + r] += weight_at(w, at, i);
      while (is_late && row < end && row_end <= line + r + 1) {
        if (row >= first_row) {
          assert_int_equal(row, stored++);
          check_weights(&w->axes[0], row, sums[0]);
        }
        memmove(sums, sums + 1, (overlap - 1) * sizeof *sums);
        memset(sums[overlap - 1], 0, sizeof *sums);
        row++;
        row_end = entry(w, record[0] + least(row, end - 1))[1];
      }
    }
    line += lines;
  } while (row < end);
  assert_int_equal(stored, end);
  check_reads(w, first_row, count, &reads);
}

/* As filter_lines() of split_scatter.comp. */
static void check_scatter_strips(const struct work *w) {
  const uint32_t *constants = w->config.key.constants, columns = constants[S2_COLUMNS], side = w->job.scale->tile_side;
  const uint32_t spans = entry(w, 1)[3], span = constants[S2_QUADS] * 4, inputs = spans * span;
  const uint32_t strips = (side + columns - 1) / columns, head = (columns + 4) / 4;
  for (uint32_t n = 0; n < w->job.scale->tiles.width * strips; n++) {
    const uint32_t at = entry(w, 1)[1] + n * (head + columns * spans * constants[S2_QUADS]), first = entry(w, at)[0];
    assert_true(first + inputs <= w->axes[1].in);
    assert_true(constants[S2_SOURCE_ROWS] != S2_ROWS_QUADS || first % span == 0);
    for (uint32_t x = 0; x < columns; x++) {
      double weights[MOST] = {0}, sum = 0;
      for (uint32_t i = 0; i < inputs; i++)
        sum += weights[first + i] = weight_at(w, at + head, (i / span * columns + x) * span + i % span);
      check_weights(&w->axes[1], n / strips * side + least(n % strips * columns, side - columns) + x, weights);
      assert_true(fabs(sum - weight_at(w, at, 1 + x)) < 1e-6);
    }
  }
}

/* ---- Splits: workgroups ------------------------------------------------------------------------------------------ */

/* As main() of the shaders: marks the part of a tile's box that an invocation makes. */
static void invoke_split(const struct work *w, const struct s2_box *box, uint32_t group, uint32_t channel_group,
    uint32_t invocation, unsigned char *made) {
  const uint32_t *constants = w->config.key.constants, side = w->job.scale->tile_side;
  const uint32_t size = constants[S2_LOCAL_SIZE_X], row_count = box->y_end - box->y_begin;
  const uint32_t columns = w->config.columns, channels = constants[S2_CHANNELS];
  const uint32_t channel_count = box->channel_end - box->channel_begin, run = w->config.rows;
  const bool gather = w->config.key.shader == S2_SHADER_SPLIT_GATHER;
  const bool flat = gather || w->config.key.shader == S2_SHADER_SPLIT_CONVERT;
  const uint32_t step = step_of(w), strips = side <= columns ? 1 : (side - columns + step - 1) / step + 1;
  const uint32_t planes = channels > 1 || flat ? 1 : channel_count;
  const uint32_t groups = (strips * planes + size - 1) / size;
  uint32_t block = flat ? 0 : group / groups, unit = (group - block * groups) * size + invocation;
  if (flat) { /* whose workgroups go on from one run of rows to the next */
    block = unit / strips;
    unit -= block * strips;
  }
  const uint32_t row = block * run, plane = unit / strips, strip = unit - plane * strips;
  if (plane >= planes || row >= row_count)
    return;
  const uint32_t column = flat ? strip * columns : least(strip * step, side - columns);
  assert_true(!gather || (columns == entry(w, 0)[2] && side % columns == 0));
  for (uint32_t c = plane + channel_group; c < plane + channel_group + channels; c++)
    for (uint32_t y = row; y < row + least(run, row_count - row); y++)
      for (uint32_t x = column; x < least(column + columns, side); x++)
        made[((size_t)(box->channel_begin + c) * side + box->y_begin + y) * side + x] = 1;
}

static void check_split_groups(const struct work *w, const struct s2_box *box) {
  const uint32_t side = w->job.scale->tile_side, *constants = w->config.key.constants;
  const size_t count = (size_t)w->geometry.channels * side * side;
  unsigned char *made = calloc(count, 1);
  uint64_t groups[2];
  w->kernel->groups(&w->job, &w->config, box, groups);
  for (uint32_t y = 0; y < groups[1]; y++)
    for (uint32_t x = 0; x < groups[0]; x++)
      for (uint32_t i = 0; i < constants[S2_LOCAL_SIZE_X]; i++)
        invoke_split(w, box, x, y, i, made);
  for (size_t i = 0; i < count; i++) {
    const uint32_t channel = (uint32_t)(i / side / side), row = (uint32_t)(i / side) % side;
    assert_int_equal(made[i],
        channel >= box->channel_begin && channel < box->channel_end && row >= box->y_begin && row < box->y_end);
  }
  free(made);
}

void check_split(const struct work *w, struct noise *noise) {
  const uint32_t shader = w->config.key.shader, side = w->job.scale->tile_side;
  if (shader == S2_SHADER_SPLIT_POLYPHASE)
    check_polyphase_columns(w);
  if (shader == S2_SHADER_SPLIT_SCATTER)
    check_scatter_strips(w);
  else
    check_gather(w);
  for (uint32_t tile = 0; tile < w->job.scale->tiled.height; tile += side) {
    const uint32_t begin = noise_below(noise, side), count = 1 + noise_below(noise, side - begin);
    const uint32_t rows[][2] = {{tile, side}, {tile + begin, count}};
    for (int i = 0; i < 2; i++)
      if (shader == S2_SHADER_SPLIT_POLYPHASE)
        walk_polyphase(w, rows[i][0], rows[i][1]);
      else if (shader == S2_SHADER_SPLIT_SCATTER)
        walk_scatter(w, rows[i][0], rows[i][1]);
  }
  struct s2_box box = {.tile_end = 1, .channel_end = w->geometry.channels, .y_end = side};
  check_split_groups(w, &box);
  box.y_begin = noise_below(noise, side);
  box.y_end = box.y_begin + 1 + noise_below(noise, side - box.y_begin);
  box.channel_begin = w->config.channels == 1 ? noise_below(noise, w->geometry.channels) : 0;
  check_split_groups(w, &box);
}
