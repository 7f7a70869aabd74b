/* Tables and workgroups of merges. */
#include "test_kernels.h"

#include "kernels/merge.h"

/* ---- Merges: tables ---------------------------------------------------------------------------------------------- */

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

/* For each segment of an output, counted from its first, the most taps that one has. Returns the most segments. */
static uint32_t longest_segments(const struct work *w, uint32_t at, const struct s2_axis *axis, uint64_t *taps) {
  uint32_t count = 0;
  for (uint32_t j = 0; j < axis->out; j++) {
    const uint32_t *window = entry(w, at + j), segments = window[1] - window[0];
    count = segments > count ? segments : count;
    for (uint32_t k = 0; k < segments; k++) {
      const uint32_t *segment = entry(w, window[0] + k);
      taps[k] = segment[2] - segment[1] > taps[k] ? segment[2] - segment[1] : taps[k];
    }
  }
  return count;
}

/* The rounds of the loops of merge_grid() and add_tile() of merge_gather.comp, if invocations of all outputs run
 * together. A loop also begins the round in which it ends. */
static void check_rounds(const struct work *w) {
  uint64_t rows[MOST] = {0}, columns[MOST] = {0}, rounds = 1;
  const uint32_t down = longest_segments(w, entry(w, 0)[0], &w->axes[0], rows);
  const uint32_t across = longest_segments(w, entry(w, 0)[1], &w->axes[1], columns);
  for (uint32_t r = 0; r < down; r++) {
    rounds += 2; /* this one, and the end of the loop over columns */
    for (uint32_t c = 0; c < across; c++)
      rounds += 2 + rows[r] * (2 + columns[c]);
  }
  assert_true(s2_merge_gather_rounds(&w->job) >= rounds);
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

/* As read_taps() and add_windows() of merge_tokens.comp read them: pairs (element, weight). An element has a tile and a
 * coordinate in it. Each output has the same number of pairs, two to an entry, or a list of its own. */
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
  const uint64_t token = s->feature_strides.column, tile = w->geometry.batch * s->feature_strides.item;
  check_token_taps(w, 2, &w->axes[0], s->features.height, tile * s->tiles.width, s->feature_strides.row);
  check_token_taps(w, 2 + w->axes[0].out * each, &w->axes[1], s->features.width, tile, token);
}

/* Weights of features in each of four outputs. First what a chunk gives is taken off, then the rest has to be what was
 * rounded. */
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

/* The chunks of a four, as merge_feature_maps.comp adds them up: weights of features, which are counted from the first
 * one of the image's first tile and of channel -1, in each of four outputs. All weights are 0 before and after. */
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

/* ---- Merges: workgroups ------------------------------------------------------------------------------------------ */

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

/* As main() of merge_blocks.comp: the places [begin, end) of a row in fours, or all of them by the gather. */
static void invoke_blocks(
    const struct outputs *o, const struct s2_box *box, const uint32_t group[2], uint32_t invocation) {
  const uint32_t *constants = o->w->config.key.constants, places = entry(o->w, 1)[0], run = constants[S2_RUN];
  const bool quads = constants[S2_TARGET_ROWS] == S2_ROWS_QUADS;
  const uint32_t fours = (box->channel_end - box->channel_begin + 3) / 4, size = constants[S2_LOCAL_SIZE_X] * run;
  const uint32_t groups = (fours + size - 1) / size, part = group[0] / groups;
  const uint32_t begin = (quads ? box->x_begin / 4 * 4 : box->x_begin) + part * places;
  const uint32_t end = least(begin + places, box->x_end);
  assert_true(places > 0 && places % 4 == 0 && begin < end);
  for (uint32_t i = 0; i < run; i++) {
    const uint32_t four = (group[0] - part * groups) * size + invocation + i * constants[S2_LOCAL_SIZE_X];
    const uint32_t channel = box->channel_begin + least(four, fours - 1) * 4;
    for (uint32_t x = begin > box->x_begin ? begin : box->x_begin; x < end; x++)
      for (uint32_t c = channel; c < least(channel + 4, box->channel_end); c++)
        make_output(o, c, box->y_begin + group[1], x);
  }
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
        else if (shader == S2_SHADER_MERGE_BLOCKS)
          invoke_blocks(&o, box, (uint32_t[]){x, y}, i);
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

void check_merge(const struct work *w, struct noise *noise) {
  const struct s2_scale *s = w->job.scale;
  const struct s2_geometry *g = &w->geometry;
  check_windows(w, entry(w, 0)[0], &w->axes[0], s->features.height);
  check_windows(w, entry(w, 0)[1], &w->axes[1], s->features.width);
  check_rounds(w);
  const double prefix = (double)float_of(entry(w, 0)[2]) * s->tiles.height * s->tiles.width;
  assert_true(fabs(prefix - 1) < 1e-6);
  if (w->config.key.shader == S2_SHADER_MERGE_TOKENS || w->config.key.shader == S2_SHADER_MERGE_BLOCKS)
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
