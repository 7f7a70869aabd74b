#define _GNU_SOURCE /* memfd_create */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_require(bool holds, const char *condition, const char *file, int line) {
  if (holds)
    return;
  fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
  abort();
}

const char *fuzz_file(const uint8_t *data, size_t size) {
  static int file = -1;
  static char path[64];
  if (file < 0) {
    file = memfd_create("fuzz", 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  }
  FUZZ_REQUIRE(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
  return path;
}

uint8_t fuzz_u8(struct fuzz_input *input) {
  return input->at < input->end ? *input->at++ : 0;
}

uint32_t fuzz_u32(struct fuzz_input *input) {
  uint32_t value = 0;
  for (unsigned i = 0; i < 4; i++)
    value |= (uint32_t)fuzz_u8(input) << 8 * i;
  return value;
}

double fuzz_double(struct fuzz_input *input) {
  uint64_t bits = fuzz_u32(input);
  bits |= (uint64_t)fuzz_u32(input) << 32;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
