/* The schedule, executed on paper: every element of tiles and output is written once, and every piece of work keeps
 * within the limits it was made for. */
#include "suite.h"

#include "dispatch.h"

static const struct s2_host host = {.log = gpu_log};

struct made {
  struct s2_geometry geometry;
  struct s2_tables tables;
  struct s2_schedule schedule;
};

static s2vk_result make(const s2vk_plan_info *info, const struct s2_target *target, struct made *m) {
  *m = (struct made){0};
  assert_ok(s2_geometry_create(&host, info, &m->geometry));
  assert_ok(s2_tables_create(&host, target, &m->geometry, &m->tables));
  return s2_schedule_create(&host, target, &m->geometry, &m->tables, &m->schedule);
}

static void unmake(struct made *m) {
  s2_schedule_destroy(&host, &m->schedule);
  s2_tables_destroy(&host, &m->tables);
  s2_geometry_destroy(&host, &m->geometry);
}

static const struct s2_target ample = {
    .range = 1 << 30, .texels = 1 << 16, .alignment = 16, .groups = {65535, 65535, 65535}};

static void check_range(const struct s2_target *target, const struct s2_range *range, uint64_t tensor_bytes) {
  assert_true(range->bytes <= target->range);
  assert_true(range->offset % target->alignment == 0);
  assert_true(range->offset + range->bytes <= tensor_bytes);
}

static void check_pass(const struct made *m, const struct s2_target *target, const struct s2_pass *pass,
    uint64_t source_bytes, uint64_t target_bytes) {
  assert_int_equal(pass->first[0], 0);
  assert_int_equal(pass->first[m->geometry.call_count], pass->dispatch_count);
  for (uint32_t i = 0; i < pass->window_count; i++) {
    check_range(target, &pass->windows[i].tables, m->tables.entry_count * sizeof *m->tables.entries);
    check_range(target, &pass->windows[i].source, source_bytes);
    check_range(target, &pass->windows[i].target, target_bytes);
    check_range(target, &pass->windows[i].sums, m->schedule.sums_bytes);
  }
  for (uint32_t i = 0; i < pass->dispatch_count; i++)
    for (int k = 0; k < 3 && pass->dispatches[i].key != S2_NO_KEY; k++)
      assert_in_range(pass->dispatches[i].groups[k], 1, target->groups[k]);
}

/* Whether elements [begin, end) of a tensor are inside the window. */
static void check_inside(const struct s2_range *range, s2vk_type type, uint64_t begin, uint64_t end) {
  assert_true(begin * s2vk_type_size(type) >= range->offset);
  assert_true(end * s2vk_type_size(type) <= range->offset + range->bytes);
}

/* Whether scales [first, end) find their tables where the dispatch looks. */
static void check_sections(const struct made *m, const struct s2_pass *pass, const struct s2_dispatch *d,
    uint32_t first, uint32_t end, enum s2_pass_index index) {
  const struct s2_range *tables = &pass->windows[d->window].tables;
  for (uint32_t i = first; i < end; i++) {
    assert_int_equal(tables->offset, m->tables.sections[i][index].first * sizeof(struct s2_entry));
    assert_int_equal(tables->bytes, m->tables.sections[i][index].count * sizeof(struct s2_entry));
  }
}

/* ---- Split -------------------------------------------------------------------------------------------------------- */

static void check_rows_read(const struct made *m, const struct s2_dispatch *d, uint32_t tile, uint32_t channel) {
  const struct s2_geometry *g = &m->geometry;
  uint32_t i = d->push.split.scale;
  while (tile - g->scales[i].first_tile >= g->scales[i].tile_count)
    i++;
  const struct s2_scale *s = &g->scales[i];
  const uint32_t place = (tile - s->first_tile) / g->batch, image = (tile - s->first_tile) % g->batch;
  const uint32_t y = place / s->tiles.width * s->tile_side + d->push.split.first_row;
  const uint64_t plane = ((uint64_t)image * g->channels + channel) * g->input.height;
  uint32_t low, high;
  s2_split_reach(&m->tables.axes[i].split[0], &m->tables.split[i], y, y + d->push.split.row_count, &low, &high);
  assert_true(low < high && high <= g->input.height);
  check_inside(&m->schedule.split.windows[d->window].source, g->input_type, (plane + low) * g->input.width,
      (plane + high) * g->input.width);
  if (m->tables.split[i].mode == S2_SPLIT_STRAIGHT)
    assert_int_equal(y % m->tables.split[i].rows + d->push.split.row_count % m->tables.split[i].rows, 0);
}

/* Whole tiles, each the image of its number. */
static void check_split_copy(
    const struct made *m, const struct s2_call *call, const struct s2_copy *copy, unsigned char *written) {
  const struct s2_geometry *g = &m->geometry;
  const uint64_t tile_bytes = (uint64_t)g->channels * g->input.height * g->input.width * s2vk_type_size(g->input_type);
  const uint64_t image = copy->source / tile_bytes, tile = call->first_tile + copy->target / tile_bytes;
  assert_int_equal(copy->source % tile_bytes + copy->target % tile_bytes + copy->bytes % tile_bytes, 0);
  assert_int_equal(copy->rows, 1);
  assert_true(copy->source + copy->bytes <= g->input_bytes && copy->target + copy->bytes <= g->tiles_bytes);
  uint32_t scale = call->scale;
  while (tile - g->scales[scale].first_tile >= g->scales[scale].tile_count)
    scale++;
  assert_int_equal(tile - g->scales[scale].first_tile, image);
  assert_true(tile + copy->bytes / tile_bytes <= g->scales[scale].first_tile + g->scales[scale].tile_count);
  const uint64_t rows = (uint64_t)g->channels * g->scales[scale].tile_side;
  for (uint64_t row = 0; row < copy->bytes / tile_bytes * rows; row++)
    written[(tile - call->first_tile) * rows + row]++;
}

static void check_split(const struct made *m, const struct s2_target *target) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_pass *pass = &m->schedule.split;
  check_pass(m, target, pass, g->input_bytes, g->tiles_bytes);
  for (uint32_t k = 0; k < g->call_count; k++) {
    const struct s2_call *call = &g->calls[k];
    const uint32_t side = g->scales[call->scale].tile_side;
    const size_t rows = (size_t)call->tile_count * g->channels * side;
    unsigned char *written = calloc(rows, 1);
    for (uint32_t i = pass->first[k]; i < pass->first[k + 1]; i++) {
      const struct s2_dispatch *d = &pass->dispatches[i];
      const struct s2_split_push *p = &d->push.split;
      if (d->key == S2_NO_KEY) {
        check_split_copy(m, call, &d->push.copy, written);
        continue;
      }
      assert_int_equal(p->call_tile, call->first_tile);
      uint32_t scale = p->scale;
      while (p->first_tile - g->scales[scale].first_tile >= g->scales[scale].tile_count)
        scale++;
      const struct s2_split_shape *shape = &m->tables.split[scale];
      assert_true(d->groups[0] >= s2_split_groups(shape, side, p->channel_count, p->row_count));
      assert_int_equal(d->groups[1], shape->mode == S2_SPLIT_STRAIGHT ? 1 : p->channel_count);
      uint32_t end = scale + 1;
      while (end < g->scale_count && p->first_tile + d->groups[2] > g->scales[end].first_tile)
        end++;
      check_sections(m, pass, d, p->scale, end, S2_PASS_SPLIT);
      for (uint32_t tile = p->first_tile; tile < p->first_tile + d->groups[2]; tile++)
        for (uint32_t c = p->first_channel; c < p->first_channel + p->channel_count; c++) {
          const uint64_t first = ((uint64_t)(tile - p->call_tile) * g->channels + c) * side + p->first_row;
          check_inside(&pass->windows[d->window].target, g->tile_type, first * side, (first + p->row_count) * side);
          check_rows_read(m, d, tile, c);
          for (uint32_t row = 0; row < p->row_count; row++)
            written[first + row]++;
        }
    }
    for (size_t row = 0; row < rows; row++)
      assert_int_equal(written[row], 1);
    free(written);
  }
}

/* ---- Merge -------------------------------------------------------------------------------------------------------- */

/* One output position of one scale: the tiles that its window touches, and how far its sum has got. */
struct output {
  uint32_t first_tile, last_tile;
  uint32_t tiles_added;
  unsigned char finished;
};

static uint32_t segment_tiles(const struct s2_axis *axis, uint32_t side, uint32_t j, uint32_t *first, uint32_t *last) {
  *first = axis->taps[axis->first[j]].index / side;
  *last = axis->taps[axis->first[j + 1] - 1].index / side;
  return *last - *first + 1;
}

/* As the shader goes about it: tiles of this dispatch are added; the sum goes on if it has more to come. */
static void add_position(const struct made *m, const struct s2_dispatch *d, uint32_t image, uint32_t scale, bool prefix,
    uint32_t y, uint32_t x, struct output *o) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_scale *s = &g->scales[scale];
  const struct s2_merge_push *p = &d->push.merge;
  uint32_t rows[2] = {0, s->tiles.height - 1}, columns[2] = {0, s->tiles.width - 1};
  if (!prefix) {
    segment_tiles(&m->tables.axes[scale].merge[0], s->features.height, y, &rows[0], &rows[1]);
    segment_tiles(&m->tables.axes[scale].merge[1], s->features.width, x, &columns[0], &columns[1]);
  }
  uint32_t touched = 0;
  for (uint32_t r = rows[0]; r <= rows[1]; r++)
    for (uint32_t c = columns[0]; c <= columns[1]; c++) {
      uint32_t tile = s->first_tile + (r * s->tiles.width + c) * g->batch + image;
      if (tile < p->tile_begin || tile >= p->tile_end)
        continue;
      touched++;
      check_inside(&m->schedule.merge.windows[d->window].source, g->feature_type,
          (tile - p->call_tile) * s->feature_elements, (tile - p->call_tile + 1) * s->feature_elements);
    }
  if (!touched)
    return;
  o->tiles_added += touched;
  const uint32_t all = (rows[1] - rows[0] + 1) * (columns[1] - columns[0] + 1);
  const uint32_t last = s->first_tile + (rows[1] * s->tiles.width + columns[1]) * g->batch + image;
  assert_int_equal(o->finished, 0);
  o->finished = last < p->tile_end;
  assert_true(o->finished == (o->tiles_added == all));
  if (!o->finished)
    assert_int_not_equal(m->schedule.sums, S2_SUMS_NOWHERE);
}

/* Every element from where it is in the features of its tile. */
static void check_merge_copy(
    const struct made *m, const struct s2_call *call, const struct s2_copy *copy, struct output *outputs) {
  const struct s2_geometry *g = &m->geometry;
  const uint64_t size = s2vk_type_size(g->output_type), channels = (uint64_t)g->scale_count * g->feature_channels;
  const uint64_t positions = g->prefix + (uint64_t)g->output_grid.height * g->output_grid.width;
  const bool maps = g->layout == S2VK_OUTPUT_BCHW;
  assert_int_equal(size, s2vk_type_size(g->feature_type));
  for (uint64_t i = 0; i < copy->rows * (copy->bytes / size); i++) {
    const uint64_t row = i / (copy->bytes / size), in_row = i % (copy->bytes / size);
    const uint64_t source = (copy->source + row * copy->source_stride) / size + in_row;
    const uint64_t element = (copy->target + row * copy->target_stride) / size + in_row;
    const uint64_t image = element / (positions * channels), rest = element % (positions * channels);
    const uint64_t channel = maps ? rest / positions : rest % channels;
    const uint64_t position = maps ? rest % positions : rest / channels, c = channel % g->feature_channels;
    const struct s2_scale *scale = &g->scales[channel / g->feature_channels];
    const uint64_t in_tile = maps ? c * positions + position : position * g->feature_channels + c;
    assert_int_equal(source, (scale->first_tile + image - call->first_tile) * scale->feature_elements + in_tile);
    assert_true((source + 1) * size <= g->features_bytes && (element + 1) * size <= g->output_bytes);
    outputs[element].finished++;
  }
}

static const struct s2_call *call_of(const struct made *m, const struct s2_pass *pass, uint32_t dispatch) {
  uint32_t k = 0;
  while (pass->first[k + 1] <= dispatch)
    k++;
  return &m->geometry.calls[k];
}

static uint32_t straight_seen[2]; /* of tokens, of maps */

static uint32_t units(uint32_t elements, uint32_t width) {
  return (elements + width - 1) / width;
}

/* Whether there are workgroups for all of a box, and blocks and units are whole. */
static void check_units(const struct made *m, const struct s2_pass *pass, const struct s2_dispatch *d) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_merge_push *p = &d->push.merge;
  const struct s2_merge_shape *shape = &m->tables.merge;
  const struct s2_straight_shape *straight = &m->tables.straight[p->first_scale];
  const uint64_t box_cells = (uint64_t)p->box_height * p->box_width;
  const uint32_t shader = pass->keys[d->key].shader;
  if (shader == S2_SHADER_TOKENS_STRAIGHT || shader == S2_SHADER_MAPS_STRAIGHT) {
    assert_int_equal(d->groups[0], s2_straight_groups(straight, p->channel_count, p->box_height, p->box_width));
    assert_int_equal(d->groups[2], 1);
    assert_int_equal(p->box_prefix, 0);
    assert_int_equal(p->box_y % straight->down.size + p->box_height % straight->down.size, 0);
    assert_int_equal(p->box_x % straight->across.size, 0);
    assert_true(p->box_width % straight->across.size == 0 ||
                (straight->maps && p->box_x + p->box_width == g->output_grid.width));
    assert_true(straight->maps || p->channel_count >= straight->width); /* the last unit begins earlier */
    straight_seen[straight->maps]++;
  } else if (shader == S2_SHADER_MERGE_MAPS) {
    const uint64_t all = (uint64_t)p->box_height * units(p->box_width, shape->width);
    assert_int_equal(d->groups[0], s2_merge_groups(shape, all, p->channel_count));
    assert_int_equal(p->box_x % shape->width, 0);
    assert_true(p->box_width % shape->width == 0 || p->box_x + p->box_width == g->output_grid.width);
  } else {
    assert_int_equal(
        d->groups[0], s2_merge_groups(shape, units(p->channel_count, shape->width), p->box_prefix + box_cells));
    assert_true(p->channel_count >= shape->width);
  }
}

static void check_merge(const struct made *m, const struct s2_target *target) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_pass *pass = &m->schedule.merge;
  check_pass(m, target, pass, g->features_bytes, g->output_bytes);
  const uint32_t cells = g->output_grid.height * g->output_grid.width, positions = g->prefix + cells;
  const size_t count = (size_t)g->batch * g->scale_count * g->feature_channels * positions;
  struct output *outputs = calloc(count, sizeof *outputs);
  for (uint32_t i = 0; i < pass->dispatch_count; i++) {
    const struct s2_dispatch *d = &pass->dispatches[i];
    const struct s2_merge_push *p = &d->push.merge;
    if (d->key == S2_NO_KEY) {
      check_merge_copy(m, call_of(m, pass, i), &d->push.copy, outputs);
      continue;
    }
    check_sections(m, pass, d, p->first_scale, p->first_scale + d->groups[2], S2_PASS_MERGE);
    check_units(m, pass, d);
    for (uint32_t b = p->first_image; b < p->first_image + d->groups[1]; b++)
      for (uint32_t s = p->first_scale; s < p->first_scale + d->groups[2]; s++)
        for (uint32_t c = p->first_channel; c < p->first_channel + p->channel_count; c++)
          for (uint32_t at = 0; at < p->box_prefix + p->box_height * p->box_width; at++) {
            const bool prefix = at < p->box_prefix;
            const uint32_t y = prefix ? 0 : p->box_y + (at - p->box_prefix) / p->box_width;
            const uint32_t x = prefix ? 0 : p->box_x + (at - p->box_prefix) % p->box_width;
            const uint32_t position = prefix ? at : g->prefix + y * g->output_grid.width + x;
            const uint64_t channels = g->scale_count * g->feature_channels, channel = s * g->feature_channels + c;
            const uint64_t element = g->layout == S2VK_OUTPUT_BNC
                                         ? ((uint64_t)b * positions + position) * channels + channel
                                         : (b * channels + channel) * cells + position;
            check_inside(&pass->windows[d->window].target, g->output_type, element, element + 1);
            if (m->schedule.sums_bytes)
              check_inside(&pass->windows[d->window].sums, S2VK_TYPE_F32, element, element + 1);
            add_position(m, d, b, s, prefix, y, x, &outputs[element]);
          }
  }
  for (size_t i = 0; i < count; i++)
    assert_int_equal(outputs[i].finished, 1);
  free(outputs);
}

/* ---- Tests -------------------------------------------------------------------------------------------------------- */

/* A scale that is no copy has a shape of its own to split it. */
static void one_dispatch_per_call_and_shape(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  struct made m;
  for (uint32_t cross = 0; cross < 2; cross++) {
    info.calls_cross_scales = cross;
    assert_ok(make(&info, &ample, &m));
    assert_int_equal(m.schedule.split.dispatch_count, 2);
    assert_int_equal(m.schedule.merge.dispatch_count, 2 - cross);
    assert_int_equal(m.schedule.split.window_count, 1);
    assert_int_equal(m.schedule.merge.window_count, 1);
    assert_int_equal(m.schedule.sums_bytes, 0);
    check_split(&m, &ample);
    check_merge(&m, &ample);
    unmake(&m);
  }
}

/* Sums outlive a call only where a window reaches over tiles of two calls. */
static void sums_are_kept_only_where_needed(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double integer[] = {1, 2}, fractional[] = {1, 1.25};
  const struct {
    const double *scales;
    uint32_t prefix, per_call;
    s2vk_type type;
    uint32_t sums;
  } rows[] = {
      {integer, 0, 0, S2VK_TYPE_F16, S2_SUMS_NOWHERE},
      {integer, 0, 1, S2VK_TYPE_F16, S2_SUMS_NOWHERE},
      {fractional, 0, 0, S2VK_TYPE_F16, S2_SUMS_NOWHERE},
      {fractional, 0, 1, S2VK_TYPE_F16, S2_SUMS_IN_BUFFER},
      {fractional, 0, 1, S2VK_TYPE_F32, S2_SUMS_IN_OUTPUT},
      {integer, 1, 0, S2VK_TYPE_F16, S2_SUMS_NOWHERE},
      {integer, 1, 1, S2VK_TYPE_F16, S2_SUMS_IN_BUFFER},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct made m;
    info.scales = rows[i].scales;
    info.num_prefix_token = rows[i].prefix;
    info.model.tokens = 16 + rows[i].prefix;
    info.tiles_per_call = rows[i].per_call;
    info.output_type = rows[i].type;
    assert_ok(make(&info, &ample, &m));
    assert_int_equal(m.schedule.sums, rows[i].sums);
    assert_int_equal(m.schedule.sums_bytes, rows[i].sums == S2_SUMS_IN_BUFFER ? m.geometry.output_bytes * 2 : 0);
    check_merge(&m, &ample);
    unmake(&m);
  }
}

static uint32_t count_copies(const struct s2_pass *pass) {
  uint32_t copies = 0;
  for (uint32_t i = 0; i < pass->dispatch_count; i++)
    copies += pass->dispatches[i].key == S2_NO_KEY;
  return copies;
}

static void what_stays_as_it_is_is_copied(void **state) {
  (void)state;
  const double integer[] = {1, 2}, one[] = {1}, fraction[] = {1.25, 1};
  const struct {
    const double *scales;
    uint32_t scale_count, batch, tokens, per_call;
    int32_t index;
    bool cross, maps;
    uint32_t split, merge; /* copies */
  } rows[] = {
      {integer, 2, 2, 16, 0, 0, false, false, 1, 1}, {integer, 2, 2, 16, 0, 0, true, false, 1, 1},
      {integer, 2, 2, 16, 0, 0, false, true, 1, 1},
      {integer, 2, 2, 18, 0, 0, false, false, 1, 1}, /* with prefix tokens */
      {integer, 2, 3, 18, 2, 0, true, false, 2, 2},  /* images 0 and 1; 2, and a tile of the next scale */
      {integer, 2, 3, 16, 1, 0, false, true, 3, 3},
      {integer, 2, 2, 16, 0, 1, false, false, 1, 0}, /* the output has the grid of the other scale, in four tiles */
      {fraction, 2, 2, 16, 0, 1, true, false, 1, 1},
      {one, 1, 70, 16, 0, 0, false, false, 1, 1},      /* one row, though there are 1120 tokens */
      {integer, 2, 64, 16, 0, 0, false, false, 1, 1},  /* 1024 rows */
      {integer, 2, 65, 16, 0, 0, false, false, 1, 0},  /* 1040 */
      {integer, 2, 65, 16, 0, 0, false, true, 1, 1},   /* 65 */
      {integer, 2, 65, 16, 64, 0, false, false, 2, 2}, /* 1024, and 16 */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int types = 0; types < 4; types++) {
      struct s2_target target = ample;
      struct made m;
      s2vk_plan_info info = suite_plan_info();
      info.scales = rows[i].scales;
      info.scale_count = rows[i].scale_count;
      info.batch = rows[i].batch;
      info.num_prefix_token = rows[i].tokens - 16;
      info.model.tokens = rows[i].tokens;
      info.model.height = info.model.width = 4;
      info.tiles_per_call = rows[i].per_call;
      info.calls_cross_scales = rows[i].cross;
      info.resize_output_to_idx = rows[i].index;
      info.output_shape = rows[i].maps ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC;
      info.input_type = types == 1 ? S2VK_TYPE_F16 : S2VK_TYPE_F32;
      info.tile_type = types == 2 ? S2VK_TYPE_F16 : info.input_type;
      info.output_type = types == 1 ? S2VK_TYPE_BF16 : S2VK_TYPE_F32;
      info.feature_type = types == 2 ? S2VK_TYPE_F16 : info.output_type;
      target.copies = types != 3;
      assert_ok(make(&info, &target, &m));
      assert_int_equal(count_copies(&m.schedule.split), types < 2 ? rows[i].split : 0);
      assert_int_equal(count_copies(&m.schedule.merge), types < 2 ? rows[i].merge : 0);
      check_split(&m, &target);
      check_merge(&m, &target);
      unmake(&m);
    }
}

static void random_plans_keep_any_limit(void **state) {
  (void)state;
  struct noise noise = {5};
  uint32_t cut = 0, refused = 0, sectioned = 0;
  for (int round = 0; round < 600; round++) {
    s2vk_size sizes[3];
    for (int i = 0; i < 3; i++)
      sizes[i] = (s2vk_size){1 + noise_below(&noise, 40), 1 + noise_below(&noise, 40)};
    s2vk_plan_info info = suite_plan_info();
    info.batch = 1 + noise_below(&noise, 3);
    info.channels = 1 + noise_below(&noise, 3);
    info.height = 1 + noise_below(&noise, 30);
    info.width = 1 + noise_below(&noise, 30);
    info.scales = NULL;
    info.img_sizes = sizes;
    info.scale_count = 1 + noise_below(&noise, 3);
    info.max_split_size = 1 + noise_below(&noise, 24);
    info.split_mode = (s2vk_split_mode)noise_below(&noise, 2);
    info.resize_output_to_idx = (int32_t)noise_below(&noise, info.scale_count);
    info.output_shape = (s2vk_output_shape)noise_below(&noise, 2);
    info.num_prefix_token = info.output_shape == S2VK_OUTPUT_BNC ? noise_below(&noise, 3) : 0;
    const uint32_t side = 1 + noise_below(&noise, 5);
    const uint32_t width = noise_below(&noise, 2) ? side : 4 * (1 + noise_below(&noise, 3));
    info.model = (s2vk_model_shape){1 + noise_below(&noise, 9), side * side + info.num_prefix_token, side, width};
    info.tiles_per_call = noise_below(&noise, 12);
    info.calls_cross_scales = noise_below(&noise, 2);
    info.output_type = (s2vk_type)noise_below(&noise, 3);
    info.tile_type = (s2vk_type)noise_below(&noise, 3);
    info.input_type = (s2vk_type)noise_below(&noise, 3);
    info.feature_type = (s2vk_type)noise_below(&noise, 3);
    struct made m;
    assert_ok(make(&info, &ample, &m));
    check_split(&m, &ample);
    check_merge(&m, &ample);
    const uint64_t table_bytes = m.tables.entry_count * sizeof *m.tables.entries;
    const uint32_t whole = m.schedule.split.dispatch_count + m.schedule.merge.dispatch_count;
    unmake(&m);
    /* Tables are cut between scales and passes; anything else anywhere. */
    const struct s2_target tight = {
        .cpu = round % 2,
        .copies = round % 2,
        .keeps_branches = round % 3 == 2,
        .texels = 1 << 16,
        .range = (table_bytes * 7 / 8 > 1024 ? table_bytes * 7 / 8 : 1024) + noise_below(&noise, 2048),
        .alignment = 1u << (2 + noise_below(&noise, 7)),
        .groups = {1 + noise_below(&noise, 7), 1 + noise_below(&noise, 7), 1 + noise_below(&noise, 7)},
    };
    if (make(&info, &tight, &m) == S2VK_ERROR_LIMIT) {
      refused++; /* one row or one tile's features alone are over the limit */
    } else {
      check_split(&m, &tight);
      check_merge(&m, &tight);
      sectioned += m.tables.sectioned;
      cut += m.schedule.split.dispatch_count + m.schedule.merge.dispatch_count > whole;
    }
    unmake(&m);
  }
  print_message("%u cut, %u with tables in sections, %u refused; %u straight dispatches of tokens, %u of maps\n", cut,
      sectioned, refused, straight_seen[0], straight_seen[1]);
  assert_true(cut > 300);
  assert_true(sectioned > 100);
  assert_true(straight_seen[0] > 1000 && straight_seen[1] > 20);
  assert_true(refused < 100);
}

/* Blocks of straight merges span rows of the output; where a window does not, tokens are done one by one. */
static void rows_apart_are_merged_loosely(void **state) {
  (void)state;
  const double scales[] = {1, 4};
  s2vk_plan_info info = suite_plan_info();
  info.scales = scales;
  info.resize_output_to_idx = 1;
  info.model = (s2vk_model_shape){.channels = 256, .tokens = 16};
  for (int cpu = 0; cpu < 2; cpu++)
    for (uint64_t range = 20000; range <= 200000; range += 180000) {
      const struct s2_target target = {
          .cpu = cpu, .range = range, .texels = 1 << 16, .alignment = 16, .groups = {7000, 7, 7}};
      struct made m;
      uint32_t straight = 0;
      assert_ok(make(&info, &target, &m));
      check_merge(&m, &target);
      for (uint32_t k = 0; k < m.schedule.merge.key_count; k++)
        straight += m.schedule.merge.keys[k].shader == S2_SHADER_TOKENS_STRAIGHT;
      assert_true((straight > 0) == (range > 40000));
      unmake(&m);
    }
}

static void what_cannot_be_cut_is_refused(void **state) {
  (void)state;
  const s2vk_plan_info info = suite_plan_info();
  struct made m;
  const struct s2_target tables = {.range = 64, .alignment = 16, .groups = {7, 7, 7}};
  assert_fails(
      make(&info, &tables, &m), S2VK_ERROR_LIMIT, "tables to split scale 0 need", "maxStorageBufferRange is 64");
  unmake(&m);
  s2vk_plan_info wide = info;
  wide.model.channels = 4096;
  const struct s2_target features = {.range = 16384, .alignment = 16, .groups = {7, 7, 7}};
  assert_fails(make(&wide, &features, &m), S2VK_ERROR_LIMIT, "features of one tile need 65536", "is 16384");
  unmake(&m);
  s2vk_plan_info pooled = info;
  const s2vk_size sizes[] = {{1, 1}, {300, 300}};
  pooled.scales = NULL;
  pooled.img_sizes = sizes;
  pooled.max_split_size = 1;
  pooled.model = (s2vk_model_shape){.channels = 1, .tokens = 1};
  struct s2_target target = ample;
  assert_ok(make(&pooled, &target, &m));
  unmake(&m);
  target.loop_rounds = 60000;
  assert_fails(make(&pooled, &target, &m), S2VK_ERROR_LIMIT, "scale 1 sums 90600 tokens", "60000");
  unmake(&m);
}

/* Index arithmetic in the shaders is modulo 2^32, relative to windows: a dispatch of a huge tensor begins at its own
 * part, and where that is in the tensor is computed in 64 bits. */
static void windows_pass_four_gigabytes(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double one[] = {1};
  info.batch = 2000;
  info.height = info.width = 512;
  info.scales = one;
  info.scale_count = 1;
  info.model.tokens = 1024;
  info.model.channels = 1024;
  struct made m;
  const struct s2_target limits = {.range = 1u << 27, .alignment = 64, .groups = {65535, 65535, 65535}};
  assert_ok(make(&info, &limits, &m));
  assert_true(m.geometry.tiles_bytes == 2000ull * 3 * 512 * 512 * 4);
  assert_true(m.geometry.features_bytes == 2000ull * 1024 * 1024 * 4);
  check_split(&m, &limits);
  uint64_t split = 0, merge = 0;
  for (uint32_t i = 0; i < m.schedule.split.window_count; i++)
    split = m.schedule.split.windows[i].target.offset > split ? m.schedule.split.windows[i].target.offset : split;
  for (uint32_t i = 0; i < m.schedule.merge.window_count; i++)
    merge = m.schedule.merge.windows[i].source.offset > merge ? m.schedule.merge.windows[i].source.offset : merge;
  assert_true(split > 1ull << 32 && merge > 1ull << 32);
  check_pass(&m, &limits, &m.schedule.merge, m.geometry.features_bytes, m.geometry.output_bytes);
  unmake(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_dispatch_per_call_and_shape),
      cmocka_unit_test(sums_are_kept_only_where_needed),
      cmocka_unit_test(what_stays_as_it_is_is_copied),
      cmocka_unit_test(random_plans_keep_any_limit),
      cmocka_unit_test(rows_apart_are_merged_loosely),
      cmocka_unit_test(what_cannot_be_cut_is_refused),
      cmocka_unit_test(windows_pass_four_gigabytes),
  };
  return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
