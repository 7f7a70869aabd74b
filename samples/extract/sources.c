#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L

#include "sources.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* ---- Names ---- */

/* The path without empty parts, "." and "..", and what ".." takes back. */
static char *clean_name(const char *path) {
  char *name = malloc(strlen(path) + 1), *end = name;
  while (name && *path) {
    size_t length = strcspn(path, "/");
    if (length == 2 && memcmp(path, "..", 2) == 0) {
      while (end > name && *--end != '/')
        ;
    } else if (length > 1 || (length == 1 && *path != '.')) {
      if (end > name)
        *end++ = '/';
      memcpy(end, path, length);
      end += length;
    }
    path += length + (path[length] == '/');
  }
  if (name)
    *end = 0;
  return name;
}

static bool add(struct sources *sources, const char *path, const char *name) {
  if (sources->count == sources->capacity) {
    size_t capacity = sources->capacity ? 2 * sources->capacity : 64;
    struct source *items = realloc(sources->items, capacity * sizeof *items);
    if (!items) {
      fprintf(stderr, "extract: no memory for the names of %zu images\n", capacity);
      return false;
    }
    sources->items = items;
    sources->capacity = capacity;
  }
  struct source source = {strdup(path), clean_name(name)};
  bool done = source.path && source.name && *source.name;
  if (done) {
    sources->items[sources->count++] = source;
  } else {
    fprintf(stderr, "extract: %s: is not the path of an image\n", path);
    free(source.path);
    free(source.name);
  }
  return done;
}

/* ---- Folders ---- */

static bool is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool has_suffix(const char *path, const char *suffix) {
  size_t length = strlen(path), suffix_length = strlen(suffix);
  return length > suffix_length && strcasecmp(path + length - suffix_length, suffix) == 0;
}

static int by_file_name(const FTSENT **a, const FTSENT **b) {
  return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool add_entry(struct sources *sources, const FTSENT *entry, size_t skip) {
  switch (entry->fts_info) {
  case FTS_F:
    return !(has_suffix(entry->fts_name, ".jpg") || has_suffix(entry->fts_name, ".jpeg") ||
               has_suffix(entry->fts_name, ".png")) ||
           add(sources, entry->fts_path, entry->fts_path + skip);
  case FTS_DNR:
  case FTS_ERR:
  case FTS_NS:
    fprintf(stderr, "extract: %s: %s\n", entry->fts_path, strerror(entry->fts_errno));
    return false;
  default: /* folders; links to nothing, or to a folder above */
    return true;
  }
}

static bool add_folder(struct sources *sources, const char *path) {
  char *paths[] = {strdup(path), NULL};
  FTS *tree = paths[0] ? fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_file_name) : NULL;
  bool done = tree;
  if (!tree)
    fprintf(stderr, "extract: %s: %s\n", path, strerror(errno));
  errno = 0;
  for (FTSENT *entry; done && (entry = fts_read(tree));)
    done = add_entry(sources, entry, strlen(path));
  if (done && errno) {
    fprintf(stderr, "extract: %s: %s\n", path, strerror(errno));
    done = false;
  }
  if (tree)
    fts_close(tree);
  free(paths[0]);
  return done;
}

/* ---- Lists ---- */

static bool is_list(const char *argument) {
  return strcmp(argument, "-") == 0 || has_suffix(argument, ".txt");
}

static bool add_list(struct sources *sources, const char *path) {
  FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
  char *line = NULL;
  size_t bytes = 0;
  bool done = file;
  errno = file ? 0 : errno;
  for (ssize_t length; done && (length = getline(&line, &bytes, file)) >= 0;) {
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
      line[--length] = 0;
    done = length == 0 || add(sources, line, line);
  }
  if (!file || ferror(file)) {
    fprintf(stderr, "extract: %s: %s\n", path, strerror(errno));
    done = false;
  }
  free(line);
  if (file && file != stdin)
    fclose(file);
  return done;
}

/* ---- All of them ---- */

bool sources_are_many(const char *argument) {
  return is_list(argument) || is_folder(argument);
}

bool sources_add(struct sources *sources, const char *argument) {
  if (is_list(argument))
    return add_list(sources, argument);
  if (is_folder(argument))
    return add_folder(sources, argument);
  const char *slash = strrchr(argument, '/');
  return add(sources, argument, slash ? slash + 1 : argument);
}

static int by_name(const void *a, const void *b) {
  const struct source *const *x = a, *const *y = b;
  return strcmp((*x)->name, (*y)->name);
}

bool sources_check(const struct sources *sources) {
  const struct source **sorted = calloc(sources->count + 1, sizeof *sorted);
  if (!sorted) {
    fprintf(stderr, "extract: no memory for the names of %zu images\n", sources->count);
    return false;
  }
  for (size_t i = 0; i < sources->count; i++)
    sorted[i] = &sources->items[i];
  qsort(sorted, sources->count, sizeof *sorted, by_name);
  bool done = true;
  for (size_t i = 1; done && i < sources->count; i++)
    if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) {
      fprintf(stderr,
          "extract: %s and %s: the features of both would be named %s: give each once, or their common folder\n",
          sorted[i - 1]->path, sorted[i]->path, sorted[i]->name);
      done = false;
    }
  free(sorted);
  return done;
}

static void free_source(struct source *source) {
  free(source->path);
  free(source->name);
}

void sources_take(struct sources *sources, uint32_t index, uint32_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < sources->count; i++)
    if (i % count == index)
      sources->items[kept++] = sources->items[i];
    else
      free_source(&sources->items[i]);
  sources->count = kept;
}

void sources_free(struct sources *sources) {
  for (size_t i = 0; i < sources->count; i++)
    free_source(&sources->items[i]);
  free(sources->items);
  *sources = (struct sources){0};
}
