/* The images to extract from: named one by one, in folders, in lists; or the tar files that hold them. */
#ifndef EXTRACT_SOURCES_H
#define EXTRACT_SOURCES_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
  char *path; /* to open, and for messages */
  char *name; /* of its features: no two are equal, and none leads out of a folder */
  size_t index;
  uint64_t bytes, device, inode; /* of the file; 0 if it is not there */
  int64_t modified;              /* nanoseconds since 1970 */

  /* For a member of a tar file. The struct is allocated for it alone. */
  bool owned;
  unsigned char *data; /* bytes of them; NULL: it cannot be read, for this reason */
  const char *reason;
  cJSON *kept; /* what stays with its features; NULL: nothing */
};

#define SOURCES_MAX_ENDINGS 8

struct sources {
  struct source *items;
  size_t count, capacity;
  bool nul_separated; /* lists */
  bool read_tar;      /* - is a tar file */
  /* Files of folders that are no images by their names. */
  struct {
    char ending[16];
    size_t count;
  } left_out[SOURCES_MAX_ENDINGS];
  size_t left_out_count, left_out_others, left_out_all;
};

/* Whether an argument is a folder or a list, and not one image. */
bool sources_are_many(const char *argument);

/* Whether it is a tar file, by its name; and how long the ending is. */
bool sources_are_tar(const char *argument);
size_t sources_tar_ending(const char *name);

/* Adds the images, or tar files, that an argument stands for. The reason of an error is on stderr.
 * - A folder: every image in it and below, or every tar file if there is no image, sorted by name, folder by folder.
 *   A name is the path from the folder on.
 * - *.txt, or - for stdin: a list. Each line, or with nul_separated each text up to a NUL, is the path of an image or
 *   tar file. Empty lines are skipped. A name is the path without leading /, ./ and ../.
 * - Any other: an image or a tar file. Its name is that of the file. */
bool sources_add(struct sources *sources, const char *argument);

/* Names of tar files lose their endings. False, with the reason on stderr, if two have one name, or if one is a tar
 * file and another is not; *tars says whether they are. */
bool sources_check(struct sources *sources, bool *tars);

/* Says on stderr how many files of folders were left out, and of what endings. */
void sources_tell_left_out(const struct sources *sources);

/* Keeps every count-th, from index on, and frees the others. */
void sources_take(struct sources *sources, uint32_t index, uint32_t count);

/* Whether a file, which may be there or not, is one of the sources. */
bool sources_have(const struct sources *sources, const char *path);
bool source_is(const struct source *source, const char *path);

/* The path without empty parts, "." and "..", and what ".." takes back; a new string, or NULL. */
char *sources_clean_name(const char *path);

/* Asks the file system for size and time of a file; leaves zeros if there is no such file. */
void sources_describe_file(struct source *source, const char *path);

/* Frees a member of a tar file; leaves others as they are. */
void source_release(struct source *source);
void sources_free(struct sources *sources);

#endif
