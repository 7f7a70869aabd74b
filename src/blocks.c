#include "blocks.h"

static uint32_t min_u32(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b) {
  return a > b ? a : b;
}

static int32_t min_i32(int32_t a, int32_t b) {
  return a < b ? a : b;
}

/* To a multiple of align, downwards. */
static int32_t align_down(int32_t value, uint32_t align) {
  const int32_t rest = value % (int32_t)align;
  return value - (rest < 0 ? rest + (int32_t)align : rest);
}

void s2_axis_reach(const struct s2_axis *axis, uint32_t begin, uint32_t end, uint32_t *low, uint32_t *high) {
  begin = min_u32(begin, axis->out - 1);
  end = max_u32(min_u32(end, axis->out), begin + 1);
  *low = axis->in;
  *high = 0;
  for (uint32_t j = begin; j < end; j++) {
    *low = min_u32(*low, axis->taps[axis->first[j]].index);
    *high = max_u32(*high, axis->taps[axis->first[j + 1] - 1].index);
  }
}

int32_t s2_blocks_first(const struct s2_axis *axis, const struct s2_blocks *b, uint32_t block) {
  if (b->advance)
    return (int32_t)(b->base + (int64_t)block * b->advance);
  uint32_t low, high;
  s2_axis_reach(axis, block * b->size, (block + 1) * b->size, &low, &high);
  return align_down((int32_t)low, b->align);
}

/* Has blocks follow each other at one distance. What they read at the axis' ends, where it is clamped, lies within what they would
 * read anywhere else. */
static void set_advance(const struct s2_axis *axis, uint32_t advance, struct s2_blocks *b) {
  int64_t base = INT32_MAX;
  for (uint32_t block = 0; block * b->size < axis->out; block++) {
    uint32_t low, high;
    s2_axis_reach(axis, block * b->size, (block + 1) * b->size, &low, &high);
    const int64_t first = low - (int64_t)block * advance;
    base = first < base ? first : base;
  }
  b->advance = advance;
  b->base = align_down((int32_t)base, b->align);
}

/* For each coordinate of a block where its taps begin and end, in all blocks, relative to the block's first input. */
static void reach_in_block(const struct s2_axis *axis, const struct s2_blocks *b, int32_t *lows, int32_t *highs) {
  for (uint32_t p = 0; p < b->size; p++) {
    lows[p] = (int32_t)b->source;
    highs[p] = 0;
  }
  for (uint32_t block = 0; block * b->size < axis->out; block++) {
    const int32_t first = s2_blocks_first(axis, b, block);
    for (uint32_t p = 0; p < b->size && block * b->size + p < axis->out; p++) {
      const uint32_t j = block * b->size + p;
      const int32_t end = (int32_t)axis->taps[axis->first[j + 1] - 1].index - first + 1;
      lows[p] = min_i32(lows[p], (int32_t)axis->taps[axis->first[j]].index - first);
      highs[p] = end > highs[p] ? end : highs[p];
    }
  }
}

/* What blocks read, once it is known how they follow each other. */
static bool take_windows(const struct s2_axis *axis, struct s2_blocks *b) {
  int32_t source = 1;
  for (uint32_t block = 0; block * b->size < axis->out; block++) {
    uint32_t low, high;
    s2_axis_reach(axis, block * b->size, (block + 1) * b->size, &low, &high);
    const int32_t end = (int32_t)high - s2_blocks_first(axis, b, block) + 1;
    source = end > source ? end : source;
  }
  if (source > S2_MAX_BLOCK_SOURCE)
    return false;
  b->source = ((uint32_t)source + b->align - 1) / b->align * b->align;
  int32_t lows[S2_MAX_BLOCK], highs[S2_MAX_BLOCK];
  reach_in_block(axis, b, lows, highs);
  for (uint32_t p = 0; p < b->size; p++)
    b->taps = max_u32(b->taps, highs[p] > lows[p] ? (uint32_t)(highs[p] - lows[p]) : 1);
  /* A window that would reach past the block's end begins earlier. */
  for (uint32_t p = 0; p < b->size; p++)
    b->offsets[p] = (uint8_t)min_i32(lows[p], (int32_t)(b->source - b->taps));
  return true;
}

bool s2_blocks_take(const struct s2_axis *axis, uint32_t padded, uint32_t size, uint32_t align, struct s2_blocks *b) {
  *b = (struct s2_blocks){.size = size, .align = align, .taps = 1};
  /* A block's coordinates span a whole number of inputs. */
  const uint64_t span = (uint64_t)size * axis->in;
  if (span % axis->out == 0 && span / axis->out % align == 0 && padded / size > 1)
    set_advance(axis, (uint32_t)(span / axis->out), b);
  return take_windows(axis, b);
}

bool s2_blocks_drift(const struct s2_axis *axis, uint32_t padded, uint32_t size, struct s2_blocks *b) {
  *b = (struct s2_blocks){.size = size, .align = 1, .taps = 1};
  const uint64_t span = (uint64_t)size * axis->in, advance = (span + axis->out / 2) / axis->out;
  const uint64_t whole = advance * axis->out, drift = (span > whole ? span - whole : whole - span) * (padded / size);
  if (span % axis->out == 0 || advance == 0 || advance > S2_MAX_BLOCK_SOURCE || padded / size < 2 ||
      drift / axis->out > S2_MAX_DRIFT)
    return false;
  set_advance(axis, (uint32_t)advance, b);
  return take_windows(axis, b);
}
