#define _POSIX_C_SOURCE 200809L

#include "file.h"

#include "mapping_guard.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static bool map(const char *path, struct vit_file *file, struct vit_error *error) {
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

static bool map(const char *path, struct vit_file *file, struct vit_error *error) {
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

/* git-lfs leaves this in place of a file that was not fetched. */
static bool is_pointer(const struct vit_file *file) {
  static const char start[] = "version https://git-lfs.github.com/spec/";
  return file->bytes >= sizeof start - 1 && file->bytes < 1024 && memcmp(file->data, start, sizeof start - 1) == 0;
}

bool vit_file_map(const char *path, struct vit_file *file, struct vit_error *error) {
  if (!map(path, file, error))
    return false;
  if (!is_pointer(file))
    return true;
  vit_file_unmap(file);
  return vit_fail(error, "%s: is a pointer of git-lfs, not the file itself, which `git lfs pull` fetches", path);
}

bool vit_file_exists(const char *folder, const char *name) {
  char path[VIT_MAX_PATH_BYTES];
  FILE *file = snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path ? fopen(path, "rb") : NULL;
  if (file)
    fclose(file);
  return file;
}

static bool ends_with(const char *name, const char *ending) {
  size_t length = strlen(name), tail = strlen(ending);
  return length > tail && strcmp(name + length - tail, ending) == 0;
}

bool vit_file_find(const char *folder, const char *ending, char name[VIT_MAX_NAME_BYTES]) {
  DIR *entries = opendir(folder);
  name[0] = '\0';
  for (const struct dirent *entry; entries && (entry = readdir(entries));)
    if (ends_with(entry->d_name, ending) && strlen(entry->d_name) < VIT_MAX_NAME_BYTES &&
        (!name[0] || strcmp(entry->d_name, name) < 0))
      strcpy(name, entry->d_name);
  if (entries)
    closedir(entries);
  return name[0];
}
