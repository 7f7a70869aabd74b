/* Facts about a device that Vulkan has no query for. A table in worth.c has them by driver, and by vendor for unknown
 * drivers, with the source of each number. */
#ifndef S2VK_WORTH_H
#define S2VK_WORTH_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

struct s2_worth {
  uint32_t registers;   /* of 32 bits; an invocation that needs more has some in memory */
  bool unrolls;         /* the compiler folds specialization constants and unrolls loops over them */
  uint32_t invocations; /* minimum for a dispatch, if there is enough work: they hide memory latency */
  uint32_t fetch;       /* multiply-adds in the time of a fetch of 16 bytes that are in a cache */
};

/* driver is 0 for a device of Vulkan 1.1, which does not name it. A device that is not in the table gets careful
 * numbers. */
struct s2_worth s2_worth_of(VkDriverId driver, uint32_t vendor);

#endif
