#include "expect.h"

__extension__ typedef unsigned __int128 wide;

#define MAX_BYTES ((wide)1 << 60)
#define MAX_CALLS (1u << 20)

static void breaks(struct expected *e, bool broken, s2vk_result error) {
  if (broken && e->error_count < EXPECT_MAX_ERRORS)
    e->errors[e->error_count++] = error;
}

bool expect_error(const struct expected *e, s2vk_result result) {
  bool found = false;
  for (uint32_t i = 0; i < e->error_count; i++)
    found = found || e->errors[i] == result;
  return found;
}

/* ---- What can be said of the fields alone ------------------------------------------------------------------------ */

static bool is_known(int value, int last) {
  return value >= 0 && value <= last;
}

static void check_choices(const s2vk_plan_info *info, struct expected *e) {
  const int types[] = {(int)info->input_type, (int)info->tile_type, (int)info->feature_type, (int)info->output_type};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    breaks(e, !is_known(types[i], S2VK_TYPE_BF16), S2VK_ERROR_ENUM);
  breaks(e, !is_known((int)info->split_mode, S2VK_SPLIT_PAD), S2VK_ERROR_ENUM);
  breaks(e, !is_known((int)info->filter, S2VK_FILTER_LANCZOS3), S2VK_ERROR_ENUM);
  breaks(e, !is_known((int)info->output_shape, S2VK_OUTPUT_BCHW), S2VK_ERROR_ENUM);
  breaks(e, !is_known((int)info->grid_policy, S2VK_GRID_SQUARE), S2VK_ERROR_ENUM);
  const bool square = info->grid_policy == S2VK_GRID_SQUARE;
  breaks(e, square && info->height != info->width, S2VK_ERROR_SQUARE_POLICY);
  breaks(e, square && info->tile_overlap, S2VK_ERROR_TILE_OVERLAP);
  breaks(e, info->split_forward && (info->tiles_per_call || info->calls_cross_scales), S2VK_ERROR_TILES_PER_CALL);
  breaks(e, info->output_shape == S2VK_OUTPUT_BCHW && info->num_prefix_token, S2VK_ERROR_PREFIX_BCHW);
}

static void check_sizes(const s2vk_plan_info *info, struct expected *e) {
  const uint32_t most = S2VK_MAX_SIDE;
  breaks(e, !info->batch || !info->channels || !info->height || !info->width, S2VK_ERROR_ZERO_SIZE);
  breaks(e, info->height > most || info->width > most || info->max_split_size > most, S2VK_ERROR_OVERFLOW);
  breaks(e, info->max_split_size == 0 && info->height != info->width, S2VK_ERROR_NO_TILE_SIDE);
  breaks(e, info->scales && info->img_sizes, S2VK_ERROR_BOTH_SCALES);
  breaks(e, (!info->scales && !info->img_sizes) || info->scale_count == 0, S2VK_ERROR_NO_SCALES);
  const int64_t index = info->resize_output_to_idx, count = info->scale_count;
  breaks(e, index >= count || index < -count, S2VK_ERROR_OUTPUT_INDEX);
}

/* ---- Pixels ------------------------------------------------------------------------------------------------------ */

/* Components of a format, and bytes of one. */
static uint32_t components_of(s2vk_pixel_format format, uint32_t *bytes) {
  static const uint32_t components[] = {4, 4, 3, 3, 1};
  *bytes = format >= S2VK_PIXEL_RGBA_F32 ? 4 : 1;
  return components[format % 5];
}

/* Bytes of pixels in a buffer; the fields that adversaries set, all others being 0. */
static wide pixel_bytes(const s2vk_plan_info *info, struct expected *e) {
  const s2vk_pixels_info *p = info->pixels;
  uint32_t bytes;
  const uint32_t components = components_of(p->format, &bytes);
  const uint64_t bottom = (uint64_t)p->y + info->height, right = (uint64_t)p->x + info->width;
  const bool whole = p->image.height == 0 && p->image.width == 0;
  const uint64_t height = whole ? bottom : p->image.height, width = whole ? right : p->image.width;
  breaks(e, info->channels > 4 || (info->channels == 4 && components < 4), S2VK_ERROR_PIXELS);
  breaks(e, info->input_type != S2VK_TYPE_F32, S2VK_ERROR_PIXELS);
  breaks(e, bottom > S2VK_MAX_SIDE || right > S2VK_MAX_SIDE, S2VK_ERROR_OVERFLOW);
  breaks(e, bottom > height || right > width, S2VK_ERROR_PIXELS);
  const wide row = p->row_stride ? p->row_stride : (wide)width * components * bytes;
  const wide image = p->image_stride ? p->image_stride : row * height;
  breaks(e, row < (wide)width * components * bytes, S2VK_ERROR_PIXELS);
  breaks(e, row % bytes || image % bytes, S2VK_ERROR_PIXELS);
  breaks(e, row * height > MAX_BYTES || image * info->batch > MAX_BYTES, S2VK_ERROR_OVERFLOW);
  return (info->batch - 1) * image + (bottom - 1) * row + right * components * bytes;
}

/* ---- Scales ------------------------------------------------------------------------------------------------------ */

static const s2vk_model_shape *model_of(const s2vk_plan_info *info, uint32_t i) {
  return info->scale_models ? &info->scale_models[i] : &info->model;
}

/* Step 1. False: there is no such image. */
static bool expect_image(const s2vk_plan_info *info, uint32_t i, struct expected *e) {
  double height, width;
  if (info->img_sizes) {
    height = info->img_sizes[i].height;
    width = info->img_sizes[i].width;
    breaks(e, height < 1 || width < 1, S2VK_ERROR_ZERO_SIZE);
  } else {
    const double scale = info->scales[i];
    height = trunc(info->height * scale);
    width = trunc(info->width * scale);
    breaks(e, !(scale > 0) || isinf(scale) || !(height >= 1) || !(width >= 1), S2VK_ERROR_EMPTY_SCALE);
  }
  breaks(e, height > S2VK_MAX_SIDE || width > S2VK_MAX_SIDE, S2VK_ERROR_OVERFLOW);
  if (!(height >= 1 && height <= S2VK_MAX_SIDE && width >= 1 && width <= S2VK_MAX_SIDE))
    return false;
  e->scales[i].image = (s2vk_size){(uint32_t)height, (uint32_t)width};
  return true;
}

/* Step 2, along one axis. */
static uint32_t tiles_along(uint32_t length, uint32_t side, uint32_t overlap) {
  return length <= side ? 1 : (length - overlap + side - overlap - 1) / (side - overlap);
}

static bool expect_tiles(const s2vk_plan_info *info, uint32_t i, struct expected *e) {
  s2vk_scale_layout *s = &e->scales[i];
  const uint32_t side = info->max_split_size ? info->max_split_size : info->height, overlap = info->tile_overlap;
  breaks(e, overlap > side / 2, S2VK_ERROR_TILE_OVERLAP);
  if (overlap > side / 2)
    return false;
  s->tile_side = side;
  s->tiles = (s2vk_size){tiles_along(s->image.height, side, overlap), tiles_along(s->image.width, side, overlap)};
  if (info->grid_policy == S2VK_GRID_SQUARE) {
    const bool even = s->image.height == s->image.width && s->image.height % s->tiles.height == 0;
    breaks(e, !even, S2VK_ERROR_SQUARE_POLICY);
    if (!even)
      return false;
    s->tile_side = s->image.height / s->tiles.height;
  }
  const uint64_t height = (uint64_t)s->tiles.height * (s->tile_side - overlap) + overlap;
  const uint64_t width = (uint64_t)s->tiles.width * (s->tile_side - overlap) + overlap;
  breaks(e, height > S2VK_MAX_SIDE || width > S2VK_MAX_SIDE, S2VK_ERROR_OVERFLOW);
  s->padded = (s2vk_size){(uint32_t)height, (uint32_t)width};
  return height <= S2VK_MAX_SIDE && width <= S2VK_MAX_SIDE;
}

/* Step 6. */
static bool expect_features(const s2vk_plan_info *info, uint32_t i, struct expected *e) {
  const s2vk_model_shape *model = model_of(info, i);
  breaks(e, model->channels == 0 || model->channels != model_of(info, 0)->channels, S2VK_ERROR_ZERO_SIZE);
  if (info->output_shape == S2VK_OUTPUT_BCHW) {
    breaks(e, model->height == 0 || model->width == 0, S2VK_ERROR_ZERO_SIZE);
    e->scales[i].features = (s2vk_size){model->height, model->width};
    return model->height && model->width;
  }
  breaks(e, model->tokens == 0, S2VK_ERROR_ZERO_SIZE);
  const int64_t grid = (int64_t)model->tokens - info->num_prefix_token;
  uint32_t side = 0;
  while ((int64_t)side * side < grid)
    side++;
  const bool square = grid >= 1 && (int64_t)side * side == grid;
  breaks(e, !square, S2VK_ERROR_TOKENS_NOT_SQUARE);
  e->scales[i].features = (s2vk_size){side, side};
  return square;
}

/* Steps 7 and 8, along one axis. */
static wide grid_along(uint32_t tiles, uint32_t features, uint32_t overlap, uint32_t side) {
  const wide shared = (wide)overlap * features / side;
  return tiles * (features - shared) + shared;
}

static uint32_t own_along(uint32_t image, uint32_t padded, uint32_t grid) {
  return (uint32_t)ceil((double)image / padded * grid);
}

static bool expect_grid(const s2vk_plan_info *info, uint32_t i, struct expected *e) {
  s2vk_scale_layout *s = &e->scales[i];
  const uint32_t overlap = info->tile_overlap, side = s->tile_side;
  const bool whole = (wide)overlap * s->features.height % side == 0 && (wide)overlap * s->features.width % side == 0;
  breaks(e, !whole, S2VK_ERROR_TILE_OVERLAP);
  const wide height = grid_along(s->tiles.height, s->features.height, overlap, side);
  const wide width = grid_along(s->tiles.width, s->features.width, overlap, side);
  breaks(e, height > S2VK_MAX_SIDE || width > S2VK_MAX_SIDE, S2VK_ERROR_OVERFLOW);
  if (!whole || height > S2VK_MAX_SIDE || width > S2VK_MAX_SIDE)
    return false;
  s->own = s->grid = (s2vk_size){(uint32_t)height, (uint32_t)width};
  if (info->split_mode == S2VK_SPLIT_PAD || info->grid_policy != S2VK_GRID_SPLIT)
    s->own = (s2vk_size){own_along(s->image.height, s->padded.height, s->grid.height),
        own_along(s->image.width, s->padded.width, s->grid.width)};
  return true;
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

static uint64_t rounded(wide bytes) {
  return (uint64_t)((bytes + 3) / 4 * 4);
}

static uint32_t tokens_of(const s2vk_plan_info *info, uint32_t i) {
  return model_of(info, i)->tokens;
}

static s2vk_shape features_shape(const s2vk_plan_info *info, const s2vk_scale_layout *s, uint32_t i, uint32_t tiles) {
  const uint32_t channels = model_of(info, i)->channels;
  if (info->output_shape == S2VK_OUTPUT_BCHW)
    return (s2vk_shape){4, {tiles, channels, s->features.height, s->features.width}};
  return (s2vk_shape){3, {tiles, tokens_of(info, i), channels}};
}

static wide bytes_of(const s2vk_shape *shape, s2vk_type type) {
  wide bytes = type == S2VK_TYPE_F32 ? 4 : 2;
  for (uint32_t i = 0; i < shape->rank; i++)
    bytes *= shape->dims[i];
  return bytes;
}

static bool share_calls(const s2vk_plan_info *info, const struct expected *e, uint32_t a, uint32_t b) {
  const s2vk_scale_layout *x = &e->scales[a], *y = &e->scales[b];
  return info->calls_cross_scales && x->tile_side == y->tile_side && x->features.height == y->features.height &&
         x->features.width == y->features.width;
}

/* Where the tiles end that may be in calls with those of scale i. */
static uint64_t end_of_run(const s2vk_plan_info *info, const struct expected *e, uint32_t i) {
  while (i + 1 < info->scale_count && share_calls(info, e, i, i + 1))
    i++;
  return e->scales[i].first_tile + e->scales[i].tile_count;
}

static uint64_t per_call(const s2vk_plan_info *info) {
  const uint64_t given = info->split_forward ? info->batch : info->tiles_per_call;
  return given ? given : UINT64_MAX;
}

void expect_next_call(const s2vk_plan_info *info, const struct expected *e, uint32_t k, s2vk_call_layout *call) {
  const uint64_t begin = k ? call->first_tile + call->tile_count : 0;
  uint32_t scale = 0;
  while (begin >= e->scales[scale].first_tile + e->scales[scale].tile_count)
    scale++;
  const uint64_t left = end_of_run(info, e, scale) - begin;
  const uint32_t count = (uint32_t)(left < per_call(info) ? left : per_call(info)), side = e->scales[scale].tile_side;
  *call = (s2vk_call_layout){.struct_size = sizeof *call,
      .scale = scale,
      .tile_count = count,
      .first_tile = begin,
      .tiles = {4, {count, info->channels, side, side}},
      .features = features_shape(info, &e->scales[scale], scale, count)};
  call->tiles_bytes = rounded(bytes_of(&call->tiles, info->tile_type));
  call->features_bytes = rounded(bytes_of(&call->features, info->feature_type));
}

/* Calls, and the largest tensors of one. A run of scales is cut into calls of equal size; the last may be smaller. */
static void expect_calls(const s2vk_plan_info *info, struct expected *e) {
  wide calls = 0, tiles_bytes = 0, features_bytes = 0;
  for (uint32_t i = 0; i < info->scale_count; i++) {
    const bool begins = i == 0 || !share_calls(info, e, i - 1, i);
    if (!begins)
      continue;
    const uint64_t tiles = end_of_run(info, e, i) - e->scales[i].first_tile;
    const uint64_t most = per_call(info) < tiles ? per_call(info) : tiles;
    const s2vk_shape features = features_shape(info, &e->scales[i], i, 1);
    const wide side = e->scales[i].tile_side, pixels = side * side * info->channels;
    const wide tile = pixels * (info->tile_type == S2VK_TYPE_F32 ? 4 : 2) * most;
    const wide feature = bytes_of(&features, info->feature_type) * most;
    calls += (tiles - 1) / most + 1;
    tiles_bytes = tile > tiles_bytes ? tile : tiles_bytes;
    features_bytes = feature > features_bytes ? feature : features_bytes;
  }
  breaks(e, calls > MAX_CALLS, S2VK_ERROR_OVERFLOW);
  breaks(e, tiles_bytes > MAX_BYTES || features_bytes > MAX_BYTES, S2VK_ERROR_OVERFLOW);
  e->layout.call_count = (uint32_t)calls;
  e->layout.tiles_bytes = rounded(tiles_bytes);
  e->layout.features_bytes = rounded(features_bytes);
}

static void expect_output(const s2vk_plan_info *info, struct expected *e) {
  const int64_t index = info->resize_output_to_idx;
  const s2vk_size grid = e->scales[index < 0 ? index + info->scale_count : index].own;
  const wide tokens = (wide)grid.height * grid.width + info->num_prefix_token;
  const wide channels = (wide)info->scale_count * model_of(info, 0)->channels;
  breaks(e, tokens > UINT32_MAX || channels > UINT32_MAX, S2VK_ERROR_OVERFLOW);
  const s2vk_shape shape = info->output_shape == S2VK_OUTPUT_BCHW
                               ? (s2vk_shape){4, {info->batch, (uint32_t)channels, grid.height, grid.width}}
                               : (s2vk_shape){3, {info->batch, (uint32_t)tokens, (uint32_t)channels}};
  breaks(e, bytes_of(&shape, info->output_type) > MAX_BYTES, S2VK_ERROR_OVERFLOW);
  e->layout.output = shape;
  e->layout.output_grid = grid;
  e->layout.output_bytes = rounded(bytes_of(&shape, info->output_type));
}

void expect(const s2vk_plan_info *info, struct expected *e) {
  *e = (struct expected){.layout = {.struct_size = sizeof e->layout, .scale_count = info->scale_count}};
  check_choices(info, e);
  check_sizes(info, e);
  if (e->error_count) /* then scales cannot be laid out */
    return;
  const s2vk_shape input = {4, {info->batch, info->channels, info->height, info->width}};
  const wide input_bytes = info->pixels ? pixel_bytes(info, e) : bytes_of(&input, info->input_type);
  breaks(e, input_bytes > MAX_BYTES, S2VK_ERROR_OVERFLOW);
  e->layout.input = input;
  e->layout.input_bytes = rounded(input_bytes);
  wide tiles = 0;
  bool all = true;
  for (uint32_t i = 0; i < info->scale_count; i++) {
    s2vk_scale_layout *s = &e->scales[i];
    s->struct_size = sizeof *s;
    const bool image = expect_image(info, i, e) && expect_tiles(info, i, e);
    const bool laid = expect_features(info, i, e) && image && expect_grid(info, i, e);
    all = all && laid;
    s->first_tile = (uint64_t)tiles;
    s->tile_count = (uint64_t)s->tiles.height * s->tiles.width * info->batch;
    tiles += (wide)s->tiles.height * s->tiles.width * info->batch;
  }
  breaks(e, tiles > UINT32_MAX, S2VK_ERROR_OVERFLOW);
  e->layout.tile_count = (uint64_t)tiles;
  if (!all || tiles > UINT32_MAX)
    return;
  expect_calls(info, e);
  expect_output(info, e);
}
