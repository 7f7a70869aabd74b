/* The table of all actions. Keys, buttons, the palette and the help page read it. */
#ifndef VIEWER_ACTIONS_H
#define VIEWER_ACTIONS_H

#include "app.h"

/* Codes of keys without a character. Other keys are their characters, in capitals. */
enum key {
  KEY_ESCAPE = 256,
  KEY_TAB,
  KEY_ENTER,
  KEY_LEFT,
  KEY_RIGHT,
  KEY_UP,
  KEY_DOWN,
  KEY_HOME,
  KEY_END,
  KEY_PAGE_UP,
  KEY_PAGE_DOWN,
  KEY_DELETE,
  KEY_INSERT,
  KEY_BACKSPACE,
  KEY_F1,
  KEY_F11,
  KEY_F12,
};
enum { MODIFIER_SHIFT = 1, MODIFIER_CONTROL = 2 };

enum action {
  ACTION_VIEW_TILES, /* in the order of enum view */
  ACTION_VIEW_FEATURES,
  ACTION_VIEW_SIMILARITY,
  ACTION_VIEW_DIFFERENCE,
  ACTION_VIEW_SEGMENTS,
  ACTION_VIEW_NORMS,
  ACTION_VIEW_MATCHES,
  ACTION_OVERLAY,
  ACTION_LESS_OPACITY,
  ACTION_MORE_OPACITY,
  ACTION_SOLO,
  ACTION_ZOOM_IN,
  ACTION_ZOOM_OUT,
  ACTION_ZOOM_ALL,
  ACTION_NEXT_IMAGE,
  ACTION_PREVIOUS_IMAGE,
  ACTION_SHOW_IMAGE,  /* argument: number in the album */
  ACTION_OPEN_RECENT, /* argument: its number */
  ACTION_SECOND_IMAGE,
  ACTION_SECOND_SETTINGS,
  ACTION_NEXT_SECOND,
  ACTION_PREVIOUS_SECOND,
  ACTION_OTHER_SIDE,
  ACTION_NEXT_SCALE,
  ACTION_PREVIOUS_SCALE,
  ACTION_CHOOSE_SCALE, /* argument: scale */
  ACTION_LARGER,       /* argument: scale + 1; 0: the chosen one */
  ACTION_SMALLER,
  ACTION_ADD_SCALE,
  ACTION_REMOVE_SCALE,
  ACTION_SPLIT_MODE,
  ACTION_GRID_POLICY,
  ACTION_OUTPUT, /* argument: scale + 1; 0: the next one */
  ACTION_MORE_TILES,
  ACTION_FEWER_TILES,
  ACTION_NEXT_FILTER,
  ACTION_PREVIOUS_FILTER,
  ACTION_MODEL, /* argument: model + 1; 0: the next one */
  ACTION_PREPROCESS,
  ACTION_NEXT_PRESET,
  ACTION_PREVIOUS_PRESET,
  ACTION_PRESET_NONE, /* then in the order of enum preset */
  ACTION_PRESET_CLIP,
  ACTION_PRESET_SIGLIP,
  ACTION_PRESET_LLAVA,
  ACTION_PRESET_BUNNY,
  ACTION_PRESET_NVILA,
  ACTION_DYNAMIC_S2,
  ACTION_BLOCKS,
  ACTION_RUN_AGAIN,
  ACTION_COLOURING,
  ACTION_FLIP,
  ACTION_MORE_SEGMENTS,
  ACTION_FEWER_SEGMENTS,
  ACTION_COMPARED_COARSE,
  ACTION_COMPARED_FINE,
  ACTION_DIVIDER_LEFT,
  ACTION_DIVIDER_RIGHT,
  ACTION_MORE_MATCHES,
  ACTION_FEWER_MATCHES,
  ACTION_MUTUAL,
  ACTION_PATCH_LEFT,
  ACTION_PATCH_RIGHT,
  ACTION_PATCH_UP,
  ACTION_PATCH_DOWN,
  ACTION_PIN,
  ACTION_LOOK_AT_TILE,
  ACTION_NEXT_TILE,
  ACTION_RANGE,
  ACTION_LOW_DOWN,
  ACTION_LOW_UP,
  ACTION_HIGH_DOWN,
  ACTION_HIGH_UP,
  ACTION_COPY_READOUT,
  ACTION_COPY_COMMAND,
  ACTION_COPY_CODE,
  ACTION_EXPORT_FEATURES,
  ACTION_EXPORT_WINDOW,
  ACTION_EXPORT_PANEL,
  ACTION_EXPORT_SIZE,
  ACTION_UNDO,
  ACTION_REDO,
  ACTION_PALETTE,
  ACTION_HELP,
  ACTION_FULL_SCREEN,
  ACTION_FOCUS_NEXT,
  ACTION_FOCUS_PREVIOUS,
  ACTION_PRESS,
  ACTION_SCROLL_DOWN,
  ACTION_SCROLL_UP,
  ACTION_ESCAPE,
  ACTION_QUIT,
  ACTION_COUNT,
};

struct action_row {
  const char *name; /* in the palette and in help */
  const char *keys; /* separated by blanks, as in "Ctrl+P H"; NULL: none */
  const char *tip;  /* the tooltip; NULL: the name says all */
  void (*run)(struct app *app, int argument);
  bool (*enabled)(const struct app *app); /* NULL: always */
  int value;                              /* a fixed argument, for rows that share a function */
  bool unlisted;                          /* not in the palette: it needs an argument */
  bool begins;                            /* it is the first of a group */
};

extern const struct action_row action_rows[ACTION_COUNT];

bool action_is_enabled(const struct app *app, enum action action);
void action_run(struct app *app, enum action action, int argument);

/* Parses a key with its modifiers, such as "Ctrl+P". Returns false if there is no such key. */
bool action_parse_key(const char *text, size_t length, int *key, int *modifiers);

/* Returns the action of a key, or ACTION_COUNT. */
enum action action_of_key(int key, int modifiers);

/* Finds palette entries that match a text: actions, then photographs, then recent files. Returns false after the
 * last. */
struct palette_entry {
  enum action action;
  int argument;
  char text[160];
};
bool action_entry(const struct app *app, const char *text, uint32_t index, struct palette_entry *entry);

/* zoom.c: zooms by a factor around a point of the screen. */
void zoom_by(struct app *app, float factor, float x, float y);

/* Sets state.over, at and over_side to the place under the pointer. */
void find_place(struct app *app);

/* Describes what is under the pointer in one line. */
void describe_place(const struct app *app, char *out, size_t size);

#endif
