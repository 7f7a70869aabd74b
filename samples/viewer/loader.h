/* Reads photographs and thumbnails on a thread of its own. */
#ifndef VIEWER_LOADER_H
#define VIEWER_LOADER_H

#include "picture.h"

#define THUMB_WIDTH 96
#define THUMB_HEIGHT 72
#define LOADER_LANES 2 /* photographs that may be asked for at once, one for each side of the screen */

struct loader;

/* wake: called on the loader's thread when something is there to be taken; may be NULL. NULL if there is no thread for
 * it. */
struct loader *loader_create(void (*wake)(void));

/* Ends the thread once it is done with what it reads. Accepts NULL. */
void loader_destroy(struct loader *loader);

/* Takes the place of what was asked for in this lane before. */
void loader_ask(struct loader *loader, uint32_t lane, const char *path, const struct vit_preprocess *preprocess);
void loader_cancel(struct loader *loader, uint32_t lane);
bool loader_is_busy(struct loader *loader, uint32_t lane);

struct loaded {
  char path[4096];
  bool read;
  struct picture_data data; /* the caller's, if it was read */
  char error[PICTURE_ERROR_BYTES];
};

/* False if nothing is there. */
bool loader_take(struct loader *loader, uint32_t lane, struct loaded *loaded);

struct thumb {
  uint32_t number;        /* the caller's */
  uint32_t width, height; /* 0: it cannot be read */
  unsigned char rgba[THUMB_WIDTH * THUMB_HEIGHT * 4];
};

/* At once. */
void thumb_read(struct thumb *thumb, const char *path);

/* False if too many are waited for. */
bool loader_ask_thumb(struct loader *loader, uint32_t number, const char *path);
bool loader_take_thumb(struct loader *loader, struct thumb *thumb);

/* Forgets thumbnails that are waited for or not taken. */
void loader_forget_thumbs(struct loader *loader);

#endif
