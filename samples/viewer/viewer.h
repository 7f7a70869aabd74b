/* The program without its window: what is shown, what pointer and keys do to it, and how a frame comes about. */
#ifndef VIEWER_H
#define VIEWER_H

#include "painter.h"
#include "session.h"
#include "ui.h"

enum view { VIEW_TILES, VIEW_FEATURES, VIEW_SIMILARITY, VIEW_COUNT };

/* Characters stand for themselves, in capitals. */
enum key {
  KEY_ESCAPE = 256,
  KEY_TAB,
  KEY_LEFT,
  KEY_RIGHT,
  KEY_UP,
  KEY_DOWN,
  KEY_HOME,
  KEY_DELETE,
  KEY_INSERT,
  KEY_F1,
};

/* One picture on the screen. */
struct panel {
  struct rect area;               /* where it may be seen */
  struct rect image;              /* where the whole photograph is, of which area shows a part */
  bool photograph;                /* it shows the photograph */
  bool fields;                    /* it shows a field: */
  uint32_t field;                 /* the one of a scale or, after the last, of all */
  uint32_t first_grid, last_grid; /* scales whose tiles are drawn: [first, last) */
  char title[64], detail[96];
  uint32_t colour;
};

#define MAX_PANELS (MAX_SCALES + 2)
#define MAX_RETIRED 16

struct viewer {
  const struct gpu *gpu;
  struct backend backend;
  struct painter painter;
  const char *regular, *bold; /* fonts */

  struct image photograph;
  char name[256]; /* of its file */

  struct settings settings; /* as asked for; current->settings, or pending->settings if there is one */
  struct session *current;  /* is drawn; NULL before the first one is recorded */
  struct session *pending;  /* is being recorded; may be NULL */
  struct {
    struct session *session;
    uint64_t frame; /* the last that used it */
  } retired[MAX_RETIRED];
  uint64_t frame;
  uint32_t calls_per_frame;
  bool patient; /* all calls are recorded in one frame */

  enum view view;
  bool overlay; /* on the photograph, in place of beside it */
  float opacity;
  uint32_t selected; /* scale */
  bool help;
  bool without_times;       /* nor the device's name: what differs from run to run */
  float scroll, scroll_end; /* of the sidebar, in points */

  float zoom;      /* 1: all of the photograph is seen */
  float centre[2]; /* of what is seen, of the photograph: from 0 to 1 */

  bool pinned;                              /* the patch does not follow the pointer */
  float pick[2];                            /* the patch that similarities are to: from 0 to 1, across and down */
  uint32_t picked;                          /* the token that similarities were recorded for, */
  const struct session *picked_of;          /* and the session */
  struct buffer readings[FRAMES_IN_FLIGHT]; /* of each field: its low end, then the similarity at the pointer */
  float lowest;                             /* the similarity where the colours begin */
  float under[MAX_SCALES + 1];              /* similarities under the pointer */

  struct input input;
  bool dragged; /* since the button went down, farther than a click may */
  bool over;    /* the pointer is over a panel: */
  float at[2];  /* the place of the photograph, from 0 to 1 */
  struct panel panels[MAX_PANELS];
  uint32_t panel_count;
  struct rect pictures; /* where panels are */

  char message[ERROR_BYTES]; /* what went wrong; empty */
  int frames_wanted;         /* until all that happened is on the screen */
  bool quit;
};

/* Each is false, with the reason on stderr. pass: what frames are drawn in. */
bool viewer_create(struct viewer *viewer, const struct gpu *gpu, VkRenderPass pass, const struct source *source,
    const char *regular, const char *bold, float scale);
void viewer_destroy(struct viewer *viewer);

/* Reads another photograph. False, with the reason in viewer->message, if it cannot be read; then all stays as it was. */
bool viewer_open(struct viewer *viewer, const char *path);

/* For a screen of another scale. */
bool viewer_set_scale(struct viewer *viewer, float scale);

/* What happened. Lengths are in points. */
void viewer_move(struct viewer *viewer, float x, float y);
void viewer_press(struct viewer *viewer, bool down);
void viewer_press_other(struct viewer *viewer);
void viewer_wheel(struct viewer *viewer, float notches);
void viewer_key(struct viewer *viewer, int key, bool shift);

/* Whether something has changed since the last frame. */
bool viewer_wants_frame(const struct viewer *viewer);

/* Records a frame; index: which of the frames in flight, whose last use is over. */
void viewer_record(struct viewer *viewer, uint32_t index, VkCommandBuffer commands, const struct target *target);

/* Changes a setting; the plan is remade in the next frame. */
void viewer_set(struct viewer *viewer, const struct settings *settings);

/* Sets over and at. */
void viewer_find_place(struct viewer *viewer);

/* views.c */
void views_lay_out(struct viewer *viewer, struct rect area);
void views_draw(struct viewer *viewer, struct canvas *canvas);
void views_legend(struct viewer *viewer, struct canvas *canvas, struct rect area);

/* sidebar.c */
void sidebar_draw(struct viewer *viewer, const struct ui *ui, struct rect area);

/* screen.c: everything */
void screen_draw(struct viewer *viewer, struct canvas *canvas);

extern const char *const filter_names[6];

#endif
