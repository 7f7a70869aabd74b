/* Widgets that are drawn and asked in one call, in every frame anew. */
#ifndef VIEWER_UI_H
#define VIEWER_UI_H

#include "canvas.h"

/* The pointer, in points, and what it did since the last frame. */
struct input {
  float x, y;
  float pressed_x, pressed_y; /* where the button went down */
  bool down;
  bool released; /* since the last frame, there: */
  float released_x, released_y;
  bool covered; /* something lies over the widgets: they do not see the pointer */
};

struct ui {
  struct canvas *canvas;
  const struct input *input;
};

bool ui_is_over(const struct ui *ui, struct rect rect);
bool ui_is_clicked(const struct ui *ui, struct rect rect);

/* True if it was clicked. */
bool ui_button(const struct ui *ui, struct rect rect, const char *label, bool enabled);

/* The index of the one that was clicked, else selected. */
uint32_t ui_segments(
    const struct ui *ui, struct rect rect, const char *const *labels, uint32_t count, uint32_t selected);

/* A value between a button for less, -1, and one for more, 1; 0 if none was clicked. */
int ui_stepper(const struct ui *ui, struct rect rect, const char *value, bool less, bool more);

#endif
