#define _POSIX_C_SOURCE 200809L

#include "photograph.h"

#include "image/reader.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define MAX_FILE_BYTES INT32_MAX

static const struct reader_format *const formats[] = {
    &reader_jpeg, &reader_png, &reader_webp, &reader_gif, &reader_bmp, &reader_tiff, &reader_heif};
#define FORMAT_COUNT (sizeof formats / sizeof *formats)

/* ---- What readers share ---- */

bool reader_fail(struct reader *reader, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reader->reason, PHOTOGRAPH_REASON_BYTES, format, arguments);
  va_end(arguments);
  return false;
}

static uint64_t max_pixels(const struct reader *reader) {
  return reader->options->max_pixels ? reader->options->max_pixels : PHOTOGRAPH_MAX_PIXELS;
}

static uint64_t shrunk(uint32_t side, uint32_t shrink) {
  return ((uint64_t)side + shrink - 1) / shrink;
}

uint32_t reader_shrink(const struct reader *reader, uint32_t height, uint32_t width) {
  uint32_t side = reader->options->shrink_side, shrink = 1;
  while (side && shrink < 8 && shrunk(height, shrink) * shrunk(width, shrink) > max_pixels(reader) &&
         shrunk(height, 2 * shrink) >= side && shrunk(width, 2 * shrink) >= side)
    shrink *= 2;
  return shrink;
}

bool reader_begin(struct reader *reader, uint32_t height, uint32_t width, uint32_t shrink, double min_bits) {
  struct photograph *photograph = reader->photograph;
  uint64_t stored = (uint64_t)height * width, pixels = shrunk(height, shrink) * shrunk(width, shrink);
  if (!stored)
    return reader_fail(reader, "it has no pixels");
  if (pixels > max_pixels(reader))
    return reader_fail(reader, "its %u x %u pixels are more than the %llu that are read; --max-pixels changes that",
        height, width, (unsigned long long)max_pixels(reader));
  if ((double)stored * min_bits > ((double)reader->bytes + 64) * 8)
    return reader_fail(reader, "its %zu bytes are too few for its %u x %u pixels", reader->bytes, height, width);
  if (reader->options->admit)
    reader->options->admit(reader->options->admit_user, pixels);
  photograph->stored = (s2vk_size){height, width};
  photograph->size = (s2vk_size){(uint32_t)shrunk(height, shrink), (uint32_t)shrunk(width, shrink)};
  photograph->shrink = shrink;
  photograph->pixels = malloc((size_t)pixels * 3);
  return photograph->pixels || reader_fail(reader, "there is no memory for its %u x %u pixels", height, width);
}

unsigned char *reader_row(struct reader *reader, uint32_t row) {
  return reader->photograph->pixels + (size_t)row * reader->photograph->size.width * 3;
}

void reader_put_rgba(struct reader *reader, uint32_t row, const unsigned char *rgba, bool premultiplied) {
  unsigned char *to = reader_row(reader, row);
  bool drop = reader->options->alpha == PHOTOGRAPH_ALPHA_DROP;
  for (uint32_t x = 0; x < reader->photograph->size.width; x++, rgba += 4, to += 3)
    for (int i = 0; i < 3; i++) {
      unsigned value = rgba[i], alpha = rgba[3];
      if (premultiplied && alpha) {
        value = value * 255 / alpha;
        value = value < 255 ? value : 255;
      }
      to[i] = (unsigned char)(drop ? value : (value * alpha + (255 - alpha) * 255 + 127) / 255);
    }
}

void reader_keep_profile(struct reader *reader, const unsigned char *icc, size_t bytes) {
  free(reader->icc);
  reader->icc = bytes ? malloc(bytes) : NULL;
  reader->icc_bytes = reader->icc ? bytes : 0;
  if (reader->icc)
    memcpy(reader->icc, icc, bytes);
}

/* ---- Files ---- */

static unsigned char *read_file(const char *path, size_t *bytes, char *reason) {
  FILE *file = fopen(path, "rb");
  struct stat status;
  unsigned char *data = NULL;
  if (!file || fstat(fileno(file), &status) != 0) {
    snprintf(reason, PHOTOGRAPH_REASON_BYTES, "%s", strerror(errno));
  } else if (S_ISDIR(status.st_mode)) {
    snprintf(reason, PHOTOGRAPH_REASON_BYTES, "is a folder; an image is a file");
  } else if (!S_ISREG(status.st_mode)) {
    snprintf(reason, PHOTOGRAPH_REASON_BYTES, "is no regular file");
  } else if (status.st_size == 0 || status.st_size > MAX_FILE_BYTES) {
    snprintf(reason, PHOTOGRAPH_REASON_BYTES, "it has %lld bytes; an image has 1 to %d", (long long)status.st_size,
        MAX_FILE_BYTES);
  } else if (!(data = malloc((size_t)status.st_size)) || fread(data, (size_t)status.st_size, 1, file) != 1) {
    snprintf(reason, PHOTOGRAPH_REASON_BYTES, "its %lld bytes cannot be read", (long long)status.st_size);
    free(data);
    data = NULL;
  }
  if (file)
    fclose(file);
  *bytes = data ? (size_t)status.st_size : 0;
  return data;
}

bool photograph_named(const char *name) {
  static const char *const endings[] = {
      ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"};
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot && dot > name && i < sizeof endings / sizeof *endings; i++)
    if (strcasecmp(dot, endings[i]) == 0)
      return true;
  return false;
}

/* ---- All of it ---- */

static bool decode(struct reader *reader, const struct reader_format *format) {
  struct photograph *photograph = reader->photograph;
  photograph->format = format->name;
  if (!format->read(reader))
    return false;
  if (!photograph->orientation)
    photograph->orientation = 1;
  if (!profile_apply(reader))
    return false;
  return reader->turned || reader->options->no_rotate || orientation_apply(photograph, photograph->orientation) ||
         reader_fail(reader, "there is no memory to turn it");
}

bool photograph_decode(struct photograph *photograph, const struct photograph_options *options,
    const unsigned char *data, size_t bytes, char reason[PHOTOGRAPH_REASON_BYTES]) {
  static const struct photograph_options defaults;
  char why[PHOTOGRAPH_REASON_BYTES] = "";
  *photograph = (struct photograph){0};
  struct reader reader = {
      .data = data, .bytes = bytes, .options = options ? options : &defaults, .photograph = photograph, .reason = why};
  for (size_t i = 0; i < FORMAT_COUNT; i++)
    if (formats[i]->recognises(data, bytes)) {
      bool done = decode(&reader, formats[i]);
      free(reader.icc);
      if (done)
        return true;
      snprintf(reason, PHOTOGRAPH_REASON_BYTES, "not an image that can be read: %s: %.400s", photograph->format, why);
      photograph_free(photograph);
      return false;
    }
  snprintf(reason, PHOTOGRAPH_REASON_BYTES,
      "not an image that can be read: it is no JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC");
  return false;
}

bool photograph_read_as(struct photograph *photograph, const struct photograph_options *options, const char *path,
    char reason[PHOTOGRAPH_REASON_BYTES]) {
  size_t bytes;
  unsigned char *data = read_file(path, &bytes, reason);
  *photograph = (struct photograph){0};
  bool done = data && photograph_decode(photograph, options, data, bytes, reason);
  free(data);
  return done;
}

bool photograph_read(struct photograph *photograph, const char *path, char reason[PHOTOGRAPH_REASON_BYTES]) {
  return photograph_read_as(photograph, NULL, path, reason);
}

void photograph_free(struct photograph *photograph) {
  free(photograph->pixels);
  *photograph = (struct photograph){0};
}
