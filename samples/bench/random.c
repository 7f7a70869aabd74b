#include "random.h"

#include "element.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t random_next(uint64_t *state) {
  uint64_t z = *state += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

uint32_t random_from(uint64_t *state, uint32_t low, uint32_t high) {
  return low + (uint32_t)((random_next(state) >> 32) * ((uint64_t)high - low + 1) >> 32);
}

/* 65536 numbers are encoded once, and the tensor is drawn from them. */
void *random_tensor(s2vk_type type, VkDeviceSize bytes, uint64_t seed) {
  enum { COUNT = 65536 };
  size_t size = s2vk_type_size(type);
  char *numbers = malloc(COUNT * size), *tensor = malloc(bytes);
  if (numbers && tensor) {
    for (size_t i = 0; i < COUNT; i++)
      element_set(type, numbers, i, ldexp((double)(random_next(&seed) >> 11), -52) - 1);
    for (size_t i = 0; i < bytes / size; i++)
      memcpy(tensor + i * size, numbers + random_next(&seed) % COUNT * size, size);
  } else {
    fprintf(stderr, "bench: out of memory\n");
    free(tensor);
    tensor = NULL;
  }
  free(numbers);
  return tensor;
}

void *random_bytes(VkDeviceSize bytes, uint64_t seed) {
  const VkDeviceSize words = (bytes + 7) / 8;
  uint64_t *tensor = malloc(words * 8);
  if (!tensor)
    fprintf(stderr, "bench: out of memory\n");
  for (VkDeviceSize i = 0; tensor && i < words; i++)
    tensor[i] = random_next(&seed);
  return tensor;
}
