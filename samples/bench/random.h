/* Random numbers (splitmix64). A seed gives the same numbers on every machine. */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <s2vk/s2vk.h>

uint64_t random_next(uint64_t *state);

/* Uniform from low to high, both included. */
uint32_t random_from(uint64_t *state, uint32_t low, uint32_t high);

/* Makes numbers that are uniform in [-1, 1). Free the result. Without memory it returns NULL and prints that on
 * stderr. */
void *random_tensor(s2vk_type type, VkDeviceSize bytes, uint64_t seed);

/* Makes random bits. Free the result. Without memory it returns NULL and prints that on stderr. */
void *random_bytes(VkDeviceSize bytes, uint64_t seed);

#endif
