#include "suite.h"

#include "reference.h"

struct gpu suite_gpu;

int suite_open_gpu(void **state) {
  (void)state;
  if (!gpu_open(&suite_gpu, NULL))
    return -1;
  print_message("device: %s\n", suite_gpu.properties.deviceName);
  return 0;
}

/* cmocka 1.1.5 reports a group's failed teardown and exits as if there were none. */
int suite_close_gpu(void **state) {
  (void)state;
  gpu_close(&suite_gpu);
  if (gpu_messages() == 0)
    return 0;
  print_error("%u validation messages\n", gpu_messages());
  exit(EXIT_FAILURE);
}

s2vk_context *suite_contexts[2];
size_t suite_context_count;

int suite_open_contexts(void **state) {
  if (suite_open_gpu(state))
    return -1;
  s2vk_context_info info = suite_gpu.info;
  suite_context_count = gpu_compiles_slowly(&suite_gpu) ? 1 : 2;
  for (size_t i = 0; i < suite_context_count; i++) {
    info.variant = i ? S2VK_VARIANT_CPU : S2VK_VARIANT_GPU;
    if (s2vk_context_create(&info, &suite_contexts[i]))
      return -1;
  }
  return 0;
}

int suite_close_contexts(void **state) {
  s2vk_context_destroy(&suite_contexts[0]);
  s2vk_context_destroy(&suite_contexts[1]);
  return suite_close_gpu(state);
}

unsigned long suite_number(const char *variable, unsigned long otherwise) {
  const char *text = getenv(variable);
  return text ? strtoul(text, NULL, 0) : otherwise;
}

bool suite_is_short(void) {
  return gpu_compiles_slowly(&suite_gpu) || getenv("S2VK_TEST_SHORT");
}

s2vk_plan_info suite_plan_info(void) {
  static const double scales[] = {1, 2};
  return (s2vk_plan_info){
      .struct_size = sizeof(s2vk_plan_info),
      .batch = 2,
      .channels = 3,
      .height = 8,
      .width = 8,
      .scales = scales,
      .scale_count = 2,
      .model = {.channels = 4, .tokens = 4},
  };
}

s2vk_pixels_info suite_pixels_info(void) {
  return (s2vk_pixels_info){.struct_size = sizeof(s2vk_pixels_info), .image = {15, 20}, .x = 5, .y = 3};
}

s2vk_plan_info suite_pixels_plan_info(const s2vk_pixels_info *pixels) {
  static const double scales[] = {1, 1.7};
  s2vk_plan_info info = suite_plan_info();
  info.height = 10;
  info.width = 14;
  info.max_split_size = 8;
  info.scales = scales;
  info.pixels = pixels;
  return info;
}

s2vk_result suite_zero_features(void *user, VkCommandBuffer commands, const s2vk_model_call *call) {
  (void)user;
  vkCmdFillBuffer(commands, call->features.buffer, call->features.offset, call->features.bytes, 0);
  return S2VK_SUCCESS;
}

/* splitmix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014). */
static uint64_t next(struct noise *noise) {
  uint64_t z = noise->state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

uint32_t noise_below(struct noise *noise, uint32_t limit) {
  return (uint32_t)((next(noise) >> 32) * limit >> 32);
}

double noise_unit(struct noise *noise) {
  return ldexp((double)(next(noise) >> 11), -52) - 1;
}

static uint32_t gcd(uint32_t a, uint32_t b) {
  return b ? gcd(b, a % b) : a;
}

void suite_random_overlap(struct noise *noise, s2vk_plan_info *info) {
  const uint32_t tokens = 2 + noise_below(noise, 5), shared = 1 + noise_below(noise, tokens / 2);
  const uint32_t pixels = noise_below(noise, 2) ? 12 / tokens + 1 + noise_below(noise, 3) : tokens == 2 ? 8 : 4;
  const uint32_t least = tokens / gcd(tokens, shared);
  info->max_split_size = tokens * pixels;
  info->tile_overlap = shared * pixels;
  info->model.tokens = tokens * tokens + info->num_prefix_token;
  info->model.height = tokens;
  info->model.width = least * (1 + noise_below(noise, 8 / least));
}

static void random_pixels(struct noise *noise, s2vk_pixels_info *pixels, s2vk_plan_info *info) {
  static const uint32_t bytes[] = {4, 4, 3, 3, 1, 16, 16, 12, 12, 4};
  *pixels = (s2vk_pixels_info){.struct_size = sizeof *pixels};
  pixels->format = (s2vk_pixel_format)noise_below(noise, S2VK_PIXEL_GREY_F32 + 1);
  pixels->transfer = (s2vk_transfer)noise_below(noise, S2VK_TRANSFER_TO_LINEAR + 1);
  pixels->x = noise_below(noise, 4);
  pixels->y = noise_below(noise, 4);
  pixels->image =
      (s2vk_size){info->height + pixels->y + noise_below(noise, 4), info->width + pixels->x + noise_below(noise, 4)};
  const uint32_t row = pixels->image.width * bytes[pixels->format], step = bytes[pixels->format] < 4 ? 1 : 4;
  const bool is_float = pixels->format >= S2VK_PIXEL_RGBA_F32;
  pixels->row_stride = row + noise_below(noise, 5) * (is_float ? 4 : noise_below(noise, 2) ? step : 1);
  info->input_type = S2VK_TYPE_F32;
  info->pixels = pixels;
}

/* Blocks of a scale whose tiles divide the grid, if there is one. */
static void random_blocks(struct noise *noise, s2vk_plan_info *info) {
  const struct reference_scale out = reference_scale(info, reference_output_scale(info));
  const uint32_t scale = noise_below(noise, info->scale_count);
  const struct reference_scale s = reference_scale(info, scale);
  info->output_blocks = out.own_h % s.rows == 0 && out.own_w % s.columns == 0;
  info->output_blocks_idx = noise_below(noise, 2) ? (int32_t)scale : (int32_t)scale - (int32_t)info->scale_count;
}

void suite_random_order(struct noise *noise, s2vk_plan_info *info) {
  info->output_repeat = noise_below(noise, 4) ? 0 : 1 + noise_below(noise, 3);
  if (info->output_shape == S2VK_OUTPUT_BCHW)
    return;
  info->prefix_tokens = (s2vk_prefix_tokens)(info->num_prefix_token && noise_below(noise, 2));
  info->prefix_only = info->num_prefix_token && noise_below(noise, 3) == 0;
  if (info->prefix_only && !info->scale_models && noise_below(noise, 2))
    info->model.tokens = info->num_prefix_token;
  if (info->prefix_only)
    return;
  if (noise_below(noise, 2))
    random_blocks(noise, info);
  info->output_by_columns = noise_below(noise, 3) == 0;
  info->output_downsample = info->num_prefix_token || noise_below(noise, 2) ? 0 : 1 + noise_below(noise, 4);
}

void suite_random_plan(struct noise *noise, s2vk_size sizes[3], s2vk_pixels_info *pixels, s2vk_plan_info *info) {
  for (int i = 0; i < 3; i++)
    sizes[i] = (s2vk_size){1 + noise_below(noise, 40), 1 + noise_below(noise, 40)};
  *info = suite_plan_info();
  info->batch = 1 + noise_below(noise, 3);
  info->channels = 1 + noise_below(noise, 3);
  info->height = 1 + noise_below(noise, 30);
  info->width = noise_below(noise, 2) ? 1 + noise_below(noise, 30) : 4 + noise_below(noise, 6) * 4;
  info->scales = NULL;
  info->img_sizes = sizes;
  info->scale_count = 1 + noise_below(noise, 3);
  info->max_split_size = noise_below(noise, 2) ? 1 + noise_below(noise, 24) : 4 + noise_below(noise, 5) * 4;
  info->split_mode = (s2vk_split_mode)noise_below(noise, 2);
  info->filter = (s2vk_filter)(noise_below(noise, 2) ? noise_below(noise, S2VK_FILTER_LANCZOS3 + 1) : 0);
  info->grid_policy = (s2vk_grid_policy)noise_below(noise, 2);
  info->resize_output_to_idx = (int32_t)noise_below(noise, info->scale_count);
  info->output_shape = (s2vk_output_shape)noise_below(noise, 2);
  info->num_prefix_token = info->output_shape == S2VK_OUTPUT_BNC ? noise_below(noise, 3) : 0;
  const uint32_t side = 1 + noise_below(noise, 5);
  const uint32_t width = noise_below(noise, 2) ? 1 + noise_below(noise, 6) : 4 * (1 + noise_below(noise, 3));
  info->model = (s2vk_model_shape){1 + noise_below(noise, 18), side * side + info->num_prefix_token, side, width};
  info->tiles_per_call = noise_below(noise, 2) * noise_below(noise, 12);
  info->calls_cross_scales = noise_below(noise, 2);
  info->output_type = (s2vk_type)noise_below(noise, 3);
  info->tile_type = (s2vk_type)noise_below(noise, 3);
  info->input_type = (s2vk_type)noise_below(noise, 3);
  info->feature_type = (s2vk_type)noise_below(noise, 3);
  if (noise_below(noise, 3) == 0) {
    info->tile_type = info->input_type;
    info->output_type = info->feature_type;
  }
  if (noise_below(noise, 4) == 0)
    suite_random_overlap(noise, info);
  if (noise_below(noise, 4) == 0)
    random_pixels(noise, pixels, info);
  if (noise_below(noise, info->pixels ? 2 : 8) == 0)
    sizes[noise_below(noise, info->scale_count)] = (s2vk_size){info->height, info->width}; /* a scale is the input */
}
