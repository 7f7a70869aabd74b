#include "tables.h"

#include <string.h>

#define RECORD_WORDS (sizeof(struct s2_scale_record) / sizeof(uint32_t))

static uint32_t float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* ---- Axes ---------------------------------------------------------------------------------------------------- */

static s2vk_result append(const struct s2_host *host, struct s2_axis *axis, struct s2_axis *next) {
  s2vk_result result = s2_axis_append(host, axis, next);
  s2_axis_destroy(host, next);
  return result;
}

/* Steps 1 and 2 of SEMANTICS along one axis. */
static s2vk_result split_axis(
    const struct s2_host *host, uint32_t in, uint32_t image, uint32_t padded, bool resize, struct s2_axis *axis) {
  s2vk_result result = s2_axis_bicubic(host, in, image, axis);
  if (result || !resize || image == padded)
    return result;
  struct s2_axis next;
  if ((result = s2_axis_bicubic(host, image, padded, &next)))
    return result;
  return append(host, axis, &next);
}

/* Steps 8 and 9 along one axis. */
static s2vk_result merge_axis(
    const struct s2_host *host, uint32_t grid, uint32_t own, uint32_t out, bool crop, struct s2_axis *axis) {
  s2vk_result result = crop ? s2_axis_crop(host, grid, own, axis) : s2_axis_area(host, grid, own, axis);
  if (result || own == out)
    return result;
  struct s2_axis next;
  if ((result = s2_axis_area(host, own, out, &next)))
    return result;
  return append(host, axis, &next);
}

static s2vk_result make_axes(
    const struct s2_host *host, const struct s2_geometry *g, const struct s2_scale *s, struct s2_scale_axes *axes) {
  bool pad = g->split_mode == S2VK_SPLIT_PAD;
  s2vk_result result = split_axis(host, g->input.height, s->image.height, s->padded.height, !pad, &axes->split[0]);
  if (!result)
    result = split_axis(host, g->input.width, s->image.width, s->padded.width, !pad, &axes->split[1]);
  if (!result)
    result = merge_axis(host, s->grid.height, s->own.height, g->output_grid.height, pad, &axes->merge[0]);
  if (!result)
    result = merge_axis(host, s->grid.width, s->own.width, g->output_grid.width, pad, &axes->merge[1]);
  return result;
}

/* ---- Words --------------------------------------------------------------------------------------------------- */

static size_t split_words(const struct s2_axis *axis) {
  return (size_t)axis->out * s2_axis_width(axis) * 2;
}

static uint32_t write_split(const struct s2_axis *axis, uint32_t *words) {
  uint32_t width = s2_axis_width(axis), used = 0;
  for (uint32_t j = 0; j < axis->out; j++) {
    uint32_t begin = axis->first[j], count = axis->first[j + 1] - begin;
    uint32_t fill = width - count;
    for (uint32_t k = 0; k < width; k++) {
      /* A coordinate with fewer taps has its first one in parts, each half of what is left: exact, and unlike taps
       * of weight 0 it reads nothing that the sum does not, so infinities stay infinities. */
      const struct s2_tap *tap = &axis->taps[k <= fill ? begin : begin + k - fill];
      float weight = (float)tap->weight;
      for (uint32_t half = k < fill ? k + 1 : k == fill ? fill : 0; half > 0; half--)
        weight *= 0.5f;
      words[used++] = tap->index;
      words[used++] = float_bits(weight);
    }
  }
  return width;
}

static uint32_t segment_count(const struct s2_axis *axis, uint32_t j, uint32_t side) {
  uint32_t count = 0;
  for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++)
    count += k == axis->first[j] || axis->taps[k].index / side != axis->taps[k - 1].index / side;
  return count;
}

static size_t merge_words(const struct s2_axis *axis, uint32_t side) {
  size_t words = (size_t)axis->out + 1 + (size_t)axis->first[axis->out] * 2;
  for (uint32_t j = 0; j < axis->out; j++)
    words += (size_t)segment_count(axis, j, side) * 3;
  return words;
}

/* Windows at words[base]; out + 1 offsets of segments, segments of (tile, first tap, end tap), taps. */
static void write_merge(const struct s2_axis *axis, uint32_t side, uint32_t *words, uint32_t base) {
  uint32_t segments = 0;
  for (uint32_t j = 0; j < axis->out; j++)
    segments += segment_count(axis, j, side);
  uint32_t segment = base + axis->out + 1;
  uint32_t tap = segment + segments * 3;
  for (uint32_t j = 0; j < axis->out; j++) {
    words[base + j] = segment;
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++) {
      uint32_t tile = axis->taps[k].index / side;
      if (k == axis->first[j] || tile != axis->taps[k - 1].index / side) {
        words[segment] = tile;
        words[segment + 1] = tap;
        segment += 3;
      }
      words[tap++] = axis->taps[k].index % side;
      words[tap++] = float_bits((float)axis->taps[k].weight);
      words[segment - 1] = tap;
    }
  }
  words[base + axis->out] = segment;
}

static size_t count_words(const struct s2_geometry *geometry, const struct s2_tables *tables) {
  size_t count = geometry->scale_count * RECORD_WORDS;
  for (uint32_t i = 0; i < geometry->scale_count; i++) {
    const struct s2_scale_axes *axes = &tables->axes[i];
    const s2vk_size features = geometry->scales[i].features;
    count += split_words(&axes->split[0]) + split_words(&axes->split[1]);
    count += merge_words(&axes->merge[0], features.height) + merge_words(&axes->merge[1], features.width);
  }
  return count;
}

static void write_words(const struct s2_geometry *geometry, struct s2_tables *tables) {
  uint32_t at = (uint32_t)(geometry->scale_count * RECORD_WORDS);
  for (uint32_t i = 0; i < geometry->scale_count; i++) {
    const struct s2_scale *scale = &geometry->scales[i];
    const struct s2_scale_axes *axes = &tables->axes[i];
    struct s2_scale_record record = {
        .first_tile = scale->first_tile,
        .tile_count = scale->tile_count,
        .tile_rows = scale->tiles.height,
        .tile_columns = scale->tiles.width,
        .image_height = axes->split[0].out,
        .image_width = axes->split[1].out,
        .feature_height = scale->features.height,
        .feature_width = scale->features.width,
        .feature_elements = (uint32_t)scale->feature_elements,
        .prefix_weight = 1.0f / (float)(scale->tile_count / geometry->batch),
    };
    record.split_y = at;
    record.ky = write_split(&axes->split[0], tables->words + at);
    at += (uint32_t)split_words(&axes->split[0]);
    record.split_x = at;
    record.kx = write_split(&axes->split[1], tables->words + at);
    at += (uint32_t)split_words(&axes->split[1]);
    record.merge_y = at;
    write_merge(&axes->merge[0], scale->features.height, tables->words, at);
    at += (uint32_t)merge_words(&axes->merge[0], scale->features.height);
    record.merge_x = at;
    write_merge(&axes->merge[1], scale->features.width, tables->words, at);
    at += (uint32_t)merge_words(&axes->merge[1], scale->features.width);
    memcpy(tables->words + i * RECORD_WORDS, &record, sizeof record);
  }
}

static s2vk_result fill_tables(
    const struct s2_host *host, const struct s2_geometry *geometry, struct s2_tables *tables) {
  tables->axes = s2_alloc(host, geometry->scale_count, sizeof *tables->axes);
  if (!tables->axes)
    return s2_fail(host, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u scales", geometry->scale_count);
  tables->scale_count = geometry->scale_count;
  for (uint32_t i = 0; i < geometry->scale_count; i++) {
    s2vk_result result = make_axes(host, geometry, &geometry->scales[i], &tables->axes[i]);
    if (result)
      return result;
  }
  size_t count = count_words(geometry, tables);
  if (count > UINT32_MAX)
    return s2_fail(host, S2VK_ERROR_OVERFLOW,
        "the tables of %u scales need %zu words; at most 2^32 - 1 can be addressed", geometry->scale_count, count);
  tables->words = s2_alloc(host, count, sizeof *tables->words);
  if (!tables->words)
    return s2_fail(host, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for tables of %zu words", count);
  tables->word_count = count;
  write_words(geometry, tables);
  return S2VK_SUCCESS;
}

s2vk_result s2_tables_create(const struct s2_host *host, const struct s2_geometry *geometry, struct s2_tables *tables) {
  *tables = (struct s2_tables){0};
  s2vk_result result = fill_tables(host, geometry, tables);
  if (result)
    s2_tables_destroy(host, tables);
  return result;
}

void s2_tables_destroy(const struct s2_host *host, struct s2_tables *tables) {
  for (uint32_t i = 0; i < tables->scale_count; i++)
    for (int k = 0; k < 2; k++) {
      s2_axis_destroy(host, &tables->axes[i].split[k]);
      s2_axis_destroy(host, &tables->axes[i].merge[k]);
    }
  s2_free(host, tables->axes);
  s2_free(host, tables->words);
  *tables = (struct s2_tables){0};
}
