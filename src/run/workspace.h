/* Which buffers of a binding may be shared. Tiles and features are a binding's workspace. The other buffers belong to a
 * run: two bindings that take turns with its calls have them in common. */
#ifndef S2VK_WORKSPACE_H
#define S2VK_WORKSPACE_H

#include "run/binding.h"

/* Fails if the binding that is to take turns with this one is of another plan. `other` may be NULL, here and below. */
s2vk_result s2_workspace_check_plan(const s2vk_binding *binding, const s2vk_binding *other);

/* Takes the buffers of the run that the caller did not give from the other binding. Then fails if any of the binding's
 * buffers overlap, or if its workspace overlaps the other's. */
s2vk_result s2_workspace_share(s2vk_binding *binding, const s2vk_binding *other);

/* Fails if `bytes` of a source that comes late, for a slot, overlap a buffer that the split (input) or the merge
 * (features) writes. */
s2vk_result s2_workspace_check_source(
    const s2vk_binding *binding, enum s2_slot slot, const s2vk_buffer *source, uint64_t bytes);

#endif
