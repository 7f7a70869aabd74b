#define _POSIX_C_SOURCE 200809L

#include "file.h"

#include "mapping_guard.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define MAX_JSON_BYTES (1u << 20)

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

bool vit_file_map(const char *path, struct vit_file *file, struct vit_error *error) {
  *file = (struct vit_file){0};
  HANDLE handle = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
  LARGE_INTEGER size;
  if (handle == INVALID_HANDLE_VALUE)
    return vit_fail(error, "%s: cannot be opened: Windows error %lu", path, GetLastError());
  bool done = GetFileSizeEx(handle, &size);
  if (done && size.QuadPart > 0) {
    HANDLE mapping = CreateFileMappingA(handle, NULL, PAGE_READONLY, 0, 0, NULL);
    file->data = mapping ? MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0) : NULL;
    file->bytes = (uint64_t)size.QuadPart;
    if (mapping)
      CloseHandle(mapping); /* the view keeps it */
    done = file->data;
  }
  if (!done)
    vit_fail(error, "%s: cannot be mapped: Windows error %lu", path, GetLastError());
  CloseHandle(handle);
  return done;
}

void vit_file_unmap(struct vit_file *file) {
  if (file->data)
    UnmapViewOfFile(file->data);
  *file = (struct vit_file){0};
}
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool vit_file_map(const char *path, struct vit_file *file, struct vit_error *error) {
  *file = (struct vit_file){0};
  int descriptor = open(path, O_RDONLY);
  struct stat status;
  if (descriptor < 0)
    return vit_fail(error, "%s: %s", path, strerror(errno));
  bool done = fstat(descriptor, &status) == 0;
  if (done && !S_ISREG(status.st_mode)) {
    done = false;
    errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  }
  if (done && status.st_size > 0) {
    void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    done = data != MAP_FAILED;
    if (done && !vit_guard_add(data, (size_t)status.st_size)) {
      munmap(data, (size_t)status.st_size);
      errno = EMFILE;
      done = false;
    }
    if (done)
      *file = (struct vit_file){data, (uint64_t)status.st_size};
  }
  if (!done)
    vit_fail(error, "%s: %s", path, strerror(errno));
  close(descriptor);
  return done;
}

void vit_file_unmap(struct vit_file *file) {
  vit_guard_remove(file->data);
  if (file->data)
    munmap((void *)(uintptr_t)file->data, (size_t)file->bytes);
  *file = (struct vit_file){0};
}
#endif

cJSON *vit_parse_json(const char *path, const char *text, size_t bytes, struct vit_error *error) {
  const char *end = NULL;
  cJSON *json = bytes ? cJSON_ParseWithLengthOpts(text, bytes, &end, false) : NULL;
  if (json)
    while (end < text + bytes && strchr(" \t\r\n", *end) && *end)
      end++;
  if (cJSON_IsObject(json) && end == text + bytes)
    return json;
  if (json && end == text + bytes)
    vit_fail(error, "%s: its JSON is not an object", path);
  else
    vit_fail(error, "%s: malformed JSON at byte %zu of %zu", path, end ? (size_t)(end - text) : 0, bytes);
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
