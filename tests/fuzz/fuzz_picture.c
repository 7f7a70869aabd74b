/* samples/common/photograph.c: every format. */
#include "fuzz.h"
#include "photograph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct photograph photograph;
  char reason[PHOTOGRAPH_REASON_BYTES] = "";
  const struct photograph_options options = {.max_pixels = 1 << 22, .convert_profile = size % 2};
  if (!photograph_read_as(&photograph, &options, fuzz_file(data, size), reason)) {
    FUZZ_REQUIRE(!photograph.pixels && *reason);
    return 0;
  }
  FUZZ_REQUIRE(photograph.size.height > 0 && photograph.size.width > 0);
  /* All of it is there to be read. */
  const size_t bytes = (size_t)photograph.size.height * photograph.size.width * 3;
  volatile unsigned char last = 0;
  for (size_t i = 0; i < bytes; i++)
    last = photograph.pixels[i];
  (void)last;
  photograph_free(&photograph);
  return 0;
}
