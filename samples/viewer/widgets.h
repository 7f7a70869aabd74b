/* Buttons, rows of choices and steppers: drawn, and asked for the pointer and the keyboard's focus, in one call, in
 * every frame anew. What is pressed is an action of the table, which viewer.c runs once the frame is drawn. */
#ifndef VIEWER_WIDGETS_H
#define VIEWER_WIDGETS_H

#include "actions.h"
#include "theme.h"

#define MAX_FIRED 8

struct ui {
  const struct app *app;
  struct canvas *canvas;
  struct album *album; /* where it is noted which thumbnails were seen */
  bool covered;        /* something lies over what is drawn now: it does not see the pointer */
  int widgets;         /* drawn so far that the focus may go to */
  struct {
    enum action action;
    int argument;
  } fired[MAX_FIRED];
  uint32_t fired_count;

  const char *tip; /* of what the pointer is over; NULL: none */
  const char *tip_keys;
  struct rect tip_at;

  float scroll_end, help_end; /* of what was drawn */
  struct rect focused;        /* the widget with the focus; width 0: none */
  bool has_focused;
  struct rect chosen_row; /* of the palette */
};

bool ui_is_over(const struct ui *ui, struct rect rect);

/* What a person wants to know of what is drawn in a rectangle. */
void ui_tip(struct ui *ui, struct rect rect, const char *tip, const char *keys);

void ui_fire(struct ui *ui, enum action action, int argument);

/* A place that does what the action does when it is clicked or pressed; true if the pointer is over it. */
bool ui_place(struct ui *ui, struct rect rect, enum action action, int argument);

void ui_button(struct ui *ui, struct rect rect, enum action action, int argument, const char *label);

/* One of several, each an action's argument from `first` on, or an action of its own from `action` on where `first` is
 * -1. */
struct choices {
  enum action action;
  int first;
  const char *const *labels;
  uint32_t count, selected;
};
void ui_choices(struct ui *ui, struct rect rect, const struct choices *choices);

/* A value between a button for less and one for more. */
struct stepper {
  enum action less, more;
  int argument;
  const char *value;
  bool can_less, can_more;
};
void ui_stepper(struct ui *ui, struct rect rect, const struct stepper *stepper);

/* What all of drawing shares. */
void ui_text(struct ui *ui, enum face face, struct rect rect, enum align align, uint32_t rgb, const char *string);

/* views.c: pictures, and the legend below them. layout.c has placed them. */
void views_draw(struct ui *ui);
void views_draw_panel(struct ui *ui, const struct panel *panel, bool alone);
void legend_draw(struct ui *ui);

/* sidebar.c, strip.c, overlay.c, screen.c */
void sidebar_draw(struct ui *ui);
void strip_draw(struct ui *ui);
void overlay_draw(struct ui *ui);
void screen_draw(struct ui *ui);

/* layout.c: where everything is. Changes the part of the photographs that is seen, if it has to. */
void layout_make(struct app *app, struct rect screen);

#endif
