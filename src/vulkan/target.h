/* What the kernels and the scheduler know of a device. */
#ifndef S2VK_TARGET_H
#define S2VK_TARGET_H

#include "vulkan/pipeline.h"

struct s2_target {
  bool cpu;             /* kernels are configured for a driver on the CPU: few long invocations */
  bool copies;          /* a pass that would only copy is a vkCmdCopyBuffer() */
  bool long_lines;      /* an invocation makes a long row of outputs: on CPUs it can hold any number of values */
  bool unrolls;         /* the driver's compiler folds specialization constants and unrolls loops over them */
  bool sized;           /* no array may have a specialization constant as its size */
  uint32_t registers;   /* of 32 bits, that an invocation may hold; UINT32_MAX: any number */
  uint32_t invocations; /* minimum for a dispatch, if there is enough work */
  uint32_t fetch;       /* multiply-adds in the time of a fetch of 16 bytes, see worth.h */
  /* Bits of passes, 1 << S2_PASS_*. no_texels: the source was not created to be read as texels. no_copies: source or
   * target was not created for transfers. */
  uint32_t no_texels, no_copies;
  bool texels;          /* sources and tables may also be bound as texel buffers: there are modules that read them so */
  bool int64;           /* shaders may use 64-bit integers */
  bool unpack_halves;   /* unpackHalf2x16() is exact */
  uint64_t range;       /* bytes of a storage buffer binding */
  uint32_t texel_count; /* of a texel buffer */
  uint32_t texel_alignment; /* of the offset of one */
  uint32_t alignment;       /* of the offset of a storage buffer */
  uint32_t groups[3];       /* workgroups of a dispatch */
  uint32_t loop_rounds;     /* of an invocation; UINT32_MAX: any number. See quirks.h */
};

/* Makes a target from the device's limits, type and quirks, and from the context's info. Without a device the target is
 * a GPU without limits. */
struct s2_target s2_target_of(const struct s2_vk *vk, const s2vk_context_info *info);

/* Completes a key with the fields that depend on the device: permutation, S2_SOURCE_TEXELS and S2_UNPACK_HALVES. The
 * two flags say whether tables and source are bound as texels. The source is so only if the tables are. */
void s2_target_finish(
    const struct s2_target *target, bool table_texels, bool source_texels, struct s2_pipeline_key *key);

#endif
