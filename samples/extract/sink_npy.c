#define _POSIX_C_SOURCE 200809L

#include "sink.h"

#include "describe.h"
#include "index.h"
#include "lock.h"
#include "npy.h"
#include "output.h"
#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

/* OUTPUT/settings.txt holds the settings, OUTPUT/index.jsonl a line for each image, OUTPUT/NAME.npy its features and
 * OUTPUT/NAME.npy.json the same line with the settings of the run. An image is done if there are its features, and if a
 * line or the last file says that they are of its file as it is now. */
#define SETTINGS_FILE "settings.txt"
#define MAX_SETTINGS 4096

struct sink {
  struct sink_info info;
  struct lock lock;
  int folder; /* holds the settings */
  struct output index;
  char *index_path;
  char identity[17]; /* of the settings, in each record: those of an earlier run with --overwrite may have others */
  struct source **sorted; /* sorted by name */
  bool *done;             /* in the order of sources */
  size_t found;
};

static bool fail(const char *path, const char *reason) {
  message_print("--output %s: %s", path, reason);
  return false;
}

/* ---- Settings: features of different ones are not mixed in a folder ---- */

static bool write_settings(const struct sink_info *info, const char *path) {
  char reason[OUTPUT_REASON_BYTES];
  return output_write(path, info->settings, strlen(info->settings), reason) || fail(path, reason);
}

/* held: by another process, which writes features of them now. */
static bool check_settings(const struct sink_info *info, const char *path, bool held) {
  char text[MAX_SETTINGS] = "";
  FILE *file = fopen(path, "r");
  if (!file)
    return write_settings(info, path);
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  bool same = strcmp(text, info->settings) == 0;
  bool own = strncmp(text, "--patch ", 8) == 0 || strncmp(text, "model ", 6) == 0 || strncmp(text, "--model ", 8) == 0;
  if (same)
    return true;
  if (own && info->options->overwrite && !held)
    return write_settings(info, path);
  if (own && held)
    message_print(
        "%s: another process writes features with other options there:\n%sand not\n%swait for it, or give "
        "another --output",
        path, text, info->settings);
  else if (own)
    message_print("%s: what is there was made with other options:\n%sand not\n%sgive another --output, or --overwrite",
        path, text, info->settings);
  else
    message_print("%s: is no file of extract, and would be written over: move it, or give another --output", path);
  return false;
}

/* Processes of several shards write one folder at once. The first one there decides on the settings. */
static bool hold_settings(struct sink *sink, const char *path) {
  const struct sink_info *info = &sink->info;
  bool held;
  int alone = lock_alone(info->output, &held);
  bool done = held || check_settings(info, path, false);
  sink->folder = lock_share(info->output, alone);
  /* Again: another process may have come between. */
  return done && check_settings(info, path, true);
}

/* ---- What is done ---- */

static int by_name(const void *a, const void *b) {
  const struct source *const *x = a, *const *y = b;
  return strcmp((*x)->name, (*y)->name);
}

static struct source *find(const struct sink *sink, const char *name) {
  const struct source key = {.name = (char *)(uintptr_t)name}, *pointer = &key;
  struct source **found = bsearch(&pointer, sink->sorted, sink->info.sources->count, sizeof *sink->sorted, by_name);
  return found ? *found : NULL;
}

static bool has_settings(const struct sink *sink, const struct index_line *line) {
  return line->settings && strcmp(line->settings, sink->identity) == 0;
}

static bool is_current(const struct sink *sink, const struct source *source, const struct index_line *line) {
  char modified[MODIFIED_BYTES];
  describe_modified(source->modified, modified);
  return line->bytes == source->bytes && strcmp(line->modified, modified) == 0 && has_settings(sink, line);
}

static bool has_features(const struct sink *sink, const char *name) {
  char *path = sink_join(sink->info.output, name, ".npy");
  bool found = path && access(path, F_OK) == 0;
  free(path);
  return found;
}

static bool put_line(struct sink *sink, const cJSON *record) {
  char *text = cJSON_PrintUnformatted(record);
  bool done = text && fprintf(sink->index.file, "%s\n", text) > 0;
  cJSON_free(text);
  return done || fail(sink->index_path, strerror(errno ? errno : ENOMEM));
}

/* Takes a line of an index. Lines of images that this run does not have stay in the shard's own index. */
static bool take_line(struct sink *sink, const char *text, size_t length, bool own) {
  cJSON *json;
  struct index_line line;
  bool done = true;
  if (index_parse(text, length, &json, &line)) {
    struct source *source = find(sink, line.name);
    bool *already = source ? &sink->done[source - sink->info.sources->items] : NULL;
    if (source ? !*already && is_current(sink, source, &line) && has_features(sink, line.name)
               : own && has_settings(sink, &line) && has_features(sink, line.name)) {
      done = put_line(sink, json);
      if (already)
        sink->found += *already = true;
    }
  }
  cJSON_Delete(json);
  return done;
}

static bool take_index(struct sink *sink, const char *path, bool own) {
  FILE *file = fopen(path, "r");
  char *text = NULL;
  size_t capacity = 0;
  bool done = true;
  for (ssize_t length; file && done && (length = getline(&text, &capacity, file)) >= 0;)
    done = take_line(sink, text, (size_t)length, own);
  free(text);
  if (file)
    fclose(file);
  return done;
}

/* Takes the record beside features that no index has. */
static bool take_record(struct sink *sink, struct source *source) {
  char *path = sink_join(sink->info.output, source->name, ".npy.json"), *text = malloc(INDEX_MAX_RECORD_BYTES);
  FILE *file = path && text && has_features(sink, source->name) ? fopen(path, "r") : NULL;
  size_t bytes = file ? fread(text, 1, INDEX_MAX_RECORD_BYTES, file) : 0;
  cJSON *json = NULL;
  struct index_line line;
  bool done = true;
  if (bytes && index_parse(text, bytes, &json, &line) && is_current(sink, source, &line)) {
    cJSON_DeleteItemFromObjectCaseSensitive(json, "run");
    done = put_line(sink, json);
    sink->done[source - sink->info.sources->items] = true;
    sink->found++;
  }
  cJSON_Delete(json);
  if (file)
    fclose(file);
  free(text);
  free(path);
  return done;
}

/* Reads every index of the folder: that of one run, or those of shards. */
static bool take_indices(struct sink *sink) {
  const struct shard *shard = sink->info.shard;
  bool done = true;
  char *whole = sink_join(sink->info.output, "index.jsonl", "");
  done = whole && take_index(sink, sink->index_path, true) &&
         (strcmp(whole, sink->index_path) == 0 || take_index(sink, whole, false));
  for (uint32_t i = 0; done && i < shard->count && shard->count > 1; i++) {
    const struct shard other = {i, shard->count, NULL};
    char *path = sink_shard_path(whole, strlen(whole) - strlen(".jsonl"), &other, ".jsonl");
    done = path && (i == shard->index || take_index(sink, path, false));
    free(path);
  }
  free(whole);
  return done;
}

/* Files of an image that would be written over, and that extract did not write. Of its own files, the record is there
 * whenever the features are. */
static bool check_foreign(const struct sink *sink, const struct source *source) {
  char *beside = sink_join(sink->info.output, source->name, ".npy.json");
  const char *what = NULL;
  if (beside && has_features(sink, source->name) && access(beside, F_OK) != 0)
    what = ".npy";
  if (beside && !index_record_is_own(beside))
    what = ".npy.json";
  free(beside);
  if (!what)
    return beside;
  message_print("%s/%s%s: is no file of extract, and would be written over: move it, or give another --output",
      sink->info.output, source->name, what);
  return false;
}

static bool take_out_done(struct sink *sink, struct sink_state *state) {
  struct sources *sources = sink->info.sources;
  size_t kept = 0;
  bool done = sink->info.options->overwrite || take_indices(sink);
  for (size_t i = 0; done && !sink->info.options->overwrite && i < sources->count; i++)
    done = sink->done[i] || take_record(sink, &sources->items[i]);
  for (size_t i = 0; done && i < sources->count; i++)
    done = sink->done[i] || check_foreign(sink, &sources->items[i]);
  state->done = sink->found;
  for (size_t i = 0; i < sources->count; i++)
    if (sink->done[i]) {
      free(sources->items[i].path);
      free(sources->items[i].name);
    } else {
      sources->items[kept] = sources->items[i];
      sources->items[kept].index = kept;
      kept++;
    }
  sources->count = kept;
  state->complete = !kept;
  return done;
}

/* ---- The sink ---- */

static void free_sink(struct sink *sink) {
  output_abandon(&sink->index);
  if (sink->folder >= 0)
    close(sink->folder);
  lock_release(&sink->lock);
  free(sink->index_path);
  free(sink->sorted);
  free(sink->done);
  free(sink);
}

static bool open_folder(struct sink *sink) {
  const struct sink_info *info = &sink->info;
  char reason[OUTPUT_REASON_BYTES > LOCK_REASON_BYTES ? OUTPUT_REASON_BYTES : LOCK_REASON_BYTES];
  char *settings = sink_join(info->output, SETTINGS_FILE, ""), *stem = sink_join(info->output, "index", "");
  char *hidden = sink_join(info->output, ".extract", ""), *lock = NULL;
  if (stem && hidden) {
    sink->index_path = sink_shard_path(stem, strlen(stem), info->shard, ".jsonl");
    lock = sink_shard_path(hidden, strlen(hidden), info->shard, ".lock");
  }
  bool done = settings && sink->index_path && lock;
  if (done && (!output_make_folders(settings, reason) || !lock_take(&sink->lock, lock, reason)))
    done = fail(info->output, reason);
  done =
      done && sink_may_write(info, settings) && sink_may_write(info, sink->index_path) && hold_settings(sink, settings);
  if (done && !index_is_own(sink->index_path))
    done =
        fail(sink->index_path, "is no index of extract, and would be written over: move it, or give another --output");
  if (done && !output_open(&sink->index, sink->index_path, false, reason))
    done = fail(sink->index_path, reason);
  free(settings);
  free(stem);
  free(hidden);
  free(lock);
  return done;
}

static bool sort_sources(struct sink *sink) {
  const struct sources *sources = sink->info.sources;
  sink->sorted = calloc(sources->count + 1, sizeof *sink->sorted);
  sink->done = calloc(sources->count + 1, sizeof *sink->done);
  if (!sink->sorted || !sink->done)
    return fail(sink->info.output, "no memory for the names of all images");
  for (size_t i = 0; i < sources->count; i++)
    sink->sorted[i] = &sources->items[i];
  qsort(sink->sorted, sources->count, sizeof *sink->sorted, by_name);
  return true;
}

static struct sink *open_npy(const struct sink_info *info, struct sink_state *state) {
  struct sink *sink = calloc(1, sizeof *sink);
  *state = (struct sink_state){0};
  if (!sink) {
    fail(info->output, "no memory");
    return NULL;
  }
  sink->info = *info;
  sink->folder = -1;
  snprintf(sink->identity, sizeof sink->identity, "%016" PRIx64,
      (uint64_t)XXH3_64bits(info->settings, strlen(info->settings)));
  if (open_folder(sink) && sort_sources(sink) && take_out_done(sink, state))
    return sink;
  free_sink(sink);
  return NULL;
}

static bool write_array(const char *path, const struct frame *frame, uint32_t index, s2vk_type type) {
  static const char *const types[] = {[S2VK_TYPE_F32] = "f4", [S2VK_TYPE_F16] = "f2", [S2VK_TYPE_BF16] = "u2"};
  struct npy array = {
      .rank = frame->shape.rank, .data = (char *)(uintptr_t)frame->features + (size_t)frame->bytes * index};
  strcpy(array.type, types[type]);
  for (unsigned i = 0; i < array.rank; i++)
    array.dims[i] = frame->shape.dims[i];
  char reason[OUTPUT_REASON_BYTES];
  return npy_write(path, &array, reason, sizeof reason) || fail(path, reason);
}

/* Writes the record with the settings of the run. The file then describes its features completely. */
static bool write_record(const struct sink *sink, const char *path, cJSON *record) {
  char reason[OUTPUT_REASON_BYTES];
  cJSON_AddItemReferenceToObject(record, "run", (cJSON *)(uintptr_t)sink->info.run);
  char *text = cJSON_Print(record);
  cJSON_DeleteItemFromObjectCaseSensitive(record, "run");
  bool done = text && output_write(path, text, strlen(text), reason);
  if (!done)
    fail(path, text ? reason : "no memory for it");
  cJSON_free(text);
  return done;
}

/* The features, and the record beside them. After a kill in between there are no features without a record, and no
 * record that takes the features of earlier settings, or of an earlier image, for its own. */
static bool write_both(
    const struct sink *sink, const struct frame *frame, uint32_t index, const char *const paths[2], cJSON *record) {
  const s2vk_type type = sink->info.options->type;
  if (access(paths[0], F_OK) != 0)
    return write_record(sink, paths[1], record) && write_array(paths[0], frame, index, type);
  return write_array(paths[0], frame, index, type) && write_record(sink, paths[1], record);
}

static bool put_npy(struct sink *sink, const struct frame *frame, uint32_t index, cJSON *record) {
  const struct sink_info *info = &sink->info;
  const char *name = frame->images[index].source->name;
  char reason[OUTPUT_REASON_BYTES], *path = sink_join(info->output, name, ".npy");
  char *beside = sink_join(info->output, name, ".npy.json");
  bool done = path && beside;
  if (done && !output_make_folders(path, reason))
    done = fail(path, reason);
  /* The output is rarely an existing file. Only then is it compared with the inputs. */
  done = done && (access(path, F_OK) != 0 || sink_may_write(info, path)) &&
         (access(beside, F_OK) != 0 || sink_may_write(info, beside));
  if (done) {
    json_add_path(record, "features", path + strlen(info->output) + 1);
    cJSON_AddStringToObject(record, "settings", sink->identity);
    done = write_both(sink, frame, index, (const char *[]){path, beside}, record) && put_line(sink, record);
  }
  free(path);
  free(beside);
  return done;
}

static bool end_frame(struct sink *sink, const struct frame *frame) {
  (void)frame;
  return fflush(sink->index.file) == 0 || fail(sink->index_path, strerror(errno));
}

/* Also called after a run that ended early: its images are done. */
static bool close_npy(struct sink *sink, bool all, size_t broken) {
  char reason[OUTPUT_REASON_BYTES];
  (void)all, (void)broken;
  bool done = output_close(&sink->index, reason) || fail(sink->index_path, reason);
  free_sink(sink);
  return done;
}

const struct sink_type sink_npy = {open_npy, put_npy, end_frame, close_npy};
