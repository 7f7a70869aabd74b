#include "safetensors.h"

#include "half.h"
#include "mapping_guard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_BYTES 8
#define MAX_HEADER_BYTES 100000000u /* the limit of the original reader */
#define MAX_EXACT 9007199254740992.0

/* ---- The header's entries ---- */

static const struct {
  const char *name;
  unsigned bytes;
  enum safetensors_type type;
} dtypes[] = {
    {"F32", 4, SAFETENSORS_F32},
    {"F16", 2, SAFETENSORS_F16},
    {"BF16", 2, SAFETENSORS_BF16},
    {"F64", 8, SAFETENSORS_OTHER},
    {"I64", 8, SAFETENSORS_OTHER},
    {"U64", 8, SAFETENSORS_OTHER},
    {"I32", 4, SAFETENSORS_OTHER},
    {"U32", 4, SAFETENSORS_OTHER},
    {"I16", 2, SAFETENSORS_OTHER},
    {"U16", 2, SAFETENSORS_OTHER},
    {"I8", 1, SAFETENSORS_OTHER},
    {"U8", 1, SAFETENSORS_OTHER},
    {"BOOL", 1, SAFETENSORS_OTHER},
    {"F8_E4M3", 1, SAFETENSORS_OTHER},
    {"F8_E5M2", 1, SAFETENSORS_OTHER},
};

static bool get_count(const cJSON *item, uint64_t *value) {
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > MAX_EXACT ||
      floor(item->valuedouble) != item->valuedouble)
    return false;
  *value = (uint64_t)item->valuedouble;
  return true;
}

static bool read_shape(
    const char *path, const cJSON *shape, struct safetensors_tensor *tensor, struct vit_error *error) {
  if (!cJSON_IsArray(shape))
    return vit_fail(error, "%s: tensor %s has no shape", path, tensor->name);
  const cJSON *dim;
  bool empty = false;
  tensor->elements = 1;
  cJSON_ArrayForEach(dim, shape) {
    if (tensor->rank == SAFETENSORS_MAX_RANK)
      return vit_fail(error, "%s: tensor %s has more than %d dimensions", path, tensor->name, SAFETENSORS_MAX_RANK);
    uint64_t *value = &tensor->dims[tensor->rank++];
    if (!get_count(dim, value))
      return vit_fail(
          error, "%s: dimension %u of tensor %s is not a whole number", path, tensor->rank - 1, tensor->name);
    empty |= *value == 0;
    if (!empty && *value > (uint64_t)MAX_EXACT / tensor->elements)
      return vit_fail(error, "%s: the shape of tensor %s has too many elements", path, tensor->name);
    tensor->elements *= *value;
  }
  return true;
}

static bool read_tensor(
    const char *path, const cJSON *entry, struct safetensors_tensor *tensor, struct vit_error *error) {
  *tensor = (struct safetensors_tensor){.name = entry->string};
  const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(entry, "dtype");
  const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
  if (!cJSON_IsString(dtype))
    return vit_fail(error, "%s: tensor %s has no dtype", path, tensor->name);
  tensor->dtype = dtype->valuestring;
  size_t i = 0, count = sizeof dtypes / sizeof *dtypes;
  while (i < count && strcmp(dtypes[i].name, tensor->dtype) != 0)
    i++;
  tensor->type = i < count ? dtypes[i].type : SAFETENSORS_OTHER;
  if (!read_shape(path, cJSON_GetObjectItemCaseSensitive(entry, "shape"), tensor, error))
    return false;
  if (cJSON_GetArraySize(offsets) != 2 || !get_count(cJSON_GetArrayItem(offsets, 0), &tensor->begin) ||
      !get_count(cJSON_GetArrayItem(offsets, 1), &tensor->end) || tensor->begin > tensor->end)
    return vit_fail(error, "%s: the data_offsets of tensor %s are not two offsets in order", path, tensor->name);
  if (i < count && tensor->end - tensor->begin != tensor->elements * dtypes[i].bytes)
    return vit_fail(error, "%s: tensor %s has %llu bytes of data, and its shape and dtype %s need %llu", path,
        tensor->name, (unsigned long long)(tensor->end - tensor->begin), tensor->dtype,
        (unsigned long long)(tensor->elements * dtypes[i].bytes));
  return true;
}

/* ---- The file ---- */

static int by_begin(const void *a, const void *b) {
  const struct safetensors_tensor *x = a, *y = b;
  int order = (x->begin > y->begin) - (x->begin < y->begin);
  return order ? order : (x->end > y->end) - (x->end < y->end);
}

static int by_name(const void *a, const void *b) {
  const struct safetensors_tensor *x = a, *y = b;
  return strcmp(x->name, y->name);
}

bool safetensors_sort(const char *path, struct safetensors *file, struct vit_error *error) {
  if (file->count)
    qsort(file->tensors, file->count, sizeof *file->tensors, by_name);
  for (size_t i = 1; i < file->count; i++)
    if (strcmp(file->tensors[i - 1].name, file->tensors[i].name) == 0)
      return vit_fail(error, "%s: has tensor %s twice", path, file->tensors[i].name);
  return true;
}

/* Tensors fill the data without gaps and without overlaps, and have names of their own. */
static bool check_layout(const char *path, struct safetensors *file, uint64_t bytes, struct vit_error *error) {
  uint64_t at = 0;
  if (file->count)
    qsort(file->tensors, file->count, sizeof *file->tensors, by_begin);
  for (size_t i = 0; i < file->count; i++) {
    const struct safetensors_tensor *tensor = &file->tensors[i];
    if (tensor->end > bytes)
      return vit_fail(error, "%s: tensor %s ends at byte %llu of the data, which has %llu", path, tensor->name,
          (unsigned long long)tensor->end, (unsigned long long)bytes);
    if (tensor->begin < at)
      return vit_fail(error, "%s: tensors %s and %s overlap at byte %llu of the data", path, file->tensors[i - 1].name,
          tensor->name, (unsigned long long)tensor->begin);
    if (tensor->begin > at)
      return vit_fail(error, "%s: bytes %llu to %llu of the data, ahead of tensor %s, belong to none", path,
          (unsigned long long)at, (unsigned long long)tensor->begin, tensor->name);
    at = tensor->end;
  }
  if (at != bytes)
    return vit_fail(error, "%s: has %llu bytes of data, and its tensors end at %llu", path, (unsigned long long)bytes,
        (unsigned long long)at);
  return safetensors_sort(path, file, error);
}

static bool read_tensors(
    const char *path, struct safetensors *file, const unsigned char *data, uint64_t bytes, struct vit_error *error) {
  const cJSON *entry;
  size_t entries = 0;
  cJSON_ArrayForEach(entry, file->header) entries++;
  file->tensors = calloc(entries ? entries : 1, sizeof *file->tensors);
  if (!file->tensors)
    return vit_fail(error, "%s: no memory for its %zu tensors", path, entries);
  cJSON_ArrayForEach(entry, file->header) {
    if (strcmp(entry->string, "__metadata__") == 0)
      continue;
    if (!read_tensor(path, entry, &file->tensors[file->count++], error))
      return false;
  }
  if (!check_layout(path, file, bytes, error))
    return false;
  for (size_t i = 0; i < file->count; i++)
    file->tensors[i].data = data + file->tensors[i].begin;
  return true;
}

static bool read_file(const char *path, struct safetensors *file, struct vit_error *error) {
  const unsigned char *data = file->file.data;
  uint64_t bytes = file->file.bytes, length = 0;
  if (bytes < LENGTH_BYTES)
    return vit_fail(error, "%s: ends within the length of its header", path);
  for (unsigned i = LENGTH_BYTES; i-- > 0;)
    length = length << 8 | data[i];
  if (length > bytes - LENGTH_BYTES)
    return vit_fail(error, "%s: its header has %llu bytes, and %llu are there", path, (unsigned long long)length,
        (unsigned long long)(bytes - LENGTH_BYTES));
  if (length > MAX_HEADER_BYTES)
    return vit_fail(error, "%s: its header has %llu bytes, and at most %u are read", path, (unsigned long long)length,
        MAX_HEADER_BYTES);
  file->header = vit_parse_json(path, (const char *)data + LENGTH_BYTES, (size_t)length, error);
  uint64_t start = LENGTH_BYTES + length;
  return file->header && read_tensors(path, file, data + start, bytes - start, error);
}

bool safetensors_open(const char *path, struct safetensors *file, struct vit_error *error) {
  *file = (struct safetensors){0};
  if (!vit_file_map(path, &file->file, error))
    return false;
  if (read_file(path, file, error))
    return true;
  safetensors_close(file);
  return false;
}

const struct safetensors_tensor *safetensors_find(const struct safetensors *file, const char *name) {
  const struct safetensors_tensor key = {.name = name};
  return file->count ? bsearch(&key, file->tensors, file->count, sizeof key, by_name) : NULL;
}

bool safetensors_are_whole(const struct safetensors *file, struct vit_error *error) {
  if (!vit_guard_is_whole(file->file.data))
    return vit_fail(error, "the weights were shortened by another process while they were read");
  for (size_t i = 0; i < file->part_count; i++)
    if (!safetensors_are_whole(&file->parts[i], error))
      return false;
  return true;
}

void safetensors_close(struct safetensors *file) {
  for (size_t i = 0; i < file->part_count; i++)
    safetensors_close(&file->parts[i]);
  free(file->parts);
  free(file->tensors);
  cJSON_Delete(file->header);
  vit_file_unmap(&file->file);
  *file = (struct safetensors){0};
}

/* ---- Elements ---- */

void safetensors_decode(const struct safetensors_tensor *tensor, uint64_t first, uint64_t count, float *values) {
  const unsigned char *data = tensor->data;
  for (uint64_t i = first; i < first + count; i++) {
    uint32_t bits;
    uint16_t half;
    if (tensor->type == SAFETENSORS_F32) {
      bits = (uint32_t)data[4 * i] | (uint32_t)data[4 * i + 1] << 8 | (uint32_t)data[4 * i + 2] << 16 |
             (uint32_t)data[4 * i + 3] << 24;
    } else {
      half = (uint16_t)(data[2 * i] | data[2 * i + 1] << 8);
      bits = (uint32_t)half << 16;
    }
    if (tensor->type == SAFETENSORS_F16)
      values[i - first] = half_decode(half);
    else
      memcpy(&values[i - first], &bits, sizeof bits);
  }
}
