/* The interface between the readers of all formats and photograph.c. A reader fills in a photograph as it is stored.
 * photograph.c then rotates it and converts its colours. */
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

/* A format: a test of the first bytes, and a reader. */
struct reader_format {
  const char *name;
  bool (*recognises)(const unsigned char *data, size_t bytes);
  bool (*read)(struct reader *reader);
};

extern const struct reader_format reader_jpeg, reader_png, reader_webp, reader_gif, reader_bmp, reader_tiff,
    reader_heif;

/* Sets the reason, and returns false. The functions below do this if they fail. */

bool reader_fail(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Checks that an image of this size, decoded at 1 / shrink, is allowed. Then waits until there is room for it, and
 * allocates the photograph. min_bits: the fewest bits that a pixel takes in the file; may be 0. */
bool reader_begin(struct reader *reader, uint32_t height, uint32_t width, uint32_t shrink, double min_bits);

/* A JPEG that is too large may be decoded at a smaller size. Returns the factor, a power of two up to 8; 1: the full
 * size. */
uint32_t reader_shrink(const struct reader *reader, uint32_t height, uint32_t width);

/* Stores a row of RGBA, and removes alpha as --alpha says. premultiplied: the colours are. */
void reader_put_rgba(struct reader *reader, uint32_t row, const unsigned char *rgba, bool premultiplied);
unsigned char *reader_row(struct reader *reader, uint32_t row);

/* Stores a copy of the profile. */
void reader_keep_profile(struct reader *reader, const unsigned char *icc, size_t bytes);

/* Read the orientation from the data after "Exif\0\0", or from an XMP packet if none was found before. */
void reader_find_exif(struct reader *reader, const unsigned char *exif, size_t bytes);
void reader_find_xmp(struct reader *reader, const unsigned char *xmp, size_t bytes);

/* Rotates and flips pixels by an orientation. Returns false if there is no memory. */
bool orientation_apply(struct photograph *photograph, uint32_t orientation);

/* Stores the profile's name if its colours are not sRGB's, and converts them if the options say so. */
bool profile_apply(struct reader *reader);

#endif
