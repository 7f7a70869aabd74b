/* Reads photographs and thumbnails on a thread of its own. */
#ifndef VIEWER_LOADER_H
#define VIEWER_LOADER_H

#include "picture.h"

#define THUMB_WIDTH 96
#define THUMB_HEIGHT 72
#define LOADER_LANES 2 /* photographs that may be asked for at once, one for each side of the screen */

struct loader;

/* Starts the thread. It calls `wake`, which may be NULL, when a result can be taken. Returns NULL if there is no
 * thread. */
struct loader *loader_create(void (*wake)(void));

/* Ends the thread after the file that it reads. Accepts NULL. */
void loader_destroy(struct loader *loader);

/* Requests a photograph. It replaces the earlier request of this lane. */
void loader_ask(struct loader *loader, uint32_t lane, const char *path, const struct preparation *preparation);
void loader_cancel(struct loader *loader, uint32_t lane);
bool loader_is_busy(struct loader *loader, uint32_t lane);

struct loaded {
  char path[4096];
  bool read;
  struct picture_data data; /* belongs to the caller if the photograph was read */
  char error[PICTURE_ERROR_BYTES];
};

/* Takes a result. Returns false if there is none. */
bool loader_take(struct loader *loader, uint32_t lane, struct loaded *loaded);

struct thumb {
  uint32_t number;        /* the one that the caller gave */
  uint32_t width, height; /* 0: it cannot be read */
  unsigned char rgba[THUMB_WIDTH * THUMB_HEIGHT * 4];
};

/* Reads a thumbnail on the calling thread. */
void thumb_read(struct thumb *thumb, const char *path);

/* Requests a thumbnail. Returns false if the queue is full. */
bool loader_ask_thumb(struct loader *loader, uint32_t number, const char *path);
bool loader_take_thumb(struct loader *loader, struct thumb *thumb);

/* Drops all requests for thumbnails, and thumbnails that were not taken. */
void loader_forget_thumbs(struct loader *loader);

#endif
