/* The schedule, executed on paper: every element of tiles and output is written once, and every piece of work keeps within the
 * limits it was made for. */
#include "suite.h"

#include "kernels/kernels.h"
#include "schedule/schedule.h"

static const struct s2_env env = {.log = gpu_log};

struct made {
  const struct s2_target *target;
  struct s2_geometry geometry;
  struct s2_schedule schedule;
};

static s2vk_result make_of(const struct s2_kernel *const *kernels, const s2vk_plan_info *info,
    const struct s2_target *target, struct made *m) {
  *m = (struct made){.target = target};
  assert_ok(s2_geometry_create(&env, info, &m->geometry));
  return s2_schedule_create(&env, target, &m->geometry, kernels, &m->schedule);
}

static s2vk_result make(const s2vk_plan_info *info, const struct s2_target *target, struct made *m) {
  return make_of(s2_kernels, info, target, m);
}

static void unmake(struct made *m) {
  s2_schedule_destroy(&env, &m->schedule);
  s2_geometry_destroy(&env, &m->geometry);
}

static const struct s2_target ample = {
    .unrolls = true,
    .registers = UINT32_MAX,
    .invocations = 16384,
    .range = 1 << 30,
    .texel_count = 1 << 16,
    .texel_alignment = 16,
    .alignment = 16,
    .groups = {65535, 65535, 65535},
    .loop_rounds = UINT32_MAX,
};

static struct s2_job job_of(const struct made *m, uint32_t scale, enum s2_pass_index pass) {
  return (struct s2_job){
      .target = m->target,
      .geometry = &m->geometry,
      .scale = &m->geometry.scales[scale],
      .axes = m->schedule.choices[scale][pass].axes,
      .scale_index = scale,
      .pass = pass,
      .source_texels = m->schedule.passes[pass].source_texels,
      .accumulator = m->schedule.accumulator,
  };
}

static void check_range(const struct made *m, const struct s2_range *range, uint64_t tensor_bytes) {
  assert_true(range->bytes <= m->target->range);
  assert_true(range->offset % m->target->alignment == 0);
  assert_true(range->offset % m->target->texel_alignment == 0);
  assert_true(range->offset + range->bytes <= tensor_bytes);
}

static void check_pass(const struct made *m, enum s2_pass_index index, uint64_t source_bytes, uint64_t target_bytes) {
  const struct s2_pass *pass = &m->schedule.passes[index];
  const uint64_t table_bytes = m->schedule.entry_count * sizeof(struct s2_entry);
  assert_int_equal(pass->first[0], 0);
  assert_int_equal(pass->first[m->geometry.call_count], pass->dispatch_count);
  for (uint32_t i = 0; i < pass->range_count; i++) {
    assert_true(pass->ranges[i].tables.bytes <= m->target->range);
    assert_true(pass->ranges[i].tables.offset % m->target->alignment == 0);
    assert_true(pass->ranges[i].tables.offset + pass->ranges[i].tables.bytes <= table_bytes);
    check_range(m, &pass->ranges[i].source, source_bytes);
    check_range(m, &pass->ranges[i].target, target_bytes);
    check_range(m, &pass->ranges[i].accumulator, m->schedule.accumulator_bytes);
    for (uint32_t k = i > 50 ? i - 50 : 0; k < i; k++)
      assert_true(memcmp(&pass->ranges[i], &pass->ranges[k], sizeof pass->ranges[i]) != 0);
  }
  for (uint32_t i = 0; i < pass->dispatch_count; i++) {
    assert_int_equal(pass->dispatches[i].job % S2_PASS_COUNT, index);
    for (int k = 0; k < 3 && pass->dispatches[i].key != S2_NO_KEY; k++)
      assert_in_range(pass->dispatches[i].groups[k], 1, m->target->groups[k]);
  }
}

/* Whether elements [begin, end) of a tensor are inside the range. */
static void check_inside(const struct s2_range *range, s2vk_type type, uint64_t begin, uint64_t end) {
  assert_true(begin * s2vk_type_size(type) >= range->offset);
  assert_true(end * s2vk_type_size(type) <= range->offset + range->bytes);
}

/* Whether a dispatch finds its section of the tables where it looks. */
static void check_section(
    const struct made *m, const struct s2_range *tables, const struct s2_choice *choice, uint32_t section) {
  assert_true(tables->offset + section * sizeof(struct s2_entry) == choice->first_entry * sizeof(struct s2_entry));
  assert_true(section + choice->entry_count <= tables->bytes / sizeof(struct s2_entry));
  assert_true(choice->first_entry + choice->entry_count <= m->schedule.entry_count);
}

/* ---- Split -------------------------------------------------------------------------------------------------------- */

/* Whether the input rows that the kernel reads are in the range. */
static void check_rows_read(const struct made *m, const struct s2_dispatch *d, uint32_t tile, uint32_t channel) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_job job = job_of(m, d->job / S2_PASS_COUNT, S2_PASS_SPLIT);
  const struct s2_choice *choice = &m->schedule.choices[job.scale_index][S2_PASS_SPLIT];
  const struct s2_split_push *p = &d->push.split;
  const struct s2_range *source = &m->schedule.passes[S2_PASS_SPLIT].ranges[d->ranges].source;
  const uint32_t position = tile / g->batch, image = tile % g->batch;
  const uint32_t y = position / job.scale->tiles.width * job.scale->tile_side + p->first_row;
  uint32_t low, high;
  choice->kernel->footprint(&job, &choice->config, y, y + p->row_count, &low, &high);
  assert_true(low < high && high <= g->input.height);
  if (g->pixels.source == S2_SOURCE_PIXELS) {
    assert_true(s2_pixels_row(&g->pixels, image, low) >= source->offset);
    assert_true(s2_pixels_row(&g->pixels, image, high - 1) + (uint64_t)g->input.width * g->pixels.pixel_bytes <=
                source->offset + source->bytes);
    return;
  }
  const uint64_t plane = ((uint64_t)image * g->channels + channel) * g->input.height;
  check_inside(source, g->input_type, (plane + low) * g->input.width, (plane + high) * g->input.width);
}

/* Rows of tiles, each from where it is in the input. */
static void check_split_copy(
    const struct made *m, const struct s2_call *call, const struct s2_dispatch *d, unsigned char *written) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_copy *copy = &d->copy;
  const struct s2_scale *scale = &g->scales[d->job / S2_PASS_COUNT];
  const uint64_t element = s2vk_type_size(g->input_type), bytes = scale->tile_side * element;
  assert_int_equal(element, s2vk_type_size(g->tile_type));
  assert_int_equal(copy->bytes % bytes, 0);
  for (uint64_t i = 0; i < copy->rows * (copy->bytes / bytes); i++) {
    const uint64_t in_copy = i / (copy->bytes / bytes), in_row = i % (copy->bytes / bytes) * bytes;
    const uint64_t source = copy->source + in_copy * copy->source_stride + in_row;
    const uint64_t target = copy->target + in_copy * copy->target_stride + in_row;
    const uint64_t row = target / bytes % scale->tile_side, channel = target / bytes / scale->tile_side % g->channels;
    const uint64_t tile = call->first_tile + target / (scale->tile_elements * element) - scale->first_tile;
    assert_true(target % bytes == 0 && tile < scale->tile_count);
    const uint64_t place = tile / g->batch, image = tile % g->batch;
    const uint64_t y = place / scale->tiles.width * scale->tile_side + row;
    const uint64_t x = place % scale->tiles.width * scale->tile_side;
    assert_true(source == (((image * g->channels + channel) * g->input.height + y) * g->input.width + x) * element);
    assert_true(source + bytes <= g->input_bytes && target + bytes <= g->tiles_bytes);
    written[target / bytes]++;
  }
}

/* Whether there are workgroups for a box, no more than the kernel asks for. */
static void check_groups(const struct s2_kernel *kernel, const struct s2_job *job, const struct s2_config *config,
    const struct s2_box *box, const struct s2_dispatch *d) {
  uint64_t groups[2];
  kernel->groups(job, config, box, groups);
  assert_int_equal(d->groups[0], groups[0]);
  assert_int_equal(d->groups[1], groups[1]);
}

static void check_split_dispatch(
    const struct made *m, const struct s2_call *call, const struct s2_dispatch *d, unsigned char *written) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_pass *pass = &m->schedule.passes[S2_PASS_SPLIT];
  const struct s2_split_push *p = &d->push.split;
  const struct s2_job job = job_of(m, d->job / S2_PASS_COUNT, S2_PASS_SPLIT);
  const struct s2_choice *choice = &m->schedule.choices[job.scale_index][S2_PASS_SPLIT];
  const uint32_t side = job.scale->tile_side;
  const struct s2_box box = {.tile_begin = p->first_tile,
      .tile_end = p->first_tile + d->groups[2],
      .channel_begin = p->first_channel,
      .channel_end = p->first_channel + p->channel_count,
      .y_begin = p->first_row,
      .y_end = p->first_row + p->row_count};
  assert_int_equal(pass->keys[d->key].shader, choice->config.key.shader);
  assert_true(box.tile_end <= job.scale->tile_count && box.channel_end <= g->channels && box.y_end <= side);
  const uint32_t first_target = job.scale->first_tile + p->first_tile - call->first_tile;
  const uint64_t range = pass->ranges[d->ranges].target.offset / s2vk_type_size(g->tile_type);
  assert_int_equal(p->tiles_base, (uint32_t)(range - first_target * job.scale->tile_elements));
  assert_true(p->first_channel % choice->config.channels == 0);
  check_groups(choice->kernel, &job, &choice->config, &box, d);
  check_section(m, &pass->ranges[d->ranges].tables, choice, p->section);
  for (uint32_t tile = box.tile_begin; tile < box.tile_end; tile++)
    for (uint32_t c = box.channel_begin; c < box.channel_end; c++) {
      const uint32_t in_call = first_target + tile - p->first_tile;
      const uint64_t first = ((uint64_t)in_call * g->channels + c) * side + p->first_row;
      check_inside(&pass->ranges[d->ranges].target, g->tile_type, first * side, (first + p->row_count) * side);
      check_rows_read(m, d, tile, c);
      for (uint32_t row = 0; row < p->row_count; row++)
        written[first + row]++;
    }
}

static void check_split(const struct made *m) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_pass *pass = &m->schedule.passes[S2_PASS_SPLIT];
  check_pass(m, S2_PASS_SPLIT, g->input_bytes, g->tiles_bytes);
  for (uint32_t k = 0; k < g->call_count; k++) {
    const struct s2_call *call = &g->calls[k];
    const size_t rows = (size_t)call->tile_count * g->channels * g->scales[call->scale].tile_side;
    unsigned char *written = calloc(rows, 1);
    for (uint32_t i = pass->first[k]; i < pass->first[k + 1]; i++)
      if (pass->dispatches[i].key == S2_NO_KEY)
        check_split_copy(m, call, &pass->dispatches[i], written);
      else
        check_split_dispatch(m, call, &pass->dispatches[i], written);
    for (size_t row = 0; row < rows; row++)
      assert_int_equal(written[row], 1);
    free(written);
  }
}

/* ---- Merge -------------------------------------------------------------------------------------------------------- */

/* One output of one scale: how far its sum has got. */
struct output {
  uint32_t tiles_added;
  unsigned char finished;
};

static void tiles_of(const struct s2_axis *axis, uint32_t side, uint32_t j, uint32_t tiles[2]) {
  tiles[0] = axis->taps[axis->first[j]].index / side;
  tiles[1] = axis->taps[axis->first[j + 1] - 1].index / side;
}

/* As the shader goes about it: tiles of this dispatch are added; the sum goes on if it has more to come. Only the general gather
 * can do that. */
static void add_output(const struct made *m, const struct s2_call *call, const struct s2_dispatch *d, uint32_t image,
    uint32_t y, uint32_t x, struct output *o) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_job job = job_of(m, d->job / S2_PASS_COUNT, S2_PASS_MERGE);
  const struct s2_pass *pass = &m->schedule.passes[S2_PASS_MERGE];
  const struct s2_scale *s = job.scale;
  const struct s2_merge_push *p = &d->push.merge;
  const struct s2_pipeline_key *key = &pass->keys[d->key];
  uint32_t rows[2] = {0, s->tiles.height - 1}, columns[2] = {0, s->tiles.width - 1};
  if (!key->constants[S2_PREFIX]) {
    tiles_of(&job.axes[0], s->features.height, y, rows);
    tiles_of(&job.axes[1], s->features.width, x, columns);
  }
  uint32_t touched = 0;
  for (uint32_t r = rows[0]; r <= rows[1]; r++)
    for (uint32_t c = columns[0]; c <= columns[1]; c++) {
      const uint32_t tile = (r * s->tiles.width + c) * g->batch + image;
      if (tile < p->tile_begin || tile >= p->tile_end)
        continue;
      touched++;
      const uint64_t in_call = s->first_tile + (uint64_t)tile - call->first_tile;
      assert_true(s->first_tile + tile >= call->first_tile && in_call < call->tile_count);
      check_inside(&pass->ranges[d->ranges].source, g->feature_type, in_call * s->feature_elements,
          (in_call + 1) * s->feature_elements);
    }
  const uint32_t all = (rows[1] - rows[0] + 1) * (columns[1] - columns[0] + 1);
  if (key->shader != S2_SHADER_MERGE_GATHER)
    assert_true(touched == all || touched == 0); /* is_here() leaves out the latter */
  if (!touched)
    return;
  o->tiles_added += touched;
  const uint32_t last = (rows[1] * s->tiles.width + columns[1]) * g->batch + image;
  assert_int_equal(o->finished, 0);
  o->finished = last < p->tile_end;
  assert_true(o->finished == (o->tiles_added == all));
  if (!o->finished)
    assert_int_not_equal(m->schedule.accumulator, S2_ACCUMULATOR_NONE);
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

static uint32_t seen[S2_SHADER_COUNT]; /* dispatches of each */

/* Whether the dispatch is of one of the two kernels that were chosen, has workgroups for its box, and is cut where it can be. */
static void check_box(const struct made *m, const struct s2_dispatch *d) {
  const struct s2_pass *pass = &m->schedule.passes[S2_PASS_MERGE];
  const struct s2_pipeline_key *key = &pass->keys[d->key];
  const struct s2_merge_push *p = &d->push.merge;
  struct s2_job job = job_of(m, d->job / S2_PASS_COUNT, S2_PASS_MERGE);
  const struct s2_choice *choice = &m->schedule.choices[job.scale_index][S2_PASS_MERGE];
  const bool first = key->shader == choice->config.key.shader && !key->constants[S2_PREFIX];
  const struct s2_kernel *kernel = first ? choice->kernel : choice->fallback;
  struct s2_config config = first ? choice->config : choice->fallback_config;
  job.prefix = key->constants[S2_PREFIX];
  if (job.prefix)
    assert_true(kernel->configure(&job, &config));
  const struct s2_box box = {.tile_begin = p->tile_begin,
      .tile_end = p->tile_end,
      .image_begin = p->first_image,
      .image_end = p->first_image + d->groups[2],
      .channel_begin = p->first_channel,
      .channel_end = p->first_channel + p->channel_count,
      .y_begin = p->box_y,
      .y_end = p->box_y + p->box_height,
      .x_begin = p->box_x,
      .x_end = p->box_x + p->box_width};
  assert_int_equal(key->shader, config.key.shader);
  assert_int_equal(p->first_channel % config.step_channels, 0);
  if (key->shader != S2_SHADER_MERGE_FEATURE_MAPS) /* which makes whole maps, and of them what is here */
    assert_true(box.y_begin % config.step_y == 0 && (config.step_x == 1 || box.x_begin % config.step_x == 0));
  assert_true(box.tile_end <= job.scale->tile_count && box.image_end <= m->geometry.batch);
  check_groups(kernel, &job, &config, &box, d);
  check_section(m, &pass->ranges[d->ranges].tables, choice, p->section);
  seen[key->shader]++;
}

static void check_merge_dispatch(
    const struct made *m, const struct s2_call *call, const struct s2_dispatch *d, struct output *outputs) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_pass *pass = &m->schedule.passes[S2_PASS_MERGE];
  const struct s2_merge_push *p = &d->push.merge;
  const bool prefix = pass->keys[d->key].constants[S2_PREFIX];
  const uint64_t cells = (uint64_t)g->output_grid.height * g->output_grid.width, positions = g->prefix + cells;
  const uint64_t scale_channel = (uint64_t)(d->job / S2_PASS_COUNT) * g->feature_channels;
  check_box(m, d);
  for (uint32_t b = p->first_image; b < p->first_image + d->groups[2]; b++)
    for (uint32_t c = p->first_channel; c < p->first_channel + p->channel_count; c++)
      for (uint32_t at = 0; at < p->box_height * p->box_width; at++) {
        const uint32_t y = p->box_y + at / p->box_width, x = p->box_x + at % p->box_width;
        const uint64_t position = prefix ? x : g->prefix + y * g->output_grid.width + x;
        const uint64_t channels = (uint64_t)g->scale_count * g->feature_channels, channel = scale_channel + c;
        const uint64_t element = g->layout == S2VK_OUTPUT_BNC ? (b * positions + position) * channels + channel
                                                              : (b * channels + channel) * cells + position;
        check_inside(&pass->ranges[d->ranges].target, g->output_type, element, element + 1);
        if (m->schedule.accumulator_bytes)
          check_inside(&pass->ranges[d->ranges].accumulator, S2VK_TYPE_F32, element, element + 1);
        add_output(m, call, d, b, y, x, &outputs[element]);
      }
}

static void check_merge(const struct made *m) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_pass *pass = &m->schedule.passes[S2_PASS_MERGE];
  check_pass(m, S2_PASS_MERGE, g->features_bytes, g->output_bytes);
  const size_t count = (size_t)g->batch * g->scale_count * g->feature_channels *
                       (g->prefix + (size_t)g->output_grid.height * g->output_grid.width);
  struct output *outputs = calloc(count, sizeof *outputs);
  for (uint32_t k = 0; k < g->call_count; k++)
    for (uint32_t i = pass->first[k]; i < pass->first[k + 1]; i++)
      if (pass->dispatches[i].key == S2_NO_KEY)
        check_merge_copy(m, &g->calls[k], &pass->dispatches[i].copy, outputs);
      else
        check_merge_dispatch(m, &g->calls[k], &pass->dispatches[i], outputs);
  for (size_t i = 0; i < count; i++)
    assert_int_equal(outputs[i].finished, 1);
  free(outputs);
}

/* ---- Tests -------------------------------------------------------------------------------------------------------- */

static void one_dispatch_per_call_and_scale(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  struct made m;
  for (uint32_t cross = 0; cross < 2; cross++) {
    info.calls_cross_scales = cross;
    assert_ok(make(&info, &ample, &m));
    assert_int_equal(m.geometry.call_count, 2 - cross);
    for (int pass = 0; pass <= S2_PASS_MERGE; pass++) { /* nothing is resized ahead of them */
      assert_int_equal(m.schedule.passes[pass].dispatch_count, 2);
      assert_int_equal(m.schedule.passes[pass].range_count, 1);
      for (uint32_t scale = 0; scale < 2; scale++)
        assert_int_equal(m.schedule.passes[pass].dispatches[scale].job, scale * S2_PASS_COUNT + (uint32_t)pass);
    }
    assert_int_equal(m.schedule.accumulator_bytes, 0);
    check_split(&m);
    check_merge(&m);
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
    uint32_t accumulator;
  } rows[] = {
      {integer, 0, 0, S2VK_TYPE_F16, S2_ACCUMULATOR_NONE},
      {integer, 0, 1, S2VK_TYPE_F16, S2_ACCUMULATOR_NONE},
      {fractional, 0, 0, S2VK_TYPE_F16, S2_ACCUMULATOR_NONE},
      {fractional, 0, 1, S2VK_TYPE_F16, S2_ACCUMULATOR_BUFFER},
      {fractional, 0, 1, S2VK_TYPE_F32, S2_ACCUMULATOR_OUTPUT},
      {integer, 1, 0, S2VK_TYPE_F16, S2_ACCUMULATOR_NONE},
      {integer, 1, 1, S2VK_TYPE_F16, S2_ACCUMULATOR_BUFFER},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct made m;
    info.scales = rows[i].scales;
    info.num_prefix_token = rows[i].prefix;
    info.model.tokens = 16 + rows[i].prefix;
    info.tiles_per_call = rows[i].per_call;
    info.output_type = rows[i].type;
    assert_ok(make(&info, &ample, &m));
    assert_int_equal(m.schedule.accumulator, rows[i].accumulator);
    const bool buffer = rows[i].accumulator == S2_ACCUMULATOR_BUFFER;
    assert_int_equal(m.schedule.accumulator_bytes, buffer ? m.geometry.output_bytes * 2 : 0);
    check_merge(&m);
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
      assert_int_equal(count_copies(&m.schedule.passes[S2_PASS_SPLIT]), types < 2 ? rows[i].split : 0);
      assert_int_equal(count_copies(&m.schedule.passes[S2_PASS_MERGE]), types < 2 ? rows[i].merge : 0);
      check_split(&m);
      check_merge(&m);
      unmake(&m);
    }
}

/* All kernels, and lists that each lack some: the general ones alone can do everything. */
static const struct s2_kernel *const gathers[] = {&s2_split_gather, &s2_merge_gather, NULL};
static const struct s2_kernel *const others[] = {
    &s2_split_scatter, &s2_merge_tokens, &s2_split_gather, &s2_merge_feature_maps, &s2_merge_gather, NULL};
static const struct s2_kernel *const *const lists[] = {s2_kernels, s2_kernels, gathers, others};

static struct s2_target random_target(struct noise *noise) {
  struct s2_target target = ample;
  const uint32_t kind =
      noise_below(noise, 4); /* a GPU; drivers on the CPU that unroll, and that do not; few registers */
  target.cpu = target.texels = kind == 1 || kind == 2;
  target.long_lines = target.cpu;
  target.registers = kind == 3 ? 32 + noise_below(noise, 128) : UINT32_MAX;
  target.invocations = 1u << noise_below(noise, 16);
  target.int64 = kind == 1;
  target.copies = target.cpu;
  target.unrolls = kind < 2 || (kind == 3 && noise_below(noise, 2));
  target.loop_rounds = kind == 1 ? 60000 : UINT32_MAX;
  target.alignment = 1u << (2 + noise_below(noise, 7));
  target.texel_alignment = 1u << (2 + noise_below(noise, 5));
  return target;
}

static void random_plans_keep_any_limit(void **state) {
  (void)state;
  struct noise noise = {5};
  uint32_t cut = 0, refused = 0, sectioned = 0;
  for (int round = 0; round < 900; round++) {
    s2vk_size sizes[3];
    s2vk_pixels_info pixels;
    s2vk_plan_info info;
    struct made m;
    suite_random_plan(&noise, sizes, &pixels, &info);
    const struct s2_kernel *const *kernels = lists[round % 4];
    struct s2_target target = random_target(&noise);
    assert_ok(make_of(kernels, &info, &target, &m));
    check_split(&m);
    check_merge(&m);
    const uint64_t table_bytes = m.schedule.entry_count * sizeof(struct s2_entry);
    const uint32_t whole = m.schedule.passes[0].dispatch_count + m.schedule.passes[1].dispatch_count;
    unmake(&m);
    /* Tables are cut between scales and passes; anything else anywhere. */
    target.range = (table_bytes * 7 / 8 > 1024 ? table_bytes * 7 / 8 : 1024) + noise_below(&noise, 2048);
    for (int i = 0; i < 3; i++)
      target.groups[i] = 1 + noise_below(&noise, 7);
    if (make_of(kernels, &info, &target, &m) == S2VK_ERROR_LIMIT) {
      refused++; /* one row, or one tile's features, or one scale's tables alone are over the limit */
    } else {
      check_split(&m);
      check_merge(&m);
      sectioned += m.schedule.passes[0].ranges && m.schedule.passes[0].ranges[0].tables.bytes < table_bytes;
      cut += m.schedule.passes[0].dispatch_count + m.schedule.passes[1].dispatch_count > whole;
    }
    unmake(&m);
  }
  print_message("%u cut, %u with tables in sections, %u refused\n", cut, sectioned, refused);
  for (int shader = S2_SHADER_MERGE_GATHER; shader < S2_SHADER_COUNT; shader++)
    assert_true(seen[shader] > 200);
  assert_true(cut > 400 && sectioned > 100 && refused < 200);
}

/* The tiny profile of the device tests. */
static const struct s2_target tiny = {
    .unrolls = true,
    .registers = UINT32_MAX,
    .invocations = 16384,
    .range = 65536,
    .texel_alignment = 256,
    .alignment = 256,
    .groups = {7, 7, 7},
    .loop_rounds = UINT32_MAX,
};

/* Tokens and maps whose rows are far apart, in ranges of 64 KiB. */
static void small_ranges_and_few_groups(void **state) {
  (void)state;
  const double scales[] = {1, 2.5};
  for (int setting = 0; setting < 8; setting++) {
    struct made m;
    s2vk_plan_info info = suite_plan_info();
    info.height = info.width = 32;
    info.scales = scales;
    info.resize_output_to_idx = 1;
    info.model = (s2vk_model_shape){.channels = 700, .tokens = 16 + (setting & 1 ? 0 : 1), .height = 4, .width = 4};
    info.num_prefix_token = setting & 1 ? 0 : 1;
    info.output_shape = setting & 1 ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC;
    info.output_type = setting & 2 ? S2VK_TYPE_F16 : S2VK_TYPE_F32;
    info.tiles_per_call = setting & 4 ? 3 : 0;
    struct s2_target target = tiny;
    target.cpu = setting & 2;
    assert_ok(make(&info, &target, &m));
    check_split(&m);
    check_merge(&m);
    assert_true(m.schedule.passes[S2_PASS_MERGE].range_count > 20);
    unmake(&m);
  }
}

static void what_cannot_be_cut_is_refused(void **state) {
  (void)state;
  const s2vk_plan_info info = suite_plan_info();
  struct made m;
  struct s2_target target = ample;
  target.range = 64;
  assert_fails(
      make(&info, &target, &m), S2VK_ERROR_LIMIT, "tables to split scale 0 need", "maxStorageBufferRange is 64");
  unmake(&m);
  s2vk_plan_info wide = info;
  wide.model.channels = 4096;
  target.range = 16384;
  assert_fails(make(&wide, &target, &m), S2VK_ERROR_LIMIT, "features of one tile need 65536", "is 16384");
  unmake(&m);
  s2vk_plan_info pooled = info;
  const s2vk_size sizes[] = {{1, 1}, {300, 300}};
  pooled.scales = NULL;
  pooled.img_sizes = sizes;
  pooled.max_split_size = 1;
  pooled.model = (s2vk_model_shape){.channels = 1, .tokens = 1};
  target = ample;
  assert_ok(make(&pooled, &target, &m));
  unmake(&m);
  target.loop_rounds = 60000;
  assert_fails(make(&pooled, &target, &m), S2VK_ERROR_LIMIT, "scale 1 sums more tokens", "60000");
  unmake(&m);
  s2vk_plan_info prefixed = pooled;
  const s2vk_size two[] = {{1, 1}, {300, 1}};
  prefixed.img_sizes = two;
  prefixed.num_prefix_token = 1;
  prefixed.model.tokens = 2;
  target.loop_rounds = 2000;
  assert_ok(make(&prefixed, &target, &m));
  unmake(&m);
  target.loop_rounds = 290; /* the grid's 300 rows and the prefix's 300 tiles are both too many */
  assert_int_equal(make(&prefixed, &target, &m), S2VK_ERROR_LIMIT);
  unmake(&m);
}

/* Index arithmetic in the shaders is modulo 2^32, relative to ranges: a dispatch of a huge tensor begins at its own
 * part, and where that is in the tensor is computed in 64 bits. */
static void ranges_pass_four_gigabytes(void **state) {
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
  struct s2_target limits = ample;
  limits.range = 1u << 27;
  limits.alignment = 64;
  assert_ok(make(&info, &limits, &m));
  assert_true(m.geometry.tiles_bytes == 2000ull * 3 * 512 * 512 * 4);
  assert_true(m.geometry.features_bytes == 2000ull * 1024 * 1024 * 4);
  check_split(&m);
  uint64_t last[S2_PASS_COUNT] = {0};
  for (int pass = 0; pass < S2_PASS_COUNT; pass++)
    for (uint32_t i = 0; i < m.schedule.passes[pass].range_count; i++) {
      const struct s2_ranges *ranges = &m.schedule.passes[pass].ranges[i];
      const uint64_t offset = pass == S2_PASS_SPLIT ? ranges->target.offset : ranges->source.offset;
      last[pass] = offset > last[pass] ? offset : last[pass];
    }
  assert_true(last[0] > 1ull << 32 && last[1] > 1ull << 32);
  check_pass(&m, S2_PASS_MERGE, m.geometry.features_bytes, m.geometry.output_bytes);
  unmake(&m);
}

/* Called in place of memcmp(), by which the library finds equal ranges and keys. */
static uint64_t comparisons;
int __real_memcmp(const void *a, const void *b, size_t bytes);
int __wrap_memcmp(const void *a, const void *b, size_t bytes);
int __wrap_memcmp(const void *a, const void *b, size_t bytes) {
  comparisons++;
  return __real_memcmp(a, b, bytes);
}

/* 40,000 calls, of which all see other features or another part of the output: what is compared for them grows as they do. */
static void work_grows_as_calls_do(void **state) {
  (void)state;
  for (uint32_t batch = 2000; batch <= 8000; batch *= 2) {
    struct made m;
    s2vk_plan_info info = suite_plan_info();
    info.batch = batch;
    info.tiles_per_call = 1;
    comparisons = 0;
    assert_ok(make(&info, &tiny, &m));
    assert_int_equal(m.geometry.call_count, 5 * batch);
    uint64_t dispatches = 0, ranges = 0;
    for (int pass = 0; pass < S2_PASS_COUNT; pass++) {
      dispatches += m.schedule.passes[pass].dispatch_count;
      ranges += m.schedule.passes[pass].range_count;
    }
    assert_int_equal(dispatches, 10 * batch);
    assert_true(ranges > batch / 200);
    print_message("%u calls: %llu ranges, %.2f comparisons a dispatch\n", 5 * batch, (unsigned long long)ranges,
        (double)comparisons / (double)dispatches);
    assert_true(comparisons >= dispatches && comparisons <= 5 * dispatches);
    unmake(&m);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_dispatch_per_call_and_scale),
      cmocka_unit_test(sums_are_kept_only_where_needed),
      cmocka_unit_test(what_stays_as_it_is_is_copied),
      cmocka_unit_test(random_plans_keep_any_limit),
      cmocka_unit_test(small_ranges_and_few_groups),
      cmocka_unit_test(what_cannot_be_cut_is_refused),
      cmocka_unit_test(ranges_pass_four_gigabytes),
      cmocka_unit_test(work_grows_as_calls_do),
  };
  return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
