#include "kernels/kernels.h"

#include "modules.h"

const struct s2_kernel *const s2_kernels[] = {
    &s2_split_gather,
    &s2_split_polyphase,
    &s2_split_scatter,
    &s2_split_convert,
    &s2_split_copy,
    &s2_resample_across,
    &s2_resample_down,
    &s2_merge_gather,
    &s2_merge_tokens,
    &s2_merge_feature_maps,
    &s2_merge_copy,
#if S2VK_CPU_SHADERS
    &s2_resample_walk,
    &s2_merge_blocks,
#endif
    NULL,
};
