/* Faults of drivers that the library works around: each with the driver, the versions and the symptom. */
#ifndef S2VK_QUIRKS_H
#define S2VK_QUIRKS_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

struct s2_quirks {
  /* llvmpipe (lavapipe), Mesa; seen in 22.3, and no version is known to be without. Its compiler, gallivm, ends all
   * loops of an invocation after 65,535 rounds in all, without a word. Here are the rounds to keep to;
   * 0: any number. */
  uint32_t loop_rounds;

  /* SwiftShader; seen in 5.0. Its compiler folds no constants into branches, goes through both sides of each, and
   * unrolls nothing, so that kernels as configured for CPUs take some twenty times as long as those for GPUs. FIXED
   * modules, which have the constants in place and which glslc unrolls, are for it. */
  bool keeps_branches;

  /* MoltenVK before 1.3.0, by its source and by what spirv-cross makes of modules. It sizes arrays by the default
   * values of specialization constants. SIZED modules, whose arrays have the largest sizes, are for it. */
  bool sizes_by_defaults;

  /* No fault: unpackHalf2x16 is exact for every half, which no specification asks for (subnormals may be 0), and one
   * instruction: llvmpipe's where the processor has F16C. Seen in 22.3. On 64-bit ARM it aborts (LLVM 15 cannot select
   * AArch64ISD::VLSHR). */
  bool exact_halves;
};

struct s2_quirks s2_quirks_of(VkDriverId driver);

#endif
