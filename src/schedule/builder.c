#include "schedule/builder.h"

#include <string.h>

uint32_t s2_float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

struct s2_entry *s2_write(struct s2_writer *writer, size_t count) {
  struct s2_entry *entries = writer->entries ? writer->entries + writer->count : NULL;
  writer->count += count;
  return entries;
}

/* ---- Ranges ---------------------------------------------------------------------------------------------------- */

struct s2_range s2_range_of_bytes(const struct s2_target *target, uint64_t tensor_bytes, uint64_t begin, uint64_t end) {
  if (tensor_bytes <= target->range)
    return (struct s2_range){0, tensor_bytes};
  /* 32 bytes: the shaders read eight f32 at a time, counted from the beginning of the range. */
  uint64_t alignment = target->alignment > 32 ? target->alignment : 32;
  alignment = target->texel_alignment > alignment ? target->texel_alignment : alignment;
  const uint64_t first = begin / alignment * alignment;
  end = (end + 15) / 16 * 16; /* whole texels */
  return (struct s2_range){first, (end < tensor_bytes ? end : tensor_bytes) - first};
}

struct s2_range s2_range_of_elements(
    const struct s2_target *target, uint64_t tensor_bytes, s2vk_type type, uint64_t begin, uint64_t end) {
  return s2_range_of_bytes(target, tensor_bytes, begin * s2vk_type_size(type), end * s2vk_type_size(type));
}

struct s2_range s2_range_of_tables(const struct s2_builder *b, uint32_t scale, uint32_t *section) {
  const struct s2_choice *choice = &b->schedule->choices[scale][b->pass_index];
  *section = b->sectioned ? 0 : (uint32_t)choice->first_entry;
  if (b->sectioned)
    return (struct s2_range){
        choice->first_entry * sizeof(struct s2_entry), choice->entry_count * sizeof(struct s2_entry)};
  return (struct s2_range){0, b->schedule->entry_count * sizeof(struct s2_entry)};
}

/* ---- Dispatches ------------------------------------------------------------------------------------------------ */

/* Makes room for one more item: doubles the room of an array that is full. */
static bool grow(const struct s2_env *env, void **items, uint32_t count, uint32_t *room, size_t size) {
  if (count < *room)
    return true;
  const uint32_t more = *room ? *room * 2 : 4;
  void *grown = *room <= UINT32_MAX / 2 ? s2_alloc(env, more, size) : NULL;
  if (!grown)
    return false;
  if (count)
    memcpy(grown, *items, count * size);
  s2_free(env, *items);
  *items = grown;
  *room = more;
  return true;
}

static s2vk_result no_memory(const struct s2_builder *b) {
  return s2_fail(
      b->env, S2VK_ERROR_OUT_OF_HOST_MEMORY, "out of host memory for %u dispatches", b->pass->dispatch_count);
}

static s2vk_result add(struct s2_builder *b, const struct s2_dispatch *dispatch) {
  struct s2_pass *pass = b->pass;
  if (!grow(b->env, (void **)&pass->dispatches, pass->dispatch_count, &pass->dispatch_room, sizeof *pass->dispatches))
    return no_memory(b);
  pass->dispatches[pass->dispatch_count++] = *dispatch;
  return S2VK_SUCCESS;
}

static uint32_t hash(const struct s2_ranges *ranges) {
  const uint64_t parts[] = {ranges->tables.offset, ranges->source.offset, ranges->source.bytes, ranges->target.offset,
      ranges->target.bytes, ranges->accumulator.offset};
  uint64_t sum = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    sum = (sum ^ parts[i]) * UINT64_C(0x9E3779B97F4A7C15);
  return (uint32_t)(sum >> 32);
}

/* The slot of equal ranges; a free slot if there are none. */
static uint32_t *find_slot(const struct s2_builder *b, const struct s2_ranges *ranges) {
  const struct s2_lookup *lookup = &b->lookup;
  uint32_t at = hash(ranges) & (lookup->slot_count - 1);
  while (lookup->slots[at] && memcmp(&b->pass->ranges[lookup->slots[at] - 1], ranges, sizeof *ranges) != 0)
    at = (at + 1) & (lookup->slot_count - 1);
  return &lookup->slots[at];
}

/* Enlarges the table so that at least half of its slots stay free. */
static bool grow_lookup(struct s2_builder *b) {
  struct s2_lookup *lookup = &b->lookup;
  if (b->pass->range_count * 2 < lookup->slot_count)
    return true;
  s2_free(b->env, lookup->slots);
  lookup->slot_count = lookup->slot_count ? lookup->slot_count * 2 : 16;
  lookup->slots = s2_alloc(b->env, lookup->slot_count, sizeof *lookup->slots);
  for (uint32_t i = 0; lookup->slots && i < b->pass->range_count; i++)
    *find_slot(b, &b->pass->ranges[i]) = i + 1;
  return lookup->slots != NULL;
}

static bool find_ranges(struct s2_builder *b, const struct s2_ranges *ranges, uint32_t *index) {
  struct s2_pass *pass = b->pass;
  if (!grow(b->env, (void **)&pass->ranges, pass->range_count, &pass->range_room, sizeof *pass->ranges) ||
      !grow_lookup(b))
    return false;
  uint32_t *slot = find_slot(b, ranges);
  if (!*slot) {
    pass->ranges[pass->range_count++] = *ranges;
    *slot = pass->range_count;
  }
  *index = *slot - 1;
  return true;
}

s2vk_result s2_add_dispatch(struct s2_builder *b, const struct s2_pipeline_key *key, const struct s2_ranges *ranges,
    const struct s2_dispatch *dispatch) {
  struct s2_pass *pass = b->pass;
  struct s2_dispatch added = *dispatch;
  struct s2_pipeline_key finished = *key;
  s2_target_finish(b->target, b->schedule->table_texels, pass->source_texels, &finished);
  for (added.key = 0; added.key < pass->key_count; added.key++)
    if (memcmp(&pass->keys[added.key], &finished, sizeof finished) == 0)
      break;
  if (!find_ranges(b, ranges, &added.ranges) ||
      !grow(b->env, (void **)&pass->keys, pass->key_count, &pass->key_room, sizeof *pass->keys))
    return no_memory(b);
  if (added.key == pass->key_count)
    pass->keys[pass->key_count++] = finished;
  return add(b, &added);
}

s2vk_result s2_add_copy(struct s2_builder *b, uint32_t scale, const struct s2_copy *copy) {
  const struct s2_dispatch added = {
      .key = S2_NO_KEY, .job = scale * S2_PASS_COUNT + (uint32_t)b->pass_index, .copy = *copy};
  return add(b, &added);
}

static struct s2_resampling resampling_of(const struct s2_builder *b, uint32_t scale, enum s2_pass_index pass) {
  const struct s2_geometry *g = b->geometry;
  if ((pass != S2_PASS_FIRST && pass != S2_PASS_SECOND) || scale >= g->pre.resample_count)
    return (struct s2_resampling){0};
  const struct s2_resample *r = &g->pre.resamples[scale];
  const struct s2_middle_image *middle = &b->schedule->middles[scale];
  const uint32_t begin = r->down_first ? r->left : r->top; /* along the axis of the second pass */
  if (pass == S2_PASS_FIRST)
    return (struct s2_resampling){&g->pixels, &middle->pixels, g->input, middle->size, !r->down_first,
        r->down_first ? r->top : r->left, r->down_first ? 0 : middle->begin, r->down_first ? middle->begin : 0,
        r->floats, g->input_bytes, b->schedule->middle_bytes};
  return (struct s2_resampling){&middle->pixels, &r->pixels, middle->size, r->out, r->down_first, begin + middle->begin,
      0, 0, r->floats, b->schedule->middle_bytes, g->pre.resampled_bytes};
}

struct s2_job s2_builder_job(const struct s2_builder *b, uint32_t scale, enum s2_pass_index pass) {
  return (struct s2_job){
      .target = b->target,
      .geometry = pass == S2_PASS_SPLIT ? s2_split_view(b->geometry, scale) : b->geometry,
      .scale = &b->geometry->scales[scale],
      .axes = b->schedule->choices[scale][pass].axes,
      .scale_index = scale,
      .pass = pass,
      .source_texels = b->schedule->passes[pass].source_texels,
      .accumulator = b->schedule->accumulator,
      .resampling = resampling_of(b, scale, pass),
  };
}
