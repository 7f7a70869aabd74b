/* Faults of drivers that the library works around, and one feature. Each has the driver, the versions and the symptom.
 */
#ifndef S2VK_QUIRKS_H
#define S2VK_QUIRKS_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

struct s2_quirks {
  /* llvmpipe (lavapipe), Mesa; seen in 22.3, and no version is known to be without. Its compiler, gallivm, ends all
   * loops of an invocation after 65,535 rounds in all, without an error. This member is the number of rounds to stay
   * within; 0: any number. */
  uint32_t loop_rounds;

  /* SwiftShader; seen in 5.0. Its compiler folds no specialization constant, unrolls no loop, and runs both sides of
   * each branch. Kernels in the configuration for CPUs then take some twenty times as long as in that for GPUs. FIXED
   * modules are for it: they have the constants compiled in, and glslc unrolls their loops. */
  bool keeps_branches;

  /* MoltenVK before 1.3.0, by its source and by what spirv-cross makes of modules. It sizes arrays by the default
   * values of specialization constants. SIZED modules, whose arrays have the largest sizes, are for it. */
  bool sizes_by_defaults;

  /* A feature: unpackHalf2x16 is exact for every half, and is one instruction. Vulkan does not require that: subnormals
   * may become 0. llvmpipe has it on processors with F16C; seen in 22.3. On 64-bit ARM it aborts (LLVM 15 cannot select
   * AArch64ISD::VLSHR). */
  bool exact_halves;
};

struct s2_quirks s2_quirks_of(VkDriverId driver);

#endif
