/* The program's data: what is shown (state.h), the pointer and keyboard, and where pictures are. Actions change it,
 * drawing reads it, and viewer.c connects both. There is no function here. */
#ifndef VIEWER_APP_H
#define VIEWER_APP_H

#include "canvas.h"
#include "state.h"

/* The pointer, in points, and what it did since the last frame. */
struct input {
  float x, y;
  float pressed_x, pressed_y; /* where the button went down */
  bool down;
  bool released; /* since the last frame, there: */
  float released_x, released_y;
  double still_since; /* time of the last movement, in seconds */
};

/* What a picture shows besides the photograph. */
enum content {
  CONTENT_NOTHING,
  CONTENT_TILES,
  CONTENT_COLOURS,
  CONTENT_SEGMENTS,
  CONTENT_VALUES,
  CONTENT_DIVIDED,
  CONTENT_TILE,
  CONTENT_TOKENS
};

/* One picture on the screen. */
struct panel {
  struct rect area;  /* the part of the screen that it may fill */
  struct rect image; /* where the whole photograph would be; area shows a part of it */
  uint32_t side;
  bool photograph; /* it shows the photograph */
  enum content content;
  uint32_t field;                 /* a scale; the number of scales: all scales together */
  uint32_t first_grid, last_grid; /* scales whose tiles are drawn: [first, last) */
  char title[64], detail[96];
  uint32_t colour;
};

#define MAX_PANELS (2 * (MAX_SCALES + 2))

/* Where things are. */
struct layout {
  struct rect header, strip, pictures, legend, footer, sidebar; /* width or height 0: it is not there */
  struct rect bar;                                              /* of colours */
  struct panel panels[MAX_PANELS];
  uint32_t panel_count;
};

enum request {
  REQUEST_FULL_SCREEN = 1,
  REQUEST_WINDOW_PNG = 2,
  REQUEST_PANEL_PNG = 4,
};

#define PALETTE_BYTES 96
#define NOTE_SECONDS 5 /* how long a note is shown */
enum dragging { DRAG_NOTHING, DRAG_PICTURES, DRAG_DIVIDER, DRAG_LOW, DRAG_HIGH, DRAG_SCROLL };

struct app {
  struct state state;
  struct input input;
  struct layout layout;
  const char *device; /* its name */
  double seconds;     /* the time, from any origin */

  uint64_t noted;  /* the frame of the last note */
  double noted_at; /* the time of that frame */
  bool help;
  float help_scroll, help_end; /* in points */
  bool palette;
  char palette_text[PALETTE_BYTES];
  uint32_t palette_chosen;
  struct rect chosen_row;   /* where it is */
  float scroll, scroll_end; /* of the sidebar */
  int focus;                /* the widget that keys press, in the order of drawing; -1: none */
  int focus_count;
  struct rect focused; /* where it is; width 0: nowhere */
  bool focus_pressed;  /* since the last frame */
  enum dragging dragging;
  bool dragged; /* since the button went down, the pointer moved farther than in a click */
  bool full_screen;

  uint32_t requests;
  char *clipboard;      /* to be put there; free() it */
  uint32_t export_size; /* longer side of a .png in pixels; 0: as on the screen */
};

#endif
