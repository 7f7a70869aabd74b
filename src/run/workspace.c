#include "run/workspace.h"

const char *const s2_slot_names[S2_SLOT_COUNT] = {
    "input", "tiles", "features", "output", "accumulator", "scratch", "scratch"};

uint64_t s2_slot_bytes(const s2vk_plan *plan, enum s2_slot slot) {
  const struct s2_geometry *g = &plan->geometry;
  const struct s2_schedule *schedule = &plan->form.schedule;
  const uint64_t bytes[S2_SLOT_COUNT] = {g->input_bytes, g->tiles_bytes, g->features_bytes, g->output_bytes,
      schedule->accumulator_bytes, schedule->middle_bytes, g->pre.resampled_bytes};
  return bytes[slot];
}

static bool is_workspace(enum s2_slot slot) {
  return slot == S2_SLOT_TILES || slot == S2_SLOT_FEATURES;
}

/* What a plan uses of a buffer. */
struct part {
  const char *owner; /* ahead of the name */
  enum s2_slot slot;
  const s2vk_buffer *buffer;
  uint64_t bytes;
};

static struct part part_of(const s2vk_plan *plan, const s2vk_buffer *buffers, const char *owner, enum s2_slot slot) {
  return (struct part){owner, slot, &buffers[slot], s2_slot_bytes(plan, slot)};
}

static s2vk_result check_apart(const struct s2_env *env, struct part a, struct part b) {
  const uint64_t at = a.buffer->offset, other_at = b.buffer->offset;
  const bool apart = at <= other_at ? other_at - at >= a.bytes : at - other_at >= b.bytes;
  if (!a.buffer->buffer || a.buffer->buffer != b.buffer->buffer || apart)
    return S2VK_SUCCESS;
  return s2_fail(env, S2VK_ERROR_WORKSPACE,
      "%s%s.offset is %llu and %s%s.offset is %llu, in one buffer; the plan needs %llu bytes of the former and %llu of "
      "the latter, which overlap",
      a.owner, s2_slot_names[a.slot], (unsigned long long)at, b.owner, s2_slot_names[b.slot],
      (unsigned long long)other_at, (unsigned long long)a.bytes, (unsigned long long)b.bytes);
}

s2vk_result s2_workspace_share(const s2vk_plan *plan, s2vk_buffer buffers[S2_SLOT_COUNT], const s2vk_buffer *others) {
  const struct s2_env *env = &plan->context->env;
  for (enum s2_slot slot = 0; others && slot < S2_SLOT_COUNT; slot++)
    if (!is_workspace(slot) && !buffers[slot].buffer)
      buffers[slot] = others[slot];
  s2vk_result result = S2VK_SUCCESS;
  for (enum s2_slot slot = 0; !result && slot < S2_SLOT_COUNT; slot++) {
    const struct part mine = part_of(plan, buffers, "", slot);
    for (enum s2_slot before = 0; !result && before < slot; before++)
      result = check_apart(env, mine, part_of(plan, buffers, "", before));
    for (enum s2_slot theirs = 0; !result && others && is_workspace(slot) && theirs < S2_SLOT_COUNT; theirs++)
      result = check_apart(env, mine, part_of(plan, others, "in_turn_with's ", theirs));
  }
  return result;
}

s2vk_result s2_workspace_check_source(const s2vk_plan *plan, const s2vk_buffer buffers[S2_SLOT_COUNT],
    enum s2_slot slot, const s2vk_buffer *source, uint64_t bytes) {
  static const enum s2_slot of_split[] = {S2_SLOT_TILES, S2_SLOT_MIDDLE, S2_SLOT_RESIZED};
  static const enum s2_slot of_merge[] = {S2_SLOT_OUTPUT, S2_SLOT_ACCUMULATOR};
  const bool merge = slot == S2_SLOT_FEATURES;
  const size_t count = merge ? sizeof of_merge / sizeof *of_merge : sizeof of_split / sizeof *of_split;
  s2vk_result result = S2VK_SUCCESS;
  for (size_t i = 0; !result && i < count; i++)
    result = check_apart(&plan->context->env, (struct part){"late ", slot, source, bytes},
        part_of(plan, buffers, "", merge ? of_merge[i] : of_split[i]));
  return result;
}
