/* What making a plan costs, whatever its fields say: bytes of host memory, all that were asked for counted, which bound
 * its time as well. Prints what it took, and the milliseconds, which depend on the machine, and are not checked. */
#include "suite.h"

#include "counting.h"

#include <time.h>

#include "run/plan.h"

#define DEFAULT_LIMIT (UINT64_C(128) << 20)

/* ---- Counting ---------------------------------------------------------------------------------------------------- */

static s2vk_context *open_limited(uint64_t max_plan_bytes) {
  const s2vk_context_info info = {
      .struct_size = sizeof info, .log = gpu_log, .allocator = &counting_callbacks, .max_plan_bytes = max_plan_bytes};
  s2vk_context *context = NULL;
  assert_ok(s2vk_context_create(&info, &context));
  context->env.log = NULL; /* which would have each plan described */
  return context;
}

/* Makes a plan with a limit, 0 for the default. Counts the memory that was asked for, except the plan's own struct. */
static s2vk_result make_limited(const s2vk_plan_info *info, uint64_t max_plan_bytes) {
  s2vk_context *context = open_limited(max_plan_bytes);
  s2vk_plan *plan = NULL;
  gpu_clear_log();
  counting_asked = 0;
  s2vk_result result = s2vk_plan_create(context, info, &plan);
  counting_asked -= sizeof *plan + sizeof *plan->forms; /* which no field changes */
  s2vk_plan_destroy(&plan);
  if (result) { /* once more, for why */
    const uint64_t first = counting_asked;
    context->env.log = gpu_log;
    assert_int_equal(s2vk_plan_create(context, info, &plan), result);
    counting_asked = first;
  }
  s2vk_context_destroy(&context);
  return result;
}

/* ---- Plans at the bounds ----------------------------------------------------------------------------------------- */

enum { MANY_SCALES = 100000 };

static s2vk_size sizes[MANY_SCALES];

static s2vk_plan_info one_scale(uint32_t in, uint32_t out, uint32_t side, s2vk_filter filter, s2vk_split_mode mode) {
  sizes[0] = (s2vk_size){out, out};
  return (s2vk_plan_info){.struct_size = sizeof(s2vk_plan_info),
      .batch = 1,
      .channels = 3,
      .height = in,
      .width = in,
      .img_sizes = sizes,
      .scale_count = 1,
      .max_split_size = side,
      .split_mode = mode,
      .filter = filter,
      .model = {.channels = 4, .tokens = 1}};
}

static s2vk_plan_info photograph(void) {
  s2vk_plan_info info = one_scale(12000, 336, 336, S2VK_FILTER_LANCZOS3, S2VK_SPLIT_RESIZE);
  info.width = 9000;
  info.scale_count = 3;
  for (uint32_t i = 0; i < 3; i++)
    sizes[i] = (s2vk_size){336 * (i + 1), 336 * (i + 1)};
  info.model = (s2vk_model_shape){.channels = 1024, .tokens = 577};
  info.num_prefix_token = 1;
  return info;
}

static s2vk_plan_info into_one_tile(void) {
  return one_scale(8000, 9, 8000, S2VK_FILTER_LANCZOS3, S2VK_SPLIT_RESIZE);
}

static s2vk_plan_info mostly_padding(void) {
  return one_scale(50000, 9, 4000, S2VK_FILTER_LANCZOS3, S2VK_SPLIT_PAD);
}

static s2vk_plan_info a_million_pixels_a_side(void) {
  return one_scale(1000000, 1000000, 1000000, S2VK_FILTER_BICUBIC, S2VK_SPLIT_RESIZE);
}

static s2vk_plan_info the_longest_sides(void) {
  return one_scale(S2VK_MAX_SIDE, S2VK_MAX_SIDE - 1, 1024, S2VK_FILTER_LANCZOS3, S2VK_SPLIT_RESIZE);
}

static s2vk_plan_info calls(uint32_t down, uint32_t across) {
  s2vk_plan_info info = one_scale(8, 8, 8, S2VK_FILTER_BICUBIC, S2VK_SPLIT_RESIZE);
  sizes[0] = (s2vk_size){8 * down, 8 * across};
  info.tiles_per_call = 1;
  return info;
}

static s2vk_plan_info calls_10000(void) {
  return calls(100, 100);
}

static s2vk_plan_info calls_20000(void) {
  return calls(100, 200);
}

static s2vk_plan_info calls_40000(void) {
  return calls(200, 200);
}

static s2vk_plan_info calls_2_to_the_20(void) {
  return calls(1024, 1024);
}

static s2vk_plan_info scales(uint32_t count) {
  s2vk_plan_info info = one_scale(4, 4, 4, S2VK_FILTER_BICUBIC, S2VK_SPLIT_RESIZE);
  info.scale_count = count;
  for (uint32_t i = 0; i < count; i++)
    sizes[i] = (s2vk_size){4, 4};
  info.output_shape = S2VK_OUTPUT_BCHW;
  info.model = (s2vk_model_shape){.channels = 4, .height = 4, .width = 4};
  return info;
}

static s2vk_plan_info scales_20000(void) {
  return scales(20000);
}

static s2vk_plan_info scales_100000(void) {
  return scales(MANY_SCALES);
}

/* Maps of features, whose tables grow with their area. */
static s2vk_plan_info maps(uint32_t side) {
  s2vk_plan_info info = one_scale(4, 4, 4, S2VK_FILTER_BICUBIC, S2VK_SPLIT_RESIZE);
  info.scale_count = 2;
  sizes[1] = (s2vk_size){12, 12};
  info.output_shape = S2VK_OUTPUT_BCHW;
  info.model = (s2vk_model_shape){.channels = 4, .height = side, .width = side};
  return info;
}

static s2vk_plan_info maps_of_1000(void) {
  return maps(1001);
}

static s2vk_plan_info maps_of_20000(void) {
  return maps(20001);
}

static s2vk_plan_info maps_of_20_scales(void) {
  s2vk_plan_info info = maps(301);
  info.scale_count = 20;
  for (uint32_t i = 1; i < info.scale_count; i++)
    sizes[i] = (s2vk_size){9 + i, 9 + i};
  return info;
}

/* The largest number of 32 bits, cut in halves: none is empty. */
static s2vk_plan_info channels_2_to_the_32(void) {
  s2vk_plan_info info = maps(1);
  info.scale_count = 1;
  info.model.channels = UINT32_MAX;
  return info;
}

static const struct bound {
  const char *name;
  s2vk_plan_info (*info)(void);
  uint64_t most; /* bytes that it may take; 0: it is refused */
} bounds[] = {
    {"12000 x 9000 to 336, 672 and 1008, Lanczos", photograph, 16 << 20},
    {"50000 x 50000 to 9 x 9, padded to a tile of 4000, Lanczos", mostly_padding, 32 << 20},
    {"8000 x 8000 to 9 x 9, resized to a tile of 8000, Lanczos", into_one_tile, 0},
    {"10^6 x 10^6 in one tile", a_million_pixels_a_side, 0},
    {"2^20 x 2^20 to one less, in tiles of 1024, Lanczos", the_longest_sides, 0},
    {"10,000 calls", calls_10000, 16 << 20},
    {"20,000 calls", calls_20000, 32 << 20},
    {"40,000 calls", calls_40000, 64 << 20},
    {"2^20 calls", calls_2_to_the_20, 0},
    {"20,000 scales", scales_20000, 128 << 20},
    {"100,000 scales", scales_100000, 0},
    {"feature maps of 1001 x 1001 of two scales", maps_of_1000, 128 << 20},
    {"feature maps of 20001 x 20001 of two scales", maps_of_20000, 128 << 20},
    {"feature maps of 301 x 301 and more of 20 scales", maps_of_20_scales, 128 << 20},
    {"feature maps of 1 x 1, 2^32 - 1 channels", channels_2_to_the_32, 1 << 20},
};

static void no_plan_takes_more_than_the_limit(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
    const s2vk_plan_info info = bounds[i].info();
    s2vk_context *context = open_limited(0);
    s2vk_plan *plan = NULL;
    counting_asked = 0;
    const clock_t begin = clock();
    const s2vk_result result = s2vk_plan_create(context, &info, &plan);
    const double ms = (double)(clock() - begin) * 1e3 / CLOCKS_PER_SEC;
    print_message("| %s | %s | %.1f MB | %.0f ms |\n", bounds[i].name, result ? "refused" : "made",
        (double)counting_asked / (1 << 20), ms);
    assert_true(counting_asked <= DEFAULT_LIMIT + sizeof *plan);
    assert_int_equal(result, bounds[i].most ? S2VK_SUCCESS : S2VK_ERROR_LIMIT);
    if (bounds[i].most)
      assert_true(counting_asked <= bounds[i].most);
    s2vk_plan_destroy(&plan);
    s2vk_context_destroy(&context);
  }
}

/* Exactly at the limit, and a byte past it. */
static void the_limit_is_exact(void **state) {
  (void)state;
  s2vk_plan_info (*const infos[])(void) = {photograph, mostly_padding, calls_10000};
  for (size_t i = 0; i < sizeof infos / sizeof *infos; i++) {
    const s2vk_plan_info info = infos[i]();
    char limit[64], wanted[64];
    /* With less, smaller tables may do: down to where a byte less is too few. */
    uint64_t least = DEFAULT_LIMIT;
    while (make_limited(&info, least) == S2VK_SUCCESS) {
      assert_true(counting_asked <= least);
      least = counting_asked < least ? counting_asked : least - 1;
    }
    const uint64_t low = least, high = least + 1;
    assert_int_equal(make_limited(&info, high), S2VK_SUCCESS);
    assert_true(counting_asked == high);
    snprintf(limit, sizeof limit, "s2vk_context_info.max_plan_bytes is %llu", (unsigned long long)low);
    snprintf(wanted, sizeof wanted, "would take %llu bytes", (unsigned long long)high);
    assert_int_equal(make_limited(&info, low), S2VK_ERROR_LIMIT);
    if (!strstr(gpu_last_log(), limit) || !strstr(gpu_last_log(), wanted))
      fail_msg("\"%s\" and \"%s\" are not in \"%s\"", limit, wanted, gpu_last_log());
  }
}

static void the_limit_can_be_raised(void **state) {
  (void)state;
  const s2vk_plan_info info = one_scale(20000, 300, 2400, S2VK_FILTER_LANCZOS3, S2VK_SPLIT_RESIZE);
  assert_int_equal(make_limited(&info, 0), S2VK_ERROR_LIMIT);
  assert_non_null(strstr(gpu_last_log(), "max_plan_bytes is 134217728"));
  assert_int_equal(make_limited(&info, UINT64_C(4) << 30), S2VK_SUCCESS);
  assert_true(counting_asked > DEFAULT_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_plan_takes_more_than_the_limit),
      cmocka_unit_test(the_limit_is_exact),
      cmocka_unit_test(the_limit_can_be_raised),
  };
  return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
