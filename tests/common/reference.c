#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Sizes ------------------------------------------------------------------------------------------------------ */

static uint32_t isqrt(uint32_t value) {
  uint32_t root = 0;
  while ((root + 1) * (root + 1) <= value)
    root++;
  return root;
}

static const s2vk_model_shape *model_of(const s2vk_plan_info *info, uint32_t scale) {
  return info->scale_models ? &info->scale_models[scale] : &info->model;
}

/* Tiles that cover a length, each beginning `stride` after the one before. */
static uint32_t count_tiles(uint32_t length, uint32_t side, uint32_t stride) {
  uint32_t count = 1;
  while ((count - 1) * stride + side < length)
    count++;
  return count;
}

struct reference_scale reference_scale(const s2vk_plan_info *info, uint32_t scale) {
  struct reference_scale s = {0};
  if (info->scales) {
    s.image_h = (uint32_t)(info->height * info->scales[scale]);
    s.image_w = (uint32_t)(info->width * info->scales[scale]);
  } else {
    s.image_h = info->img_sizes[scale].height;
    s.image_w = info->img_sizes[scale].width;
  }
  s.side = info->max_split_size ? info->max_split_size : info->height;
  s.stride = s.side - info->tile_overlap;
  s.rows = count_tiles(s.image_h, s.side, s.stride);
  s.columns = count_tiles(s.image_w, s.side, s.stride);
  if (info->grid_policy == S2VK_GRID_SQUARE)
    s.side = s.stride = s.image_h / s.rows;
  s.padded_h = (s.rows - 1) * s.stride + s.side;
  s.padded_w = (s.columns - 1) * s.stride + s.side;
  const s2vk_model_shape *model = model_of(info, scale);
  if (info->output_shape == S2VK_OUTPUT_BNC) {
    s.feature_h = s.feature_w = isqrt(model->tokens - info->num_prefix_token);
  } else {
    s.feature_h = model->height;
    s.feature_w = model->width;
  }
  s.stride_h = s.feature_h * s.stride / s.side;
  s.stride_w = s.feature_w * s.stride / s.side;
  s.own_h = s.grid_h = (s.rows - 1) * s.stride_h + s.feature_h;
  s.own_w = s.grid_w = (s.columns - 1) * s.stride_w + s.feature_w;
  if (!(info->grid_policy == S2VK_GRID_SPLIT && info->split_mode == S2VK_SPLIT_RESIZE)) {
    s.own_h = (uint32_t)ceil((double)s.image_h / s.padded_h * s.grid_h);
    s.own_w = (uint32_t)ceil((double)s.image_w / s.padded_w * s.grid_w);
  }
  return s;
}

uint32_t reference_output_scale(const s2vk_plan_info *info) {
  int32_t index = info->resize_output_to_idx;
  return (uint32_t)(index < 0 ? index + (int32_t)info->scale_count : index);
}

size_t reference_tile_elements(const s2vk_plan_info *info, uint32_t scale) {
  struct reference_scale s = reference_scale(info, scale);
  return (size_t)s.rows * s.columns * info->batch * info->channels * s.side * s.side;
}

static uint32_t tokens_of(const s2vk_plan_info *info, const struct reference_scale *s) {
  return info->num_prefix_token + s->feature_h * s->feature_w;
}

size_t reference_feature_elements(const s2vk_plan_info *info, uint32_t scale) {
  struct reference_scale s = reference_scale(info, scale);
  return (size_t)s.rows * s.columns * info->batch * tokens_of(info, &s) * model_of(info, scale)->channels;
}

uint32_t reference_prefix_rows(const s2vk_plan_info *info) {
  uint32_t most = 1;
  for (uint32_t i = 0; info->prefix_tokens == S2VK_PREFIX_TILES && i < info->scale_count; i++) {
    const struct reference_scale s = reference_scale(info, i);
    most = s.rows * s.columns > most ? s.rows * s.columns : most;
  }
  return most;
}

/* The output's tokens behind the prefix: blocks of h x w, each of which becomes made_h x made_w squares of n x n. */
struct order {
  uint32_t rows, columns; /* blocks */
  uint32_t h, w, n, made_h, made_w;
};

static struct order order_of(const s2vk_plan_info *info) {
  const struct reference_scale s = reference_scale(info, reference_output_scale(info));
  struct order o = {1, 1, s.own_h, s.own_w, info->output_downsample ? info->output_downsample : 1, 0, 0};
  if (info->output_blocks) {
    const int32_t idx = info->output_blocks_idx;
    const struct reference_scale b =
        reference_scale(info, (uint32_t)(idx < 0 ? idx + (int32_t)info->scale_count : idx));
    o = (struct order){b.rows, b.columns, s.own_h / b.rows, s.own_w / b.columns, o.n, 0, 0};
  }
  for (; o.made_h * o.n < o.h; o.made_h++)
    ;
  for (; o.made_w * o.n < o.w; o.made_w++)
    ;
  return o;
}

static size_t output_channels(const s2vk_plan_info *info) {
  const size_t repeat = info->output_repeat ? info->output_repeat : 1;
  return repeat * info->scale_count * model_of(info, 0)->channels;
}

static size_t output_prefix(const s2vk_plan_info *info) {
  return (size_t)info->num_prefix_token * reference_prefix_rows(info);
}

static size_t output_tokens(const s2vk_plan_info *info) {
  const struct order o = order_of(info);
  const size_t grid = (size_t)o.rows * o.columns * o.made_h * o.made_w;
  return output_prefix(info) + (info->prefix_only ? 0 : grid);
}

size_t reference_output_elements(const s2vk_plan_info *info) {
  const uint32_t n = order_of(info).n;
  return output_tokens(info) * info->batch * output_channels(info) * n * n;
}

/* ---- Interpolation ---------------------------------------------------------------------------------------------- */

/* A plane of h x w values. */
struct plane {
  uint32_t h, w;
  double *v;
};

static struct plane plane_new(uint32_t h, uint32_t w) {
  struct plane p = {h, w, calloc((size_t)h * w, sizeof(double))};
  if (!p.v)
    abort();
  return p;
}

static double cubic_weight(double x) {
  const double a = -0.75;
  x = fabs(x);
  if (x <= 1)
    return (a + 2) * x * x * x - (a + 3) * x * x + 1;
  return a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a;
}

static double cubic_position(uint32_t in, uint32_t out, uint32_t j) {
  float ratio = (float)in / (float)out;
  return (j + 0.5) * (double)ratio - 0.5;
}

static uint32_t clamped(double index, uint32_t count) {
  return index < 0 ? 0 : index > count - 1 ? count - 1 : (uint32_t)index;
}

static struct plane bicubic(const struct plane *in, uint32_t h, uint32_t w) {
  struct plane out = plane_new(h, w);
  for (uint32_t y = 0; y < h; y++)
    for (uint32_t x = 0; x < w; x++) {
      double py = cubic_position(in->h, h, y), px = cubic_position(in->w, w, x);
      double y0 = floor(py), x0 = floor(px), sum = 0;
      for (int i = -1; i <= 2; i++)
        for (int k = -1; k <= 2; k++) {
          double wy = cubic_weight(py - (y0 + i)), wx = cubic_weight(px - (x0 + k));
          if (fabs(wy) > 1e-10 && fabs(wx) > 1e-10) /* at the kernel's end, rounding alone makes a weight */
            sum += wy * wx * in->v[(size_t)clamped(y0 + i, in->h) * in->w + clamped(x0 + k, in->w)];
        }
      out.v[(size_t)y * w + x] = sum;
    }
  return out;
}

/* The weight of sample i in output coordinate j, by the filters that are not the original's. */
static double filter_weight(s2vk_filter filter, uint32_t in, uint32_t out, uint32_t j, uint32_t i) {
  const double pi = acos(-1), center = (j + 0.5) * (double)((float)in / (float)out);
  if (filter == S2VK_FILTER_NEAREST)
    return i == clamped(floor(center), in);
  if (filter == S2VK_FILTER_BILINEAR) {
    const double x = fmin(fmax(center - 0.5, 0), in - 1.0);
    return fmax(1 - fabs(x - i), 0);
  }
  const double ratio = (double)in / out, stretch = ratio > 1 ? ratio : 1,
               x = fabs(i + 0.5 - (j + 0.5) * ratio) / stretch;
  if (filter == S2VK_FILTER_BILINEAR_ANTIALIASED)
    return x < 1 ? 1 - x : 0;
  if (filter == S2VK_FILTER_LANCZOS3)
    return x == 0 ? 1 : x < 3 ? 3 * sin(pi * x) * sin(pi * x / 3) / (pi * pi * x * x) : 0;
  return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

static double *filter_weights(s2vk_filter filter, uint32_t in, uint32_t out) {
  double *weights = calloc((size_t)in * out, sizeof *weights);
  if (!weights)
    abort();
  for (uint32_t j = 0; j < out; j++) {
    double sum = 0;
    for (uint32_t i = 0; i < in; i++)
      sum += weights[(size_t)j * in + i] = filter_weight(filter, in, out, j, i);
    for (uint32_t i = 0; i < in; i++)
      weights[(size_t)j * in + i] /= sum;
  }
  return weights;
}

/* Where output coordinate j begins to read and ends, at 1e-10. */
static void filter_window(const double *weights, uint32_t in, uint32_t j, uint32_t *begin, uint32_t *end) {
  for (*begin = 0; *begin + 1 < in && fabs(weights[(size_t)j * in + *begin]) <= 1e-10;)
    ++*begin;
  for (*end = in; *end > *begin + 1 && fabs(weights[(size_t)j * in + *end - 1]) <= 1e-10;)
    --*end;
}

static struct plane filtered(const struct plane *in, s2vk_filter filter, uint32_t h, uint32_t w) {
  if (filter == S2VK_FILTER_BICUBIC)
    return bicubic(in, h, w);
  struct plane out = plane_new(h, w);
  double *rows = filter_weights(filter, in->h, h), *columns = filter_weights(filter, in->w, w);
  for (uint32_t y = 0; y < h; y++)
    for (uint32_t x = 0; x < w; x++) {
      uint32_t y0, y1, x0, x1;
      filter_window(rows, in->h, y, &y0, &y1);
      filter_window(columns, in->w, x, &x0, &x1);
      for (uint32_t i = y0; i < y1; i++)
        for (uint32_t k = x0; k < x1; k++) {
          const double wy = rows[(size_t)y * in->h + i], wx = columns[(size_t)x * in->w + k];
          if (fabs(wy) > 1e-10 && fabs(wx) > 1e-10)
            out.v[(size_t)y * w + x] += wy * wx * in->v[(size_t)i * in->w + k];
        }
    }
  free(rows);
  free(columns);
  return out;
}

static struct plane area(const struct plane *in, uint32_t h, uint32_t w) {
  struct plane out = plane_new(h, w);
  for (uint32_t y = 0; y < h; y++)
    for (uint32_t x = 0; x < w; x++) {
      uint32_t y0 = y * in->h / h, y1 = ((y + 1) * in->h + h - 1) / h;
      uint32_t x0 = x * in->w / w, x1 = ((x + 1) * in->w + w - 1) / w;
      double sum = 0;
      for (uint32_t i = y0; i < y1; i++)
        for (uint32_t k = x0; k < x1; k++)
          sum += in->v[(size_t)i * in->w + k];
      out.v[(size_t)y * w + x] = sum / ((y1 - y0) * (x1 - x0));
    }
  return out;
}

/* The top left h x w, with zeros where the plane has nothing. */
static struct plane crop_or_pad(const struct plane *in, uint32_t h, uint32_t w) {
  struct plane out = plane_new(h, w);
  for (uint32_t y = 0; y < h && y < in->h; y++)
    for (uint32_t x = 0; x < w && x < in->w; x++)
      out.v[(size_t)y * w + x] = in->v[(size_t)y * in->w + x];
  return out;
}

static void replace(struct plane *p, struct plane with) {
  free(p->v);
  *p = with;
}

/* ---- Split ------------------------------------------------------------------------------------------------------ */

static void split_plane(
    const s2vk_plan_info *info, const struct reference_scale *s, uint32_t b, uint32_t c, double *input, double *tiles) {
  struct plane in = {info->height, info->width, input};
  struct plane image = filtered(&in, info->filter, s->image_h, s->image_w);
  if (info->split_mode == S2VK_SPLIT_PAD)
    replace(&image, crop_or_pad(&image, s->padded_h, s->padded_w));
  else if (s->padded_h != s->image_h || s->padded_w != s->image_w)
    replace(&image, bicubic(&image, s->padded_h, s->padded_w));
  for (uint32_t y = 0; y < s->rows * s->side; y++)
    for (uint32_t x = 0; x < s->columns * s->side; x++) {
      const uint32_t tile_y = y / s->side, tile_x = x / s->side;
      size_t tile = (size_t)(tile_y * s->columns + tile_x) * info->batch + b;
      size_t row = (tile * info->channels + c) * s->side + y % s->side;
      size_t from = (size_t)(tile_y * s->stride + y % s->side) * s->padded_w + tile_x * s->stride + x % s->side;
      tiles[row * s->side + x % s->side] = image.v[from];
    }
  free(image.v);
}

double *reference_split(const s2vk_plan_info *info, uint32_t scale, const double *input) {
  struct reference_scale s = reference_scale(info, scale);
  size_t plane = (size_t)info->height * info->width;
  double *copy = malloc(plane * sizeof *copy);
  double *tiles = malloc(reference_tile_elements(info, scale) * sizeof *tiles);
  if (!copy || !tiles)
    abort();
  for (uint32_t b = 0; b < info->batch; b++)
    for (uint32_t c = 0; c < info->channels; c++) {
      memcpy(copy, input + ((size_t)b * info->channels + c) * plane, plane * sizeof *copy);
      split_plane(info, &s, b, c, copy, tiles);
    }
  free(copy);
  return tiles;
}

/* ---- Merge ------------------------------------------------------------------------------------------------------ */

/* Element of a scale's features: token t (prefix tokens first) and channel d of a tile. */
static double feature(const s2vk_plan_info *info, const struct reference_scale *s, const double *features, size_t tile,
    uint32_t t, uint32_t d) {
  size_t channels = model_of(info, 0)->channels, tokens = tokens_of(info, s);
  if (info->output_shape == S2VK_OUTPUT_BNC)
    return features[(tile * tokens + t) * channels + d];
  return features[(tile * channels + d) * tokens + t];
}

/* How much token x of a tile counts where it overlaps the tile before it or after it: from 0 to 1 and back. */
static double ramp(uint32_t x, uint32_t features, uint32_t stride, uint32_t tile, uint32_t tiles) {
  const uint32_t shared = features - stride;
  if (tile > 0 && x < shared)
    return (x + 0.5) / shared;
  if (tile + 1 < tiles && x >= stride)
    return 1 - (x - stride + 0.5) / shared;
  return 1;
}

static struct plane merge_plane(
    const s2vk_plan_info *info, const struct reference_scale *s, const double *features, uint32_t b, uint32_t d) {
  struct plane grid = plane_new(s->grid_h, s->grid_w);
  for (uint32_t y = 0; y < s->rows * s->feature_h; y++)
    for (uint32_t x = 0; x < s->columns * s->feature_w; x++) {
      const uint32_t tile_y = y / s->feature_h, tile_x = x / s->feature_w, in_y = y % s->feature_h,
                     in_x = x % s->feature_w;
      const double weight = ramp(in_y, s->feature_h, s->stride_h, tile_y, s->rows) *
                            ramp(in_x, s->feature_w, s->stride_w, tile_x, s->columns);
      size_t tile = (size_t)(tile_y * s->columns + tile_x) * info->batch + b;
      grid.v[(size_t)(tile_y * s->stride_h + in_y) * grid.w + tile_x * s->stride_w + in_x] +=
          weight * feature(info, s, features, tile, info->num_prefix_token + in_y * s->feature_w + in_x, d);
    }
  struct reference_scale out = reference_scale(info, reference_output_scale(info));
  if (info->split_mode == S2VK_SPLIT_PAD)
    replace(&grid, crop_or_pad(&grid, s->own_h, s->own_w));
  else
    replace(&grid, area(&grid, s->own_h, s->own_w));
  replace(&grid, area(&grid, out.own_h, out.own_w));
  return grid;
}

static double prefix_mean(const s2vk_plan_info *info, const struct reference_scale *s, const double *features,
    uint32_t b, uint32_t t, uint32_t d) {
  uint32_t count = s->rows * s->columns;
  double sum = 0;
  for (uint32_t tile = 0; tile < count; tile++)
    sum += feature(info, s, features, (size_t)tile * info->batch + b, t, d);
  return sum / count;
}

/* Puts a grid into one channel of an image's tokens: cut into blocks, each filled up with zeros, of which n x n tokens
 * become one of n * n times the channels. */
static void put_tokens(const s2vk_plan_info *info, const struct plane *grid, size_t channel, double *image) {
  const struct order o = order_of(info);
  const size_t all = output_channels(info);
  for (uint32_t row = 0; row < o.rows; row++)
    for (uint32_t column = 0; column < o.columns; column++)
      for (uint32_t y = 0; y < o.made_h * o.n; y++)
        for (uint32_t x = 0; x < o.made_w * o.n; x++) {
          const bool here = y < o.h && x < o.w;
          const size_t block = row * o.columns + column, made_y = y / o.n, made_x = x / o.n;
          const size_t inside = info->output_by_columns ? made_x * o.made_h + made_y : made_y * o.made_w + made_x;
          const size_t token = output_prefix(info) + block * o.made_h * o.made_w + inside;
          const size_t part = (y % o.n) * o.n + x % o.n;
          image[(token * o.n * o.n + part) * all + channel] =
              here ? grid->v[(size_t)(row * o.h + y) * grid->w + column * o.w + x] : 0;
        }
}

/* The prefix tokens of an image: means over the tiles, or those of each tile, and 0 where other scales have more. */
static void put_prefix(const s2vk_plan_info *info, const struct reference_scale *s, const double *features, uint32_t b,
    uint32_t d, size_t channel, double *image) {
  const size_t all = output_channels(info);
  for (uint32_t row = 0; row < reference_prefix_rows(info); row++)
    for (uint32_t t = 0; t < info->num_prefix_token; t++) {
      double *at = &image[((size_t)row * info->num_prefix_token + t) * all + channel];
      if (info->prefix_tokens == S2VK_PREFIX_MEAN)
        *at = prefix_mean(info, s, features, b, t, d);
      else
        *at = row < s->rows * s->columns ? feature(info, s, features, (size_t)row * info->batch + b, t, d) : 0;
    }
}

static void merge_channel(
    const s2vk_plan_info *info, uint32_t scale, const double *features, uint32_t b, uint32_t d, double *output) {
  const struct reference_scale s = reference_scale(info, scale);
  const uint32_t repeat = info->output_repeat ? info->output_repeat : 1, n = order_of(info).n;
  const size_t channels = model_of(info, 0)->channels, all = output_channels(info);
  struct plane grid = {0};
  if (!info->prefix_only)
    grid = merge_plane(info, &s, features, b, d);
  for (uint32_t i = 0; i < repeat; i++) {
    const size_t channel = (i * info->scale_count + scale) * channels + d, cells = (size_t)grid.h * grid.w;
    double *image = output + b * output_tokens(info) * n * n * all;
    if (info->output_shape == S2VK_OUTPUT_BCHW) {
      memcpy(output + (b * all + channel) * cells, grid.v, cells * sizeof *output);
      continue;
    }
    put_prefix(info, &s, features, b, d, channel, image);
    if (!info->prefix_only)
      put_tokens(info, &grid, channel, image);
  }
  free(grid.v);
}

double *reference_merge(const s2vk_plan_info *info, double *const *features) {
  double *output = malloc(reference_output_elements(info) * sizeof *output);
  if (!output)
    abort();
  for (uint32_t scale = 0; scale < info->scale_count; scale++)
    for (uint32_t b = 0; b < info->batch; b++)
      for (uint32_t d = 0; d < model_of(info, 0)->channels; d++)
        merge_channel(info, scale, features[scale], b, d, output);
  return output;
}
