/* The photographs of a folder, in order, and their thumbnails: those on the screen, and a few more. */
#ifndef VIEWER_ALBUM_H
#define VIEWER_ALBUM_H

#include "loader.h"

#define ALBUM_THUMBS 128
#define THUMB_PIXELS (THUMB_WIDTH * THUMB_HEIGHT)

struct album_thumb {
  bool used, asked, there;
  uint32_t number;
  uint32_t width, height; /* 0: it cannot be read */
  uint64_t frame;         /* that it was last seen in */
};

struct album {
  char **paths;
  uint32_t count;
  struct album_thumb thumbs[ALBUM_THUMBS];
  struct buffer pixels; /* ALBUM_THUMBS x THUMB_PIXELS, RGBA */
  const struct gpu *gpu;
  struct loader *loader; /* not its own */
};

VkResult album_create(struct album *album, const struct gpu *gpu, struct loader *loader);
void album_destroy(struct album *album);

/* The photographs in a folder, by their names' endings and in their order, or one file, whatever it is. False, with the
 * reason, if there are none; the album is then as it was. */
bool album_open(struct album *album, const char *path, char error[PICTURE_ERROR_BYTES]);

/* One more file behind the others; false if there is no memory for it. */
bool album_add(struct album *album, const char *path);

bool album_is_folder(const char *path);

/* The thumbnail of a photograph, which is asked for if it is not there yet: NULL then. */
const struct album_thumb *album_see(struct album *album, uint32_t number, uint64_t frame);
uint32_t album_thumb_offset(const struct album *album, const struct album_thumb *thumb);

/* Takes those that have been read; true if there were any. */
bool album_take(struct album *album);

#endif
