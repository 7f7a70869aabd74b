#include "test_schedule.h"

uint32_t merges_seen[S2_SHADER_COUNT];

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

void check_pass(const struct made *m, enum s2_pass_index index, uint64_t source_bytes, uint64_t target_bytes) {
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

/* ---- Split ------------------------------------------------------------------------------------------------------ */

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

void check_split(const struct made *m) {
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

/* ---- Merge ------------------------------------------------------------------------------------------------------ */

/* One output of one scale: how far its sum has got. */
struct output {
  uint32_t tiles_added;
  unsigned char finished;
};

static void tiles_of(const struct s2_axis *axis, uint32_t side, uint32_t j, uint32_t tiles[2]) {
  tiles[0] = axis->taps[axis->first[j]].index / side;
  tiles[1] = axis->taps[axis->first[j + 1] - 1].index / side;
}

/* As the shader goes about it: tiles of this dispatch are added; the sum goes on if it has more to come. Only the
 * general gather can do that. */
static void add_output(const struct made *m, const struct s2_call *call, const struct s2_dispatch *d, uint32_t image,
    uint32_t y, uint32_t x, struct output *o) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_job job = job_of(m, d->job / S2_PASS_COUNT, S2_PASS_MERGE);
  const struct s2_pass *pass = &m->schedule.passes[S2_PASS_MERGE];
  const struct s2_scale *s = job.scale;
  const struct s2_merge_push *p = &d->push.merge;
  const struct s2_pipeline_key *key = &pass->keys[d->key];
  uint32_t rows[2] = {0, s->tiles.height - 1}, columns[2] = {0, s->tiles.width - 1};
  if (key->constants[S2_PREFIX] && g->prefix_each) { /* of a tile, or 0 along with the last one */
    const uint32_t place = y < s->tile_count / g->batch ? y : s->tile_count / g->batch - 1;
    rows[0] = rows[1] = place / s->tiles.width;
    columns[0] = columns[1] = place % s->tiles.width;
  } else if (!key->constants[S2_PREFIX]) {
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
  const uint64_t size = s2vk_type_size(g->output_type);
  const uint64_t channels = (uint64_t)g->repeat * g->scale_count * g->feature_channels;
  assert_true(s2_is_plain(g));
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
    const struct s2_scale *scale = &g->scales[channel / g->feature_channels % g->scale_count];
    const uint64_t in_tile = maps ? c * positions + position : position * g->feature_channels + c;
    assert_int_equal(source, (scale->first_tile + image - call->first_tile) * scale->feature_elements + in_tile);
    assert_true((source + 1) * size <= g->features_bytes && (element + 1) * size <= g->output_bytes);
    assert_int_equal(outputs[element].finished++, 0);
  }
}

/* Whether the dispatch is of one of the two kernels that were chosen, has workgroups for its box, and is cut where it
 * can be. */
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
  merges_seen[key->shader]++;
}

/* The element of an image and a channel in the first token, or of the first place of a map. The dispatch says which
 * repetition of the channels it is of: its base is where the range begins, less the scale's first channel. */
static uint64_t first_element(const struct made *m, const struct s2_dispatch *d, uint32_t image, uint32_t channel) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_pass *pass = &m->schedule.passes[S2_PASS_MERGE];
  const uint64_t begin = pass->ranges[d->ranges].target.offset / s2vk_type_size(g->output_type);
  const uint64_t ahead = pass->keys[d->key].constants[S2_PREFIX] ? 0 : s2_output_prefix(g) * g->output_strides.column;
  const uint64_t step = g->output_strides.channel, scale = d->job / S2_PASS_COUNT;
  const uint64_t first = (uint32_t)((uint32_t)begin - d->push.merge.output_base) - ahead;
  assert_int_equal(first % (step * g->feature_channels), 0);
  assert_int_equal(first / (step * g->feature_channels) % g->scale_count, scale);
  assert_true(first / (step * g->feature_channels) < (uint64_t)g->scale_count * g->repeat);
  return first + image * g->output_strides.item + channel * step;
}

static void check_merge_dispatch(
    const struct made *m, const struct s2_call *call, const struct s2_dispatch *d, struct output *outputs) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_pass *pass = &m->schedule.passes[S2_PASS_MERGE];
  const struct s2_merge_push *p = &d->push.merge;
  const bool prefix = pass->keys[d->key].constants[S2_PREFIX];
  check_box(m, d);
  for (uint32_t b = p->first_image; b < p->first_image + d->groups[2]; b++)
    for (uint32_t c = p->first_channel; c < p->first_channel + p->channel_count; c++)
      for (uint32_t at = 0; at < p->box_height * p->box_width; at++) {
        const uint32_t y = p->box_y + at / p->box_width, x = p->box_x + at % p->box_width;
        const uint64_t first = first_element(m, d, b, c);
        const uint64_t token = prefix ? (uint64_t)y * g->prefix + x : s2_output_prefix(g);
        const uint64_t element =
            first + token * g->output_strides.column + (prefix ? 0 : s2_places_element(&g->places, y, x));
        check_inside(&pass->ranges[d->ranges].target, g->output_type, element, element + 1);
        if (m->schedule.accumulator_bytes)
          check_inside(&pass->ranges[d->ranges].accumulator, S2VK_TYPE_F32, element, element + 1);
        add_output(m, call, d, b, y, x, &outputs[element]);
      }
}

void check_merge(const struct made *m) {
  const struct s2_geometry *g = &m->geometry;
  const struct s2_pass *pass = &m->schedule.passes[S2_PASS_MERGE];
  check_pass(m, S2_PASS_MERGE, g->features_bytes, g->output_bytes);
  const s2vk_shape shape = s2_output_shape(g);
  const size_t count = (size_t)shape.dims[0] * shape.dims[1] * shape.dims[2] * (shape.rank == 4 ? shape.dims[3] : 1);
  const size_t room = (size_t)(g->output_bytes / s2vk_type_size(g->output_type)); /* gaps included */
  struct output *outputs = calloc(room, sizeof *outputs);
  for (uint32_t k = 0; k < g->call_count; k++)
    for (uint32_t i = pass->first[k]; i < pass->first[k + 1]; i++)
      if (pass->dispatches[i].key == S2_NO_KEY)
        check_merge_copy(m, &g->calls[k], &pass->dispatches[i].copy, outputs);
      else
        check_merge_dispatch(m, &g->calls[k], &pass->dispatches[i], outputs);
  size_t finished = 0;
  for (size_t i = 0; i < room; i++)
    finished += outputs[i].finished;
  assert_int_equal(finished, count); /* and none twice, as add_output() saw */
  free(outputs);
}
