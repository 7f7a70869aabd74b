/* The program without its window: what pointer and keys do, and how a frame comes about. */
#ifndef VIEWER_H
#define VIEWER_H

#include "painter.h"
#include "widgets.h"

struct viewer {
  struct app app;
  struct painter painter;
  const char *regular, *bold; /* fonts */
};

/* What a viewer is made with. */
struct viewer_info {
  const struct gpu *gpu;
  VkRenderPass pass; /* that frames are drawn in */
  struct source source;
  const char *regular, *bold;
  float scale;        /* pixels of a point */
  bool patient;       /* everything is computed in one frame, and photographs are read at once */
  void (*wake)(void); /* as loader_create() has it */
};

/* False, with the reason on stderr. */
bool viewer_create(struct viewer *viewer, const struct viewer_info *info);
void viewer_destroy(struct viewer *viewer);

/* For a screen of another scale. */
bool viewer_set_scale(struct viewer *viewer, float scale);

/* What happened. Lengths are in points. */
void viewer_move(struct viewer *viewer, float x, float y);
void viewer_press(struct viewer *viewer, bool down);
void viewer_press_other(struct viewer *viewer);
void viewer_wheel(struct viewer *viewer, float notches);
void viewer_key(struct viewer *viewer, int key, int modifiers);
void viewer_type(struct viewer *viewer, unsigned code); /* a character, as it is typed */

/* Whether something has changed since the last frame. */
bool viewer_wants_frame(const struct viewer *viewer);

/* Records a frame; index: which of the frames in flight, whose last use is over. */
void viewer_record(struct viewer *viewer, uint32_t index, VkCommandBuffer commands, const struct target *target);

/* The same without anything happening but drawing: the whole screen, or the panel under the pointer, or the first one,
 * alone. */
void viewer_draw(
    struct viewer *viewer, uint32_t index, VkCommandBuffer commands, const struct target *target, bool panel);

#endif
