#include "vulkan/worth.h"

#include <stddef.h>

/* Drivers that headers before 1.4.309 do not name. */
#define HONEYKRISP ((VkDriverId)26)

enum vendor { AMD = 0x1002, IMAGINATION = 0x1010, APPLE = 0x106B, NVIDIA = 0x10DE, ARM = 0x13B5, BROADCOM = 0x14E4 };
enum { QUALCOMM = 0x5143, INTEL = 0x8086, SAMSUNG = 0x144D };

/* Sources of the numbers.
 *
 * Registers: the compiler's own statistics where it begins to spill, as `sh tests/vendors.sh` prints them, and the
 * vendor's documents:
 * - AMD: 256 VGPRs (RDNA and GCN ISA guides).
 * - NVIDIA: 255 (CUDA C++ Programming Guide, table of compute capabilities).
 * - Adreno: 48 of four words, r0 to r47 (ir3 of Mesa). Its scheduler fills free ones with loads in flight.
 * - Apple: 256 of 16 bits. Addresses take some (agx of Mesa).
 * - Intel: 128 of 32 bytes, which are 128 words in SIMD8 (Gfx9 to Gfx12 PRM, volume 7). Addresses take some.
 * - PowerVR: temporaries. 169 were seen without a spill (pco of Mesa).
 * - Mali: 64. Addresses take a dozen (panvk of Mesa). Above 32 only half the threads run (Arm GPU Best Practices,
 *   "Shader register usage").
 * - VideoCore: 64 with one thread, 32 with two, 16 with four (v3d of Mesa).
 *
 * Whether loops unroll: VideoCore's arrays stay in memory if constants are their sizes and bounds (`sh
 * tests/vendors.sh --mobile`).
 *
 * Invocations: those of desktop cards are version 0.1's, which no measurement has confirmed yet. Others fill each lane
 * of the largest device of a family four times: Adreno 830 12288, M1 8192, Xe of 96 units 6144, Mali of 10 cores 5120,
 * VideoCore VII 1024.
 *
 * A fetch: lanes that share a first cache, times 16 bytes, over the bytes that the cache gives in a cycle:
 * - AMD: 64 lanes of a compute unit, 64 bytes (whitepaper of GCN; RDNA's gives 128).
 * - NVIDIA: 128 lanes of a multiprocessor, 128 bytes (whitepaper of Volta, and later ones).
 * - Intel: 64 lanes of a subslice, 64 bytes (The Compute Architecture of Intel Processor Graphics Gen9).
 * - Others: not published for the device. They have lavapipe's number, which was measured and is higher. */
static const struct {
  VkDriverId drivers[3];
  uint32_t vendor;
  struct s2_worth worth;
} table[] = {
    {{VK_DRIVER_ID_MESA_RADV, VK_DRIVER_ID_AMD_OPEN_SOURCE, VK_DRIVER_ID_AMD_PROPRIETARY}, AMD, {256, true, 16384, 16}},
    {{VK_DRIVER_ID_SAMSUNG_PROPRIETARY}, SAMSUNG, {256, true, 8192, 16}},
    {{VK_DRIVER_ID_NVIDIA_PROPRIETARY, VK_DRIVER_ID_MESA_NVK}, NVIDIA, {255, true, 16384, 16}},
    {{VK_DRIVER_ID_INTEL_OPEN_SOURCE_MESA, VK_DRIVER_ID_INTEL_PROPRIETARY_WINDOWS}, INTEL, {96, true, 8192, 16}},
    {{VK_DRIVER_ID_MOLTENVK, HONEYKRISP}, APPLE, {120, true, 8192, 25}},
    {{VK_DRIVER_ID_MESA_TURNIP, VK_DRIVER_ID_QUALCOMM_PROPRIETARY}, QUALCOMM, {144, true, 8192, 25}},
    {{VK_DRIVER_ID_IMAGINATION_OPEN_SOURCE_MESA, VK_DRIVER_ID_IMAGINATION_PROPRIETARY}, IMAGINATION,
        {128, true, 4096, 25}},
    {{VK_DRIVER_ID_MESA_PANVK, VK_DRIVER_ID_ARM_PROPRIETARY}, ARM, {52, true, 4096, 25}},
    {{VK_DRIVER_ID_MESA_V3DV, VK_DRIVER_ID_BROADCOM_PROPRIETARY}, BROADCOM, {40, false, 1024, 25}},
};

/* The smallest registers of the table, the dearest fetch. */
static const struct s2_worth careful = {40, false, 4096, 25};

struct s2_worth s2_worth_of(VkDriverId driver, uint32_t vendor) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    bool is = driver == 0 && table[i].vendor == vendor;
    for (int k = 0; k < 3; k++)
      is = is || (driver != 0 && table[i].drivers[k] == driver);
    if (is)
      return table[i].worth;
  }
  return careful;
}
