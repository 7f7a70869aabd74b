/* The program without its window: handles pointer and keys, and records frames. */
#ifndef VIEWER_H
#define VIEWER_H

#include "painter.h"
#include "widgets.h"

struct viewer {
  struct app app;
  struct painter painter;
  const char *regular, *bold; /* fonts */
};

/* What a viewer is created with. */
struct viewer_info {
  const struct gpu *gpu;
  VkRenderPass pass; /* the render pass of its frames */
  struct source source;
  const char *regular, *bold;
  float scale;        /* pixels of a point */
  bool patient;       /* compute everything in one frame, and read photographs at once */
  void (*wake)(void); /* see loader_create() */
};

/* On failure returns false and prints the reason on stderr. */
bool viewer_create(struct viewer *viewer, const struct viewer_info *info);
void viewer_destroy(struct viewer *viewer);

/* Prepares for a screen of another scale. */
bool viewer_set_scale(struct viewer *viewer, float scale);

/* Events. Lengths are in points. */
void viewer_move(struct viewer *viewer, float x, float y);
void viewer_press(struct viewer *viewer, bool down);
void viewer_press_other(struct viewer *viewer);
void viewer_wheel(struct viewer *viewer, float notches);
void viewer_key(struct viewer *viewer, int key, int modifiers);
void viewer_type(struct viewer *viewer, unsigned code); /* a typed character */

/* Whether something has changed since the last frame. */
bool viewer_wants_frame(const struct viewer *viewer);

/* Records a frame. index: the frame in flight, whose last use is over. */
void viewer_record(struct viewer *viewer, uint32_t index, VkCommandBuffer commands, const struct target *target);

/* Records only the drawing: of the whole screen, or of one panel, which is the one under the pointer or else the
 * first. */
void viewer_draw(
    struct viewer *viewer, uint32_t index, VkCommandBuffer commands, const struct target *target, bool panel);

#endif
