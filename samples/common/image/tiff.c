/* TIFF, by libtiff's RGBA interface, which reads the layouts of photographs. Of several pages it reads the first. */
#include "reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#define MAX_EXTRA 8

struct source {
  struct reader *reader;
  uint64_t at;
};

static tmsize_t take(thandle_t handle, void *to, tmsize_t count) {
  struct source *source = handle;
  uint64_t left = source->at < source->reader->bytes ? source->reader->bytes - source->at : 0;
  size_t bytes = (uint64_t)count < left ? (size_t)count : (size_t)left;
  if (bytes)
    memcpy(to, source->reader->data + source->at, bytes);
  source->at += bytes;
  return (tmsize_t)bytes;
}

static tmsize_t refuse(thandle_t handle, void *from, tmsize_t count) {
  (void)handle, (void)from, (void)count;
  return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
  struct source *source = handle;
  source->at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? source->at + offset : source->reader->bytes + offset;
  return source->at;
}

static int leave(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t size_of(thandle_t handle) {
  return ((struct source *)handle)->reader->bytes;
}

static int tell_error(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)module;
  struct reader *reader = user;
  char text[256];
  vsnprintf(text, sizeof text, format, arguments);
  if (!*reader->reason)
    reader_fail(reader, "%s", text);
  return 1;
}

static int ignore(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)user, (void)module, (void)format, (void)arguments;
  return 1;
}

/* Used until the file gives it. */
static bool fail(struct reader *reader, const char *text) {
  return *reader->reason ? false : reader_fail(reader, "%s", text);
}

/* The samples beside colours, which may be alpha. */
struct alpha {
  bool there, premultiplied;
  uint16_t count, kinds[MAX_EXTRA]; /* of samples beside colours */
};

/* As in Pillow, a fourth sample of RGB is alpha if the file does not say what it is. It is not alpha if the file says
 * that it has no meaning. */
static struct alpha find_alpha(TIFF *tiff, uint16_t samples, uint16_t photometric) {
  uint16_t count = 0, *kinds = NULL;
  const uint16_t colours = photometric == PHOTOMETRIC_RGB ? 3 : 1;
  const bool known = colours == 3 || photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE;
  struct alpha alpha = {.count = 1, .kinds = {EXTRASAMPLE_UNASSALPHA}};
  if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) && count && count <= MAX_EXTRA) {
    alpha.count = count;
    memcpy(alpha.kinds, kinds, count * sizeof *kinds);
  }
  alpha.there = known && samples == colours + alpha.count && alpha.kinds[0] != EXTRASAMPLE_UNSPECIFIED;
  alpha.premultiplied = alpha.there && alpha.kinds[0] == EXTRASAMPLE_ASSOCALPHA;
  alpha.kinds[0] = EXTRASAMPLE_ASSOCALPHA;
  return alpha;
}

/* Reads samples as they are stored: libtiff does not change colours that it takes to be premultiplied. Of sixteen bits
 * it takes the upper eight, as Pillow does. */
static bool read_raster(TIFF *tiff, const struct alpha *alpha, uint32_t *raster, char text[1024]) {
  TIFFRGBAImage image;
  if (alpha->there)
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, alpha->count, alpha->kinds);
  if (!TIFFRGBAImageBegin(&image, tiff, 1, text))
    return false;
  for (uint32_t i = 0; image.Bitdepth16To8 && i < 65536; i++)
    image.Bitdepth16To8[i] = (uint8_t)(i >> 8);
  image.req_orientation = ORIENTATION_TOPLEFT;
  bool done = TIFFRGBAImageGet(&image, raster, image.width, image.height);
  TIFFRGBAImageEnd(&image);
  return done;
}

static bool decode(struct reader *reader, TIFF *tiff) {
  uint32_t width = 0, height = 0, icc_bytes = 0;
  uint16_t orientation = ORIENTATION_TOPLEFT, samples = 1, photometric = 0;
  char text[1024] = "";
  void *icc = NULL;
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height))
    return fail(reader, "it has no size");
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
  if (TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &icc_bytes, &icc) && photometric != PHOTOMETRIC_SEPARATED)
    reader_keep_profile(reader, icc, icc_bytes);
  if (!TIFFRGBAImageOK(tiff, text))
    return fail(reader, text);
  if (!reader_begin(reader, height, width, 1, 0))
    return false;
  reader->photograph->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  const struct alpha alpha = find_alpha(tiff, samples, photometric);
  reader->photograph->has_alpha = alpha.there;
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT); /* photograph.c rotates it, as all other images */
  uint32_t *raster = malloc((size_t)height * width * sizeof *raster);
  if (!raster)
    return fail(reader, "there is no memory for it");
  bool done = read_raster(tiff, &alpha, raster, text);
  unsigned char *bytes =
      (unsigned char *)raster; /* RGBA in each, from the lowest byte on, is its place in memory here */
  for (size_t i = 0; done && !alpha.there && i < (size_t)height * width; i++)
    bytes[4 * i + 3] = 255;
  for (uint32_t y = 0; done && y < height; y++)
    reader_put_rgba(reader, y, bytes + (size_t)y * width * 4, alpha.premultiplied);
  free(raster);
  return done || fail(reader, "its data are cut or corrupt");
}

static bool read_tiff(struct reader *reader) {
  struct source source = {reader, 0};
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options)
    return reader_fail(reader, "there is no memory for its decoder");
  uint64_t pixels = reader->options->max_pixels ? reader->options->max_pixels : PHOTOGRAPH_MAX_PIXELS;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)(pixels * 4));
  TIFFOpenOptionsSetErrorHandlerExtR(options, tell_error, reader);
  TIFFOpenOptionsSetWarningHandlerExtR(options, ignore, NULL);
  *reader->reason = 0;
  TIFF *tiff = TIFFClientOpenExt("image", "rm", &source, take, refuse, seek, leave, size_of, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  bool done = tiff ? decode(reader, tiff) : fail(reader, "its header is corrupt");
  if (tiff)
    TIFFClose(tiff);
  return done;
}

static bool recognises(const unsigned char *data, size_t bytes) {
  return bytes > 8 && (memcmp(data, "II*\0", 4) == 0 || memcmp(data, "MM\0*", 4) == 0 ||
                          memcmp(data, "II+\0", 4) == 0 || memcmp(data, "MM\0+", 4) == 0);
}

const struct reader_format reader_tiff = {"TIFF", recognises, read_tiff};
