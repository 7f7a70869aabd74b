#include "adversary.h"

static uint32_t one_of(struct noise *noise, const uint32_t *values, uint32_t count) {
  return values[noise_below(noise, count)];
}
#define ONE_OF(noise, ...)                                                                                             \
  one_of(noise, (const uint32_t[]){__VA_ARGS__}, (uint32_t)(sizeof(uint32_t[]){__VA_ARGS__} / sizeof(uint32_t)))

static bool rarely(struct noise *noise, uint32_t one_in) {
  return noise_below(noise, one_in) == 0;
}

/* ---- Legal plans ------------------------------------------------------------------------------------------------- */

/* Sides: small ones, primes, and those beside a multiple of a tile. */
static uint32_t any_side(struct noise *noise, uint32_t tile) {
  switch (noise_below(noise, 4)) {
  case 0:
    return 1 + noise_below(noise, 9);
  case 1:
    return ONE_OF(noise, 1, 2, 3, 13, 31, 61, 127, 251);
  case 2:
    return tile * (1 + noise_below(noise, 3)) + noise_below(noise, 3) - (tile > 1);
  default:
    return 1 + noise_below(noise, 200);
  }
}

/* A factor that gives a side about this long, most often just off it: to truncate it or not is one ulp. */
static double any_factor(struct noise *noise, uint32_t side, uint32_t wanted) {
  const double factor = (double)wanted / side;
  switch (noise_below(noise, 4)) {
  case 0:
    return nextafter(factor, 0);
  case 1:
    return nextafter(factor, 1e9);
  case 2:
    return (double)(float)factor;
  default:
    return factor;
  }
}

static void choose_scales(struct adversary *plan, struct noise *noise) {
  s2vk_plan_info *info = &plan->info;
  const uint32_t side = info->max_split_size ? info->max_split_size : info->height;
  info->scale_count = 1 + noise_below(noise, ADVERSARY_MAX_SCALES);
  for (uint32_t i = 0; i < info->scale_count; i++) {
    plan->sizes[i] = (s2vk_size){any_side(noise, side), any_side(noise, side)};
    plan->scales[i] = any_factor(noise, info->height, plan->sizes[i].height);
    if (rarely(noise, 4))
      plan->sizes[i] = (s2vk_size){info->height, info->width};
  }
  info->img_sizes = plan->sizes;
  bool factors = noise_below(noise, 2);
  for (uint32_t i = 0; i < info->scale_count; i++)
    factors = factors && info->width * plan->scales[i] < 400;
  if (factors) {
    info->scales = plan->scales;
    info->img_sizes = NULL;
  }
}

static void choose_model(struct adversary *plan, struct noise *noise) {
  s2vk_plan_info *info = &plan->info;
  const uint32_t grid = ONE_OF(noise, 1, 1, 2, 3, 5, 7, 8);
  info->output_shape = (s2vk_output_shape)noise_below(noise, 2);
  info->num_prefix_token = info->output_shape == S2VK_OUTPUT_BNC ? ONE_OF(noise, 0, 0, 1, 4, 97) : 0;
  info->model = (s2vk_model_shape){.channels = ONE_OF(noise, 1, 2, 3, 4, 5, 16, 31),
      .tokens = grid * grid + info->num_prefix_token,
      .height = grid,
      .width = ONE_OF(noise, 1, 3, 4, 7, 8, 12)};
}

/* Even tiles of square images, with a model for each scale. */
static void choose_square(struct adversary *plan, struct noise *noise) {
  s2vk_plan_info *info = &plan->info;
  info->grid_policy = S2VK_GRID_SQUARE;
  info->width = info->height;
  info->max_split_size = 1 + noise_below(noise, 40);
  info->scales = NULL;
  info->img_sizes = plan->sizes;
  for (uint32_t i = 0; i < info->scale_count; i++) {
    const uint32_t tiles = 1 + noise_below(noise, 4), side = 1 + noise_below(noise, info->max_split_size);
    plan->sizes[i] = (s2vk_size){tiles * side, tiles * side}; /* tiles may turn out larger, and fewer */
    plan->models[i] = info->model;
    if (rarely(noise, 2)) { /* another grid, or the same number of tokens in other rows */
      plan->models[i].tokens = info->num_prefix_token + 4;
      plan->models[i].height = noise_below(noise, 2) ? info->model.width : info->model.height + noise_below(noise, 2);
      plan->models[i].width = plan->models[i].height == info->model.width ? info->model.height : info->model.width;
    }
  }
  for (uint32_t i = 1; i < info->scale_count && rarely(noise, 2); i++)
    plan->sizes[i] = plan->sizes[0];
  if (noise_below(noise, 2))
    info->scale_models = plan->models;
}

/* Tiles and images of whole tokens: an image's own part is a whole number, apart from rounding. */
static void choose_whole_tokens(struct adversary *plan, struct noise *noise) {
  s2vk_plan_info *info = &plan->info;
  const uint32_t token = ONE_OF(noise, 1, 2, 3, 7, 14, 16), grid = ONE_OF(noise, 3, 7, 13, 25, 29, 35);
  info->max_split_size = token * grid;
  info->model.tokens = grid * grid + info->num_prefix_token;
  info->model.height = info->model.width = grid;
  info->scales = NULL;
  info->img_sizes = plan->sizes;
  for (uint32_t i = 0; i < info->scale_count; i++)
    plan->sizes[i] = (s2vk_size){token * (1 + noise_below(noise, 40)), token * (1 + noise_below(noise, 40))};
}

static void choose_overlap(struct adversary *plan, struct noise *noise) {
  s2vk_plan_info *info = &plan->info;
  suite_random_overlap(noise, info);
  if (rarely(noise, 3)) { /* seldom whole tokens */
    info->tile_overlap = ONE_OF(noise, 1, 2, info->max_split_size / 2);
  } else if (rarely(noise, 2)) { /* tokens of a pixel: the maximum that may be shared, or one more */
    const uint32_t side = 2 + noise_below(noise, 4);
    info->max_split_size = info->model.height = info->model.width = side;
    info->model.tokens = side * side + info->num_prefix_token;
    info->tile_overlap = side / 2 + rarely(noise, 3);
  }
}

static void choose_calls(struct adversary *plan, struct noise *noise) {
  s2vk_plan_info *info = &plan->info;
  info->split_forward = rarely(noise, 4);
  if (info->split_forward)
    return;
  info->tiles_per_call = ONE_OF(noise, 0, 0, 1, 2, 3, 5, 7, info->batch, 1000, UINT32_MAX);
  info->calls_cross_scales = noise_below(noise, 2);
}

static void choose_pixels(struct adversary *plan, struct noise *noise) {
  s2vk_pixels_info *pixels = &plan->pixels;
  s2vk_plan_info *info = &plan->info;
  *pixels = (s2vk_pixels_info){.struct_size = sizeof *pixels,
      .format = (s2vk_pixel_format)noise_below(noise, S2VK_PIXEL_GREY_F32 + 1),
      .x = ONE_OF(noise, 0, 0, 1, 5, 1000),
      .y = ONE_OF(noise, 0, 0, 1, 7)};
  if (noise_below(noise, 2))
    pixels->image = (s2vk_size){pixels->y + info->height + noise_below(noise, 3), pixels->x + info->width};
  if (noise_below(noise, 2))
    pixels->row_stride = (pixels->x + info->width) * 16 + 4 * noise_below(noise, 5);
  if (noise_below(noise, 2))
    pixels->image_stride = 4 * noise_below(noise, 1u << 20);
  info->input_type = S2VK_TYPE_F32;
  info->channels = 1 + noise_below(noise, 3);
  info->pixels = pixels;
}

/* ---- Faults ------------------------------------------------------------------------------------------------------ */

static uint32_t extreme(struct noise *noise) {
  return ONE_OF(noise, 0, 1, S2VK_MAX_SIDE, S2VK_MAX_SIDE + 1, 1u << 16, 1u << 31, UINT32_MAX, UINT32_MAX - 1);
}

static void spoil_sizes(struct adversary *plan, struct noise *noise) {
  s2vk_plan_info *info = &plan->info;
  const uint32_t scale = noise_below(noise, info->scale_count);
  switch (noise_below(noise, 7)) {
  case 0:
    info->batch = extreme(noise);
    break;
  case 1:
    info->channels = extreme(noise);
    break;
  case 2: /* long sides in one direction alone, so that there is little to do if that is legal */
    info->height = ONE_OF(noise, 0, S2VK_MAX_SIDE + 1, UINT32_MAX);
    break;
  case 3:
    info->width = ONE_OF(noise, 0, S2VK_MAX_SIDE + 1, UINT32_MAX);
    break;
  case 4:
    info->max_split_size = ONE_OF(noise, 0, S2VK_MAX_SIDE + 1, UINT32_MAX);
    break;
  case 5:
    plan->sizes[scale].width = ONE_OF(noise, 0, S2VK_MAX_SIDE + 1, UINT32_MAX);
    break;
  default:
    plan->scales[scale] = (const double[]){0, -1, -0.0, 1e-9, 1e300, NAN, INFINITY, -INFINITY}[noise_below(noise, 8)];
  }
}

static void spoil_model(struct adversary *plan, struct noise *noise) {
  s2vk_plan_info *info = &plan->info;
  switch (noise_below(noise, 5)) {
  case 0:
    info->model.channels = extreme(noise);
    break;
  case 1:
    info->model.tokens = ONE_OF(noise, 0, info->num_prefix_token, info->num_prefix_token + 2, UINT32_MAX);
    break;
  case 2:
    info->model.height = ONE_OF(noise, 0, UINT32_MAX, S2VK_MAX_SIDE + 1);
    break;
  case 3:
    info->num_prefix_token = ONE_OF(noise, 1, 2, 50, UINT32_MAX);
    break;
  default:
    plan->models[info->scale_count - 1].channels++;
    info->scale_models = plan->models;
  }
}

static void spoil_choices(struct adversary *plan, struct noise *noise) {
  s2vk_plan_info *info = &plan->info;
  switch (noise_below(noise, 9)) {
  case 0:
    info->resize_output_to_idx = (int32_t)ONE_OF(noise, info->scale_count, (uint32_t)INT32_MIN, INT32_MAX);
    break;
  case 1:
    info->resize_output_to_idx = -(int32_t)info->scale_count - 1;
    break;
  case 2:
    info->scales = info->scales ? NULL : plan->scales;
    break;
  case 3:
    info->scale_count = 0;
    break;
  case 4:
    info->split_forward = true;
    break;
  case 5:
    info->tile_overlap = ONE_OF(noise, 1, 3, 1000, UINT32_MAX);
    break;
  case 6:
    info->grid_policy = (s2vk_grid_policy)ONE_OF(noise, S2VK_GRID_SQUARE, 3, UINT32_MAX);
    break;
  case 7:
    info->filter = (s2vk_filter)ONE_OF(noise, S2VK_FILTER_LANCZOS3 + 1, UINT32_MAX);
    break;
  default:
    info->tile_type = (s2vk_type)ONE_OF(noise, S2VK_TYPE_BF16 + 1, UINT32_MAX);
  }
}

static void spoil_pixels(struct adversary *plan, struct noise *noise) {
  s2vk_pixels_info *pixels = &plan->pixels;
  switch (noise_below(noise, 6)) {
  case 0:
    pixels->x = ONE_OF(noise, S2VK_MAX_SIDE, UINT32_MAX);
    break;
  case 1:
    pixels->image = (s2vk_size){1 + noise_below(noise, 9), 1 + noise_below(noise, 9)};
    break;
  case 2:
    pixels->row_stride = 1 + noise_below(noise, 9);
    break;
  case 3:
    pixels->image_stride = (const uint64_t[]){1, 6, UINT64_MAX, UINT64_C(1) << 61}[noise_below(noise, 4)];
    break;
  case 4:
    plan->info.channels = ONE_OF(noise, 4, 5);
    break;
  default:
    plan->info.input_type = S2VK_TYPE_F16;
  }
}

static void spoil(struct adversary *plan, struct noise *noise) {
  switch (noise_below(noise, plan->info.pixels ? 4 : 3)) {
  case 0:
    spoil_sizes(plan, noise);
    break;
  case 1:
    spoil_model(plan, noise);
    break;
  case 2:
    spoil_choices(plan, noise);
    break;
  default:
    spoil_pixels(plan, noise);
  }
}

void adversary_create(struct adversary *plan, struct noise *noise, bool faulty) {
  *plan = (struct adversary){.info.struct_size = sizeof plan->info};
  s2vk_plan_info *info = &plan->info;
  info->batch = ONE_OF(noise, 1, 1, 1, 2, 3, 5);
  info->channels = ONE_OF(noise, 1, 2, 3, 3, 4);
  info->height = any_side(noise, 16);
  info->width = noise_below(noise, 2) ? info->height : any_side(noise, 16);
  info->max_split_size = info->height == info->width && noise_below(noise, 2) ? 0 : any_side(noise, 16);
  choose_scales(plan, noise);
  choose_model(plan, noise);
  info->split_mode = (s2vk_split_mode)noise_below(noise, 2);
  info->grid_policy = (s2vk_grid_policy)noise_below(noise, 2);
  info->filter = (s2vk_filter)noise_below(noise, S2VK_FILTER_LANCZOS3 + 1);
  info->resize_output_to_idx = (int32_t)noise_below(noise, 2 * info->scale_count) - (int32_t)info->scale_count;
  s2vk_type *const types[] = {&info->input_type, &info->tile_type, &info->feature_type, &info->output_type};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    *types[i] = (s2vk_type)noise_below(noise, S2VK_TYPE_BF16 + 1);
  for (uint32_t i = 0; i < ADVERSARY_MAX_SCALES; i++)
    plan->models[i] = info->model;
  if (rarely(noise, 5))
    choose_square(plan, noise);
  else if (rarely(noise, 4))
    choose_overlap(plan, noise);
  else if (rarely(noise, 2))
    choose_whole_tokens(plan, noise);
  choose_calls(plan, noise);
  if (rarely(noise, 5))
    choose_pixels(plan, noise);
  for (uint32_t faults = faulty ? 1 + noise_below(noise, 2) : 0; faults > 0 && info->scale_count > 0; faults--)
    spoil(plan, noise);
}
