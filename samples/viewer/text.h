/* Type: a few faces, rasterised by stb_truetype into one atlas for a scale of the screen. Lengths are in points, which
 * are pixels on a screen of scale 1. */
#ifndef VIEWER_TEXT_H
#define VIEWER_TEXT_H

#include <stdbool.h>
#include <stdint.h>

enum face { FACE_SMALL, FACE_BODY, FACE_BOLD, FACE_TITLE, FACE_COUNT };

#define TEXT_MAX_GLYPHS 256
#define TEXT_ERROR_BYTES 512

struct glyph {
  float x0, y0, x1, y1; /* of its box, from the pen on the baseline */
  float s0, t0, s1, t1; /* in the atlas, from 0 to 1 */
  float advance;
};

struct text {
  float scale;          /* pixels of a point */
  uint32_t side;        /* of the atlas, in pixels */
  unsigned char *atlas; /* side x side, coverage */
  struct glyph glyphs[FACE_COUNT][TEXT_MAX_GLYPHS];
  float digit[FACE_COUNT];  /* the advance of every digit, so that numbers keep their place */
  float height[FACE_COUNT]; /* of capitals */
};

/* Fonts are files of TrueType or OpenType. False, with the reason in error, if they cannot be read. */
bool text_create(struct text *text, const char *regular, const char *bold, float scale, char error[TEXT_ERROR_BYTES]);
void text_destroy(struct text *text);

/* Takes the next character of UTF-8 from *string; NULL at its end. What the atlas lacks is a question mark. */
const struct glyph *text_next(const struct text *text, enum face face, const char **string, float *advance);

float text_width(const struct text *text, enum face face, const char *string);

#endif
