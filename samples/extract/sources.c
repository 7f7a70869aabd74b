#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L

#include "sources.h"

#include "photograph.h"
#include "progress.h"

#include <ctype.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* ---- Names ---- */

char *sources_clean_name(const char *path) {
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

static bool is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool has_suffix(const char *path, const char *suffix) {
  size_t length = strlen(path), suffix_length = strlen(suffix);
  return length > suffix_length && strcasecmp(path + length - suffix_length, suffix) == 0;
}

size_t sources_tar_ending(const char *name) {
  static const char *const endings[] = {".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.bz2", ".tar.xz"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
    if (has_suffix(name, endings[i]))
      return strlen(endings[i]);
  return 0;
}

bool sources_are_tar(const char *argument) {
  return sources_tar_ending(argument) && !is_folder(argument);
}

static void describe_file(struct source *source, const struct stat *status) {
  source->bytes = (uint64_t)status->st_size;
  source->device = (uint64_t)status->st_dev;
  source->inode = (uint64_t)status->st_ino;
  source->modified = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
}

void sources_describe_file(struct source *source, const char *path) {
  struct stat status;
  if (stat(path, &status) == 0)
    describe_file(source, &status);
}

/* status: NULL if it is not known yet. */
static bool add(struct sources *sources, const char *path, const char *name, const struct stat *status) {
  if (sources->count == sources->capacity) {
    size_t capacity = sources->capacity ? 2 * sources->capacity : 64;
    struct source *items = realloc(sources->items, capacity * sizeof *items);
    if (!items) {
      message_print("no memory for the names of %zu images", capacity);
      return false;
    }
    sources->items = items;
    sources->capacity = capacity;
  }
  struct source source = {.path = strdup(path), .name = sources_clean_name(name)};
  struct stat own;
  if (status || stat(path, &own) == 0)
    describe_file(&source, status ? status : &own);
  bool done = source.path && source.name && *source.name;
  if (done) {
    sources->items[sources->count++] = source;
  } else {
    message_print("%s: is not the path of an image", path);
    free(source.path);
    free(source.name);
  }
  return done;
}

/* ---- Folders ---- */

static int by_file_name(const FTSENT **a, const FTSENT **b) {
  return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void leave_out(struct sources *sources, const char *name) {
  const char *dot = strrchr(name, '.');
  char ending[sizeof sources->left_out[0].ending] = "";
  if (dot && dot > name && strlen(dot) < sizeof ending)
    for (size_t i = 0; dot[i]; i++)
      ending[i] = isprint((unsigned char)dot[i]) ? (char)tolower((unsigned char)dot[i]) : '?';
  size_t i = 0;
  while (i < sources->left_out_count && strcmp(sources->left_out[i].ending, ending) != 0)
    i++;
  sources->left_out_all++;
  if (i == SOURCES_MAX_ENDINGS) {
    sources->left_out_others++;
    return;
  }
  if (i == sources->left_out_count)
    strcpy(sources->left_out[sources->left_out_count++].ending, ending);
  sources->left_out[i].count++;
}

void sources_tell_left_out(const struct sources *sources) {
  char text[SOURCES_MAX_ENDINGS * 48] = "";
  for (size_t i = 0; i < sources->left_out_count; i++) {
    size_t length = strlen(text);
    snprintf(text + length, sizeof text - length, "%s%zu %s%s", i ? ", " : "", sources->left_out[i].count,
        *sources->left_out[i].ending ? "*" : "without an ending", sources->left_out[i].ending);
  }
  if (sources->left_out_others)
    message_print("left out %zu files whose names are not those of images: %s, %zu others", sources->left_out_all, text,
        sources->left_out_others);
  else if (sources->left_out_all)
    message_print("left out %zu files whose names are not those of images: %s", sources->left_out_all, text);
}

/* Adds an image or a tar file. Other files are counted in the first pass. */
static bool add_entry(struct sources *sources, const FTSENT *entry, size_t skip, bool tars) {
  switch (entry->fts_info) {
  case FTS_F:
    if (tars ? sources_tar_ending(entry->fts_name) > 0 : photograph_named(entry->fts_name))
      return add(sources, entry->fts_path, entry->fts_path + skip, entry->fts_statp);
    if (!tars)
      leave_out(sources, entry->fts_name);
    return true;
  case FTS_DNR:
  case FTS_ERR:
  case FTS_NS:
    message_print("%s: %s", entry->fts_path, strerror(entry->fts_errno));
    return false;
  case FTS_DC:
    message_print("%s: leads back to a folder above it: left out", entry->fts_path);
    return true;
  case FTS_SLNONE:
    message_print("%s: links to nothing: left out", entry->fts_path);
    return true;
  case FTS_DEFAULT: /* a device, a FIFO or the like */
    if (!tars)
      leave_out(sources, entry->fts_name);
    return true;
  default: /* folders */
    return true;
  }
}

static bool walk(struct sources *sources, const char *path, bool tars) {
  char *paths[] = {strdup(path), NULL};
  FTS *tree = paths[0] ? fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_file_name) : NULL;
  bool done = tree;
  if (!tree)
    message_print("%s: %s", path, strerror(errno));
  errno = 0;
  for (FTSENT *entry; done && (entry = fts_read(tree));)
    done = add_entry(sources, entry, strlen(path), tars);
  if (done && errno) {
    message_print("%s: %s", path, strerror(errno));
    done = false;
  }
  if (tree)
    fts_close(tree);
  free(paths[0]);
  return done;
}

static bool add_folder(struct sources *sources, const char *path) {
  size_t count = sources->count;
  return walk(sources, path, false) && (sources->count > count || walk(sources, path, true));
}

/* ---- Lists ---- */

static bool is_list(const char *argument) {
  return strcmp(argument, "-") == 0 || has_suffix(argument, ".txt");
}

/* Adds one path, without the end of its line. */
static bool add_line(struct sources *sources, const char *list, char *line, size_t length, bool first) {
  bool nul = sources->nul_separated;
  while (length > 0 && (line[length - 1] == 0 || (!nul && strchr("\n\r", line[length - 1]))))
    line[--length] = 0;
  if (first && length >= 2 && (memcmp(line, "\xFF\xFE", 2) == 0 || memcmp(line, "\xFE\xFF", 2) == 0)) {
    message_print("%s: is UTF-16; a list has paths as the file system does, such as UTF-8", list);
    return false;
  }
  if (first && length >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
    line += 3;
    length -= 3;
  }
  if (strlen(line) < length) {
    message_print("%s: has NUL bytes: if it is of find -print0, give -0", list);
    return false;
  }
  return length == 0 || add(sources, line, line, NULL);
}

static bool add_list(struct sources *sources, const char *path) {
  FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
  char *line = NULL;
  size_t bytes = 0;
  bool done = file, first = true;
  errno = file ? 0 : errno;
  for (ssize_t length; done && (length = getdelim(&line, &bytes, sources->nul_separated ? 0 : '\n', file)) >= 0;) {
    done = add_line(sources, path, line, (size_t)length, first);
    first = false;
  }
  if (!file || ferror(file)) {
    message_print("%s: %s", path, strerror(errno));
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
  if (sources->read_tar && strcmp(argument, "-") == 0)
    return add(sources, "-", "stdin.tar", NULL);
  if (is_folder(argument))
    return add_folder(sources, argument);
  if (is_list(argument))
    return add_list(sources, argument);
  const char *slash = strrchr(argument, '/');
  return add(sources, argument, slash ? slash + 1 : argument, NULL);
}

static int by_name(const void *a, const void *b) {
  const struct source *const *x = a, *const *y = b;
  return strcmp((*x)->name, (*y)->name);
}

static bool check_names(const struct sources *sources) {
  const struct source **sorted = calloc(sources->count + 1, sizeof *sorted);
  if (!sorted) {
    message_print("no memory for the names of %zu images", sources->count);
    return false;
  }
  for (size_t i = 0; i < sources->count; i++)
    sorted[i] = &sources->items[i];
  qsort(sorted, sources->count, sizeof *sorted, by_name);
  bool done = true;
  for (size_t i = 1; done && i < sources->count; i++)
    if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) {
      message_print("%s and %s: the features of both would be named %s: give each once, or their common folder",
          sorted[i - 1]->path, sorted[i]->path, sorted[i]->name);
      done = false;
    }
  free(sorted);
  return done;
}

bool sources_check(struct sources *sources, bool *tars) {
  *tars = sources->count && sources_tar_ending(sources->items[0].name);
  for (size_t i = 1; i < sources->count; i++)
    if ((sources_tar_ending(sources->items[i].name) > 0) != *tars) {
      message_print(
          "%s and %s: one run takes images or tar files, not both", sources->items[0].path, sources->items[i].path);
      return false;
    }
  for (size_t i = 0; *tars && i < sources->count; i++) {
    char *name = sources->items[i].name;
    name[strlen(name) - sources_tar_ending(name)] = 0;
  }
  return check_names(sources);
}

static void free_source(struct source *source) {
  free(source->path);
  free(source->name);
  free(source->data);
  cJSON_Delete(source->kept);
}

void source_release(struct source *source) {
  if (!source->owned)
    return;
  free_source(source);
  free(source);
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

bool source_is(const struct source *source, const char *path) {
  struct stat status;
  return source->inode && stat(path, &status) == 0 && (uint64_t)status.st_ino == source->inode &&
         (uint64_t)status.st_dev == source->device;
}

bool sources_have(const struct sources *sources, const char *path) {
  struct stat status;
  if (stat(path, &status) != 0)
    return false;
  for (size_t i = 0; i < sources->count; i++)
    if (sources->items[i].inode == (uint64_t)status.st_ino && sources->items[i].device == (uint64_t)status.st_dev)
      return true;
  return false;
}

void sources_free(struct sources *sources) {
  for (size_t i = 0; i < sources->count; i++)
    free_source(&sources->items[i]);
  free(sources->items);
  *sources = (struct sources){0};
}
