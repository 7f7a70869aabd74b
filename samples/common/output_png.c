#include "output.h"

#include <stb_image_write.h>
#include <stdlib.h>
#include <string.h>

/* Collects the pieces that stb passes on. */
struct bytes {
  unsigned char *data;
  size_t count;
  bool failed;
};

static void append(void *user, void *data, int count) {
  struct bytes *bytes = user;
  unsigned char *longer = bytes->failed ? NULL : realloc(bytes->data, bytes->count + (size_t)count);
  if (!longer) {
    bytes->failed = true;
    return;
  }
  memcpy(longer + bytes->count, data, (size_t)count);
  bytes->data = longer;
  bytes->count += (size_t)count;
}

bool output_write_png(
    const char *path, const unsigned char *pixels, int height, int width, char reason[OUTPUT_REASON_BYTES]) {
  struct bytes bytes = {0};
  bool done = stbi_write_png_to_func(append, &bytes, width, height, 3, pixels, 0) && !bytes.failed;
  if (!done)
    snprintf(reason, OUTPUT_REASON_BYTES, "no memory for a PNG of %d x %d pixels", height, width);
  done = done && output_write(path, bytes.data, bytes.count, reason);
  free(bytes.data);
  return done;
}
