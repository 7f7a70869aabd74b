#include "canvas.h"

#include <math.h>
#include <stddef.h>

/* Equal to the kinds of draw.frag. */
enum {
  KIND_FILL,
  KIND_FRAME,
  KIND_GLYPH,
  KIND_PHOTOGRAPH,
  KIND_COLOURS,
  KIND_VALUES,
  KIND_VALUE,
  KIND_COMPONENT,
  KIND_LINE,
  KIND_PIXELS,
  KIND_SEGMENT,
};

uint32_t faded(uint32_t rgb, float opacity) {
  const uint32_t alpha = (uint32_t)lrintf(255 * opacity);
  return alpha << 24 | (rgb & 0xFF) << 16 | (rgb & 0xFF00) | rgb >> 16;
}

uint32_t colour(uint32_t rgb) {
  return faded(rgb, 1);
}

bool rect_has(struct rect rect, float x, float y) {
  return x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
}

struct rect rect_inset(struct rect rect, float by) {
  return (struct rect){rect.x + by, rect.y + by, rect.width - 2 * by, rect.height - 2 * by};
}

static void place(float out[4], struct rect rect, float scale) {
  const float x = roundf(rect.x * scale), y = roundf(rect.y * scale);
  out[0] = x;
  out[1] = y;
  out[2] = roundf((rect.x + rect.width) * scale) - x;
  out[3] = roundf((rect.y + rect.height) * scale) - y;
}

static enum canvas_group group_of(uint32_t kind) {
  switch (kind & 0xFFFF) {
  case KIND_PHOTOGRAPH:
    return GROUP_PHOTOGRAPHS;
  case KIND_COLOURS:
    return GROUP_TOKEN_COLOURS;
  case KIND_VALUES:
    return GROUP_TOKEN_VALUES;
  case KIND_PIXELS:
    return GROUP_PIXEL_BUFFERS;
  case KIND_VALUE:
  case KIND_COMPONENT:
  case KIND_SEGMENT:
    return GROUP_LEGENDS;
  default:
    return GROUP_PLAIN;
  }
}

/* A quad joins the last batch if one pipeline draws both, and both read the same source or none. Returns false if there
 * are too many batches. */
static bool join_batch(struct canvas *canvas, uint32_t kind) {
  const enum canvas_group group = group_of(kind);
  const bool reads = group != GROUP_PLAIN && group != GROUP_LEGENDS;
  struct batch *last = canvas->batch_count ? &canvas->batches[canvas->batch_count - 1] : NULL;
  if (last && last->group == group && (!reads || last->source == canvas->source)) {
    last->count++;
    return true;
  }
  if (canvas->batch_count == CANVAS_MAX_BATCHES)
    return false;
  canvas->batches[canvas->batch_count++] = (struct batch){group, canvas->source, canvas->count, 1};
  return true;
}

static struct quad *add(struct canvas *canvas, struct rect rect, uint32_t kind, uint32_t colour) {
  static struct quad left_out;
  const struct rect clip = canvas->clip;
  const bool in_clip = rect.width > 0 && rect.height > 0 && rect.x < clip.x + clip.width &&
                       rect.x + rect.width > clip.x && rect.y < clip.y + clip.height && rect.y + rect.height > clip.y;
  const bool seen = in_clip && canvas->count < CANVAS_MAX_QUADS && join_batch(canvas, kind);
  struct quad *quad = seen ? &canvas->quads[canvas->count++] : &left_out;
  *quad = (struct quad){.to = {1, 1}, .colour = colour, .kind = kind};
  place(quad->place, rect, canvas->scale);
  place(quad->clip, clip, canvas->scale);
  return quad;
}

void canvas_fill(struct canvas *canvas, struct rect rect, uint32_t colour, float radius) {
  add(canvas, rect, KIND_FILL, colour)->radius = radius * canvas->scale;
}

void canvas_frame(struct canvas *canvas, struct rect rect, uint32_t colour, float radius, float width) {
  struct quad *quad = add(canvas, rect, KIND_FRAME, colour);
  quad->radius = radius * canvas->scale;
  quad->width = fmaxf(1, roundf(width * canvas->scale));
}

/* ---- Text -------------------------------------------------------------------------------------------------------- */

static float glyphs(
    struct canvas *canvas, enum face face, float x, float y, uint32_t colour, const char *string, float end) {
  const struct glyph *glyph;
  float advance;
  while ((glyph = text_next(canvas->text, face, &string, &advance))) {
    if (x + advance > end)
      break;
    const float start = x + (advance - glyph->advance) / 2;
    struct quad *quad =
        add(canvas, (struct rect){start + glyph->x0, y + glyph->y0, glyph->x1 - glyph->x0, glyph->y1 - glyph->y0},
            KIND_GLYPH, colour);
    /* Not rounded: letters keep their distances, and may begin between pixels. */
    quad->place[0] = (start + glyph->x0) * canvas->scale;
    quad->place[2] = (glyph->x1 - glyph->x0) * canvas->scale;
    quad->place[3] = roundf((glyph->y1 - glyph->y0) * canvas->scale);
    quad->from[0] = glyph->s0;
    quad->from[1] = glyph->t0;
    quad->to[0] = glyph->s1;
    quad->to[1] = glyph->t1;
    x += advance;
  }
  return x;
}

void canvas_text(
    struct canvas *canvas, enum face face, struct rect rect, enum align align, uint32_t colour, const char *string) {
  const float width = text_width(canvas->text, face, string);
  const float y = roundf((rect.y + (rect.height + canvas->text->height[face]) / 2) * canvas->scale) / canvas->scale;
  if (width > rect.width + 0.5f) {
    const float ellipsis = text_width(canvas->text, face, "…");
    const float end = glyphs(canvas, face, rect.x, y, colour, string, rect.x + rect.width - ellipsis);
    glyphs(canvas, face, end, y, colour, "…", INFINITY);
    return;
  }
  const float spare = rect.width - width;
  glyphs(canvas, face,
      rect.x + (align == ALIGN_RIGHT       ? spare
                   : align == ALIGN_CENTRE ? spare / 2
                                           : 0),
      y, colour, string, INFINITY);
}

/* ---- Pictures ---------------------------------------------------------------------------------------------------- */

void canvas_photograph(struct canvas *canvas, struct rect rect) {
  add(canvas, rect, KIND_PHOTOGRAPH, 0xFFFFFFFF);
}

void canvas_line(struct canvas *canvas, const float from[2], const float to[2], uint32_t colour, float width) {
  const struct rect box = {fminf(from[0], to[0]) - width, fminf(from[1], to[1]) - width,
      fabsf(from[0] - to[0]) + 2 * width, fabsf(from[1] - to[1]) + 2 * width};
  struct quad *quad = add(canvas, box, KIND_LINE, colour);
  const float ends[] = {from[0], from[1], to[0], to[1]};
  for (int i = 0; i < 4; i++)
    quad->place[i] = ends[i] * canvas->scale;
  quad->width = fmaxf(1, width * canvas->scale);
}

static void add_tokens(struct canvas *canvas, struct rect rect, uint32_t kind, const struct tokens *tokens) {
  struct quad *quad = add(canvas, rect, kind | tokens->field << 16, faded(0xFFFFFF, tokens->opacity));
  for (int i = 0; i < 2; i++) {
    quad->from[i] = tokens->from[i];
    quad->to[i] = tokens->to[i];
  }
}

void canvas_colours(struct canvas *canvas, struct rect rect, const struct tokens *tokens) {
  add_tokens(canvas, rect, KIND_COLOURS, tokens);
}

void canvas_values(struct canvas *canvas, struct rect rect, const struct tokens *tokens) {
  add_tokens(canvas, rect, KIND_VALUES, tokens);
}

void canvas_pixels(struct canvas *canvas, struct rect rect, uint32_t offset, uint32_t across, uint32_t down) {
  struct quad *quad = add(canvas, rect, KIND_PIXELS, 0xFFFFFFFF);
  quad->offset = offset;
  quad->across = across;
  quad->down = down;
  quad->to[0] = (float)across;
  quad->to[1] = (float)down;
}

void canvas_value_scale(struct canvas *canvas, struct rect rect) {
  add(canvas, rect, KIND_VALUE, 0xFFFFFFFF)->radius = 3 * canvas->scale;
}

void canvas_component_scale(struct canvas *canvas, struct rect rect, uint32_t component) {
  struct quad *quad = add(canvas, rect, KIND_COMPONENT | component << 16, 0xFFFFFFFF);
  quad->radius = 3 * canvas->scale;
  quad->from[0] = -1;
}

void canvas_segment(struct canvas *canvas, struct rect rect, uint32_t segment) {
  add(canvas, rect, KIND_SEGMENT | segment << 16, 0xFFFFFFFF)->radius = 3 * canvas->scale;
}
