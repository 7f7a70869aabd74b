/* What is shown, and how it comes about: photographs, sessions, and what was chosen. It knows nothing of keys, buttons
 * or drawing. */
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

/* What is on the other side of the screen. */
enum second { SECOND_NONE, SECOND_IMAGE, SECOND_SETTINGS };

/* What principal components are of. */
enum colouring { COLOURS_EACH, COLOURS_FRONT, COLOURS_BOTH, COLOURS_FRONT_BOTH, COLOURS_COUNT };

/* Where the colours of values begin and end. */
enum range { RANGE_AUTOMATIC, RANGE_SEEN, RANGE_HAND };

/* All that a person chooses: what undo takes back. */
struct look {
  enum view view;
  enum second second;
  uint32_t active;    /* the side that settings are of */
  uint32_t number[2]; /* of the album */
  struct settings settings[2];
  uint32_t selected; /* scale */
  bool solo;         /* that scale alone is shown */
  bool overlay;      /* on the photograph, in place of beside it */
  float opacity;
  enum colouring colouring;
  bool flipped; /* what is in front is what is behind */
  uint32_t segments;
  enum range range;
  float low, high;      /* of RANGE_HAND */
  uint32_t compared[2]; /* scales whose pictures the divider is between; the second may be MAX_SCALES: all the others */
  float divider;        /* from 0 to 1 */
  uint32_t matches;     /* that are drawn at most */
  bool mutual;          /* those alone that are nearest in both directions */
};

/* What was computed of a session besides the session itself, and so need not be again. */
struct made {
  const struct session *of;
  bool coloured, front, flipped;
  uint32_t segments;
  const struct session *picked_of;
  uint32_t picked;
  uint32_t differences; /* scales compared, and 1 */
  uint32_t parts;       /* values that ranges were recorded of */
};

/* A side of the screen. */
struct side {
  struct picture *picture; /* that was asked for */
  bool loading;            /* another one */
  bool opening;            /* which takes the place of the album */
  uint64_t asked, had;     /* what the picture depends on: of the one that was asked for, and of the one before */
  struct session *current; /* is drawn; NULL before the first one is recorded */
  struct session *pending; /* is being recorded; may be NULL */
  bool cancelled;          /* its settings are not made until they change */
  struct settings cancelled_settings;
  struct made made;
};

/* What comes back to the host, of each frame. */
struct reading {
  float stats[2][MAX_FIELDS][STATS_VALUES];
  float under[2][VALUES_COUNT][MAX_FIELDS]; /* values under the pointer */
};

struct retired {
  struct session *session;
  struct pair *pair;
  struct picture *picture;
  uint64_t frame; /* the last that used it */
};

struct state {
  const struct gpu *gpu;
  struct backend backend;
  struct loader *loader; /* NULL: photographs are read at once */
  struct album album;

  struct look look;
  struct look past[HISTORY];
  uint32_t past_count, past_at; /* looks, and which of them is the present one */

  struct side sides[2];
  struct pair *pair;
  struct made joint; /* of the pair */
  uint32_t turn;     /* the side whose session is recorded */
  struct retired retired[MAX_RETIRED];
  uint64_t frame;
  uint32_t calls_per_frame;
  bool patient;       /* everything is recorded in one frame */
  bool without_times; /* nor the device's name: what differs from run to run */

  float zoom;      /* 1: all of the photograph is seen */
  float centre[2]; /* of what is seen, of the photograph: from 0 to 1 */
  float seen[4];   /* of it: left, top, right, bottom */

  bool pinned;        /* the patch does not follow the pointer */
  float pick[2];      /* the patch that similarities are to: from 0 to 1, across and down */
  uint32_t pick_side; /* of the screen */
  bool over;          /* the pointer is over a picture: */
  float at[2];        /* the place, from 0 to 1 */
  uint32_t over_side; /* of the screen */
  uint64_t tile;      /* that is looked at; UINT64_MAX: none */

  struct buffer readings[FRAMES_IN_FLIGHT]; /* struct reading */
  struct reading reading;                   /* the last one */
  float low, high;                          /* where colours begin and end */

  char warning[ERROR_BYTES]; /* what went wrong; empty */
  char note[ERROR_BYTES];    /* what was done; empty */
  uint64_t note_frame;
  char *recent[MAX_RECENT];
  uint32_t recent_count;
  int frames_wanted; /* until all that happened is on the screen */
  bool quit;
};

/* False, with the reason on stderr. wake: as loader_create() has it; patient: everything at once, without a loader. */
bool state_create(
    struct state *state, const struct gpu *gpu, const struct source *source, bool patient, void (*wake)(void));
void state_destroy(struct state *state);

/* A photograph, a folder of them, or a model's folder. False, with the reason as the warning; then all is as it was. */
bool state_open(struct state *state, const char *path);

/* Shows a photograph of the album on a side. */
void state_show(struct state *state, uint32_t side, uint32_t number);

void state_wake(struct state *state);
void state_note(struct state *state, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Changes the settings of the active side; what is wrong with them is seen when they are made. */
void state_set(struct state *state, const struct settings *settings);
const struct settings *state_settings(const struct state *state);

/* Gives up what is being computed or read; false if nothing is. */
bool state_cancel(struct state *state);

/* What is being waited for, as a sentence and a share from 0 to 1. False: nothing is. */
bool state_progress(const struct state *state, char text[ERROR_BYTES], float *share);

bool settings_are_same(const struct settings *a, const struct settings *b);

/* history.c. Undo and redo: false if there is nothing. state_remember() is called when a change is complete. */
void state_remember(struct state *state);
bool state_undo(struct state *state);
bool state_redo(struct state *state);

/* Of the sides, the one that is drawn, or NULL; on an empty side of two settings, of the same picture. */
const struct session *state_session(const struct state *state, uint32_t side);
uint32_t state_side_count(const struct state *state);
bool state_is_comparable(const struct state *state); /* tokens of both sides have as many channels */
enum analysis_values state_values(const struct state *state);
bool state_has_joint_colours(const struct state *state);

/* Records what has to be computed; index: which of the frames in flight, whose last use is over. */
void state_record(struct state *state, uint32_t index, VkCommandBuffer commands);

/* derived.c: what is computed of sessions for the view. */
void derived_record(struct state *state, uint32_t index, VkCommandBuffer commands);
void derived_take(struct state *state, uint32_t index);

/* retire.c: destroys things once no frame in flight uses them. */
void retire_session(struct state *state, struct session **session);
void retire_pair(struct state *state, struct pair **pair);
void retire_picture(struct state *state, struct picture **picture);
void retire_bury(struct state *state, bool all);

#endif
