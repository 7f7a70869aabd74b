/* The photographs of a folder, in order, and the thumbnails of those on the screen and of a few more. */
#ifndef VIEWER_ALBUM_H
#define VIEWER_ALBUM_H

#include "loader.h"

#define ALBUM_THUMBS 128
#define THUMB_PIXELS (THUMB_WIDTH * THUMB_HEIGHT)

struct album_thumb {
  bool used, asked, there;
  uint32_t number;
  uint32_t width, height; /* 0: it cannot be read */
  uint64_t frame;         /* the last frame that showed it */
};

struct album {
  char **paths;
  uint32_t count;
  struct album_thumb thumbs[ALBUM_THUMBS];
  struct buffer pixels; /* ALBUM_THUMBS x THUMB_PIXELS, RGBA */
  const struct gpu *gpu;
  struct loader *loader; /* the caller's */
};

VkResult album_create(struct album *album, const struct gpu *gpu, struct loader *loader);
void album_destroy(struct album *album);

/* Opens the photographs of a folder, found by file name extension and sorted by name, or one file of any kind. Returns
 * false and the reason if there are none; the album does not change then. */
bool album_open(struct album *album, const char *path, char error[PICTURE_ERROR_BYTES]);

/* Appends a file. Returns false if there is no memory for it. */
bool album_add(struct album *album, const char *path);

bool album_is_folder(const char *path);

/* Returns the thumbnail of a photograph. If it is not there yet, requests it and returns NULL. */
const struct album_thumb *album_see(struct album *album, uint32_t number, uint64_t frame);
uint32_t album_thumb_offset(const struct album *album, const struct album_thumb *thumb);

/* Takes the thumbnails that have been read. Returns true if there were any. */
bool album_take(struct album *album);

#endif
