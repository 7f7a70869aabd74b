#include "walk.h"

/* The windows of an axis, `step` coordinates each, that do not reach over tiles: of `padded` coordinates, those of the axis
 * first. */
struct windows {
  const struct s2_axis *axis;
  uint32_t side, padded, step, taps, align;
  size_t first_at, first_stride; /* the entry of the first window's first input coordinate, and from window to window */
  size_t weights_at, weights_stride; /* likewise of the weights: `step` words for each of `taps` input coordinates */
};

static void write_windows(const struct windows *w, struct s2_entry *entries) {
  size_t first_at = w->first_at, weights_at = w->weights_at;
  for (uint32_t tile = 0; tile < w->padded; tile += w->side)
    for (uint32_t begin = tile; begin < tile + w->side; begin += w->step) {
      const uint32_t end = begin + w->step < tile + w->side ? begin + w->step : tile + w->side;
      const uint32_t first = s2_window_first(w->axis, begin, end, w->taps, w->align);
      uint32_t *weights = entries[weights_at].words;
      entries[first_at].words[0] = first;
      for (uint32_t j = begin; j < end && j < w->axis->out; j++)
        for (uint32_t k = w->axis->first[j]; k < w->axis->first[j + 1]; k++) {
          const struct s2_tap *tap = &w->axis->taps[k];
          weights[(tap->index - first) * w->step + (j - begin)] = s2_float_bits((float)tap->weight);
        }
      first_at += w->first_stride;
      weights_at += w->weights_stride;
    }
}

/* What a straight split reads for each block: the first input, then for each coordinate the weights from its offset on. */
static size_t block_entries(const struct s2_blocks *blocks) {
  return 1 + (size_t)blocks->size * ((blocks->taps + 3) / 4);
}

static size_t blocks(
    const struct s2_axis *axis, const struct s2_blocks *b, uint32_t padded, struct s2_entry *entries, size_t at) {
  const uint32_t count = padded / b->size;
  for (uint32_t block = 0; entries && block < count; block++) {
    struct s2_entry *entry = entries + at + block * block_entries(b);
    const int32_t first = s2_blocks_first(axis, b, block);
    entry->words[0] = (uint32_t)first;
    for (uint32_t p = 0; p < b->size && block * b->size + p < axis->out; p++) {
      const uint32_t j = block * b->size + p;
      uint32_t *weights = entry[1 + p * ((b->taps + 3) / 4)].words;
      for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++)
        weights[(int32_t)axis->taps[k].index - first - b->offsets[p]] = s2_float_bits((float)axis->taps[k].weight);
    }
  }
  return count * block_entries(b);
}

/* An entry for each of `padded` coordinates, then the taps; one with a negative part is two. */
static size_t taps(const struct s2_axis *axis, uint32_t padded, struct s2_entry *entries, size_t at) {
  size_t next = at + padded;
  for (uint32_t j = 0; j < axis->out; j++) {
    const size_t first = next;
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++) {
      const struct s2_tap *tap = &axis->taps[k];
      const double parts[] = {tap->weight - tap->negative, tap->negative};
      for (int part = 0; part < (tap->negative != 0 ? 2 : 1); part++, next++)
        if (entries)
          entries[next] = (struct s2_entry){{tap->index, s2_float_bits((float)parts[part])}};
    }
    if (entries)
      entries[at + j] = (struct s2_entry){{(uint32_t)first, (uint32_t)next}};
  }
  return next - at;
}

size_t s2_tables_split(const struct s2_scale *scale, const struct s2_scale_axes *axes,
    const struct s2_split_shape *shape, struct s2_entry *entries, size_t at, struct s2_scale_record *record) {
  if (shape->mode == S2_SPLIT_WALK)
    return s2_walk_tables(scale, axes, shape, entries, at, record);
  const size_t begin = at;
  record->taps_y = (uint32_t)at;
  at += taps(&axes->split[0], scale->padded.height, entries, at);
  record->taps_x = (uint32_t)at;
  at += taps(&axes->split[1], scale->padded.width, entries, at);
  if (shape->mode == S2_SPLIT_TAPS)
    return at - begin;
  if (shape->mode == S2_SPLIT_STRAIGHT) {
    record->rows = (uint32_t)at;
    at += blocks(&axes->split[0], &shape->down, scale->padded.height, entries, at);
    record->strips = (uint32_t)at;
    return at + blocks(&axes->split[1], &shape->across, scale->padded.width, entries, at) - begin;
  }

  const uint32_t side = scale->tile_side, strip = shape->quads * 4;
  const size_t row_entries = 1 + (shape->taps_y + 3) / 4, strip_entries = (size_t)shape->taps_x * shape->quads;
  const size_t strips = (size_t)scale->tiles.width * ((side + strip - 1) / strip);
  const size_t strips_at = at + scale->padded.height * row_entries, weights_at = strips_at + strips;
  const size_t end = weights_at + strips * strip_entries;
  if (!entries)
    return end - begin;
  record->rows = (uint32_t)at;
  record->strips = (uint32_t)strips_at;
  record->strip_weights = (uint32_t)weights_at;
  const struct windows rows = {
      &axes->split[0], side, scale->padded.height, 1, shape->taps_y, 1, at, row_entries, at + 1, row_entries};
  const struct windows columns = {&axes->split[1], side, scale->padded.width, strip, shape->taps_x, shape->input_width,
      strips_at, 1, weights_at, strip_entries};
  write_windows(&rows, entries);
  write_windows(&columns, entries);
  return end - begin;
}
