/* PNG, by libpng. */
#include "reader.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#define DEFLATE_RATIO 1032. /* the maximum number of bytes that deflate makes from one */

struct source {
  struct reader *reader;
  size_t at;
  bool complete; /* all rows were read; the rest of the file may be missing */
};

static void take(png_structp png, png_bytep to, png_size_t bytes) {
  struct source *source = png_get_io_ptr(png);
  if (bytes > source->reader->bytes - source->at)
    png_error(png, "it ends too early");
  memcpy(to, source->reader->data + source->at, bytes);
  source->at += bytes;
}

static void raise(png_structp png, png_const_charp text) {
  struct source *source = png_get_io_ptr(png);
  if (!source->complete)
    reader_fail(source->reader, "%s", text);
  png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp text) {
  (void)png, (void)text;
}

/* EXIF as ImageMagick writes it: "\nexif\n <length>\n" and hexadecimal digits. */
static void find_raw_profile(struct reader *reader, const char *text, size_t bytes) {
  unsigned char *exif = malloc(bytes / 2 + 1);
  size_t count = 0, at = 0;
  int lines = 0, digits = 0;
  unsigned value = 0;
  while (at < bytes && lines < 3)
    lines += text[at++] == '\n';
  for (; exif && at < bytes; at++) {
    char c = text[at];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0)
      continue;
    value = value << 4 | (unsigned)digit;
    if (++digits % 2 == 0)
      exif[count++] = (unsigned char)value;
  }
  if (count > 6 && memcmp(exif, "Exif\0", 6) == 0)
    reader_find_exif(reader, exif + 6, count - 6);
  free(exif);
}

static void find_orientation(struct reader *reader, png_structp png, png_infop info) {
  png_uint_32 exif_bytes = 0;
  png_bytep exif = NULL;
  png_textp texts = NULL;
  int count = 0;
  if (png_get_eXIf_1(png, info, &exif_bytes, &exif))
    reader_find_exif(reader, exif, exif_bytes);
  png_get_text(png, info, &texts, &count);
  for (int i = 0; i < count; i++) {
    size_t length = texts[i].text_length ? texts[i].text_length : texts[i].itxt_length;
    if (strcmp(texts[i].key, "Raw profile type exif") == 0)
      find_raw_profile(reader, texts[i].text, length);
    else if (strcmp(texts[i].key, "XML:com.adobe.xmp") == 0)
      reader_find_xmp(reader, (const unsigned char *)texts[i].text, length);
  }
}

static void find_profile(struct reader *reader, png_structp png, png_infop info) {
  png_charp name;
  png_bytep icc;
  png_uint_32 bytes;
  int method;
  if (png_get_iCCP(png, info, &name, &method, &icc, &bytes))
    reader_keep_profile(reader, icc, bytes);
}

/* Converts to RGB or RGBA with 8 bits for each channel. Of 16 bits it takes the upper 8, as Pillow does with colours.
 * Pillow clamps 16-bit grey at 255 instead, which turns all but the darkest 1/256 of the range white. */
static int transform(png_structp png, png_infop info) {
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_gray_to_rgb(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  return passes;
}

static bool decode(struct source *source, png_structp png, png_infop info, unsigned char *volatile *buffer) {
  struct reader *reader = source->reader;
  png_read_info(png, info);
  uint32_t height = png_get_image_height(png, info), width = png_get_image_width(png, info);
  double bits = (double)png_get_channels(png, info) * png_get_bit_depth(png, info) / DEFLATE_RATIO;
  find_profile(reader, png, info);
  int passes = transform(png, info);
  size_t row_bytes = png_get_rowbytes(png, info);
  bool alpha = png_get_channels(png, info) == 4;
  if (!reader_begin(reader, height, width, 1, bits))
    return false;
  reader->photograph->has_alpha = alpha;
  if (alpha && !(*buffer = calloc(passes > 1 ? height : 1, row_bytes)))
    return reader_fail(reader, "there is no memory for it");
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t y = 0; y < height; y++) {
      unsigned char *row = alpha ? *buffer + (passes > 1 ? y * row_bytes : 0) : reader_row(reader, y);
      png_read_row(png, row, NULL);
      if (alpha && pass == passes - 1)
        reader_put_rgba(reader, y, row, false);
    }
  find_orientation(reader, png, info);
  source->complete = true;
  png_read_end(png, info);
  find_orientation(reader, png, info);
  return true;
}

static bool read_png(struct reader *reader) {
  struct source source = {.reader = reader};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, raise, ignore);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  unsigned char *volatile buffer = NULL;
  volatile bool done = false;
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return reader_fail(reader, "there is no memory for its decoder");
  }
  png_set_read_fn(png, &source, take);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
  if (setjmp(png_jmpbuf(png)) == 0)
    done = decode(&source, png, info, &buffer);
  png_destroy_read_struct(&png, &info, NULL);
  free(buffer);
  return done || source.complete;
}

static bool recognises(const unsigned char *data, size_t bytes) {
  return bytes >= 8 && png_sig_cmp(data, 0, 8) == 0;
}

const struct reader_format reader_png = {"PNG", recognises, read_png};
