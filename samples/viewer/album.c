#define _POSIX_C_SOURCE 200809L

#include "album.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FRAMES_APART 8 /* a thumbnail that was not seen for so many frames may be replaced */

VkResult album_create(struct album *album, const struct gpu *gpu, struct loader *loader) {
  *album = (struct album){.gpu = gpu, .loader = loader};
  return buffer_create(
      &album->pixels, gpu, (VkDeviceSize)ALBUM_THUMBS * THUMB_PIXELS * 4, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, true);
}

static void forget(struct album *album) {
  if (album->loader)
    loader_forget_thumbs(album->loader);
  for (uint32_t i = 0; i < album->count; i++)
    free(album->paths[i]);
  free(album->paths);
  album->paths = NULL;
  album->count = 0;
  memset(album->thumbs, 0, sizeof album->thumbs);
}

void album_destroy(struct album *album) {
  if (!album->gpu)
    return;
  forget(album);
  buffer_destroy(&album->pixels, album->gpu);
  *album = (struct album){0};
}

bool album_is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool add(struct album *album, uint32_t *capacity, const char *folder, const char *name) {
  if (album->count == *capacity) {
    const uint32_t more = *capacity ? 2 * *capacity : 64;
    char **paths = realloc(album->paths, more * sizeof *paths);
    if (!paths)
      return false;
    album->paths = paths;
    *capacity = more;
  }
  const size_t bytes = strlen(folder) + strlen(name) + 2;
  char *path = malloc(bytes);
  if (!path)
    return false;
  snprintf(path, bytes, "%s/%s", folder, name);
  struct stat status;
  if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
    album->paths[album->count++] = path;
  else
    free(path);
  return true;
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool read_folder(struct album *found, const char *path, char error[PICTURE_ERROR_BYTES]) {
  char folder[4096];
  uint32_t capacity = 0;
  snprintf(folder, sizeof folder, "%s", path);
  while (strlen(folder) > 1 && folder[strlen(folder) - 1] == '/')
    folder[strlen(folder) - 1] = 0;
  DIR *directory = opendir(folder);
  if (!directory) {
    snprintf(error, PICTURE_ERROR_BYTES, "%.250s: %s", folder, strerror(errno));
    return false;
  }
  bool done = true;
  for (struct dirent *entry; done && (entry = readdir(directory));)
    if (photograph_named(entry->d_name))
      done = add(found, &capacity, folder, entry->d_name);
  closedir(directory);
  if (found->count)
    qsort(found->paths, found->count, sizeof *found->paths, by_name);
  if (!done || !found->count)
    snprintf(error, PICTURE_ERROR_BYTES, "%.250s: %s", folder,
        done ? "no photograph is in this folder" : "there is no memory for its names");
  return done && found->count;
}

bool album_open(struct album *album, const char *path, char error[PICTURE_ERROR_BYTES]) {
  struct album found = {0};
  bool done = true;
  if (album_is_folder(path)) {
    done = read_folder(&found, path, error);
  } else {
    found.paths = malloc(sizeof *found.paths);
    char *copy = found.paths ? strdup(path) : NULL;
    done = copy;
    if (done)
      found.paths[found.count++] = copy;
    else
      snprintf(error, PICTURE_ERROR_BYTES, "there is no memory for it");
  }
  if (!done) {
    forget(&found);
    return false;
  }
  forget(album);
  album->paths = found.paths;
  album->count = found.count;
  return true;
}

bool album_add(struct album *album, const char *path) {
  char **paths = realloc(album->paths, (album->count + 1) * sizeof *paths);
  if (!paths)
    return false;
  album->paths = paths;
  paths[album->count] = strdup(path);
  return paths[album->count] && ++album->count;
}

/* ---- Thumbnails -------------------------------------------------------------------------------------------------- */

/* The place of the thumbnail that was seen longest ago. */
static struct album_thumb *place_for(struct album *album, uint64_t frame) {
  struct album_thumb *oldest = &album->thumbs[0];
  for (uint32_t i = 0; i < ALBUM_THUMBS; i++) {
    struct album_thumb *thumb = &album->thumbs[i];
    if (!thumb->used)
      return thumb;
    if (thumb->frame < oldest->frame)
      oldest = thumb;
  }
  return oldest->frame + FRAMES_APART < frame ? oldest : NULL;
}

static void put(struct album *album, struct album_thumb *thumb, const struct thumb *read) {
  thumb->there = true;
  thumb->width = read->width;
  thumb->height = read->height;
  memcpy((uint32_t *)album->pixels.host + album_thumb_offset(album, thumb), read->rgba,
      (size_t)read->width * read->height * 4);
}

static void read_at_once(struct album *album, struct album_thumb *thumb) {
  struct thumb *read = calloc(1, sizeof *read);
  if (!read)
    return;
  thumb_read(read, album->paths[thumb->number]);
  put(album, thumb, read);
  free(read);
}

const struct album_thumb *album_see(struct album *album, uint32_t number, uint64_t frame) {
  struct album_thumb *thumb = NULL;
  for (uint32_t i = 0; i < ALBUM_THUMBS; i++)
    if (album->thumbs[i].used && album->thumbs[i].number == number)
      thumb = &album->thumbs[i];
  if (!thumb) {
    thumb = place_for(album, frame);
    if (thumb)
      *thumb = (struct album_thumb){.used = true, .number = number};
  }
  if (!thumb)
    return NULL;
  thumb->frame = frame;
  if (!thumb->there && !album->loader)
    read_at_once(album, thumb);
  else if (!thumb->there && !thumb->asked)
    thumb->asked = loader_ask_thumb(album->loader, number, album->paths[number]);
  return thumb->there ? thumb : NULL;
}

uint32_t album_thumb_offset(const struct album *album, const struct album_thumb *thumb) {
  return (uint32_t)(thumb - album->thumbs) * THUMB_PIXELS;
}

bool album_take(struct album *album) {
  struct thumb *taken = malloc(sizeof *taken);
  bool any = false;
  while (taken && album->loader && loader_take_thumb(album->loader, taken)) {
    any = true;
    for (uint32_t i = 0; i < ALBUM_THUMBS; i++) {
      struct album_thumb *thumb = &album->thumbs[i];
      if (thumb->used && !thumb->there && thumb->number == taken->number)
        put(album, thumb, taken);
    }
  }
  free(taken);
  return any;
}
