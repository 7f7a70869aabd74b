#define _POSIX_C_SOURCE 200809L

#include "sink.h"

#include "npy.h"
#include "partial.h"
#include "progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTINGS_FILE "settings.txt"
#define MAX_SETTINGS 4096

struct sink {
  const char *folder;
};

/* folder/name followed by suffix; a new string. */
static char *join(const char *folder, const char *name, const char *suffix) {
  size_t bytes = strlen(folder) + strlen(name) + strlen(suffix) + 2;
  char *path = malloc(bytes);
  if (path)
    snprintf(path, bytes, "%s/%s%s", folder, name, suffix);
  else
    message_print("no memory for a path of %zu bytes", bytes);
  return path;
}

/* All folders that a path goes through. */
static bool make_folders(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    bool done = mkdir(path, 0777) == 0 || errno == EEXIST;
    if (!done)
      message_print("--output %s: %s", path, strerror(errno));
    *slash = '/';
    if (!done)
      return false;
  }
  return true;
}

/* ---- Settings: features of different ones are not mixed in a folder ---- */

/* Shards may all do this at once. */
static bool write_settings(const struct sink_info *info, const char *path) {
  char suffix[32];
  snprintf(suffix, sizeof suffix, ".%u.part", info->shard->index + 1);
  char *partial = join(info->output, SETTINGS_FILE, suffix);
  FILE *file = partial ? fopen(partial, "w") : NULL;
  bool done = file && fputs(info->settings, file) >= 0;
  done = file && fclose(file) == 0 && done && partial_complete(partial, path);
  if (!done)
    message_print("--output %s: %s", path, strerror(errno));
  free(partial);
  return done;
}

static bool check_settings(const struct sink_info *info) {
  char text[MAX_SETTINGS] = "";
  char *path = join(info->output, SETTINGS_FILE, "");
  if (!path || !make_folders(path)) {
    free(path);
    return false;
  }
  FILE *file = info->overwrite ? NULL : fopen(path, "r");
  bool done = true;
  if (file) {
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    done = strcmp(text, info->settings) == 0;
    if (!done)
      message_print(
          "%s: what is there was made with other options:\n%sand not\n%sgive another --output, or --overwrite", path,
          text, info->settings);
  } else {
    done = write_settings(info, path);
  }
  free(path);
  return done;
}

/* ---- The sink ---- */

static bool take_out_done(const struct sink_info *info, struct sink_state *state) {
  struct sources *sources = info->sources;
  size_t kept = 0;
  bool done = true;
  for (size_t i = 0; i < sources->count; i++) {
    char *path = done && !info->overwrite ? join(info->output, sources->items[i].name, ".npy") : NULL;
    done = done && (path || info->overwrite);
    if (path && access(path, F_OK) == 0) {
      state->done++;
      free(sources->items[i].path);
      free(sources->items[i].name);
    } else {
      sources->items[kept++] = sources->items[i];
    }
    free(path);
  }
  sources->count = kept;
  return done;
}

static struct sink *open_npy(const struct sink_info *info, struct sink_state *state) {
  *state = (struct sink_state){0};
  if (!check_settings(info) || !take_out_done(info, state))
    return NULL;
  struct sink *sink = calloc(1, sizeof *sink);
  if (sink)
    sink->folder = info->output;
  return sink;
}

static bool write_array(const char *path, const struct frame *frame, uint32_t index, s2vk_type type) {
  static const char *const types[] = {[S2VK_TYPE_F32] = "f4", [S2VK_TYPE_F16] = "f2", [S2VK_TYPE_BF16] = "u2"};
  struct npy array = {
      .rank = frame->shape.rank, .data = (char *)(uintptr_t)frame->features + (size_t)frame->bytes * index};
  strcpy(array.type, types[type]);
  for (unsigned i = 0; i < array.rank; i++)
    array.dims[i] = frame->shape.dims[i];
  char error[256] = "no memory", *partial = partial_name(path);
  bool done = partial && npy_write(partial, &array, error, sizeof error);
  if (done && !partial_complete(partial, path)) {
    snprintf(error, sizeof error, "%s", strerror(errno));
    done = false;
  }
  if (!done)
    message_print("--output %s: %s", path, error);
  free(partial);
  return done;
}

static bool put_npy(struct sink *sink, const struct frame *frame, s2vk_type type) {
  bool done = true;
  for (uint32_t i = 0; done && i < frame->count; i++) {
    char *path = join(sink->folder, frame->sources[i]->name, ".npy");
    done = path && make_folders(path) && write_array(path, frame, i, type);
    free(path);
  }
  return done;
}

static bool close_npy(struct sink *sink, bool all) {
  (void)all;
  free(sink);
  return true;
}

const struct sink_type sink_npy = {open_npy, put_npy, close_npy};
