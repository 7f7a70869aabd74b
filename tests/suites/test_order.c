/* The order of the output: prefix tokens as means or of each tile, with a grid or without; tokens in blocks, column by
 * column, downsampled; channels that are repeated. Small plans of all of them at once against the reference. */
#include "suite.h"

#include "compare.h"
#include "guard.h"
#include "reference.h"

/* ---- Small plans --------------------------------------------------------------------------------------------------
 */

struct small {
  s2vk_plan_info info;
  s2vk_size sizes[3];
};

/* The last scale is the output's, in whole tiles, of which blocks are made. */
static void make_small(struct noise *noise, struct small *s) {
  const uint32_t side = 2, g = 1 + noise_below(noise, 5), rows = 1 + noise_below(noise, 4);
  *s = (struct small){.sizes = {{side, side}, {2 * side, 2 * side}, {rows * side, (1 + noise_below(noise, 4)) * side}}};
  s->info = (s2vk_plan_info){.struct_size = sizeof s->info,
      .batch = 1 + noise_below(noise, 3),
      .channels = 1,
      .height = 4,
      .width = 4,
      .img_sizes = s->sizes + noise_below(noise, 3),
      .max_split_size = side,
      .resize_output_to_idx = -1,
      .num_prefix_token = noise_below(noise, 2) * (1 + noise_below(noise, 2)),
      .tiles_per_call = noise_below(noise, 5),
      .calls_cross_scales = noise_below(noise, 2),
      .feature_type = (s2vk_type)noise_below(noise, 3),
      .output_type = (s2vk_type)noise_below(noise, 3),
      .output_blocks_idx = -1,
      .output_repeat = noise_below(noise, 3)};
  s2vk_plan_info *info = &s->info;
  info->scale_count = (uint32_t)(s->sizes + 3 - info->img_sizes);
  info->model = (s2vk_model_shape){.channels = 1 + noise_below(noise, 12), .tokens = g * g + info->num_prefix_token};
  info->prefix_tokens = (s2vk_prefix_tokens)(info->num_prefix_token && noise_below(noise, 2));
  info->prefix_only = info->num_prefix_token && noise_below(noise, 2);
  if (info->prefix_only && noise_below(noise, 2))
    info->model.tokens = info->num_prefix_token;
  if (info->prefix_only)
    return;
  info->output_blocks = noise_below(noise, 2);
  info->output_by_columns = noise_below(noise, 2);
  info->output_downsample = info->num_prefix_token ? 0 : noise_below(noise, 5);
}

static void run_small(s2vk_context *context, const struct small *s, struct noise *noise) {
  struct compare compare;
  struct replay replay;
  struct guard guard;
  s2vk_plan *plan;
  s2vk_binding *binding;
  assert_ok(s2vk_plan_create(context, &s->info, &plan));
  compare_create(&compare, &s->info, noise, noise_below(noise, 2) ? 20 : 0);
  guard_create(&guard, &suite_gpu, plan, GPU_BUFFER_USAGE); /* poisoned: what is 0 must be written */
  const s2vk_binding_info info = guard_binding(&guard);
  assert_ok(s2vk_binding_create(plan, &info, &binding));
  replay_create(&replay, &suite_gpu, plan);
  compare_fill(&compare, plan, &replay);
  const size_t bytes = compare_output_bytes(&compare, plan);
  assert_int_equal(bytes, compare.output_bytes);
  void *output = malloc(bytes);
  const s2vk_model model = replay_on_host(&replay);
  assert_ok(s2vk_forward(binding, &model, compare.input, compare.input_bytes, output, bytes));
  const char *breach = guard_breach(&guard, &suite_gpu);
  if (breach)
    fail_msg("the bytes around the %s were written", breach);
  const double error = compare_output(&compare, plan, output);
  if (!(error < 1e-5))
    fail_msg("errors beyond rounding: %g", error);
  free(output);
  replay_destroy(&replay, &suite_gpu);
  s2vk_binding_destroy(&binding);
  guard_destroy(&guard, &suite_gpu);
  s2vk_plan_destroy(&plan);
  compare_destroy(&compare);
}

static void any_order_agrees_with_the_reference(void **state) {
  (void)state;
  const unsigned long count = suite_number("S2VK_TEST_PLANS", gpu_compiles_slowly(&suite_gpu) ? 4 : 50);
  for (unsigned seed = 1; seed <= count; seed++) {
    struct noise noise = {seed};
    struct small small;
    make_small(&noise, &small);
    print_message("\rseed %u ", seed);
    run_small(suite_contexts[seed % suite_context_count], &small, &noise);
  }
  assert_int_equal(gpu_messages(), 0);
}

/* ---- Shapes -------------------------------------------------------------------------------------------------------
 */

static s2vk_plan_layout layout_of(const s2vk_plan_info *info) {
  s2vk_plan *plan;
  s2vk_plan_layout layout = {.struct_size = sizeof layout};
  assert_ok(s2vk_plan_create(suite_gpu.context, info, &plan));
  assert_ok(s2vk_plan_get_layout(plan, &layout));
  s2vk_plan_destroy(&plan);
  return layout;
}

static void assert_tokens(const s2vk_plan_layout *layout, uint32_t prefix, s2vk_size grid, uint32_t channels) {
  assert_int_equal(layout->output.rank, 3);
  assert_int_equal(layout->output.dims[1], prefix + grid.height * grid.width);
  assert_int_equal(layout->output.dims[2], channels);
  assert_int_equal(layout->output_prefix, prefix);
  assert_int_equal(layout->output_grid.height, grid.height);
  assert_int_equal(layout->output_grid.width, grid.width);
}

/* SigLIP's 27 x 27 tokens of 1152 channels, of two scales, as VILA1.5-S2's projector takes them: 196 tokens of 9216. */
static void shapes_are_as_documented(void **state) {
  (void)state;
  const s2vk_size sizes[] = {{384, 384}, {768, 768}}, wide[] = {{384, 384}, {768, 1152}};
  s2vk_plan_info info = {.struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = 768,
      .width = 768,
      .img_sizes = sizes,
      .scale_count = 2,
      .max_split_size = 384,
      .model = {.channels = 1152, .tokens = 27 * 27},
      .output_downsample = 2,
      .output_by_columns = true};
  s2vk_plan_layout layout = layout_of(&info);
  assert_tokens(&layout, 0, (s2vk_size){14, 14}, 2 * 4 * 1152);
  info.output_downsample = 3;
  layout = layout_of(&info);
  assert_tokens(&layout, 0, (s2vk_size){9, 9}, 2 * 9 * 1152);
  info.img_sizes = wide; /* 2 x 3 blocks of 27 x 27 tokens */
  info.resize_output_to_idx = info.output_blocks_idx = -1;
  info.output_blocks = true;
  info.output_downsample = 2;
  layout = layout_of(&info);
  assert_tokens(&layout, 0, (s2vk_size){2 * 14, 3 * 14}, 2 * 4 * 1152);
  assert_true(layout.output_block.height == 14 && layout.output_block.width == 14);
  info.output_downsample = 0;
  info.output_by_columns = false;
  info.output_repeat = 3;
  layout = layout_of(&info);
  assert_tokens(&layout, 0, (s2vk_size){2 * 27, 3 * 27}, 3 * 2 * 1152);
  info.output_repeat = 0;
  info.num_prefix_token = 1;
  info.model.tokens++;
  info.prefix_tokens = S2VK_PREFIX_TILES;
  layout = layout_of(&info);
  assert_tokens(&layout, 6, (s2vk_size){2 * 27, 3 * 27}, 2 * 1152);
  info.output_blocks = false;
  info.prefix_only = true;
  layout = layout_of(&info);
  assert_tokens(&layout, 6, (s2vk_size){0, 0}, 2 * 1152);
  assert_int_equal(layout.accumulator_bytes, 0);
  info.prefix_tokens = S2VK_PREFIX_MEAN;
  info.model.tokens = 1; /* a model that returns its CLS token alone */
  layout = layout_of(&info);
  assert_tokens(&layout, 1, (s2vk_size){0, 0}, 2 * 1152);
}

/* One tile of which the channels are repeated is what three scales of the same tile are. */
static void one_tile_repeated_is_as_many_scales(void **state) {
  (void)state;
  const s2vk_size sizes[] = {{4, 4}, {4, 4}, {4, 4}};
  s2vk_plan_info info = {.struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = 9,
      .width = 7,
      .img_sizes = sizes,
      .scale_count = 3,
      .max_split_size = 4,
      .model = {.channels = 5, .tokens = 9}};
  const s2vk_plan_layout scales = layout_of(&info);
  info.scale_count = 1;
  info.output_repeat = 3;
  const s2vk_plan_layout repeated = layout_of(&info);
  assert_memory_equal(&scales.output, &repeated.output, sizeof scales.output);
  assert_int_equal(scales.tile_count, 3);
  assert_int_equal(repeated.tile_count, 1);
}

/* ---- What is refused ----------------------------------------------------------------------------------------------
 */

#define refuses(change, result, ...)                                                                                   \
  do {                                                                                                                 \
    s2vk_plan_info info = suite_plan_info();                                                                           \
    info.num_prefix_token = 1;                                                                                         \
    info.model.tokens++;                                                                                               \
    change;                                                                                                            \
    s2vk_plan *plan;                                                                                                   \
    assert_fails(s2vk_plan_create(suite_gpu.context, &info, &plan), result, __VA_ARGS__);                              \
    assert_null(plan);                                                                                                 \
  } while (0)

static void contradictions_are_refused(void **state) {
  (void)state;
  refuses(info.prefix_tokens = (s2vk_prefix_tokens)2, S2VK_ERROR_ENUM, "prefix_tokens is 2", "0 to 1");
  refuses((info.prefix_tokens = S2VK_PREFIX_TILES, info.num_prefix_token = 0, info.model.tokens--),
      S2VK_ERROR_PREFIX_TOKENS, "prefix_tokens is 1", "num_prefix_token is 0");
  refuses((info.prefix_only = true, info.num_prefix_token = 0, info.model.tokens--), S2VK_ERROR_PREFIX_TOKENS,
      "prefix_only is 1", "num_prefix_token is 0");
  refuses(
      (info.prefix_only = true, info.output_blocks = true), S2VK_ERROR_PREFIX_TOKENS, "prefix_only and output_blocks");
  refuses((info.prefix_only = true, info.output_by_columns = true), S2VK_ERROR_PREFIX_TOKENS,
      "prefix_only and output_by_columns");
  refuses(info.model.tokens = 1, S2VK_ERROR_TOKENS_NOT_SQUARE, "tokens of scale 0 is 1", "or 0 with prefix_only");
  refuses((info.prefix_only = true, info.model.tokens = 3), S2VK_ERROR_TOKENS_NOT_SQUARE, "tokens of scale 0 is 3",
      "square number or 0");
  refuses((info.prefix_only = true, info.num_prefix_token = 9), S2VK_ERROR_TOKENS_NOT_SQUARE, "num_prefix_token is 9");
  refuses(info.output_downsample = 17, S2VK_ERROR_OUTPUT_ORDER, "output_downsample is 17", "at most 16");
  refuses(info.output_downsample = 2, S2VK_ERROR_OUTPUT_ORDER, "output_downsample is 2", "num_prefix_token is 1");
  refuses((info.num_prefix_token = 0, info.model.height = info.model.width = 2, info.output_downsample = 2,
              info.output_shape = S2VK_OUTPUT_BCHW),
      S2VK_ERROR_OUTPUT_ORDER, "output_downsample is 2", "BCHW");
  refuses((info.num_prefix_token = 0, info.model.height = info.model.width = 2, info.output_by_columns = true,
              info.output_shape = S2VK_OUTPUT_BCHW),
      S2VK_ERROR_OUTPUT_ORDER, "output_by_columns is 1", "BCHW");
  refuses(info.output_repeat = UINT32_MAX, S2VK_ERROR_OVERFLOW, "repeated or downsampled");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_order_agrees_with_the_reference),
      cmocka_unit_test(shapes_are_as_documented),
      cmocka_unit_test(one_tile_repeated_is_as_many_scales),
      cmocka_unit_test(contradictions_are_refused),
  };
  return cmocka_run_group_tests_name("order", tests, suite_open_contexts, suite_close_contexts);
}
