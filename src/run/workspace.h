/* The buffers of a binding, and which of them may be shared. Tiles and features are a binding's workspace. The other
 * buffers belong to a run: two bindings that take turns with its calls have them in common. */
#ifndef S2VK_WORKSPACE_H
#define S2VK_WORKSPACE_H

#include "run/plan.h"

enum s2_slot {
  S2_SLOT_INPUT,
  S2_SLOT_TILES,
  S2_SLOT_FEATURES,
  S2_SLOT_OUTPUT,
  S2_SLOT_ACCUMULATOR,
  S2_SLOT_MIDDLE,  /* images that S2_PASS_FIRST makes and S2_PASS_SECOND reads */
  S2_SLOT_RESIZED, /* images that S2_PASS_SECOND makes and splits read */
  S2_SLOT_COUNT
};

extern const char *const s2_slot_names[S2_SLOT_COUNT];

/* What a plan needs of a buffer; 0: the plan does not use it. */
uint64_t s2_slot_bytes(const struct s2vk_plan *plan, enum s2_slot slot);

/* The usage of buffers that the library makes. */
#define S2_OWN_USAGE                                                                                                   \
  (VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |          \
      VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT)

/* Takes the buffers of the run that are not given from those of the other binding, or NULL. Then fails if any of the
 * buffers overlap, or if the workspace overlaps the other's buffers. */
s2vk_result s2_workspace_share(
    const struct s2vk_plan *plan, s2vk_buffer buffers[S2_SLOT_COUNT], const s2vk_buffer *others);

/* Fails if `bytes` of a source that comes late, for a slot, overlap a buffer that the split (input) or the merge
 * (features) writes. */
s2vk_result s2_workspace_check_source(const struct s2vk_plan *plan, const s2vk_buffer buffers[S2_SLOT_COUNT],
    enum s2_slot slot, const s2vk_buffer *source, uint64_t bytes);

#endif
