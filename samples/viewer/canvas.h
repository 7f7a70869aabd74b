/* A frame's content as a list of quads, drawn in this order. Lengths are in points. Edges are moved to whole pixels. */
#ifndef VIEWER_CANVAS_H
#define VIEWER_CANVAS_H

#include "text.h"

struct rect {
  float x, y, width, height;
};

/* The layout that draw.vert and draw.frag read. */
struct quad {
  float place[4];  /* x, y, width, height in pixels */
  float clip[4];   /* x, y, width, height in pixels: nothing is drawn outside */
  float from[2];   /* texture coordinates of the top left corner */
  float to[2];     /* texture coordinates of the bottom right corner */
  uint32_t colour; /* red in the lowest byte; sRGB-coded, not premultiplied */
  uint32_t kind;   /* and in the upper half, a field's index */
  float radius, width;
  uint32_t offset, across, down; /* of pixels in a buffer */
  uint32_t unused;
};

#define CANVAS_MAX_QUADS 32768
#define CANVAS_MAX_BATCHES 1024

/* Whose photograph and buffers quads read; painter.h says which these are. */
enum canvas_source { SOURCE_FIRST, SOURCE_SECOND, SOURCE_TILE, SOURCE_THUMBS, SOURCE_COUNT };

/* The kinds of quads that one pipeline draws. Equal to the groups of draw.frag. */
enum canvas_group {
  GROUP_PLAIN,
  GROUP_PHOTOGRAPHS,
  GROUP_TOKEN_COLOURS,
  GROUP_TOKEN_VALUES,
  GROUP_PIXEL_BUFFERS,
  GROUP_LEGENDS,
  GROUP_COUNT
};

struct batch {
  enum canvas_group group;
  enum canvas_source source;
  uint32_t first, count;
};

struct canvas {
  struct quad *quads; /* the caller's, CANVAS_MAX_QUADS */
  uint32_t count;     /* quads beyond CANVAS_MAX_QUADS are left out */
  float scale;        /* pixels of a point */
  struct rect clip;   /* in points */
  const struct text *text;
  enum canvas_source source; /* for the next quads */
  struct batch batches[CANVAS_MAX_BATCHES];
  uint32_t batch_count;
};

/* 0xRRGGBB or, with an opacity from 0 to 1, faded. */
uint32_t colour(uint32_t rgb);
uint32_t faded(uint32_t rgb, float opacity);

bool rect_has(struct rect rect, float x, float y);
struct rect rect_inset(struct rect rect, float by);

void canvas_fill(struct canvas *canvas, struct rect rect, uint32_t colour, float radius);
void canvas_frame(struct canvas *canvas, struct rect rect, uint32_t colour, float radius, float width);

enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

/* Draws a line of text, centred vertically in rect, and shortened with an ellipsis to its width. */
void canvas_text(
    struct canvas *canvas, enum face face, struct rect rect, enum align align, uint32_t colour, const char *string);

/* Draws the whole photograph. */
void canvas_photograph(struct canvas *canvas, struct rect rect);

void canvas_line(struct canvas *canvas, const float from[2], const float to[2], uint32_t colour, float width);

/* Draws a part of the grid of tokens as colours, or as values by viridis. from, to: tokens across and down. */
struct tokens {
  float from[2], to[2];
  uint32_t field;
  float opacity;
};
void canvas_colours(struct canvas *canvas, struct rect rect, const struct tokens *tokens);
void canvas_values(struct canvas *canvas, struct rect rect, const struct tokens *tokens);

/* Draws pixels of the source's buffer, row after row from an offset on. */
void canvas_pixels(struct canvas *canvas, struct rect rect, uint32_t offset, uint32_t across, uint32_t down);

/* Draw legends: the colours of values from low to high, of a principal component from low to high, and of a segment. */
void canvas_value_scale(struct canvas *canvas, struct rect rect);
void canvas_component_scale(struct canvas *canvas, struct rect rect, uint32_t component);
void canvas_segment(struct canvas *canvas, struct rect rect, uint32_t segment);

#endif
