#include "map/geometry.h"

#include "base/checked.h"
#include "map/check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* ---- Scales ------------------------------------------------------------------------------------------------- */

static s2vk_result image_size(const struct s2_env *env, const s2vk_plan_info *info, uint32_t i, s2vk_size *image) {
  if (info->img_sizes) {
    *image = info->img_sizes[i];
    if (image->height == 0 || image->width == 0)
      return s2_fail(env, S2VK_ERROR_ZERO_SIZE, "img_sizes[%u] is %u x %u; both must be at least 1", i, image->height,
          image->width);
    if (image->height > S2VK_MAX_SIDE || image->width > S2VK_MAX_SIDE)
      return s2_fail(env, S2VK_ERROR_OVERFLOW, "img_sizes[%u] is %u x %u; both must be at most %u", i, image->height,
          image->width, S2VK_MAX_SIDE);
    return S2VK_SUCCESS;
  }
  double scale = info->scales[i];
  double height = trunc(info->height * scale), width = trunc(info->width * scale);
  if (!(scale > 0 && scale <= DBL_MAX) || height < 1 || width < 1)
    return s2_fail(env, S2VK_ERROR_EMPTY_SCALE,
        "scales[%u] is %g, which makes the input of %u x %u an image without pixels", i, scale, info->height,
        info->width);
  if (height > S2VK_MAX_SIDE || width > S2VK_MAX_SIDE)
    return s2_fail(env, S2VK_ERROR_OVERFLOW,
        "scales[%u] is %.10g, which makes the input of %u x %u an image of %.10g x %.10g; both must be at most %u", i,
        scale, info->height, info->width, height, width, S2VK_MAX_SIDE);
  *image = (s2vk_size){(uint32_t)height, (uint32_t)width};
  return S2VK_SUCCESS;
}

static uint32_t ceil_div(uint32_t value, uint32_t divisor) {
  return value / divisor + (value % divisor != 0);
}

/* The number of tiles that cover `pixels` pixels. */
static uint32_t tiles_for(uint32_t pixels, uint32_t side, uint32_t overlap) {
  return pixels <= side ? 1 : ceil_div(pixels - overlap, side - overlap);
}

static s2vk_result lay_tiles(const struct s2_env *env, const s2vk_plan_info *info, uint32_t i, struct s2_scale *scale) {
  uint32_t side = info->max_split_size ? info->max_split_size : info->height;
  const uint32_t overlap = info->tile_overlap;
  s2vk_size image = scale->image;
  if (overlap > side / 2)
    return s2_fail(env, S2VK_ERROR_TILE_OVERLAP, "tile_overlap is %u; it must be at most %u with tiles of %u", overlap,
        side / 2, side);
  scale->tiles = (s2vk_size){tiles_for(image.height, side, overlap), tiles_for(image.width, side, overlap)};
  if (info->grid_policy == S2VK_GRID_SQUARE) {
    if (image.height != image.width || image.height % scale->tiles.height != 0)
      return s2_fail(env, S2VK_ERROR_SQUARE_POLICY,
          "scale %u is %u x %u in %u x %u tiles; S2VK_GRID_SQUARE needs a square that its tiles divide evenly", i,
          image.height, image.width, scale->tiles.height, scale->tiles.width);
    side = image.height / scale->tiles.height;
  }
  const uint64_t height = (uint64_t)scale->tiles.height * (side - overlap) + overlap;
  const uint64_t width = (uint64_t)scale->tiles.width * (side - overlap) + overlap;
  if (height > S2VK_MAX_SIDE || width > S2VK_MAX_SIDE)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "scale %u padded to tiles of %u is %llu x %llu; both must be at most %u",
        i, side, (unsigned long long)height, (unsigned long long)width, S2VK_MAX_SIDE);
  scale->tile_side = side;
  scale->padded = (s2vk_size){(uint32_t)height, (uint32_t)width};
  scale->tiled = (s2vk_size){scale->tiles.height * side, scale->tiles.width * side};
  return S2VK_SUCCESS;
}

/* The grid of tokens that the model returns for one tile, and how many elements that is. */
static s2vk_result model_grid(
    const struct s2_env *env, const s2vk_plan_info *info, uint32_t i, struct s2_scale *scale) {
  const s2vk_model_shape *model = info->scale_models ? &info->scale_models[i] : &info->model;
  const char *name = info->scale_models ? "scale_models[i]" : "model";
  uint32_t channels = info->scale_models ? info->scale_models[0].channels : model->channels;
  if (model->channels == 0 || model->channels != channels)
    return s2_fail(env, S2VK_ERROR_ZERO_SIZE,
        "%s.channels of scale %u is %u; it must be at least 1 and the same for all scales", name, i, model->channels);
  uint64_t tokens = model->tokens;
  if (info->output_shape == S2VK_OUTPUT_BCHW) {
    if (model->height == 0 || model->width == 0)
      return s2_fail(env, S2VK_ERROR_ZERO_SIZE, "%s of scale %u is %u x %u; height and width must be at least 1", name,
          i, model->height, model->width);
    scale->features = (s2vk_size){model->height, model->width};
    tokens = s2_multiply(model->height, model->width);
  } else {
    if (model->tokens == 0)
      return s2_fail(env, S2VK_ERROR_ZERO_SIZE, "%s.tokens of scale %u is 0; it must be at least 1", name, i);
    uint32_t count = model->tokens > info->num_prefix_token ? model->tokens - info->num_prefix_token : 0;
    uint32_t side = (uint32_t)sqrt((double)count);
    const bool may_lack = info->prefix_only && model->tokens >= info->num_prefix_token;
    if ((count == 0 && !may_lack) || (uint64_t)side * side != count)
      return s2_fail(env, S2VK_ERROR_TOKENS_NOT_SQUARE,
          "%s.tokens of scale %u is %u and num_prefix_token is %u; tokens less prefix tokens must be a square number%s",
          name, i, model->tokens, info->num_prefix_token,
          info->prefix_only ? " or 0"
          : count == 0      ? ", or 0 with prefix_only"
                            : "");
    scale->features = (s2vk_size){side, side};
  }
  scale->feature_elements = s2_multiply(tokens, model->channels);
  return S2VK_SUCCESS;
}

static uint32_t gcd(uint32_t a, uint32_t b) {
  return b ? gcd(b, a % b) : a;
}

/* The tokens that a tile shares with its neighbours. They must be whole. */
static s2vk_result share_tokens(
    const struct s2_env *env, const s2vk_plan_info *info, uint32_t i, struct s2_scale *scale) {
  const uint32_t overlap = info->tile_overlap, side = scale->tile_side;
  const uint32_t height = scale->features.height, width = scale->features.width;
  /* The least overlap in whole rows, in whole columns, and in both. All divide the side. */
  const uint32_t rows = side / gcd(side, height), columns = side / gcd(side, width);
  const uint32_t step = rows / gcd(rows, columns) * columns, below = overlap / step * step, above = below + step;
  if (overlap == below) {
    scale->shared =
        (s2vk_size){overlap / rows * (height / (side / rows)), overlap / columns * (width / (side / columns))};
    return S2VK_SUCCESS;
  }
  char other[32] = "";
  const bool two = above <= side / 2;
  if (two)
    snprintf(other, sizeof other, " and %u", above);
  return s2_fail(env, S2VK_ERROR_TILE_OVERLAP,
      "tile_overlap is %u, not whole tokens of scale %u, where %u pixels are %u x %u of them; nearest %s %u%s", overlap,
      i, side, height, width, two ? "are" : "is", below, other);
}

/* docs/semantics.md, step 8: the order of operations decides how ceil() comes out. */
static uint32_t valid_side(uint32_t image, uint32_t padded, uint32_t grid) {
  return (uint32_t)ceil((double)image / padded * grid);
}

static s2vk_result lay_grid(const struct s2_env *env, const s2vk_plan_info *info, uint32_t i, struct s2_scale *scale) {
  s2vk_result result = model_grid(env, info, i, scale);
  if (!result && scale->features.height > 0)
    result = share_tokens(env, info, i, scale);
  if (result)
    return result;
  const s2vk_size features = scale->features, shared = scale->shared;
  const uint64_t height = (uint64_t)scale->tiles.height * (features.height - shared.height) + shared.height;
  const uint64_t width = (uint64_t)scale->tiles.width * (features.width - shared.width) + shared.width;
  if (height > S2VK_MAX_SIDE || width > S2VK_MAX_SIDE)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "the feature grid of scale %u is %llu x %llu; both must be at most %u", i,
        (unsigned long long)height, (unsigned long long)width, S2VK_MAX_SIDE);
  scale->grid = (s2vk_size){(uint32_t)height, (uint32_t)width};
  scale->valid = scale->grid;
  if (info->grid_policy == S2VK_GRID_IMAGE || info->split_mode == S2VK_SPLIT_PAD) {
    scale->valid.height = valid_side(scale->image.height, scale->padded.height, scale->grid.height);
    scale->valid.width = valid_side(scale->image.width, scale->padded.width, scale->grid.width);
  }
  return S2VK_SUCCESS;
}

static s2vk_result make_scale(
    const struct s2_env *env, const s2vk_plan_info *info, uint32_t i, struct s2_geometry *geometry) {
  struct s2_scale *scale = &geometry->scales[i];
  s2vk_result result = image_size(env, info, i, &scale->image);
  if (!result)
    result = lay_tiles(env, info, i, scale);
  if (!result)
    result = lay_grid(env, info, i, scale);
  if (result)
    return result;
  const uint64_t grid = s2_multiply(scale->tiles.height, scale->tiles.width);
  const uint64_t count = s2_multiply(grid, geometry->batch);
  if (s2_add(geometry->tile_count, count) > S2_MAX_TILES)
    return s2_fail(env, S2VK_ERROR_OVERFLOW,
        "scale %u has %llu tiles for each of batch = %u images; at most %u fit a plan", i, (unsigned long long)grid,
        geometry->batch, S2_MAX_TILES);
  scale->tile_elements = s2_multiply(s2_multiply(scale->tile_side, scale->tile_side), geometry->channels);
  scale->first_tile = geometry->tile_count;
  scale->tile_count = (uint32_t)count;
  geometry->tile_count += scale->tile_count;
  return S2VK_SUCCESS;
}

/* ---- Calls -------------------------------------------------------------------------------------------------- */

static bool may_share_call(const struct s2_scale *a, const struct s2_scale *b) {
  return a->tile_side == b->tile_side && a->feature_elements == b->feature_elements &&
         a->features.height == b->features.height;
}

/* Cuts each run of scales that may share calls into calls; with calls NULL only counts them. */
static uint64_t cut_calls(const struct s2_geometry *geometry, uint32_t per_call, bool cross, struct s2_call *calls) {
  uint64_t count = 0;
  for (uint32_t i = 0, next; i < geometry->scale_count; i = next) {
    const struct s2_scale *scales = geometry->scales;
    next = i + 1;
    while (cross && next < geometry->scale_count && may_share_call(&scales[i], &scales[next]))
      next++;
    uint64_t begin = scales[i].first_tile, end = scales[next - 1].first_tile + (uint64_t)scales[next - 1].tile_count;
    uint64_t step = per_call ? per_call : end - begin;
    if (!calls) {
      count += (end - begin + step - 1) / step;
      continue;
    }
    uint32_t scale = i;
    for (; begin < end; begin += step) {
      uint64_t stop = begin + step < end ? begin + step : end;
      while (begin >= scales[scale].first_tile + (uint64_t)scales[scale].tile_count)
        scale++;
      uint32_t last = scale;
      while (stop > scales[last].first_tile + (uint64_t)scales[last].tile_count)
        last++;
      calls[count++] = (struct s2_call){(uint32_t)begin, (uint32_t)(stop - begin), scale, last - scale + 1};
    }
  }
  return count;
}

static s2vk_result make_calls(const struct s2_env *env, const s2vk_plan_info *info, struct s2_geometry *geometry) {
  uint32_t per_call = info->split_forward ? info->batch : info->tiles_per_call;
  uint64_t count = cut_calls(geometry, per_call, info->calls_cross_scales, NULL);
  if (count > S2_MAX_CALLS)
    return s2_fail(env, S2VK_ERROR_OVERFLOW,
        "%u tiles at tiles_per_call = %u are %llu model calls; at most %u fit a plan", geometry->tile_count, per_call,
        (unsigned long long)count, S2_MAX_CALLS);
  geometry->calls = s2_alloc(env, (size_t)count, sizeof *geometry->calls);
  if (!geometry->calls)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %llu calls", (unsigned long long)count);
  geometry->call_count = (uint32_t)cut_calls(geometry, per_call, info->calls_cross_scales, geometry->calls);
  geometry->calls_are_scales = true;
  for (uint32_t k = 0; geometry->calls_are_scales && k < geometry->call_count; k++) {
    const struct s2_call *call = &geometry->calls[k];
    const struct s2_scale *first = &geometry->scales[call->scale], *last = first + call->scale_count - 1;
    geometry->calls_are_scales =
        call->first_tile == first->first_tile &&
        (uint64_t)call->first_tile + call->tile_count == (uint64_t)last->first_tile + last->tile_count;
  }
  return S2VK_SUCCESS;
}

/* ---- Bytes -------------------------------------------------------------------------------------------------- */

const struct s2_geometry *s2_split_view(const struct s2_geometry *g, uint32_t scale) {
  return g->pre.resample_count == 0 ? g : &g->views[g->pre.first.height ? 0 : scale];
}

bool s2_is_input(const struct s2_geometry *g, const struct s2_scale *scale) {
  return !g->pre.first.height && scale->image.height == g->input.height && scale->image.width == g->input.width &&
         scale->tiled.height == g->input.height && scale->tiled.width == g->input.width;
}

uint64_t s2_tensor_bytes(uint64_t elements, s2vk_type type) {
  return s2_round_up(s2_multiply(elements, s2vk_type_size(type)), 4);
}

static struct s2_extents tile_extents(const struct s2_geometry *g, const struct s2_scale *scale) {
  return (struct s2_extents){"tile_strides", g->tile_type, false, 0, g->channels, {scale->tile_side, scale->tile_side}};
}

static struct s2_extents feature_extents(const struct s2_geometry *g, const struct s2_scale *scale) {
  return (struct s2_extents){"feature_strides", g->feature_type, g->layout == S2VK_OUTPUT_BNC, g->prefix,
      g->feature_channels, scale->features};
}

uint32_t s2_output_prefix(const struct s2_geometry *g) {
  return g->prefix * g->prefix_rows;
}

/* Channels of all scales, as often as the output has them. */
static uint64_t image_channels(const struct s2_geometry *g) {
  return s2_multiply(s2_multiply(g->scale_count, g->feature_channels), g->repeat);
}

static struct s2_extents output_extents(const struct s2_geometry *g) {
  return (struct s2_extents){"output_strides", g->output_type, g->layout == S2VK_OUTPUT_BNC, s2_output_prefix(g),
      s2_multiply(image_channels(g), (uint64_t)g->places.square * g->places.square), g->output_grid};
}

uint64_t s2_tile_span(const struct s2_geometry *g, const struct s2_scale *scale) {
  const struct s2_extents extents = tile_extents(g, scale);
  return s2_strides_span(&scale->tile_strides, &extents);
}

uint64_t s2_features_span(const struct s2_geometry *g, const struct s2_scale *scale) {
  const struct s2_extents extents = feature_extents(g, scale);
  return s2_strides_span(&scale->feature_strides, &extents);
}

static uint64_t items_bytes(uint32_t count, uint64_t item, uint64_t span, s2vk_type type) {
  return s2_tensor_bytes(s2_add(s2_multiply(count - 1, item), span), type);
}

uint64_t s2_tiles_bytes(const struct s2_geometry *g, const struct s2_call *call) {
  const struct s2_scale *scale = &g->scales[call->scale];
  return items_bytes(call->tile_count, scale->tile_strides.item, s2_tile_span(g, scale), g->tile_type);
}

uint64_t s2_features_bytes(const struct s2_geometry *g, const struct s2_call *call) {
  const struct s2_scale *scale = &g->scales[call->scale];
  return items_bytes(call->tile_count, scale->feature_strides.item, s2_features_span(g, scale), g->feature_type);
}

static s2vk_result lay_strides(const struct s2_env *env, const s2vk_plan_info *info, struct s2_geometry *g) {
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = 0; !result && i < g->scale_count; i++) {
    struct s2_scale *scale = &g->scales[i];
    const struct s2_extents tile = tile_extents(g, scale), features = feature_extents(g, scale);
    result = s2_strides_create(env, &tile, &info->tile_strides, &scale->tile_strides);
    if (!result)
      result = s2_strides_create(env, &features, &info->feature_strides, &scale->feature_strides);
  }
  if (!result && (info->output_strides.order == S2VK_ORDER_NC4HW4 || info->output_strides.order == S2VK_ORDER_NC8HW8))
    return s2_fail(env, S2VK_ERROR_STRIDES,
        "output_strides.order is %d; the output has no blocks of channels: it must be 0 or 1",
        (int)info->output_strides.order);
  const struct s2_extents output = output_extents(g);
  return result ? result : s2_strides_create(env, &output, &info->output_strides, &g->output_strides);
}

/* The number of blocks that the output has, down and across. */
static s2vk_result count_blocks(
    const struct s2_env *env, const s2vk_plan_info *info, const struct s2_geometry *g, s2vk_size *blocks) {
  const int64_t given = info->output_blocks_idx, index = given < 0 ? given + g->scale_count : given;
  *blocks = (s2vk_size){1, 1};
  if (!info->output_blocks)
    return S2VK_SUCCESS;
  if (index < 0 || index >= (int64_t)g->scale_count)
    return s2_fail(env, S2VK_ERROR_OUTPUT_INDEX, "output_blocks_idx is %lld; with %u scales it must be %lld to %lld",
        (long long)given, g->scale_count, -(long long)g->scale_count, (long long)g->scale_count - 1);
  const s2vk_size tiles = g->scales[index].tiles, grid = g->merged_grid;
  if (g->layout == S2VK_OUTPUT_BCHW)
    return s2_fail(env, S2VK_ERROR_OUTPUT_BLOCKS, "output_blocks is 1; with S2VK_OUTPUT_BCHW it must be 0");
  if (grid.height % tiles.height || grid.width % tiles.width)
    return s2_fail(env, S2VK_ERROR_OUTPUT_BLOCKS,
        "output_blocks is 1 and the output has %u x %u tokens; the %u x %u tiles of scale %lld must divide them",
        grid.height, grid.width, tiles.height, tiles.width, (long long)index);
  *blocks = tiles;
  return S2VK_SUCCESS;
}

/* The tokens of the output: one for each square of a block, and prefix tokens. */
static s2vk_result lay_output_grid(
    const struct s2_env *env, const s2vk_plan_info *info, struct s2_geometry *g, s2vk_size *blocks) {
  s2vk_result result = count_blocks(env, info, g, blocks);
  if (result)
    return result;
  const uint32_t square = info->output_downsample ? info->output_downsample : 1;
  g->places.square = square;
  g->output_grid = (s2vk_size){blocks->height * ceil_div(g->merged_grid.height / blocks->height, square),
      blocks->width * ceil_div(g->merged_grid.width / blocks->width, square)};
  uint32_t most = 1;
  for (uint32_t i = 0; info->prefix_tokens == S2VK_PREFIX_TILES && i < g->scale_count; i++) {
    const uint32_t tiles = g->scales[i].tile_count / g->batch;
    most = tiles > most ? tiles : most;
  }
  if (s2_multiply(most, g->prefix) > UINT32_MAX)
    return s2_fail(env, S2VK_ERROR_OVERFLOW,
        "num_prefix_token is %u, of each of %u tiles; the output can have at most %u prefix tokens", g->prefix, most,
        UINT32_MAX);
  g->prefix_rows = most;
  return S2VK_SUCCESS;
}

s2vk_size s2_result_grid(const struct s2_geometry *g) {
  return (s2vk_size){g->output_grid.height * g->places.square, g->output_grid.width * g->places.square};
}

bool s2_is_plain(const struct s2_geometry *g) {
  return g->places.row == g->output_strides.row && g->places.block_height == 0 && g->places.square == 1 &&
         g->prefix_rows == 1 && !g->prefix_only;
}

static uint64_t larger(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

static s2vk_result check_bytes(const struct s2_env *env, const struct s2_geometry *g, uint64_t tokens) {
  const struct {
    const char *name;
    uint64_t bytes;
  } tensors[] = {{"input", g->input_bytes}, {"tiles of a call", g->tiles_bytes},
      {"features of a call", g->features_bytes}, {"output", g->output_bytes}};
  for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
    if (tensors[i].bytes > S2_MAX_BYTES)
      return s2_fail(env, S2VK_ERROR_OVERFLOW,
          "batch = %u, channels = %u and model.channels = %u make more than 2^60 bytes of the %s", g->batch,
          g->channels, g->feature_channels, tensors[i].name);
  if (tokens > UINT32_MAX || output_extents(g).channels > UINT32_MAX)
    return s2_fail(env, S2VK_ERROR_OVERFLOW,
        "the output has %llu tokens of scale_count = %u times model.channels = %u channels%s; both must be at most %u",
        (unsigned long long)tokens, g->scale_count, g->feature_channels,
        g->repeat > 1 || g->places.square > 1 ? ", repeated or downsampled" : "", UINT32_MAX);
  return S2VK_SUCCESS;
}

static s2vk_result count_bytes(const struct s2_env *env, struct s2_geometry *g) {
  const uint64_t pixels = s2_multiply(s2_multiply(g->input.height, g->input.width), g->channels);
  const uint64_t tokens = s2_add(s2_multiply(g->output_grid.height, g->output_grid.width), s2_output_prefix(g));
  const struct s2_extents output = output_extents(g);
  g->input_bytes = s2_tensor_bytes(s2_multiply(pixels, g->batch), g->input_type);
  if (g->pixels.source != S2_SOURCE_TENSOR)
    g->input_bytes = s2_pixels_bytes(&g->pixels, g->batch, g->input);
  g->output_bytes =
      items_bytes(g->batch, g->output_strides.item, s2_strides_span(&g->output_strides, &output), g->output_type);
  for (uint32_t k = 0; k < g->call_count; k++) {
    g->tiles_bytes = larger(g->tiles_bytes, s2_tiles_bytes(g, &g->calls[k]));
    g->features_bytes = larger(g->features_bytes, s2_features_bytes(g, &g->calls[k]));
  }
  return check_bytes(env, g, tokens);
}

/* ---- All together ------------------------------------------------------------------------------------------- */

static s2vk_result fill_geometry(const struct s2_env *env, const s2vk_plan_info *info, struct s2_geometry *geometry) {
  geometry->scales = s2_alloc(env, info->scale_count, sizeof *geometry->scales);
  if (!geometry->scales)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for scale_count = %u", info->scale_count);
  geometry->scale_count = info->scale_count;
  s2vk_result result = S2VK_SUCCESS;
  for (uint32_t i = 0; !result && i < info->scale_count; i++)
    result = make_scale(env, info, i, geometry);
  if (!result)
    result = make_calls(env, info, geometry);
  if (result)
    return result;
  int64_t index = info->resize_output_to_idx;
  if (!info->prefix_only)
    geometry->merged_grid = geometry->scales[index < 0 ? index + info->scale_count : index].valid;
  s2vk_size blocks;
  result = lay_output_grid(env, info, geometry, &blocks);
  if (!result)
    result = lay_strides(env, info, geometry);
  if (result)
    return result;
  if (info->output_shape == S2VK_OUTPUT_BNC)
    s2_places_lay_tokens(&geometry->places, info,
        &(struct s2_tokens){geometry->output_grid, blocks, geometry->output_strides.column, image_channels(geometry)});
  else
    s2_places_lay_maps(&geometry->places, &geometry->output_strides);
  return count_bytes(env, geometry);
}

/* The images that splits start from, where they are not the input. */
static s2vk_result make_views(const struct s2_env *env, const s2vk_plan_info *info, struct s2_geometry *g) {
  const uint32_t count = s2_preprocess_count(info, &g->pre);
  if (count == 0)
    return S2VK_SUCCESS;
  g->pre.resamples = s2_alloc(env, count, sizeof *g->pre.resamples);
  g->views = s2_alloc(env, count, sizeof *g->views);
  if (!g->pre.resamples || !g->views)
    return s2_fail(env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u resized images", count);
  for (uint32_t i = 0; i < count; i++)
    s2_preprocess_add(info, &g->pixels, g->scales[i].image, &g->pre);
  if (g->pre.resampled_bytes > S2_MAX_BYTES)
    return s2_fail(env, S2VK_ERROR_OVERFLOW, "batch = %u makes more than 2^60 bytes of the resized images", g->batch);
  for (uint32_t i = 0; i < count; i++) {
    g->views[i] = *g;
    g->views[i].input = g->pre.resamples[i].out;
    g->views[i].pixels = g->pre.resamples[i].pixels;
    g->views[i].input_bytes = g->pre.resampled_bytes;
    g->views[i].pre = (struct s2_preprocess){0};
    if (!g->pre.first.height) /* it has its size already */
      g->views[i].filter = S2VK_FILTER_NEAREST;
  }
  return S2VK_SUCCESS;
}

s2vk_result s2_geometry_create(const struct s2_env *env, const s2vk_plan_info *info, struct s2_geometry *geometry) {
  *geometry = (struct s2_geometry){0};
  struct s2_preprocess pre = {0};
  s2vk_result result = s2_preprocess_check(env, info, &pre);
  if (result)
    return result;
  s2vk_plan_info s2 = *info; /* whose input is what comes out of the preprocessing */
  s2.height = pre.base.height;
  s2.width = pre.base.width;
  if ((result = s2_check_plan_info(env, &s2)))
    return result;
  *geometry = (struct s2_geometry){
      .batch = info->batch,
      .channels = info->channels,
      .input = pre.input,
      .pre = pre,
      .split_mode = info->split_mode,
      .filter = info->filter,
      .tile_overlap = info->tile_overlap,
      .grid_policy = info->grid_policy,
      .layout = info->output_shape,
      .prefix = info->num_prefix_token,
      .prefix_rows = 1,
      .prefix_each = info->prefix_tokens == S2VK_PREFIX_TILES,
      .prefix_only = info->prefix_only,
      .repeat = info->output_repeat ? info->output_repeat : 1,
      .places = {.square = 1},
      .feature_channels = info->scale_models ? info->scale_models[0].channels : info->model.channels,
      .input_type = info->input_type,
      .tile_type = info->tile_type,
      .feature_type = info->feature_type,
      .output_type = info->output_type,
  };
  if (info->pixels && (result = s2_pixels_create(env, info, &geometry->pixels)))
    return result;
  result = fill_geometry(env, &s2, geometry);
  if (!result)
    result = make_views(env, info, geometry);
  if (result)
    s2_geometry_destroy(env, geometry);
  return result;
}

void s2_geometry_destroy(const struct s2_env *env, struct s2_geometry *geometry) {
  s2_free(env, geometry->scales);
  s2_free(env, geometry->calls);
  s2_free(env, geometry->pre.resamples);
  s2_free(env, geometry->views);
  *geometry = (struct s2_geometry){0};
}

s2vk_shape s2_input_shape(const struct s2_geometry *g) {
  return (s2vk_shape){4, {g->batch, g->channels, g->input.height, g->input.width}};
}

s2vk_shape s2_output_shape(const struct s2_geometry *g) {
  const uint32_t channels = (uint32_t)output_extents(g).channels;
  if (g->layout == S2VK_OUTPUT_BCHW)
    return (s2vk_shape){4, {g->batch, channels, g->output_grid.height, g->output_grid.width}};
  return (s2vk_shape){3, {g->batch, s2_output_prefix(g) + g->output_grid.height * g->output_grid.width, channels}};
}

s2vk_shape s2_tiles_shape(const struct s2_geometry *g, const struct s2_call *call) {
  uint32_t side = g->scales[call->scale].tile_side;
  return (s2vk_shape){4, {call->tile_count, g->channels, side, side}};
}

s2vk_shape s2_features_shape(const struct s2_geometry *g, const struct s2_call *call) {
  s2vk_size features = g->scales[call->scale].features;
  if (g->layout == S2VK_OUTPUT_BCHW)
    return (s2vk_shape){4, {call->tile_count, g->feature_channels, features.height, features.width}};
  return (s2vk_shape){3, {call->tile_count, g->prefix + features.height * features.width, g->feature_channels}};
}
