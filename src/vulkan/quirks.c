#include "vulkan/quirks.h"

/* A CPU driver runs in this process, so it is for the processor that this is compiled for. */
#if defined __x86_64__ || defined _M_X64
#define X86 1
#else
#define X86 0
#endif

struct s2_quirks s2_quirks_of(VkDriverId driver) {
  return (struct s2_quirks){
      .loop_rounds = driver == VK_DRIVER_ID_MESA_LLVMPIPE ? 60000 : 0,
      .keeps_branches = driver == VK_DRIVER_ID_GOOGLE_SWIFTSHADER,
      .sizes_by_defaults = driver == VK_DRIVER_ID_MOLTENVK,
      .exact_halves = driver == VK_DRIVER_ID_MESA_LLVMPIPE && X86,
  };
}
