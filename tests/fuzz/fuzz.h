/* What the fuzz targets share. Each defines LLVMFuzzerTestOneInput() of libFuzzer; main.c calls it
 * with files instead. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, and so the fuzzer with a finding, where something does not hold. */
#define FUZZ_REQUIRE(condition) fuzz_require(condition, #condition, __FILE__, __LINE__)
void fuzz_require(bool holds, const char *condition, const char *file, int line);

/* A file in memory with a name that any reader can open, the same for as long as the process lives. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* The input taken apart; 0 where it has ended. */
struct fuzz_input {
  const uint8_t *at, *end;
};

uint8_t fuzz_u8(struct fuzz_input *input);
uint32_t fuzz_u32(struct fuzz_input *input); /* little-endian */
double fuzz_double(struct fuzz_input *input);

#endif
