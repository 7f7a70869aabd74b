#include "peer.h"

#include "peer_axis.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SCALES 8
#define MAX_TAPS 64 /* along one axis */
#define NO_ROW UINT32_MAX

struct scale {
  s2vk_scale_layout layout;
  struct peer_axis rows, columns;           /* from the input to the tiles side by side, without padding */
  struct peer_axis grid_rows, grid_columns; /* from the features side by side to the output */
  float *tiles, *features;
};

struct peer {
  const s2vk_plan_info *info;
  const float *input;
  float *output;
  s2vk_size grid; /* of the output */
  struct scale scales[MAX_SCALES];
  /* For each thread, input rows that are filtered along x, by input row modulo slots. */
  float *filtered;
  uint32_t *filtered_row; /* the input rows in `filtered` */
  uint32_t slots, slot_floats;
};

bool peer_built(void) {
  return true;
}

const char *peer_why_not(const s2vk_plan_info *info) {
  if (info->input_type || info->tile_type || info->feature_type || info->output_type)
    return "the peer takes f32 alone";
  if (info->pixels || info->filter)
    return "the peer takes tensors, by the default filter";
  if (info->tiles_per_call || info->split_forward || info->calls_cross_scales)
    return "the peer makes all tiles of a scale at once";
  if (info->num_prefix_token || info->tile_overlap || info->grid_policy)
    return "the peer knows no prefix tokens, overlap or grid policies";
  return info->scale_count <= MAX_SCALES ? NULL : "the peer takes at most 8 scales";
}

/* ---- Sums of rows ---- */

/* Inlined with a constant count, so that the loop over rows is unrolled and the one over columns vectorized. */
static inline void sum_rows(
    float *restrict to, const float *const *rows, const float *weights, int count, size_t length, bool add) {
  const float *a = rows[0], *b = rows[count > 1], *c = rows[count > 2 ? 2 : 0], *d = rows[count > 3 ? 3 : 0];
  for (size_t i = 0; i < length; i++) {
    float sum = weights[0] * a[i];
    if (count > 1)
      sum += weights[1] * b[i];
    if (count > 2)
      sum += weights[2] * c[i];
    if (count > 3)
      sum += weights[3] * d[i];
    to[i] = add ? to[i] + sum : sum;
  }
}

static void weighted_sum(float *to, const float *const *rows, const float *weights, uint32_t count, size_t length) {
  if (count == 1 && weights[0] == 1) {
    memcpy(to, rows[0], length * sizeof *to);
    return;
  }
  for (uint32_t k = 0; k < count; k += 4) {
    const float w[4] = {weights[k], k + 1 < count ? weights[k + 1] : 0, k + 2 < count ? weights[k + 2] : 0,
        k + 3 < count ? weights[k + 3] : 0};
    switch (count - k) {
    case 1:
      sum_rows(to, rows + k, w, 1, length, k > 0);
      break;
    case 2:
      sum_rows(to, rows + k, w, 2, length, k > 0);
      break;
    case 3:
      sum_rows(to, rows + k, w, 3, length, k > 0);
      break;
    default:
      sum_rows(to, rows + k, w, 4, length, k > 0);
    }
  }
}

/* Inlined with a constant count of taps. */
static inline void filter_taps(
    const struct peer_axis *axis, const float *restrict from, float *restrict to, uint32_t taps) {
  for (uint32_t x = 0; x < axis->out; x++) {
    const float *weights = axis->weights + (size_t)x * taps, *at = from + axis->first[x];
    float sum = 0;
    for (uint32_t k = 0; k < taps; k++)
      sum += weights[k] * at[k];
    to[x] = sum;
  }
}

/* Filters a row along x. */
static void filter_row(const struct peer_axis *axis, const float *from, float *to) {
  switch (axis->taps) {
  case 2:
    filter_taps(axis, from, to, 2);
    break;
  case 3:
    filter_taps(axis, from, to, 3);
    break;
  case 4:
    filter_taps(axis, from, to, 4);
    break;
  default:
    filter_taps(axis, from, to, axis->taps);
  }
}

/* ---- Split ---- */

static const float *filtered_row(
    const struct peer *p, const struct scale *s, const float *plane, uint32_t row, uint32_t thread) {
  const float *from = plane + (size_t)row * p->info->width;
  if (s->columns.identity)
    return from;
  const size_t slot = (size_t)thread * p->slots + row % p->slots;
  float *to = p->filtered + slot * p->slot_floats;
  if (p->filtered_row[slot] != row) {
    filter_row(&s->columns, from, to);
    p->filtered_row[slot] = row;
  }
  return to;
}

/* Makes row y of the tiles side by side, for a channel of an image. */
static void split_row(const struct peer *p, const struct scale *s, uint32_t plane, uint32_t y, uint32_t thread) {
  const s2vk_plan_info *info = p->info;
  const uint32_t side = s->layout.tile_side, image = plane / info->channels, channel = plane % info->channels;
  const float *input = p->input + (size_t)plane * info->height * info->width;
  const float *rows[MAX_TAPS];
  float weights[MAX_TAPS];
  uint32_t count = 0;
  for (uint32_t k = 0; y < s->rows.out && k < s->rows.taps; k++) {
    weights[count] = s->rows.weights[(size_t)y * s->rows.taps + k];
    if (weights[count] != 0)
      rows[count++] = filtered_row(p, s, input, s->rows.first[y] + k, thread);
  }
  for (uint32_t column = 0; column < s->layout.tiles.width; column++) {
    const size_t tile = (size_t)(y / side * s->layout.tiles.width + column) * info->batch + image;
    float *to = s->tiles + ((tile * info->channels + channel) * side + y % side) * side;
    const uint32_t x = column * side, left = x < s->columns.out ? s->columns.out - x : 0;
    const uint32_t length = !count ? 0 : left < side ? left : side;
    const float *at[MAX_TAPS];
    for (uint32_t k = 0; length && k < count; k++)
      at[k] = rows[k] + x;
    if (length)
      weighted_sum(to, at, weights, count, length);
    memset(to + length, 0, (side - length) * sizeof *to);
  }
}

/* Makes a row of tiles. */
static void split_band(const struct peer *p, const struct scale *s, uint32_t plane, uint32_t band) {
  const uint32_t thread = (uint32_t)omp_get_thread_num(), side = s->layout.tile_side;
  for (uint32_t i = 0; i < p->slots; i++)
    p->filtered_row[thread * p->slots + i] = NO_ROW;
  for (uint32_t y = band * side; y < (band + 1) * side; y++)
    split_row(p, s, plane, y, thread);
}

/* ---- Merge ---- */

/* The features at a row and column of the grid of all tiles side by side. */
static const float *feature(
    const struct peer *p, const struct scale *s, uint32_t image, uint32_t row, uint32_t column) {
  const s2vk_size size = s->layout.features;
  const size_t tile =
      (size_t)(row / size.height * s->layout.tiles.width + column / size.width) * p->info->batch + image;
  const size_t token = (size_t)(row % size.height) * size.width + column % size.width;
  return p->info->output_shape == S2VK_OUTPUT_BCHW
             ? s->features + tile * p->info->model.channels * size.height * size.width + token
             : s->features + (tile * size.height * size.width + token) * p->info->model.channels;
}

/* Makes a row of tokens, with all scales. */
static void merge_tokens(const struct peer *p, uint32_t image, uint32_t y) {
  const uint32_t channels = p->info->model.channels;
  float *to = p->output + ((size_t)image * p->grid.height + y) * p->grid.width * p->info->scale_count * channels;
  for (uint32_t x = 0; x < p->grid.width; x++)
    for (uint32_t i = 0; i < p->info->scale_count; i++, to += channels) {
      const struct scale *s = &p->scales[i];
      const struct peer_axis *rows = &s->grid_rows, *columns = &s->grid_columns;
      const float *tokens[MAX_TAPS * MAX_TAPS];
      float weights[MAX_TAPS * MAX_TAPS];
      uint32_t count = 0;
      for (uint32_t k = 0; k < rows->taps * columns->taps; k++) {
        const uint32_t j = k / columns->taps, l = k % columns->taps;
        weights[count] = rows->weights[(size_t)y * rows->taps + j] * columns->weights[(size_t)x * columns->taps + l];
        if (weights[count] != 0)
          tokens[count++] = feature(p, s, image, rows->first[y] + j, columns->first[x] + l);
      }
      weighted_sum(to, tokens, weights, count, channels);
    }
}

/* Makes a row of a map: filters along y first, over all tiles of the row, then along x. */
static void merge_map_row(const struct peer *p, const struct scale *s, uint32_t image, size_t map, uint32_t y,
    float *restrict sums, float *restrict to) {
  const struct peer_axis *rows = &s->grid_rows, *columns = &s->grid_columns;
  const uint32_t width = s->layout.features.width;
  for (uint32_t column = 0; column < s->layout.grid.width; column += width)
    for (uint32_t k = 0; k < rows->taps; k++) {
      const float *from = feature(p, s, image, rows->first[y] + k, column) + map;
      const float weight = rows->weights[(size_t)y * rows->taps + k];
      for (uint32_t x = 0; x < width; x++)
        sums[column + x] = (k ? sums[column + x] : 0) + weight * from[x];
    }
  filter_row(columns, sums, to);
}

/* Makes one channel of one scale of an image. */
static void merge_map(const struct peer *p, const struct scale *s, uint32_t image, uint32_t channel) {
  const uint32_t scale = (uint32_t)(s - p->scales), channels = p->info->model.channels;
  const size_t size = (size_t)p->grid.height * p->grid.width;
  const size_t map = (size_t)channel * s->layout.features.height * s->layout.features.width;
  float *to = p->output + (((size_t)image * p->info->scale_count + scale) * channels + channel) * size;
  if (s->layout.tiles.height * s->layout.tiles.width == 1 && s->grid_rows.identity && s->grid_columns.identity) {
    memcpy(to, feature(p, s, image, 0, 0) + map, size * sizeof *to);
    return;
  }
  float *sums = p->filtered + (size_t)omp_get_thread_num() * p->slots * p->slot_floats;
  for (uint32_t y = 0; y < p->grid.height; y++)
    merge_map_row(p, s, image, map, y, sums, to + (size_t)y * p->grid.width);
}

void peer_run(struct peer *p) {
  const s2vk_plan_info *info = p->info;
  const uint32_t planes = info->batch * info->channels;
#pragma omp parallel
  {
    for (uint32_t i = 0; i < info->scale_count; i++) {
      const struct scale *s = &p->scales[i];
#pragma omp for collapse(2) schedule(dynamic) nowait
      for (uint32_t plane = 0; plane < planes; plane++)
        for (uint32_t band = 0; band < s->layout.tiles.height; band++)
          split_band(p, s, plane, band);
    }
#pragma omp barrier /* in place of the model, which comes between the passes */
    if (info->output_shape == S2VK_OUTPUT_BCHW) {
#pragma omp for collapse(2) schedule(dynamic, 8) nowait
      for (uint32_t plane = 0; plane < info->batch * info->scale_count; plane++)
        for (uint32_t channel = 0; channel < info->model.channels; channel++)
          merge_map(p, &p->scales[plane % info->scale_count], plane / info->scale_count, channel);
    } else {
#pragma omp for collapse(2) schedule(dynamic) nowait
      for (uint32_t image = 0; image < info->batch; image++)
        for (uint32_t y = 0; y < p->grid.height; y++)
          merge_tokens(p, image, y);
    }
  }
}

void peer_wake(void) {
#pragma omp parallel
  {
  }
}

void peer_rest(void) {
  omp_pause_resource_all(omp_pause_soft);
}

/* ---- Making one ---- */

static bool make_axes(const struct peer *p, struct scale *s) {
  const s2vk_plan_info *info = p->info;
  const s2vk_size image = s->layout.image, padded = s->layout.padded, grid = s->layout.grid, own = s->layout.own;
  const bool pad = info->split_mode == S2VK_SPLIT_PAD;
  bool (*const part)(uint32_t, uint32_t, struct peer_axis *) = pad ? peer_axis_crop : peer_axis_area;
  struct peer_axis next = {0};
  bool done = peer_axis_bicubic(info->height, image.height, &s->rows) &&
              peer_axis_bicubic(info->width, image.width, &s->columns);
  if (!pad && (padded.height != image.height || padded.width != image.width))
    done = done && peer_axis_bicubic(image.height, padded.height, &next) && peer_axis_compose(&s->rows, &next) &&
           peer_axis_bicubic(image.width, padded.width, &next) && peer_axis_compose(&s->columns, &next);
  done = done && part(grid.height, own.height, &s->grid_rows) && part(grid.width, own.width, &s->grid_columns);
  done = done && peer_axis_area(own.height, p->grid.height, &next) && peer_axis_compose(&s->grid_rows, &next) &&
         peer_axis_area(own.width, p->grid.width, &next) && peer_axis_compose(&s->grid_columns, &next);
  return done && s->rows.taps <= MAX_TAPS && s->grid_rows.taps <= MAX_TAPS && s->grid_columns.taps <= MAX_TAPS;
}

static bool make_scale(struct peer *p, const s2vk_plan *plan, uint32_t index) {
  const s2vk_plan_info *info = p->info;
  struct scale *s = &p->scales[index];
  s->layout = (s2vk_scale_layout){.struct_size = sizeof s->layout};
  s2vk_plan_get_scale(plan, index, &s->layout);
  const uint64_t tiles = s->layout.tile_count, side = s->layout.tile_side;
  const uint64_t tokens = (uint64_t)s->layout.features.height * s->layout.features.width;
  s->tiles = calloc(tiles * info->channels * side * side, sizeof *s->tiles);
  s->features = calloc(tiles * tokens * info->model.channels, sizeof *s->features);
  if (!s->tiles || !s->features || !make_axes(p, s))
    return false;
  if (s->rows.taps > p->slots)
    p->slots = s->rows.taps;
  const uint32_t widest = s->layout.grid.width > s->layout.padded.width ? s->layout.grid.width : s->layout.padded.width;
  if (widest > p->slot_floats)
    p->slot_floats = widest;
  return true;
}

/* Every call reads the subject's features from the first one on. */
static void fill_features(struct peer *p, const struct subject *subject) {
  for (uint32_t i = 0; i < subject->layout.call_count; i++) {
    s2vk_call_layout call = {.struct_size = sizeof call};
    s2vk_plan_get_call(subject->plan, i, &call);
    struct scale *s = &p->scales[call.scale];
    const uint64_t tile = call.features_bytes / call.tile_count / sizeof(float);
    memcpy(s->features + (call.first_tile - s->layout.first_tile) * tile, subject->host_features, call.features_bytes);
  }
}

struct peer *peer_create(const struct subject *subject) {
  struct peer *p = calloc(1, sizeof *p);
  if (!p)
    return NULL;
  s2vk_scale_layout scale = {.struct_size = sizeof scale};
  const s2vk_plan_info *info = &subject->shape->info;
  const int32_t output = info->resize_output_to_idx;
  s2vk_plan_get_scale(subject->plan, (uint32_t)(output < 0 ? output + (int32_t)info->scale_count : output), &scale);
  *p = (struct peer){.info = info, .input = subject->host_input, .grid = scale.own};
  bool done = true;
  for (uint32_t i = 0; done && i < info->scale_count; i++)
    done = make_scale(p, subject->plan, i);
  const size_t slots = (size_t)omp_get_max_threads() * p->slots;
  p->output = malloc(subject->layout.output_bytes);
  p->filtered = malloc(slots * p->slot_floats * sizeof *p->filtered);
  p->filtered_row = malloc(slots * sizeof *p->filtered_row);
  if (!done || !p->output || !p->filtered || !p->filtered_row) {
    fprintf(stderr, "bench: --peer: out of memory\n");
    peer_destroy(p);
    return NULL;
  }
  fill_features(p, subject);
  return p;
}

void peer_destroy(struct peer *p) {
  for (uint32_t i = 0; p && i < MAX_SCALES; i++) {
    struct scale *s = &p->scales[i];
    peer_axis_free(&s->rows);
    peer_axis_free(&s->columns);
    peer_axis_free(&s->grid_rows);
    peer_axis_free(&s->grid_columns);
    free(s->tiles);
    free(s->features);
  }
  if (p) {
    free(p->output);
    free(p->filtered);
    free(p->filtered_row);
  }
  free(p);
}

const float *peer_tiles(const struct peer *p, uint32_t scale) {
  return p->scales[scale].tiles;
}

const float *peer_output(const struct peer *p) {
  return p->output;
}
