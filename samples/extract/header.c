#define _POSIX_C_SOURCE 200809L

#include "header.h"

#include "json.h"
#include "progress.h"
#include "vocabulary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TENSOR_BYTES 160 /* bytes of an entry, without its name */
#define RECORD_BYTES 640 /* bytes of the record of an image, without its scales */
#define SCALE_BYTES 200
#define METADATA_BYTES 256

static const char *const own_keys[] = {"__metadata__", "s2vk", "settings", "broken", "run"};

/* The part of an image's record that goes into the header; the rest is in the index. */
static const char *const record_keys[] = {"bytes", "modified", "image", "input", "scales", "grid", "prefix"};

size_t header_bound(const struct header_info *info, const char *name, bool record) {
  for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++)
    if (strcmp(name, own_keys[i]) == 0)
      return 0;
  size_t bytes = json_put_string(NULL, name);
  if (!bytes)
    return 0;
  return bytes + TENSOR_BYTES + (record ? bytes + RECORD_BYTES + SCALE_BYTES * (size_t)info->scale_count : 0);
}

static char *print_run(const struct header_info *info) {
  char *run = cJSON_PrintUnformatted(info->run);
  if (!run)
    message_print("no memory for the header");
  return run;
}

size_t header_bound_of_all(const struct header_info *info) {
  char *run = print_run(info);
  size_t bytes = METADATA_BYTES + json_put_string(NULL, info->settings) + (run ? json_put_string(NULL, run) : 0);
  cJSON_free(run);
  return bytes;
}

/* The name of a tensor is that of its record. */
static const char *name_of(const cJSON *record) {
  const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, "tensor"));
  return name ? name : "";
}

static bool put_record(FILE *file, cJSON *record) {
  cJSON *own = cJSON_CreateObject();
  for (size_t i = 0; i < sizeof record_keys / sizeof *record_keys; i++) {
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(record, record_keys[i]);
    if (item && !cJSON_AddItemToObject(own, record_keys[i], item))
      cJSON_Delete(item);
  }
  char *text = cJSON_PrintUnformatted(own);
  if (text) {
    fputc(',', file);
    json_put_string(file, name_of(record));
    fputc(':', file);
    json_put_string(file, text);
  }
  cJSON_free(text);
  cJSON_Delete(own);
  return text;
}

static bool put_tensor(FILE *file, const struct header_info *info, const struct journal_tensor *tensor, uint64_t begin,
    const cJSON *record) {
  static const char *const dtypes[] = {[S2VK_TYPE_F32] = "F32", [S2VK_TYPE_F16] = "F16", [S2VK_TYPE_BF16] = "BF16"};
  fputc(',', file);
  json_put_string(file, name_of(record));
  fprintf(file, ":{\"dtype\":\"%s\",\"shape\":[", dtypes[info->type]);
  for (uint32_t d = 0; d < tensor->shape.rank; d++)
    fprintf(file, "%s%u", d ? "," : "", tensor->shape.dims[d]);
  fprintf(file, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", begin, tensor->end);
  return true;
}

static bool put_all(
    FILE *file, const struct header_info *info, struct journal *journal, const char *run, bool records) {
  uint64_t begin = 0;
  bool done = true;
  for (int i = 0; i < HEADER_LENGTH_BYTES; i++)
    fputc(' ', file); /* room for the header's length */
  fputs("{\"__metadata__\":{\"s2vk\":", file);
  json_put_string(file, run);
  fputs(",\"settings\":", file);
  json_put_string(file, info->settings);
  fprintf(file, ",\"broken\":\"%zu\",\"run\":\"%016" PRIx64 "\"", journal->broken, info->hash);
  for (size_t i = 0; done && records && i < journal->count; i++) {
    cJSON *record = journal_record(journal, i);
    done = record && put_record(file, record);
    cJSON_Delete(record);
  }
  fputc('}', file);
  for (size_t i = 0; done && i < journal->count; i++) {
    cJSON *record = journal_record(journal, i);
    done = record && put_tensor(file, info, &journal->tensors[i], begin, record);
    begin = journal->tensors[i].end;
    cJSON_Delete(record);
  }
  fputc('}', file);
  return done;
}

static char *make(const struct header_info *info, struct journal *journal, const char *run, bool records,
    size_t min_bytes, size_t *bytes) {
  char *text = NULL;
  FILE *file = open_memstream(&text, bytes);
  bool done = file && put_all(file, info, journal, run, records);
  if (done)
    for (long at = ftell(file); at >= 0 && ((size_t)at < min_bytes || at % 8); at++)
      fputc(' ', file);
  done = file && fclose(file) == 0 && done;
  for (size_t i = 0, length = *bytes - HEADER_LENGTH_BYTES; done && i < HEADER_LENGTH_BYTES; i++)
    text[i] = (char)(length >> 8 * i & 0xFF);
  if (done)
    return text;
  free(text);
  return NULL;
}

char *header_make(const struct header_info *info, struct journal *journal, size_t min_bytes, size_t *bytes) {
  char *run = print_run(info), *text = run ? make(info, journal, run, true, min_bytes, bytes) : NULL;
  if (text && *bytes > HEADER_MAX_BYTES + HEADER_LENGTH_BYTES) {
    message_print(
        "the header with all records takes %zu bytes, and readers accept %d: the records are in the index alone",
        *bytes, HEADER_MAX_BYTES);
    free(text);
    text = make(info, journal, run, false, min_bytes, bytes);
  }
  cJSON_free(run);
  if (text && *bytes > HEADER_MAX_BYTES + HEADER_LENGTH_BYTES) {
    message_print("the header takes %zu bytes, and readers accept %d: make more shards", *bytes, HEADER_MAX_BYTES);
    free(text);
    return NULL;
  }
  if (!text && run)
    message_print("no memory for the header");
  return text;
}
