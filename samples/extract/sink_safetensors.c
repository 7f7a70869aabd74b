#define _POSIX_C_SOURCE 200809L

#include "sink.h"

#include "journal.h"
#include "partial.h"
#include "progress.h"
#include "safetensors.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The header comes first in the file, and says where the data of every tensor are; what it will say is known only when all images
 * have been read. But names are known before, and numbers have so many digits at most: room for the longest header is left, data
 * are written behind it as they come, and the header is put in at the end, filled up with blanks, as the format allows. */
#define LENGTH_BYTES 8
#define TENSOR_BYTES 160 /* of a header's entry, besides the name */
#define METADATA_BYTES 160
#define MAX_HEADER_BYTES 100000000 /* that readers take */

struct sink {
  struct sink_info info;
  char *path, *partial, *journal_path;
  FILE *file;
  size_t header_bytes; /* with LENGTH_BYTES */
  uint64_t hash;       /* of the run */
  struct journal journal;
  s2vk_type type;
};

/* ---- JSON ---- */

/* Bytes of the UTF-8 character there; 0 if it is none. */
static size_t character_bytes(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  size_t bytes = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : at[0] < 0xF5 ? 4 : 0;
  for (size_t i = 1; i < bytes; i++)
    if ((at[i] & 0xC0) != 0x80)
      return 0;
  bool overlong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90);
  bool surrogate = at[0] == 0xED && at[1] > 0x9F, too_large = at[0] == 0xF4 && at[1] > 0x8F;
  return overlong || surrogate || too_large ? 0 : bytes;
}

/* Writes text as a string, or counts its bytes if file is NULL; 0 if it is not UTF-8. */
static size_t put_string(FILE *file, const char *text) {
  size_t total = 2;
  if (file)
    fputc('"', file);
  for (size_t bytes; *text; text += bytes) {
    char escaped[8];
    int length;
    if (!(bytes = character_bytes(text)))
      return 0;
    if ((unsigned char)*text < 0x20 || *text == '"' || *text == '\\')
      length = snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)*text);
    else
      length = snprintf(escaped, sizeof escaped, "%.*s", (int)bytes, text);
    if (file)
      fwrite(escaped, 1, (size_t)length, file);
    total += (size_t)length;
  }
  if (file)
    fputc('"', file);
  return total;
}

static bool measure_header(struct sink *sink) {
  const struct sources *sources = sink->info.sources;
  size_t bytes = LENGTH_BYTES + METADATA_BYTES + put_string(NULL, sink->info.settings);
  for (size_t i = 0; i < sources->count; i++) {
    const char *name = sources->items[i].name;
    size_t length = strcmp(name, "__metadata__") == 0 ? 0 : put_string(NULL, name);
    if (!length) {
      message_print(
          "%s: its name cannot be a tensor's: that is UTF-8, and not __metadata__; rename it, or write .npy files",
          sources->items[i].path);
      return false;
    }
    bytes += length + TENSOR_BYTES;
  }
  sink->header_bytes = (bytes + 7) / 8 * 8;
  if (sink->header_bytes <= MAX_HEADER_BYTES)
    return true;
  message_print("--output %s: the header for %zu images takes %zu bytes, and readers take %d: make more shards",
      sink->path, sources->count, sink->header_bytes, MAX_HEADER_BYTES);
  return false;
}

static bool write_header(struct sink *sink) {
  static const char *const dtypes[] = {[S2VK_TYPE_F32] = "F32", [S2VK_TYPE_F16] = "F16", [S2VK_TYPE_BF16] = "BF16"};
  FILE *file = sink->file;
  uint64_t begin = 0;
  if (fseeko(file, 0, SEEK_SET) != 0)
    return false;
  for (size_t i = 0, length = sink->header_bytes - LENGTH_BYTES; i < LENGTH_BYTES; i++)
    fputc((int)(length >> 8 * i & 0xFF), file);
  fputs("{\"__metadata__\":{\"settings\":", file);
  put_string(file, sink->info.settings);
  fprintf(file, ",\"broken\":\"%zu\",\"run\":\"%016" PRIx64 "\"}", sink->journal.broken, sink->hash);
  for (size_t i = 0; i < sink->journal.count; i++) {
    const struct journal_tensor *tensor = &sink->journal.tensors[i];
    fputc(',', file);
    put_string(file, sink->info.sources->items[tensor->source].name);
    fprintf(file, ":{\"dtype\":\"%s\",\"shape\":[", dtypes[sink->type]);
    for (uint32_t d = 0; d < tensor->shape.rank; d++)
      fprintf(file, "%s%u", d ? "," : "", tensor->shape.dims[d]);
    fprintf(file, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", begin, tensor->end);
    begin = tensor->end;
  }
  fputc('}', file);
  for (off_t at = ftello(file); at >= 0 && at < (off_t)sink->header_bytes; at++)
    fputc(' ', file);
  return !ferror(file) && fflush(file) == 0;
}

/* ---- Opening ---- */

/* NAME.safetensors, or NAME-00001-of-00004.safetensors as Hugging Face names shards. */
static char *shard_path(const char *output, const struct shard *shard) {
  size_t stem = strlen(output) - strlen(".safetensors"), bytes = strlen(output) + 32;
  char *path = malloc(bytes);
  if (path && shard->count > 1)
    snprintf(path, bytes, "%.*s-%05u-of-%05u.safetensors", (int)stem, output, shard->index + 1, shard->count);
  else if (path)
    snprintf(path, bytes, "%s", output);
  return path;
}

static uint64_t hash_text(uint64_t hash, const char *text) { /* FNV-1a, with the 0 at the end */
  do
    hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
  while (*text++);
  return hash;
}

static uint64_t hash_run(const struct sink_info *info) {
  uint64_t hash = hash_text(UINT64_C(14695981039346656037), info->settings);
  for (size_t i = 0; i < info->sources->count; i++)
    hash = hash_text(hash, info->sources->items[i].name);
  return hash;
}

/* Whether a complete file is there; if so, it must be of these settings, and says how many images were broken. */
static bool find_complete(const struct sink *sink, bool *complete, struct sink_state *state) {
  struct safetensors file;
  struct vit_error error;
  *complete = false;
  if (sink->info.overwrite || access(sink->path, F_OK) != 0)
    return true;
  if (!safetensors_open(sink->path, &file, &error)) {
    message_print("--output %s; --overwrite replaces it", error.text);
    return false;
  }
  const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file.header, "__metadata__");
  const char *run = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, "run"));
  const char *broken = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, "broken"));
  *complete = run && broken && strtoull(run, NULL, 16) == sink->hash;
  if (*complete) {
    state->done = file.count;
    state->broken = strtoul(broken, NULL, 10);
    state->first = sink->info.sources->count;
  } else {
    message_print(
        "--output %s: what is there was made of other images or with other options: give another --output, or --overwrite",
        sink->path);
  }
  safetensors_close(&file);
  return *complete;
}

/* Goes on with what is on disk, as far as the journal says. */
static bool open_files(struct sink *sink, struct sink_state *state) {
  struct journal *journal = &sink->journal;
  bool anew = sink->info.overwrite || access(sink->partial, F_OK) != 0;
  if (!journal_open(journal, sink->journal_path, sink->hash, anew))
    return false;
  state->done = journal->count;
  state->broken = journal->broken;
  state->first = journal->next;
  sink->file = fopen(sink->partial, journal->next ? "r+b" : "wb");
  uint64_t end = sink->header_bytes + (journal->count ? journal->tensors[journal->count - 1].end : 0);
  if (sink->file && journal->next && fseeko(sink->file, 0, SEEK_END) == 0 && ftello(sink->file) < (off_t)end) {
    message_print("--output %s: is shorter than its journal says: delete it", sink->partial);
    return false;
  }
  if (sink->file && ftruncate(fileno(sink->file), (off_t)end) == 0 && fseeko(sink->file, (off_t)end, SEEK_SET) == 0)
    return true;
  message_print("--output %s: %s", sink->partial, strerror(errno));
  return false;
}

static void free_sink(struct sink *sink) {
  journal_close(&sink->journal);
  if (sink->file)
    fclose(sink->file);
  free(sink->path);
  free(sink->partial);
  free(sink->journal_path);
  free(sink);
}

static struct sink *open_safetensors(const struct sink_info *info, struct sink_state *state) {
  struct sink *sink = calloc(1, sizeof *sink);
  *state = (struct sink_state){0};
  if (!sink)
    return NULL;
  sink->info = *info;
  sink->hash = hash_run(info);
  sink->path = shard_path(info->output, info->shard);
  sink->partial = sink->path ? partial_name(sink->path) : NULL;
  sink->journal_path = sink->path ? malloc(strlen(sink->path) + sizeof ".journal") : NULL;
  bool done = sink->partial && sink->journal_path, complete;
  if (done) {
    strcat(strcpy(sink->journal_path, sink->path), ".journal");
    done = find_complete(sink, &complete, state) && (complete || (measure_header(sink) && open_files(sink, state)));
  } else {
    message_print("no memory for the names of files");
  }
  if (done)
    return sink;
  free_sink(sink);
  return NULL;
}

/* ---- Writing ---- */

static bool fail(const struct sink *sink) {
  message_print("--output %s: %s", sink->partial, strerror(errno));
  return false;
}

static bool put_safetensors(struct sink *sink, const struct frame *frame, s2vk_type type) {
  const struct journal *journal = &sink->journal;
  sink->type = type;
  if (frame->count && fwrite(frame->features, (size_t)frame->bytes, frame->count, sink->file) != frame->count)
    return fail(sink);
  for (uint32_t i = 0; i < frame->count; i++) {
    uint64_t begin = journal->count ? journal->tensors[journal->count - 1].end : 0;
    const struct journal_tensor tensor = {
        (size_t)(frame->sources[i] - sink->info.sources->items), begin + frame->bytes, frame->shape};
    if (!journal_add(&sink->journal, &tensor))
      return false;
  }
  if (!frame->window_end)
    return true;
  if (fflush(sink->file) != 0) /* ahead of the journal, which says that it is there */
    return fail(sink);
  return journal_end_window(&sink->journal, frame->window_end, frame->broken);
}

static bool close_safetensors(struct sink *sink, bool all) {
  bool done = true;
  if (all && sink->file) {
    done = write_header(sink) && fclose(sink->file) == 0;
    sink->file = NULL;
    done = done && partial_complete(sink->partial, sink->path);
    if (done)
      remove(sink->journal_path);
    else
      fail(sink);
  }
  free_sink(sink);
  return done;
}

const struct sink_type sink_safetensors = {open_safetensors, put_safetensors, close_safetensors};
