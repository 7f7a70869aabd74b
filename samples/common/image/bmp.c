/* BMP, by stb_image: every library of Debian that reads this format needs a whole toolkit. */
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

enum { AT_OFFSET = 10, AT_HEADER = 14, AT_COMPRESSION = 30, OS2 = 12, V2 = 52, V3 = 56, V4 = 108, BITFIELDS = 3 };

/* Whether the file has all rows. stb_image reads missing ones as zeros. */
static bool is_whole(const unsigned char *data, size_t bytes, uint32_t height, uint32_t width) {
  uint64_t offset = number(data + AT_OFFSET, 4),
           bits = number(data + (number(data + AT_HEADER, 4) == OS2 ? 24 : 28), 2);
  return offset + (width * bits + 31) / 32 * 4 * height <= bytes;
}

/* Whether the fourth byte of a pixel is its alpha. Without a mask that says so it is a filler, whatever its value
 * is. */
static bool has_alpha(const unsigned char *data, int channels) {
  return channels == 4 && number(data + AT_HEADER, 4) > OS2 && number(data + AT_COMPRESSION, 4) == BITFIELDS;
}

/* stb_image does not read headers that end with the masks. This makes such a header one of the next longer kind.
 * Returns NULL if the file stays as it is, or if there is no memory. */
static unsigned char *lengthen(const unsigned char *data, size_t *bytes) {
  size_t header = number(data + AT_HEADER, 4), more = V4 - header, offset = number(data + AT_OFFSET, 4) + more;
  if ((header != V2 && header != V3) || *bytes < AT_HEADER + header || offset > *bytes + more)
    return NULL;
  unsigned char *copy = calloc(*bytes + more, 1);
  if (!copy)
    return NULL;
  memcpy(copy, data, AT_HEADER + header);
  memcpy(copy + AT_HEADER + V4, data + AT_HEADER + header, *bytes - AT_HEADER - header);
  copy[AT_HEADER] = V4;
  for (size_t i = 0; i < 4; i++)
    copy[AT_OFFSET + i] = (unsigned char)(offset >> 8 * i);
  *bytes += more;
  return copy;
}

static bool read_data(struct reader *reader, const unsigned char *data, size_t bytes) {
  int width, height, channels, again[2];
  if (!stbi_info_from_memory(data, (int)bytes, &width, &height, &channels))
    return reader_fail(reader, "%s", stbi_failure_reason());
  height = height > -INT_MAX && height < 0 ? -height : height; /* rows from the top down */
  if (width < 1 || height < 1)
    return reader_fail(reader, "its size of %d x %d is not possible", height, width);
  if (!is_whole(data, bytes, (uint32_t)height, (uint32_t)width))
    return reader_fail(reader, "it is cut: some of its rows are missing");
  if (!reader_begin(reader, (uint32_t)height, (uint32_t)width, 1, 1)) /* without runs: at least a bit for each pixel */
    return false;
  stb_bound_by_file(bytes);
  unsigned char *rgba = stbi_load_from_memory(data, (int)bytes, &again[0], &again[1], &channels, 4);
  if (!rgba || again[0] != width || again[1] != height) {
    free(rgba);
    return reader_fail(reader, "%s", rgba ? "its size is not clear" : stbi_failure_reason());
  }
  reader->photograph->has_alpha = has_alpha(data, channels);
  for (size_t i = 0; !reader->photograph->has_alpha && i < (size_t)width * (size_t)height; i++)
    rgba[4 * i + 3] = 255;
  for (uint32_t y = 0; y < (uint32_t)height; y++)
    reader_put_rgba(reader, y, rgba + (size_t)y * (size_t)width * 4, false);
  free(rgba);
  return true;
}

static bool read_bmp(struct reader *reader) {
  size_t bytes = reader->bytes;
  if (bytes > INT_MAX - V4)
    return reader_fail(reader, "it has over %d bytes", INT_MAX - V4);
  unsigned char *copy = lengthen(reader->data, &bytes);
  bool done = read_data(reader, copy ? copy : reader->data, bytes);
  free(copy);
  return done;
}

static bool recognises(const unsigned char *data, size_t bytes) {
  return bytes > AT_COMPRESSION + 4 && memcmp(data, "BM", 2) == 0;
}

const struct reader_format reader_bmp = {"BMP", recognises, read_bmp};
