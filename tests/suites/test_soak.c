/* The same again, very often: memory stays where it is, and so do the bits. */
#include "suite.h"

#include <malloc.h>

#include "compare.h"
#include "tally.h"

#define FORWARDS 10000
#define CYCLES 2000
#define SETTLED 100 /* from here on nothing may grow */

/* What the process may have more at the end, since the driver and the validation layer come and go with a few blocks.
 * The smallest leak with each turn, of 32 bytes, comes to more in the shorter of the tests. */
#define HEAP_SLACK 49152
#define RESIDENT_SLACK (1 << 20)

static s2vk_context *context;

static int open_tallied(void **state) {
  if (suite_open_gpu(state))
    return -1;
  s2vk_context_info info = suite_gpu.info;
  info.get_instance_proc_addr = tally_get_instance_proc_addr;
  info.debug_utils = false; /* the validation layer keeps the names of objects that are gone */
  assert_ok(s2vk_context_create(&info, &context));
  return 0;
}

static int close_tallied(void **state) {
  s2vk_context_destroy(&context);
  const struct tally left = tally_now();
  if (left.bytes || left.objects)
    print_error("left behind: %zu objects, %llu bytes\n", left.objects, (unsigned long long)left.bytes);
  return suite_close_gpu(state) || left.bytes || left.objects ? -1 : 0;
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

struct memory {
  size_t heap, resident; /* bytes of the process: allocated, and in memory */
  struct tally device;
};

static struct memory memory_now(void) {
  struct memory m = {.heap = mallinfo2().uordblks + mallinfo2().hblkhd, .device = tally_now()};
  FILE *file = fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  assert_non_null(file);
  assert_int_equal(fscanf(file, "%*u %lu", &pages), 1);
  fclose(file);
  m.resident = pages * 4096;
  return m;
}

/* Called at each turn. Pages are counted from the middle on: Mesa 25 takes some more of them in the first 3000
 * forwards. */
static void settle(struct memory *settled, int turn, int turns) {
  if (turn == SETTLED)
    *settled = memory_now();
  else if (turn == turns / 2)
    settled->resident = memory_now().resident;
}

static void check_flat(const char *what, int turns, struct memory before) {
  const struct memory after = memory_now();
  const long long heap = (long long)after.heap - (long long)before.heap;
  print_message("%d %s after the first %d: heap %+lld bytes, objects made %zu; resident %+lld in the latter half\n",
      turns - SETTLED, what, SETTLED, heap, after.device.made - before.device.made,
      (long long)after.resident - (long long)before.resident);
  assert_true(after.device.bytes == before.device.bytes);
  assert_true(after.device.objects == before.device.objects);
  assert_true(heap <= HEAP_SLACK);
  assert_true(after.resident <= before.resident + RESIDENT_SLACK);
}

static void forwards_keep_memory_flat(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  info.split_forward = true;
  struct noise noise = {1};
  struct compare compare;
  struct replay replay;
  s2vk_plan *plan;
  s2vk_binding *binding;
  struct memory settled = {0};
  compare_create(&compare, &info, &noise, 0);
  assert_ok(s2vk_plan_create(context, &info, &plan));
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  replay_create(&replay, &suite_gpu, plan);
  compare_fill(&compare, plan, &replay);
  void *output = malloc(compare.output_bytes);
  for (int i = 0; i < FORWARDS; i++) {
    settle(&settled, i, FORWARDS);
    const s2vk_model model = i % 10 ? replay_on_device(&replay) : replay_on_host(&replay);
    if (s2vk_forward(binding, &model, compare.input, compare.input_bytes, output, compare.output_bytes))
      fail_msg("forward %d: %s", i, gpu_last_log());
  }
  check_flat("forwards", FORWARDS, settled);
  assert_true(compare_output(&compare, plan, output) < 1e-5);
  free(output);
  replay_destroy(&replay, &suite_gpu);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  compare_destroy(&compare);
}

static void plans_keep_memory_flat(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double scales[] = {1, 1.25};
  info.scales = scales;
  info.feature_type = info.output_type = S2VK_TYPE_F16;
  struct memory settled = {0};
  for (int i = 0; i < CYCLES; i++) {
    s2vk_plan *plan;
    s2vk_binding *binding = NULL;
    settle(&settled, i, CYCLES);
    info.tiles_per_call = (uint32_t)i % 5; /* with and without sums that outlive a call */
    if (s2vk_plan_create(context, &info, &plan) || s2vk_binding_create(plan, NULL, &binding))
      fail_msg("cycle %d: %s", i, gpu_last_log());
    s2vk_binding_destroy(&binding);
    s2vk_plan_destroy(&plan);
  }
  check_flat("plans and bindings", CYCLES, settled);
}

/* ---- Bits -------------------------------------------------------------------------------------------------------- */

static void a_hundred_runs_give_the_same_bits(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  const double scales[] = {1, 1.25, 2.5};
  info.scales = scales;
  info.scale_count = 3;
  info.tiles_per_call = 3;
  info.calls_cross_scales = true;
  info.num_prefix_token = 2;
  info.model.tokens = 51;
  struct noise noise = {2};
  struct compare compare;
  struct replay replay;
  s2vk_plan *plan;
  s2vk_binding *binding;
  compare_create(&compare, &info, &noise, 0);
  assert_ok(s2vk_plan_create(context, &info, &plan));
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  replay_create(&replay, &suite_gpu, plan);
  compare_fill(&compare, plan, &replay);
  void *first = malloc(compare.output_bytes), *output = malloc(compare.output_bytes);
  void *tiles = malloc(replay.tiles.bytes);
  for (int i = 0; i < 100; i++) {
    const s2vk_model model = i % 2 ? replay_on_device(&replay) : replay_on_host(&replay);
    memset(output, i, compare.output_bytes);
    memset(replay.tiles.host, i, replay.tiles.bytes);
    assert_ok(s2vk_forward(binding, &model, compare.input, compare.input_bytes, output, compare.output_bytes));
    if (i == 0) {
      assert_true(compare_output(&compare, plan, output) < 1e-5);
      memcpy(first, output, compare.output_bytes);
      memcpy(tiles, replay.tiles.host, replay.tiles.bytes);
    }
    assert_memory_equal(output, first, compare.output_bytes);
    assert_memory_equal(replay.tiles.host, tiles, replay.tiles.bytes);
  }
  free(first);
  free(output);
  free(tiles);
  replay_destroy(&replay, &suite_gpu);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
  compare_destroy(&compare);
}

/* ---- Tiles per call ---------------------------------------------------------------------------------------------- */

static void run_setting(s2vk_context *of, const struct compare *compare, const s2vk_plan_info *info, void *output) {
  struct replay replay;
  s2vk_plan *plan;
  s2vk_binding *binding;
  assert_ok(s2vk_plan_create(of, info, &plan));
  assert_ok(s2vk_binding_create(plan, NULL, &binding));
  replay_create(&replay, &suite_gpu, plan);
  compare_fill(compare, plan, &replay);
  const s2vk_model model = replay_on_device(&replay);
  assert_ok(s2vk_forward(binding, &model, compare->input, compare->input_bytes, output, compare->output_bytes));
  assert_true(compare_output(compare, plan, output) < 1e-5);
  replay_destroy(&replay, &suite_gpu);
  s2vk_binding_destroy(&binding);
  s2vk_plan_destroy(&plan);
}

/* Every number of tiles per call, with and without calls that cross scales. Returns how many settings gave other bits
 * than the first. */
static unsigned other_bits(s2vk_context *of, s2vk_plan_info info, uint32_t most) {
  struct noise noise = {3};
  struct compare compare;
  compare_create(&compare, &info, &noise, 0);
  void *first = malloc(compare.output_bytes), *output = malloc(compare.output_bytes);
  unsigned others = 0;
  for (uint32_t setting = 0; setting <= 2 * most + 1; setting++) {
    info.tiles_per_call = setting / 2;
    info.calls_cross_scales = setting % 2;
    run_setting(of, &compare, &info, output);
    if (setting == 0)
      memcpy(first, output, compare.output_bytes);
    others += memcmp(first, output, compare.output_bytes) != 0;
  }
  free(first);
  free(output);
  compare_destroy(&compare);
  return others;
}

static const double integer[] = {1, 2}, fractional[] = {1, 1.25, 2.5}, shrunk[] = {0.5, 2};
static const struct bits {
  const char *name;
  const double *scales;
  uint32_t scale_count, most, prefix, side, channels;
  s2vk_split_mode mode;
  s2vk_output_shape shape;
  bool may_differ; /* the last bits, as the header says: over tiles, with a prefix, in maps */
} bits[] = {
    {"tokens", integer, 2, 10, 0, 4, 8, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BNC, false},
    {"tokens and a prefix", integer, 2, 10, 1, 4, 8, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BNC, true},
    {"tokens of 3 channels", fractional, 3, 28, 0, 7, 3, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BNC, true},
    {"tokens of a shrunk image", shrunk, 2, 10, 0, 4, 8, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BNC, true},
    {"tokens over tiles", fractional, 3, 28, 0, 7, 8, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BNC, true},
    {"tokens over tiles and prefixes", fractional, 3, 28, 2, 3, 8, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BNC, true},
    {"tokens over padded tiles", fractional, 3, 28, 0, 7, 8, S2VK_SPLIT_PAD, S2VK_OUTPUT_BNC, true},
    {"wide tokens", integer, 2, 10, 0, 4, 132, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BNC, false},
    {"wide tokens over tiles", fractional, 3, 28, 0, 7, 132, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BNC, true},
    {"maps", integer, 2, 10, 0, 2, 3, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BCHW, true},
    {"maps over tiles", fractional, 3, 28, 0, 3, 3, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BCHW, true},
    {"maps in blocks", integer, 2, 10, 0, 8, 3, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BCHW, true},
    {"maps in blocks over tiles", fractional, 3, 28, 0, 7, 3, S2VK_SPLIT_RESIZE, S2VK_OUTPUT_BCHW, true},
};

static void check_settings(s2vk_context *of, s2vk_variant variant, const struct bits *row) {
  s2vk_plan_info info = suite_plan_info();
  info.scales = row->scales;
  info.scale_count = row->scale_count;
  info.max_split_size = 8;
  info.num_prefix_token = row->prefix;
  info.split_mode = row->mode;
  info.output_shape = row->shape;
  info.model = (s2vk_model_shape){row->channels, row->side * row->side + row->prefix, row->side, row->side};
  const unsigned others = other_bits(of, info, row->most);
  print_message("shaped for a %s, %s: %u of %u settings have bits of their own\n",
      variant == S2VK_VARIANT_CPU ? "CPU" : "GPU", row->name, others, 2 * row->most + 2);
  assert_true(others == 0 || row->may_differ);
}

/* Where the compiler is slow, only what may not differ. */
static void tiles_per_call_changes_no_bits(void **state) {
  (void)state;
  const s2vk_variant last = gpu_compiles_slowly(&suite_gpu) ? S2VK_VARIANT_GPU : S2VK_VARIANT_CPU;
  for (s2vk_variant variant = S2VK_VARIANT_GPU; variant <= last; variant++) {
    s2vk_context_info context_info = suite_gpu.info;
    context_info.variant = variant;
    s2vk_context *of;
    assert_ok(s2vk_context_create(&context_info, &of));
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
      if (!bits[i].may_differ || last == S2VK_VARIANT_CPU)
        check_settings(of, variant, &bits[i]);
    s2vk_context_destroy(&of);
  }
}

/* test_soak [NAME]: all tests, or those whose names match. */
int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(forwards_keep_memory_flat),
      cmocka_unit_test(plans_keep_memory_flat),
      cmocka_unit_test(a_hundred_runs_give_the_same_bits),
      cmocka_unit_test(tiles_per_call_changes_no_bits),
  };
  if (argc > 1)
    cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests_name("soak", tests, open_tallied, close_tallied);
}
