#include "json.h"

#include "file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_JSON_BYTES (1u << 20)

/* ---- Text ---- */

static const struct {
  const char *python, *json; /* strtod() reads the number in json as infinity */
} constants[] = {{"NaN", "1e999"}, {"Infinity", "1e999"}};

/* The index of the constant that begins here; -1: none. */
static int find_constant(const char *text, size_t bytes) {
  for (int i = 0; i < 2; i++)
    if (bytes >= strlen(constants[i].python) && memcmp(text, constants[i].python, strlen(constants[i].python)) == 0)
      return i;
  return -1;
}

/* A copy with Python's constants, outside of strings, as numbers; NULL if there is no memory. None becomes twice as
 * long. */
static char *replace_constants(const char *text, size_t bytes, size_t *new_bytes) {
  char *copy = malloc(bytes * 2 + 1), *to = copy;
  bool quoted = false;
  for (size_t i = 0; copy && i < bytes;) {
    bool ready = !quoted && (i == 0 || text[i - 1] != '-' || text[i] != 'N'); /* there is no -NaN */
    int which = ready ? find_constant(text + i, bytes - i) : -1;
    if (which >= 0) {
      size_t length = strlen(constants[which].json);
      memcpy(to, constants[which].json, length);
      to += length;
      i += strlen(constants[which].python);
      continue;
    }
    if (quoted && text[i] == '\\' && i + 1 < bytes)
      *to++ = text[i++];
    else if (text[i] == '"')
      quoted = !quoted;
    *to++ = text[i++];
  }
  *new_bytes = copy ? (size_t)(to - copy) : 0;
  return copy;
}

/* The value in text, and where it ends or goes wrong. */
static cJSON *parse(const char *text, size_t bytes, size_t *at) {
  const char *end = NULL;
  cJSON *json = bytes ? cJSON_ParseWithLengthOpts(text, bytes, &end, false) : NULL;
  *at = end ? (size_t)(end - text) : 0;
  if (json)
    while (*at < bytes && strchr(" \t\r\n", text[*at]) && text[*at])
      ++*at;
  return json;
}

cJSON *vit_parse_json(const char *path, const char *text, size_t bytes, struct vit_error *error) {
  size_t at, new_bytes;
  cJSON *json = parse(text, bytes, &at);
  if (!json && at < bytes && (find_constant(text + at, bytes - at) >= 0 || text[at] == '-')) {
    char *copy = replace_constants(text, bytes, &new_bytes);
    json = copy ? parse(copy, new_bytes, &at) : NULL;
    bytes = new_bytes;
    free(copy);
  }
  if (cJSON_IsObject(json) && at == bytes)
    return json;
  if (json && at == bytes)
    vit_fail(error, "%s: its JSON is not an object", path);
  else
    vit_fail(error, "%s: malformed JSON at byte %zu of %zu", path, at, bytes);
  cJSON_Delete(json);
  return NULL;
}

cJSON *vit_file_json(const char *path, struct vit_error *error) {
  struct vit_file file;
  if (!vit_file_map(path, &file, error))
    return NULL;
  cJSON *json = NULL;
  if (file.bytes > MAX_JSON_BYTES)
    vit_fail(
        error, "%s: has %llu bytes, and at most %u are read", path, (unsigned long long)file.bytes, MAX_JSON_BYTES);
  else
    json = vit_parse_json(path, (const char *)file.data, (size_t)file.bytes, error);
  vit_file_unmap(&file);
  return json;
}

/* ---- Fields ---- */

const cJSON *vit_json_field(const cJSON *object, const char *field) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
  return cJSON_IsNull(item) ? NULL : item;
}

bool vit_json_count(const char *path, const cJSON *object, const char *field, uint32_t min, uint32_t max,
    uint32_t *value, struct vit_error *error) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
  if (!item)
    return true;
  double number = item->valuedouble;
  if (!cJSON_IsNumber(item) || !(number >= min && number <= max) || floor(number) != number)
    return vit_fail(error, "%s: %s is %s, not a whole number from %u to %u", path, field,
        cJSON_IsNull(item)     ? "null"
        : cJSON_IsNumber(item) ? "out of range"
                               : "of another type",
        min, max);
  *value = (uint32_t)number;
  return true;
}

bool vit_json_number(const char *path, const cJSON *object, const char *field, double *value, struct vit_error *error) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
  if (!item)
    return true;
  if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble))
    return vit_fail(error, "%s: %s is %s, not a finite number", path, field,
        cJSON_IsNull(item)     ? "null"
        : cJSON_IsNumber(item) ? "NaN or infinite"
                               : "of another type");
  *value = item->valuedouble;
  return true;
}

bool vit_json_bool(const char *path, const cJSON *object, const char *field, bool *value, struct vit_error *error) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
  if (!item)
    return true;
  if (!cJSON_IsBool(item) && !cJSON_IsNull(item))
    return vit_fail(error, "%s: %s is neither true nor false", path, field);
  *value = cJSON_IsTrue(item);
  return true;
}

bool vit_json_side(
    const char *path, const cJSON *object, const char *field, uint32_t max, uint32_t *side, struct vit_error *error) {
  const cJSON *item = vit_json_field(object, field), *first = cJSON_GetArrayItem(item, 0);
  if (!cJSON_IsArray(item))
    return vit_json_count(path, object, field, 1, max, side, error);
  const double number = cJSON_IsNumber(first) ? first->valuedouble : 0;
  if (cJSON_GetArraySize(item) != 2 || !cJSON_Compare(first, cJSON_GetArrayItem(item, 1), true) || !(number >= 1) ||
      number > max || floor(number) != number)
    return vit_fail(error, "%s: %s is a list, and not of one whole number from 1 to %u twice", path, field, max);
  *side = (uint32_t)number;
  return true;
}

bool vit_json_channels(
    const char *path, const cJSON *object, const char *field, float values[3], struct vit_error *error) {
  const cJSON *list = vit_json_field(object, field);
  if (!list)
    return true;
  for (int i = 0; i < 3; i++) {
    const cJSON *item = cJSON_IsNumber(list) ? list : cJSON_GetArrayItem(list, i);
    if ((!cJSON_IsNumber(list) && cJSON_GetArraySize(list) != 3) || !cJSON_IsNumber(item) ||
        !isfinite(item->valuedouble))
      return vit_fail(error, "%s: %s is neither a number nor three", path, field);
    values[i] = (float)item->valuedouble;
  }
  return true;
}
