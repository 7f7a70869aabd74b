/* Pipelines on a mock device, which counts them: that few are made whatever comes, that they are shared, kept and
 * destroyed as said, and that after s2vk_context_prepare() none is made. */
#include "suite.h"

#include "mock_device.h"
#include "run/plan.h"

static s2vk_context_info info;
static s2vk_context *context;

static void open_context(uint32_t max_pipelines) {
  info.max_pipelines = max_pipelines;
  assert_ok(s2vk_context_create(&info, &context));
}

/* Devices as drivers go: a GPU's, lavapipe, SwiftShader. */
enum driver { DRIVER_GPU, DRIVER_LAVAPIPE, DRIVER_SWIFTSHADER, DRIVER_COUNT };
static const char *const driver_names[DRIVER_COUNT] = {"a GPU", "lavapipe", "SwiftShader"};

static void open_mock(enum driver driver, uint32_t max_pipelines) {
  mock_reset();
  if (driver != DRIVER_GPU) {
    mock_vk.devices[0] = mock_device_of(VK_PHYSICAL_DEVICE_TYPE_CPU);
    mock_vk.devices[0].driver =
        driver == DRIVER_LAVAPIPE ? VK_DRIVER_ID_MESA_LLVMPIPE : VK_DRIVER_ID_GOOGLE_SWIFTSHADER;
  }
  const s2vk_device_info device = {
      .struct_size = sizeof device, .get_instance_proc_addr = mock_get_instance_proc_addr, .log = gpu_log};
  assert_ok(s2vk_device_open(&device, &info));
  info.log = NULL; /* which would have every plan described */
  open_context(max_pipelines);
  assert_int_equal(context->target.cpu, driver == DRIVER_LAVAPIPE);
  assert_int_equal(context->target.unrolls, driver != DRIVER_SWIFTSHADER);
}

static void close_mock(void) {
  s2vk_context_destroy(&context);
  s2vk_device_close(&info);
  assert_int_equal(mock_vk.alive[VK_OBJECT_TYPE_PIPELINE], 0);
  assert_int_equal(mock_vk.misuses, 0);
}

static s2vk_context_statistics statistics(void) {
  s2vk_context_statistics s = {.struct_size = sizeof s};
  assert_ok(s2vk_context_get_statistics(context, &s));
  assert_int_equal(s.pipelines, mock_vk.alive[VK_OBJECT_TYPE_PIPELINE]);
  assert_int_equal(s.pipelines, s.pipelines_made - s.pipelines_destroyed);
  return s;
}

/* The log is on only for why a plan cannot be made. */
static s2vk_plan *create_plan(const s2vk_plan_info *plan_info) {
  s2vk_plan *plan = NULL;
  if (s2vk_plan_create(context, plan_info, &plan) == S2VK_SUCCESS)
    return plan;
  context->env.log = gpu_log;
  assert_ok(s2vk_plan_create(context, plan_info, &plan));
  return plan;
}

/* ---- The cache --------------------------------------------------------------------------------------------------- */

/* Useless keys, one for each number. */
static struct s2_pipeline_key key_of(uint32_t number) {
  struct s2_pipeline_key key = {.shader = S2_SHADER_SPLIT_GATHER, .source = S2_SOURCE_TENSOR};
  key.constants[S2_LOCAL_SIZE_X] = 64;
  key.constants[S2_LOCAL_SIZE_Y] = 1;
  key.constants[S2_COLUMNS] = 1 + number;
  return key;
}

static struct s2_pipeline *acquire(uint32_t number) {
  const struct s2_pipeline_key key = key_of(number);
  struct s2_pipeline *pipeline = NULL;
  assert_ok(s2_pipeline_acquire(&context->env, &context->vk, &context->pipelines, &key, &pipeline));
  assert_true(s2_pipeline_handle(pipeline) != VK_NULL_HANDLE);
  return pipeline;
}

static void release(struct s2_pipeline *pipeline) {
  s2_pipeline_release(&context->env, &context->vk, &context->pipelines, pipeline);
}

static void use(uint32_t number) {
  release(acquire(number));
}

static void prepare(uint32_t number) {
  const struct s2_pipeline_key key = key_of(number);
  assert_ok(s2_pipeline_prepare(&context->env, &context->vk, &context->pipelines, &key));
}

static void equal_keys_share_a_pipeline(void **state) {
  (void)state;
  open_mock(DRIVER_GPU, 0);
  struct s2_pipeline *a = acquire(1), *b = acquire(1), *c = acquire(2);
  assert_ptr_equal(a, b);
  assert_ptr_not_equal(a, c);
  assert_int_equal(statistics().pipelines_made, 2);
  release(a);
  release(b);
  release(c);
  use(1);
  assert_int_equal(statistics().pipelines_made, 2);
  assert_int_equal(mock_vk.alive[VK_OBJECT_TYPE_SHADER_MODULE], 0);
  close_mock();
}

static void the_least_recently_used_go_first(void **state) {
  (void)state;
  open_mock(DRIVER_GPU, 4);
  for (uint32_t i = 0; i < 4; i++)
    use(i);
  use(0);
  use(4); /* in place of 1 */
  assert_int_equal(statistics().pipelines, 4);
  use(0);
  use(2);
  use(3);
  assert_int_equal(statistics().pipelines_made, 5);
  use(1);
  assert_int_equal(statistics().pipelines_made, 6);
  assert_int_equal(statistics().pipelines_destroyed, 2);
  close_mock();
}

static void those_in_use_stay(void **state) {
  (void)state;
  open_mock(DRIVER_GPU, 2);
  struct s2_pipeline *held[6];
  for (uint32_t i = 0; i < 6; i++)
    held[i] = acquire(i);
  assert_int_equal(statistics().pipelines, 6);
  assert_int_equal(statistics().pipelines_destroyed, 0);
  for (uint32_t i = 0; i < 6; i++) {
    release(held[i]);
    assert_int_equal(statistics().pipelines, 5 - i > 2 ? 5 - i : 2);
  }
  close_mock();
}

static void prepared_ones_stay_and_do_not_count(void **state) {
  (void)state;
  open_mock(DRIVER_GPU, 2);
  use(7);
  for (uint32_t i = 0; i < 10; i++)
    prepare(i); /* 7 is there, and becomes one of them */
  prepare(3);
  assert_int_equal(statistics().pipelines_made, 10);
  assert_int_equal(statistics().pipelines_prepared, 10);
  for (uint32_t i = 10; i < 20; i++)
    use(i);
  assert_int_equal(statistics().pipelines, 12);
  for (uint32_t i = 0; i < 10; i++)
    use(i);
  assert_int_equal(statistics().pipelines_made, 20);
  close_mock();
}

static void a_failure_leaves_nothing(void **state) {
  (void)state;
  const char *const names[] = {"vkCreateShaderModule", "vkCreateComputePipelines"};
  open_mock(DRIVER_GPU, 0);
  context->env.log = gpu_log;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const struct s2_pipeline_key key = key_of(1);
    struct s2_pipeline *pipeline = NULL;
    mock_fail(names[i], 1, VK_ERROR_OUT_OF_DEVICE_MEMORY);
    assert_fails(s2_pipeline_acquire(&context->env, &context->vk, &context->pipelines, &key, &pipeline),
        S2VK_ERROR_OUT_OF_DEVICE_MEMORY, names[i]);
    assert_null(pipeline);
    assert_int_equal(statistics().pipelines, 0);
    assert_int_equal(mock_vk.alive[VK_OBJECT_TYPE_SHADER_MODULE], 0);
  }
  use(1);
  close_mock();
}

static void every_module_is_found(void **state) {
  (void)state;
  for (size_t i = 0; i < s2_module_count; i++) {
    struct s2_pipeline_key key = {
        .shader = s2_modules[i].shader, .source = s2_modules[i].source, .permutation = s2_modules[i].permutation};
    for (uint32_t c = 0; c < S2_CONSTANT_COUNT; c++)
      key.constants[c] = 777;
    for (uint32_t f = 0; f < s2_modules[i].fixed_count; f++)
      key.constants[s2_modules[i].fixed[f].id] = s2_modules[i].fixed[f].value;
    assert_ptr_equal(s2_module_find(&key), &s2_modules[i]);
    assert_int_equal(s2_modules[i].words[0], 0x07230203);
    assert_int_equal(s2_modules[i].fixed_count > 0, s2_modules[i].permutation == S2_PERMUTATION_FIXED);
    assert_string_not_equal(s2_shader_name(key.shader), "");
  }
  struct s2_pipeline_key key = key_of(0);
  key.permutation = S2_PERMUTATION_FIXED;
  key.constants[S2_SOURCE_TYPE] = 777;
  assert_null(s2_module_find(&key));
  assert_false(s2_module_is_fixed(&key));
}

/* ---- Streams of images ------------------------------------------------------------------------------------------- */

enum { MAX_ALIVE = 64, MAX_ANEW = 32 };

enum input { INPUT_TENSOR, INPUT_RGBA8, INPUT_IMAGE, INPUT_IMAGE_2D, INPUT_COUNT };

static const s2vk_pixels_info pixels_of[INPUT_COUNT] = {
    [INPUT_RGBA8] = {.struct_size = sizeof(s2vk_pixels_info), .format = S2VK_PIXEL_RGBA8},
    [INPUT_IMAGE] = {.struct_size = sizeof(s2vk_pixels_info), .source = S2VK_PIXELS_IMAGE},
    [INPUT_IMAGE_2D] = {.struct_size = sizeof(s2vk_pixels_info), .source = S2VK_PIXELS_IMAGE_2D},
};

/* One of a stream: fills in sizes. */
typedef void (*stream)(struct noise *noise, s2vk_plan_info *plan);

static s2vk_size sizes[4];

/* Photographs to squares. */
static void llava(struct noise *noise, s2vk_plan_info *plan) {
  plan->height = 300 + noise_below(noise, 3701);
  plan->width = 300 + noise_below(noise, 3701);
  for (uint32_t i = 0; i < 3; i++)
    sizes[i] = (s2vk_size){336 * (i + 1), 336 * (i + 1)};
  plan->scale_count = 3;
  plan->max_split_size = 336;
  plan->model = (s2vk_model_shape){.channels = 1024, .tokens = 577};
  plan->num_prefix_token = 1;
}

/* Photographs to whole tiles of about their own shape. */
static void dynamic_s2(struct noise *noise, s2vk_plan_info *plan) {
  static const uint32_t sides[] = {448, 896, 1344};
  plan->height = 300 + noise_below(noise, 3701);
  plan->width = 300 + noise_below(noise, 3701);
  const s2vk_dynamic_s2_info dynamic = {.struct_size = sizeof dynamic,
      .height = plan->height,
      .width = plan->width,
      .sizes = sides,
      .size_count = 3,
      .max_tiles = 12};
  assert_ok(s2vk_dynamic_s2_sizes(context, &dynamic, sizes));
  plan->scale_count = 3;
  plan->max_split_size = 448;
  plan->resize_output_to_idx = -1;
  plan->model = (s2vk_model_shape){.channels = 1152, .tokens = 1024};
}

/* The same, and Pillow's bytes of pixels. Now and then one that the last size is a little smaller than. */
static const s2vk_preprocessing_info to_bytes[] = {
    {.struct_size = sizeof to_bytes[0], .rounding = S2VK_ROUNDING_BYTES},
    {.struct_size = sizeof to_bytes[0], .rounding = S2VK_ROUNDING_BYTES_PILLOW_13},
};

static void nvila(struct noise *noise, s2vk_plan_info *plan) {
  dynamic_s2(noise, plan);
  if (noise_below(noise, 8) == 0) {
    plan->height = sizes[2].height + noise_below(noise, 40);
    plan->width = sizes[2].width + noise_below(noise, 40);
  }
  plan->filter = (s2vk_filter)(S2VK_FILTER_BICUBIC_ANTIALIASED + noise_below(noise, 3));
  if (plan->pixels)
    plan->preprocessing = &to_bytes[noise_below(noise, 2)];
}

/* Images and tiles of any size. */
static void odd(struct noise *noise, s2vk_plan_info *plan) {
  plan->height = 20 + noise_below(noise, 1000);
  plan->width = 20 + noise_below(noise, 1000);
  plan->scale_count = 1 + noise_below(noise, 3);
  for (uint32_t i = 0; i < plan->scale_count; i++)
    sizes[i] = (s2vk_size){100 + noise_below(noise, 800), 100 + noise_below(noise, 800)};
  const uint32_t grid = 3 + noise_below(noise, 20);
  plan->max_split_size = 101 + noise_below(noise, 400);
  plan->split_mode = noise_below(noise, 2) ? S2VK_SPLIT_PAD : S2VK_SPLIT_RESIZE;
  plan->model = (s2vk_model_shape){.channels = 700 + noise_below(noise, 400), .tokens = grid * grid};
}

/* Few where sanitizers make them slow. */
static int plans_of(int otherwise) {
  const char *text = getenv("S2VK_TEST_PLANS");
  const int asked = text ? atoi(text) : otherwise;
  return asked > 0 && asked < otherwise ? asked : otherwise;
}

/* Plans of any filter and input, in one of two types, each destroyed before the next one is made. */
static void check_stream(stream next, enum driver driver, int plans, s2vk_type one, s2vk_type other) {
  struct noise noise = {17};
  uint64_t warm = 0;
  uint32_t alive = 0;
  open_mock(driver, 0);
  for (int i = 0; i < plans; i++) {
    const enum input input = (enum input)noise_below(&noise, INPUT_IMAGE_2D);
    const s2vk_type type = noise_below(&noise, 2) ? one : other;
    s2vk_plan_info plan_info = {
        .struct_size = sizeof plan_info,
        .batch = 1,
        .channels = 3,
        .img_sizes = sizes,
        .filter = (s2vk_filter)noise_below(&noise, 6),
        .input_type = input == INPUT_TENSOR ? type : S2VK_TYPE_F32,
        .tile_type = type,
        .feature_type = type,
        .output_type = type,
        .pixels = input == INPUT_TENSOR ? NULL : &pixels_of[input],
    };
    next(&noise, &plan_info);
    s2vk_plan *plan = create_plan(&plan_info);
    const s2vk_context_statistics now = statistics();
    alive = now.pipelines > alive ? now.pipelines : alive;
    warm = i == plans / 4 ? now.pipelines_made : warm;
    s2vk_plan_destroy(&plan);
  }
  const s2vk_context_statistics end = statistics();
  const unsigned made = (unsigned)end.pipelines_made, anew = (unsigned)(end.pipelines_made - warm);
  print_message(
      "  %s, %d plans: at most %u pipelines at a time, %u made, %u of them after %d plans; %u blocks of memory\n",
      driver_names[driver], plans, alive, made, anew, plans / 4, end.memory_blocks);
  assert_true(alive <= MAX_ALIVE);
  assert_true(anew <= MAX_ANEW);
  assert_true(end.memory_blocks <= 2);
  close_mock();
}

static void photographs_take_few_pipelines(void **state) {
  (void)state;
  for (int driver = 0; driver < DRIVER_COUNT; driver++)
    check_stream(
        llava, (enum driver)driver, plans_of(driver == DRIVER_GPU ? 4000 : 1000), S2VK_TYPE_F32, S2VK_TYPE_F16);
}

static void dynamic_s2_takes_few_pipelines(void **state) {
  (void)state;
  for (int driver = 0; driver < DRIVER_COUNT; driver++)
    check_stream(dynamic_s2, (enum driver)driver, plans_of(1000), S2VK_TYPE_F32, S2VK_TYPE_F16);
}

static void resizes_to_bytes_take_few_pipelines(void **state) {
  (void)state;
  for (int driver = 0; driver < DRIVER_COUNT; driver++)
    check_stream(nvila, (enum driver)driver, plans_of(1000), S2VK_TYPE_F32, S2VK_TYPE_F32);
}

static void odd_sizes_take_few_pipelines(void **state) {
  (void)state;
  for (int driver = 0; driver < DRIVER_COUNT; driver++) {
    check_stream(odd, (enum driver)driver, plans_of(600), S2VK_TYPE_F32, S2VK_TYPE_F32);
    check_stream(odd, (enum driver)driver, plans_of(600), S2VK_TYPE_F16, S2VK_TYPE_F16);
  }
}

/* ---- Pipelines made ahead ---------------------------------------------------------------------------------------- */

static s2vk_type random_type(struct noise *noise) {
  return (s2vk_type)noise_below(noise, 3);
}

static void print_key(const struct s2_pipeline_key *key) {
  print_message("  %s, source %u, %s, constants", s2_shader_name(key->shader), key->source,
      s2_permutation_name(key->permutation));
  for (uint32_t i = 0; i < S2_CONSTANT_COUNT; i++)
    print_message(" %u:%u", i, key->constants[i]);
  print_message("\n");
}

/* The pipelines of a plan that are not there once it is destroyed. */
static unsigned count_missing(const struct s2_pipeline_key *keys, uint32_t count) {
  unsigned missing = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint64_t made = statistics().pipelines_made;
    struct s2_pipeline *pipeline;
    assert_ok(s2_pipeline_acquire(&context->env, &context->vk, &context->pipelines, &keys[i], &pipeline));
    release(pipeline);
    if (statistics().pipelines_made == made)
      continue;
    print_key(&keys[i]);
    missing++;
  }
  return missing;
}

/* Anything that info covers. Returns how many pipelines it made. */
static unsigned random_plan(struct noise *noise, const s2vk_prepare_info *prepared, s2vk_pixels_info *pixels) {
  const bool maps = prepared->output_shape == S2VK_OUTPUT_BCHW;
  s2vk_plan_info plan_info = {
      .struct_size = sizeof plan_info,
      .batch = 1 + noise_below(noise, 2),
      .channels = prepared->channels,
      .img_sizes = sizes,
      .output_shape = prepared->output_shape,
      .tiles_per_call = noise_below(noise, 4),
      .calls_cross_scales = noise_below(noise, 2),
      .filter = (s2vk_filter)noise_below(noise, 6),
      .grid_policy = noise_below(noise, 2) ? S2VK_GRID_SPLIT : S2VK_GRID_IMAGE,
      .input_type = prepared->input_type,
      .tile_type = prepared->tile_type,
      .feature_type = prepared->feature_type,
      .output_type = prepared->output_type,
      .pixels = pixels,
  };
  if (pixels && pixels->source == S2VK_PIXELS_IMAGE_2D)
    plan_info.batch = 1;
  odd(noise, &plan_info);
  plan_info.resize_output_to_idx = (int32_t)noise_below(noise, plan_info.scale_count);
  if (noise_below(noise, 3) == 0) { /* a scale that is the input, and one of twice its size */
    sizes[0] = (s2vk_size){plan_info.height, plan_info.width};
    sizes[1] = (s2vk_size){plan_info.height * 2, plan_info.width * 2};
    plan_info.scale_count = 2;
    plan_info.resize_output_to_idx = 0;
  }
  if (noise_below(noise, 3) == 0)
    plan_info.max_split_size = 16 * (4 + noise_below(noise, 20));
  plan_info.model.channels =
      prepared->model_channels ? prepared->model_channels : 1 + noise_below(noise, noise_below(noise, 2) ? 1200 : 80);
  plan_info.num_prefix_token = maps ? 0 : noise_below(noise, 3);
  plan_info.model.tokens += plan_info.num_prefix_token;
  plan_info.model.height = 1 + noise_below(noise, 40);
  plan_info.model.width = 1 + noise_below(noise, 40);
  if (prepared->tile_side) {
    plan_info.max_split_size = prepared->tile_side;
  } else if (noise_below(noise, 4) == 0) {
    suite_random_overlap(noise, &plan_info); /* in small tiles */
    for (uint32_t i = 0; i < plan_info.scale_count; i++)
      sizes[i] = (s2vk_size){50 + sizes[i].height / 8, 50 + sizes[i].width / 8};
  }
  if (pixels) { /* a region anywhere in an image */
    pixels->x = noise_below(noise, 5);
    pixels->y = noise_below(noise, 5);
    pixels->image = (s2vk_size){
        plan_info.height + pixels->y + noise_below(noise, 5), plan_info.width + pixels->x + noise_below(noise, 5)};
    pixels->normalization = (s2vk_normalization)noise_below(noise, 4);
  }
  struct s2_pipeline_key keys[64];
  uint32_t count = 0;
  const uint64_t made = statistics().pipelines_made;
  s2vk_plan *plan = create_plan(&plan_info);
  for (int pass = 0; pass < S2_PASS_COUNT; pass++)
    for (uint32_t i = 0; i < plan->form.schedule.passes[pass].key_count && count < 64; i++)
      keys[count++] = plan->form.schedule.passes[pass].keys[i];
  s2vk_plan_destroy(&plan);
  return statistics().pipelines_made > made ? count_missing(keys, count) : 0;
}

static void check_prepared(struct noise *noise, enum driver driver, enum input input) {
  s2vk_pixels_info pixels = pixels_of[input];
  s2vk_prepare_info prepared = {
      .struct_size = sizeof prepared,
      .channels = 1 + noise_below(noise, 3),
      .input_type = input == INPUT_TENSOR ? random_type(noise) : S2VK_TYPE_F32,
      .tile_type = random_type(noise),
      .feature_type = random_type(noise),
      .output_type = random_type(noise),
      .output_shape = noise_below(noise, 2) ? S2VK_OUTPUT_BCHW : S2VK_OUTPUT_BNC,
      .tile_side = noise_below(noise, 2) ? 100 + noise_below(noise, 200) : 0,
      .model_channels = noise_below(noise, 2) ? 1 + noise_below(noise, 1100) : 0,
      .pixels = input == INPUT_TENSOR ? NULL : &pixels,
  };
  if (input == INPUT_RGBA8)
    pixels.format = (s2vk_pixel_format)noise_below(noise, 10);
  if (input != INPUT_TENSOR)
    pixels.transfer = (s2vk_transfer)noise_below(noise, 3);
  open_mock(driver, 0);
  context->pipelines.max_count = 0; /* what is prepared does not count, and nothing else stays */
  context->env.log = gpu_log;
  assert_ok(s2vk_context_prepare(context, &prepared));
  context->env.log = NULL;
  const uint64_t made = statistics().pipelines_made;
  assert_true(made >= 2);
  assert_ok(s2vk_context_prepare(context, &prepared));
  for (int i = 0; i < 25; i++) {
    if (random_plan(noise, &prepared, input == INPUT_TENSOR ? NULL : &pixels))
      fail_msg("plan %d of %s, input %d, types %d %d %d %d, layout %d made these pipelines", i, driver_names[driver],
          (int)input, (int)prepared.input_type, (int)prepared.tile_type, (int)prepared.feature_type,
          (int)prepared.output_type, (int)prepared.output_shape);
  }
  assert_int_equal(statistics().pipelines_made, made);
  close_mock();
}

static void prepared_plans_make_no_pipeline(void **state) {
  (void)state;
  struct noise noise = {23};
  for (int i = 0; i < 8; i++)
    for (int driver = 0; driver < DRIVER_COUNT; driver++)
      for (int input = 0; input < INPUT_COUNT; input++)
        check_prepared(&noise, (enum driver)driver, (enum input)input);
}

static void bad_infos_prepare_nothing(void **state) {
  (void)state;
  open_mock(DRIVER_GPU, 0);
  context->env.log = gpu_log;
  s2vk_prepare_info prepared = {.struct_size = sizeof prepared};
  assert_int_equal(s2vk_context_prepare(NULL, &prepared), S2VK_ERROR_NULL);
  assert_fails(s2vk_context_prepare(context, NULL), S2VK_ERROR_NULL, "s2vk_prepare_info is NULL");
  prepared.struct_size--;
  assert_fails(s2vk_context_prepare(context, &prepared), S2VK_ERROR_STRUCT_SIZE, "s2vk_prepare_info.struct_size");
  prepared = (s2vk_prepare_info){.struct_size = sizeof prepared, .tile_type = (s2vk_type)9};
  assert_fails(s2vk_context_prepare(context, &prepared), S2VK_ERROR_ENUM, "tile_type is 9");
  s2vk_pixels_info pixels = {.struct_size = 3};
  prepared = (s2vk_prepare_info){.struct_size = sizeof prepared, .pixels = &pixels};
  assert_fails(s2vk_context_prepare(context, &prepared), S2VK_ERROR_STRUCT_SIZE, "s2vk_pixels_info.struct_size");
  pixels = (s2vk_pixels_info){.struct_size = sizeof pixels, .format = (s2vk_pixel_format)99};
  assert_fails(s2vk_context_prepare(context, &prepared), S2VK_ERROR_ENUM, "format is 99");
  prepared = (s2vk_prepare_info){.struct_size = sizeof prepared};
  s2vk_context *shapes = open_shapes_only();
  assert_fails(s2vk_context_prepare(shapes, &prepared), S2VK_ERROR_NO_DEVICE, "no device");
  s2vk_context_destroy(&shapes);
  mock_fail("vkCreateComputePipelines", 2, VK_ERROR_OUT_OF_DEVICE_MEMORY);
  assert_fails(s2vk_context_prepare(context, &prepared), S2VK_ERROR_OUT_OF_DEVICE_MEMORY, "vkCreateComputePipelines");
  assert_ok(s2vk_context_prepare(context, &prepared)); /* the rest of them */
  s2vk_context_statistics s = {0};
  assert_fails(s2vk_context_get_statistics(context, &s), S2VK_ERROR_STRUCT_SIZE, "s2vk_context_statistics");
  assert_fails(s2vk_context_get_statistics(context, NULL), S2VK_ERROR_NULL, "s2vk_context_statistics");
  assert_int_equal(s2vk_context_get_statistics(NULL, &s), S2VK_ERROR_NULL);
  close_mock();
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_keys_share_a_pipeline),
      cmocka_unit_test(the_least_recently_used_go_first),
      cmocka_unit_test(those_in_use_stay),
      cmocka_unit_test(prepared_ones_stay_and_do_not_count),
      cmocka_unit_test(a_failure_leaves_nothing),
      cmocka_unit_test(every_module_is_found),
      cmocka_unit_test(photographs_take_few_pipelines),
      cmocka_unit_test(dynamic_s2_takes_few_pipelines),
      cmocka_unit_test(resizes_to_bytes_take_few_pipelines),
      cmocka_unit_test(odd_sizes_take_few_pipelines),
      cmocka_unit_test(prepared_plans_make_no_pipeline),
      cmocka_unit_test(bad_infos_prepare_nothing),
  };
  if (argc > 1)
    cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests_name("pipelines", tests, NULL, NULL);
}
