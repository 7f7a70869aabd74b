/* Buttons, rows of choices and steppers. Each frame calls every widget anew; the call draws it and tests it against the
 * pointer and the keyboard focus. A pressed widget names an action of the table. viewer.c runs it after the frame is
 * drawn. */
#ifndef VIEWER_WIDGETS_H
#define VIEWER_WIDGETS_H

#include "actions.h"
#include "theme.h"

#define MAX_FIRED 8

struct ui {
  const struct app *app;
  struct canvas *canvas;
  struct album *album; /* records which thumbnails were seen */
  bool covered;        /* something lies above what is drawn now, so that it ignores the pointer */
  int widgets;         /* number of widgets drawn so far that can have the focus */
  struct {
    enum action action;
    int argument;
  } fired[MAX_FIRED];
  uint32_t fired_count;

  const char *tip; /* the tooltip under the pointer; NULL: none */
  const char *tip_keys;
  struct rect tip_at;

  float scroll_end, help_end; /* of what was drawn */
  struct rect focused;        /* the widget with the focus; width 0: none */
  bool has_focused;
  struct rect chosen_row; /* of the palette */
};

bool ui_is_over(const struct ui *ui, struct rect rect);

/* Sets the tooltip of a rectangle. */
void ui_tip(struct ui *ui, struct rect rect, const char *tip, const char *keys);

void ui_fire(struct ui *ui, enum action action, int argument);

/* A place that runs an action when it is clicked or pressed. Returns true if the pointer is over it. */
bool ui_place(struct ui *ui, struct rect rect, enum action action, int argument);

void ui_button(struct ui *ui, struct rect rect, enum action action, int argument, const char *label);

/* A choice of several. They are arguments of one action, from `first` on. If `first` is -1, they are actions, from
 * `action` on. */
struct choices {
  enum action action;
  int first;
  const char *const *labels;
  uint32_t count, selected;
};
void ui_choices(struct ui *ui, struct rect rect, const struct choices *choices);

/* A value between two buttons, for less and for more. */
struct stepper {
  enum action less, more;
  int argument;
  const char *value;
  bool can_less, can_more;
};
void ui_stepper(struct ui *ui, struct rect rect, const struct stepper *stepper);

/* Shared by all drawing code. */
void ui_text(struct ui *ui, enum face face, struct rect rect, enum align align, uint32_t rgb, const char *string);

/* views.c: pictures and the legend below them, where layout.c has placed them. */
void views_draw(struct ui *ui);
void views_draw_panel(struct ui *ui, const struct panel *panel, bool alone);
void legend_draw(struct ui *ui);

/* sidebar.c, strip.c, overlay.c, screen.c */
void sidebar_draw(struct ui *ui);
void strip_draw(struct ui *ui);
void overlay_draw(struct ui *ui);
void screen_draw(struct ui *ui);

/* layout.c: places everything. Moves the visible part of the photographs if it has to. */
void layout_make(struct app *app, struct rect screen);

#endif
