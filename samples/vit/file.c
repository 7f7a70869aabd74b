#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "file.h"

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

bool vit_file_is_whole(const struct vit_file *file) {
  (void)file; /* a file that is mapped cannot be shortened here */
  return true;
}

void vit_file_unmap(struct vit_file *file) {
  if (file->data)
    UnmapViewOfFile(file->data);
  *file = (struct vit_file){0};
}
#else
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Files that are shortened while they are mapped ---- */

#define MAX_MAPPINGS 256

/* A mapping, while address is not 0. */
static struct mapping {
  atomic_uintptr_t address;
  atomic_size_t bytes;
  atomic_bool torn;
} mappings[MAX_MAPPINGS];
static pthread_mutex_t mapping_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction action_before;
static uintptr_t page_bytes;

static struct mapping *find_mapping(uintptr_t address) {
  for (size_t i = 0; address && i < MAX_MAPPINGS; i++) {
    uintptr_t begin = mappings[i].address;
    if (begin && address >= begin && address - begin < mappings[i].bytes)
      return &mappings[i];
  }
  return NULL;
}

/* Zeros in place of what is missing, from this page on, so that reading goes on. */
static void fill_in(int signal, siginfo_t *info, void *context) {
  uintptr_t address = (uintptr_t)info->si_addr, page = address / page_bytes * page_bytes;
  struct mapping *mapping = find_mapping(address);
  if (mapping && mmap((void *)page, mapping->address + mapping->bytes - page, PROT_READ,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
    mapping->torn = true;
    return;
  }
  if (action_before.sa_flags & SA_SIGINFO) {
    action_before.sa_sigaction(signal, info, context);
  } else if (action_before.sa_handler != SIG_DFL && action_before.sa_handler != SIG_IGN) {
    action_before.sa_handler(signal);
  } else { /* it comes again, and ends the process */
    sigaction(signal, &action_before, NULL);
  }
}

static bool guard(const void *data, size_t bytes) {
  bool done = false;
  pthread_mutex_lock(&mapping_lock);
  if (!page_bytes) {
    struct sigaction action = {.sa_sigaction = fill_in, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    sigaction(SIGBUS, &action, &action_before);
  }
  for (size_t i = 0; !done && i < MAX_MAPPINGS; i++)
    if (!mappings[i].address) {
      mappings[i].bytes = bytes;
      mappings[i].torn = false;
      mappings[i].address = (uintptr_t)data;
      done = true;
    }
  pthread_mutex_unlock(&mapping_lock);
  return done;
}

bool vit_file_is_whole(const struct vit_file *file) {
  struct mapping *mapping = find_mapping((uintptr_t)file->data);
  return !mapping || !mapping->torn;
}

/* ---- Mapping ---- */

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
    if (done && !guard(data, (size_t)status.st_size)) {
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
  struct mapping *mapping = find_mapping((uintptr_t)file->data);
  if (mapping)
    mapping->address = 0;
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
