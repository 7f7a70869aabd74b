#include "text.h"

#include <errno.h>
#include <stb_rect_pack.h>
#include <stb_truetype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  float points;
  bool bold;
} faces[FACE_COUNT] = {
    [FACE_SMALL] = {11.5f, false},
    [FACE_BODY] = {13, false},
    [FACE_BOLD] = {13, true},
    [FACE_TITLE] = {16, true},
};

/* Latin-1, and the other characters that the program uses. */
static const int beyond[] = {0x2013, 0x2014, 0x2018, 0x2019, 0x2026, 0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x2264};
#define FIRST 32
#define LATIN 224
#define BEYOND ((int)(sizeof beyond / sizeof *beyond))

static unsigned char *read_font(const char *path, char *error) {
  FILE *file = fopen(path, "rb");
  long bytes = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  unsigned char *data = bytes > 0 && fseek(file, 0, SEEK_SET) == 0 ? malloc((size_t)bytes) : NULL;
  if (!data || fread(data, (size_t)bytes, 1, file) != 1 || stbtt_GetFontOffsetForIndex(data, 0) < 0) {
    snprintf(error, TEXT_ERROR_BYTES, "the font %s cannot be read: %s; --font takes a TrueType or OpenType file", path,
        !file && errno ? strerror(errno) : "it is no font");
    free(data);
    data = NULL;
  }
  if (file)
    fclose(file);
  return data;
}

static void take_glyphs(struct text *text, enum face face, const stbtt_packedchar *packed) {
  const float side = (float)text->side, scale = text->scale;
  for (int i = 0; i < LATIN + BEYOND; i++) {
    const stbtt_packedchar *p = &packed[i];
    text->glyphs[face][i] = (struct glyph){
        .x0 = p->xoff / scale,
        .y0 = p->yoff / scale,
        .x1 = p->xoff2 / scale,
        .y1 = p->yoff2 / scale,
        .s0 = (float)p->x0 / side,
        .t0 = (float)p->y0 / side,
        .s1 = (float)p->x1 / side,
        .t1 = (float)p->y1 / side,
        .advance = p->xadvance / scale,
    };
  }
  for (char digit = '0'; digit <= '9'; digit++)
    if (text->glyphs[face][digit - FIRST].advance > text->digit[face])
      text->digit[face] = text->glyphs[face][digit - FIRST].advance;
  text->height[face] = -text->glyphs[face]['H' - FIRST].y0;
}

/* Returns false if the atlas is too small. */
static bool pack(struct text *text, unsigned char *const fonts[2]) {
  static stbtt_packedchar packed[LATIN + BEYOND];
  stbtt_pack_context context;
  if (!stbtt_PackBegin(&context, text->atlas, (int)text->side, (int)text->side, 0, 1, NULL))
    return false;
  stbtt_PackSetOversampling(&context, 2, 1);
  bool fits = true;
  for (int face = 0; fits && face < FACE_COUNT; face++) {
    const float size = STBTT_POINT_SIZE(faces[face].points * text->scale);
    int codes[BEYOND];
    memcpy(codes, beyond, sizeof codes);
    stbtt_pack_range ranges[] = {
        {.font_size = size,
            .first_unicode_codepoint_in_range = FIRST,
            .num_chars = LATIN,
            .chardata_for_range = packed},
        {.font_size = size,
            .array_of_unicode_codepoints = codes,
            .num_chars = BEYOND,
            .chardata_for_range = packed + LATIN},
    };
    fits = stbtt_PackFontRanges(&context, fonts[faces[face].bold], 0, ranges, 2);
    take_glyphs(text, (enum face)face, packed);
  }
  stbtt_PackEnd(&context);
  return fits;
}

bool text_create(struct text *text, const char *regular, const char *bold, float scale, char error[TEXT_ERROR_BYTES]) {
  *text = (struct text){.scale = scale};
  unsigned char *fonts[2] = {read_font(regular, error), NULL};
  fonts[1] = fonts[0] ? read_font(bold, error) : NULL;
  bool packed = false;
  for (text->side = 512; fonts[1] && !packed && text->side < 8192;) {
    text->side *= 2;
    free(text->atlas);
    text->atlas = calloc(text->side, text->side);
    packed = text->atlas && pack(text, fonts);
  }
  if (fonts[1] && !packed)
    snprintf(error, TEXT_ERROR_BYTES, "the letters of %s are too large at a scale of %g", regular, (double)scale);
  free(fonts[0]);
  free(fonts[1]);
  if (!packed)
    text_destroy(text);
  return packed;
}

void text_destroy(struct text *text) {
  free(text->atlas);
  *text = (struct text){0};
}

/* Decodes a UTF-8 code point. An invalid byte counts as a character. */
static int decode(const char **string) {
  const unsigned char *s = (const unsigned char *)*string;
  const int length = s[0] < 0x80 ? 1 : s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : s[0] >= 0xC0 ? 2 : 1;
  int code = length == 1 ? s[0] : s[0] & (0x7F >> length);
  for (int i = 1; i < length; i++) {
    if ((s[i] & 0xC0) != 0x80) {
      ++*string;
      return '?';
    }
    code = code << 6 | (s[i] & 0x3F);
  }
  *string += length;
  return code;
}

const struct glyph *text_next(const struct text *text, enum face face, const char **string, float *advance) {
  if (!**string)
    return NULL;
  const int code = decode(string);
  int index = '?' - FIRST;
  if (code >= FIRST && code < FIRST + LATIN)
    index = code - FIRST;
  for (int i = 0; i < BEYOND; i++)
    if (beyond[i] == code)
      index = LATIN + i;
  const struct glyph *glyph = &text->glyphs[face][index];
  *advance = code >= '0' && code <= '9' ? text->digit[face] : glyph->advance;
  return glyph;
}

float text_width(const struct text *text, enum face face, const char *string) {
  float width = 0, advance;
  while (text_next(text, face, &string, &advance))
    width += advance;
  return width;
}
