/* What of a device decides how work is shaped and cut. */
#ifndef S2VK_TARGET_H
#define S2VK_TARGET_H

#include <stdbool.h>
#include <stdint.h>

struct s2_target {
  bool cpu;                 /* a driver on the CPU, or a plan made as for one */
  bool copies;              /* what a pass copies as it is, it leaves to vkCmdCopyBuffer() */
  bool int64;               /* shaders may use 64-bit integers */
  uint64_t range;           /* bytes of a storage buffer binding */
  uint32_t texels;          /* of a texel buffer */
  uint32_t texel_alignment; /* of the offset of one */
  uint32_t alignment;       /* of the offset of one */
  uint32_t groups[3];       /* workgroups of a dispatch */
  bool keeps_branches;      /* as faults.h has it */
  bool unpack_halves;       /* as faults.h has exact_halves */
  uint32_t loop_rounds;     /* of an invocation, as faults.h has it; 0: any number */
};

#endif
