/* Reads photographs: JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF and HEIC. Files are not trusted. image/README.md lists the
 * libraries and the reasons for them. */
#ifndef SAMPLES_PHOTOGRAPH_H
#define SAMPLES_PHOTOGRAPH_H

#include <s2vk/s2vk.h>

#define PHOTOGRAPH_REASON_BYTES 512
#define PHOTOGRAPH_MAX_PIXELS UINT64_C(178956970) /* Pillow's limit, too */
#define PHOTOGRAPH_PROFILE_BYTES 80

enum photograph_alpha {
  PHOTOGRAPH_ALPHA_WHITE, /* composited on white, as the image processors of transformers 5 do */
  PHOTOGRAPH_ALPHA_DROP,  /* left out: the colours as they are stored, as Pillow's convert("RGB") does */
};

/* All zero is the default. */
struct photograph_options {
  uint64_t max_pixels; /* of one image; 0: PHOTOGRAPH_MAX_PIXELS */
  bool no_rotate;      /* leaves the image as it is stored, whatever EXIF says */
  enum photograph_alpha alpha;
  bool convert_profile; /* converts colours with a profile to sRGB; else they are taken as they are, as Pillow does */
  uint32_t shrink_side; /* a JPEG of more than max_pixels is decoded at 1/2, 1/4 or 1/8 as long as neither side gets
                           below this; 0: never */
  /* Called when the size is known and allowed, before memory is allocated for it. May wait. May be NULL. */
  void (*admit)(void *user, uint64_t pixels);
  void *admit_user;
};

struct photograph {
  unsigned char *pixels; /* height x width x 3 */
  s2vk_size size;

  /* Facts about the file. */
  const char *format;   /* "JPEG" */
  s2vk_size stored;     /* before rotation and shrinking */
  uint32_t orientation; /* as in EXIF, 1 to 8; 1 if the file has none */
  uint32_t shrink;      /* 1, 2, 4 or 8: it was decoded at 1 / shrink of its size */
  bool has_alpha;
  char profile[PHOTOGRAPH_PROFILE_BYTES]; /* the name of its colour profile, if that is not sRGB; else "" */
};

/* Read a photograph from a file, or from memory. The memory that they allocate is bounded by the image's pixels. If the
 * image cannot be read, they return false and set the reason, which does not name the file. Any thread. */
bool photograph_read(struct photograph *photograph, const char *path, char reason[PHOTOGRAPH_REASON_BYTES]);
bool photograph_read_as(struct photograph *photograph, const struct photograph_options *options, const char *path,
    char reason[PHOTOGRAPH_REASON_BYTES]);
bool photograph_decode(struct photograph *photograph, const struct photograph_options *options,
    const unsigned char *data, size_t bytes, char reason[PHOTOGRAPH_REASON_BYTES]);

void photograph_free(struct photograph *photograph);

/* Whether a file name has the ending of one of the formats. */
bool photograph_named(const char *name);

#endif
