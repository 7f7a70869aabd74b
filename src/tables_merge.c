#include "tables.h"

#include <string.h>

#define CHUNK_ENTRIES 5

/* ---- Windows of single coordinates ------------------------------------------------------------------------------------ */

static bool begins_segment(const struct s2_axis *axis, uint32_t j, uint32_t k, uint32_t side) {
  return k == axis->first[j] || axis->taps[k].index / side != axis->taps[k - 1].index / side;
}

/* Coordinates, then segments, then taps. */
static size_t windows(const struct s2_axis *axis, uint32_t side, struct s2_entry *entries, size_t at) {
  size_t segments = 0;
  for (uint32_t j = 0; j < axis->out; j++)
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++)
      segments += begins_segment(axis, j, k, side);
  size_t segment = at + axis->out, tap = segment + segments;
  const size_t end = tap + axis->first[axis->out];
  for (uint32_t j = 0; entries && j < axis->out; j++) {
    const uint32_t low = axis->taps[axis->first[j]].index, high = axis->taps[axis->first[j + 1] - 1].index;
    const size_t first = segment;
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++) {
      const struct s2_tap *t = &axis->taps[k];
      if (begins_segment(axis, j, k, side))
        entries[segment++] = (struct s2_entry){{t->index / side, (uint32_t)tap}};
      entries[tap++] = (struct s2_entry){{t->index % side, s2_float_bits((float)t->weight)}};
      entries[segment - 1].words[2] = (uint32_t)tap;
    }
    entries[at + j] = (struct s2_entry){{(uint32_t)first, (uint32_t)segment, low / side, high / side}};
  }
  return end - at;
}

/* ---- Blocks of four coordinates ------------------------------------------------------------------------------------------ */

/* The chunk of input coordinates from `first` on, a multiple of 4; returns whether any element of the block reads them. taps
 * are each element's first tap that is not in an earlier chunk, and become those that are not in this one. */
static bool write_chunk(
    const struct s2_axis *axis, uint32_t block, uint32_t side, uint32_t first, uint32_t *taps, struct s2_entry *chunk) {
  bool any = false;
  for (uint32_t j = 0; j < 4; j++)
    for (; taps[j] < axis->first[block * 4 + j + 1] && axis->taps[taps[j]].index - first < 4; taps[j]++) {
      const struct s2_tap *tap = &axis->taps[taps[j]];
      any = true;
      if (chunk)
        chunk[1 + tap->index - first].words[j] = s2_float_bits((float)tap->weight);
    }
  if (any && chunk)
    chunk[0] = (struct s2_entry){{first / side, first % side}};
  return any;
}

/* Blocks, then chunks. */
static size_t blocks(const struct s2_axis *axis, uint32_t side, struct s2_entry *entries, size_t at) {
  const uint32_t count = axis->out / 4;
  size_t next = at + count;
  for (uint32_t block = 0; block < count; block++) {
    uint32_t taps[4];
    memcpy(taps, axis->first + block * 4, sizeof taps);
    const uint32_t low = axis->taps[taps[0]].index / 4 * 4;
    const uint32_t high = axis->taps[axis->first[block * 4 + 4] - 1].index;
    const size_t first_chunk = next;
    for (uint32_t first = low; first <= high; first += 4)
      if (write_chunk(axis, block, side, first, taps, entries ? entries + next : NULL))
        next += CHUNK_ENTRIES;
    if (entries)
      entries[at + block] = (struct s2_entry){{(uint32_t)first_chunk, (uint32_t)next}};
  }
  return next - at;
}

/* ---- Straight ------------------------------------------------------------------------------------------------------------ */

/* What a block reads, a coordinate after the other: (tile, coordinate inside the tile), and the weights that it has in the
 * coordinates of the block, two in the same entry and the others in one more. A block that reads less than others reads its
 * last one several times. */
static size_t straight_blocks(
    const struct s2_axis *axis, const struct s2_blocks *b, uint32_t side, struct s2_entry *entries, size_t at) {
  const size_t each = b->size > 2 ? 2 : 1;
  for (uint32_t j = 0; entries && j < axis->out; j++) {
    struct s2_entry *block = entries + at + j / b->size * b->source * each;
    const int32_t first = s2_blocks_first(axis, b, j / b->size);
    const uint32_t p = j % b->size;
    uint32_t low, high;
    s2_axis_reach(axis, j - p, j - p + b->size, &low, &high);
    for (uint32_t i = 0; p == 0 && i < b->source; i++) {
      const int64_t read = (int64_t)first + i;
      const uint32_t index = read < low ? low : read > high ? high : (uint32_t)read;
      block[i * each] = (struct s2_entry){{index / side, index % side}};
    }
    for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++) {
      const size_t i = (size_t)((int64_t)axis->taps[k].index - first);
      block[i * each + (p > 1)].words[p > 1 ? p - 2 : 2 + p] = s2_float_bits((float)axis->taps[k].weight);
    }
  }
  return (size_t)axis->out / b->size * b->source * each;
}

size_t s2_tables_merge(const struct s2_scale *scale, const struct s2_scale_axes *axes, bool with_blocks,
    const struct s2_straight_shape *straight, struct s2_entry *entries, size_t at, struct s2_scale_record *record) {
  const size_t begin = at;
  record->merge_y = (uint32_t)at;
  at += windows(&axes->merge[0], scale->features.height, entries, at);
  record->merge_x = (uint32_t)at;
  at += windows(&axes->merge[1], scale->features.width, entries, at);
  record->merge_blocks = (uint32_t)at;
  if (with_blocks)
    at += blocks(&axes->merge[1], scale->features.width, entries, at);
  record->merge_straight = (uint32_t)at;
  if (straight->down.size) {
    at += straight_blocks(&axes->merge[0], &straight->down, scale->features.height, entries, at);
    at += straight_blocks(&axes->merge[1], &straight->across, scale->features.width, entries, at);
  }
  return at - begin;
}
