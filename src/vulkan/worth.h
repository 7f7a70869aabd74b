/* What a device is worth to kernels: what no query of Vulkan tells, by its driver, and by its maker where the driver is not known. One
 * table, in worth.c, with the source of each number. */
#ifndef S2VK_WORTH_H
#define S2VK_WORTH_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

struct s2_worth {
  uint32_t registers; /* of 32 bits, that an invocation may hold before the compiler keeps some in memory */
  bool unrolls;       /* the compiler folds specialization constants and unrolls loops over them */
  uint32_t
      invocations; /* that a dispatch has at least, if there is work for so many: they hide the time that memory takes */
};

/* driver is 0 where the device does not tell, being of Vulkan 1.1. What is not in the table gets careful numbers. */
struct s2_worth s2_worth_of(VkDriverId driver, uint32_t vendor);

#endif
