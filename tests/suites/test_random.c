/* Random plans, shaped for GPUs, for CPUs and for CPUs with 64-bit integers in turn, on the device against the
 * double-precision reference. The seed is printed; S2VK_TEST_SEED=N repeats a run, S2VK_TEST_PLANS=N makes it longer or
 * shorter. A driver that compiles slowly gets a sixteenth of them. The tiny profile, whose storage range is far below
 * the specification's least, may refuse a few. */
#include "suite.h"

#include <string.h>
#include <time.h>

#include "compare.h"
#include "guard.h"
#include "intercept.h"
#include "profile.h"
#include "run/plan.h"

struct plan_case {
  s2vk_plan_info info;
  double scales[COMPARE_MAX_SCALES];
  s2vk_size sizes[COMPARE_MAX_SCALES];
  s2vk_model_shape models[COMPARE_MAX_SCALES];
};

static s2vk_type random_type(struct noise *noise) {
  return (s2vk_type)noise_below(noise, 3);
}

static s2vk_model_shape random_model(struct noise *noise, uint32_t channels, uint32_t prefix) {
  const uint32_t height = 1 + noise_below(noise, 6);
  const uint32_t width = noise_below(noise, 2) ? 1 + noise_below(noise, 6) : 4 * (1 + noise_below(noise, 3));
  return (s2vk_model_shape){channels, height * height + prefix, height, width};
}

static void random_sizes(struct noise *noise, struct plan_case *c) {
  s2vk_plan_info *info = &c->info;
  info->scale_count = 1 + noise_below(noise, COMPARE_MAX_SCALES);
  info->height = 1 + noise_below(noise, 40);
  info->width = noise_below(noise, 2) ? info->height : 1 + noise_below(noise, 40);
  info->max_split_size = info->height == info->width && noise_below(noise, 2) ? 0 : 1 + noise_below(noise, 33);
  const uint32_t side = info->max_split_size ? info->max_split_size : info->height;
  const uint32_t most = side * 4 < 70 ? side * 4 : 70; /* tiles are not to be too many */
  for (uint32_t i = 0; i < info->scale_count; i++) {
    c->sizes[i] = (s2vk_size){1 + noise_below(noise, most), 1 + noise_below(noise, most)};
    c->scales[i] = (1 + noise_below(noise, most)) / (double)(info->height < info->width ? info->height : info->width);
    c->scales[i] = fmin(c->scales[i], 70.0 / (info->height > info->width ? info->height : info->width));
  }
  /* Often a scale is the input itself. */
  if (info->max_split_size == 0 && noise_below(noise, 2)) {
    const uint32_t i = noise_below(noise, info->scale_count);
    c->sizes[i] = (s2vk_size){side, side};
    c->scales[i] = 1;
  }
  const bool by_factors = c->scales[0] * side >= 1 && noise_below(noise, 2);
  info->scales = c->scales;
  for (uint32_t i = 0; i < info->scale_count; i++)
    if (info->height * c->scales[i] < 1 || info->width * c->scales[i] < 1 || !by_factors)
      info->scales = NULL;
  info->img_sizes = info->scales ? NULL : c->sizes;
}

/* A photograph. Each scale is a third to a twelfth of it, by an antialiased filter. */
static void random_photograph(struct noise *noise, struct plan_case *c) {
  s2vk_plan_info *info = &c->info;
  info->scale_count = 1 + noise_below(noise, 2);
  info->height = 40 + noise_below(noise, 120);
  info->width = noise_below(noise, 2) ? 40 + noise_below(noise, 120) : 40 + 4 * noise_below(noise, 30);
  info->max_split_size = noise_below(noise, 2) ? 4 + 4 * noise_below(noise, 8) : 1 + noise_below(noise, 33);
  info->scales = NULL;
  info->img_sizes = c->sizes;
  for (uint32_t i = 0; i < info->scale_count; i++) {
    const double factor = 1.0 / (3 + noise_below(noise, 10));
    c->sizes[i] = (s2vk_size){(uint32_t)(info->height * factor), (uint32_t)(info->width * factor)};
  }
  info->filter = (s2vk_filter)(S2VK_FILTER_BICUBIC_ANTIALIASED +
                               (int)noise_below(noise, S2VK_FILTER_LANCZOS3 - S2VK_FILTER_BICUBIC_ANTIALIASED + 1));
}

/* Square images in even tiles, each scale with a signature of its own. */
static void random_square(struct noise *noise, struct plan_case *c) {
  s2vk_plan_info *info = &c->info;
  info->grid_policy = S2VK_GRID_SQUARE;
  info->width = info->height;
  info->max_split_size = 2 + noise_below(noise, 20);
  info->scales = NULL;
  info->img_sizes = c->sizes;
  info->scale_models = c->models;
  for (uint32_t i = 0; i < info->scale_count; i++) {
    const uint32_t tiles = 1 + noise_below(noise, 4);
    /* More than (tiles - 1) / tiles of the longest side, so that ceil() gives this many tiles. */
    uint32_t side = info->max_split_size - noise_below(noise, info->max_split_size / tiles);
    c->sizes[i] = (s2vk_size){tiles * side, tiles * side};
    c->models[i] = random_model(noise, info->model.channels, info->num_prefix_token);
  }
}

static void random_case(struct noise *noise, struct plan_case *c) {
  s2vk_plan_info *info = &c->info;
  *c = (struct plan_case){.info.struct_size = sizeof *info};
  info->batch = 1 + noise_below(noise, 3);
  info->channels = 1 + noise_below(noise, 4);
  random_sizes(noise, c);
  info->split_mode = (s2vk_split_mode)noise_below(noise, 2);
  info->filter = (s2vk_filter)(noise_below(noise, 2) ? noise_below(noise, S2VK_FILTER_LANCZOS3 + 1) : 0);
  if (noise_below(noise, 8) == 0)
    random_photograph(noise, c);
  info->grid_policy = (s2vk_grid_policy)noise_below(noise, 2);
  info->output_shape = (s2vk_output_shape)noise_below(noise, 2);
  info->num_prefix_token = info->output_shape == S2VK_OUTPUT_BNC ? noise_below(noise, 4) : 0;
  info->resize_output_to_idx = (int32_t)noise_below(noise, 2 * info->scale_count) - (int32_t)info->scale_count;
  info->split_forward = noise_below(noise, 4) == 0;
  if (!info->split_forward) {
    info->tiles_per_call = noise_below(noise, 2) * noise_below(noise, 20);
    info->calls_cross_scales = noise_below(noise, 2);
  }
  /* Long lines of channels now and then; a tile of them is within the tiny profile's 64 KiB. */
  const uint32_t channels = noise_below(noise, 6) ? 1 + noise_below(noise, 13) : 128 + noise_below(noise, 80);
  info->model = random_model(noise, channels, info->num_prefix_token);
  info->input_type = random_type(noise);
  info->tile_type = random_type(noise);
  info->feature_type = random_type(noise);
  info->output_type = random_type(noise);
  if (noise_below(noise, 3) == 0) {
    info->tile_type = info->input_type;
    info->output_type = info->feature_type;
  }
  if (noise_below(noise, 6) == 0)
    random_square(noise, c);
  else if (noise_below(noise, 3) == 0)
    suite_random_overlap(noise, info);
  if (noise_below(noise, 2))
    suite_random_order(noise, info);
}

/* Lays an axis around `span` bytes, without a gap or with one, as often as not by a stride that is given. */
static VkDeviceSize random_stride(struct noise *noise, uint32_t element, uint64_t count, uint64_t *span) {
  const uint32_t gap =
      noise_below(noise, 2) ? noise_below(noise, 3) ? 1 + noise_below(noise, 9) : 16 - *span / element % 16 : 0;
  const uint64_t stride = *span + gap * element;
  *span += (count - 1) * stride;
  return gap || noise_below(noise, 2) ? stride : 0;
}

/* Random strides for items of at most extents[] channels, rows and columns. */
static s2vk_strides random_maps(struct noise *noise, uint32_t orders, s2vk_type type, const uint64_t extents[3]) {
  const uint32_t element = (uint32_t)s2vk_type_size(type);
  s2vk_strides strides = {.order = (s2vk_order)noise_below(noise, orders)};
  const uint32_t block = strides.order == S2VK_ORDER_NC4HW4 ? 4 : strides.order == S2VK_ORDER_NC8HW8 ? 8 : 1;
  const uint64_t channels = (extents[0] + block - 1) / block;
  uint64_t span = block * element;
  if (strides.order == S2VK_ORDER_NHWC)
    strides.channel = random_stride(noise, element, channels, &span);
  strides.column =
      strides.order == S2VK_ORDER_NCHW && noise_below(noise, 4) ? 0 : random_stride(noise, element, extents[2], &span);
  if (span == block * element) /* left dense above */
    span *= extents[2];
  strides.row = random_stride(noise, element, extents[1], &span);
  if (strides.order != S2VK_ORDER_NHWC)
    strides.channel = random_stride(noise, element, channels, &span);
  strides.item = random_stride(noise, element, 1, &span);
  return strides;
}

static s2vk_strides random_tokens(struct noise *noise, s2vk_type type, uint64_t tokens, uint64_t channels) {
  const uint32_t element = (uint32_t)s2vk_type_size(type);
  uint64_t span = channels * element;
  s2vk_strides strides = {.column = random_stride(noise, element, tokens, &span)};
  strides.item = random_stride(noise, element, 1, &span);
  return strides;
}

static uint64_t larger(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

/* Of all that a plan has: every combination of orders and gaps may come. */
static void random_strides(struct noise *noise, s2vk_context *context, struct plan_case *c) {
  s2vk_plan_info *info = &c->info;
  s2vk_plan *dense;
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  uint64_t side = 0, height = 0, width = 0, tokens = 0;
  assert_ok(s2vk_plan_create(context, info, &dense));
  assert_ok(s2vk_plan_get_layout(dense, &layout));
  for (uint32_t i = 0; i < info->scale_count; i++) {
    s2vk_scale_layout scale = {.struct_size = sizeof scale};
    assert_ok(s2vk_plan_get_scale(dense, i, &scale));
    side = larger(side, scale.tile_side);
    height = larger(height, scale.features.height);
    width = larger(width, scale.features.width);
    tokens = larger(tokens, (uint64_t)scale.features.height * scale.features.width + info->num_prefix_token);
  }
  s2vk_plan_destroy(&dense);
  const uint64_t tile[] = {info->channels, side, side}, features[] = {info->model.channels, height, width};
  const uint64_t output[] = {layout.output.dims[1], layout.output.dims[2], layout.output.dims[3]};
  const bool maps = info->output_shape == S2VK_OUTPUT_BCHW;
  if (maps && noise_below(noise, 2)) { /* as engines have them most often */
    info->tile_strides.order = info->feature_strides.order = (s2vk_order)noise_below(noise, 4);
    return;
  }
  if (noise_below(noise, 4))
    info->tile_strides = random_maps(noise, 4, info->tile_type, tile);
  if (noise_below(noise, 4))
    info->feature_strides = maps ? random_maps(noise, 4, info->feature_type, features)
                                 : random_tokens(noise, info->feature_type, tokens, info->model.channels);
  if (noise_below(noise, 4))
    info->output_strides = maps ? random_maps(noise, 2, info->output_type, output)
                                : random_tokens(noise, info->output_type, layout.output.dims[1], layout.output.dims[2]);
}

static s2vk_context *contexts[3], *shapes_only;

/* The profile `few` has another driver's name, so that the library does not know of lavapipe's limit on loops. */
static void limit_loops(s2vk_context *context) {
  const char *profile = profile_name();
  if (profile && strcmp(profile, "few") == 0)
    context->target.loop_rounds = 60000;
}

static int open_contexts(void **state) {
  if (suite_open_gpu(state))
    return -1;
  intercept_poison(true);
  shapes_only = open_shapes_only();
  for (int i = 0; i < 3; i++) {
    s2vk_context_info info = suite_gpu.info;
    info.get_instance_proc_addr = intercept_get_instance_proc_addr;
    info.variant = i == 0 ? S2VK_VARIANT_GPU : S2VK_VARIANT_CPU;
    info.shader_int64 = i == 2 && info.shader_int64;
    if (s2vk_context_create(&info, &contexts[i]))
      return -1;
    limit_loops(contexts[i]);
  }
  return 0;
}

static int close_contexts(void **state) {
  for (int i = 0; i < 3; i++)
    s2vk_context_destroy(&contexts[i]);
  s2vk_context_destroy(&shapes_only);
  return suite_close_gpu(state);
}

/* How many pipelines of each shader plans had, and how many copies. */
static unsigned uses[S2_SHADER_COUNT], copies;

static void count_uses(const struct s2_pass *pass) {
  for (uint32_t k = 0; k < pass->key_count; k++)
    uses[pass->keys[k].shader]++;
  for (uint32_t i = 0; i < pass->dispatch_count; i++)
    copies += pass->dispatches[i].key == S2_NO_KEY;
}

static void print_uses(void) {
  for (uint32_t i = 0; i < S2_SHADER_COUNT; i++)
    if (uses[i])
      print_message("  %u of %s\n", uses[i], s2_shader_name(i));
  print_message("  %u copies\n", copies);
}

/* A photograph's tables may be more than the tiny profile's 64 KiB. */
static bool refused_for_range(s2vk_result result) {
  const char *profile = profile_name();
  return result == S2VK_ERROR_LIMIT && profile && strcmp(profile, "tiny") == 0 &&
         strstr(gpu_last_log(), "maxStorageBufferRange");
}

/* Synchronization validation compares a dispatch with those before it, so that tens of thousands take many minutes. */
#define MOST_DISPATCHES 3000

static uint32_t dispatches_of(const s2vk_plan *plan) {
  uint32_t count = 0;
  for (int pass = 0; pass < S2_PASS_COUNT; pass++)
    count += plan->form.schedule.passes[pass].dispatch_count;
  return count;
}

/* Whether the plan was made and run, without a message of the validation layer. */
static bool run_case(
    s2vk_context *context, const struct plan_case *c, struct noise *noise, bool on_host, uint32_t special_every) {
  struct compare compare;
  struct replay replay;
  s2vk_plan *plan;
  s2vk_binding *binding;
  struct guard guard = {0};
  const s2vk_result made = s2vk_plan_create(context, &c->info, &plan);
  if (refused_for_range(made))
    return false;
  assert_ok(made);
  if (dispatches_of(plan) > MOST_DISPATCHES) {
    s2vk_plan_destroy(&plan);
    return false;
  }
  compare_create(&compare, &c->info, noise, special_every);
  for (int pass = 0; pass < S2_PASS_COUNT; pass++)
    count_uses(&plan->form.schedule.passes[pass]);
  if (noise_below(noise, 2)) {
    /* forward() and the replay copy; beyond that, all or nothing that the library has a use of. */
    const VkBufferUsageFlags least = GPU_BUFFER_USAGE & ~(VkBufferUsageFlags)VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT;
    const VkBufferUsageFlags usage = noise_below(noise, 2) ? GPU_BUFFER_USAGE : least;
    guard_create(&guard, &suite_gpu, plan, usage);
    guard_gaps(&guard, plan, &c->info);
  }
  const s2vk_binding_info info = guard_binding(&guard); /* empty: the library makes all buffers */
  assert_ok(s2vk_binding_create(plan, &info, &binding));
  replay_create(&replay, &suite_gpu, plan);
  compare_fill(&compare, plan, &replay);
  const size_t output_bytes = compare_output_bytes(&compare, plan);
  void *output = malloc(output_bytes);
  const s2vk_model model = on_host ? replay_on_host(&replay) : replay_on_device(&replay);
  assert_ok(s2vk_forward(binding, &model, compare.input, compare.input_bytes, output, output_bytes));
  assert_false(replay.out_of_order);
  const char *breach = guard_breach(&guard, &suite_gpu);
  if (breach)
    fail_msg("the bytes around the %s, or in its gaps, were written", breach);
  const double tiles = compare_tiles(&compare, plan, &replay), merged = compare_output(&compare, plan, output);
  if (!(tiles < 1e-5 && merged < 1e-5))
    fail_msg("errors beyond rounding: tiles %g, output %g", tiles, merged);
  free(output);
  replay_destroy(&replay, &suite_gpu);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  guard_destroy(&guard, &suite_gpu);
  compare_destroy(&compare);
  assert_int_equal(gpu_messages(), 0);
  return true;
}

static void random_plans_agree_with_the_reference(void **state) {
  (void)state;
  const unsigned long seed = suite_number("S2VK_TEST_SEED", (unsigned long)time(NULL));
  const unsigned long asked = suite_number("S2VK_TEST_PLANS", 40);
  const unsigned long plans = gpu_compiles_slowly(&suite_gpu) ? (asked + 15) / 16 : asked;
  unsigned long not_run = 0;
  for (unsigned long i = 0; i < plans; i++) {
    struct noise noise = {seed + i};
    struct plan_case c;
    random_case(&noise, &c);
    if (noise_below(&noise, 2))
      random_strides(&noise, shapes_only, &c);
    print_message("\rS2VK_TEST_SEED=%lu S2VK_TEST_PLANS=1 ", seed + i);
    /* Few enough that most windows have none, or one. */
    const uint32_t special_every = (seed + i) % 4 ? 0 : c.info.height * c.info.width > 1600 ? 2000 : 100;
    not_run += !run_case(contexts[(seed + i) % 3], &c, &noise, (seed + i) / 4 % 2, special_every);
    assert_int_equal(gpu_messages(), 0);
  }
  print_message("\r%lu random plans from S2VK_TEST_SEED=%lu on, %lu refused or too long; of their pipelines\n", plans,
      seed, not_run);
  print_uses();
  assert_true(not_run <= 2 + plans / 16);
  for (int shader = 0; shader < S2_SHADER_COUNT && plans >= 60; shader++) {
    const bool elsewhere = shader >= S2_SHADER_RESAMPLE_ACROSS && shader <= S2_SHADER_RESAMPLE_WALK;
    const bool rare = shader == S2_SHADER_MERGE_BLOCKS; /* one in forty */
    assert_true(uses[shader] > 0 || elsewhere || (rare && plans < 400));
  }
}

/* Tiles whose rows begin at every kind of place, in all orders and types. */
static void tiles_of_every_order(void **state) {
  (void)state;
  const uint32_t sides[] = {24, 18, 17};
  struct noise noise = {41};
  if (gpu_compiles_slowly(&suite_gpu)) /* whose kernels make these tiles element by element */
    skip();
  for (int type = 0; type < 3; type++)
    for (int order = 0; order < 4; order++)
      for (int i = 0; i < 3; i++) {
        struct plan_case c = {.scales = {1, 2.5}};
        c.info = (s2vk_plan_info){.struct_size = sizeof c.info,
            .batch = 2,
            .channels = order == S2VK_ORDER_NHWC && type == 2 ? 2 : 3,
            .height = sides[i],
            .width = sides[i],
            .scales = c.scales,
            .scale_count = 2,
            .split_mode = S2VK_SPLIT_PAD,
            .model = {.channels = 4, .tokens = 4},
            .tile_type = (s2vk_type)type,
            .tile_strides.order = (s2vk_order)order};
        assert_true(run_case(contexts[type ? 2 : 1], &c, &noise, i % 2, i ? 0 : 400));
      }
}

/* Feature maps in all orders and types whose rows begin at every kind of place, to planes. Those with channels side by
 * side have a kernel of their own on CPU drivers, which few random plans have. */
static void maps_of_every_order(void **state) {
  (void)state;
  const uint32_t sides[] = {4, 7, 6, 13};
  const s2vk_order orders[] = {S2VK_ORDER_NCHW, S2VK_ORDER_NHWC, S2VK_ORDER_NC4HW4};
  struct noise noise = {43};
  if (gpu_compiles_slowly(&suite_gpu) || profile_name())
    skip();
  const unsigned before = uses[S2_SHADER_MERGE_BLOCKS];
  for (int i = 0; i < 72; i += suite_is_short() ? 5 : 1) {
    const s2vk_type type = (s2vk_type)(i % 3);
    const uint32_t side = sides[i / 9 % 4];
    struct plan_case c = {.scales = {1, 2}};
    c.info = (s2vk_plan_info){.struct_size = sizeof c.info,
        .batch = 1,
        .channels = 1,
        .height = 8,
        .width = 8,
        .scales = c.scales,
        .scale_count = 2,
        .resize_output_to_idx = i / 3 % 2,
        .output_shape = S2VK_OUTPUT_BCHW,
        .model = {.channels = i % 2 ? 11 : 40, .height = side, .width = side},
        .feature_type = type,
        .output_type = type,
        .tiles_per_call = i % 4 == 3 ? 1 : 0,
        .feature_strides.order = orders[i / 3 % 3]};
    assert_true(run_case(contexts[i < 36 ? 0 : 2 - i % 2], &c, &noise, true, i % 5 ? 0 : 300));
  }
  assert_true(uses[S2_SHADER_MERGE_BLOCKS] > before);
}

/* A photograph with a few values that are not finite. A pixel without a weight for one stays finite; one that has
 * weights of both signs for an infinite one, which two resizes after each other make, is NaN. */
static void not_finite_in_wide_supports(void **state) {
  (void)state;
  struct noise noise = {42};
  const int step = gpu_compiles_slowly(&suite_gpu) ? 8 : suite_is_short() ? 5 : 1;
  if (profile_name())
    skip();
  for (int i = 0; i < 16; i += step) {
    const s2vk_type type = i & 1 ? S2VK_TYPE_F16 : S2VK_TYPE_F32;
    struct plan_case c = {.sizes = {{32, 27}, {12, 10}}};
    c.info = (s2vk_plan_info){.struct_size = sizeof c.info,
        .batch = 1,
        .channels = 3,
        .height = 96,
        .width = 82,
        .img_sizes = c.sizes,
        .scale_count = 2,
        .max_split_size = 16,
        .split_mode = i & 2 ? S2VK_SPLIT_RESIZE : S2VK_SPLIT_PAD,
        .filter = i & 4 ? S2VK_FILTER_LANCZOS3 : S2VK_FILTER_BICUBIC_ANTIALIASED,
        .model = {.channels = 4, .tokens = 4},
        .input_type = type,
        .tile_type = type};
    const unsigned before = uses[S2_SHADER_SPLIT_SCATTER];
    assert_true(run_case(contexts[i & 8 ? 2 : 0], &c, &noise, true, 4000));
    assert_true(uses[S2_SHADER_SPLIT_SCATTER] > before);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maps_of_every_order),
      cmocka_unit_test(not_finite_in_wide_supports),
      cmocka_unit_test(tiles_of_every_order),
      cmocka_unit_test(random_plans_agree_with_the_reference),
  };
  return cmocka_run_group_tests_name("random", tests, open_contexts, close_contexts);
}
