/* Text: a few faces, rasterised by stb_truetype into one atlas per screen scale. Lengths are in points. A point is a
 * pixel on a screen of scale 1. */
#ifndef VIEWER_TEXT_H
#define VIEWER_TEXT_H

#include <stdbool.h>
#include <stdint.h>

enum face { FACE_SMALL, FACE_BODY, FACE_BOLD, FACE_TITLE, FACE_COUNT };

#define TEXT_MAX_GLYPHS 256
#define TEXT_ERROR_BYTES 512

struct glyph {
  float x0, y0, x1, y1; /* its box, relative to the pen on the baseline */
  float s0, t0, s1, t1; /* texture coordinates in the atlas, from 0 to 1 */
  float advance;
};

struct text {
  float scale;          /* pixels of a point */
  uint32_t side;        /* of the atlas, in pixels */
  unsigned char *atlas; /* side x side, coverage */
  struct glyph glyphs[FACE_COUNT][TEXT_MAX_GLYPHS];
  float digit[FACE_COUNT];  /* the advance of every digit, so that numbers do not move */
  float height[FACE_COUNT]; /* of capitals */
};

/* Reads TrueType or OpenType files. On failure returns false and the reason in error. */
bool text_create(struct text *text, const char *regular, const char *bold, float scale, char error[TEXT_ERROR_BYTES]);
void text_destroy(struct text *text);

/* Takes the next UTF-8 character from *string; NULL at its end. Characters that the atlas lacks become question
 * marks. */
const struct glyph *text_next(const struct text *text, enum face face, const char **string, float *advance);

float text_width(const struct text *text, enum face face, const char *string);

#endif
