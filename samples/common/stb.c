/* The one translation unit with stb's implementations. */
#include "stb.h"

#include <stdint.h>
#include <stdlib.h>

/* Deflate makes at most 1032 bytes from one byte. A byte is at most 8 pixels, and a pixel has at most 4 channels here.
 * OWN_BYTES is for the decoder's own state. */
#define BYTES_OF_ONE (UINT64_C(1032) * 8 * 4)
#define OWN_BYTES (UINT64_C(1) << 17)

static _Thread_local uint64_t most = UINT64_MAX;

void stb_bound_by_file(size_t file_bytes) {
  most = file_bytes < (UINT64_MAX - OWN_BYTES) / BYTES_OF_ONE ? file_bytes * BYTES_OF_ONE + OWN_BYTES : UINT64_MAX;
}

static void *bounded_realloc(void *memory, size_t bytes) {
  return bytes <= most ? realloc(memory, bytes) : NULL;
}

#define STBI_MALLOC(bytes) bounded_realloc(NULL, bytes)
#define STBI_REALLOC(memory, bytes) bounded_realloc(memory, bytes)
#define STBI_FREE(memory) free(memory)

/* The other readers of stb_image are less well maintained. PNG is for tests: samples read it by libpng. */
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_FAILURE_USERMSG
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include <stb_image_resize.h>
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>
