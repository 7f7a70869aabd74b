#include "cases.h"

#include "random.h"

#include <stdio.h>
#include <string.h>

#define PICK(random, ...)                                                                                              \
  (((const uint32_t[]){__VA_ARGS__})[random_from(random, 0, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t) - 1)])

/* A random number that is not a multiple of another one. */
static uint32_t no_multiple(uint64_t *random, uint32_t of, uint32_t low, uint32_t high) {
  uint32_t number;
  do {
    number = random_from(random, low, high);
  } while (number % of == 0);
  return number;
}

static uint32_t odd(uint64_t *random, uint32_t low, uint32_t high) {
  return no_multiple(random, 2, low, high);
}

#define STRIDES 11 /* kinds of strides */

/* ---- What plans are made of ---- */

static void set_scales(struct plan_case *c, double a, double b, double third) {
  const double scales[] = {a, b, third};
  memcpy(c->scales, scales, sizeof scales);
  c->shape.info.scales = c->scales;
  c->shape.info.img_sizes = NULL;
  c->shape.info.scale_count = third > 0 ? 3 : b > 0 ? 2 : 1;
}

/* One size, two sizes or three sizes. */
static void set_sizes(struct plan_case *c, s2vk_size a, s2vk_size b, s2vk_size third) {
  const s2vk_size sizes[] = {a, b, third};
  memcpy(c->sizes, sizes, sizeof sizes);
  c->shape.info.scales = NULL;
  c->shape.info.img_sizes = c->sizes;
  c->shape.info.scale_count = third.height ? 3 : b.height ? 2 : 1;
}

static void set_type(struct plan_case *c, s2vk_type type) {
  s2vk_plan_info *info = &c->shape.info;
  info->input_type = info->tile_type = info->feature_type = info->output_type = type;
}

static s2vk_type half(uint64_t *random) {
  return random_from(random, 0, 1) ? S2VK_TYPE_F16 : S2VK_TYPE_BF16;
}

/* Square tiles of a side at scales 1, 2, 3, with about the tokens of a model that has patches of 14 pixels. */
static void set_square(struct plan_case *c, uint32_t side) {
  const uint32_t grid = side / 14 ? side / 14 : 1;
  c->shape.info = (s2vk_plan_info){.struct_size = sizeof c->shape.info,
      .batch = 1,
      .channels = 3,
      .height = side,
      .width = side,
      .model = {.tokens = grid * grid, .channels = 1024}};
  set_scales(c, 1, 2, 3);
}

static void set_maps(struct plan_case *c, uint32_t height, uint32_t width) {
  c->shape.info.output_shape = S2VK_OUTPUT_BCHW;
  c->shape.info.model = (s2vk_model_shape){.channels = 1024, .height = height, .width = width};
}

static void set_square_maps(struct plan_case *c, uint32_t side) {
  set_maps(c, side, side);
}

/* A photograph, as pixels in a buffer, to some sizes in tiles of a side. */
static void set_photograph(struct plan_case *c, uint32_t width, uint32_t height, uint32_t tile) {
  set_square(c, tile);
  c->shape.info.width = width;
  c->shape.info.height = height;
  c->shape.info.max_split_size = tile;
  c->pixels = (s2vk_pixels_info){.struct_size = sizeof c->pixels, .format = S2VK_PIXEL_RGBA8};
  c->shape.info.pixels = &c->pixels;
  set_sizes(c, (s2vk_size){tile, tile}, (s2vk_size){0}, (s2vk_size){0});
}

static void set_random_photograph(struct plan_case *c, uint64_t *random, uint32_t tile) {
  set_photograph(c, random_from(random, 600, 4000), random_from(random, 600, 3000), tile);
}

/* An image of any size, and one twice as large, in tiles of 336. */
static void set_any_size(struct plan_case *c, uint32_t height, uint32_t width) {
  set_square(c, 336);
  c->shape.info.height = height;
  c->shape.info.width = width;
  c->shape.info.max_split_size = 336;
  set_sizes(c, (s2vk_size){height, width}, (s2vk_size){2 * height, 2 * width}, (s2vk_size){0});
}

/* ---- Families ---- */

static void draw_sides(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, index ? odd(random, 225, 449) : 337);
  c->shape.info.model.tokens = 576;
}

static void draw_half_sides(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, index ? 14 * odd(random, 17, 37) : 518);
  set_type(c, index ? half(random) : S2VK_TYPE_F16);
}

static void draw_channels(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  c->shape.info.model.channels = index ? odd(random, 700, 1100) : 1023;
  c->shape.info.channels = index ? PICK(random, 1, 2, 3, 4, 5) : 3;
}

static void draw_half_channels(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  c->shape.info.model.channels = index ? no_multiple(random, 8, 700, 1100) : 1023;
  set_type(c, index ? half(random) : S2VK_TYPE_F16);
}

static void draw_maps(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  const uint32_t width = index ? no_multiple(random, 4, 5, 21) : 7;
  set_maps(c, index ? random_from(random, width, width + 2) : width, width);
}

static void draw_half_maps(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  const uint32_t width = index ? no_multiple(random, 4, 5, 27) : 13;
  set_maps(c, width, width);
  set_type(c, index ? half(random) : S2VK_TYPE_F16);
}

static void draw_pixels(uint32_t index, uint64_t *random, struct plan_case *c) {
  if (index == 0)
    set_photograph(c, 4000, 3000, 336);
  else if (index == 1)
    set_photograph(c, 1920, 1080, 448);
  else
    set_random_photograph(c, random, PICK(random, 224, 336, 384, 448, 518));
}

static void draw_antialiased(uint32_t index, uint64_t *random, struct plan_case *c) {
  if (index)
    set_random_photograph(c, random, PICK(random, 224, 336, 384, 448));
  else
    set_photograph(c, 1920, 1080, 448);
  const uint32_t side = c->shape.info.max_split_size * (index ? random_from(random, 1, 3) : 2);
  set_sizes(c, (s2vk_size){side, side}, (s2vk_size){0}, (s2vk_size){0});
  c->shape.info.filter = S2VK_FILTER_BICUBIC_ANTIALIASED;
}

static void draw_formats(uint32_t index, uint64_t *random, struct plan_case *c) {
  if (index)
    set_random_photograph(c, random, 336);
  else
    set_photograph(c, 1920, 1080, 336);
  set_sizes(c, (s2vk_size){336, 336}, (s2vk_size){672, 672}, (s2vk_size){0});
  if (!index || random_from(random, 0, 1))
    c->shape.info.filter = S2VK_FILTER_BICUBIC_ANTIALIASED;
  c->pixels.format =
      index ? (s2vk_pixel_format)random_from(random, S2VK_PIXEL_BGRA8, S2VK_PIXEL_GREY_F32) : S2VK_PIXEL_RGB8;
  c->pixels.normalization = index && random_from(random, 0, 1) ? S2VK_NORMALIZATION_CLIP : S2VK_NORMALIZATION_GIVEN;
}

static void draw_images(uint32_t index, uint64_t *random, struct plan_case *c) {
  static const VkFormat formats[] = {
      VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_R16G16B16A16_SFLOAT, VK_FORMAT_R32G32B32A32_SFLOAT};
  draw_formats(index, random, c);
  c->pixels.source = S2VK_PIXELS_IMAGE;
  c->pixels.format = S2VK_PIXEL_RGBA8; /* not read */
  c->shape.image_format = formats[index ? random_from(random, 0, 3) : 0];
}

static void draw_overlap(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  c->shape.info.tile_overlap = 14 * (index ? random_from(random, 1, 8) : 4);
}

static void draw_fractions(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  if (index)
    set_scales(c, 1, random_from(random, 110, 190) / 100.0, random_from(random, 200, 290) / 100.0);
  else
    set_scales(c, 1, 1.5, 2.25);
  c->shape.info.resize_output_to_idx = index ? (int32_t)random_from(random, 0, 2) : 0;
}

static void draw_sizes(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_any_size(c, index ? random_from(random, 250, 600) : 333, index ? odd(random, 250, 600) : 477);
}

static void draw_padded(uint32_t index, uint64_t *random, struct plan_case *c) {
  draw_sizes(index, random, c);
  c->shape.info.split_mode = S2VK_SPLIT_PAD;
  if (index && random_from(random, 0, 1))
    set_maps(c, 24, 24);
}

static void draw_prefix(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  c->shape.info.num_prefix_token = index ? random_from(random, 1, 9) : 1;
  c->shape.info.model.tokens += c->shape.info.num_prefix_token;
}

static void draw_grids(uint32_t index, uint64_t *random, struct plan_case *c) {
  static const uint32_t sides[] = {336, 420, 504, 588, 672, 756, 840, 924}; /* tiles are equal, of whole patches */
  if (index % 2) {
    draw_sizes(index, random, c);
    c->shape.info.grid_policy = S2VK_GRID_SPLIT;
    return;
  }
  set_square(c, 336);
  c->shape.info.max_split_size = 336;
  c->shape.info.grid_policy = S2VK_GRID_SQUARE;
  uint32_t chosen[] = {0, index ? random_from(random, 1, 3) : 1, index ? random_from(random, 4, 7) : 5};
  for (uint32_t i = 0; i < 3; i++) {
    const uint32_t side = sides[chosen[i]], tile = side / ((side + 335) / 336);
    c->sizes[i] = (s2vk_size){side, side};
    c->models[i] = (s2vk_model_shape){.tokens = tile / 14 * (tile / 14), .channels = 1024};
  }
  set_sizes(c, c->sizes[0], c->sizes[1], c->sizes[2]);
  c->shape.info.scale_models = c->models;
}

static void draw_types(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  set_type(c, S2VK_TYPE_BF16);
  s2vk_type *const types[] = {
      &c->shape.info.input_type, &c->shape.info.tile_type, &c->shape.info.feature_type, &c->shape.info.output_type};
  for (uint32_t i = 0; index && i < 4; i++)
    *types[i] = (s2vk_type)random_from(random, S2VK_TYPE_F32, S2VK_TYPE_BF16);
}

static void draw_small(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, index ? 14 * random_from(random, 2, 8) : 56);
  c->shape.info.model.channels = index ? 8 * random_from(random, 8, 48) : 384;
}

/* A photograph as NVILA takes it, with fewer channels. */
static void draw_dynamic(uint32_t index, uint64_t *random, struct plan_case *c) {
  static const uint32_t sides[] = {448, 896, 1344};
  if (index)
    set_random_photograph(c, random, 448);
  else
    set_photograph(c, 1920, 1080, 448);
  s2vk_plan_info *info = &c->shape.info;
  const s2vk_dynamic_s2_info dynamic = {.struct_size = sizeof dynamic,
      .height = info->height,
      .width = info->width,
      .sizes = sides,
      .size_count = 3,
      .max_tiles = 12};
  s2vk_dynamic_s2_sizes(c->context, &dynamic, c->sizes);
  set_sizes(c, c->sizes[0], c->sizes[1], c->sizes[2]);
  info->filter = S2VK_FILTER_BICUBIC_ANTIALIASED;
  info->resize_output_to_idx = -1;
  info->model = (s2vk_model_shape){.tokens = 1024, .channels = 512};
  info->tile_type = info->feature_type = info->output_type = S2VK_TYPE_F16;
}

static void draw_filters(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  c->shape.info.filter =
      index ? (s2vk_filter)random_from(random, S2VK_FILTER_BILINEAR, S2VK_FILTER_LANCZOS3) : S2VK_FILTER_LANCZOS3;
}

static void draw_shrinking(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  c->shape.info.max_split_size = 336;
  c->shape.info.height = c->shape.info.width = index ? random_from(random, 400, 1400) : 672;
  if (index)
    set_scales(c, random_from(random, 20, 45) / 100.0, random_from(random, 50, 90) / 100.0, 0);
  else
    set_scales(c, 0.5, 1, 0);
  if (index && random_from(random, 0, 1))
    c->shape.info.filter = (s2vk_filter)random_from(random, S2VK_FILTER_BILINEAR, S2VK_FILTER_LANCZOS3);
}

static void draw_outputs(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  c->shape.info.resize_output_to_idx = index ? (int32_t)random_from(random, 1, 2) : 2;
  if (index && random_from(random, 0, 1))
    set_maps(c, 24, 24);
}

static void draw_calls(uint32_t index, uint64_t *random, struct plan_case *c) {
  set_square(c, 336);
  c->shape.info.split_forward = !index;
  c->shape.info.tiles_per_call = index ? random_from(random, 1, 5) : 0;
  c->shape.info.calls_cross_scales = index && random_from(random, 0, 1);
}

/* Orders and gaps of engines: first of tiles, then of feature maps, and then of tiles of 16 bits. Sides of 378 are no
 * multiple of 4. */
static void draw_strides(uint32_t index, uint64_t *random, struct plan_case *c) {
  const bool example = index < STRIDES;
  const uint32_t kind = example ? index : random_from(random, 0, STRIDES - 1);
  set_square(c, !example ? PICK(random, 224, 333, 336, 378) : kind > 8 ? 378 : 336);
  s2vk_strides *tiles = &c->shape.info.tile_strides, *features = &c->shape.info.feature_strides;
  if (kind < 3)
    tiles->order = S2VK_ORDER_NHWC + kind;
  else if (kind == 3)
    tiles->row = (VkDeviceSize)4 * 384;
  else if (kind > 8)
    tiles->order = kind == 9 ? S2VK_ORDER_NHWC : S2VK_ORDER_NC4HW4;
  else
    set_square_maps(c, kind == 4 ? 7 : example ? 24 : PICK(random, 7, 14, 24));
  if (kind > 8)
    set_type(c, half(random));
  if (kind == 4)
    features->channel = (VkDeviceSize)4 * 52; /* of 49 */
  if (kind > 4 && kind < 9)
    features->order = kind < 7 ? S2VK_ORDER_NHWC : kind == 7 ? S2VK_ORDER_NC4HW4 : S2VK_ORDER_NC8HW8;
  if (kind == 6)
    c->shape.info.output_strides.order = S2VK_ORDER_NHWC;
}

static const struct family families[] = {
    {"sides", "f32 tiles whose side has few divisors", 1, draw_sides, false},
    {"half-sides", "f16 and bf16 tiles whose side is no multiple of 4", 1, draw_half_sides, false},
    {"channels", "odd numbers of channels, and images of 1 to 5", 1, draw_channels, false},
    {"half-channels", "f16 and bf16 features whose channels are no multiple of 8", 1, draw_half_channels, false},
    {"maps", "feature maps whose width is no multiple of 4", 1, draw_maps, false},
    {"half-maps", "f16 and bf16 feature maps whose width is no multiple of 4", 1, draw_half_maps, false},
    {"pixels", "photographs in RGBA8 made small by the default filter", 2, draw_pixels, false},
    {"antialiased", "photographs in RGBA8 resized by the antialiased filter", 1, draw_antialiased, false},
    {"formats", "photographs in other formats of pixels", 1, draw_formats, false},
    {"images", "photographs in a VkImage", 1, draw_images, false},
    {"overlap", "tiles that overlap", 1, draw_overlap, false},
    {"fractions", "scales that are no whole numbers", 1, draw_fractions, false},
    {"sizes", "images of odd sizes, resized to whole tiles", 1, draw_sizes, false},
    {"padded", "images of odd sizes, padded to whole tiles", 1, draw_padded, false},
    {"prefix", "prefix tokens", 1, draw_prefix, false},
    {"grids", "the other grid policies", 2, draw_grids, false},
    {"types", "bf16, and a type for each tensor", 1, draw_types, false},
    {"small", "small tiles and few tokens", 1, draw_small, false},
    {"dynamic-s2", "photographs at the sizes of Dynamic-S2", 1, draw_dynamic, false},
    {"filters", "filters other than the default one", 1, draw_filters, false},
    {"shrinking", "scales below 1", 1, draw_shrinking, false},
    {"outputs", "the output at a scale other than the first", 1, draw_outputs, false},
    {"calls", "few tiles in each model call", 1, draw_calls, false},
    {"strides", "tiles and feature maps in other orders, and with gaps", STRIDES, draw_strides, true},
};

uint32_t family_count(void) {
  return sizeof families / sizeof *families;
}

const struct family *family_at(uint32_t index) {
  return &families[index];
}

const struct family *family_find(const char *name, size_t length) {
  for (uint32_t i = 0; i < family_count(); i++)
    if (strlen(families[i].name) == length && strncmp(families[i].name, name, length) == 0)
      return &families[i];
  return NULL;
}

double family_bound(const struct family *family) {
  return family->strided ? 1.3 : 2;
}

void case_draw(
    const s2vk_context *context, const struct family *family, uint32_t index, uint64_t seed, struct plan_case *c) {
  uint64_t random = seed;
  for (const char *letter = family->name; *letter; letter++)
    random = random_next(&random) + (uint8_t)*letter;
  random = random_next(&random) + index;
  *c = (struct plan_case){.context = context};
  snprintf(c->name, sizeof c->name, "%s.%u", family->name, index + 1);
  c->shape.name = c->name;
  family->draw(index, &random, c);
}

void case_reference(struct plan_case *c) {
  *c = (struct plan_case){.name = "reference"};
  c->shape.name = c->name;
  set_square(c, 336);
}
