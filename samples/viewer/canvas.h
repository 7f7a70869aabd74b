/* What a frame shows, as quads, which one draw call draws in this order. Lengths are in points, and edges land on pixels. */
#ifndef VIEWER_CANVAS_H
#define VIEWER_CANVAS_H

#include "text.h"

struct rect {
  float x, y, width, height;
};

/* As draw.vert and draw.frag read it. */
struct quad {
  float place[4];  /* x, y, width, height in pixels */
  float clip[4];   /* likewise: nothing is drawn outside of it */
  float from[2];   /* the texture coordinates of its corners: top left, */
  float to[2];     /* and bottom right */
  uint32_t colour; /* red in the lowest byte; sRGB-coded, not premultiplied */
  uint32_t kind;   /* and in the upper half, a field's index */
  float radius, width;
};

#define CANVAS_MAX_QUADS 16384

struct canvas {
  struct quad *quads; /* CANVAS_MAX_QUADS, of the caller */
  uint32_t count;     /* what is more than fits is left out */
  float scale;        /* pixels of a point */
  struct rect clip;   /* in points */
  const struct text *text;
};

/* 0xRRGGBB or, with an opacity from 0 to 1, faded. */
uint32_t colour(uint32_t rgb);
uint32_t faded(uint32_t rgb, float opacity);

bool rect_has(struct rect rect, float x, float y);
struct rect rect_inset(struct rect rect, float by);

void canvas_fill(struct canvas *canvas, struct rect rect, uint32_t colour, float radius);
void canvas_frame(struct canvas *canvas, struct rect rect, uint32_t colour, float radius, float width);

enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

/* A line in the middle of rect's height; shortened, with an ellipsis, to its width. */
void canvas_text(
    struct canvas *canvas, enum face face, struct rect rect, enum align align, uint32_t colour, const char *string);

/* All of the photograph. */
void canvas_photograph(struct canvas *canvas, struct rect rect);

/* The tokens of a field from 0 to `to`, as false colours or as similarities. */
void canvas_colours(struct canvas *canvas, struct rect rect, const float to[2], uint32_t field, float opacity);
void canvas_similarities(struct canvas *canvas, struct rect rect, const float to[2], uint32_t field, float opacity);

/* Legends: what a similarity from the lowest to 1, or a principal component from low to high, looks like. */
void canvas_similarity_scale(struct canvas *canvas, struct rect rect);
void canvas_component_scale(struct canvas *canvas, struct rect rect, uint32_t component);

#endif
