/* samples/common/npy.c: what can be read can be written and read again, the same. */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "npy.h"

static const char *written_path(void) {
  static char path[64];
  if (!*path)
    snprintf(path, sizeof path, "/proc/self/fd/%d", memfd_create("written", 0));
  return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct npy array, again;
  char error[256] = "";
  if (!npy_read(fuzz_file(data, size), &array, error, sizeof error)) {
    FUZZ_REQUIRE(*error && !array.data);
    return 0;
  }
  size_t elements = 1;
  for (unsigned i = 0; i < array.rank; i++)
    elements *= array.dims[i];
  FUZZ_REQUIRE(array.rank <= NPY_MAX_RANK && elements == array.elements);
  FUZZ_REQUIRE(array.elements * array.element_bytes <= size);
  FUZZ_REQUIRE(npy_write(written_path(), &array, error, sizeof error));
  FUZZ_REQUIRE(npy_read(written_path(), &again, error, sizeof error));
  FUZZ_REQUIRE(again.rank == array.rank && memcmp(again.dims, array.dims, sizeof array.dims) == 0);
  FUZZ_REQUIRE(strcmp(again.type, array.type) == 0 && again.element_bytes == array.element_bytes);
  FUZZ_REQUIRE(memcmp(again.data, array.data, array.elements * array.element_bytes) == 0);
  npy_free(&again);
  npy_free(&array);
  return 0;
}
