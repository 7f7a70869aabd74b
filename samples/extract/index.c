#define _POSIX_C_SOURCE 200809L

#include "index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const cJSON *json, const char *field) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, field));
}

bool index_parse(const char *line, size_t bytes, cJSON **json, struct index_line *parsed) {
  *json = cJSON_ParseWithLength(line, bytes);
  const cJSON *count = cJSON_GetObjectItemCaseSensitive(*json, "bytes");
  *parsed = (struct index_line){
      text_of(*json, "name"), text_of(*json, "modified"), text_of(*json, "features"), text_of(*json, "settings"), 0};
  if (!cJSON_IsObject(*json) || !parsed->name || !parsed->modified || !parsed->features || !cJSON_IsNumber(count) ||
      !(count->valuedouble >= 0 && count->valuedouble < 9e15))
    return false;
  parsed->bytes = (uint64_t)count->valuedouble;
  return true;
}

bool index_record_is_own(const char *path) {
  FILE *file = fopen(path, "r");
  char *text = file ? malloc(INDEX_MAX_RECORD_BYTES) : NULL;
  size_t bytes = text ? fread(text, 1, INDEX_MAX_RECORD_BYTES, file) : 0;
  cJSON *json = NULL;
  struct index_line parsed;
  bool own = !file || index_parse(text ? text : "", bytes, &json, &parsed);
  cJSON_Delete(json);
  free(text);
  if (file)
    fclose(file);
  return own;
}

bool index_is_own(const char *path) {
  FILE *file = fopen(path, "r");
  char *line = NULL;
  size_t capacity = 0;
  cJSON *json = NULL;
  struct index_line parsed;
  if (!file)
    return true;
  ssize_t length = getline(&line, &capacity, file);
  bool own = length < 0 ? feof(file) && !ferror(file) : index_parse(line, (size_t)length, &json, &parsed);
  cJSON_Delete(json);
  free(line);
  fclose(file);
  return own;
}
