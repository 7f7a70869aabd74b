#include "run/workspace.h"

s2vk_result s2_workspace_check_plan(const s2vk_binding *binding, const s2vk_binding *other) {
  if (!other || other->plan == binding->plan)
    return S2VK_SUCCESS;
  return s2_fail(&binding->plan->context->env, S2VK_ERROR_WORKSPACE,
      "in_turn_with is a binding of another plan; it must be one of the same plan");
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

static struct part part_of(const s2vk_binding *binding, const char *owner, enum s2_slot slot) {
  return (struct part){owner, slot, &binding->buffers[slot], s2_slot_bytes(binding->plan, slot)};
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

s2vk_result s2_workspace_share(s2vk_binding *binding, const s2vk_binding *other) {
  const struct s2_env *env = &binding->plan->context->env;
  for (enum s2_slot slot = 0; other && slot < S2_SLOT_COUNT; slot++)
    if (!is_workspace(slot) && !binding->buffers[slot].buffer)
      binding->buffers[slot] = other->buffers[slot];
  s2vk_result result = S2VK_SUCCESS;
  for (enum s2_slot slot = 0; !result && slot < S2_SLOT_COUNT; slot++) {
    for (enum s2_slot before = 0; !result && before < slot; before++)
      result = check_apart(env, part_of(binding, "", slot), part_of(binding, "", before));
    for (enum s2_slot theirs = 0; !result && other && is_workspace(slot) && theirs < S2_SLOT_COUNT; theirs++)
      result = check_apart(env, part_of(binding, "", slot), part_of(other, "in_turn_with's ", theirs));
  }
  return result;
}

s2vk_result s2_workspace_check_source(
    const s2vk_binding *binding, enum s2_slot slot, const s2vk_buffer *source, uint64_t bytes) {
  static const enum s2_slot of_split[] = {S2_SLOT_TILES, S2_SLOT_MIDDLE, S2_SLOT_RESIZED};
  static const enum s2_slot of_merge[] = {S2_SLOT_OUTPUT, S2_SLOT_ACCUMULATOR};
  const bool merge = slot == S2_SLOT_FEATURES;
  const size_t count = merge ? sizeof of_merge / sizeof *of_merge : sizeof of_split / sizeof *of_split;
  s2vk_result result = S2VK_SUCCESS;
  for (size_t i = 0; !result && i < count; i++)
    result = check_apart(&binding->plan->context->env, (struct part){"late ", slot, source, bytes},
        part_of(binding, "", merge ? of_merge[i] : of_split[i]));
  return result;
}
