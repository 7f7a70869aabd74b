/* Shared by the readers of all formats. A reader fills in a photograph as it is stored; photograph.c turns it and
 * converts colours. */
#ifndef SAMPLES_IMAGE_READER_H
#define SAMPLES_IMAGE_READER_H

#include "photograph.h"

struct reader {
  const unsigned char *data;
  size_t bytes;
  const struct photograph_options *options;
  struct photograph *photograph;
  char *reason;
  unsigned char *icc; /* the colour profile: free() it; NULL: none */
  size_t icc_bytes;
  bool turned; /* the reader has applied the orientation itself */
};

/* A format: whether data begin as its files do, and its reader. */
struct reader_format {
  const char *name;
  bool (*recognises)(const unsigned char *data, size_t bytes);
  bool (*read)(struct reader *reader);
};

extern const struct reader_format reader_jpeg, reader_png, reader_webp, reader_gif, reader_bmp, reader_tiff,
    reader_heif;

/* Each is false, with the reason, if it fails. */

bool reader_fail(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether an image of this size, decoded at 1 / shrink, is allowed; waits until there is room for it, and makes the
 * photograph. min_bits: what a pixel takes in the file at least; 0: it may be nothing. */
bool reader_begin(struct reader *reader, uint32_t height, uint32_t width, uint32_t shrink, double min_bits);

/* The largest power of two up to 8 by which a JPEG of this size may be decoded smaller to be allowed; 1:
 * it must not. */
uint32_t reader_shrink(const struct reader *reader, uint32_t height, uint32_t width);

/* A row of RGBA, by --alpha; premultiplied where colours are so already. */
void reader_put_rgba(struct reader *reader, uint32_t row, const unsigned char *rgba, bool premultiplied);
unsigned char *reader_row(struct reader *reader, uint32_t row);

/* Takes a copy of the profile. */
void reader_keep_profile(struct reader *reader, const unsigned char *icc, size_t bytes);

/* The orientation in what follows "Exif\0\0", or in an XMP packet if none was found yet. */
void reader_find_exif(struct reader *reader, const unsigned char *exif, size_t bytes);
void reader_find_xmp(struct reader *reader, const unsigned char *xmp, size_t bytes);

/* Turns pixels by an orientation; false if there is no memory. */
bool orientation_apply(struct photograph *photograph, uint32_t orientation);

/* Names the profile if its colours are not sRGB's, and converts them if the options say so. */
bool profile_apply(struct reader *reader);

#endif
