/* Each kernel's tables, read as its shader reads them, have the weights that the axes have in double; its workgroups reach every
 * output, its footprint is what the shader reads, and its keys are all that it ever asks for. */
#include "suite.h"

#include "kernels/kernels.h"
#include "map/chain.h"

static const struct s2_env env = {.log = gpu_log};

static const struct s2_target targets[] = {
    {.unrolls = true,
        .registers = UINT32_MAX,
        .invocations = 16384,
        .range = UINT64_MAX,
        .groups = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
        .loop_rounds = UINT32_MAX},
    {.registers = 44, /* of VideoCore, whose lines are short */
        .invocations = 1024,
        .range = UINT64_MAX,
        .groups = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
        .loop_rounds = UINT32_MAX},
    {.long_lines = true,
        .registers = UINT32_MAX,
        .range = UINT64_MAX,
        .groups = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
        .loop_rounds = UINT32_MAX},
    {.cpu = true,
        .long_lines = true,
        .registers = UINT32_MAX,
        .unrolls = true,
        .texels = true,
        .int64 = true,
        .unpack_halves = true,
        .range = UINT64_MAX,
        .texel_count = 1 << 27,
        .groups = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
        .loop_rounds = 60000},
};
#define TARGET_COUNT (sizeof targets / sizeof *targets)

/* A job, with what it points to, and how a kernel does it. */
struct work {
  struct s2_geometry geometry;
  struct s2_axis axes[2];
  struct s2_job job;
  const struct s2_kernel *kernel;
  struct s2_config config;
  struct s2_entry *entries;
  size_t count;
};

static float float_of(uint32_t word) {
  float value;
  memcpy(&value, &word, sizeof value);
  return value;
}

static bool open_work(const s2vk_plan_info *info, uint32_t scale, const struct s2_target *target,
    const struct s2_kernel *kernel, struct work *w) {
  *w = (struct work){.kernel = kernel};
  assert_ok(s2_geometry_create(&env, info, &w->geometry));
  const struct s2_scale *s = &w->geometry.scales[scale];
  assert_ok(kernel->pass == S2_PASS_SPLIT ? s2_split_axes(&env, &w->geometry, s, w->axes)
                                          : s2_merge_axes(&env, &w->geometry, s, w->axes));
  w->job = (struct s2_job){.target = target,
      .geometry = &w->geometry,
      .scale = s,
      .axes = w->axes,
      .scale_index = scale,
      .pass = kernel->pass};
  if (!kernel->configure(&w->job, &w->config))
    return false;
  if (kernel->copy)
    return true;
  /* Counted first, and written then: the same number of entries. */
  struct s2_writer writer = {NULL, 0};
  kernel->tables(&w->job, &w->config, &writer);
  w->count = writer.count;
  w->entries = calloc(w->count, sizeof *w->entries);
  writer = (struct s2_writer){w->entries, 0};
  kernel->tables(&w->job, &w->config, &writer);
  assert_int_equal(writer.count, w->count);
  return true;
}

static void close_work(struct work *w) {
  free(w->entries);
  for (int i = 0; i < 2; i++)
    s2_axis_destroy(&env, &w->axes[i]);
  s2_geometry_destroy(&env, &w->geometry);
}

/* As the shaders' entry(). */
static const uint32_t *entry(const struct work *w, uint32_t index) {
  assert_true(index < w->count);
  return w->entries[index].words;
}

static double weight_at(const struct work *w, uint32_t index, uint32_t word) {
  return (double)float_of(entry(w, index + word / 4)[word % 4]);
}

#define MOST 512 /* inputs along an axis in these tests */

/* Whether weights are those of a coordinate of an axis, and 0 where there is none, but for f32's rounding of a weight, or of its
 * parts of either sign, and two bits of it that may hold something else. */
static void check_weights(const struct s2_axis *axis, uint32_t j, const double *weights) {
  double expected[MOST] = {0}, magnitude[MOST] = {0};
  assert_true(axis->in <= MOST);
  for (uint32_t k = j < axis->out ? axis->first[j] : 0; j < axis->out && k < axis->first[j + 1]; k++) {
    const struct s2_tap *tap = &axis->taps[k];
    expected[tap->index] = tap->weight;
    magnitude[tap->index] = fabs(tap->weight - tap->negative) + fabs(tap->negative);
  }
  for (uint32_t i = 0; i < axis->in; i++)
    assert_true(fabs(weights[i] - expected[i]) <= 1e-6 * magnitude[i]);
}

/* ---- Splits: tables -------------------------------------------------------------------------------------------------- */

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

static uint32_t least(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/* What the kernel reads of the input's rows, as a walk of a shader goes; and whether each is in the footprint of the walk. */
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

/* As read_columns() and push_line() there. */
static void check_polyphase_columns(const struct work *w) {
  const uint32_t *constants = w->config.key.constants, side = w->job.scale->tile_side;
  const uint32_t columns = constants[S2_COLUMNS], span = constants[S2_QUADS] * 4, shared = constants[S2_SHARED];
  const uint32_t step = constants[S2_TARGET_ROWS] == S2_ROWS_HALVES ? columns - 2 : columns;
  const uint32_t strips = side <= columns ? 1 : (side - columns + step - 1) / step + 1;
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
  const uint32_t lines = 4;
  const uint32_t weights_at = entry(w, record[2] + first_row / w->job.scale->tile_side)[0];
  const uint32_t end = first_row + count, stop = entry(w, record[0] + end - 1)[1];
  uint32_t line = entry(w, record[0] + first_row)[0], row = entry(w, record[0] + first_row)[2];
  uint32_t row_end = entry(w, record[0] + row)[1], stored = first_row;
  static double sums[16][MOST];
  struct reads reads = {UINT32_MAX, 0};
  memset(sums, 0, sizeof sums);
  do {
    for (uint32_t r = 0; r < lines; r++) {
      const uint32_t at = weights_at + least(line + r, stop - 1) * (overlap / 4);
      read_row(&reads, least(line + r, stop - 1));
      for (uint32_t i = 0; i < overlap && line + r < stop; i++)
        sums[i][line + r] += weight_at(w, at, i);
      while (row < end && row_end <= line + r + 1) {
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

static void check_scatter_columns(const struct work *w) {
  const uint32_t quads = entry(w, 1)[3] * w->config.key.constants[S2_QUADS];
  const bool aligned = w->config.key.constants[S2_SOURCE_ROWS] == S2_ROWS_QUADS;
  for (uint32_t x = 0; x < w->job.scale->tiled.width; x++) {
    double weights[MOST] = {0}, sum = 0;
    const uint32_t at = entry(w, 1)[1] + x * (1 + quads), first = entry(w, at)[0];
    assert_true(first + quads * 4 <= w->axes[1].in);
    assert_true(!aligned || first % (w->config.key.constants[S2_QUADS] * 4) == 0);
    for (uint32_t i = 0; i < quads * 4; i++) {
      weights[first + i] = weight_at(w, at + 1, i);
      sum += weights[first + i];
    }
    check_weights(&w->axes[1], x, weights);
    assert_true(fabs(sum - (double)float_of(entry(w, at)[1])) < 1e-6);
  }
}

/* ---- Splits: workgroups ---------------------------------------------------------------------------------------------- */

/* As main() of the three shaders: what each invocation makes of a tile's box; those of one workgroup, x, after the other. */
static void invoke_split(const struct work *w, const struct s2_box *box, uint32_t group, uint32_t channel_group,
    uint32_t invocation, unsigned char *made) {
  const uint32_t *constants = w->config.key.constants, shader = w->config.key.shader, side = w->job.scale->tile_side;
  const uint32_t size = constants[S2_LOCAL_SIZE_X], row_count = box->y_end - box->y_begin;
  const uint32_t columns = w->config.columns, channels = shader == S2_SHADER_SPLIT_GATHER ? 1 : constants[S2_CHANNELS];
  const uint32_t channel_count = box->channel_end - box->channel_begin, run = w->config.rows;
  const bool halves = shader == S2_SHADER_SPLIT_POLYPHASE && constants[S2_TARGET_ROWS] == S2_ROWS_HALVES;
  const uint32_t step = halves ? columns - 2 : columns;
  uint32_t strips = side <= columns ? 1 : (side - columns + step - 1) / step + 1;
  uint32_t planes = channels > 1 || shader == S2_SHADER_SPLIT_GATHER ? 1 : channel_count;
  const uint32_t groups = (strips * planes + size - 1) / size;
  const uint32_t block = group / groups, row = block * run, unit = (group - block * groups) * size + invocation;
  const uint32_t plane = unit / strips, strip = unit - plane * strips;
  if (plane >= planes || row >= row_count)
    return;
  const uint32_t column = shader == S2_SHADER_SPLIT_GATHER ? strip * columns : least(strip * step, side - columns);
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

static void check_split(const struct work *w, struct noise *noise) {
  const uint32_t shader = w->config.key.shader, side = w->job.scale->tile_side;
  if (shader == S2_SHADER_SPLIT_POLYPHASE)
    check_polyphase_columns(w);
  if (shader == S2_SHADER_SPLIT_SCATTER)
    check_scatter_columns(w);
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

/* ---- Merges: tables -------------------------------------------------------------------------------------------------- */

/* As gather_window() of shaders/merge.glsl: segments, each of one tile, and their taps. */
static void check_windows(const struct work *w, uint32_t at, const struct s2_axis *axis, uint32_t side) {
  for (uint32_t j = 0; j < axis->out; j++) {
    double weights[MOST] = {0};
    const uint32_t *window = entry(w, at + j);
    uint32_t tile = 0;
    for (uint32_t k = window[0]; k < window[1]; k++) {
      const uint32_t *segment = entry(w, k);
      assert_true(k == window[0] ? segment[0] == window[2] : segment[0] > tile);
      tile = segment[0];
      assert_true(segment[1] < segment[2]);
      for (uint32_t i = segment[1]; i < segment[2]; i++) {
        assert_true(entry(w, i)[0] < side);
        weights[tile * side + entry(w, i)[0]] += (double)float_of(entry(w, i)[1]);
      }
    }
    assert_int_equal(tile, window[3]);
    check_weights(axis, j, weights);
  }
}

/* The input coordinate whose feature is `element` on from the first one. */
static uint32_t input_at(
    const struct s2_axis *axis, uint32_t side, uint64_t tile, uint64_t coordinate, uint32_t element) {
  uint32_t input = 0;
  while (input < axis->in && (uint32_t)(input / side * tile + input % side * coordinate) != element)
    input++;
  assert_true(input < axis->in);
  return input;
}

/* As read_taps() and add_windows() of merge_tokens.comp read them: pairs (element, weight). An element has a tile and a coordinate
 * in it. Each output has the same number of pairs, two to an entry, or a list of its own. */
static void check_token_taps(
    const struct work *w, uint32_t at, const struct s2_axis *axis, uint32_t side, uint64_t tile, uint64_t coordinate) {
  const uint32_t taps = w->config.key.constants[S2_TAPS], each = (taps + 1) / 2;
  for (uint32_t j = 0; j < axis->out; j++) {
    double weights[MOST] = {0};
    const uint32_t begin = taps ? 0 : entry(w, at + j)[0], end = taps ? taps : entry(w, at + j)[1];
    for (uint32_t i = begin; i < end; i++) {
      const uint32_t *tap = taps ? entry(w, at + j * each + i / 2) + i % 2 * 2 : entry(w, i);
      assert_true(taps || float_of(tap[1]) != 0);
      weights[input_at(axis, side, tile, coordinate, tap[0])] += (double)float_of(tap[1]);
    }
    check_weights(axis, j, weights);
  }
}

static void check_tokens(const struct work *w) {
  const struct s2_scale *s = w->job.scale;
  const uint32_t taps = w->config.key.constants[S2_TAPS], each = taps ? (taps + 1) / 2 : 1;
  const uint64_t token = w->geometry.feature_channels, tile = w->geometry.batch * s->feature_elements;
  check_token_taps(w, 2, &w->axes[0], s->features.height, tile * s->tiles.width, token * s->features.width);
  check_token_taps(w, 2 + w->axes[0].out * each, &w->axes[1], s->features.width, tile, token);
}

/* Weights of features in each of four outputs. First what a chunk gives is taken off, then the rest has to be what was rounded. */
struct balance {
  double *weights;
  int64_t features;
  int rest;
};

static void check_chunk(const struct work *w, uint32_t chunk, int64_t first, double row_weight, struct balance b) {
  for (uint32_t k = 0; k < 16; k++) {
    const double weight = row_weight * weight_at(w, chunk + 1, k);
    if (weight == 0)
      continue;
    assert_true(first + k / 4 >= 0 && first + k / 4 < b.features);
    double *rest = &b.weights[(first + k / 4) * 4 + k % 4];
    assert_true(!b.rest || fabs(*rest) <= 1e-6 * fabs(weight));
    *rest = b.rest ? 0 : *rest - weight;
  }
  const int64_t side = (int64_t)w->job.scale->features.height * w->job.scale->features.width;
  if (w->config.key.constants[S2_SOURCE_ROWS] == S2_ROWS_QUADS)
    assert_true((first - side) % 4 == 0);
}

/* The chunks of a four, as merge_feature_maps.comp adds them up: weights of features, which are counted from the first one of the
 * image's first tile and of channel -1, in each of four outputs. All weights are 0 before and after. */
static void check_four(const struct work *w, const uint32_t *chunks, int64_t at, double *weights, int64_t features) {
  const struct s2_scale *s = w->job.scale;
  const struct s2_axis *rows = &w->axes[0], *columns = &w->axes[1];
  const int64_t map = (int64_t)rows->out * columns->out, side = s->features.height * (int64_t)s->features.width;
  const int64_t tile = (int64_t)(w->geometry.batch * s->feature_elements);
  for (uint32_t j = 0; j < 4; j++) {
    const int64_t channel = (at + j + map) / map - 1, place = at + j - channel * map;
    const uint32_t y = (uint32_t)(place / columns->out), x = (uint32_t)(place % columns->out);
    for (uint32_t i = rows->first[y]; i < rows->first[y + 1]; i++)
      for (uint32_t k = columns->first[x]; k < columns->first[x + 1]; k++) {
        const uint32_t row = rows->taps[i].index, column = columns->taps[k].index;
        const int64_t tiles = (int64_t)(row / s->features.height) * s->tiles.width + column / s->features.width;
        const int64_t feature = tiles * tile + (channel + 1) * side +
                                (int64_t)(row % s->features.height) * s->features.width + column % s->features.width;
        weights[feature * 4 + j] += rows->taps[i].weight * columns->taps[k].weight;
      }
  }
  const uint32_t taps =
      w->config.key.constants[S2_TAPS]; /* 1: chunks have all rows; else those of one row are read in each */
  for (int read = 0; read < 2; read++)
    for (uint32_t t = 0; t < taps; t++) {
      const int64_t row = taps == 1 ? 0 : (int64_t)entry(w, chunks[2] + t / 2)[t % 2 * 2];
      const double row_weight = taps == 1 ? 1 : weight_at(w, chunks[2] + t / 2, t % 2 * 2 + 1);
      for (uint32_t i = chunks[0]; i < chunks[1]; i += 5)
        check_chunk(w, i, (int32_t)entry(w, i)[0] + row + side, row_weight, (struct balance){weights, features, read});
    }
}

static void check_maps(const struct work *w) {
  const struct s2_scale *s = w->job.scale;
  const uint32_t *record = entry(w, 1), map = w->axes[0].out * w->axes[1].out;
  assert_int_equal(record[1] * map, record[2] * 4);
  const int64_t features = (int64_t)(s->tiles.height * s->tiles.width * w->geometry.batch * s->feature_elements) +
                           (int64_t)(record[1] + 1) * s->features.height * s->features.width;
  double *weights = calloc((size_t)features * 4, sizeof *weights);
  const uint32_t sets = w->config.key.constants[S2_TARGET_ROWS] == S2_ROWS_HALVES ? 2 : 1;
  for (uint32_t shift = 0; shift < sets; shift++)
    for (uint32_t four = 0; four < record[2]; four++)
      check_four(w, entry(w, record[0] + shift * record[2] + four), (int64_t)four * 4 - shift, weights, features);
  for (int64_t i = 0; i < features * 4; i++) /* nothing was left out */
    assert_true(weights[i] == 0);
  free(weights);
}

/* ---- Merges: workgroups ---------------------------------------------------------------------------------------------- */

/* Made outputs, by image, channel, row and column. */
struct outputs {
  const struct work *w;
  unsigned char *made;
};

static void make_output(const struct outputs *o, uint32_t channel, uint32_t y, uint32_t x) {
  const struct s2_geometry *g = &o->w->geometry;
  assert_true(channel < g->feature_channels && y < g->output_grid.height && x < g->output_grid.width);
  o->made[((size_t)channel * g->output_grid.height + y) * g->output_grid.width + x] = 1;
}

/* As main() of merge_gather.comp. */
static void invoke_gather(
    const struct outputs *o, const struct s2_box *box, const uint32_t group[2], uint32_t invocation) {
  const struct work *w = o->w;
  const uint32_t *constants = w->config.key.constants, width = box->x_end - box->x_begin;
  const bool maps = constants[S2_LAYOUT] == S2_LAYOUT_MAPS;
  const uint32_t x = group[0] * constants[S2_LOCAL_SIZE_X] + invocation;
  const uint32_t place = maps ? x : group[1], channel = (maps ? group[1] : x) * constants[S2_COLUMNS];
  const uint32_t channels = box->channel_end - box->channel_begin;
  if (place >= (box->y_end - box->y_begin) * width || channel >= channels)
    return;
  for (uint32_t c = channel; c < least(channel + constants[S2_COLUMNS], channels); c++)
    make_output(o, box->channel_begin + c, box->y_begin + place / width, box->x_begin + place % width);
}

/* As main() of merge_tokens.comp; the first channel is `shift` elements after a multiple of 16 bytes. */
static void invoke_tokens(
    const struct outputs *o, const struct s2_box *box, const uint32_t group[2], uint32_t invocation, uint32_t shift) {
  const uint32_t *constants = o->w->config.key.constants, columns = constants[S2_COLUMNS];
  const uint32_t unit = constants[S2_TARGET_TYPE] == S2VK_TYPE_F32 ? 4 : 8;
  const bool edges = constants[S2_TARGET_ROWS] != S2_ROWS_QUADS;
  const uint32_t channels = box->channel_end - box->channel_begin, run = constants[S2_RUN];
  const uint32_t blocks = (channels + (edges ? unit - 1 : 0) + columns - 1) / columns;
  const uint32_t size = constants[S2_LOCAL_SIZE_X] * run, groups = run == 0 ? 1 : (blocks + size - 1) / size;
  const uint32_t place = group[0] / groups, local_x = invocation % constants[S2_LOCAL_SIZE_X];
  const uint32_t column = place * constants[S2_LOCAL_SIZE_Y] + invocation / constants[S2_LOCAL_SIZE_X];
  uint32_t block = (group[0] - place * groups) * size + local_x;
  if (column >= box->x_end - box->x_begin)
    return;
  const uint32_t begin = 16 + shift, end = begin + channels;
  const uint32_t first = edges ? begin / unit * unit : begin, last = edges ? first + blocks * columns : end - columns;
  for (uint32_t i = 0; run == 0 ? block < blocks : i < run; i++, block += constants[S2_LOCAL_SIZE_X]) {
    const uint32_t at = least(first + block * columns, last);
    assert_true(edges || at >= begin);
    for (uint32_t e = at > begin ? at : begin; e < least(at + columns, end); e++)
      make_output(o, box->channel_begin + e - begin, box->y_begin + group[1], box->x_begin + column);
  }
}

/* As make_fours() of merge_feature_maps.comp. */
static void make_fours(
    const struct outputs *o, const struct s2_box *box, uint32_t channel, uint32_t four, uint32_t shift) {
  const struct work *w = o->w;
  const uint32_t *constants = w->config.key.constants, *record = entry(w, 1);
  const uint32_t width = w->geometry.output_grid.width, map = w->geometry.output_grid.height * width;
  const int64_t channels = box->channel_end - box->channel_begin;
  for (uint32_t d = 0; d < constants[S2_RUN]; d++)
    for (uint32_t j = 0; j < 4; j++) {
      const int64_t element = (int64_t)(channel + d * record[1]) * map + four * 4 + j - (int64_t)shift;
      if (element >= 0 && element < channels * map)
        make_output(o, box->channel_begin + (uint32_t)(element / map), (uint32_t)(element % map) / width,
            (uint32_t)(element % map) % width);
    }
}

/* As main(); the line begins at an odd element or not. */
static void invoke_maps(
    const struct outputs *o, const struct s2_box *box, const uint32_t group[2], uint32_t invocation, uint32_t odd) {
  const uint32_t *constants = o->w->config.key.constants, *record = entry(o->w, 1);
  const bool halves = constants[S2_TARGET_ROWS] == S2_ROWS_HALVES;
  uint32_t run = group[0], four = group[1] * record[3] + invocation;
  uint32_t end = least(group[1] * record[3] + record[3], record[2]);
  if (constants[S2_COLUMNS] > 0) {
    const uint32_t at = group[0] * constants[S2_LOCAL_SIZE_X] + invocation;
    run = at / record[2];
    four = at % record[2];
    end = four + 1;
  }
  const uint32_t channel = run * constants[S2_RUN] * record[1];
  if (channel >= box->channel_end - box->channel_begin + halves)
    return;
  for (; four < end; four += constants[S2_LOCAL_SIZE_X])
    make_fours(o, box, channel, four, halves ? odd : 0);
}

static void check_merge_groups(const struct work *w, const struct s2_box *box, uint32_t shift) {
  const uint32_t *constants = w->config.key.constants, shader = w->config.key.shader;
  const s2vk_size grid = w->geometry.output_grid;
  const size_t count = (size_t)w->geometry.feature_channels * grid.height * grid.width;
  const struct outputs o = {w, calloc(count, 1)};
  uint64_t groups[2];
  w->kernel->groups(&w->job, &w->config, box, groups);
  for (uint32_t y = 0; y < groups[1]; y++)
    for (uint32_t x = 0; x < groups[0]; x++)
      for (uint32_t i = 0; i < constants[S2_LOCAL_SIZE_X] * constants[S2_LOCAL_SIZE_Y]; i++)
        if (shader == S2_SHADER_MERGE_GATHER)
          invoke_gather(&o, box, (uint32_t[]){x, y}, i);
        else if (shader == S2_SHADER_MERGE_TOKENS)
          invoke_tokens(&o, box, (uint32_t[]){x, y}, i, shift);
        else
          invoke_maps(&o, box, (uint32_t[]){x, y}, i, shift & 1);
  for (size_t i = 0; i < count; i++) {
    const uint32_t channel = (uint32_t)(i / grid.height / grid.width), y = (uint32_t)(i / grid.width) % grid.height;
    const uint32_t x = (uint32_t)(i % grid.width);
    assert_int_equal(o.made[i], channel >= box->channel_begin && channel < box->channel_end && y >= box->y_begin &&
                                    y < box->y_end && x >= box->x_begin && x < box->x_end);
  }
  free(o.made);
}

/* Begins somewhere at a multiple of step, and ends somewhere, at a multiple or with the whole. */
static void random_part(struct noise *noise, uint32_t whole, uint32_t step, uint32_t *begin, uint32_t *end) {
  const uint32_t steps = (whole + step - 1) / step, first = noise_below(noise, steps);
  *begin = first * step;
  *end = least(whole, *begin + (1 + noise_below(noise, steps - first)) * step);
}

static void check_merge(const struct work *w, struct noise *noise) {
  const struct s2_scale *s = w->job.scale;
  const struct s2_geometry *g = &w->geometry;
  check_windows(w, entry(w, 0)[0], &w->axes[0], s->features.height);
  check_windows(w, entry(w, 0)[1], &w->axes[1], s->features.width);
  const double prefix = (double)float_of(entry(w, 0)[2]) * s->tiles.height * s->tiles.width;
  assert_true(fabs(prefix - 1) < 1e-6);
  if (w->config.key.shader == S2_SHADER_MERGE_TOKENS)
    check_tokens(w);
  if (w->config.key.shader == S2_SHADER_MERGE_FEATURE_MAPS)
    check_maps(w);
  struct s2_box box = {.tile_end = s->tile_count,
      .image_end = g->batch,
      .channel_end = g->feature_channels,
      .y_end = g->output_grid.height,
      .x_end = g->output_grid.width};
  const uint32_t shift = noise_below(noise, 8) & (g->output_type == S2VK_TYPE_F32 ? 3 : 7);
  check_merge_groups(w, &box, shift);
  random_part(noise, g->feature_channels, w->config.step_channels, &box.channel_begin, &box.channel_end);
  random_part(noise, g->output_grid.height, w->config.step_y, &box.y_begin, &box.y_end);
  random_part(noise, g->output_grid.width, w->config.step_x, &box.x_begin, &box.x_end);
  check_merge_groups(w, &box, shift);
}

/* ---- Keys ------------------------------------------------------------------------------------------------------------ */

/* A job of the same kind, as s2vk_context_prepare() has: types, layout, form of the input, and no sizes. */
static size_t keys_of(const s2vk_plan_info *info, const struct s2_target *target, const struct s2_kernel *kernel,
    struct s2_pipeline_key *keys, size_t room) {
  struct s2_geometry geometry;
  s2vk_plan_info kind = suite_plan_info();
  s2vk_pixels_info pixels = {.struct_size = sizeof pixels};
  kind.batch = 1;
  kind.height = kind.width = 64;
  kind.channels = info->channels;
  kind.output_shape = info->output_shape;
  kind.model = (s2vk_model_shape){.channels = 64, .tokens = 16, .height = 4, .width = 4};
  kind.input_type = info->input_type;
  kind.tile_type = info->tile_type;
  kind.feature_type = info->feature_type;
  kind.output_type = info->output_type;
  if (info->pixels) {
    pixels.source = info->pixels->source;
    pixels.format = info->pixels->format;
    pixels.transfer = info->pixels->transfer;
    kind.pixels = &pixels;
  }
  assert_ok(s2_geometry_create(&env, &kind, &geometry));
  geometry.feature_channels = 0; /* neither these nor a tile's side are given: then they may be any */
  geometry.scales->tile_side = 0;
  const struct s2_job job = {.target = target, .geometry = &geometry, .scale = geometry.scales, .pass = kernel->pass};
  const size_t count = kernel->keys ? kernel->keys(&job, NULL, 0) : 0;
  assert_true(count <= room);
  if (count > 0)
    assert_int_equal(kernel->keys(&job, keys, room), count);
  s2_geometry_destroy(&env, &geometry);
  return count;
}

static void print_key(const struct s2_pipeline_key *key) {
  for (uint32_t i = 0; i < S2_CONSTANT_COUNT; i++)
    print_message(" %u", key->constants[i]);
  print_message("\n");
}

static void check_key(const struct work *w, const struct s2_pipeline_key *keys, size_t count) {
  struct s2_pipeline_key key = w->config.key;
  s2_target_finish(w->job.target, w->job.target->texels, w->job.source_texels, &key);
  for (size_t i = 0; i < count; i++) {
    struct s2_pipeline_key prepared = keys[i];
    s2_target_finish(w->job.target, w->job.target->texels, w->job.source_texels, &prepared);
    if (memcmp(&prepared, &key, sizeof key) == 0)
      return;
  }
  print_key(&key);
  fail_msg("%s asks for a pipeline that is not among its %zu keys", w->kernel->name, count);
}

/* The key of the job as it is; where sums outlive dispatches; and of prefix tokens. */
static void check_keys(struct work *w, const s2vk_plan_info *info) {
  static struct s2_pipeline_key keys[256];
  const size_t count = keys_of(info, w->job.target, w->kernel, keys, sizeof keys / sizeof *keys);
  const bool f32 = info->output_type == S2VK_TYPE_F32;
  const uint32_t accumulators[] = {S2_ACCUMULATOR_NONE, f32 ? S2_ACCUMULATOR_OUTPUT : S2_ACCUMULATOR_BUFFER};
  w->job.source_texels = w->job.target->texels && w->geometry.pixels.source != S2_SOURCE_IMAGE;
  for (int i = 0; i < (w->kernel->pass == S2_PASS_MERGE ? 2 : 1); i++)
    for (int prefix = 0; prefix < (w->geometry.prefix ? 2 : 1); prefix++) {
      w->job.accumulator = accumulators[i];
      w->job.prefix = prefix;
      if (w->kernel->configure(&w->job, &w->config))
        check_key(w, keys, count);
    }
}

/* ---- Tests ----------------------------------------------------------------------------------------------------------- */

static uint32_t done[S2_SHADER_COUNT]; /* jobs that could be done by each */

/* All kernels' ways to do what a plan has to do. */
static void check_plan(const s2vk_plan_info *info, struct noise *noise) {
  for (uint32_t scale = 0; scale < info->scale_count; scale++)
    for (size_t t = 0; t < TARGET_COUNT; t++)
      for (const struct s2_kernel *const *kernel = s2_kernels; *kernel; kernel++) {
        struct work w;
        if ((*kernel)->pass > S2_PASS_MERGE) /* resamplings: test_chains.c */
          continue;
        const bool can = open_work(info, scale, &targets[t], *kernel, &w);
        if (can && !(*kernel)->copy) {
          done[w.config.key.shader]++;
          assert_true(w.config.columns > 0 && w.config.rows > 0 && w.config.channels > 0 && w.config.step_y > 0);
          assert_true((*kernel)->cost(&w.job, &w.config) > 0);
          if ((*kernel)->pass == S2_PASS_SPLIT)
            check_split(&w, noise);
          else
            check_merge(&w, noise);
          check_keys(&w, info);
        }
        /* The general ones always can, but for a driver whose loops end too soon. */
        const bool general = *kernel == &s2_split_gather || *kernel == &s2_merge_gather;
        assert_true(can || !general || targets[t].loop_rounds < UINT32_MAX);
        close_work(&w);
      }
}

static void random_plans_have_their_weights(void **state) {
  (void)state;
  struct noise noise = {3};
  for (int round = 0; round < 150; round++) {
    s2vk_size sizes[3];
    s2vk_pixels_info pixels;
    s2vk_plan_info info;
    suite_random_plan(&noise, sizes, &pixels, &info);
    if (info.pixels && noise_below(&noise, 3) == 0) {
      pixels.source = S2VK_PIXELS_IMAGE;
      pixels.format = S2VK_PIXEL_RGBA8;
      pixels.row_stride = 0;
    }
    check_plan(&info, &noise);
  }
  for (int shader = 0; shader < S2_SHADER_COUNT; shader++) {
    print_message("%u jobs of %s\n", done[shader], s2_shader_name((uint32_t)shader));
    assert_true(done[shader] > 50 || (shader >= S2_SHADER_RESAMPLE_ACROSS && shader <= S2_SHADER_RESAMPLE_WALK));
  }
}

/* Photographs made small: supports of many inputs, and rows of the tile far apart. */
static void photographs_have_their_weights(void **state) {
  (void)state;
  struct noise noise = {4};
  const uint32_t before = done[S2_SHADER_SPLIT_SCATTER];
  for (int round = 0; round < 40; round++) {
    const s2vk_size size = {5 + noise_below(&noise, 60), 5 + noise_below(&noise, 60)};
    s2vk_plan_info info = suite_plan_info();
    s2vk_pixels_info pixels = {.struct_size = sizeof pixels};
    info.channels = 1 + noise_below(&noise, 3);
    info.height = 100 + noise_below(&noise, 400);
    info.width = 100 + noise_below(&noise, 400);
    info.scales = NULL;
    info.img_sizes = &size;
    info.scale_count = 1;
    info.max_split_size = 3 + noise_below(&noise, 40);
    info.filter = (s2vk_filter)noise_below(&noise, S2VK_FILTER_LANCZOS3 + 1);
    info.split_mode = (s2vk_split_mode)noise_below(&noise, 2);
    if (noise_below(&noise, 2)) {
      pixels.format = noise_below(&noise, 2) ? S2VK_PIXEL_BGRA8 : S2VK_PIXEL_RGB8;
      pixels.row_stride = info.width * 4 + noise_below(&noise, 3); /* where rows begin decides how they are read */
      info.pixels = &pixels;
    }
    check_plan(&info, &noise);
  }
  assert_true(done[S2_SHADER_SPLIT_SCATTER] - before > 40);
}

/* Widths of models that there are, and odd ones, in all types: the merges' keys and blocks depend on them. */
static void wide_models_have_their_keys(void **state) {
  (void)state;
  struct noise noise = {6};
  for (int round = 0; round < 300; round++) {
    s2vk_size sizes[3];
    s2vk_pixels_info pixels;
    s2vk_plan_info info;
    suite_random_plan(&noise, sizes, &pixels, &info);
    info.batch = 1;
    info.pixels = NULL;
    info.model.channels = noise_below(&noise, 2) ? 1 + noise_below(&noise, 1200) : 64 * (1 + noise_below(&noise, 80));
    if (noise_below(&noise, 20) == 0)
      info.model.channels = (1u << 17) + noise_below(&noise, 9);
    for (uint32_t scale = 0; scale < info.scale_count; scale++)
      for (size_t t = 0; t < TARGET_COUNT; t++)
        for (const struct s2_kernel *const *kernel = s2_kernels; *kernel; kernel++) {
          struct work w;
          if ((*kernel)->pass == S2_PASS_MERGE && open_work(&info, scale, &targets[t], *kernel, &w) && !(*kernel)->copy)
            check_keys(&w, &info);
          if ((*kernel)->pass == S2_PASS_MERGE)
            close_work(&w);
        }
  }
}

/* An axis may stay as it is, and one tile be all: what the output has then is no transfer unless types are the same. */
static void copies_are_of_equal_types(void **state) {
  (void)state;
  const struct s2_target copying = {.copies = true, .loop_rounds = UINT32_MAX};
  for (int types = 0; types < 3; types++)
    for (int scale = 0; scale < 2; scale++) {
      struct work w;
      s2vk_plan_info info = suite_plan_info();
      info.input_type = info.tile_type = info.feature_type = info.output_type = S2VK_TYPE_F16;
      if (types == 1)
        info.input_type = info.feature_type = S2VK_TYPE_BF16;
      struct s2_target target = copying;
      target.copies = types != 2;
      assert_int_equal(open_work(&info, (uint32_t)scale, &target, &s2_split_copy, &w), types == 0 && scale == 0);
      close_work(&w);
      assert_int_equal(open_work(&info, (uint32_t)scale, &target, &s2_merge_copy, &w), types == 0 && scale == 0);
      close_work(&w);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_plans_have_their_weights),
      cmocka_unit_test(photographs_have_their_weights),
      cmocka_unit_test(wide_models_have_their_keys),
      cmocka_unit_test(copies_are_of_equal_types),
  };
  return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
