/* Dynamic-S2, against what the published code chose and against its algorithm, written out. */
#include "suite.h"

#include <cJSON.h>
#include <time.h>

#define MAX_SIZES 8

static uint32_t number(const cJSON *object, const char *name) {
  const cJSON *item = cJSON_GetObjectItem(object, name);
  assert_true(cJSON_IsNumber(item));
  return (uint32_t)item->valuedouble;
}

static uint32_t numbers(const cJSON *array, uint32_t *values) {
  const uint32_t count = (uint32_t)cJSON_GetArraySize(array);
  assert_in_range(count, 1, MAX_SIZES);
  for (uint32_t i = 0; i < count; i++)
    values[i] = (uint32_t)cJSON_GetArrayItem(array, (int)i)->valuedouble;
  return count;
}

static cJSON *read_golden(const char *path) {
  static char text[1 << 16];
  FILE *file = fopen(path, "rb");
  if (!file)
    fail_msg("cannot open %s", path);
  const size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = '\0';
  cJSON *cases = cJSON_Parse(text);
  assert_true(cJSON_IsArray(cases));
  return cases;
}

static void equals_the_published_code(void **state) {
  (void)state;
  cJSON *cases = read_golden(S2VK_GOLDEN_DIR "/dynamic_s2.json");
  s2vk_context *context = open_shapes_only();
  assert_int_equal(cJSON_GetArraySize(cases), 120);
  for (const cJSON *c = cases->child; c; c = c->next) {
    uint32_t sizes[MAX_SIZES], tile_count = 0;
    const s2vk_dynamic_s2_info info = {
        .struct_size = sizeof info,
        .height = number(c, "height"),
        .width = number(c, "width"),
        .sizes = sizes,
        .size_count = numbers(cJSON_GetObjectItem(c, "sizes"), sizes),
        .max_tiles = number(c, "max_tiles"),
    };
    s2vk_size chosen[MAX_SIZES];
    assert_ok(s2vk_dynamic_s2_sizes(context, &info, chosen));
    const cJSON *expected = cJSON_GetObjectItem(c, "img_sizes");
    assert_int_equal(cJSON_GetArraySize(expected), info.size_count);
    for (uint32_t i = 0; i < info.size_count; i++) {
      uint32_t size[MAX_SIZES];
      assert_int_equal(numbers(cJSON_GetArrayItem(expected, (int)i), size), 2);
      if (chosen[i].height != size[0] || chosen[i].width != size[1])
        fail_msg("%u x %u, scale %u: %u x %u, not %u x %u", info.height, info.width, i, chosen[i].height,
            chosen[i].width, size[0], size[1]);
      tile_count += chosen[i].height / sizes[0] * (chosen[i].width / sizes[0]);
    }
    assert_int_equal(tile_count, number(c, "tile_count"));
  }
  s2vk_context_destroy(&context);
  cJSON_Delete(cases);
}

/* The published algorithm, word for word. Of grids with equal numbers of tiles, those with more columns come first. */
static s2vk_size reference(const s2vk_dynamic_s2_info *info) {
  const uint32_t side = info->sizes[0], across = info->sizes[info->size_count - 1] / side;
  const double shape = (double)info->width / info->height;
  double least = INFINITY;
  s2vk_size best = {1, 1};
  for (uint32_t n = across * across; n <= info->max_tiles; n++)
    for (uint32_t columns = n; columns > 0; columns--) {
      if (n % columns)
        continue;
      const uint32_t rows = n / columns;
      const double distance = fabs(shape - (double)columns / rows);
      if (distance < least ||
          (distance == least &&
              (double)info->width * info->height > 0.5 * (double)side * (double)side * (double)columns * (double)rows))
        best = (s2vk_size){rows * side, columns * side};
      least = fmin(least, distance);
    }
  return best;
}

static void equals_the_reference(void **state) {
  (void)state;
  const char *given = getenv("S2VK_TEST_SEED");
  struct noise noise = {given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL)};
  print_message("S2VK_TEST_SEED=%llu\n", (unsigned long long)noise.state);
  s2vk_context *context = open_shapes_only();
  uint32_t ties = 0;
  for (int i = 0; i < 3000; i++) {
    const uint32_t side = 1 + noise_below(&noise, 64), across = 1 + noise_below(&noise, 4);
    const uint32_t sizes[] = {side, side * across, side * across};
    const s2vk_dynamic_s2_info info = {
        .struct_size = sizeof info,
        .height = (1 + noise_below(&noise, 40)) * (1 + noise_below(&noise, 30)),
        .width = (1 + noise_below(&noise, 40)) * (1 + noise_below(&noise, 30)),
        .sizes = sizes,
        .size_count = across == 1 ? 1 : 2 + noise_below(&noise, 2),
        .max_tiles = across * across + noise_below(&noise, 24),
    };
    s2vk_size chosen[3];
    assert_ok(s2vk_dynamic_s2_sizes(context, &info, chosen));
    const s2vk_size expected = reference(&info), last = chosen[info.size_count - 1];
    if (last.height != expected.height || last.width != expected.width)
      fail_msg("%u x %u, tiles of %u, %u to %u: %u x %u, not %u x %u", info.height, info.width, side, across * across,
          info.max_tiles, last.height, last.width, expected.height, expected.width);
    ties += info.height == info.width;
  }
  assert_true(ties > 0);
  s2vk_context_destroy(&context);
}

/* An image halfway between the shapes of two grids, below and above half their pixels. */
static void ties_go_by_the_pixels(void **state) {
  (void)state;
  s2vk_context *context = open_shapes_only();
  const uint32_t sizes[] = {4, 8};
  s2vk_size chosen[2];
  s2vk_dynamic_s2_info info = {sizeof info, 8, 5, sizes, 2, 4}; /* 5/8 is between 1/4 and 2/2 */
  info.height = 8;                                              /* 40 pixels, of 64 */
  info.width = 5;
  assert_ok(s2vk_dynamic_s2_sizes(context, &info, chosen));
  assert_int_equal(chosen[1].height, 16);
  assert_int_equal(chosen[1].width, 4);
  const uint32_t large[] = {8, 16};
  info.sizes = large; /* 40 pixels, of 256 */
  assert_ok(s2vk_dynamic_s2_sizes(context, &info, chosen));
  assert_int_equal(chosen[1].height, 16);
  assert_int_equal(chosen[1].width, 16);
  s2vk_context_destroy(&context);
}

/* Sizes go into a plan as they are. */
static void a_plan_takes_them(void **state) {
  (void)state;
  s2vk_context *context = open_shapes_only();
  const uint32_t sizes[] = {448, 896, 1344};
  s2vk_size chosen[3];
  const s2vk_dynamic_s2_info dynamic = {sizeof dynamic, 1080, 1920, sizes, 3, 12};
  assert_ok(s2vk_dynamic_s2_sizes(context, &dynamic, chosen));
  const s2vk_plan_info info = {
      .struct_size = sizeof info,
      .batch = 1,
      .channels = 3,
      .height = dynamic.height,
      .width = dynamic.width,
      .img_sizes = chosen,
      .scale_count = 3,
      .max_split_size = sizes[0],
      .resize_output_to_idx = -1,
      .model = {.channels = 1152, .tokens = 1024},
  };
  s2vk_plan *plan;
  s2vk_scale_layout last = {.struct_size = sizeof last};
  assert_ok(s2vk_plan_create(context, &info, &plan));
  assert_ok(s2vk_plan_get_scale(plan, 2, &last));
  assert_in_range(last.tile_count, 9, 12);
  assert_int_equal(last.padded.height, last.image.height);
  assert_int_equal(last.padded.width, last.image.width);
  s2vk_plan_destroy(&plan);
  s2vk_context_destroy(&context);
}

/* NVILA's numbers: the projector makes 16 x 16 tokens from a tile's 32 x 32, and 14 x 14 from SigLIP's 27 x 27. */
static void the_recipe_counts_tokens(void **state) {
  (void)state;
  s2vk_context *context = open_shapes_only();
  const uint32_t sizes[] = {448, 896, 1344};
  s2vk_size chosen[3], expected[3];
  const s2vk_dynamic_s2_info info = {sizeof info, 1080, 1920, sizes, 3, 12};
  s2vk_dynamic_s2_model model = {.struct_size = sizeof model, .grid = 32, .downsample = 2};
  s2vk_dynamic_s2_recipe recipe = {.struct_size = sizeof recipe};
  assert_ok(s2vk_dynamic_s2_sizes(context, &info, expected));
  assert_ok(s2vk_dynamic_s2_plan(context, &info, &model, chosen, &recipe));
  assert_memory_equal(chosen, expected, sizeof chosen);
  const uint64_t tiles = (uint64_t)recipe.blocks.height * recipe.blocks.width;
  assert_int_equal(recipe.blocks.height * 448, chosen[2].height);
  assert_int_equal(recipe.blocks.width * 448, chosen[2].width);
  assert_int_equal(recipe.block.height, 32);
  assert_int_equal(recipe.tokens, tiles * 256);
  assert_int_equal(recipe.tiles, 1 + 4 + tiles);
  assert_true(recipe.scales == 3 && recipe.repeat == 1);
  model.grid = 27;
  assert_ok(s2vk_dynamic_s2_plan(context, &info, &model, chosen, &recipe));
  assert_int_equal(recipe.tokens, tiles * 14 * 14);
  model.downsample = 0;
  assert_ok(s2vk_dynamic_s2_plan(context, &info, &model, chosen, &recipe));
  assert_int_equal(recipe.tokens, tiles * 27 * 27);
  model.single_tile = true;
  assert_ok(s2vk_dynamic_s2_plan(context, &info, &model, chosen, &recipe));
  for (int i = 0; i < 3; i++)
    assert_true(chosen[i].height == 448 && chosen[i].width == 448);
  assert_int_equal(recipe.tokens, 27 * 27);
  assert_int_equal(recipe.tiles, 1);
  assert_true(recipe.scales == 1 && recipe.repeat == 3);
  model.grid = 0;
  assert_fails(s2vk_dynamic_s2_plan(context, &info, &model, chosen, &recipe), S2VK_ERROR_ZERO_SIZE, "grid is 0");
  model.grid = S2VK_MAX_SIDE + 1;
  assert_fails(s2vk_dynamic_s2_plan(context, &info, &model, chosen, &recipe), S2VK_ERROR_OVERFLOW, "1048577");
  assert_fails(s2vk_dynamic_s2_plan(context, &info, NULL, chosen, &recipe), S2VK_ERROR_NULL, "s2vk_dynamic_s2_model");
  recipe.struct_size = 1;
  model.grid = 1;
  assert_fails(
      s2vk_dynamic_s2_plan(context, &info, &model, chosen, &recipe), S2VK_ERROR_STRUCT_SIZE, "s2vk_dynamic_s2_recipe");
  s2vk_context_destroy(&context);
}

static void bad_infos_are_refused(void **state) {
  (void)state;
  s2vk_context *context = open_shapes_only();
  const uint32_t sizes[] = {4, 8}, uneven[] = {4, 9}, none[] = {0, 8}, huge[] = {4, S2VK_MAX_SIDE + 4};
  const s2vk_dynamic_s2_info good = {sizeof good, 10, 20, sizes, 2, 6};
  s2vk_size chosen[2];
  assert_int_equal(s2vk_dynamic_s2_sizes(NULL, &good, chosen), S2VK_ERROR_NULL);
  assert_fails(s2vk_dynamic_s2_sizes(context, NULL, chosen), S2VK_ERROR_NULL, "s2vk_dynamic_s2_info is NULL");
  assert_fails(s2vk_dynamic_s2_sizes(context, &good, NULL), S2VK_ERROR_NULL, "img_sizes is NULL");
#define REFUSED(field, value, result, ...)                                                                             \
  do {                                                                                                                 \
    s2vk_dynamic_s2_info bad = good;                                                                                   \
    bad.field = value;                                                                                                 \
    assert_fails(s2vk_dynamic_s2_sizes(context, &bad, chosen), result, __VA_ARGS__);                                   \
  } while (0)
  REFUSED(struct_size, 1, S2VK_ERROR_STRUCT_SIZE, "struct_size is 1");
  REFUSED(height, 0, S2VK_ERROR_ZERO_SIZE, "height is 0");
  REFUSED(width, 0, S2VK_ERROR_ZERO_SIZE, "width is 0");
  REFUSED(width, S2VK_MAX_SIDE + 1, S2VK_ERROR_OVERFLOW, "width is 1048577");
  REFUSED(sizes, NULL, S2VK_ERROR_NO_SCALES, "sizes is NULL");
  REFUSED(size_count, 0, S2VK_ERROR_NO_SCALES, "size_count is 0");
  REFUSED(sizes, none, S2VK_ERROR_ZERO_SIZE, "sizes[0] is 0");
  REFUSED(sizes, huge, S2VK_ERROR_OVERFLOW, "sizes[1] is 1048580");
  REFUSED(sizes, uneven, S2VK_ERROR_DYNAMIC_S2, "sizes[1] is 9", "multiple of sizes[0], which is 4");
  REFUSED(max_tiles, 3, S2VK_ERROR_DYNAMIC_S2, "max_tiles is 3", "at least 4");
  REFUSED(max_tiles, S2VK_MAX_SIDE / 4 + 1, S2VK_ERROR_OVERFLOW, "max_tiles is 262145", "at most 262144");
#undef REFUSED
  s2vk_context_destroy(&context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_the_published_code),
      cmocka_unit_test(equals_the_reference),
      cmocka_unit_test(ties_go_by_the_pixels),
      cmocka_unit_test(a_plan_takes_them),
      cmocka_unit_test(the_recipe_counts_tokens),
      cmocka_unit_test(bad_infos_are_refused),
  };
  return cmocka_run_group_tests_name("dynamic", tests, NULL, NULL);
}
