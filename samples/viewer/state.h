/* The state: photographs, sessions, and everything that was chosen. It does not depend on keys, buttons or drawing. */
#ifndef VIEWER_STATE_H
#define VIEWER_STATE_H

#include "album.h"
#include "pair.h"

#define MAX_FIELDS (MAX_SCALES + 1)
#define MAX_RETIRED 32
#define MAX_RECENT 10
#define HISTORY 100

enum view {
  VIEW_TILES,
  VIEW_FEATURES,
  VIEW_SIMILARITY,
  VIEW_DIFFERENCE,
  VIEW_SEGMENTS,
  VIEW_NORMS,
  VIEW_MATCHES,
  VIEW_COUNT
};

#define WORDS_VIEW "tiles features similarity difference segments norms matches"
extern const char *const names_of_view[VIEW_COUNT];

/* The content of the second side of the screen. */
enum second { SECOND_NONE, SECOND_IMAGE, SECOND_SETTINGS };

/* The tokens that principal components are computed from. */
enum colouring { COLOURS_EACH, COLOURS_FRONT, COLOURS_BOTH, COLOURS_FRONT_BOTH, COLOURS_COUNT };

/* The range of values that the colours span. */
enum range { RANGE_AUTOMATIC, RANGE_SEEN, RANGE_HAND };

/* Everything that a person chooses, and undo takes back. */
struct look {
  enum view view;
  enum second second;
  uint32_t active;    /* the side that settings apply to */
  uint32_t number[2]; /* of the photograph in the album */
  struct settings settings[2];
  uint32_t selected; /* scale */
  bool solo;         /* only that scale is shown */
  bool overlay;      /* on the photograph instead of beside it */
  float opacity;
  enum colouring colouring;
  bool flipped; /* foreground and background are exchanged */
  uint32_t segments;
  enum range range;
  float low, high;      /* the range of RANGE_HAND */
  uint32_t compared[2]; /* the scales on both sides of the divider; the second may be MAX_SCALES: all others */
  float divider;        /* from 0 to 1 */
  uint32_t matches;     /* the most that are drawn */
  bool mutual;          /* only mutual nearest neighbours */
};

/* What was already computed of a session, so that it is not computed again. */
struct made {
  const struct session *of;
  bool coloured, front, flipped;
  uint32_t segments;
  const struct session *picked_of;
  uint32_t picked;
  uint32_t differences; /* scales compared, and 1 */
  uint32_t parts;       /* values that ranges were recorded of */
};

/* One side of the screen. */
struct side {
  struct picture *picture; /* the requested one */
  bool loading;            /* another picture is being read */
  bool opening;            /* that picture replaces the album */
  uint64_t asked, had;     /* what the picture depends on: of the one that was asked for, and of the one before */
  struct session *current; /* is drawn; NULL before the first one is recorded */
  struct session *pending; /* is being recorded; may be NULL */
  bool cancelled;          /* no session is made until the settings change */
  struct settings cancelled_settings;
  struct made made;
};

/* What each frame returns to the host. */
struct reading {
  float stats[2][MAX_FIELDS][STATS_VALUES];
  float under[2][VALUES_COUNT][MAX_FIELDS]; /* values under the pointer */
};

struct retired {
  struct session *session;
  struct pair *pair;
  struct picture *picture;
  uint64_t frame; /* the last frame that used it */
};

struct state {
  const struct gpu *gpu;
  struct backend backend;
  struct loader *loader; /* NULL: photographs are read at once */
  struct album album;

  struct look look;
  struct look past[HISTORY];
  uint32_t past_count, past_at; /* number of looks, and the present one */

  struct side sides[2];
  struct pair *pair;
  struct made joint; /* what was computed of the pair */
  uint32_t turn;     /* the side whose session is recorded */
  struct retired retired[MAX_RETIRED];
  uint64_t frame;
  uint32_t calls_per_frame;
  bool patient;       /* everything is recorded in one frame */
  bool without_times; /* nor the device's name: nothing that differs from run to run */

  float zoom;      /* 1: the whole photograph is seen */
  float centre[2]; /* the centre of what is seen, from 0 to 1 of the photograph */
  float seen[4];   /* the visible part of it: left, top, right, bottom */

  bool pinned;        /* the patch does not follow the pointer */
  float pick[2];      /* the patch that similarities are to: from 0 to 1, across and down */
  uint32_t pick_side; /* of the screen */
  bool over;          /* the pointer is over a picture */
  float at[2];        /* its place there, from 0 to 1 */
  uint32_t over_side; /* of the screen */
  uint64_t tile;      /* the tile that is shown at full size; UINT64_MAX: none */

  struct buffer readings[FRAMES_IN_FLIGHT]; /* struct reading */
  struct reading reading;                   /* the last one */
  float low, high;                          /* the values at the ends of the colours */

  char warning[ERROR_BYTES]; /* the last failure, or empty */
  char note[ERROR_BYTES];    /* the last thing done, or empty */
  uint64_t note_frame;
  char *recent[MAX_RECENT];
  uint32_t recent_count;
  int frames_wanted; /* frames until everything that happened is on the screen */
  bool quit;
};

/* wake: see loader_create(). patient: do everything at once, without a loader. On failure returns false and prints the
 * reason on stderr. */
bool state_create(
    struct state *state, const struct gpu *gpu, const struct source *source, bool patient, void (*wake)(void));
void state_destroy(struct state *state);

/* Opens a photograph, a folder of photographs, or a model's folder. On failure returns false and shows the reason as
 * the warning; nothing changes. */
bool state_open(struct state *state, const char *path);

/* Shows a photograph of the album on a side. */
void state_show(struct state *state, uint32_t side, uint32_t number);

void state_wake(struct state *state);
void state_note(struct state *state, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Changes the settings of the active side. Errors in them show when the session is made. */
void state_set(struct state *state, const struct settings *settings);
const struct settings *state_settings(const struct state *state);

/* Cancels what is being computed or read. Returns false if there is nothing. */
bool state_cancel(struct state *state);

/* The progress of the present work, as a sentence and a share from 0 to 1. Returns false if there is none. */
bool state_progress(const struct state *state, char text[ERROR_BYTES], float *share);

bool settings_are_same(const struct settings *a, const struct settings *b);

/* history.c. Undo and redo return false if there is nothing. Call state_remember() when a change is complete. */
void state_remember(struct state *state);
bool state_undo(struct state *state);
bool state_redo(struct state *state);

/* The session that a side draws, or NULL. */
const struct session *state_session(const struct state *state, uint32_t side);
uint32_t state_side_count(const struct state *state);
bool state_is_comparable(const struct state *state); /* tokens of both sides have the same number of channels */
enum analysis_values state_values(const struct state *state);
bool state_has_joint_colours(const struct state *state);

/* Records what has to be computed. index: the frame in flight, whose last use is over. */
void state_record(struct state *state, uint32_t index, VkCommandBuffer commands);

/* derived.c: computes what the view shows of sessions. */
void derived_record(struct state *state, uint32_t index, VkCommandBuffer commands);
void derived_take(struct state *state, uint32_t index);

/* retire.c: destroys things once no frame in flight uses them. */
void retire_session(struct state *state, struct session **session);
void retire_pair(struct state *state, struct pair **pair);
void retire_picture(struct state *state, struct picture **picture);
void retire_bury(struct state *state, bool all);

#endif
