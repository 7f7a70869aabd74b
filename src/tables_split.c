#include "walk.h"

/* For each of `padded` coordinates, those of the axis first, the first input of its window and the weights from there on. */
static size_t windows(const struct s2_axis *axis, uint32_t side, uint32_t window_taps, uint32_t padded,
    struct s2_entry *entries, size_t at) {
  const size_t stride = 1 + window_taps / 4;
  uint32_t first = UINT32_MAX;
  for (uint32_t j = padded; entries && j-- > 0;) {
    struct s2_entry *entry = entries + at + j * stride;
    first = s2_window_first(axis, j, window_taps, (j + 1) % side ? first : UINT32_MAX);
    entry->words[0] = first;
    for (uint32_t k = j < axis->out ? axis->first[j] : 0; j < axis->out && k < axis->first[j + 1]; k++) {
      const uint32_t place = axis->taps[k].index - first;
      entry[1 + place / 4].words[place % 4] = s2_float_bits((float)axis->taps[k].weight);
    }
  }
  return padded * stride;
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
  at += taps(&axes->split[0], scale->tiled.height, entries, at);
  record->taps_x = (uint32_t)at;
  at += taps(&axes->split[1], scale->tiled.width, entries, at);
  record->rows = (uint32_t)at;
  if (shape->mode == S2_SPLIT_WINDOWS)
    at += windows(&axes->split[0], shape->side, shape->taps_y, scale->tiled.height, entries, at);
  else if (shape->mode == S2_SPLIT_STRAIGHT)
    at += blocks(&axes->split[0], &shape->down, scale->tiled.height, entries, at);
  record->columns = (uint32_t)at;
  if (shape->mode == S2_SPLIT_WINDOWS)
    at += windows(&axes->split[1], shape->side, shape->taps_x, scale->tiled.width, entries, at);
  else if (shape->mode == S2_SPLIT_STRAIGHT)
    at += blocks(&axes->split[1], &shape->across, scale->tiled.width, entries, at);
  return at - begin;
}
