/* Files from outside: mapped into memory, or read as JSON. */
#ifndef VIT_FILE_H
#define VIT_FILE_H

#include "error.h"

#include <cJSON.h>
#include <stdint.h>

struct vit_file {
  const unsigned char *data; /* NULL for an empty file */
  uint64_t bytes;
};

/* Maps a file for reading. Where another process shortens it meanwhile, zeros are read: mapping_guard.h tells. */
bool vit_file_map(const char *path, struct vit_file *file, struct vit_error *error);

/* Accepts an empty struct. */
void vit_file_unmap(struct vit_file *file);

/* The JSON object in a file of at most a megabyte; NULL after an error. Free with cJSON_Delete(). */
cJSON *vit_file_json(const char *path, struct vit_error *error);

/* The JSON object in text, of which nothing but blanks may follow; NULL after an error. */
cJSON *vit_parse_json(const char *path, const char *text, size_t bytes, struct vit_error *error);

#endif
