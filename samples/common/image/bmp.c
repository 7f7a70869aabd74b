/* By stb_image: no library of Debian that is made for images reads these without a whole toolkit behind it. */
#include "reader.h"

#include "stb.h"

#include <limits.h>
#include <stb_image.h>
#include <stdlib.h>
#include <string.h>

static uint32_t number(const unsigned char *data, size_t bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes; i++)
    value |= (uint32_t)data[i] << 8 * i;
  return value;
}

/* Whether all rows are there: stb_image takes zeros for what is missing. */
static bool is_whole(const unsigned char *data, size_t bytes, uint32_t height, uint32_t width) {
  uint64_t offset = number(data + 10, 4), bits = number(data + (number(data + 14, 4) == 12 ? 24 : 28), 2);
  return offset + (width * bits + 31) / 32 * 4 * height <= bytes;
}

static bool read_bmp(struct reader *reader) {
  int width, height, channels;
  if (reader->bytes > INT_MAX)
    return reader_fail(reader, "it has over %d bytes", INT_MAX);
  if (!stbi_info_from_memory(reader->data, (int)reader->bytes, &width, &height, &channels) || width < 1 || height < 1)
    return reader_fail(reader, "%s", stbi_failure_reason());
  if (!is_whole(reader->data, reader->bytes, (uint32_t)height, (uint32_t)width))
    return reader_fail(reader, "it is cut: some of its rows are missing");
  if (!reader_begin(
          reader, (uint32_t)height, (uint32_t)width, 1, 1)) /* files without runs have a bit a pixel at least */
    return false;
  stb_bound_by_file(reader->bytes);
  int again[2];
  unsigned char *rgba = stbi_load_from_memory(reader->data, (int)reader->bytes, &again[0], &again[1], &channels, 4);
  if (!rgba || again[0] != width || again[1] != height) {
    free(rgba);
    return reader_fail(reader, "%s", rgba ? "its size is not clear" : stbi_failure_reason());
  }
  reader->photograph->has_alpha = channels == 4;
  for (uint32_t y = 0; y < (uint32_t)height; y++)
    reader_put_rgba(reader, y, rgba + (size_t)y * (size_t)width * 4, false);
  free(rgba);
  return true;
}

static bool recognises(const unsigned char *data, size_t bytes) {
  return bytes > 30 && memcmp(data, "BM", 2) == 0;
}

const struct reader_format reader_bmp = {"BMP", recognises, read_bmp};
