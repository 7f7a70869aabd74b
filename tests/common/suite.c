#include "suite.h"

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

int suite_open_contexts(void **state) {
  if (suite_open_gpu(state))
    return -1;
  s2vk_context_info info = suite_gpu.info;
  for (int i = 0; i < 2; i++) {
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
