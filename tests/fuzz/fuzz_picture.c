/* samples/extract/picture.c: JPEG by way of libjpeg-turbo, PNG by way of stb. */
#include "../../samples/extract/picture.h" /* its folder has a features.h, as libc has */
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct photograph photograph;
  if (!photograph_read(&photograph, fuzz_file(data, size))) {
    FUZZ_REQUIRE(!photograph.pixels);
    return 0;
  }
  FUZZ_REQUIRE(photograph.size.height > 0 && photograph.size.width > 0);
  const size_t plane = (size_t)photograph.size.height * photograph.size.width;
  if (plane <= 1 << 16) { /* more takes long and says no more */
    float *planes = photograph_planes(&photograph);
    FUZZ_REQUIRE(planes);
    for (size_t i = 0; i < plane * 3; i++)
      FUZZ_REQUIRE(planes[i] >= 0 && planes[i] <= 1);
    free(planes);
  }
  photograph_free(&photograph);
  return 0;
}
