#include "photograph.h"

#include "stb.h"

#include <errno.h>
#include <limits.h>
#include <stb_image.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

/* All of a file; NULL, with the reason, if it cannot be read. */
static unsigned char *read_file(const char *path, size_t *bytes, char *reason) {
  FILE *file = fopen(path, "rb");
  long end = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  unsigned char *data = NULL;
  if (end < 0 || fseek(file, 0, SEEK_SET) != 0)
    snprintf(reason, PHOTOGRAPH_REASON_BYTES, "%s", strerror(errno));
  else if (end == 0 || end > INT_MAX)
    snprintf(reason, PHOTOGRAPH_REASON_BYTES, "it has %ld bytes; an image has 1 to %d", end, INT_MAX);
  else if (!(data = malloc((size_t)end)) || fread(data, (size_t)end, 1, file) != 1) {
    snprintf(reason, PHOTOGRAPH_REASON_BYTES, "its %ld bytes cannot be read", end);
    free(data);
    data = NULL;
  }
  if (file)
    fclose(file);
  *bytes = data ? (size_t)end : 0;
  return data;
}

#define NOT_AN_IMAGE "not a JPEG or PNG image that can be read: "

/* A JPEG file has at least one bit for every 64 of its pixels. */
#define JPEG_PIXELS_OF_ONE_BYTE 512

/* By libjpeg-turbo: stb's reader writes past its tables when a file's are too long. NULL, with the reason, if it cannot. */
static unsigned char *decode_jpeg(const unsigned char *data, size_t bytes, int *height, int *width, char *reason) {
  tjhandle decoder = tjInitDecompress();
  unsigned char *pixels = NULL;
  int subsampling, colours;
  snprintf(reason, PHOTOGRAPH_REASON_BYTES, NOT_AN_IMAGE "there is no memory for it");
  if (!decoder)
    return NULL;
  bool done = tjDecompressHeader3(decoder, data, bytes, width, height, &subsampling, &colours) == 0;
  if (done && (size_t)*width * (size_t)*height / JPEG_PIXELS_OF_ONE_BYTE > bytes) {
    snprintf(reason, PHOTOGRAPH_REASON_BYTES, NOT_AN_IMAGE "it is too short for its height and width");
  } else if (done && (pixels = malloc((size_t)*width * (size_t)*height * 3))) {
    done = tjDecompress2(decoder, data, bytes, pixels, *width, 0, *height, TJPF_RGB, 0) == 0;
  }
  if (!done) {
    snprintf(reason, PHOTOGRAPH_REASON_BYTES, NOT_AN_IMAGE "%s", tjGetErrorStr2(decoder));
    free(pixels);
    pixels = NULL;
  }
  tjDestroy(decoder);
  return pixels;
}

static unsigned char *decode_png(const unsigned char *data, size_t bytes, int *height, int *width, char *reason) {
  int channels;
  stb_bound_by_file(bytes);
  unsigned char *pixels = stbi_load_from_memory(data, (int)bytes, width, height, &channels, 3);
  if (!pixels)
    snprintf(reason, PHOTOGRAPH_REASON_BYTES, NOT_AN_IMAGE "%s", stbi_failure_reason());
  return pixels;
}

bool photograph_read(struct photograph *photograph, const char *path, char reason[PHOTOGRAPH_REASON_BYTES]) {
  *photograph = (struct photograph){0};
  size_t bytes;
  unsigned char *data = read_file(path, &bytes, reason);
  if (!data)
    return false;
  const bool jpeg = bytes > 1 && data[0] == 0xFF && data[1] == 0xD8;
  int height, width;
  photograph->pixels = (jpeg ? decode_jpeg : decode_png)(data, bytes, &height, &width, reason);
  free(data);
  if (!photograph->pixels)
    return false;
  photograph->size = (s2vk_size){(uint32_t)height, (uint32_t)width};
  return true;
}

void photograph_free(struct photograph *photograph) {
  free(photograph->pixels); /* as stb.c allocates, too */
  *photograph = (struct photograph){0};
}
