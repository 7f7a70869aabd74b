/* Files from outside. */
#ifndef VIT_FILE_H
#define VIT_FILE_H

#include "error.h"

#include <stdint.h>

#define VIT_MAX_PATH_BYTES 4096
#define VIT_MAX_NAME_BYTES 256

struct vit_file {
  const unsigned char *data; /* NULL for an empty file */
  uint64_t bytes;
};

/* Maps a file for reading. If another process shortens it meanwhile, zeros are read; mapping_guard.h reports that. What
 * git-lfs leaves in place of a file that was not fetched is refused. */
bool vit_file_map(const char *path, struct vit_file *file, struct vit_error *error);

/* Accepts an empty struct. */
void vit_file_unmap(struct vit_file *file);

/* Whether there is a file of the name in the folder, which can be read. */
bool vit_file_exists(const char *folder, const char *name);

/* The first file of the folder, by name, whose name ends so. */
bool vit_file_find(const char *folder, const char *ending, char name[VIT_MAX_NAME_BYTES]);

#endif
