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

/* The chunk of input coordinates from `first` on, in `count` elements of a block. taps are each element's first tap that is not
 * in an earlier chunk, and become those that are not in this one. */
static void write_chunk(const struct s2_axis *axis, uint32_t begin, uint32_t count, uint32_t side, uint32_t first,
    uint32_t *taps, struct s2_entry *chunk) {
  if (chunk)
    chunk[0] = (struct s2_entry){{first / side, first % side}};
  for (uint32_t j = 0; j < count; j++)
    for (; taps[j] < axis->first[begin + j + 1] && axis->taps[taps[j]].index - first < 4; taps[j]++) {
      const struct s2_tap *tap = &axis->taps[taps[j]];
      if (chunk)
        chunk[1 + tap->index - first].words[j] = s2_float_bits((float)tap->weight);
    }
}

/* The first input coordinate that a block's elements have a tap of that is in no chunk; UINT32_MAX if there is none. */
static uint32_t next_input(const struct s2_axis *axis, uint32_t begin, uint32_t count, const uint32_t *taps) {
  uint32_t next = UINT32_MAX;
  for (uint32_t j = 0; j < count; j++)
    if (taps[j] < axis->first[begin + j + 1] && axis->taps[taps[j]].index < next)
      next = axis->taps[taps[j]].index;
  return next;
}

/* Blocks, then chunks: at multiples of 4, or where there is something to read, within one tile. */
static size_t blocks(const struct s2_axis *axis, uint32_t side, bool aligned, struct s2_entry *entries, size_t at) {
  size_t next = at + (axis->out + 3) / 4;
  for (uint32_t begin = 0; begin < axis->out; begin += 4) {
    const uint32_t count = axis->out - begin < 4 ? axis->out - begin : 4;
    uint32_t taps[4], input;
    memcpy(taps, axis->first + begin, count * sizeof *taps);
    const size_t first_chunk = next;
    for (; (input = next_input(axis, begin, count, taps)) < UINT32_MAX; next += CHUNK_ENTRIES) {
      const uint32_t last = input / side * side + side - 4;
      const uint32_t first = aligned ? input / 4 * 4 : input < last ? input : last;
      write_chunk(axis, begin, count, side, first, taps, entries ? entries + next : NULL);
    }
    if (entries)
      entries[at + begin / 4] = (struct s2_entry){{(uint32_t)first_chunk, (uint32_t)next}};
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

/* What a block of columns of maps reads, four neighbours at a time: (tile, first coordinate inside the tile) of two of these in
 * an entry; then for each column the weights from its offset on. */
static size_t straight_quads(
    const struct s2_axis *axis, const struct s2_blocks *b, uint32_t side, struct s2_entry *entries, size_t at) {
  const size_t places = (b->source / 4 + 1) / 2, weights = (b->taps + 3) / 4, each = places + b->size * weights;
  const uint32_t count = (axis->out + b->size - 1) / b->size;
  for (uint32_t block = 0; entries && block < count; block++) {
    struct s2_entry *entry = entries + at + block * each;
    const int32_t first = s2_blocks_first(axis, b, block), last = (int32_t)axis->in - 4;
    for (uint32_t i = 0; i < b->source / 4; i++) {
      const int32_t read = first + 4 * (int32_t)i;
      const uint32_t index = read < 0 ? 0 : (uint32_t)(read < last ? read : last);
      entry[i / 2].words[i % 2 * 2] = index / side;
      entry[i / 2].words[i % 2 * 2 + 1] = index % side;
    }
    for (uint32_t p = 0; p < b->size && block * b->size + p < axis->out; p++) {
      const uint32_t j = block * b->size + p;
      uint32_t *words = entry[places + p * weights].words;
      for (uint32_t k = axis->first[j]; k < axis->first[j + 1]; k++)
        words[(int32_t)axis->taps[k].index - first - b->offsets[p]] = s2_float_bits((float)axis->taps[k].weight);
    }
  }
  return count * each;
}

size_t s2_tables_merge(const struct s2_scale *scale, const struct s2_scale_axes *axes,
    const struct s2_merge_shape *shape, const struct s2_straight_shape *straight, struct s2_entry *entries, size_t at,
    struct s2_scale_record *record) {
  const size_t begin = at;
  record->merge_y = (uint32_t)at;
  at += windows(&axes->merge[0], scale->features.height, entries, at);
  record->merge_x = (uint32_t)at;
  at += windows(&axes->merge[1], scale->features.width, entries, at);
  record->merge_blocks = (uint32_t)at;
  if (shape)
    at += blocks(&axes->merge[1], scale->features.width, shape->aligned, entries, at);
  record->merge_straight = (uint32_t)at;
  if (straight->down.size) {
    at += straight_blocks(&axes->merge[0], &straight->down, scale->features.height, entries, at);
    at += (straight->maps ? straight_quads : straight_blocks)(
        &axes->merge[1], &straight->across, scale->features.width, entries, at);
  }
  return at - begin;
}
