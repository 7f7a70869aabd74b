/* The orientation of an image: one number, in EXIF or XMP. Libraries for EXIF parse a hundred other fields, too, and
 * have been attacked through them. */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

#define ORIENTATION_TAG 0x0112

struct bytes {
  const unsigned char *data;
  size_t count;
  bool big_endian;
};

static uint32_t number(const struct bytes *bytes, size_t at, size_t width) {
  uint32_t value = 0;
  for (size_t i = 0; i < width; i++)
    value |= (uint32_t)bytes->data[at + i] << 8 * (bytes->big_endian ? width - 1 - i : i);
  return value;
}

/* The orientation in the first directory of a TIFF header; 0 if it is not there. */
static uint32_t find_tag(const struct bytes *bytes) {
  if (bytes->count < 8 || number(bytes, 2, 2) != 42)
    return 0;
  size_t at = number(bytes, 4, 4);
  if (at > bytes->count - 2)
    return 0;
  uint32_t entries = number(bytes, at, 2);
  for (at += 2; entries && at <= bytes->count && bytes->count - at >= 12; entries--, at += 12)
    if (number(bytes, at, 2) == ORIENTATION_TAG) {
      uint32_t type = number(bytes, at + 2, 2); /* 3: 16 bits, the right type */
      return number(bytes, at + 8, type == 3 ? 2 : type == 4 ? 4 : 1);
    }
  return 0;
}

void reader_find_exif(struct reader *reader, const unsigned char *exif, size_t bytes) {
  bool big_endian = bytes > 1 && memcmp(exif, "MM", 2) == 0;
  if (!big_endian && !(bytes > 1 && memcmp(exif, "II", 2) == 0))
    return;
  uint32_t found = find_tag(&(struct bytes){exif, bytes, big_endian});
  if (found >= 1 && found <= 8)
    reader->photograph->orientation = found;
}

/* XMP has it as an attribute, tiff:Orientation="6", or as an element, <tiff:Orientation>6. */
void reader_find_xmp(struct reader *reader, const unsigned char *xmp, size_t bytes) {
  static const char name[] = "tiff:Orientation";
  const size_t length = sizeof name - 1;
  if (reader->photograph->orientation)
    return;
  for (size_t i = 0; i + length + 3 < bytes; i++) {
    const unsigned char *value = xmp + i + length;
    if (xmp[i] != 't' || memcmp(xmp + i, name, length) != 0)
      continue;
    value += value[0] == '=' && value[1] == '"' ? 2 : value[0] == '>' ? 1 : 0;
    if (value > xmp + i + length && *value >= '1' && *value <= '8') {
      reader->photograph->orientation = (uint32_t)(*value - '0');
      return;
    }
  }
}

/* Each orientation is a flip of columns, a flip of rows and, last, an exchange of both. */
bool orientation_apply(struct photograph *photograph, uint32_t orientation) {
  static const unsigned char columns[] = {0, 0, 1, 1, 0, 0, 0, 1, 1}, rows[] = {0, 0, 0, 1, 1, 0, 1, 1, 0};
  const size_t height = photograph->size.height, width = photograph->size.width;
  const bool exchange = orientation > 4;
  if (orientation < 2 || orientation > 8)
    return true;
  unsigned char *turned = malloc(height * width * 3);
  if (!turned)
    return false;
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++) {
      size_t to_y = rows[orientation] ? height - 1 - y : y, to_x = columns[orientation] ? width - 1 - x : x;
      size_t to = exchange ? to_x * height + to_y : to_y * width + to_x;
      memcpy(turned + to * 3, photograph->pixels + (y * width + x) * 3, 3);
    }
  free(photograph->pixels);
  photograph->pixels = turned;
  if (exchange)
    photograph->size = (s2vk_size){(uint32_t)width, (uint32_t)height};
  return true;
}
