/* bench's peer on the CPU against the reference: plans of each kind that it takes, and small ones drawn at random. */
#include "suite.h"

#include "bench/peer.h"
#include "reference.h"

#define TOLERANCE 1e-5

static uint64_t random_state;

static uint32_t draw(uint32_t low, uint32_t high) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return low + (uint32_t)(random_state >> 33) % (high - low + 1);
}

static float *random_floats(size_t count) {
  float *floats = malloc(count * sizeof *floats);
  assert_non_null(floats);
  for (size_t i = 0; i < count; i++)
    floats[i] = (float)draw(0, 2000) / 1000 - 1;
  return floats;
}

static double *doubles_of(const float *floats, size_t count) {
  double *doubles = malloc(count * sizeof *doubles);
  assert_non_null(doubles);
  for (size_t i = 0; i < count; i++)
    doubles[i] = floats[i];
  return doubles;
}

static void check_near(const char *what, const float *got, const double *expected, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!(fabs(got[i] - expected[i]) <= TOLERANCE))
      fail_msg("%s %zu is %.7g, not %.7g", what, i, (double)got[i], expected[i]);
}

/* Every call of a plan reads the same features, from the first on. */
static void check_peer(const struct subject *s) {
  const s2vk_plan_info *info = &s->shape->info;
  struct peer *peer = peer_create(s);
  assert_non_null(peer);
  peer_wake();
  peer_run(peer);
  peer_run(peer); /* what the first run left must not matter */
  peer_rest();
  double *input = doubles_of(s->host_input, (size_t)info->batch * info->channels * info->height * info->width);
  double *features[8] = {NULL};
  for (uint32_t i = 0; i < info->scale_count; i++) {
    double *tiles = reference_split(info, i, input);
    check_near("tile element", peer_tiles(peer, i), tiles, reference_tile_elements(info, i));
    free(tiles);
    features[i] = doubles_of(s->host_features, reference_feature_elements(info, i));
  }
  double *output = reference_merge(info, features);
  check_near("output element", peer_output(peer), output, reference_output_elements(info));
  for (uint32_t i = 0; i < info->scale_count; i++)
    free(features[i]);
  free(output);
  free(input);
  peer_destroy(peer);
}

static void check_plan(const s2vk_plan_info *info) {
  const struct shape shape = {.name = "test", .info = *info};
  struct subject s = {.shape = &shape, .context = open_shapes_only(), .layout = {.struct_size = sizeof s.layout}};
  assert_null(peer_why_not(info));
  assert_ok(s2vk_plan_create(s.context, info, &s.plan));
  assert_ok(s2vk_plan_get_layout(s.plan, &s.layout));
  s.host_input = random_floats(s.layout.input_bytes / sizeof(float));
  s.host_features = random_floats(s.layout.features_bytes / sizeof(float));
  check_peer(&s);
  free(s.host_input);
  free(s.host_features);
  s2vk_plan_destroy(&s.plan);
  s2vk_context_destroy(&s.context);
}

static void whole_scales(void **state) {
  (void)state;
  const double scales[] = {1, 2, 3};
  s2vk_plan_info info = suite_plan_info();
  info.scales = scales;
  info.scale_count = 3;
  check_plan(&info);
  info.resize_output_to_idx = -1;
  check_plan(&info);
}

static void random_plans(void **state) {
  (void)state;
  random_state = 1;
  for (int i = 0; i < 200; i++) {
    s2vk_size sizes[3];
    for (int k = 0; k < 3; k++)
      sizes[k] = (s2vk_size){draw(1, 40), draw(1, 40)};
    const uint32_t grid = draw(1, 5);
    s2vk_plan_info info = {.struct_size = sizeof info,
        .batch = draw(1, 3),
        .channels = draw(1, 4),
        .height = draw(1, 40),
        .width = draw(1, 40),
        .img_sizes = sizes,
        .scale_count = draw(1, 3),
        .max_split_size = draw(3, 20)};
    info.split_mode = draw(0, 1) ? S2VK_SPLIT_PAD : S2VK_SPLIT_RESIZE;
    info.resize_output_to_idx = (int32_t)draw(0, info.scale_count - 1);
    info.output_shape = draw(0, 1) ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC;
    info.model =
        (s2vk_model_shape){.channels = draw(1, 20), .tokens = grid * grid, .height = draw(1, 7), .width = draw(1, 7)};
    check_plan(&info);
  }
}

static void what_it_does_not_take(void **state) {
  (void)state;
  s2vk_plan_info info = suite_plan_info();
  assert_null(peer_why_not(&info));
  info.num_prefix_token = 1;
  assert_non_null(peer_why_not(&info));
  info = suite_plan_info();
  info.output_type = S2VK_TYPE_F16;
  assert_non_null(peer_why_not(&info));
  info = suite_plan_info();
  info.tiles_per_call = 1;
  assert_non_null(peer_why_not(&info));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_scales),
      cmocka_unit_test(random_plans),
      cmocka_unit_test(what_it_does_not_take),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
