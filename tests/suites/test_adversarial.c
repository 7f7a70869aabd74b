/* Adversarial plans: some hundreds in each run, against what docs/semantics.md and the header say of them; and those
 * that are legal on the mock, as devices of every kind and with every limit, which keep to what these offer. The seed
 * is printed: S2VK_TEST_SEED=N repeats a run, and S2VK_TEST_PLANS=N makes it longer or shorter. */
#include "mock_run.h"

#include "counting.h"
#include "expect.h"

#include <time.h>

static void print_seed(const char *what, unsigned long seed) {
  print_message("%s: S2VK_TEST_SEED=%lu S2VK_TEST_PLANS=1 repeats the plan that fails\n", what, seed);
}

/* ---- Against the semantics --------------------------------------------------------------------------------------- */

static bool same_shape(const s2vk_shape *a, const s2vk_shape *b) {
  return memcmp(a, b, sizeof *a) == 0;
}

static bool same_size(s2vk_size a, s2vk_size b) {
  return a.height == b.height && a.width == b.width;
}

/* A field that is not what it should be, or NULL. */
#define DIFFERS(field)                                                                                                 \
  if (got.field != want->field)                                                                                        \
    return #field;
#define DIFFERS_SIZE(field)                                                                                            \
  if (!same_size(got.field, want->field))                                                                              \
    return #field;
#define DIFFERS_SHAPE(field)                                                                                           \
  if (!same_shape(&got.field, &want->field))                                                                           \
    return #field;

static const char *wrong_layout(const s2vk_plan *plan, const s2vk_plan_layout *want) {
  s2vk_plan_layout got = {.struct_size = sizeof got};
  assert_ok(s2vk_plan_get_layout(plan, &got));
  DIFFERS(scale_count)
  DIFFERS(call_count)
  DIFFERS(tile_count)
  DIFFERS_SHAPE(input)
  DIFFERS_SHAPE(output)
  DIFFERS_SIZE(output_grid)
  DIFFERS(input_bytes)
  DIFFERS(tiles_bytes)
  DIFFERS(features_bytes)
  DIFFERS(output_bytes)
  return NULL;
}

static const char *wrong_scale(const s2vk_plan *plan, uint32_t scale, const s2vk_scale_layout *want) {
  s2vk_scale_layout got = {.struct_size = sizeof got};
  assert_ok(s2vk_plan_get_scale(plan, scale, &got));
  DIFFERS_SIZE(image)
  DIFFERS_SIZE(padded)
  DIFFERS_SIZE(tiles)
  DIFFERS(tile_side)
  DIFFERS_SIZE(features)
  DIFFERS_SIZE(grid)
  DIFFERS_SIZE(own)
  DIFFERS(first_tile)
  DIFFERS(tile_count)
  return NULL;
}

static const char *wrong_call(const s2vk_plan *plan, uint32_t call, const s2vk_call_layout *want) {
  s2vk_call_layout got = {.struct_size = sizeof got};
  assert_ok(s2vk_plan_get_call(plan, call, &got));
  DIFFERS(scale)
  DIFFERS(tile_count)
  DIFFERS(first_tile)
  DIFFERS_SHAPE(tiles)
  DIFFERS_SHAPE(features)
  DIFFERS(tiles_bytes)
  DIFFERS(features_bytes)
  return NULL;
}

static void check_plan(const s2vk_plan *plan, const s2vk_plan_info *info, const struct expected *expected) {
  const char *wrong = wrong_layout(plan, &expected->layout);
  if (wrong)
    fail_msg("s2vk_plan_layout.%s differs", wrong);
  for (uint32_t i = 0; i < info->scale_count; i++)
    if ((wrong = wrong_scale(plan, i, &expected->scales[i])))
      fail_msg("s2vk_scale_layout.%s of scale %u differs", wrong, i);
  s2vk_call_layout call = {0};
  for (uint32_t k = 0; k < expected->layout.call_count; k++) {
    expect_next_call(info, expected, k, &call);
    if ((wrong = wrong_call(plan, k, &call)))
      fail_msg("s2vk_call_layout.%s of call %u differs", wrong, k);
  }
}

#define DEFAULT_MAX_PLAN_BYTES (UINT64_C(128) << 20)
#define DESCRIPTION_BYTES 65536 /* and the plan's own struct */

/* A plan of many calls is long in the making, and no different. */
#define MANY_CALLS 5000

static void layouts_are_those_of_the_semantics(void **state) {
  (void)state;
  const s2vk_context_info context_info = {
      .struct_size = sizeof context_info, .log = gpu_log, .allocator = &counting_callbacks};
  s2vk_context *context = NULL;
  assert_ok(s2vk_context_create(&context_info, &context));
  const unsigned long seed = suite_number("S2VK_TEST_SEED", (unsigned long)time(NULL));
  const unsigned long plans = suite_number("S2VK_TEST_PLANS", 800);
  unsigned legal = 0, refused = 0, left = 0, over = 0;
  for (unsigned long i = 0; i < plans; i++) {
    struct noise noise = {seed + i};
    struct adversary adversary;
    struct expected expected;
    s2vk_plan *plan = NULL;
    adversary_create(&adversary, &noise, (seed + i) % 2);
    expect(&adversary.info, &expected);
    if (!expected.error_count && expected.layout.call_count > MANY_CALLS) {
      left++;
      continue;
    }
    gpu_clear_log();
    counting_asked = 0;
    const s2vk_result result = s2vk_plan_create(context, &adversary.info, &plan);
    if (counting_asked > DEFAULT_MAX_PLAN_BYTES + DESCRIPTION_BYTES) {
      print_seed("A plan that takes too much", seed + i);
      fail_msg("%llu bytes were asked for", (unsigned long long)counting_asked);
    }
    if (!expected.error_count && result == S2VK_ERROR_LIMIT && strstr(gpu_last_log(), "max_plan_bytes")) {
      over++;
      continue;
    }
    const bool right = expected.error_count ? expect_error(&expected, result) : result == S2VK_SUCCESS;
    if (!right)
      print_seed("A plan that is not what is expected", seed + i);
    if (!right && expected.error_count)
      fail_msg("%s (%s), not one of %u errors of which the first is %s", s2vk_result_name(result), gpu_last_log(),
          expected.error_count, s2vk_result_name(expected.errors[0]));
    if (!right)
      fail_msg("%s (%s); it is legal", s2vk_result_name(result), gpu_last_log());
    assert_true(result == S2VK_SUCCESS || gpu_last_log()[0]);
    if (plan) {
      print_message("\r%lu", seed + i);
      check_plan(plan, &adversary.info, &expected);
    }
    legal += plan != NULL;
    refused += plan == NULL;
    s2vk_plan_destroy(&plan);
  }
  print_message(
      "\rS2VK_TEST_SEED=%lu: %u legal plans and %u that are refused, as they should be; %u over "
      "max_plan_bytes; %u left out\n",
      seed, legal, refused, over, left);
  if (plans >= 400)
    assert_true(legal >= plans / 4 && refused >= plans / 4 && left <= plans / 50 && over <= plans / 8);
  s2vk_context_destroy(&context);
}

/* ---- On devices of every kind ------------------------------------------------------------------------------------ */

static uint32_t pick(struct noise *noise, uint32_t a, uint32_t b, uint32_t c) {
  const uint32_t values[] = {a, b, c};
  return values[noise_below(noise, 3)];
}

static void any_device(struct noise *noise) {
  static const VkPhysicalDeviceType types[] = {VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU,
      VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, VK_PHYSICAL_DEVICE_TYPE_CPU, VK_PHYSICAL_DEVICE_TYPE_CPU};
  static const VkDriverId drivers[] = {
      VK_DRIVER_ID_MESA_RADV, VK_DRIVER_ID_MESA_LLVMPIPE, VK_DRIVER_ID_GOOGLE_SWIFTSHADER};
  mock_reset();
  struct mock_device *device = &mock_vk.devices[0];
  *device = mock_device_of(types[noise_below(noise, 4)]);
  device->driver = drivers[noise_below(noise, 3)];
  device->features.shaderInt64 = noise_below(noise, 2);
  VkPhysicalDeviceLimits *limits = &device->properties.limits;
  limits->maxStorageBufferRange = pick(noise, 1 << 16, 1 << 27, UINT32_MAX);
  limits->maxTexelBufferElements = pick(noise, 1 << 16, 1 << 20, 1 << 27);
  limits->minStorageBufferOffsetAlignment = pick(noise, 1, 16, 256);
  limits->minTexelBufferOffsetAlignment = pick(noise, 1, 64, 256);
  for (int axis = 0; axis < 3; axis++)
    limits->maxComputeWorkGroupCount[axis] = pick(noise, 64, 65535, INT32_MAX); /* a row of a tile takes up to 64 */
  device->buffer_alignment = pick(noise, 16, 64, 4096);
  device->max_allocation = (VkDeviceSize)1 << (30 + noise_below(noise, 3));
}

/* What a legal plan may be refused for: the tables of a scale, which cannot be cut; a buffer; loops of a driver that
 * ends long ones. */
static bool is_a_limit(s2vk_result result) {
  static const char *const limits[] = {
      "maxStorageBufferRange", "maxMemoryAllocationSize", "ends long loops", "max_plan_bytes"};
  bool named = false;
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
    named = named || strstr(gpu_last_log(), limits[i]);
  return result == S2VK_ERROR_LIMIT && named;
}

/* Whether a legal plan could be made there. Then it is bound and run. */
static bool run_on_mock(struct mock_run *run, const s2vk_plan_info *info) {
  const s2vk_model model = {.struct_size = sizeof model, .record = mock_run_record};
  mock_run_open_device(run, 0);
  assert_ok(s2vk_context_create(&run->info, &run->context));
  gpu_clear_log();
  s2vk_result result = s2vk_plan_create(run->context, info, &run->plan);
  if (!result)
    result = s2vk_binding_create(run->plan, NULL, &run->binding);
  if (result && !is_a_limit(result))
    fail_msg("%s: %s", s2vk_result_name(result), gpu_last_log());
  if (result)
    return false;
  assert_ok(mock_run_forward(run, &model));
  return true;
}

#define MANY_BYTES (1u << 26)

static void plans_keep_to_what_a_device_offers(void **state) {
  (void)state;
  const unsigned long seed = suite_number("S2VK_TEST_SEED", (unsigned long)time(NULL));
  const unsigned long plans = suite_number("S2VK_TEST_PLANS", 800);
  unsigned made = 0, refused = 0;
  for (unsigned long i = 0; i < plans; i++) {
    struct noise noise = {seed + i};
    struct adversary adversary;
    struct expected expected;
    adversary_create(&adversary, &noise, false);
    expect(&adversary.info, &expected);
    const s2vk_plan_layout *layout = &expected.layout;
    if (expected.error_count || layout->call_count > MANY_CALLS / 10 || layout->input_bytes > MANY_BYTES ||
        layout->tiles_bytes > MANY_BYTES || layout->features_bytes > MANY_BYTES || layout->output_bytes > MANY_BYTES)
      continue;
    any_device(&noise);
    struct mock_run run;
    print_message("\r%lu", seed + i);
    const bool done = run_on_mock(&run, &adversary.info);
    mock_run_close(&run);
    made += done;
    refused += !done;
  }
  print_message("\rS2VK_TEST_SEED=%lu: %u plans ran, %u were over a limit of their device\n", seed, made, refused);
  if (plans >= 400)
    assert_true(made >= plans / 4 && refused <= made / 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layouts_are_those_of_the_semantics),
      cmocka_unit_test(plans_keep_to_what_a_device_offers),
  };
  return cmocka_run_group_tests_name("adversarial", tests, NULL, NULL);
}
