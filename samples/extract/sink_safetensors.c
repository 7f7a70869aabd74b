#define _POSIX_C_SOURCE 200809L

#include "sink.h"

#include "describe.h"
#include "header.h"
#include "index.h"
#include "journal.h"
#include "lock.h"
#include "output.h"
#include "progress.h"
#include "safetensors.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

/* The header comes first in the file and has the place of every tensor's data. The places are known only when all
 * images have been read. The names of a list are known earlier, and the maximum length of the header follows from them.
 * The sink leaves room for the longest header, writes data after it, and writes the header last, filled up with blanks.
 * For a tar file the room is guessed. If it was too small, the data are moved. */
#define ROOM_OF_TAR(bytes) ((size_t)(bytes) / 32)
#define MIN_ROOM_OF_TAR ((size_t)1 << 16)
#define ROOM_OF_STREAM ((size_t)1 << 24)
#define MOVE_BYTES ((size_t)8 << 20)
#define ENDING ".safetensors"
#define PATH_COUNT 5

struct sink {
  struct sink_info info;
  struct header_info header;
  char *path, *journal_path, *lock_path, *index_path, *part_path;
  struct lock lock;
  struct output output;
  size_t room; /* for the header, with its length */
  struct journal journal;
  uint64_t *identities; /* of the first 0, 1, ... sources */
};

/* ---- Opening ---- */

static bool measure_header(struct sink *sink) {
  const struct sources *sources = sink->info.sources;
  size_t bytes = header_bound_of_all(&sink->header), least = bytes;
  for (size_t i = 0; sources && i < sources->count; i++) {
    const char *name = sources->items[i].name;
    size_t with = header_bound(&sink->header, name, true);
    if (!with) {
      message_print(
          "%s: its name cannot be a tensor's: that is UTF-8, and none of those that the header has itself; rename "
          "it, or write .npy files",
          sources->items[i].path);
      return false;
    }
    bytes += with;
    least += header_bound(&sink->header, name, false);
  }
  if (least > HEADER_MAX_BYTES) {
    message_print("--output %s: the header for %zu images takes %zu bytes, and readers accept %d: make more shards",
        sink->path, sources->count, least, HEADER_MAX_BYTES);
    return false;
  }
  if (!sources) {
    bytes = sink->info.tar->bytes ? ROOM_OF_TAR(sink->info.tar->bytes) : ROOM_OF_STREAM;
    bytes = bytes < MIN_ROOM_OF_TAR ? MIN_ROOM_OF_TAR : bytes;
  }
  bytes = bytes < HEADER_MAX_BYTES ? bytes : HEADER_MAX_BYTES;
  sink->room = HEADER_LENGTH_BYTES + (bytes + 7) / 8 * 8;
  return true;
}

static uint64_t hash_source(uint64_t hash, const struct source *source) {
  const uint64_t numbers[] = {source->bytes, (uint64_t)source->modified};
  hash = XXH3_64bits_withSeed(source->name, strlen(source->name) + 1, hash);
  return XXH3_64bits_withSeed(numbers, sizeof numbers, hash);
}

/* A hash of settings and names, which a journal must have. Whether files have changed is checked when they are done. */
static uint64_t hash_names(const struct sink_info *info) {
  uint64_t hash = XXH3_64bits(info->settings, strlen(info->settings));
  for (size_t i = 0; info->sources && i < info->sources->count; i++) {
    const char *name = info->sources->items[i].name;
    hash = XXH3_64bits_withSeed(name, strlen(name) + 1, hash);
  }
  return hash;
}

/* The hash that a complete file must have. */
static uint64_t hash_run(const struct sink *sink) {
  const struct sink_info *info = &sink->info;
  uint64_t hash = hash_names(info);
  for (uint32_t i = 0; info->tar && i < info->options->kept_count; i++)
    hash = XXH3_64bits_withSeed(info->options->kept[i], strlen(info->options->kept[i]) + 1, hash);
  return info->tar ? hash_source(hash, info->tar) : hash ^ sink->identities[info->sources->count];
}

static bool identify_sources(struct sink *sink) {
  const struct sources *sources = sink->info.sources;
  size_t count = sources ? sources->count : 0;
  sink->identities = calloc(count + 1, sizeof *sink->identities);
  if (!sink->identities) {
    message_print("no memory for the names of %zu images", count);
    return false;
  }
  for (size_t i = 0; i < count; i++)
    sink->identities[i + 1] = hash_source(sink->identities[i], &sources->items[i]);
  sink->header.hash = hash_run(sink);
  return true;
}

/* Looks for a complete file. It must have the settings of this run, and it has the number of broken images. */
static bool find_complete(const struct sink *sink, struct sink_state *state) {
  struct safetensors file;
  struct vit_error error;
  if (sink->info.options->overwrite || access(sink->path, F_OK) != 0)
    return true;
  if (!safetensors_open(sink->path, &file, &error)) {
    message_print("--output %s; --overwrite replaces it", error.text);
    return false;
  }
  const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file.header, "__metadata__");
  const char *run = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, "run"));
  const char *broken = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, "broken"));
  state->complete = run && broken && strtoull(run, NULL, 16) == sink->header.hash;
  if (state->complete) {
    state->done = file.count;
    state->broken = strtoul(broken, NULL, 10);
    state->first = sink->info.sources ? sink->info.sources->count : 0;
  } else {
    message_print(
        "--output %s: the file there was made of other images, or of images that have changed, or with other "
        "options: give another --output, or --overwrite",
        sink->path);
  }
  safetensors_close(&file);
  return state->complete;
}

/* Continues the files on the disk, up to the place that the journal has. */
static bool open_files(struct sink *sink, struct sink_state *state) {
  char reason[OUTPUT_REASON_BYTES];
  struct journal *journal = &sink->journal;
  const struct sources *sources = sink->info.sources;
  if (!output_open(&sink->output, sink->path, true, reason)) {
    message_print("--output %s: %s", sink->path, reason);
    return false;
  }
  if (!sink->output.partial) {
    message_print("--output %s: is no regular file", sink->path);
    return false;
  }
  struct stat status;
  bool empty = fstat(fileno(sink->output.file), &status) != 0 || !status.st_size;
  const struct journal_limits limits = {.sources = sources ? sources->count : SIZE_MAX,
      .element_bytes = sink->header.type == S2VK_TYPE_F32 ? 4 : 2,
      .hash = hash_names(&sink->info),
      .identities = sink->identities};
  if (!journal_open(journal, sink->journal_path, &limits, sink->info.options->overwrite || !sources || empty))
    return false;
  state->done = journal->count;
  state->broken = journal->broken;
  state->first = journal->next;
  uint64_t end = sink->room + (journal->count ? journal->tensors[journal->count - 1].end : 0);
  if (journal->next && (uint64_t)status.st_size < end) {
    message_print("--output %s: is shorter than its journal says: delete it", sink->output.partial);
    return false;
  }
  if (ftruncate(fileno(sink->output.file), (off_t)end) == 0 && fseeko(sink->output.file, (off_t)end, SEEK_SET) == 0)
    return true;
  message_print("--output %s: %s", sink->output.partial, strerror(errno));
  return false;
}

static void free_sink(struct sink *sink) {
  journal_close(&sink->journal);
  output_abandon(&sink->output);
  lock_release(&sink->lock);
  free(sink->path);
  free(sink->journal_path);
  free(sink->lock_path);
  free(sink->index_path);
  free(sink->part_path);
  free(sink->identities);
  free(sink);
}

static bool name_files(struct sink *sink) {
  const struct sink_info *info = &sink->info;
  size_t stem = strlen(info->output) - strlen(ENDING);
  static const char *const endings[PATH_COUNT] = {ENDING, ENDING ".journal", ENDING ".lock", ".jsonl", ENDING ".part"};
  char **const paths[PATH_COUNT] = {
      &sink->path, &sink->journal_path, &sink->lock_path, &sink->index_path, &sink->part_path};
  for (int i = 0; i < PATH_COUNT; i++)
    if (!(*paths[i] = sink_shard_path(info->output, stem, info->shard, endings[i])))
      return false;
  for (int i = 0; i < PATH_COUNT; i++)
    if (!sink_may_write(info, *paths[i]))
      return false;
  if (index_is_own(sink->index_path))
    return true;
  message_print(
      "%s: is no index of extract, and would be written over: move it, or give another --output", sink->index_path);
  return false;
}

static bool open_all(struct sink *sink, struct sink_state *state) {
  char reason[OUTPUT_REASON_BYTES > LOCK_REASON_BYTES ? OUTPUT_REASON_BYTES : LOCK_REASON_BYTES];
  if (!identify_sources(sink) || !name_files(sink))
    return false;
  if (!output_make_folders(sink->path, reason) || !lock_take(&sink->lock, sink->lock_path, reason)) {
    message_print("--output %s: %s", sink->path, reason);
    return false;
  }
  return find_complete(sink, state) && (state->complete || (measure_header(sink) && open_files(sink, state)));
}

static struct sink *open_safetensors(const struct sink_info *info, struct sink_state *state) {
  struct sink *sink = calloc(1, sizeof *sink);
  const struct options *o = info->options;
  *state = (struct sink_state){0};
  if (!sink) {
    message_print("no memory to write %s", info->output);
    return NULL;
  }
  sink->info = *info;
  sink->header = (struct header_info){.settings = info->settings,
      .run = info->run,
      .type = o->type,
      .scale_count = o->img_size_count ? o->img_size_count : o->scale_count};
  if (open_all(sink, state))
    return sink;
  free_sink(sink);
  return NULL;
}

/* ---- Writing ---- */

static bool fail(const struct sink *sink) {
  message_print("--output %s: %s", sink->output.partial, strerror(errno));
  return false;
}

static bool put_safetensors(struct sink *sink, const struct frame *frame, uint32_t index, cJSON *record) {
  const struct journal *journal = &sink->journal;
  const struct source *source = frame->images[index].source;
  const char *slash = strrchr(sink->path, '/'), *file = slash ? slash + 1 : sink->path;
  uint64_t begin = journal->count ? journal->tensors[journal->count - 1].end : 0;
  const struct journal_tensor tensor = {.source = source->index, .end = begin + frame->bytes, .shape = frame->shape};
  json_add_path(record, "features", file);
  cJSON_AddStringToObject(record, "tensor", source->name);
  if (fwrite((const char *)frame->features + (size_t)frame->bytes * index, (size_t)frame->bytes, 1,
          sink->output.file) != 1)
    return fail(sink);
  return journal_add(&sink->journal, &tensor, record);
}

/* Flushes the data to the disk before the journal lists them. */
static bool end_frame(struct sink *sink, const struct frame *frame) {
  if (!frame->window_end || sink->info.tar)
    return true;
  if (fflush(sink->output.file) != 0 || fdatasync(fileno(sink->output.file)) != 0)
    return fail(sink);
  return journal_end_window(&sink->journal, frame->window_end, frame->broken, sink->identities[frame->window_end]);
}

/* ---- Completing ---- */

/* Moves all data back by `by` bytes, from the end on. */
static bool move_data(struct sink *sink, size_t by) {
  int file = fileno(sink->output.file);
  uint64_t end = sink->journal.count ? sink->journal.tensors[sink->journal.count - 1].end : 0;
  char *buffer = malloc(MOVE_BYTES);
  bool done = buffer;
  errno = buffer ? 0 : ENOMEM;
  while (done && end > 0) {
    size_t bytes = end < MOVE_BYTES ? (size_t)end : MOVE_BYTES;
    end -= bytes;
    off_t from = (off_t)(sink->room + end);
    done = pread(file, buffer, bytes, from) == (ssize_t)bytes &&
           pwrite(file, buffer, bytes, from + (off_t)by) == (ssize_t)bytes;
  }
  free(buffer);
  return done;
}

static bool write_header(struct sink *sink) {
  size_t bytes;
  char *text = header_make(&sink->header, &sink->journal, sink->room, &bytes);
  if (!text)
    return false;
  bool done = fflush(sink->output.file) == 0 && (bytes == sink->room || move_data(sink, bytes - sink->room)) &&
              fseeko(sink->output.file, 0, SEEK_SET) == 0 && fwrite(text, bytes, 1, sink->output.file) == 1;
  free(text);
  return done || fail(sink);
}

static bool write_index(struct sink *sink) {
  char reason[OUTPUT_REASON_BYTES];
  struct output index;
  bool done = output_open(&index, sink->index_path, false, reason);
  for (size_t i = 0; done && i < sink->journal.count; i++) {
    char *text = journal_text(&sink->journal, i); /* as it is: numbers of what is kept may have any digits */
    bool found = text;
    if (found)
      fprintf(index.file, "%s\n", text);
    free(text);
    if (!found) {
      output_abandon(&index);
      return false;
    }
  }
  if (done && output_close(&index, reason))
    return true;
  message_print("%s: %s", sink->index_path, reason);
  return false;
}

static bool close_safetensors(struct sink *sink, bool all, size_t broken) {
  char reason[OUTPUT_REASON_BYTES];
  bool done = true;
  if (all && sink->output.file) {
    sink->journal.broken = broken;
    done = write_header(sink) && write_index(sink);
    if (done && !output_close(&sink->output, reason)) {
      message_print("--output %s: %s", sink->path, reason);
      done = false;
    }
    if (done)
      remove(sink->journal_path);
  } else if (sink->info.tar && sink->output.file) { /* the next run begins the tar file anew */
    sink->output.keep = false;
    remove(sink->journal_path);
  }
  free_sink(sink);
  return done;
}

const struct sink_type sink_safetensors = {open_safetensors, put_safetensors, end_frame, close_safetensors};
