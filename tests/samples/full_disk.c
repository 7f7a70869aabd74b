/* Loaded ahead of the C library: a disk on which no file gets over FULL_DISK_BYTES. A limit on the size of files
 * (ulimit -f) is none of these, since Mesa 25's driver on the CPU has its memory in a file, too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

size_t fwrite(const void *restrict data, size_t size, size_t count, FILE *restrict file) {
  static size_t (*next)(const void *, size_t, size_t, FILE *);
  if (!next)
    *(void **)&next = dlsym(RTLD_NEXT, "fwrite");
  const char *limit = getenv("FULL_DISK_BYTES");
  struct stat status;
  if (limit && fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink &&
      ftello(file) + (off_t)(size * count) > atoll(limit)) {
    errno = ENOSPC;
    return 0;
  }
  return next(data, size, count, file);
}
