/* The images of a run, named one by one, in folders or in lists; or the tar files that contain them. */
#ifndef EXTRACT_SOURCES_H
#define EXTRACT_SOURCES_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
  char *path; /* for opening, and for messages */
  char *name; /* the name of its features: unique, and it does not lead out of a folder */
  size_t index;
  uint64_t bytes, device, inode; /* of the file; 0 if it is not there */
  int64_t modified;              /* nanoseconds since 1970 */

  /* For a member of a tar file. The struct is allocated for it alone. */
  bool owned;
  unsigned char *data; /* bytes of them; NULL: it cannot be read, and reason says why */
  const char *reason;
  cJSON *kept; /* fields that are kept beside its features; NULL: none */
};

#define SOURCES_MAX_ENDINGS 8

struct sources {
  struct source *items;
  size_t count, capacity;
  bool nul_separated; /* lists */
  bool read_tar;      /* - is a tar file */
  /* Files of folders that are no images by their names, and FIFOs and the like. */
  struct {
    char ending[16];
    size_t count;
  } left_out[SOURCES_MAX_ENDINGS];
  size_t left_out_count, left_out_others, left_out_all;
};

/* Whether an argument is a folder or a list, and not one image. */
bool sources_are_many(const char *argument);

/* Whether an argument is a tar file, by its name; and the length of its ending. */
bool sources_are_tar(const char *argument);
size_t sources_tar_ending(const char *name);

/* Adds the images, or tar files, that an argument stands for. The reason of an error is on stderr.
 * - A folder: every image in it and below, or every tar file if there is no image, sorted by name, folder by folder.
 *   A name is the path from the folder on.
 * - *.txt, or - for stdin: a list. Each line, or with nul_separated each text up to a NUL, is the path of an image or
 *   tar file. Empty lines are skipped. A name is the path without leading /, ./ and ../.
 * - Any other: an image or a tar file. Its name is that of the file. */
bool sources_add(struct sources *sources, const char *argument);

/* Removes the endings of tar files from names. Returns false and prints the reason on stderr if two sources have one
 * name, or if only some are tar files. *tars: they are tar files. */
bool sources_check(struct sources *sources, bool *tars);

/* Prints on stderr how many files of folders were left out, for each ending. */
void sources_tell_left_out(const struct sources *sources);

/* Keeps every count-th source, from index on, and frees the others. */
void sources_take(struct sources *sources, uint32_t index, uint32_t count);

/* Whether a file is one of the sources. The file need not exist. */
bool sources_have(const struct sources *sources, const char *path);
bool source_is(const struct source *source, const char *path);

/* Makes a path without empty parts and ".", and without ".." and the parts that ".." leaves. Returns NULL if there is
 * no memory. */
char *sources_clean_name(const char *path);

/* Reads size and time of a file. They stay 0 if the file does not exist. */
void sources_describe_file(struct source *source, const char *path);

/* Frees a member of a tar file. Does nothing to other sources. */
void source_release(struct source *source);
void sources_free(struct sources *sources);

#endif
