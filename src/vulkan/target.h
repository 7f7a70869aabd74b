/* What the kernels and the scheduler know of a device. */
#ifndef S2VK_TARGET_H
#define S2VK_TARGET_H

#include "vulkan/pipeline.h"

struct s2_target {
  bool cpu;           /* kernels are configured for a driver on the CPU: few long invocations */
  bool copies;        /* vkCmdCopyBuffer() does what a pass would only copy */
  bool long_lines;    /* one line of many outputs pays, as on CPUs, whose compilers keep any number of values at once */
  bool unrolls;       /* the driver's compiler folds specialization constants and unrolls loops over them */
  bool sized;         /* arrays have sizes that are no specialization constants */
  uint32_t registers; /* of 32 bits, that an invocation may hold; UINT32_MAX: any number */
  uint32_t invocations; /* minimum for a dispatch, if there is enough work */
  uint32_t fetch;       /* multiply-adds in the time of a fetch of 16 bytes, see worth.h */
  /* Bits of passes, 1 << S2_PASS_*: whose source was not created to be read as texels; whose source and target were not
   * created for transfers. */
  uint32_t no_texels, no_copies;
  bool texels;          /* sources and tables may be bound as texel buffers, too: there are modules that read them so */
  bool int64;           /* shaders may use 64-bit integers */
  bool unpack_halves;   /* unpackHalf2x16() is exact */
  uint64_t range;       /* bytes of a storage buffer binding */
  uint32_t texel_count; /* of a texel buffer */
  uint32_t texel_alignment; /* of the offset of one */
  uint32_t alignment;       /* of the offset of a storage buffer */
  uint32_t groups[3];       /* workgroups of a dispatch */
  uint32_t loop_rounds;     /* of an invocation; UINT32_MAX: any number. See quirks.h */
};

/* Made from the device's limits, type and quirks, and from info, the context's. Without a device it is a GPU without
 * limits. */
struct s2_target s2_target_of(const struct s2_vk *vk, const s2vk_context_info *info);

/* Completes a key with what depends on how the shader reads on this device: permutation, S2_SOURCE_TEXELS and
 * S2_UNPACK_HALVES. The two flags say whether tables and source are bound as texels; the source is only if the tables
 * are. */
void s2_target_finish(
    const struct s2_target *target, bool table_texels, bool source_texels, struct s2_pipeline_key *key);

#endif
