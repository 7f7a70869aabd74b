/* The shaders' index arithmetic, which is modulo 2^32, done on paper in the same types: of tensors at and around 2^31
 * and 2^32 bytes and elements, every corner of every dispatch must come to the place in its window that 64 bits come
 * to. */
#include "suite.h"

#include "kernels/kernels.h"
#include "schedule/schedule.h"

static const struct s2_env env = {.log = gpu_log};

struct paper {
  struct s2_target target;
  struct s2_geometry geometry;
  struct s2_schedule schedule;
};

static const struct s2_choice *choice_of(const struct paper *p, const struct s2_dispatch *d) {
  return &p->schedule.choices[d->job / S2_PASS_COUNT][d->job % S2_PASS_COUNT];
}

/* Compares the `index` that a shader computes with the element of the whole tensor. */
static void check_index(const struct s2_range *range, s2vk_type type, uint32_t index, uint64_t element) {
  const uint64_t size = s2vk_type_size(type), first = range->offset / size;
  assert_true(range->offset % size == 0 && element >= first);
  assert_true(index == element - first);
  assert_true((index + UINT64_C(1)) * size <= range->bytes);
}

/* As find_plane(), or find_image(), and find_row() of shaders/input.glsl: the last pixel of a row of the input. */
static void check_input(
    const struct paper *p, const struct s2_dispatch *d, uint32_t image, uint32_t channel, uint32_t row) {
  const struct s2_geometry *g = &p->geometry;
  const struct s2_split_push *push = &d->push.split;
  const struct s2_range *range = &p->schedule.passes[S2_PASS_SPLIT].ranges[d->ranges].source;
  const uint32_t column = push->width - 1;
  if (g->pixels.source == S2_SOURCE_TENSOR) {
    const uint32_t plane = (image * push->channels + channel) * push->height * push->width - push->input_base;
    check_index(range, g->input_type, plane + row * push->width + column,
        (((uint64_t)image * g->channels + channel) * g->input.height + row) * g->input.width + column);
    return;
  }
  const uint32_t at = image * push->origin[1] - push->input_base + row * push->origin[0] + column * push->pixel_bytes;
  const uint64_t byte = s2_pixels_row(&g->pixels, image, row) + (uint64_t)column * g->pixels.pixel_bytes;
  assert_true(byte >= range->offset && at == byte - range->offset);
  assert_true(at + (uint64_t)g->pixels.pixel_bytes <= range->bytes);
}

/* The call that a dispatch is of. */
static const struct s2_call *call_of(const struct paper *p, enum s2_pass_index pass, uint32_t dispatch) {
  uint32_t call = 0;
  while (p->schedule.passes[pass].first[call + 1] <= dispatch)
    call++;
  return &p->geometry.calls[call];
}

/* As find_place() of shaders/split.glsl. */
static void check_split_corner(const struct paper *p, uint32_t dispatch, uint32_t x, uint32_t y, uint32_t z) {
  const struct s2_dispatch *d = &p->schedule.passes[S2_PASS_SPLIT].dispatches[dispatch];
  const struct s2_call *call = call_of(p, S2_PASS_SPLIT, dispatch);
  const struct s2_geometry *g = &p->geometry;
  const struct s2_split_push *push = &d->push.split;
  const struct s2_choice *choice = choice_of(p, d);
  const struct s2_scale *s = &g->scales[d->job / S2_PASS_COUNT];
  const struct s2_job job = {.target = &p->target, .geometry = g, .scale = s, .axes = choice->axes};
  const uint32_t channel = push->first_channel + y, tile = push->first_tile + z, row = push->first_row + x;
  const uint32_t position = tile / push->batch, image = tile - position * push->batch;
  const uint32_t column = push->side - 1;
  const uint32_t element = z * push->tile_item + row * push->tile_row + column * push->tile_column - push->tiles_base +
                           channel * push->tile_channel;
  const uint64_t side = s->tile_side, target = s->first_tile + tile - call->first_tile;
  check_index(&p->schedule.passes[S2_PASS_SPLIT].ranges[d->ranges].target, g->tile_type, element,
      ((target * g->channels + channel) * side + row) * side + column);
  uint32_t low, high;
  const uint32_t y_of_scale = position / push->tile_columns * push->side + row;
  choice->kernel->footprint(&job, &choice->config, y_of_scale, y_of_scale + 1, &low, &high);
  check_input(p, d, image, channel, low);
  check_input(p, d, image, channel, high - 1);
}

static void check_split(const struct paper *p) {
  const struct s2_pass *pass = &p->schedule.passes[S2_PASS_SPLIT];
  uint64_t rows = 0, all = 0;
  for (uint32_t k = 0; k < p->geometry.call_count; k++)
    all += (uint64_t)p->geometry.calls[k].tile_count * p->geometry.channels *
           p->geometry.scales[p->geometry.calls[k].scale].tile_side;
  for (uint32_t i = 0; i < pass->dispatch_count; i++) {
    const struct s2_dispatch *d = &pass->dispatches[i];
    for (int corner = 0; corner < 8; corner++)
      check_split_corner(p, i, corner & 1 ? d->push.split.row_count - 1 : 0,
          corner & 2 ? d->push.split.channel_count - 1 : 0, corner & 4 ? d->groups[2] - 1 : 0);
    rows += (uint64_t)d->push.split.channel_count * d->groups[2] * d->push.split.row_count;
  }
  assert_true(rows == all);
}

/* As tile_element() of shaders/merge.glsl: of the grid, which plans here have no prefix tokens ahead of. */
static void check_merge_tile(const struct paper *p, uint32_t dispatch, uint32_t tile) {
  const struct s2_geometry *g = &p->geometry;
  const struct s2_dispatch *d = &p->schedule.passes[S2_PASS_MERGE].dispatches[dispatch];
  const struct s2_merge_push *push = &d->push.merge;
  const struct s2_scale *s = &g->scales[d->job / S2_PASS_COUNT];
  const uint32_t base = tile * push->feature_item - push->features_base;
  const uint32_t last = push->feature_item - 1;
  const struct s2_range *range = &p->schedule.passes[S2_PASS_MERGE].ranges[d->ranges].source;
  const uint64_t in_call = (uint64_t)s->first_tile + tile - call_of(p, S2_PASS_MERGE, dispatch)->first_tile;
  const uint64_t first = in_call * s->feature_elements;
  check_index(range, g->feature_type, base, first);
  check_index(range, g->feature_type, base + last, first + last);
}

/* As output_element() there, of the grid. */
static void check_merge_corner(
    const struct paper *p, const struct s2_dispatch *d, uint32_t image, uint32_t y, uint32_t x, uint32_t channel) {
  const struct s2_geometry *g = &p->geometry;
  const struct s2_merge_push *push = &d->push.merge;
  const struct s2_ranges *ranges = &p->schedule.passes[S2_PASS_MERGE].ranges[d->ranges];
  const bool maps = g->layout == S2VK_OUTPUT_BCHW;
  const uint32_t index = image * push->output_item + y * push->output_row + x * push->output_column +
                         channel * (maps ? push->output_channel : 1);
  const uint64_t channels = (uint64_t)g->scale_count * g->feature_channels;
  const uint64_t at = (uint64_t)(d->job / S2_PASS_COUNT) * g->feature_channels + channel;
  const uint64_t all = (uint64_t)g->output_grid.height * g->output_grid.width;
  const uint64_t element = maps ? (image * channels + at) * all + (uint64_t)y * g->output_grid.width + x
                                : (image * all + (uint64_t)y * g->output_grid.width + x) * channels + at;
  check_index(&ranges->target, g->output_type, index - push->output_base, element);
  if (p->schedule.accumulator_bytes)
    check_index(&ranges->accumulator, S2VK_TYPE_F32, index - push->accumulator_base, element);
}

static void check_merge(const struct paper *p) {
  const struct s2_pass *pass = &p->schedule.passes[S2_PASS_MERGE];
  uint64_t elements = 0;
  for (uint32_t i = 0; i < pass->dispatch_count; i++) {
    const struct s2_dispatch *d = &pass->dispatches[i];
    const struct s2_merge_push *push = &d->push.merge;
    check_merge_tile(p, i, push->tile_begin);
    check_merge_tile(p, i, push->tile_end - 1);
    for (int corner = 0; corner < 16; corner++)
      check_merge_corner(p, d, push->first_image + (corner & 1 ? d->groups[2] - 1 : 0),
          push->box_y + (corner & 2 ? push->box_height - 1 : 0), push->box_x + (corner & 4 ? push->box_width - 1 : 0),
          push->first_channel + (corner & 8 ? push->channel_count - 1 : 0));
    elements += (uint64_t)d->groups[2] * push->channel_count * push->box_height * push->box_width;
  }
  /* Sums over several dispatches are counted once for each. */
  assert_true(elements >= p->geometry.output_bytes / s2vk_type_size(p->geometry.output_type));
}

static void check_plan(const s2vk_plan_info *info, uint64_t range, bool cpu) {
  struct paper p = {.target = {.cpu = cpu,
                        .unrolls = true,
                        .long_lines = cpu,
                        .registers = UINT32_MAX,
                        .fetch = 25,
                        .invocations = 16384,
                        .texels = cpu,
                        .int64 = cpu,
                        .texel_count = 1u << 27,
                        .texel_alignment = 16,
                        .range = range,
                        .alignment = 64,
                        .groups = {65535, 65535, 65535},
                        .loop_rounds = UINT32_MAX}};
  assert_ok(s2_geometry_create(&env, info, &p.geometry));
  assert_ok(s2_schedule_create(&env, &p.target, &p.geometry, s2_kernels, &p.schedule));
  check_split(&p);
  check_merge(&p);
  s2_schedule_destroy(&env, &p.schedule);
  s2_geometry_destroy(&env, &p.geometry);
}

/* Limits of devices: the minimum of the specification, Intel's, and those of most GPUs. */
static const uint64_t ranges[] = {UINT64_C(1) << 27, UINT64_C(1) << 30, UINT64_C(1) << 31, UINT32_MAX};

static void check_everywhere(const s2vk_plan_info *info) {
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
    for (int cpu = 0; cpu < 2; cpu++)
      check_plan(info, ranges[i], cpu);
}

/* Batches of 2^20 to 2^23 images, one more and one less: input, tiles, features and output have each 2^10 elements an
 * image, and so 2^30 to 2^33 elements. */
static void batches_around_the_powers(void **state) {
  (void)state;
  const s2vk_size size = {32, 32};
  s2vk_plan_info info = suite_plan_info();
  info.channels = 1;
  info.height = info.width = 32;
  info.scales = NULL;
  info.img_sizes = &size;
  info.scale_count = 1;
  info.max_split_size = 16;
  info.model = (s2vk_model_shape){.channels = 64, .tokens = 4, .height = 2, .width = 2};
  for (uint32_t power = 20; power <= 23; power++)
    for (int off = -1; off <= 1; off++)
      for (int setting = 0; setting < 8; setting++) {
        info.batch = (1u << power) + (uint32_t)off;
        info.output_shape = setting & 1 ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC;
        info.input_type = info.tile_type = setting & 2 ? S2VK_TYPE_F16 : S2VK_TYPE_F32;
        info.feature_type = info.output_type = info.input_type;
        info.tiles_per_call = setting & 4 ? 1u << 22 : 0;
        check_everywhere(&info);
      }
}

/* Few images of many tiles, and one whose planes pass 2^32 bytes; tiles of one call, channels and rows are cut. */
static void single_images_around_the_powers(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double one[] = {1}, two[] = {1, 2};
  for (int setting = 0; setting < 4; setting++) {
    info.batch = 1;
    info.channels = setting & 1 ? 5 : 1;
    info.height = 1 << 15;
    info.width = setting & 1 ? 1 << 14 : 1 << 15;
    info.scales = setting & 2 ? two : one;
    info.scale_count = setting & 2 ? 2 : 1;
    info.max_split_size = 1 << 12;
    info.model = (s2vk_model_shape){.channels = 96, .tokens = 4096};
    info.input_type = info.output_type = setting & 1 ? S2VK_TYPE_BF16 : S2VK_TYPE_F32;
    check_everywhere(&info);
  }
}

/* Pixels: batches of photographs of 36 or 48 MB each, whole or a region of larger ones. */
static void photographs_around_the_powers(void **state) {
  (void)state;
  const s2vk_size sizes[] = {{448, 448}, {896, 1344}};
  s2vk_pixels_info pixels = {.struct_size = sizeof pixels, .format = S2VK_PIXEL_RGBA8};
  s2vk_plan_info info = suite_plan_info();
  info.height = 3000;
  info.width = 4000;
  info.scales = NULL;
  info.img_sizes = sizes;
  info.max_split_size = 448;
  info.model = (s2vk_model_shape){.channels = 64, .tokens = 1024};
  info.pixels = &pixels;
  for (uint32_t batch = 40; batch <= 100; batch += 12)
    for (int setting = 0; setting < 4; setting++) {
      pixels.image = setting & 1 ? (s2vk_size){4100, 4097} : (s2vk_size){0};
      pixels.x = setting & 1 ? 97 : 0;
      pixels.y = setting & 1 ? 1100 : 0;
      pixels.format = setting & 2 ? S2VK_PIXEL_RGB8 : S2VK_PIXEL_RGBA8;
      info.batch = batch;
      check_everywhere(&info);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(batches_around_the_powers),
      cmocka_unit_test(single_images_around_the_powers),
      cmocka_unit_test(photographs_around_the_powers),
  };
  return cmocka_run_group_tests_name("indices", tests, NULL, NULL);
}
